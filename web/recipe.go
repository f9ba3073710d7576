package web

import (
	"github.com/maillage/maillage/instance"
)

type recipeView struct {
	objectView
	Recipe      *instance.Recipe
	Essential   []ingredientGroup
	Optional    []ingredientGroup
	Days        []programmeDay
	Forks       []card
	FromLicence string
	AdaptURL    string // where to make another recipe of it; "" when its licence does not let
}

// ingredientGroup is the ingredients of one category.
type ingredientGroup struct {
	Category string
	Names    []string
}

// programmeDay is the slots of one day; Day is 0 when the recipe has a single one.
type programmeDay struct {
	Day   int
	Slots []instance.Slot
}

func (r *request) showRecipe(p *page, common objectView, recipe *instance.Recipe) error {
	forks, err := r.forks(recipe.ID)
	if err != nil {
		return err
	}
	v := recipeView{
		objectView: common, Recipe: recipe, Forks: forks, Days: r.programme(recipe.Programme),
		Essential: r.ingredients(recipe.Ingredients, true), Optional: r.ingredients(recipe.Ingredients, false),
	}
	if adaptable(recipe.Licence) {
		v.AdaptURL = "/publier/recette?de=" + instance.Key(recipe.ID)
	}
	if recipe.Original != nil {
		v.FromLicence = r.label("licences", recipe.Original.Licence)
	}
	p.Section, p.JSONLD, p.View = "/recettes", recipeLD(recipe), v
	return r.show("recipe", p)
}

// forks lists the recipes that were made from this one, wherever they live.
func (r *request) forks(iri string) ([]card, error) {
	recipes, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindRecipe}, DerivedFrom: iri, Sort: instance.ByName, Limit: 200,
	})
	return r.objectCards(recipes), err
}

// ingredients groups those that are essential, or those that are not, by
// category, in the order of the recipe.
func (r *request) ingredients(list []instance.Ingredient, essential bool) []ingredientGroup {
	var groups []ingredientGroup
	index := map[string]int{}
	for _, item := range list {
		if item.Essential != essential {
			continue
		}
		i, ok := index[item.Category]
		if !ok {
			i = len(groups)
			index[item.Category] = i
			groups = append(groups, ingredientGroup{Category: r.label("ingredient_categories", item.Category)})
		}
		groups[i].Names = append(groups[i].Names, item.Name)
	}
	return groups
}

func (r *request) programme(slots []instance.Slot) []programmeDay {
	var days []programmeDay
	for _, slot := range slots {
		if len(days) == 0 || days[len(days)-1].Day != slot.Day {
			days = append(days, programmeDay{Day: slot.Day})
		}
		slot.Slot = r.label("programme_slots", slot.Slot)
		last := &days[len(days)-1]
		last.Slots = append(last.Slots, slot)
	}
	if len(days) == 1 {
		days[0].Day = 0
	}
	return days
}

func recipeLD(recipe *instance.Recipe) thingLD {
	ld := newLD("HowTo", &recipe.Base)
	for _, item := range recipe.Ingredients {
		ld.Supply = append(ld.Supply, thingLD{Type: "HowToSupply", Name: item.Name})
	}
	for i, step := range recipe.Steps {
		ld.Step = append(ld.Step, stepLD{"HowToStep", i + 1, step.Title, step.What})
	}
	return ld
}

// recipes lists the guides.
func (s *Server) recipes(r *request) error {
	v, err := r.listing(instance.KindRecipe)
	if err != nil {
		return err
	}
	return r.show("recipes", &page{Title: r.T("recipes.title"), Description: r.T("recipes.lead"), Section: "/recettes", View: v})
}
