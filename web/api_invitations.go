package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// invitationJSON is an invitation that waits for an answer.
type invitationJSON struct {
	ID            string        `json:"id"`
	Email         string        `json:"email,omitempty"`
	Role          instance.Role `json:"role"`
	Organisations []string      `json:"organisations"` // IRIs
	By            string        `json:"by,omitempty"`  // ID of the account that invites
	Sent          bool          `json:"sent"`          // by e-mail
	Created       time.Time     `json:"created"`
	Expires       time.Time     `json:"expires"`
	Link          string        `json:"link,omitempty"` // to hand over; told once, and never of one that is sent
}

func newInvitation(t *instance.Ticket) invitationJSON {
	return invitationJSON{
		ID: t.ID, Email: t.Email, Role: t.Role, Organisations: append([]string{}, t.Organisations...), By: t.Account,
		Sent: t.Sent, Created: t.Created, Expires: t.Expires,
	}
}

// invitationBody invites somebody.
type invitationBody struct {
	Email         string        `json:"email"`
	Role          instance.Role `json:"role"`
	Organisations []string      `json:"organisations"`
	Send          bool          `json:"send"` // by e-mail, rather than by a link to hand over
}

// invitations lists those that wait. They are the host's alone here: a token that
// publishes is given to web sites, from which it leaks, and whoever found it would open an
// account that outlives it.
func (a *apiV1) invitations(c echo.Context) error {
	w, err := a.worker(c, hosting...)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	waiting, err := a.node.Invitations(c.Request().Context(), w.as)
	if err != nil {
		return err
	}
	items := []invitationJSON{}
	for _, t := range pageIn(waiting, page, perPage) {
		items = append(items, newInvitation(&t))
	}
	a.linkPages(c, len(waiting), page, perPage)
	return private(c, http.StatusOK, newPage(len(waiting), page, perPage, items))
}

// invite makes an invitation: a link to hand over, told once, or a letter.
func (a *apiV1) invite(c echo.Context) error {
	w, err := a.worker(c, hosting...)
	if err != nil {
		return err
	}
	body := invitationBody{Role: instance.RoleContributor}
	if err := readBody(c, &body); err != nil {
		return err
	}
	if err := a.ours(c, body.Organisations); err != nil {
		return err
	}
	if body.Send {
		if wait := a.attempts.takeEach(letterLimits(c.Request(), "invited by "+w.as.ID+" "+body.Email)); wait > 0 {
			return tooManyRequests(c, wait)
		}
	}
	made, err := a.invited(c, w.as, body)
	if errors.Is(err, instance.ErrForbidden) {
		return newProblem(http.StatusForbidden, "Aucun jeton n’invite d’hôte : cela se fait sur la page « Invitations ».")
	}
	if err != nil {
		return err
	}
	return private(c, http.StatusCreated, made)
}

func (a *apiV1) invited(c echo.Context, by *instance.Account, body invitationBody) (*invitationJSON, error) {
	ctx := c.Request().Context()
	if body.Send {
		t, err := a.node.InviteByMail(ctx, by, body.Email, body.Role, body.Organisations...)
		if err != nil {
			return nil, err
		}
		made := newInvitation(t)
		return &made, nil
	}
	secret, err := a.node.Invite(ctx, by, body.Email, body.Role, body.Organisations...)
	if err != nil {
		return nil, err
	}
	t, err := a.node.TicketFor(ctx, secret, instance.PurposeInvite)
	if err != nil {
		return nil, err
	}
	made := newInvitation(t)
	made.Link = a.node.InvitationLink(secret)
	return &made, nil
}

// revokeInvitation takes one back; one that is gone is gone.
func (a *apiV1) revokeInvitation(c echo.Context) error {
	w, err := a.worker(c, hosting...)
	if err != nil {
		return err
	}
	if err := a.node.RevokeInvitation(c.Request().Context(), w.as, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
