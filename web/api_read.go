package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// pageOf is one page of a collection.
type pageOf[T any] struct {
	Total   int `json:"total"`
	Page    int `json:"page"`
	PerPage int `json:"per_page"`
	Items   []T `json:"items"`
}

func (a *apiV1) list(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		p := newParams(c.QueryParams())
		filter, page := p.objectFilter(kind)
		if err := p.err(); err != nil {
			return invalid(http.StatusBadRequest, err)
		}
		objects, total, err := a.node.Objects(c.Request().Context(), filter)
		if err != nil {
			return err
		}
		for _, o := range objects {
			presentObject(o)
		}
		a.linkPages(c, total, page, filter.Limit)
		return answer(c, echo.MIMEApplicationJSON, newPage(total, page, filter.Limit, objects))
	}
}

func newPage[T any](total, page, perPage int, items []T) pageOf[T] {
	if items == nil {
		items = []T{} // an empty list, not null
	}
	return pageOf[T]{Total: total, Page: page, PerPage: perPage, Items: items}
}

// objectFilter reads what selects and orders the objects of a kind.
func (p *params) objectFilter(kind instance.Kind) (f instance.ObjectFilter, page int) {
	page, perPage := p.paging()
	f = instance.ObjectFilter{
		Kinds:     []instance.Kind{kind},
		Scope:     p.scope("origin"),
		Owner:     p.one("owner"),
		Territory: p.one("territory"),
		Offset:    (page - 1) * perPage,
		Limit:     perPage,
	}
	if themes := p.terms("theme", unknownTheme, "themes"); len(themes) > 1 {
		p.fail("theme", "donnez un seul thème ; /api/v1/search en accepte plusieurs")
	} else if len(themes) == 1 {
		f.Theme = themes[0]
	}
	if kind != instance.KindEvent {
		f.Sort = choice(p, "sort", instance.ByName, instance.ByID)
		return f, page
	}
	f.From, f.To = p.span()
	f.PartOf = p.one("part_of")
	f.Sort = choice(p, "sort", instance.ByStart, instance.ByStartDesc, instance.ByName, instance.ByID)
	return f, page
}

func (a *apiV1) read(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		o, err := a.find(c.Request().Context(), kind, c.Param("id"))
		if err != nil {
			return err
		}
		if !o.Common().Deleted.IsZero() {
			return instance.ErrGone
		}
		presentObject(o)
		return answer(c, echo.MIMEApplicationJSON, o)
	}
}

// find loads an object by its slug, when it is ours, or by the Key of its IRI. It
// returns tombstones too.
func (a *apiV1) find(ctx context.Context, kind instance.Kind, id string) (instance.Object, error) {
	o, err := a.node.ObjectBySlug(ctx, kind, id)
	if errors.Is(err, instance.ErrNotFound) {
		o, err = a.node.ObjectByKey(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	if o.Common().Kind != kind {
		return nil, instance.ErrNotFound
	}
	return o, nil
}

// presentObject makes an object just loaded fit to be shown: its HTML is cleaned
// again on the way out, and its origin said as in a search.
func presentObject(o instance.Object) {
	b := o.Common()
	b.Content = instance.SanitiseHTML(b.Content)
	b.Origin = originLabel(b.Origin)
	if p := b.Provenance; p != nil { // how it is kept up to date concerns this node only
		b.Provenance = &instance.Provenance{Source: p.Source, Key: p.Key, Licence: p.Licence, Imported: p.Imported}
	}
}

// territoryJSON is a territory as the API shows it.
type territoryJSON struct {
	ID           string          `json:"id"` // IRI
	Kind         instance.Kind   `json:"kind"`
	Origin       string          `json:"origin"` // "local" or a domain
	Slug         string          `json:"slug,omitempty"`
	Address      string          `json:"address"` // what people type to follow it: @brest@opl.example
	Name         string          `json:"name"`
	Summary      string          `json:"summary,omitempty"` // HTML
	URL          string          `json:"url,omitempty"`
	Path         string          `json:"path"` // page on this node
	Subkind      string          `json:"subkind,omitempty"`
	Codes        []instance.Code `json:"codes,omitempty"`
	Parent       *instance.Ref   `json:"parent,omitempty"`
	Departements []string        `json:"departements,omitempty"`
	Note         string          `json:"note,omitempty"`
	Place        *instance.Place `json:"place,omitempty"`
	Image        *instance.Image `json:"image,omitempty"`
	Created      time.Time       `json:"created,omitzero"`
	Updated      time.Time       `json:"updated,omitzero"`
}

func (a *apiV1) newTerritory(t *instance.Actor) territoryJSON {
	out := territoryJSON{
		ID: t.ID, Kind: t.Kind, Origin: originLabel(t.Origin), Slug: t.Slug, Address: t.Address(a.node.Domain()),
		Name: t.Name, Summary: instance.SanitiseHTML(t.Summary), URL: t.URL, Path: a.node.URLs().Path(t.ID),
		Place: t.Place, Image: t.Image, Created: t.Created, Updated: t.Updated,
	}
	if d := t.Territory; d != nil {
		out.Subkind, out.Codes, out.Parent, out.Departements, out.Note = d.Kind, d.Codes, d.Parent, d.Departements, d.Note
	}
	return out
}

func (a *apiV1) listTerritories(c echo.Context) error {
	p := newParams(c.QueryParams())
	filter, page := p.territoryFilter()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	actors, total, err := a.node.Actors(c.Request().Context(), filter)
	if err != nil {
		return err
	}
	items := make([]territoryJSON, len(actors))
	for i, t := range actors {
		items[i] = a.newTerritory(t)
	}
	a.linkPages(c, total, page, filter.Limit)
	return answer(c, echo.MIMEApplicationJSON, newPage(total, page, filter.Limit, items))
}

func (p *params) territoryFilter() (f instance.ActorFilter, page int) {
	page, perPage := p.paging()
	return instance.ActorFilter{
		Kinds: []instance.Kind{instance.KindTerritory}, Scope: p.scope("origin"),
		Offset: (page - 1) * perPage, Limit: perPage,
	}, page
}

func (a *apiV1) readTerritory(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	t, err := a.node.ActorBySlug(ctx, instance.KindTerritory, id)
	if errors.Is(err, instance.ErrNotFound) {
		t, err = a.node.ActorByKey(ctx, id)
	}
	switch {
	case err != nil:
		return err
	case t.Kind != instance.KindTerritory:
		return instance.ErrNotFound
	case !t.Gone.IsZero():
		return instance.ErrGone
	}
	return answer(c, echo.MIMEApplicationJSON, a.newTerritory(t))
}
