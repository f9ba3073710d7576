package instance

import (
	"context"
	"errors"
	"fmt"
)

// CreateActor opens an organisation, a territory or a contributor on this node,
// with its own key: people can follow it from then on. Slug, Name and Kind are
// required; the handle is derived from the slug.
//
// ErrInvalid, ErrConflict: the slug or handle is taken.
func (n *Node) CreateActor(ctx context.Context, a Actor) (*Actor, error) {
	var c checks
	c.require(slugPattern.MatchString(a.Slug), "slug", "utilisez des lettres minuscules sans accent, des chiffres et des tirets")
	c.require(a.Name != "", "name", "donnez un nom")
	c.require(a.Kind == KindOrganisation || a.Kind == KindTerritory || a.Kind == KindPerson, "kind", "organisation, territory ou person")
	c.require(a.Kind != KindTerritory || a.Territory != nil, "territory", "dites de quelle sorte de territoire il s'agit")
	if err := c.err(); err != nil {
		return nil, err
	}
	if a.Handle = HandleOf(a.Slug); !handlePattern.MatchString(a.Handle) {
		return nil, &ValidationError{[]FieldError{{"slug", "trop long pour un identifiant"}}}
	}
	if _, err := n.ActorByHandle(ctx, a.Handle); !errors.Is(err, ErrNotFound) {
		return nil, errors.Join(err, fmt.Errorf("@%s: %w", a.Handle, ErrConflict))
	}
	if a.Kind == KindPerson && a.Place != nil {
		a.Place = a.Place.rounded()
	}
	a.Summary = SanitiseHTML(a.Summary)
	return n.createActor(ctx, &a)
}

// rounded returns the place of a person as it may be kept: two decimals (about
// one kilometre) and no street, before anything is stored.
func (p *Place) rounded() *Place {
	r := Place{Locality: p.Locality, Departement: p.Departement, Region: p.Region, Country: p.Country, Precision: PrecisionCommune}
	if p.Point != nil {
		r.Point = &Point{Lat: round2(p.Point.Lat), Lon: round2(p.Point.Lon)}
	}
	return &r
}

func round2(degrees float64) float64 {
	if degrees < 0 {
		return -round2(-degrees)
	}
	return float64(int(degrees*100+0.5)) / 100
}
