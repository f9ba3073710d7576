package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// proposalJSON is a proposal as those who may answer it see it.
type proposalJSON struct {
	ID         string                 `json:"id"`
	Kind       instance.ProposalKind  `json:"kind"`
	State      instance.ProposalState `json:"state"`
	Object     string                 `json:"object,omitempty"` // IRI
	ObjectKind instance.Kind          `json:"object_kind,omitempty"`
	Changes    []instance.Change      `json:"changes,omitempty"`
	Reason     instance.Reason        `json:"reason,omitempty"`
	Message    string                 `json:"message,omitempty"`
	Origin     string                 `json:"origin"` // "local" or a domain
	Created    time.Time              `json:"created"`
	Answered   time.Time              `json:"answered,omitzero"`
	Answer     string                 `json:"answer,omitempty"`
	Result     string                 `json:"result,omitempty"`    // IRI of what was published
	FollowUp   string                 `json:"follow_up,omitempty"` // page that says what becomes of it; told once
}

func newProposal(p *instance.Proposal) proposalJSON {
	return proposalJSON{
		ID: p.ID, Kind: p.Kind, State: p.State, Object: p.Object, ObjectKind: p.ObjectKind, Changes: p.Changes, Reason: p.Reason,
		Message: p.Message, Origin: originLabel(p.Origin), Created: p.Created, Answered: p.Answered, Answer: p.Answer, Result: p.Result,
	}
}

// proposalBody is what somebody proposes by a program.
type proposalBody struct {
	Kind       instance.ProposalKind `json:"kind"`
	Object     string                `json:"object"`
	ObjectKind instance.Kind         `json:"object_kind"`
	Changes    []instance.Change     `json:"changes"`
	Reason     instance.Reason       `json:"reason"`
	Message    string                `json:"message"`
	Email      string                `json:"email"`
}

// decisionBody answers a proposal; without changes, those that it asks for are made.
type decisionBody struct {
	Changes []instance.Change `json:"changes"`
	Answer  string            `json:"answer"`
}

// proposals lists what waits for the token's organisation to answer.
func (a *apiV1) proposals(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	waiting, total, err := w.Proposals(c.Request().Context(), false, (page-1)*perPage, perPage, instance.ProposalWaiting)
	if err != nil {
		return err
	}
	items := make([]proposalJSON, len(waiting))
	for i := range waiting {
		items[i] = newProposal(&waiting[i])
	}
	a.linkPages(c, total, page, perPage)
	return private(c, http.StatusOK, newPage(total, page, perPage, items))
}

// propose keeps what somebody suggests, for others to answer. The token's holder is
// known: no seal and no trap tell them from a robot.
func (a *apiV1) propose(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	var body proposalBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	var by *instance.Account // a token made on the command line is nobody's
	if w.token.Account != "" {
		by = w.as
	}
	secret, err := a.node.Propose(c.Request().Context(), by, instance.Proposal{
		Kind: body.Kind, Object: body.Object, ObjectKind: body.ObjectKind, Changes: body.Changes,
		Reason: body.Reason, Message: body.Message, Email: body.Email, Sender: instance.HashSecret("sender " + w.token.Hash),
	})
	if errors.Is(err, instance.ErrBusy) {
		return newProblem(http.StatusServiceUnavailable, "Beaucoup de propositions attendent déjà d'être lues : réessayez dans quelques jours.")
	}
	if err != nil {
		return err
	}
	p, err := a.node.FollowUp(c.Request().Context(), secret)
	if err != nil {
		return err
	}
	made := newProposal(p)
	made.FollowUp = a.node.URLs().IRI("/proposition") + "?" + url.Values{"cle": {secret}}.Encode()
	return private(c, http.StatusCreated, made)
}

// acceptProposal does what is proposed, as it is or as it is amended.
func (a *apiV1) acceptProposal(c echo.Context) error {
	return a.decide(c, func(w *worker, p *instance.Proposal, body decisionBody) error {
		ctx := c.Request().Context()
		if p.Kind == instance.ProposeReport {
			return w.SettleReport(ctx, p.ID, instance.RemedyNone, body.Answer)
		}
		changes := body.Changes
		if changes == nil {
			changes = slices.Clone(p.Changes)
		}
		_, err := w.AcceptProposal(ctx, p.ID, w.actor, changes, body.Answer)
		return err
	})
}

// refuseProposal says no, and why.
func (a *apiV1) refuseProposal(c echo.Context) error {
	return a.decide(c, func(w *worker, p *instance.Proposal, body decisionBody) error {
		return w.RefuseProposal(c.Request().Context(), p.ID, body.Answer)
	})
}

func (a *apiV1) decide(c echo.Context, act func(*worker, *instance.Proposal, decisionBody) error) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	var body decisionBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	p, err := w.Proposal(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if err := act(w, p, body); err != nil {
		return answeredAlready(err)
	}
	if p, err = a.node.Proposal(c.Request().Context(), p.ID); err != nil {
		return err
	}
	return private(c, http.StatusOK, newProposal(p))
}

// discardProposal deletes advertising.
func (a *apiV1) discardProposal(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	if err := w.DiscardProposal(c.Request().Context(), c.Param("id")); err != nil {
		return answeredAlready(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func answeredAlready(err error) error {
	if errors.Is(err, instance.ErrConflict) {
		return newProblem(http.StatusConflict, "Quelqu'un y a déjà répondu.")
	}
	return err
}
