package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// setupPage is the first page of a new node: it opens the host's account.
func (s *Server) setupPage(r *request) error {
	return r.showSetup(http.StatusOK, r.secretPage(), form{})
}

// setup opens the first account, and the first organisation if it is named.
func (s *Server) setup(r *request) error {
	r.secretPage()
	posted, err := r.form()
	if err != nil {
		return err
	}
	secret := posted.Get("cle")
	org, err := s.firstOrganisation(r, posted)
	var a *instance.Account
	if err == nil {
		a, err = s.node.Redeem(r.ctx(), secret, posted.Get("email"), posted.Get("name"), posted.Get("password"))
	}
	switch {
	case errors.Is(err, instance.ErrInvalid):
		return r.showSetup(http.StatusUnprocessableEntity, secret, r.refusedForm("", posted, err))
	case errors.Is(err, instance.ErrNotFound):
		return r.linkOver("/connexion", "account.link-over.setup")
	case err != nil:
		return err
	}
	if err := r.signIn(a); err != nil {
		return err
	}
	if org != nil {
		if _, err := s.node.CreateActor(r.ctx(), *org); err != nil {
			return err
		}
	}
	return r.Redirect(http.StatusSeeOther, "/bienvenue")
}

// firstOrganisation reads the association's name: nil when none is given. It is
// checked before the account is opened, since the link serves once.
func (s *Server) firstOrganisation(r *request, posted url.Values) (*instance.Actor, error) {
	name := instance.CleanName(posted.Get("organisation"), 100)
	if name == "" {
		return nil, nil
	}
	slug := strings.Trim(instance.Slugify(name), "-")
	if slug == "" {
		return nil, r.fail("organisation", "écrivez le nom de l’association avec des lettres ou des chiffres")
	}
	_, err := s.node.ActorByHandle(r.ctx(), instance.HandleOf(slug))
	switch {
	case err == nil:
		return nil, r.fail("organisation", "ce nœud a déjà une organisation de ce nom : laissez vide, elle y est")
	case !errors.Is(err, instance.ErrNotFound):
		return nil, err
	}
	return &instance.Actor{Kind: instance.KindOrganisation, Slug: slug, Name: name}, nil
}

func (r *request) showSetup(status int, secret string, f form) error {
	_, err := r.s.node.TicketFor(r.ctx(), secret, instance.PurposeSetup)
	if errors.Is(err, instance.ErrNotFound) {
		return r.linkOver("/connexion", "account.link-over.setup")
	}
	if err != nil {
		return err
	}
	return r.render(status, "setup", &page{Title: r.T("account.setup.title"), NoIndex: true, View: secretView{Form: f, Secret: secret}})
}

type welcomeView struct {
	Organisations []*instance.Actor
	Host          bool
}

// welcome says what to do next to whoever has just opened an account.
func (s *Server) welcome(r *request) error {
	actors, err := s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return err
	}
	return r.show("setup-welcome", &page{
		Title: r.T("account.welcome.title"), NoIndex: true, View: welcomeView{actors, r.account.Hosts()},
	})
}
