package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The jobs of proposals that travel between nodes; federation runs them.
const (
	// JobPropose sends what is proposed to the node that the object is of: an Offer for
	// a correction, a Flag for a report. Its IRI is Proposal.Activity.
	JobPropose = "propose"
	// JobProposeAnswer sends the answer to an Offer of a peer: Accept or Reject of
	// Proposal.Activity, to Proposal.From.
	JobProposeAnswer = "propose-answer"
)

// ProposeArgs name a proposal.
type ProposeArgs struct {
	ID string `json:"id"`
}

func proposeJob(kind string, p *Proposal, to string) Job {
	job := NewJob(kind, ProposeArgs{p.ID})
	job.Key, job.Unique = Origin(to), p.ID
	return job
}

// passOn has a correction go to the node that the object is of.
func (n *Node) passOn(ctx context.Context, tx Tx, p *Proposal) error {
	p.State, p.Activity, p.Sender = ProposalSent, n.urls.Activity(newID()), ""
	if err := tx.SaveProposal(ctx, *p); err != nil {
		return err
	}
	return tx.Enqueue(ctx, proposeJob(JobPropose, p, p.Object))
}

// TakesCorrections says whether the server that an object is of understands a
// correction: it is a maillage node, or we do not know what it is.
func (n *Node) TakesCorrections(ctx context.Context, o Object) (bool, error) {
	if o.Common().Local() {
		return true, nil
	}
	h, err := n.Host(ctx, o.Common().Origin)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return !h.Blocked && (h.Software == "" || strings.HasPrefix(strings.ToLower(h.Software), "maillage")), nil
}

// PendingProposals counts the corrections of an object that wait for an answer, here or
// on its node.
func (n *Node) PendingProposals(ctx context.Context, object string) (int, error) {
	open, _, err := n.Proposals(ctx, ProposalFilter{
		Object: object, States: []ProposalState{ProposalWaiting, ProposalSent}, Limit: maxWaitingByThing,
	})
	return len(slices.DeleteFunc(open, func(p Proposal) bool { return p.Kind != ProposeCorrect })), err
}

// ReceiveProposal keeps a correction that a peer's actor offers to an object of ours,
// until somebody here answers it. Of p, the object, the changes (each field and what
// it is to be), the message and the activity count.
//
// ErrForbidden: the activity is not from's; ErrNotFound, ErrGone: the object is none of
// ours; ErrDuplicate: it was received before; ErrBusy: too many of theirs, or about
// that object, wait; ErrInvalid.
func (n *Node) ReceiveProposal(ctx context.Context, from *Actor, p Proposal) error {
	if n.urls.Local(from.ID) || !SameOrigin(p.Activity, from.ID) {
		return fmt.Errorf("proposal %s: %w: it is not %s's", p.Activity, ErrForbidden, from.ID)
	}
	if !n.urls.Local(p.Object) {
		return fmt.Errorf("proposal about %s: %w: it is not ours", p.Object, ErrNotFound)
	}
	p.Kind, p.Email = ProposeCorrect, ""
	p.Message = Truncate(plainLines(p.Message), maxMessage)
	for i := range p.Changes {
		p.Changes[i].Now = plainLines(p.Changes[i].Now)
	}
	if len(p.Changes) > len(ProposedFields(KindEvent)) {
		return fmt.Errorf("%w: a proposal of %d changes", ErrInvalid, len(p.Changes))
	}
	if err := n.proposeCorrection(ctx, &p); err != nil {
		return err
	}
	return n.receiveProposal(ctx, from, p)
}

// ReceiveReport keeps what a peer's actor reports (a Flag) of objects or actors of
// ours, for the moderators. ErrNotFound: none of them is ours; ErrDuplicate: that server
// has a report of it waiting; ErrBusy: too many of theirs wait.
func (n *Node) ReceiveReport(ctx context.Context, from *Actor, objects []string, content string) error {
	if n.urls.Local(from.ID) {
		return fmt.Errorf("report by %s: %w: it is ours", from.ID, ErrForbidden)
	}
	p := Proposal{Kind: ProposeReport, Reason: ReasonOther, Message: Truncate(plainLines(PlainText(Truncate(content, maxReceivedLine))), maxMessage)}
	for _, id := range objects[:min(len(objects), 50)] {
		if !n.urls.Local(id) || slices.Contains(p.Also, id) {
			continue
		}
		candidate := Proposal{Object: id}
		switch err := n.aim(ctx, &candidate); {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrGone):
			continue
		case err != nil:
			return err
		}
		p.Also = append(p.Also, id)
		if o := candidate.ObjectKind; p.Object == "" || isObject(o) && !isObject(p.ObjectKind) {
			p.Object, p.ObjectKind = id, o // a post says more than its author
		}
	}
	if p.Object == "" {
		return fmt.Errorf("report by %s: %w: nothing of it is ours", from.ID, ErrNotFound)
	}
	p.Also = slices.DeleteFunc(p.Also, func(id string) bool { return id == p.Object })
	return n.receiveProposal(ctx, from, p)
}

func isObject(k Kind) bool {
	return k == KindEvent || k == KindRecipe || k == KindPartner || k == KindAnnouncement
}

// receiveProposal keeps what came from a peer, if there is room.
func (n *Node) receiveProposal(ctx context.Context, from *Actor, p Proposal) error {
	p.ID, p.State, p.Created = newID(), ProposalWaiting, n.clock()
	p.Origin, p.From, p.Secret, p.Sender = Origin(from.ID), from.ID, "", ""
	return n.store.Write(ctx, func(tx Tx) error {
		if err := room(ctx, tx, &p, maxWaitingNetwork, ScopeNetwork); err != nil {
			return err
		}
		waiting, _, err := tx.Proposals(ctx, ProposalFilter{Origin: ScopeNetwork, States: []ProposalState{ProposalWaiting}, Limit: maxWaitingNetwork})
		if err != nil {
			return err
		}
		if p.Kind == ProposeReport && slices.ContainsFunc(waiting, func(q Proposal) bool { return q.Kind == p.Kind && q.Object == p.Object && q.Origin == p.Origin }) {
			return fmt.Errorf("report of %s: %w", p.Object, ErrDuplicate)
		}
		domain := RegisteredDomain(p.Origin)
		theirs := slices.DeleteFunc(waiting, func(q Proposal) bool { return RegisteredDomain(q.Origin) != domain })
		if len(theirs) >= maxWaitingByPeer {
			return ErrBusy
		}
		if p.Activity != "" {
			switch _, err := tx.ProposalByActivity(ctx, p.Activity); {
			case err == nil:
				return fmt.Errorf("proposal %s: %w", p.Activity, ErrDuplicate)
			case !errors.Is(err, ErrNotFound):
				return err
			}
		}
		return tx.SaveProposal(ctx, p)
	})
}

// ReceiveProposalAnswer notes what another node answered to a correction that we sent it
// (Accept or Reject of the Offer). ErrNotFound: we did not send it, or not there;
// ErrDuplicate: it was answered.
func (n *Node) ReceiveProposalAnswer(ctx context.Context, from *Actor, activity string, accepted bool, answer string) error {
	p, err := n.ProposalByActivity(ctx, activity)
	if err != nil {
		return err
	}
	if p.Kind != ProposeCorrect || !n.urls.Local(activity) || !SameOrigin(from.ID, p.Object) {
		return fmt.Errorf("answer to %s: %w: it was not sent to %s", activity, ErrNotFound, from.ID)
	}
	return n.changeProposal(ctx, p.ID, func(tx Tx, p *Proposal) error {
		if p.State != ProposalSent {
			return fmt.Errorf("proposal %s is %s: %w", p.ID, p.State, ErrDuplicate)
		}
		p.State = ProposalRefused
		if accepted {
			p.State, p.Result = ProposalAccepted, p.Object
		}
		p.Answer, p.Answered = Truncate(plainLines(PlainText(Truncate(answer, maxReceivedLine))), maxAnswer), n.clock()
		return n.tellProposer(ctx, tx, p)
	})
}
