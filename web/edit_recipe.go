package web

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/maillage/maillage/instance"
)

var recipeForm = &editable{
	kind: instance.KindRecipe, path: "recette", fill: fillRecipe, read: readRecipe,
	fields: withFields(commonFields, map[string]fieldSpec{
		"name":                 {label: "edit.recipe.name", hint: "edit.recipe.name.hint", required: true},
		"summary":              {label: "edit.recipe.summary", hint: "edit.recipe.summary.hint", kind: "area", max: 500},
		"content":              {label: "edit.recipe.content", hint: "edit.content.hint", kind: "markdown", max: 40_000},
		"licence":              {label: "edit.licence", hint: "edit.licence.hint", kind: "radios", list: "licences", required: true},
		"audience":             {label: "edit.audience", hint: "edit.audience.hint"},
		"duration":             {label: "edit.duration", hint: "edit.duration.hint"},
		"to-verify":            {label: "edit.to-verify", hint: "edit.to-verify.hint", kind: "area", max: 500, more: true},
		"ingredients-name":     {label: "edit.ingredient.name"},
		"ingredients-category": {label: "edit.ingredient.category", kind: "select", list: "ingredient_categories", blank: "edit.unsaid"},
		"ingredients-must":     {label: "edit.ingredient.must", kind: "yes"},
		"steps-title":          {label: "edit.step.title"},
		"steps-when":           {label: "edit.step.when"},
		"steps-what":           {label: "edit.step.what", kind: "area", max: 5000},
		"programme-day":        {label: "edit.slot.day", kind: "number"},
		"programme-slot":       {label: "edit.slot.slot"},
		"programme-title":      {label: "edit.slot.title"},
		"programme-what":       {label: "edit.slot.what", kind: "area", max: 5000},
		"roles-name":           {label: "edit.role.name"},
		"roles-what":           {label: "edit.role.what", kind: "area", max: 2000},
		"arguments-objection":  {label: "edit.argument.objection"},
		"arguments-answer":     {label: "edit.argument.answer", kind: "area", max: 5000},
		"outputs-name":         {label: "edit.output.name"},
		"aftercare-name":       {label: "edit.aftercare.name"},
	}),
	rows: map[string]rowsSpec{
		"ingredients": {legend: "edit.ingredients", hint: "edit.ingredients.hint", one: "edit.ingredients.one", add: "edit.ingredients.add", columns: []string{"name", "category", "must"}},
		"steps":       {legend: "edit.steps", hint: "edit.steps.hint", one: "edit.steps.one", add: "edit.steps.add", columns: []string{"title", "when", "what"}},
		"programme":   {legend: "edit.programme", hint: "edit.programme.hint", one: "edit.programme.one", add: "edit.programme.add", columns: []string{"day", "slot", "title", "what"}},
		"roles":       {legend: "edit.roles", hint: "edit.roles.hint", one: "edit.roles.one", add: "edit.roles.add", columns: []string{"name", "what"}},
		"arguments":   {legend: "edit.arguments", hint: "edit.arguments.hint", one: "edit.arguments.one", add: "edit.arguments.add", columns: []string{"objection", "answer"}},
		"outputs":     {legend: "edit.outputs", hint: "edit.outputs.hint", one: "edit.outputs.one", add: "edit.outputs.add", columns: []string{"name"}},
		"aftercare":   {legend: "edit.aftercare", hint: "edit.aftercare.hint", one: "edit.aftercare.one", add: "edit.aftercare.add", columns: []string{"name"}},
	},
	domain: withNames(map[string]string{"source": "content"}),
}

func fillRecipe(f *editForm, o instance.Object) {
	r, ok := o.(*instance.Recipe)
	if !ok {
		return
	}
	f.Set("audience", r.Audience)
	f.Set("duration", r.Duration)
	f.Set("to-verify", r.ToVerify)
	f.setCells("ingredients", cellsOf(r.Ingredients, func(i instance.Ingredient) []string {
		must := "non"
		if i.Essential {
			must = "oui"
		}
		return []string{i.Name, i.Category, must}
	}))
	f.setCells("steps", cellsOf(r.Steps, func(s instance.Step) []string { return []string{s.Title, s.When, s.What} }))
	f.setCells("programme", cellsOf(r.Programme, func(s instance.Slot) []string {
		day := ""
		if s.Day > 0 {
			day = strconv.Itoa(s.Day)
		}
		return []string{day, s.Slot, s.Title, s.What}
	}))
	f.setCells("roles", cellsOf(r.Roles, func(role instance.RecipeRole) []string { return []string{role.Name, role.What} }))
	f.setCells("arguments", cellsOf(r.Arguments, func(a instance.Argument) []string { return []string{a.Objection, a.Answer} }))
	one := func(s string) []string { return []string{s} }
	f.setCells("outputs", cellsOf(r.Outputs, one))
	f.setCells("aftercare", cellsOf(r.Aftercare, one))
}

func cellsOf[T any](list []T, cells func(T) []string) [][]string {
	lines := make([][]string, len(list))
	for i, item := range list {
		lines[i] = cells(item)
	}
	return lines
}

func readRecipe(f *editForm, o instance.Object) {
	r, ok := o.(*instance.Recipe)
	if !ok {
		return
	}
	r.Audience, r.Duration, r.ToVerify = f.text("audience"), f.text("duration"), f.prose("to-verify")
	r.Ingredients = itemsOf(f.cells("ingredients"), func(c []string) instance.Ingredient {
		return instance.Ingredient{Name: c[0], Category: c[1], Essential: c[2] != "non"}
	})
	r.Steps = itemsOf(f.cells("steps"), func(c []string) instance.Step {
		return instance.Step{Title: c[0], When: c[1], What: c[2]}
	})
	r.Programme = itemsOf(f.cells("programme"), func(c []string) instance.Slot {
		day, err := strconv.Atoi(c[0])
		if c[0] != "" && (err != nil || day < 1 || day > 100) {
			f.fail("programme", "numérotez les jours : 1, 2, 3…")
		}
		if c[2] == "" {
			f.fail("programme", "un moment du programme n’a pas de titre")
		}
		return instance.Slot{Day: day, Slot: c[1], Title: c[2], What: c[3]}
	})
	slices.SortStableFunc(r.Programme, func(a, b instance.Slot) int { return a.Day - b.Day })
	r.Roles = itemsOf(f.cells("roles"), func(c []string) instance.RecipeRole {
		if c[0] == "" {
			f.fail("roles", "un rôle n’a pas de nom")
		}
		return instance.RecipeRole{Name: c[0], What: c[1]}
	})
	r.Arguments = itemsOf(f.cells("arguments"), func(c []string) instance.Argument {
		if c[0] == "" || c[1] == "" {
			f.fail("arguments", "écrivez l’objection et sa réponse")
		}
		return instance.Argument{Objection: c[0], Answer: c[1]}
	})
	one := func(c []string) string { return c[0] }
	r.Outputs, r.Aftercare = itemsOf(f.cells("outputs"), one), itemsOf(f.cells("aftercare"), one)
}

func itemsOf[T any](lines [][]string, item func([]string) T) []T {
	var list []T
	for _, line := range lines {
		list = append(list, item(line))
	}
	return list
}

// shareAlike are the licences that what is made of a work must have too.
var shareAlike = map[string]bool{"CC-BY-SA-4.0": true, "ODbL-1.0": true}

// adaptable says whether a licence lets anyone make something else of a recipe.
func adaptable(licence string) bool { return licence != "" && licence != "inconnue" }

// fork begins a recipe from another, ours or a peer's, in whose names it is to be
// credited. ErrForbidden: its licence is not known.
func (w *writing) fork(key string) (instance.Object, error) {
	o, err := w.s.node.ObjectByKey(w.ctx(), key)
	if err != nil {
		return nil, err
	}
	b := o.Common()
	if !b.Deleted.IsZero() || b.Kind != w.of.kind || b.Kind != instance.KindRecipe {
		return nil, fmt.Errorf("adapt %s: %w", b.ID, instance.ErrNotFound)
	}
	if !adaptable(b.Licence) {
		return nil, fmt.Errorf("adapt %s, whose licence is %q: %w", b.ID, b.Licence, instance.ErrForbidden)
	}
	copied := instance.CloneObject(o)
	c := copied.Common()
	c.DerivedFrom = b.ID
	c.ID, c.URL, c.Slug, c.Owner, c.Origin, c.Provenance, c.Image = "", "", "", "", "", nil, nil
	return copied, nil
}

// checkFork holds an adapted recipe to the licence of the one it comes from.
func (w *writing) checkFork(o instance.Object) {
	b := o.Common()
	if b.Kind != instance.KindRecipe || b.DerivedFrom == "" {
		return
	}
	from, err := w.s.node.Object(w.ctx(), b.DerivedFrom)
	if err != nil {
		return // it is gone, or is no longer known: nothing can be said of it
	}
	licence := from.Common().Licence
	switch {
	case !adaptable(licence):
		w.form.fail("licence", "la recette d’origine ne dit pas sa licence : demandez à ses auteurs avant de la reprendre")
	case shareAlike[licence] && b.Licence != licence:
		w.form.fail("licence", "la licence de la recette d’origine vous engage : gardez « %s »", w.label("licences", licence))
	}
}
