package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

type forgottenView struct {
	Form    form
	Sent    bool
	Mails   bool
	Contact string
}

// forgotten helps whoever has no password any more.
func (s *Server) forgotten(r *request) error {
	return r.showForgotten(http.StatusOK, forgottenView{})
}

// askReset sends a way back in; the answer is the same for an address without account.
func (s *Server) askReset(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	email := strings.ToLower(strings.TrimSpace(posted.Get("email")))
	if wait := r.tries(r.letters(email)...); wait > 0 {
		return r.tooMany(wait)
	}
	if err := s.node.AskReset(r.ctx(), email); err != nil {
		return err
	}
	return r.showForgotten(http.StatusOK, forgottenView{Sent: true})
}

func (r *request) showForgotten(status int, v forgottenView) error {
	r.private()
	v.Mails, v.Contact = r.s.node.Mails(), r.s.node.Contact()
	return r.render(status, "signin-forgotten", &page{Title: r.T("account.forgotten.title"), NoIndex: true, View: v})
}

// secretView is a page that a link with a secret leads to.
type secretView struct {
	Form   form
	Secret string
	Email  string // whose it is
}

// secretPage keeps what has a secret in its address from being told to others. Not by
// "no-referrer": browsers then send forms with "Origin: null", as from another site.
func (r *request) secretPage() string {
	r.private()
	r.Response().Header().Set("Referrer-Policy", "same-origin")
	return r.QueryParam("cle")
}

// resetView also lists the other ways into the account, for its owner to say which
// stay: whoever comes back may do so because somebody else had come in.
type resetView struct {
	secretView
	Passkeys, Tokens []doorKept
}

type doorKept struct {
	passkeyLine
	Kept bool
}

// keptField holds the passkeys, by ID, and the tokens, by hash, that stay.
const keptField = "garder"

// resetPage asks for a new password whoever has a way back in.
func (s *Server) resetPage(r *request) error {
	secret := r.secretPage()
	return r.showReset(http.StatusOK, secret, form{}, nil)
}

func (s *Server) reset(r *request) error {
	r.secretPage()
	posted, err := r.form()
	if err != nil {
		return err
	}
	a, err := s.node.Reset(r.ctx(), posted.Get("cle"), posted.Get("password"), posted[keptField]...)
	switch {
	case errors.Is(err, instance.ErrInvalid):
		return r.showReset(http.StatusUnprocessableEntity, posted.Get("cle"), r.refusedForm("", posted, err), posted)
	case errors.Is(err, instance.ErrNotFound):
		return r.linkOver("/mot-de-passe-oublie", "account.link-over.reset")
	case err != nil:
		return err
	}
	if err := r.signIn(a); err != nil {
		return err
	}
	r.flash("done.password")
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}

// showReset shows the form, as it was posted, or with the passkeys kept and the tokens
// not: these work from anywhere, for whoever has copied them.
func (r *request) showReset(status int, secret string, f form, posted url.Values) error {
	t, err := r.s.node.TicketFor(r.ctx(), secret, instance.PurposeReset)
	if errors.Is(err, instance.ErrNotFound) {
		return r.linkOver("/mot-de-passe-oublie", "account.link-over.reset")
	}
	if err != nil {
		return err
	}
	a, err := r.s.node.Account(r.ctx(), t.Account)
	if err != nil {
		return err
	}
	v := resetView{secretView: secretView{f, secret, a.Email}}
	for _, p := range a.Passkeys {
		line := passkeyLine{p.ID, p.Label, r.seen(p.Created), r.seen(p.Used)}
		v.Passkeys = append(v.Passkeys, doorKept{line, posted == nil || slices.Contains(posted[keptField], p.ID)})
	}
	tokens, err := r.s.node.Tokens(r.ctx(), a.ID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		line := passkeyLine{t.Hash, t.Label, r.seen(t.Created), r.seen(t.Used)}
		v.Tokens = append(v.Tokens, doorKept{line, slices.Contains(posted[keptField], t.Hash)})
	}
	return r.render(status, "signin-reset", &page{Title: r.T("account.reset.title"), NoIndex: true, View: v})
}

// linkOver says that a link with a secret was used or is too old, and what to do.
func (r *request) linkOver(next, label string) error {
	r.private()
	return r.render(http.StatusGone, "signin-over", &page{
		Title: r.T("account.link-over.title"), NoIndex: true,
		View: struct{ Next, Label, Contact string }{next, label, r.s.node.Contact()},
	})
}
