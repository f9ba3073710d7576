package web

import (
	"errors"
	"net/http"

	"github.com/maillage/maillage/instance"
)

type signInView struct {
	Email string
	Back  string // where to go then
	Wrong bool
}

// signInPage asks who it is.
func (s *Server) signInPage(r *request) error {
	v := signInView{Back: back(r.QueryParam("retour"))}
	if r.account != nil {
		return r.Redirect(http.StatusSeeOther, v.Back)
	}
	return r.showSignIn(http.StatusOK, v)
}

// signIn opens a session for whoever knows the password.
func (s *Server) signIn(r *request) error {
	form, err := r.form()
	if err != nil {
		return err
	}
	v := signInView{Email: form.Get("email"), Back: back(form.Get("retour"))}
	a, err := s.node.Check(r.ctx(), v.Email, form.Get("password"))
	if errors.Is(err, instance.ErrForbidden) {
		v.Wrong = true
		return r.showSignIn(http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	if err := r.signIn(a); err != nil {
		return err
	}
	r.flash("done.signed-in")
	return r.Redirect(http.StatusSeeOther, v.Back)
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
	return r.render(status, "signin", &page{Title: r.T("account.sign-in.title"), NoIndex: true, View: v})
}
