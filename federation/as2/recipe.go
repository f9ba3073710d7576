package as2

import (
	"html"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

const howTo = "https://schema.org/HowTo"

type recipe struct {
	base
	AdditionalType string      `json:"additionalType"`
	Ingredients    []supply    `json:"ingredients,omitempty"`
	Steps          []howToStep `json:"steps,omitempty"`
	Audience       string      `json:"maillage:audience,omitempty"`
	Duration       string      `json:"maillage:duration,omitempty"`
	Programme      []slot      `json:"maillage:programme,omitempty"`
	Roles          []part      `json:"maillage:parts,omitempty"`
	Arguments      []argument  `json:"maillage:arguments,omitempty"`
	Outputs        []string    `json:"maillage:outputs,omitempty"`
	Aftercare      []string    `json:"maillage:aftercare,omitempty"`
	Original       *original   `json:"maillage:original,omitempty"`
	ToVerify       string      `json:"maillage:toVerify,omitempty"`
}

type supply struct {
	Type      string `json:"type"` // HowToSupply
	Name      string `json:"name"`
	Category  string `json:"maillage:ingredientCategory,omitempty"`
	Essential bool   `json:"maillage:essential,omitempty"`
}

type howToStep struct {
	Type     string `json:"type"` // HowToStep
	Position int    `json:"position"`
	Name     string `json:"name"`
	When     string `json:"maillage:when,omitempty"`
	Text     string `json:"text,omitempty"`
}

type slot struct {
	Day  int    `json:"maillage:day,omitempty"`
	Slot string `json:"maillage:slot,omitempty"`
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

type part struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

type argument struct {
	Objection string `json:"maillage:objection"`
	Answer    string `json:"maillage:answer"`
}

type original struct {
	Licence string `json:"maillage:statedLicence"`
}

// wireRecipe writes an Article that anyone can read whole, as HTML, and that a node
// like ours rebuilds from its terms.
func wireRecipe(r *instance.Recipe, e Env, context any) recipe {
	var before markup
	before.paragraph(r.Name, r.Summary)
	w := recipe{
		base:           wireBase(&r.Base, e, context, before.String(), recipeHTML(r)),
		AdditionalType: howTo, Audience: r.Audience, Duration: r.Duration,
		Outputs: r.Outputs, Aftercare: r.Aftercare, ToVerify: r.ToVerify,
	}
	for _, i := range r.Ingredients {
		w.Ingredients = append(w.Ingredients, supply{
			Type: "HowToSupply", Name: i.Name, Essential: i.Essential,
			Category: instance.Vocabularies().URI("ingredient_categories", i.Category),
		})
	}
	for n, s := range r.Steps {
		w.Steps = append(w.Steps, howToStep{Type: "HowToStep", Position: n + 1, Name: s.Title, When: s.When, Text: s.What})
	}
	for _, s := range r.Programme {
		w.Programme = append(w.Programme, slot{Day: s.Day, Slot: s.Slot, Name: s.Title, Text: s.What})
	}
	for _, role := range r.Roles {
		w.Roles = append(w.Roles, part{Name: role.Name, Text: role.What})
	}
	for _, a := range r.Arguments {
		w.Arguments = append(w.Arguments, argument(a))
	}
	if r.Original != nil {
		w.Original = &original{Licence: r.Original.Licence}
	}
	return w
}

// isRecipe tells our recipes from the articles of a blog.
func isRecipe(m fields) bool {
	return m.iri("additionalType") == howTo || m["steps"] != nil || m["ingredients"] != nil
}

func recipeOf(m fields) *instance.Recipe {
	r := &instance.Recipe{
		Base: instance.Base{Kind: instance.KindRecipe}, Audience: m.line("maillage:audience"), Duration: m.line("maillage:duration"),
		Outputs: m.lines("maillage:outputs"), Aftercare: m.lines("maillage:aftercare"), ToVerify: m.text("maillage:toVerify", maxText),
	}
	for _, i := range m.objects("ingredients", maxArray) {
		r.Ingredients = append(r.Ingredients, instance.Ingredient{
			Name: i.line("name"), Category: i.slug("ingredient_categories", "maillage:ingredientCategory"), Essential: i.flag("maillage:essential"),
		})
	}
	for _, s := range m.objects("steps", maxArray) {
		r.Steps = append(r.Steps, instance.Step{Title: s.line("name"), When: s.line("maillage:when"), What: s.text("text", maxText)})
	}
	for _, s := range m.objects("maillage:programme", maxArray) {
		r.Programme = append(r.Programme, instance.Slot{Day: s.count("maillage:day"), Slot: s.line("maillage:slot"), Title: s.line("name"), What: s.text("text", maxText)})
	}
	for _, p := range m.objects("maillage:parts", maxArray) {
		r.Roles = append(r.Roles, instance.RecipeRole{Name: p.line("name"), What: p.text("text", maxText)})
	}
	for _, a := range m.objects("maillage:arguments", maxArray) {
		r.Arguments = append(r.Arguments, instance.Argument{Objection: a.text("maillage:objection", maxText), Answer: a.text("maillage:answer", maxText)})
	}
	if o := m.object("maillage:original"); o != nil {
		r.Original = &instance.OriginalSource{Licence: o.line("maillage:statedLicence")}
	}
	return r
}

// recipeHTML is everything that is structured in a recipe, as text: for readers
// elsewhere it is the recipe. In French, as all the words here.
func recipeHTML(r *instance.Recipe) string {
	var h markup
	var facts []string
	for _, fact := range [][2]string{{"Pour qui", r.Audience}, {"Durée", r.Duration}} {
		if fact[1] != "" {
			facts = append(facts, entry(fact[0], fact[1]))
		}
	}
	h.list("ul", "En bref", facts)
	h.list("ul", "Ingrédients", each(r.Ingredients, func(i instance.Ingredient) string {
		if i.Essential {
			return entry(i.Name, "indispensable")
		}
		return html.EscapeString(i.Name)
	}))
	h.list("ol", "Étapes", each(r.Steps, func(s instance.Step) string { return entry(joined(s.Title, s.When), s.What) }))
	h.list("ul", "Programme", each(r.Programme, func(s instance.Slot) string {
		return entry(joined(s.Title, dayWords(s.Day), instance.Vocabularies().Label("programme_slots", s.Slot, "fr")), s.What)
	}))
	h.list("ul", "Rôles", each(r.Roles, func(role instance.RecipeRole) string { return entry(role.Name, role.What) }))
	h.list("ul", "Arguments", each(r.Arguments, func(a instance.Argument) string { return entry("«\u00a0"+a.Objection+"\u00a0»", a.Answer) }))
	h.list("ul", "Résultats", each(r.Outputs, html.EscapeString))
	h.list("ul", "Et après", each(r.Aftercare, html.EscapeString))
	if r.ToVerify != "" {
		h.paragraph("À vérifier", r.ToVerify)
	}
	h.closing(r)
	return h.String()
}

// closing says under which terms the recipe may be taken over, and where it comes from.
func (h *markup) closing(r *instance.Recipe) {
	if r.Licence != "" {
		h.paragraph("", "Licence"+colon+instance.Vocabularies().Label("licences", r.Licence, "fr"))
	}
	if r.Original != nil && r.Original.Licence != "" {
		h.paragraph("", "Licence de l'ouvrage d'origine"+colon+r.Original.Licence)
	}
	h.link("D'après", r.DerivedFrom)
}

// colon is a colon as French writes it, after a no-break space.
const colon = "\u00a0: "

// entry is "<strong>title</strong> : text", or the title alone.
func entry(title, text string) string {
	out := "<strong>" + html.EscapeString(title) + "</strong>"
	if text != "" {
		out += colon + html.EscapeString(text)
	}
	return out
}

// joined is "title (detail, detail)".
func joined(title string, details ...string) string {
	var known []string
	for _, d := range details {
		if d != "" {
			known = append(known, d)
		}
	}
	if len(known) == 0 {
		return title
	}
	return title + " (" + strings.Join(known, ", ") + ")"
}

func dayWords(day int) string {
	if day == 0 {
		return ""
	}
	return "jour " + strconv.Itoa(day)
}

func each[T any](list []T, words func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = words(v)
	}
	return out
}
