package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/maillage/maillage/instance"
)

type personView struct {
	actorView
	Profile   *instance.Profile
	Languages []string
	Where     string
	Letters   string // page of the form to write to them; "" when they take no letters
}

// showPerson shows what a contributor chose to show, and no more. Search engines
// are asked to leave it alone.
func (r *request) showPerson(p *page, common actorView, a *instance.Actor) error {
	v := personView{actorView: common, Profile: a.Profile}
	if a.Profile != nil {
		v.Languages = languageNames(a.Profile.Languages)
	}
	if a.Place != nil {
		v.Where = r.personWhere(a.Place)
	}
	if r.s.node.TakesLetters(a) {
		v.Letters = v.Path + "/ecrire"
	}
	p.NoIndex, p.View = true, v
	return r.show("person", p)
}

type letterView struct {
	Name, Path, Handle string
	Takes              bool // the form is shown: they take letters, and this node sends them
	Mails              bool
	Form               form
	Problem            string // it could not be sent
}

// How many letters may be sent within tryWindow, from one address and to one person.
const (
	lettersFrom = 5
	lettersTo   = 10
)

// letterPage is the form to write to a person without knowing their address.
func (s *Server) letterPage(r *request) error {
	a, err := s.correspondent(r)
	if err != nil {
		return err
	}
	f := form{values: url.Values{}}
	if r.account != nil {
		f.values = url.Values{"name": {r.account.Name}, "email": {r.account.Email}}
	}
	return r.showLetter(http.StatusOK, a, f, "")
}

// sendLetter passes a letter on. A field that people do not see catches programs:
// they are told that all went well.
func (s *Server) sendLetter(r *request) error {
	a, err := s.correspondent(r)
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	sent := func() error {
		r.flash("done.letter")
		return r.Redirect(http.StatusSeeOther, r.actorPath(a))
	}
	if posted.Get("site") != "" {
		return sent()
	}
	limits := []tryLimit{{"relay from " + clientAddress(r.Request()), lettersFrom}, {"relay " + a.ID, lettersTo}}
	if wait := r.tries(limits...); wait > 0 {
		return r.tooMany(wait)
	}
	err = s.node.Relay(r.ctx(), a.ID, instance.Letter{From: posted.Get("name"), Email: posted.Get("email"), Text: posted.Get("text")})
	if ok, refused := r.refusal(err); ok {
		r.succeed(limits) // nothing was sent
		return r.showLetter(http.StatusUnprocessableEntity, a, r.refusedForm("", posted, refused), "")
	}
	if errors.Is(err, instance.ErrForbidden) || errors.Is(err, instance.ErrNotFound) {
		return err
	}
	if err != nil {
		s.log.WarnContext(r.ctx(), "letter", "err", err)
		return r.showLetter(http.StatusServiceUnavailable, a, form{values: posted}, r.T("letter.failed"))
	}
	return sent()
}

// correspondent is the person that the address names.
func (s *Server) correspondent(r *request) (*instance.Actor, error) {
	a, err := s.node.ActorBySlug(r.ctx(), instance.KindPerson, r.Param("slug"))
	if err == nil && !a.Gone.IsZero() {
		err = instance.ErrGone
	}
	return a, err
}

func (r *request) showLetter(status int, a *instance.Actor, f form, problem string) error {
	return r.render(status, "letter", &page{Title: r.T("letter.title", a.Name), NoIndex: true, View: letterView{
		Name: a.Name, Path: r.actorPath(a), Handle: a.Address(r.s.node.Domain()),
		Takes: r.s.node.TakesLetters(a), Mails: r.s.node.Mails(), Form: f, Problem: problem,
	}})
}
