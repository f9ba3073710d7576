package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// actorJSON is what the API shows of any actor.
type actorJSON struct {
	ID      string          `json:"id"` // IRI
	Kind    instance.Kind   `json:"kind"`
	Origin  string          `json:"origin"` // "local" or a domain
	Slug    string          `json:"slug,omitempty"`
	Address string          `json:"address"` // what people type to follow it: @brest@opl.example
	Name    string          `json:"name"`
	Summary string          `json:"summary,omitempty"` // HTML
	URL     string          `json:"url,omitempty"`
	Path    string          `json:"path"` // page on this node
	Place   *instance.Place `json:"place,omitempty"`
	Image   *instance.Image `json:"image,omitempty"`
	Created time.Time       `json:"created,omitzero"`
	Updated time.Time       `json:"updated,omitzero"`
}

func (a *apiV1) newActor(t *instance.Actor) actorJSON {
	return actorJSON{
		ID: t.ID, Kind: t.Kind, Origin: originLabel(t.Origin), Slug: t.Slug, Address: t.Address(a.node.Domain()),
		Name: t.Name, Summary: instance.SanitiseHTML(t.Summary), URL: t.URL, Path: a.node.URLs().Path(t.ID),
		Place: t.Place, Image: t.Image, Created: t.Created, Updated: t.Updated,
	}
}

// territoryJSON is a territory as the API shows it.
type territoryJSON struct {
	actorJSON
	Subkind      string          `json:"subkind,omitempty"`
	Codes        []instance.Code `json:"codes,omitempty"`
	Parent       *instance.Ref   `json:"parent,omitempty"`
	Departements []string        `json:"departements,omitempty"`
	Note         string          `json:"note,omitempty"`
}

func (a *apiV1) newTerritory(t *instance.Actor) any {
	out := territoryJSON{actorJSON: a.newActor(t)}
	if d := t.Territory; d != nil {
		out.Subkind, out.Codes, out.Parent, out.Departements, out.Note = d.Kind, d.Codes, d.Parent, d.Departements, d.Note
	}
	return out
}

// organisationJSON is an organisation as the API shows it.
type organisationJSON struct {
	actorJSON
	Website string   `json:"website,omitempty"`
	Themes  []string `json:"themes,omitempty"`
}

func (a *apiV1) newOrganisation(o *instance.Actor) any {
	return organisationJSON{actorJSON: a.newActor(o), Website: webURL(o.Website), Themes: o.Themes}
}

func (a *apiV1) listActors(kind instance.Kind, present func(*instance.Actor) any) echo.HandlerFunc {
	return func(c echo.Context) error {
		p := newParams(c.QueryParams())
		filter, page := p.actorFilter(kind)
		if err := p.err(); err != nil {
			return invalid(http.StatusBadRequest, err)
		}
		actors, total, err := a.node.Actors(c.Request().Context(), filter)
		if err != nil {
			return err
		}
		items := make([]any, len(actors))
		for i, t := range actors {
			items[i] = present(t)
		}
		a.linkPages(c, total, page, filter.Limit)
		return answer(c, echo.MIMEApplicationJSON, newPage(total, page, filter.Limit, items))
	}
}

func (p *params) actorFilter(kind instance.Kind) (f instance.ActorFilter, page int) {
	page, perPage := p.paging()
	return instance.ActorFilter{
		Kinds: []instance.Kind{kind}, Scope: p.scope("origin"), Offset: (page - 1) * perPage, Limit: perPage,
	}, page
}

func (a *apiV1) readActor(kind instance.Kind, present func(*instance.Actor) any) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, id := c.Request().Context(), c.Param("id")
		t, err := a.node.ActorBySlug(ctx, kind, id)
		if errors.Is(err, instance.ErrNotFound) {
			t, err = a.node.ActorByKey(ctx, id)
		}
		switch {
		case err != nil:
			return err
		case t.Kind != kind:
			return instance.ErrNotFound
		case !t.Gone.IsZero():
			return instance.ErrGone
		}
		return answer(c, echo.MIMEApplicationJSON, present(t))
	}
}
