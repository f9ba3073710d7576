package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/maillage/maillage/instance"
)

// proposalView is the page on which somebody sees what became of what they proposed.
type proposalView struct {
	Secret    string
	Link      string // this page, absolute, to keep
	Kind      string // in words
	State     instance.ProposalState
	StateIs   string
	Sent      string // when
	About     *link
	Changes   []changeView
	Message   string
	Answer    string
	Answered  string
	Result    *link
	Elsewhere string // domain that it was sent to
	Mailed    bool   // the answer goes by e-mail too
}

// changeView is one field, before and after, with what differs marked.
type changeView struct {
	Field, Label   string
	Was, Now, Seen []diffPart // Seen: what it says by now, when it is something else
	Stale          bool
	Input          editField // of a moderator
	Taken          bool
}

// proposalStates and proposalKinds are in words.
var (
	proposalStates = map[instance.ProposalState]string{
		instance.ProposalWaiting: "proposal.waiting", instance.ProposalSent: "proposal.sent", instance.ProposalAccepted: "proposal.accepted",
		instance.ProposalRefused: "proposal.refused", instance.ProposalWithdrawn: "proposal.withdrawn",
	}
	proposedKinds = map[instance.Kind]string{instance.KindEvent: "proposal.create.event", instance.KindPartner: "proposal.create.partner"}
	proposalKinds = map[instance.ProposalKind]string{
		instance.ProposeCorrect: "proposal.correct", instance.ProposeReport: "proposal.report",
	}
)

// followUp shows what became of a proposal to whoever has its secret.
func (s *Server) followUp(r *request) error {
	r.private()
	secret := r.QueryParam("cle")
	p, err := s.node.FollowUp(r.ctx(), secret)
	if err != nil {
		return err
	}
	v := proposalView{
		Secret: secret, Link: s.node.URLs().IRI("/proposition") + "?" + url.Values{"cle": {secret}}.Encode(),
		Kind: r.proposalKind(p), State: p.State, StateIs: r.T(proposalStates[p.State]), Sent: r.published(p.Created),
		Message: p.Message, Answer: p.Answer, Answered: r.published(p.Answered), Mailed: p.Email != "", Changes: r.changeViews(p, nil),
	}
	if v.About, err = r.aboutProposal(p.Object); err != nil {
		return err
	}
	if p.Result != "" && p.Result != p.Object {
		if v.Result, err = r.aboutProposal(p.Result); err != nil {
			return err
		}
	}
	if p.Activity != "" && p.Origin == "" {
		v.Elsewhere = instance.Origin(p.Object)
	}
	return r.show("proposal", &page{Title: r.T("proposal.title"), NoIndex: true, View: v})
}

// withdrawProposal takes it back.
func (s *Server) withdrawProposal(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	secret := posted.Get("cle")
	if err := s.node.WithdrawProposal(r.ctx(), secret); err != nil && !errors.Is(err, instance.ErrConflict) {
		return err
	}
	return r.Redirect(http.StatusSeeOther, "/proposition?"+url.Values{"cle": {secret}}.Encode())
}

func (r *request) proposalKind(p *instance.Proposal) string {
	if p.Kind == instance.ProposeCreate {
		return r.T(proposedKinds[p.ObjectKind])
	}
	return r.T(proposalKinds[p.Kind])
}

// aboutProposal is a link to an object or an actor; nil when it is nowhere any more.
func (r *request) aboutProposal(id string) (*link, error) {
	if id == "" {
		return nil, nil // something new is about nothing
	}
	o, err := r.s.node.Object(r.ctx(), id)
	switch {
	case err == nil && !o.Common().Deleted.IsZero():
		return &link{Name: r.T("proposal.gone")}, nil
	case err == nil:
		l := r.link(instance.Ref{ID: id, Name: r.objectCard(o).Name}, o.Common().Kind)
		return &l, nil
	case !errors.Is(err, instance.ErrNotFound):
		return nil, err
	}
	a, err := r.s.node.Actor(r.ctx(), id)
	if errors.Is(err, instance.ErrNotFound) || err == nil && !a.Gone.IsZero() {
		return &link{Name: r.T("proposal.gone")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what a proposal is about: %w", err)
	}
	l := r.link(instance.Ref{ID: id, Name: a.Name}, a.Kind)
	return &l, nil
}

// changeViews show a proposal's changes; stale is what fields say by now.
func (r *request) changeViews(p *instance.Proposal, stale map[string]string) []changeView {
	views := make([]changeView, 0, len(p.Changes))
	for _, c := range p.Changes {
		v := changeView{Field: c.Field, Label: r.proposedLabel(p.ObjectKind, c.Field)}
		v.Was, v.Now = diffWords(r.proposedWords(c.Field, c.Was), r.proposedWords(c.Field, c.Now))
		if now, ok := stale[c.Field]; ok {
			v.Stale = true
			_, v.Seen = diffWords(r.proposedWords(c.Field, c.Was), r.proposedWords(c.Field, now))
		}
		views = append(views, v)
	}
	return views
}
