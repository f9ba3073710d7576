package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
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
	Also       []string               `json:"also,omitempty"` // IRIs of what else a report is about
	Changes    []instance.Change      `json:"changes,omitempty"`
	Stale      map[string]string      `json:"stale,omitempty"` // what changed since: by field, what it says now
	Reason     instance.Reason        `json:"reason,omitempty"`
	Message    string                 `json:"message,omitempty"`
	Origin     string                 `json:"origin"`           // "local" or a domain
	Sender     string                 `json:"sender,omitempty"` // the same for what came from one place; while it waits
	Created    time.Time              `json:"created"`
	Answered   time.Time              `json:"answered,omitzero"`
	Answer     string                 `json:"answer,omitempty"`
	Result     string                 `json:"result,omitempty"`    // IRI of what was published
	FollowUp   string                 `json:"follow_up,omitempty"` // page that says what becomes of it; told once
	Key        string                 `json:"key,omitempty"`       // opens the same by the API; told once
}

func newProposal(p *instance.Proposal) proposalJSON {
	return proposalJSON{
		ID: p.ID, Kind: p.Kind, State: p.State, Object: p.Object, ObjectKind: p.ObjectKind, Also: p.Also, Changes: p.Changes, Reason: p.Reason,
		Message: p.Message, Origin: originLabel(p.Origin), Sender: p.Sender, Created: p.Created, Answered: p.Answered, Answer: p.Answer, Result: p.Result,
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

// proposals lists what the token's organisation is to answer or, with a token that
// moderates, the node: what waits, or what was answered.
func (a *apiV1) proposals(c echo.Context) error {
	w, err := a.answerer(c)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	states, newest := p.proposalStates()
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	found, total, err := w.Proposals(c.Request().Context(), newest, (page-1)*perPage, perPage, states...)
	if err != nil {
		return err
	}
	items := make([]proposalJSON, len(found))
	for i := range found {
		items[i] = newProposal(&found[i])
	}
	a.linkPages(c, total, page, perPage)
	return private(c, http.StatusOK, newPage(total, page, perPage, items))
}

// proposalStates reads which of the two lists is wanted, and whether it begins with the newest.
func (p *params) proposalStates() (states []instance.ProposalState, newest bool) {
	if choice(p, "state", "waiting", "answered") == "answered" {
		return closedStates, true
	}
	return openStates, false
}

// readProposal is one of those, with what of it says something else by now.
func (a *apiV1) readProposal(c echo.Context) error {
	w, err := a.answerer(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := w.Proposal(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	one := newProposal(p)
	if one.Stale, err = a.node.Stale(ctx, p); err != nil && !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	return private(c, http.StatusOK, one)
}

// answering are the scopes of tokens that answer what others say: for an organisation,
// of its things, or for the node.
var answering = []instance.TokenScope{instance.TokenPublishes, instance.TokenModerates}

// moderating is the scope of those that answer for the node alone.
var moderating = []instance.TokenScope{instance.TokenModerates}

func (a *apiV1) answerer(c echo.Context) (*worker, error) { return a.worker(c, answering...) }

// proposer is who the request's token proposes for: anybody but who only reads.
func (a *apiV1) proposer(c echo.Context) (*worker, error) {
	return a.worker(c, instance.TokenPublishes, instance.TokenSelf, instance.TokenModerates)
}

// propose keeps what somebody suggests, for others to answer. The token's holder is
// known: no seal and no trap tell them from a robot.
func (a *apiV1) propose(c echo.Context) error {
	w, err := a.proposer(c)
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
		Reason: body.Reason, Message: body.Message, Email: body.Email, Sender: instance.HashSecret("sender " + cmp.Or(w.token.Account, w.token.Hash)),
	})
	if errors.Is(err, instance.ErrBusy) {
		return newProblem(http.StatusServiceUnavailable, "Beaucoup de propositions attendent déjà d’être lues : réessayez dans quelques jours.")
	}
	if err != nil {
		return err
	}
	p, err := a.node.FollowUp(c.Request().Context(), secret)
	if err != nil {
		return err
	}
	made := newProposal(p)
	made.Key = secret
	made.FollowUp = a.node.URLs().IRI("/proposition") + "?" + url.Values{"cle": {secret}}.Encode()
	return private(c, http.StatusCreated, made)
}

// keyBody is the secret that was told to whoever proposed.
type keyBody struct {
	Key string `json:"key"`
}

// followProposal says what becomes of what somebody proposed: whoever has its key may know.
func (a *apiV1) followProposal(c echo.Context) error {
	key, err := a.proposalKey(c)
	if err != nil {
		return err
	}
	p, err := a.node.FollowUp(c.Request().Context(), key)
	if err != nil {
		return err
	}
	followed := newProposal(p)
	followed.Sender = "" // of no use to them
	return private(c, http.StatusOK, followed)
}

// withdrawProposal takes back what was proposed.
func (a *apiV1) withdrawProposal(c echo.Context) error {
	key, err := a.proposalKey(c)
	if err != nil {
		return err
	}
	if err := a.node.WithdrawProposal(c.Request().Context(), key); err != nil {
		return answeredAlready(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// proposalKey reads the key in a body: in an address, it would be in logs.
func (a *apiV1) proposalKey(c echo.Context) (string, error) {
	if _, err := a.proposer(c); err != nil {
		return "", err
	}
	var body keyBody
	err := readBody(c, &body)
	return body.Key, err
}
