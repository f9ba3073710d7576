package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/maillage/maillage/instance"
)

type membersView struct {
	Members []memberLine
}

type memberLine struct {
	ID, Name, Email, Role, Seen string
	Organisations               []string
	Closed, Self                bool
}

// members lists the accounts of the node, for its hosts.
func (s *Server) members(r *request) error {
	accounts, err := s.node.Accounts(r.ctx())
	if err != nil {
		return err
	}
	v := membersView{}
	for _, a := range accounts {
		line := memberLine{
			ID: a.ID, Name: a.Name, Email: a.Email, Role: r.T("account.role." + string(a.Role)),
			Seen: r.seen(a.LastSeen), Closed: !a.Closed.IsZero(), Self: a.ID == r.account.ID,
		}
		if line.Organisations, err = r.actorNames(a.Organisations); err != nil {
			return err
		}
		v.Members = append(v.Members, line)
	}
	return r.show("people-admin", &page{Title: r.T("account.members.title"), NoIndex: true, View: v})
}

// seen is when somebody was last here, in words.
func (r *request) seen(at time.Time) string {
	if at.IsZero() {
		return r.T("account.never")
	}
	return r.day(at.In(instance.When{}.Location()))
}

type memberView struct {
	Form          form
	Member        *instance.Account
	Seen, Opened  string
	Closed, Self  bool
	Roles         []roleChoice
	Organisations []*instance.Actor
	Link          string // the way back in just made; "" for none
}

// memberPage shows one account to the host.
func (s *Server) memberPage(r *request) error { return r.showMember(http.StatusOK, form{}, "") }

// setMember gives an account its role and organisations.
func (s *Server) setMember(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	err = s.node.SetMember(r.ctx(), r.account, r.Param("id"), instance.Role(posted.Get("role")), posted["organisation"]...)
	return r.memberChanged(posted, err, "done.member")
}

// closeMember keeps somebody from signing in; reopenMember lets them again.
func (s *Server) closeMember(r *request) error {
	return r.memberChanged(nil, s.node.CloseAccount(r.ctx(), r.account, r.Param("id")), "done.member-closed")
}

func (s *Server) reopenMember(r *request) error {
	return r.memberChanged(nil, s.node.ReopenAccount(r.ctx(), r.account, r.Param("id")), "done.member-reopened")
}

func (r *request) memberChanged(posted url.Values, err error, done string) error {
	if errors.Is(err, instance.ErrInvalid) {
		return r.showMember(http.StatusUnprocessableEntity, r.refusedForm("", posted, err), "")
	}
	if err != nil {
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/comptes/"+url.PathEscape(r.Param("id")))
}

// letMemberIn makes a way back in that the host hands over, shown once.
func (s *Server) letMemberIn(r *request) error {
	secret, err := s.node.LetBackIn(r.ctx(), r.Param("id"), instance.ResetByHand)
	if err != nil {
		return err
	}
	return r.showMember(http.StatusOK, form{}, s.node.ResetLink(secret))
}

func (r *request) showMember(status int, f form, link string) error {
	a, err := r.s.node.Account(r.ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	v := memberView{
		Form: f, Member: a, Seen: r.seen(a.LastSeen), Opened: r.seen(a.Created), Link: link,
		Closed: !a.Closed.IsZero(), Self: a.ID == r.account.ID, Roles: r.roleChoices(a.Role),
	}
	if v.Form.values == nil {
		v.Form.values = url.Values{"organisation": a.Organisations}
	}
	actors, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{
		Kinds: []instance.Kind{instance.KindOrganisation}, Scope: instance.ScopeLocal, Limit: 10_000,
	})
	if err != nil {
		return err
	}
	v.Organisations = slices.Clip(actors)
	return r.render(status, "people-admin-one", &page{Title: a.Name, NoIndex: true, View: v})
}
