package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/maillage/maillage/instance"
)

type invitationView struct {
	secretView
	Role          string // in words; "" for a contributor
	Organisations []string
	By            string            // who invites
	Account       *instance.Account // who is signed in already
}

// invitationPage opens an account for whoever was invited, or adds to the one they
// are signed in to.
func (s *Server) invitationPage(r *request) error {
	return r.showInvitation(http.StatusOK, r.secretPage(), form{})
}

func (s *Server) answerInvitation(r *request) error {
	r.secretPage()
	posted, err := r.form()
	if err != nil {
		return err
	}
	secret := posted.Get("cle")
	if r.account != nil {
		err = s.node.AcceptInvitation(r.ctx(), r.account.ID, secret)
	} else {
		err = s.openInvited(r, secret, posted)
	}
	if errors.Is(err, instance.ErrNotFound) {
		return r.linkOver("/connexion", "account.link-over.invitation")
	}
	if refused, err := r.refusal(err); refused {
		return r.showInvitation(http.StatusUnprocessableEntity, secret, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
	}
	return r.Redirect(http.StatusSeeOther, "/bienvenue")
}

func (s *Server) openInvited(r *request, secret string, posted url.Values) error {
	a, err := s.node.Redeem(r.ctx(), secret, posted.Get("email"), posted.Get("name"), posted.Get("password"))
	if err != nil {
		return err
	}
	return r.signIn(a)
}

func (r *request) showInvitation(status int, secret string, f form) error {
	t, err := r.s.node.TicketFor(r.ctx(), secret, instance.PurposeInvite)
	if errors.Is(err, instance.ErrNotFound) {
		return r.linkOver("/connexion", "account.link-over.invitation")
	}
	if err != nil {
		return err
	}
	v := invitationView{secretView: secretView{Form: f, Secret: secret}, Account: r.account}
	if f.values == nil {
		v.Form.values = url.Values{"email": {t.Email}}
	}
	if t.Role != instance.RoleContributor {
		v.Role = r.T("account.role." + string(t.Role))
	}
	if v.Organisations, err = r.actorNames(t.Organisations); err != nil {
		return err
	}
	if by, err := r.s.node.Account(r.ctx(), t.Account); err == nil {
		v.By = by.Name
	}
	return r.render(status, "invitation", &page{Title: r.T("account.invited.title"), NoIndex: true, View: v})
}

// actorNames are the names of actors of ours, those that are gone left out.
func (r *request) actorNames(ids []string) ([]string, error) {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		a, err := r.s.node.Actor(r.ctx(), id)
		if errors.Is(err, instance.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		names = append(names, a.Name)
	}
	return names, nil
}

type invitationsView struct {
	Form          form
	Organisations []*instance.Actor // those the person may invite to
	Roles         []roleChoice      // empty when they may give none
	Mails         bool
	Link          string // of the one just made; "" for none
	Waiting       []waitingInvitation
}

type roleChoice struct {
	Value, Label, Hint string
	Selected           bool
}

type waitingInvitation struct {
	ID, Email, Role, By, Expires string
	Organisations                []string
	Sent                         bool
}

// invitations lists those that wait, and makes new ones.
func (s *Server) invitations(r *request) error {
	return r.showInvitations(http.StatusOK, form{}, "")
}

// invite makes an invitation: a link to hand over, shown once, or a letter.
func (s *Server) invite(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	role := instance.RoleContributor
	if posted.Has("role") {
		role = instance.Role(posted.Get("role"))
	}
	email, organisations := posted.Get("email"), posted["organisation"]
	link := ""
	if posted.Get("how") == "mail" {
		if wait := r.tries(r.letters("invited by " + r.account.ID + " " + email)...); wait > 0 {
			return r.tooMany(wait)
		}
		_, err = s.node.InviteByMail(r.ctx(), r.account, email, role, organisations...)
	} else {
		var secret string
		secret, err = s.node.Invite(r.ctx(), r.account, email, role, organisations...)
		link = s.node.InvitationLink(secret)
	}
	switch {
	case errors.Is(err, instance.ErrForbidden) && len(organisations) == 0 && !r.account.Hosts():
		err = r.fail("organisation", "choisissez au moins une organisation")
		return r.showInvitations(http.StatusUnprocessableEntity, r.refusedForm("", posted, err), "")
	case errors.Is(err, instance.ErrInvalid):
		return r.showInvitations(http.StatusUnprocessableEntity, r.refusedForm("", posted, err), "")
	case err != nil:
		return err
	case link != "":
		return r.showInvitations(http.StatusOK, form{}, link)
	}
	r.flash("done.invited")
	return r.Redirect(http.StatusSeeOther, "/invitations")
}

// revokeInvitation takes one back.
func (s *Server) revokeInvitation(r *request) error {
	if err := s.node.RevokeInvitation(r.ctx(), r.account, r.Param("id")); err != nil {
		return err
	}
	r.flash("done.invitation-revoked")
	return r.Redirect(http.StatusSeeOther, "/invitations")
}

func (r *request) showInvitations(status int, f form, link string) error {
	v := invitationsView{Form: f, Mails: r.s.node.Mails(), Link: link}
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return err
	}
	v.Organisations = slices.DeleteFunc(actors, func(a *instance.Actor) bool { return a.Kind != instance.KindOrganisation })
	if !r.account.Hosts() && len(v.Organisations) == 0 {
		return instance.ErrForbidden
	}
	if r.account.Hosts() {
		v.Roles = r.roleChoices(instance.Role(f.Value("role")))
	}
	tickets, err := r.s.node.Invitations(r.ctx(), r.account)
	if err != nil {
		return err
	}
	for _, t := range tickets {
		w := waitingInvitation{ID: t.ID, Email: t.Email, Role: r.T("account.role." + string(t.Role)), Expires: r.day(t.Expires), Sent: t.Sent}
		if w.Organisations, err = r.actorNames(t.Organisations); err != nil {
			return err
		}
		if by, err := r.s.node.Account(r.ctx(), t.Account); err == nil {
			w.By = by.Name
		}
		v.Waiting = append(v.Waiting, w)
	}
	return r.render(status, "invitations", &page{Title: r.T("account.invitations.title"), NoIndex: true, View: v})
}

// roleChoices are the roles a host may give, with what each may do.
func (r *request) roleChoices(selected instance.Role) []roleChoice {
	if selected == "" {
		selected = instance.RoleContributor
	}
	choices := make([]roleChoice, len(instance.Roles))
	for i, role := range instance.Roles {
		key := "account.role." + string(role)
		choices[i] = roleChoice{string(role), r.T(key), r.T(key + ".hint"), role == selected}
	}
	return choices
}
