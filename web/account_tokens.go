package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/maillage/maillage/instance"
)

type tokensView struct {
	accountView
	Scopes []scopeLine
	Tokens []tokenLine
	New    string // the one just made; "" for none
}

type tokenLine struct{ Hash, Label, Scope, For, Created, Used string }

// tokensPage lists the personal tokens of the API.
func (s *Server) tokensPage(r *request) error { return r.showTokens(http.StatusOK, form{}, "") }

// createToken makes one, shown this once. Its scope is in the API's words: "read",
// "publish:" and a short name.
func (s *Server) createToken(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	scopes, err := r.tokenScopes()
	if err != nil {
		return err
	}
	var token string
	at := slices.IndexFunc(scopes, func(sc scopeLine) bool { return sc.Words == posted.Get("scope") })
	if at < 0 {
		err = r.fail("scope", "choisissez ce que ce jeton permet")
	} else {
		t := scopes[at].token
		t.Label = posted.Get("label")
		token, err = s.node.CreateToken(r.ctx(), r.account, t)
	}
	if errors.Is(err, instance.ErrInvalid) {
		return r.showTokens(http.StatusUnprocessableEntity, r.refusedForm("", posted, err), "")
	}
	if err != nil {
		return err
	}
	return r.showTokens(http.StatusOK, form{}, token)
}

// scopeLine is something that a token may be made for.
type scopeLine struct {
	Words, Title string
	token        instance.Token
}

// tokenScopes lists what a token of the account's may do, the least first.
func (r *request) tokenScopes() ([]scopeLine, error) {
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return nil, err
	}
	var lines []scopeLine
	add := func(t instance.Token, title string) {
		lines = append(lines, scopeLine{t.Words(r.s.node.URLs()), title, t})
	}
	add(instance.Token{Scope: instance.TokenReads}, r.T("account.tokens.read"))
	add(instance.Token{Scope: instance.TokenSelf}, r.T("account.tokens.self"))
	for _, a := range actors {
		add(instance.Token{Scope: instance.TokenPublishes, Actor: a.ID}, r.T("account.tokens.publish", a.Name))
	}
	if r.account.Moderates() {
		add(instance.Token{Scope: instance.TokenModerates}, r.T("account.tokens.moderate"))
	}
	if r.account.Hosts() {
		add(instance.Token{Scope: instance.TokenHosts}, r.T("account.tokens.host"))
	}
	return lines, nil
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
	if v.Scopes, err = r.tokenScopes(); err != nil {
		return err
	}
	tokens, err := r.s.node.Tokens(r.ctx(), r.account.ID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		line := tokenLine{Hash: t.Hash, Label: t.Label, Scope: t.Words(r.s.node.URLs()), Created: r.seen(t.Created), Used: r.seen(t.Used)}
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
