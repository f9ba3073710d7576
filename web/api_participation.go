package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// placeJSON is where a place at an event stands.
type placeJSON struct {
	Event string                      `json:"event"`           // IRI
	Actor string                      `json:"actor,omitempty"` // IRI of who comes, to an event of another node
	State instance.ParticipationState `json:"state"`
}

// comer is who comes to an event: at one of this node, the account itself; at one of
// another, the actor that the token publishes for, or the account's Person.
type comer struct {
	*worker
	event *instance.Event
	actor string // IRI; "" for the account
}

// comer is whom the request's token comes for, and the event in the address.
func (a *apiV1) comer(c echo.Context) (*comer, error) {
	w, err := a.worker(c, instance.TokenPublishes, instance.TokenSelf)
	if err != nil {
		return nil, err
	}
	e, err := a.event(c)
	if err != nil {
		return nil, err
	}
	switch {
	case w.token.Scope == instance.TokenPublishes && e.Local():
		return nil, newProblem(http.StatusForbidden, "À un événement de ce nœud, on vient en personne : il faut ici un jeton « self ».")
	case w.token.Scope == instance.TokenPublishes:
		return &comer{w, e, w.actor}, nil
	case w.token.Account == "" || !e.Local() && w.as.Person == "":
		return nil, newProblem(http.StatusForbidden, "On ne vient à un événement d’un autre nœud qu’au nom d’une organisation, ou de sa fiche publique ; et ce jeton n’en a pas.")
	case e.Local():
		return &comer{w, e, ""}, nil
	}
	return &comer{w, e, w.as.Person}, nil
}

// event is that of the address, alive.
func (a *apiV1) event(c echo.Context) (*instance.Event, error) {
	o, err := a.find(c.Request().Context(), instance.KindEvent, c.Param("id"))
	if err != nil {
		return nil, err
	}
	if !o.Common().Deleted.IsZero() {
		return nil, instance.ErrGone
	}
	return o.(*instance.Event), nil // find checks the kind
}

func (w *comer) place(ctx context.Context, n *instance.Node) (*instance.Participation, error) {
	if w.actor == "" {
		return n.MemberPlace(ctx, w.as, w.event.ID)
	}
	return n.Participation(ctx, w.event.ID, w.actor)
}

// place says where the place of the token's holder stands.
func (a *apiV1) place(c echo.Context) error {
	w, err := a.comer(c)
	if err != nil {
		return err
	}
	p, err := w.place(c.Request().Context(), a.node)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, placeJSON{w.event.ID, w.actor, p.State})
}

// join asks for a place. Asking twice changes nothing.
func (a *apiV1) join(c echo.Context) error {
	w, err := a.comer(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if w.actor == "" {
		_, err = a.node.MemberJoin(ctx, w.as, w.event.ID)
	} else {
		err = w.JoinElsewhere(ctx, w.actor, w.event.ID)
	}
	if errors.Is(err, instance.ErrForbidden) {
		return newProblem(http.StatusForbidden, "Cet événement ne prend pas d’inscriptions ici.")
	}
	if err != nil {
		return err
	}
	p, err := w.place(ctx, a.node)
	if err != nil {
		return err
	}
	return private(c, http.StatusAccepted, placeJSON{w.event.ID, w.actor, p.State})
}

// leave gives such a place up.
func (a *apiV1) leave(c echo.Context) error {
	w, err := a.comer(c)
	if err != nil {
		return err
	}
	if w.actor == "" {
		err = a.node.MemberLeave(c.Request().Context(), w.as, w.event.ID)
	} else {
		err = w.LeaveElsewhere(c.Request().Context(), w.actor, w.event.ID)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
