package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

type signInView struct {
	Form     form
	Back     string // where to go then
	Wrong    bool
	Mails    bool
	Passkeys bool
	Carried  *carried // what waits to be sent; nil for nothing
	Wait     string   // it was tried too often
}

// signInPage asks who it is.
func (s *Server) signInPage(r *request) error {
	to := back(r.QueryParam("retour"))
	if r.account != nil {
		return r.Redirect(http.StatusSeeOther, to)
	}
	return r.showSignIn(http.StatusOK, signInView{Back: to})
}

// signIn opens a session for whoever knows the password. What it answers to a wrong
// one says nothing of whether there is such an account.
func (s *Server) signIn(r *request) error {
	posted, _, _, err := r.typed(maxCarried)
	if err != nil {
		return err
	}
	waits := carriedIn(posted)
	if r.account != nil && waits != nil { // with a passkey
		return r.resume(waits)
	}
	email := strings.ToLower(strings.TrimSpace(posted.Get("email")))
	limits := r.guesses(email)
	if wait := r.tries(limits...); wait > 0 && waits != nil {
		return r.showSignIn(http.StatusTooManyRequests, signInView{
			Form: r.refusedForm("", posted, nil), Back: back(posted.Get("retour")), Carried: waits,
			Wait: r.N("account.too-many.text", int((wait+time.Minute-1)/time.Minute)),
		})
	} else if wait > 0 {
		return r.tooMany(wait)
	}
	a, err := s.node.Check(r.ctx(), email, posted.Get("password"))
	if errors.Is(err, instance.ErrForbidden) {
		return r.showSignIn(http.StatusUnprocessableEntity, signInView{
			Form: r.refusedForm("", posted, nil), Back: back(posted.Get("retour")), Wrong: true, Carried: waits,
		})
	}
	if err != nil {
		return err
	}
	r.succeed(limits)
	if err := r.signIn(a); err != nil {
		return err
	}
	if waits != nil {
		return r.resume(waits)
	}
	r.flash("done.signed-in")
	return r.Redirect(http.StatusSeeOther, back(posted.Get("retour")))
}

// signOut ends the session of this browser.
func (s *Server) signOut(r *request) error {
	if err := r.signOut(); err != nil {
		return err
	}
	r.flash("done.signed-out")
	return r.Redirect(http.StatusSeeOther, "/")
}

func (r *request) showSignIn(status int, v signInView) error {
	r.private()
	v.Mails, v.Passkeys = r.s.node.Mails(), r.s.passkeys != nil
	p := &page{Title: r.T("account.sign-in.title"), NoIndex: true, View: v}
	if v.Passkeys {
		p.Scripts = []string{"js/passkey.js"}
	}
	return r.render(status, "signin", p)
}
