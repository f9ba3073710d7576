package instance

// Recipe is a how-to guide that others fork: organise an Opération Libre, run a
// cartopartie. Base.DerivedFrom is the recipe it was forked from.
type Recipe struct {
	Base
	Audience    string          `json:"audience,omitempty"`
	Duration    string          `json:"duration,omitempty"` // in words
	Ingredients []Ingredient    `json:"ingredients,omitempty"`
	Steps       []Step          `json:"steps,omitempty"`
	Programme   []Slot          `json:"programme,omitempty"`
	Roles       []RecipeRole    `json:"roles,omitempty"`
	Arguments   []Argument      `json:"arguments,omitempty"`
	Outputs     []string        `json:"outputs,omitempty"`
	Aftercare   []string        `json:"aftercare,omitempty"`
	Original    *OriginalSource `json:"original,omitempty"`
	ToVerify    string          `json:"to_verify,omitempty"` // what the author is not sure of
}

// Ingredient is something to gather. Category is a slug of "ingredient_categories".
type Ingredient struct {
	Name      string `json:"name"`
	Category  string `json:"category,omitempty"`
	Essential bool   `json:"essential,omitempty"`
}

// Step is something to do. When is relative to the day, in words: "J-6 mois".
type Step struct {
	Title string `json:"title"`
	When  string `json:"when,omitempty"`
	What  string `json:"what,omitempty"`
}

// Slot is a part of the programme. Day counts from 1.
type Slot struct {
	Day   int    `json:"day,omitempty"`
	Slot  string `json:"slot,omitempty"`
	Title string `json:"title"`
	What  string `json:"what,omitempty"`
}

// RecipeRole is a part somebody takes, named by function and never by person.
type RecipeRole struct {
	Name string `json:"name"`
	What string `json:"what,omitempty"`
}

// Argument answers an objection.
type Argument struct {
	Objection string `json:"objection"`
	Answer    string `json:"answer"`
}

// OriginalSource is the work that a recipe rewrites.
type OriginalSource struct {
	Licence string `json:"licence,omitempty"` // as its authors state it
}

// Validate implements Object. A recipe must say its licence: without one nobody may reuse it.
func (r *Recipe) Validate() error {
	var c checks
	r.validateBase(&c)
	c.require(r.Licence != "", "licence", "choisissez une licence : sans elle, personne n’a le droit de reprendre la recette")
	for _, i := range r.Ingredients {
		c.require(i.Name != "", "ingredients", "un ingrédient n’a pas de nom")
		c.listed("ingredient_categories", "ingredients", i.Category)
	}
	for _, s := range r.Steps {
		c.require(s.Title != "", "steps", "une étape n’a pas de titre")
	}
	return c.err()
}
