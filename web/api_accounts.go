package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// memberJSON is an account of the node, as its hosts see it.
type memberJSON struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Email         string        `json:"email"`
	Role          instance.Role `json:"role"`
	Organisations []string      `json:"organisations"` // IRIs
	Created       time.Time     `json:"created"`
	LastSeen      time.Time     `json:"last_seen,omitzero"`
	Closed        time.Time     `json:"closed,omitzero"`
}

func newMember(a *instance.Account) memberJSON {
	return memberJSON{
		ID: a.ID, Name: a.Name, Email: a.Email, Role: a.Role, Organisations: append([]string{}, a.Organisations...),
		Created: a.Created, LastSeen: a.LastSeen, Closed: a.Closed,
	}
}

// memberBody is what a host decides of an account.
type memberBody struct {
	Role          instance.Role `json:"role"`
	Organisations []string      `json:"organisations"`
}

// hosting is the scope of tokens that do what the host does.
var hosting = []instance.TokenScope{instance.TokenHosts}

// members lists the accounts of the node, by e-mail, closed ones too.
func (a *apiV1) members(c echo.Context) error {
	if _, err := a.worker(c, hosting...); err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	accounts, err := a.node.Accounts(c.Request().Context())
	if err != nil {
		return err
	}
	items := []memberJSON{}
	for _, account := range pageIn(accounts, page, perPage) {
		items = append(items, newMember(account))
	}
	a.linkPages(c, len(accounts), page, perPage)
	return private(c, http.StatusOK, newPage(len(accounts), page, perPage, items))
}

// pageIn is one page of a list.
func pageIn[T any](all []T, page, perPage int) []T {
	start := min((page-1)*perPage, len(all))
	return all[start:min(start+perPage, len(all))]
}

// readMember shows one account.
func (a *apiV1) readMember(c echo.Context) error {
	if _, err := a.worker(c, hosting...); err != nil {
		return err
	}
	return a.member(c)
}

func (a *apiV1) member(c echo.Context) error {
	account, err := a.node.Account(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, newMember(account))
}

// setMember gives an account its role and organisations.
func (a *apiV1) setMember(c echo.Context) error {
	w, err := a.worker(c, hosting...)
	if err != nil {
		return err
	}
	var body memberBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	if err := a.ours(c, body.Organisations); err != nil {
		return err
	}
	ctx := c.Request().Context()
	of, err := a.node.Account(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	read := func(a *apiV1) (any, error) {
		now, err := a.node.Account(ctx, of.ID)
		if err != nil {
			return nil, err
		}
		return newMember(now), nil
	}
	return a.memberChanged(c, a.ifAsRead(c, of.Lock(), read, func(a *apiV1) error {
		return a.node.SetMember(ctx, w.as, of.ID, body.Role, body.Organisations...)
	}))
}

// ours checks that names in a body are IRIs of organisations of this node.
func (a *apiV1) ours(c echo.Context, organisations []string) error {
	for _, id := range organisations {
		kind, _, local := a.node.URLs().Parse(id)
		err := instance.ErrNotFound
		if local && kind == instance.KindOrganisation {
			_, err = a.node.Actor(c.Request().Context(), id)
		}
		if errors.Is(err, instance.ErrNotFound) {
			return fieldProblem("organisations", "donnez des adresses (IRI) d’organisations de ce nœud")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// closeMember keeps somebody from signing in; reopenMember lets them again.
func (a *apiV1) closeMember(c echo.Context) error { return a.changeMember(c, a.node.CloseAccount) }

func (a *apiV1) reopenMember(c echo.Context) error { return a.changeMember(c, a.node.ReopenAccount) }

func (a *apiV1) changeMember(c echo.Context, change func(context.Context, *instance.Account, string) error) error {
	w, err := a.worker(c, hosting...)
	if err != nil {
		return err
	}
	return a.memberChanged(c, change(c.Request().Context(), w.as, c.Param("id")))
}

// memberChanged shows the account as it then is.
func (a *apiV1) memberChanged(c echo.Context, err error) error {
	if errors.Is(err, instance.ErrForbidden) {
		return newProblem(http.StatusForbidden, "Aucun jeton ne nomme d’hôte ni ne touche au compte d’un hôte : cela se fait sur la page « Comptes ».")
	}
	if err != nil {
		return err
	}
	return a.member(c)
}
