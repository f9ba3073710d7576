package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// maxBody is the most that a request may send, in bytes.
const maxBody = 256 << 10

func (a *apiV1) create(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		o, err := a.publish(c, w.actor, draft)
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
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		old, err := a.find(ctx, kind, c.Param("id"))
		if err != nil {
			return err
		}
		draft.Common().Provenance = old.Common().Provenance // the import that brought it goes on updating it
		var o instance.Object
		if current := asRead(c); current != nil {
			o, err = a.node.EditIf(ctx, w.actor, old.Common().ID, draft, current)
		} else {
			o, err = a.node.Edit(ctx, w.actor, old.Common().ID, draft)
		}
		if err != nil {
			return inBody(err)
		}
		return a.written(c, http.StatusOK, o)
	}
}

func (a *apiV1) remove(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		old, err := a.find(ctx, kind, c.Param("id"))
		if err != nil {
			return err
		}
		if current := asRead(c); current != nil {
			err = a.node.WithdrawIf(ctx, w.actor, old.Common().ID, current)
		} else {
			err = a.node.Withdraw(ctx, w.actor, old.Common().ID)
		}
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
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
