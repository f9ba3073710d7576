package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// decisionBody accepts a proposal; without changes, those that it asks for are made.
type decisionBody struct {
	By      string            `json:"by"` // IRI of who publishes something new; the token's actor when it has one
	Changes []instance.Change `json:"changes"`
	Answer  string            `json:"answer"`
}

// refusalBody says why not.
type refusalBody struct {
	Answer string `json:"answer"`
}

// settlementBody ends a report.
type settlementBody struct {
	Remedy instance.Remedy `json:"remedy"`
	Answer string          `json:"answer"`
}

// sweepBody names what is only advertising.
type sweepBody struct {
	IDs []string `json:"ids"`
}

// sweptJSON says how many of them were deleted.
type sweptJSON struct {
	Discarded int `json:"discarded"`
}

// acceptProposal does what is proposed, as it is or as it is amended.
func (a *apiV1) acceptProposal(c echo.Context) error {
	var body decisionBody
	return a.decide(c, answering, &body, func(ctx context.Context, w *worker, p *instance.Proposal) error {
		if p.Kind == instance.ProposeReport {
			return w.SettleReport(ctx, p.ID, instance.RemedyNone, body.Answer)
		}
		changes := body.Changes
		if changes == nil {
			changes = slices.Clone(p.Changes)
		}
		editor, by, err := a.inWhoseName(ctx, w, p, body.By)
		if err != nil {
			return err
		}
		if _, err = editor.AcceptProposal(ctx, p.ID, by, changes, body.Answer); errors.Is(err, instance.ErrForbidden) {
			return newProblem(http.StatusForbidden, whoMayAccept(p))
		}
		return err
	})
}

// inWhoseName is who publishes something new that is accepted: an actor that the account
// of the token writes for, as on the page. A token that moderates names it, and publishes
// so what went through the queue alone: there it rewrites already what others publish.
func (a *apiV1) inWhoseName(ctx context.Context, w *worker, p *instance.Proposal, by string) (instance.Editor, string, error) {
	if by == "" {
		by = w.actor
	}
	if w.token.Scope != instance.TokenModerates || p.Kind != instance.ProposeCreate || w.token.Account == "" {
		return w.Editor, by, nil
	}
	account, err := a.node.Account(ctx, w.token.Account)
	if err != nil {
		return w.Editor, "", err
	}
	as := *w.as
	switch {
	case by == account.Person:
		as.Person = by
	case account.WritesFor(by):
		as.Organisations = []string{by}
	}
	return a.node.Editor(&as), by, nil
}

// whoMayAccept says to whom a proposal is left that the token may answer, and not accept.
func whoMayAccept(p *instance.Proposal) string {
	switch {
	case p.Kind == instance.ProposeCreate:
		return "Dites dans « by » au nom de qui publier : l’IRI d’une organisation pour laquelle le compte de ce jeton écrit."
	case p.ObjectKind == instance.KindTerritory:
		return "Seul l’hôte du nœud peut changer un territoire : il voit aussi cette proposition."
	}
	return "Seule la personne qui l’a écrit peut en changer les mots : elle voit aussi cette proposition."
}

// refuseProposal says no, and why.
func (a *apiV1) refuseProposal(c echo.Context) error {
	var body refusalBody
	return a.decide(c, answering, &body, func(ctx context.Context, w *worker, p *instance.Proposal) error {
		return w.RefuseProposal(ctx, p.ID, body.Answer)
	})
}

// forwardProposal sends a correction to the node that its object is of.
func (a *apiV1) forwardProposal(c echo.Context) error {
	return a.decide(c, moderating, nil, func(ctx context.Context, w *worker, p *instance.Proposal) error {
		return w.ForwardProposal(ctx, p.ID)
	})
}

// settleProposal ends a report with what is done about it.
func (a *apiV1) settleProposal(c echo.Context) error {
	var body settlementBody
	return a.decide(c, answering, &body, func(ctx context.Context, w *worker, p *instance.Proposal) error {
		remedies := []instance.Remedy{instance.RemedyWithdraw, instance.RemedyHide, instance.RemedyBlock, instance.RemedyForward}
		switch {
		case body.Remedy == "none":
			body.Remedy = instance.RemedyNone
		case !slices.Contains(remedies, body.Remedy):
			return fieldProblem("remedy", "none, withdraw, hide, block ou forward")
		}
		return w.SettleReport(ctx, p.ID, body.Remedy, body.Answer)
	})
}

// decide answers a proposal by a token of the scopes, and shows it as it then is. A body
// of nil is none.
func (a *apiV1) decide(c echo.Context, scopes []instance.TokenScope, body any, act func(context.Context, *worker, *instance.Proposal) error) error {
	w, err := a.worker(c, scopes...)
	if err != nil {
		return err
	}
	if body != nil {
		if err := readBody(c, body); err != nil {
			return err
		}
	}
	ctx := c.Request().Context()
	p, err := w.Proposal(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if err := act(ctx, w, p); err != nil {
		return answeredAlready(err)
	}
	if p, err = a.node.Proposal(ctx, p.ID); err != nil {
		return err
	}
	return private(c, http.StatusOK, newProposal(p))
}

// discardProposal deletes advertising.
func (a *apiV1) discardProposal(c echo.Context) error {
	w, err := a.answerer(c)
	if err != nil {
		return err
	}
	if err := w.DiscardProposal(c.Request().Context(), c.Param("id")); err != nil {
		return answeredAlready(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// sweepProposals deletes a wave of it at once.
func (a *apiV1) sweepProposals(c echo.Context) error {
	w, err := a.answerer(c)
	if err != nil {
		return err
	}
	var body sweepBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	if len(body.IDs) == 0 || len(body.IDs) > maxSwept {
		return fieldProblem("ids", fmt.Sprintf("donnez de 1 à %d identifiants", maxSwept))
	}
	discarded, err := w.DiscardProposals(c.Request().Context(), body.IDs)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, sweptJSON{discarded})
}

func answeredAlready(err error) error {
	if errors.Is(err, instance.ErrConflict) {
		return newProblem(http.StatusConflict, "Quelqu’un y a déjà répondu.")
	}
	return err
}
