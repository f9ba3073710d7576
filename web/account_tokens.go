package web

import (
	"errors"
	"net/http"

	"github.com/maillage/maillage/instance"
)

type tokensView struct {
	accountView
	Organisations []*instance.Actor
	Tokens        []tokenLine
	New           string // the one just made; "" for none
}

type tokenLine struct{ Hash, Label, Scope, For, Created, Used string }

// tokensPage lists the personal tokens of the API.
func (s *Server) tokensPage(r *request) error { return r.showTokens(http.StatusOK, form{}, "") }

// createToken makes one, shown this once. Its scope is "read" or "publish:" and the
// short name of an organisation.
func (s *Server) createToken(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	actor, err := r.scopeActor(posted.Get("scope"))
	var token string
	if err == nil {
		token, err = s.node.CreateToken(r.ctx(), r.account, actor, posted.Get("label"))
	}
	if errors.Is(err, instance.ErrInvalid) {
		return r.showTokens(http.StatusUnprocessableEntity, r.refusedForm("", posted, err), "")
	}
	if err != nil {
		return err
	}
	return r.showTokens(http.StatusOK, form{}, token)
}

// scopeActor is the actor that a scope publishes for; "" for one that reads.
func (r *request) scopeActor(scope string) (string, error) {
	if scope == "read" {
		return "", nil
	}
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return "", err
	}
	for _, a := range actors {
		if scope == (instance.Token{Actor: a.ID}).Scope(r.s.node.URLs()) {
			return a.ID, nil
		}
	}
	return "", r.fail("scope", "choisissez ce que ce jeton permet")
}

// revokeToken ends one.
func (s *Server) revokeToken(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	if err := s.node.RevokeToken(r.ctx(), r.account, posted.Get("token")); err != nil {
		return err
	}
	r.flash("done.token-revoked")
	return r.Redirect(http.StatusSeeOther, "/compte/jetons")
}

func (r *request) showTokens(status int, f form, token string) error {
	v := tokensView{accountView: r.accountView("/compte/jetons", f), New: token}
	var err error
	if v.Organisations, err = r.s.node.Editor(r.account).Actors(r.ctx()); err != nil {
		return err
	}
	tokens, err := r.s.node.Tokens(r.ctx(), r.account.ID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		line := tokenLine{Hash: t.Hash, Label: t.Label, Scope: t.Scope(r.s.node.URLs()), Created: r.seen(t.Created), Used: r.seen(t.Used)}
		names, err := r.actorNames([]string{t.Actor})
		if err != nil {
			return err
		}
		if len(names) > 0 {
			line.For = names[0]
		}
		v.Tokens = append(v.Tokens, line)
	}
	return r.render(status, "account-tokens", &page{Title: r.T("account.tab.tokens"), NoIndex: true, View: v})
}
