package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// organisingJSON is an event that one of ours was asked to organise together with its
// owner.
type organisingJSON struct {
	Event  string                  `json:"event"` // IRI
	Actor  string                  `json:"actor"` // IRI of who is asked
	Owner  string                  `json:"owner"` // IRI of who asks
	State  instance.OrganiserState `json:"state"`
	Asked  time.Time               `json:"asked"`
	Name   string                  `json:"name"`
	Start  time.Time               `json:"start,omitzero"`
	Series string                  `json:"series,omitempty"` // its dates get the same answer
	URL    string                  `json:"url,omitempty"`    // where to read it
}

// organisingBody answers: agrees, or not, or not any more.
type organisingBody struct {
	Event  string `json:"event"`
	Actor  string `json:"actor"`
	Agrees *bool  `json:"agrees"`
}

// organisingQuery reads what is listed.
func (p *params) organisingQuery() (state instance.OrganiserState, page, perPage int) {
	state = choice(p, "state", instance.OrganiserAsked, instance.OrganiserConfirmed)
	if state == "" {
		state = instance.OrganiserAsked
	}
	page, perPage = p.paging()
	return state, page, perPage
}

// organising lists what waits for an answer, or what was agreed to.
func (a *apiV1) organising(c echo.Context) error {
	w, err := a.worker(c, instance.TokenPublishes, instance.TokenSelf)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	state, page, perPage := p.organisingQuery()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	ctx := c.Request().Context()
	asked, total, err := w.Asked(ctx, state, (page-1)*perPage, perPage)
	if err != nil {
		return err
	}
	var items []organisingJSON
	for _, o := range asked {
		e, err := a.node.AskedEvent(ctx, o)
		if errors.Is(err, instance.ErrNotFound) { // nothing is left of it here
			continue
		}
		if err != nil {
			return err
		}
		items = append(items, organisingJSON{
			Event: o.Event, Actor: o.Actor, Owner: o.Owner, State: o.State, Asked: o.Asked,
			Name: e.Name, Start: e.When.Start, Series: e.Series, URL: webURL(e.URL),
		})
	}
	a.linkPages(c, total, page, perPage)
	return private(c, http.StatusOK, newPage(total, page, perPage, items))
}

// answerOrganising agrees to organise an event, refuses to, or leaves.
func (a *apiV1) answerOrganising(c echo.Context) error {
	w, err := a.worker(c, instance.TokenPublishes, instance.TokenSelf)
	if err != nil {
		return err
	}
	var body organisingBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	if body.Agrees == nil {
		return fieldProblem("agrees", "true pour accepter, false pour refuser ou ne plus organiser")
	}
	err = w.AnswerAsked(c.Request().Context(), body.Event, body.Actor, *body.Agrees)
	if err != nil && !errors.Is(err, instance.ErrDuplicate) { // it is the answer already
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
