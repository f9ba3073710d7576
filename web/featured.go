package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// featuring is the button that puts something forward, or no longer.
type featuring struct {
	Path string
	Is   bool // put forward already
}

// featuring is nil for a sheet of the directory, and for whoever's owner is gone.
func (r *request) featuring(b *instance.Base) *featuring {
	owner, err := r.s.node.Actor(r.ctx(), b.Owner)
	if err != nil || b.Kind == instance.KindPartner {
		return nil
	}
	return &featuring{r.s.node.URLs().Path(b.ID), slices.Contains(owner.Featured, b.ID)}
}

// feature puts something of ours forward, or no longer.
func (s *Server) feature(kind instance.Kind) handler {
	return func(r *request) error {
		posted, err := r.form()
		if err != nil {
			return err
		}
		o, err := r.ours(kind)
		if err != nil {
			return err
		}
		forward := posted.Get("une") == "oui"
		said := "done.featured"
		if !forward {
			said = "done.unfeatured"
		}
		switch err := s.node.Editor(r.account).Feature(r.ctx(), o.Common().ID, forward); {
		case errors.Is(err, instance.ErrInvalid):
			said = "done.not-featured"
		case err != nil:
			return err
		}
		r.flash(said)
		return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(o.Common().ID))
	}
}

// feature is the same with a token.
func (a *apiV1) feature(kind instance.Kind, forward bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		o, err := a.find(c.Request().Context(), kind, c.Param("id"))
		if err != nil {
			return err
		}
		if err := a.node.Feature(c.Request().Context(), w.actor, o.Common().ID, forward); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// featured lists what an actor of ours puts forward, as cards.
func (r *request) featured(a *instance.Actor) ([]card, error) {
	objects, err := r.s.node.Featured(r.ctx(), a)
	if err != nil {
		return nil, err
	}
	cards := make([]card, len(objects))
	for i, o := range objects {
		cards[i] = r.objectCard(o)
	}
	return cards, nil
}
