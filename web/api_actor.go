package web

import (
	"cmp"
	"errors"
	"fmt"
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
	Website string          `json:"website,omitempty"`
	Themes  []string        `json:"themes,omitempty"`
	Place   *instance.Place `json:"place,omitempty"`
	Image   *instance.Image `json:"image,omitempty"`
	Created time.Time       `json:"created,omitzero"`
	Updated time.Time       `json:"updated,omitzero"`
}

func (a *apiV1) newActor(t *instance.Actor) actorJSON {
	return actorJSON{
		ID: t.ID, Kind: t.Kind, Origin: originLabel(t.Origin), Slug: t.Slug, Address: t.Address(a.node.Domain()),
		Name: t.Name, Summary: instance.SanitiseHTML(t.Summary), URL: t.URL, Path: a.node.URLs().Path(t.ID),
		Website: webURL(t.Website), Themes: t.Themes, Place: t.Place, Image: t.Image, Created: t.Created, Updated: t.Updated,
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

func presentTerritory(a *apiV1, t *instance.Actor) any {
	out := territoryJSON{actorJSON: a.newActor(t)}
	if d := t.Territory; d != nil {
		out.Subkind, out.Codes, out.Parent, out.Departements, out.Note = d.Kind, d.Codes, d.Parent, d.Departements, d.Note
	}
	return out
}

// draft is what an actor says of itself; what the node decides may be there, so that
// what was read can be sent back, and is ignored.
func (b *actorJSON) draft(kind instance.Kind) (instance.Actor, error) {
	if b.Kind != kind && b.Kind != "" {
		return instance.Actor{}, fieldProblem("kind", fmt.Sprintf("cette adresse reçoit « %s » ; laissez ce champ vide", kind))
	}
	return instance.Actor{
		Kind: kind, Slug: b.Slug, Name: instance.CleanName(b.Name, 200), Summary: b.Summary, Website: b.Website, Themes: b.Themes,
		Place: b.Place, Image: b.Image,
	}, nil
}

// readActorDraft reads the body as an organisation or a territory.
func readActorDraft(c echo.Context, kind instance.Kind) (instance.Actor, error) {
	if kind == instance.KindOrganisation {
		var body organisationJSON
		if err := readBody(c, &body); err != nil {
			return instance.Actor{}, err
		}
		return body.draft(kind)
	}
	var body territoryJSON
	if err := readBody(c, &body); err != nil {
		return instance.Actor{}, err
	}
	draft, err := body.draft(kind)
	draft.Territory = &instance.Territory{
		Kind: body.Subkind, Codes: body.Codes, Parent: body.Parent, Departements: body.Departements, Note: body.Note,
	}
	return draft, err
}

// found opens an organisation or a territory.
func found(kind instance.Kind, present presentActor) func(*apiV1, echo.Context) error {
	return func(a *apiV1, c echo.Context) error {
		w, err := a.worker(c, instance.TokenHosts)
		if err != nil {
			return err
		}
		draft, err := readActorDraft(c, kind)
		if err != nil {
			return err
		}
		draft.Slug = cmp.Or(draft.Slug, instance.Slugify(draft.Name))
		made, err := w.Found(c.Request().Context(), draft)
		if err != nil {
			return inBody(err)
		}
		c.Response().Header().Set(echo.HeaderLocation, c.Request().URL.Path+"/"+made.Slug)
		return private(c, http.StatusCreated, present(a, made))
	}
}

// presentActor is how an actor of a kind is shown.
type presentActor func(*apiV1, *instance.Actor) any

// change replaces what an organisation or a territory of ours says of itself.
func (a *apiV1) change(kind instance.Kind, present presentActor, scopes ...instance.TokenScope) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.worker(c, scopes...)
		if err != nil {
			return err
		}
		was, err := a.actor(c, kind)
		if err != nil {
			return err
		}
		draft, err := readActorDraft(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		read := func(a *apiV1) (any, error) {
			now, err := a.node.Actor(ctx, was.ID)
			if err != nil {
				return nil, err
			}
			return present(a, now), nil
		}
		var now *instance.Actor
		err = a.ifAsRead(c, was.ID, read, func(a *apiV1) (err error) {
			now, err = a.node.Editor(w.as).Present(ctx, was.ID, draft)
			return err
		})
		if err != nil {
			return inBody(err)
		}
		return private(c, http.StatusOK, present(a, now))
	}
}

// organisationJSON is an organisation as the API shows it.
type organisationJSON struct{ actorJSON }

func presentOrganisation(a *apiV1, o *instance.Actor) any { return organisationJSON{a.newActor(o)} }

func (a *apiV1) listActors(kind instance.Kind, present presentActor) echo.HandlerFunc {
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
			items[i] = present(a, t)
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

func (a *apiV1) readActor(kind instance.Kind, present presentActor) echo.HandlerFunc {
	return func(c echo.Context) error {
		t, err := a.actor(c, kind)
		if err != nil {
			return err
		}
		return answer(c, echo.MIMEApplicationJSON, present(a, t))
	}
}

// actor is that of the address, by its slug, when it is ours, or by the Key of its IRI.
func (a *apiV1) actor(c echo.Context, kind instance.Kind) (*instance.Actor, error) {
	ctx, id := c.Request().Context(), c.Param("id")
	t, err := a.node.ActorBySlug(ctx, kind, id)
	if errors.Is(err, instance.ErrNotFound) {
		t, err = a.node.ActorByKey(ctx, id)
	}
	switch {
	case err != nil:
		return nil, err
	case t.Kind != kind:
		return nil, instance.ErrNotFound
	case !t.Gone.IsZero():
		return nil, instance.ErrGone
	}
	return t, nil
}
