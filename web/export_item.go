package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// item is a thing in a file: what every object has, and the object. A territory,
// which is an actor, is described as if it were one.
type item struct {
	instance.Base
	object    instance.Object
	territory *instance.Actor
}

// item loads a thing as it stands now; ErrNotFound when it is gone.
func (r *request) item(thing picked) (*item, error) {
	if thing.kind == instance.KindTerritory {
		a, err := r.s.node.Actor(r.ctx(), thing.id)
		if err != nil {
			return nil, err
		}
		if !a.Gone.IsZero() {
			return nil, instance.ErrNotFound
		}
		return &item{territory: a, Base: instance.Base{
			ID: a.ID, Kind: a.Kind, Origin: a.Origin, Slug: a.Slug, URL: a.URL, Owner: a.ID, Name: a.Name,
			Summary: instance.PlainText(a.Summary), Themes: a.Themes, Place: a.Place, Published: a.Created, Updated: a.Updated,
		}}, nil
	}
	o, err := r.s.node.Object(r.ctx(), thing.id)
	if err != nil {
		return nil, err
	}
	if !o.Common().Deleted.IsZero() {
		return nil, instance.ErrNotFound
	}
	return r.objectItem(o), nil
}

func (r *request) objectItem(o instance.Object) *item {
	it := &item{Base: *o.Common(), object: o}
	if it.Kind == instance.KindAnnouncement { // it need not have a title
		text := instance.PlainText(it.Content)
		it.Name = cmp.Or(it.Name, instance.Truncate(text, 80), r.T("kind.announcement"))
		it.Summary = cmp.Or(it.Summary, instance.Truncate(text, 280))
	}
	return it
}

// event is the thing as an event, nil when it is another kind.
func (it *item) event() *instance.Event {
	e, _ := it.object.(*instance.Event)
	return e
}

// partner is the thing as a sheet of the directory, nil when it is another kind.
func (it *item) partner() *instance.Partner {
	p, _ := it.object.(*instance.Partner)
	return p
}

// point is where the thing is, nil when that is not known.
func (it *item) point() *instance.Point {
	if it.Place == nil || it.Place.Point == nil || !it.Place.Point.Valid() {
		return nil
	}
	return it.Place.Point
}

// link is the page of the thing on its own node.
func (it *item) link() string { return cmp.Or(webURL(it.URL), webURL(it.ID)) }

// changed is when the thing last changed.
func (it *item) changed() time.Time {
	if it.Updated.After(it.Published) {
		return it.Updated.UTC()
	}
	return it.Published.UTC()
}

// origin is the domain of the node that answers for the thing.
func (x *export) origin(it *item) string { return cmp.Or(it.Origin, x.s.node.Domain()) }

// subkind is which sort of event, actor or territory it is, in words.
func (x *export) subkind(it *item) string {
	switch {
	case it.event() != nil:
		return x.label("event_kinds", it.event().EventKind)
	case it.partner() != nil:
		return x.label("actor_kinds", it.partner().ActorKind)
	case it.territory != nil && it.territory.Territory != nil:
		return x.label("territory_kinds", it.territory.Territory.Kind)
	}
	return ""
}

// labels are the words of several slugs.
func (l *locale) labels(list string, slugs []string) []string {
	words := make([]string, 0, len(slugs))
	for _, slug := range slugs {
		words = append(words, l.label(list, slug))
	}
	return words
}

// owner is the name of who answers for the thing, as far as this node knows.
func (x *export) owner(it *item) string {
	name, ok := x.owners[it.Owner]
	if !ok {
		if a, err := x.s.node.Actor(x.ctx(), it.Owner); err == nil {
			name = a.Name
		}
		if len(x.owners) < maxExported/10 { // a handful of names come back all the time
			x.owners[it.Owner] = name
		}
	}
	return cmp.Or(name, x.peerName(it.Origin), x.s.node.Self().Name)
}

// where is the place in one line: the venue, the street, the town.
func where(p *instance.Place) string {
	if p == nil {
		return ""
	}
	town := strings.TrimSpace(p.PostalCode + " " + p.Locality)
	var parts []string
	for _, part := range []string{p.Name, p.Street, town} {
		if part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return cmp.Or(strings.Join(parts, ", "), p.Departement, p.Region)
}
