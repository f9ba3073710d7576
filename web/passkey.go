package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/maillage/maillage/instance"
)

// Passkeys are the WebAuthn ceremonies: instance/passkey has them. What the browser
// is asked goes to it as JSON, and the challenge comes back with the answer.
type Passkeys interface {
	BeginRegistration(a *instance.Account) (options any, challenge []byte, err error)
	FinishRegistration(a *instance.Account, challenge []byte, answer *http.Request) (*instance.Passkey, error)
	BeginSignIn() (options any, challenge []byte, err error)
	FinishSignIn(challenge []byte, answer *http.Request, find func(id string) (*instance.Account, error)) (*instance.Account, *instance.Passkey, error)
}

// challengeCookie holds the secret of what this browser was asked.
const challengeCookie = "challenge"

// maxAnswer bounds what an authenticator answers, in bytes.
const maxAnswer = 64 << 10

// withPasskeys keeps what needs them from nodes where browsers offer none.
func (s *Server) withPasskeys(h handler) handler {
	return func(r *request) error {
		if s.passkeys == nil {
			return instance.ErrNotFound
		}
		r.private()
		r.Response().Header().Set("Cache-Control", "no-store")
		r.Request().Body = http.MaxBytesReader(r.Response(), r.Request().Body, maxAnswer)
		return h(r)
	}
}

// askPasskey begins a sign-in.
func (s *Server) askPasskey(r *request) error {
	if wait := r.tries(tryLimit{"passkey from " + clientAddress(r.Request()), triesByAddress}); wait > 0 {
		return r.tooMany(wait)
	}
	options, challenge, err := s.passkeys.BeginSignIn()
	return r.ask("", options, challenge, err)
}

// ask sends the browser what it is asked, once, for five minutes.
func (r *request) ask(account string, options any, challenge []byte, err error) error {
	if err != nil {
		return err
	}
	secret, err := r.s.node.Challenge(r.ctx(), account, challenge)
	if err != nil {
		return err
	}
	r.setCookie(challengeCookie, secret, 5*time.Minute)
	return r.JSON(http.StatusOK, options)
}

// asked takes back what this browser was asked. ErrForbidden: nothing, or too long ago.
func (r *request) asked(account string) ([]byte, error) {
	cookie, err := r.Cookie(challengeCookie)
	if err != nil {
		return nil, instance.ErrForbidden
	}
	r.setCookie(challengeCookie, "", -time.Second)
	challenge, err := r.s.node.TakeChallenge(r.ctx(), account, cookie.Value)
	if errors.Is(err, instance.ErrNotFound) {
		return nil, instance.ErrForbidden
	}
	return challenge, err
}

// signInWithPasskey opens a session for whoever's passkey answers.
func (s *Server) signInWithPasskey(r *request) error {
	challenge, err := r.asked("")
	if err != nil {
		return err
	}
	a, used, err := s.passkeys.FinishSignIn(challenge, r.Request(), func(id string) (*instance.Account, error) {
		return s.node.Account(r.ctx(), id)
	})
	if err == nil && !a.Closed.IsZero() {
		err = instance.ErrForbidden
	}
	if err != nil {
		return err
	}
	if err := s.node.UsedPasskey(r.ctx(), a.ID, used.ID, used.Credential); err != nil {
		return err
	}
	r.s.attempts.giveBack("passkey from " + clientAddress(r.Request()))
	if err := r.signIn(a); err != nil {
		return err
	}
	r.flash("done.signed-in")
	return r.then(back(r.QueryParam("retour")))
}

// then tells the script where to go.
func (r *request) then(path string) error {
	return r.JSON(http.StatusOK, struct {
		To string `json:"to"`
	}{path})
}

// askNewPasskey begins a registration, once the password was given again: a browser
// left open does not get a way in that stays.
func (s *Server) askNewPasskey(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	wait, err := r.confirms(posted.Get("current"))
	switch {
	case wait > 0:
		return r.tooMany(wait)
	case errors.Is(err, instance.ErrInvalid):
		return r.JSON(http.StatusUnprocessableEntity, struct {
			Errors []instance.FieldError `json:"errors"`
		}{r.problems(err)})
	case err != nil:
		return err
	}
	options, challenge, err := s.passkeys.BeginRegistration(r.account)
	return r.ask(r.account.ID, options, challenge, err)
}

// addPasskey keeps the passkey that answers, under the name of the query.
func (s *Server) addPasskey(r *request) error {
	challenge, err := r.asked(r.account.ID)
	if err != nil {
		return err
	}
	p, err := s.passkeys.FinishRegistration(r.account, challenge, r.Request())
	if err != nil {
		return err
	}
	if p.Label = r.QueryParam("label"); instance.CleanName(p.Label, 60) == "" {
		p.Label = r.agent(r.Request().UserAgent())
	}
	if err := s.node.AddPasskey(r.ctx(), r.account.ID, *p); err != nil {
		return err
	}
	r.flash("done.passkey")
	return r.then("/compte/connexion")
}

// changePasskey renames one, or takes it away.
func (s *Server) changePasskey(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	done := "done.passkey-renamed"
	if posted.Get("do") == "remove" {
		done = "done.passkey-removed"
		err = s.node.RemovePasskey(r.ctx(), r.account.ID, posted.Get("passkey"))
	} else {
		err = s.node.RenamePasskey(r.ctx(), r.account.ID, posted.Get("passkey"), posted.Get("label"))
	}
	if errors.Is(err, instance.ErrInvalid) {
		return r.showDoors(http.StatusUnprocessableEntity, doorsView{KeyForm: r.refusedForm("key", posted, err)})
	}
	if err != nil {
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}
