package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// draftJSON is something being written.
type draftJSON struct {
	ID      string          `json:"id"`
	Actor   string          `json:"actor,omitempty"` // IRI of who will publish it
	Edits   string          `json:"edits,omitempty"` // IRI of what it will replace
	Updated time.Time       `json:"updated"`
	Object  instance.Object `json:"object"` // as far as it is written
}

func newDraft(d *instance.Draft) draftJSON {
	presentObject(d.Object)
	return draftJSON{d.ID, d.Actor, d.Edits, d.Updated, d.Object}
}

// draftBody is what a program writes so far.
type draftBody struct {
	Actor  string          `json:"actor"`
	Edits  string          `json:"edits"`
	Object json.RawMessage `json:"object"` // with its kind
}

// drafter is who the request's token writes drafts for.
func (a *apiV1) drafter(c echo.Context) (*worker, error) {
	return a.worker(c, instance.TokenPublishes, instance.TokenSelf)
}

// mayWrite says whether a draft of its account is the token's to see: of the actor that
// it publishes for, else of the account's Person, or of nobody yet.
func (w *worker) mayWrite(d *instance.Draft) bool {
	if w.token.Scope == instance.TokenPublishes {
		return d.Actor == w.actor
	}
	return d.Actor == "" || d.Actor == w.as.Person
}

func (a *apiV1) drafts(c echo.Context) error {
	w, err := a.drafter(c)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	all, err := w.Drafts(c.Request().Context())
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d instance.Draft) bool { return !w.mayWrite(&d) })
	items := []draftJSON{}
	first := min((page-1)*perPage, len(all))
	for _, d := range all[first:min(first+perPage, len(all))] {
		items = append(items, newDraft(&d))
	}
	a.linkPages(c, len(all), page, perPage)
	return private(c, http.StatusOK, newPage(len(all), page, perPage, items))
}

// draftAt is who the request's token writes for, and the draft of the address.
func (a *apiV1) draftAt(c echo.Context) (*worker, *instance.Draft, error) {
	w, err := a.drafter(c)
	if err != nil {
		return nil, nil, err
	}
	d, err := a.draft(c, w)
	return w, d, err
}

// draft is that of the address, if it is the token's to see; whose others are is not told.
func (a *apiV1) draft(c echo.Context, w *worker) (*instance.Draft, error) {
	d, err := a.node.Editor(w.as).Draft(c.Request().Context(), c.Param("id"))
	if errors.Is(err, instance.ErrForbidden) || err == nil && !w.mayWrite(d) {
		return nil, fmt.Errorf("draft %s: %w", c.Param("id"), instance.ErrNotFound)
	}
	return d, err
}

func (a *apiV1) readDraft(c echo.Context) error {
	_, d, err := a.draftAt(c)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, newDraft(d))
}

func (a *apiV1) createDraft(c echo.Context) error {
	w, err := a.drafter(c)
	if err != nil {
		return err
	}
	d, err := a.writtenDraft(c, w)
	if err != nil {
		return err
	}
	if d, err = w.SaveDraft(c.Request().Context(), *d); err != nil {
		return err
	}
	return drafted(c, d)
}

func drafted(c echo.Context, d *instance.Draft) error {
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/drafts/"+d.ID)
	return private(c, http.StatusCreated, newDraft(d))
}

func (a *apiV1) replaceDraft(c echo.Context) error {
	w, old, err := a.draftAt(c)
	if err != nil {
		return err
	}
	d, err := a.writtenDraft(c, w)
	if err != nil {
		return err
	}
	d.ID = old.ID
	err = a.ifDraftAsRead(c, w, old.ID, func(e instance.Editor) (err error) {
		d, err = e.SaveDraft(c.Request().Context(), *d)
		return err
	})
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, newDraft(d))
}

func (a *apiV1) deleteDraft(c echo.Context) error {
	w, old, err := a.draftAt(c)
	if err != nil {
		return err
	}
	err = a.ifDraftAsRead(c, w, old.ID, func(e instance.Editor) error {
		return e.DeleteDraft(c.Request().Context(), old.ID)
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *apiV1) ifDraftAsRead(c echo.Context, w *worker, id string, change func(instance.Editor) error) error {
	read := func(a *apiV1) (any, error) {
		d, err := a.draft(c, w)
		if err != nil {
			return nil, err
		}
		return newDraft(d), nil
	}
	return a.ifAsRead(c, id, read, func(a *apiV1) error { return change(a.node.Editor(w.as)) })
}

// publishDraft makes a draft public and throws it away.
func (a *apiV1) publishDraft(c echo.Context) error {
	w, d, err := a.draftAt(c)
	if err != nil {
		return err
	}
	if rhythm := d.Form["rhythm"]; len(rhythm) > 0 && rhythm[0] != "" {
		return fieldProblem("object", "cet événement revient : publiez le brouillon sur sa page, ou envoyez l’événement à /api/v1/series")
	}
	o, err := w.PublishDraft(c.Request().Context(), d.ID)
	if err != nil {
		return inBody(err)
	}
	return a.written(c, http.StatusOK, o)
}

// restore makes a draft of a version.
func (a *apiV1) restore(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Param("version"), 10, 64)
	if err != nil {
		return instance.ErrNotFound
	}
	d, err := w.Restore(c.Request().Context(), version)
	if err != nil {
		return err
	}
	return drafted(c, d)
}

// writtenDraft reads the body, and whom it is for.
func (a *apiV1) writtenDraft(c echo.Context, w *worker) (*instance.Draft, error) {
	var body draftBody
	if err := readBody(c, &body); err != nil {
		return nil, err
	}
	var of struct {
		Kind instance.Kind `json:"kind"`
	}
	if err := json.Unmarshal(body.Object, &of); err != nil {
		return nil, fieldProblem("object", "donnez ce qui est écrit, avec sa sorte (kind)")
	}
	if _, err := instance.NewObject(of.Kind); err != nil {
		return nil, fieldProblem("object.kind", "event, recipe, partner ou announcement")
	}
	o, err := decodeObject(body.Object, of.Kind)
	if err != nil {
		return nil, err
	}
	d := &instance.Draft{Actor: body.Actor, Edits: body.Edits, Object: o}
	if d.Actor == "" && w.token.Scope == instance.TokenPublishes {
		d.Actor = w.actor
	}
	if !w.mayWrite(d) {
		return nil, instance.ErrForbidden
	}
	return d, a.mayReplace(c.Request().Context(), w, d)
}

// mayReplace checks what a draft says that it will replace.
func (a *apiV1) mayReplace(ctx context.Context, w *worker, d *instance.Draft) error {
	if d.Edits == "" {
		return nil
	}
	old, err := a.node.Object(ctx, d.Edits)
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return fieldProblem("edits", "rien ne porte cet identifiant ici")
	case err != nil:
		return err
	case !w.MayEdit(old) || old.Common().Owner != d.Actor:
		return instance.ErrForbidden
	case old.Common().Kind != d.Object.Common().Kind:
		return fieldProblem("object.kind", "ce n’est pas de la sorte de ce qui est à remplacer")
	}
	return nil
}
