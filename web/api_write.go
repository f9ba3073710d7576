package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// maxBody is the most that a request may send, in bytes.
const maxBody = 256 << 10

// create publishes an object of a kind.
func create(kind instance.Kind) func(*apiV1, echo.Context) error {
	return func(a *apiV1, c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		o, err := w.Publish(c.Request().Context(), w.actor, draft)
		if err != nil {
			return inBody(err)
		}
		c.Response().Header().Set(echo.HeaderLocation, c.Request().URL.Path+"/"+o.Common().Slug)
		return a.written(c, http.StatusCreated, o)
	}
}

func (a *apiV1) replace(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		var how eventChange
		if p := newParams(c.QueryParams()); kind == instance.KindEvent {
			if how = p.eventChange(); p.err() != nil {
				return invalid(http.StatusBadRequest, p.err())
			}
		}
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		var o instance.Object
		err = a.ifObjectAsRead(c, kind, func(n *instance.Node, old *instance.Base) (err error) {
			draft.Common().Provenance = old.Provenance // the import that brought it goes on updating it
			o, err = edit(c.Request().Context(), n, w.as, old.ID, draft, how)
			return err
		})
		if err != nil {
			return inBody(err)
		}
		return a.written(c, http.StatusOK, o)
	}
}

func (a *apiV1) remove(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.answerer(c)
		if err != nil {
			return err
		}
		err = a.ifObjectAsRead(c, kind, func(n *instance.Node, old *instance.Base) error {
			return n.Editor(w.as).Withdraw(c.Request().Context(), old.ID)
		})
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// ifObjectAsRead changes the object in the address, see ifAsRead.
func (a *apiV1) ifObjectAsRead(c echo.Context, kind instance.Kind, change func(*instance.Node, *instance.Base) error) error {
	ctx := c.Request().Context()
	old, err := a.find(ctx, kind, c.Param("id"))
	if err != nil {
		return err
	}
	read := func(a *apiV1) (any, error) {
		o, err := a.node.Object(ctx, old.Common().ID)
		if err != nil {
			return nil, err
		}
		if !o.Common().Deleted.IsZero() {
			return nil, instance.ErrGone
		}
		presentObject(o)
		return o, nil
	}
	return a.ifAsRead(c, old.Common().ID, read, func(a *apiV1) error { return change(a.node, old.Common()) })
}

func (a *apiV1) written(c echo.Context, status int, o instance.Object) error {
	presentObject(o)
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("ETag", etagOf(body)) // for the If-Match of the next change
	return c.JSONBlob(status, body)
}
