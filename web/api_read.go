package web

import (
	"context"
	"errors"
	"net/http"

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
	if themes := p.terms("theme", "themes"); len(themes) > 1 {
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
