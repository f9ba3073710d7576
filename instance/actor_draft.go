package instance

import (
	"context"
	"slices"
)

// maxActorSummary bounds the HTML of what an actor of ours says of itself, in bytes.
const maxActorSummary = 4 * maxPresentation

// ready checks what somebody has an actor of ours say of itself, and completes it with
// what its place tells. ErrInvalid.
func (a *Actor) ready() error {
	var c checks
	c.require(a.Name != "", "name", "donnez un nom")
	c.require(len([]rune(a.Name)) <= 100, "name", "raccourcissez à %d caractères", 100)
	c.require(len(a.Summary) <= maxActorSummary, "summary", "raccourcissez à %d caractères", maxPresentation)
	c.listed("themes", "themes", a.Themes...)
	if a.Image != nil {
		c.address("image", a.Image.URL)
	}
	if a.Place != nil {
		c.require(a.Place.Point == nil || a.Place.Point.Valid(), "place", "la latitude va de -90 à 90 et la longitude de -180 à 180")
		place := *a.Place
		place.clean()
		a.Place = &place
	}
	if t := a.Territory; t != nil {
		c.require(Vocabularies().Has("territory_kinds", t.Kind), "territory", "choisissez la sorte de territoire dans la liste")
		if t.Parent != nil {
			c.addresses("territory", *t.Parent)
		}
		a.Territory = t.within(a.Place)
	}
	return c.err()
}

// within is the territory with the codes that its place tells, when it has none.
func (t *Territory) within(p *Place) *Territory {
	in := *t
	if p != nil && p.INSEE != "" && in.Kind == "commune" && in.Code("insee") == "" {
		in.Codes = append(slices.Clone(in.Codes), Code{Type: "insee", Value: p.INSEE})
	}
	if p != nil && p.Departement != "" && len(in.Departements) == 0 {
		in.Departements = []string{p.Departement}
	}
	return &in
}

// Appear gives the editor a public Person, or changes what it says of them.
// ErrInvalid; ErrConflict: the slug is taken.
func (e Editor) Appear(ctx context.Context, draft Actor) (*Actor, error) {
	if err := draft.ready(); err != nil {
		return nil, err
	}
	if e.account.Person == "" {
		return e.node.Appear(ctx, e.account.ID, draft)
	}
	return e.node.EditActor(ctx, e.account.Person, draft)
}
