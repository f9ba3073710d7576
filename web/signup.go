package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// personFields are what is asked of who wants a place, by themselves or at the desk.
var personFields = []string{"name", "email", "phone", "seats", "note"}

// personIn reads who wants a place. Seats that are no number are refused as 0 is.
func personIn(posted url.Values) instance.Participation {
	seats, _ := strconv.Atoi(posted.Get("seats"))
	return instance.Participation{
		Name: posted.Get("name"), Email: posted.Get("email"), Phone: posted.Get("phone"), Note: posted.Get("note"), Seats: seats,
	}
}

// placeForm is a form about places; "j" begins the ids of its fields.
func placeForm(values url.Values) form { return form{name: "j", values: values} }

// refusedPlace is such a form, refused. What is about none of its fields leads to its
// button.
func (r *request) refusedPlace(posted url.Values, err error, fields ...string) form {
	f := r.refusedForm("j", posted, err)
	for i, w := range f.wrongs {
		if !slices.Contains(fields, w.Field) {
			f.wrongs[i].Field = "envoyer"
		}
	}
	return f
}

// signUpView is the form by which anyone asks for a place.
type signUpView struct {
	Event  link
	When   string
	Box    *joinBox
	Mails  bool
	Action string
	Form   form
	Seal   string
	Trap   string
}

// signUpPage asks who wants a place.
func (s *Server) signUpPage(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	return r.showSignUp(http.StatusOK, e, placeForm(url.Values{"seats": {"1"}}))
}

func (r *request) showSignUp(status int, e *instance.Event, f form) error {
	box, err := r.joinBox(e)
	if err != nil {
		return err
	}
	if box == nil {
		return r.Redirect(http.StatusSeeOther, r.s.node.URLs().Path(e.ID))
	}
	r.private()
	return r.render(status, "signup", &page{Title: r.T("join.title", e.Name), Section: "/agenda", NoIndex: true, View: signUpView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), When: r.objectCard(e).When, Box: box, Mails: r.s.node.Mails(),
		Action: r.Request().URL.Path, Form: f, Seal: r.sealFor(f.values, r.Request().URL.Path), Trap: trap,
	}})
}

// placesByEmail is how often a letter about a place may be asked for within tryWindow
// for one address, which may be that of somebody who asked for nothing.
const placesByEmail = 6

// signUp takes the form. What comes next is the same whether the address is known or not.
func (s *Server) signUp(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	refused := func(status int, err error) error {
		return r.showSignUp(status, e, r.refusedPlace(posted, err, personFields...))
	}
	if status, err := r.guard(posted, r.Request().URL.Path); err != nil {
		return refused(status, err)
	}
	p := personIn(posted)
	writes := s.node.Mails() && strings.TrimSpace(p.Email) != ""
	letter := tryLimit{"place " + instance.HashSecret(strings.ToLower(strings.TrimSpace(p.Email))), placesByEmail}
	if writes {
		if wait := r.tries(letter); wait > 0 {
			return r.tooMany(wait)
		}
	}
	switch err := s.node.SignUp(r.ctx(), e.ID, p); {
	case errors.Is(err, instance.ErrInvalid):
		r.succeed([]tryLimit{letter}) // nothing was sent
		return refused(http.StatusUnprocessableEntity, err)
	case errors.Is(err, instance.ErrForbidden): // closed while they typed
		r.flash("done.join.closed")
	case err != nil:
		return err
	case writes:
		r.flash("done.join.mail")
	default:
		r.flash("done.join.desk")
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID))
}

// signedUpView is what the link in a letter shows.
type signedUpView struct {
	Event       link
	When, State string
	Name        string
	Seats       int
	Secret      string
	Confirm     bool
	Leave       bool
}

// placePage shows somebody's place, by the secret in their letter.
func (s *Server) placePage(r *request) error {
	secret := r.secretPage()
	p, e, err := s.node.Place(r.ctx(), secret)
	if err != nil {
		return err
	}
	unconfirmed := p.State == instance.ParticipationUnconfirmed
	return r.show("place", &page{Title: r.T("join.title", e.Name), NoIndex: true, View: signedUpView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), When: r.objectCard(e).When, State: r.T("join.state." + string(p.State)),
		Name: p.Name, Seats: p.Seats, Secret: secret, Confirm: unconfirmed && e.Joinable(s.node.Now()), Leave: holds(p.State) && !unconfirmed,
	}})
}

// changePlace confirms a place or gives it up. Not by a mere visit: mail programs follow
// links to look at them.
func (s *Server) changePlace(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	secret := posted.Get("cle")
	done := "done.join.confirmed"
	if posted.Get("geste") == "quitter" {
		done, err = "done.join.left", s.node.GiveUpPlace(r.ctx(), secret)
	} else {
		err = s.node.ConfirmPlace(r.ctx(), secret)
	}
	if errors.Is(err, instance.ErrForbidden) {
		done, err = "done.join.closed", nil
	}
	if err != nil {
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/participation?"+url.Values{"cle": {secret}}.Encode())
}
