package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Remedy is what a moderator does about a report.
type Remedy string

// The remedies.
const (
	RemedyNone     Remedy = ""         // nothing had to be done, or it was done by hand
	RemedyWithdraw Remedy = "withdraw" // delete an object of ours, for good
	RemedyHide     Remedy = "hide"     // show no more, here, what another server published
	RemedyBlock    Remedy = "block"    // take nothing more from that server, and hide all it published
	RemedyForward  Remedy = "forward"  // tell the server that it is of
)

// maxAnswer bounds the sentence that goes with an answer, in runes.
const maxAnswer = 500

// MayAnswer says whether the editor may decide about a proposal: they moderate, or
// it is about what they write for and not of the kind that concerns them.
func (e Editor) MayAnswer(p *Proposal) bool {
	return e.account.Closed.IsZero() && (e.account.Moderates() || p.Owner != "" && e.account.WritesFor(p.Owner))
}

// Proposals lists those of the states that the editor may answer, the oldest first
// (newest asks for the contrary), and says how many there are.
func (e Editor) Proposals(ctx context.Context, newest bool, offset, limit int, states ...ProposalState) ([]Proposal, int, error) {
	f := ProposalFilter{States: states, Newest: newest, Offset: offset, Limit: limit}
	if !e.account.Closed.IsZero() {
		return nil, 0, ErrForbidden
	}
	if !e.account.Moderates() {
		f.Owners = append(f.Owners, e.account.Organisations...)
		if e.account.Person != "" {
			f.Owners = append(f.Owners, e.account.Person)
		}
		if len(f.Owners) == 0 {
			return nil, 0, nil
		}
	}
	return e.node.Proposals(ctx, f)
}

// Proposal is one that the editor may answer. ErrNotFound; ErrForbidden.
func (e Editor) Proposal(ctx context.Context, id string) (*Proposal, error) {
	p, err := e.node.Proposal(ctx, id)
	if err != nil {
		return nil, err
	}
	if !e.MayAnswer(p) {
		return nil, fmt.Errorf("proposal %s: %w", id, ErrForbidden)
	}
	return p, nil
}

// AcceptProposal does what a proposal asks for, with the changes that the editor kept
// and perhaps amended: it publishes something new in the name of an actor they write
// for, or changes an object or a Presentation of ours in its owner's name. A correction
// without changes is one that was made by hand.
//
// ErrForbidden: not theirs to answer, or to publish as, or what it changes is a person's
// or, for whoever is no host, a territory; ErrConflict: it was answered; ErrInvalid: a
// *ValidationError that names proposed fields; ErrGone: the object.
func (e Editor) AcceptProposal(ctx context.Context, id, as string, changes []Change, answer string) (Object, error) {
	var result Object
	err := e.answer(ctx, id, ProposalAccepted, answer, func(tx Tx, p *Proposal) (err error) {
		switch {
		case p.Kind == ProposeCreate:
			result, err = e.createProposed(ctx, tx, p.ObjectKind, as, changes)
		case p.Kind != ProposeCorrect || !e.node.urls.Local(p.Object):
			return fmt.Errorf("%w: a %s is not accepted here", ErrInvalid, p.Kind)
		case len(changes) > 0:
			result, err = e.amendProposed(ctx, tx, p.Object, changes)
		default:
			p.Result = p.Object
			return nil
		}
		if err == nil {
			p.Result = result.Common().ID
		}
		return err
	})
	return result, err
}

func (e Editor) createProposed(ctx context.Context, tx Tx, kind Kind, as string, changes []Change) (Object, error) {
	owner, err := tx.Actor(ctx, as)
	if errors.Is(err, ErrNotFound) || err == nil && (!owner.Local() || !owner.Gone.IsZero() || !e.speaksAs(as)) {
		return nil, fmt.Errorf("%s: %w", as, ErrForbidden)
	}
	if err != nil {
		return nil, err
	}
	empty, err := NewObject(kind)
	if err != nil {
		return nil, err
	}
	draft, err := e.node.Amended(empty, changes)
	if err != nil {
		return nil, err
	}
	o, err := e.node.mint(owner, draft)
	if err != nil {
		return nil, asProposed(err)
	}
	return o, e.node.create(ctx, tx, author{owner.ID, e.account}, o)
}

func (e Editor) amendProposed(ctx context.Context, tx Tx, id string, changes []Change) (Object, error) {
	old, err := tx.Object(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return e.presentProposed(ctx, tx, id, changes)
	}
	if err != nil {
		return nil, err
	}
	if !old.Common().Deleted.IsZero() {
		return nil, fmt.Errorf("%s: %w", id, ErrGone)
	}
	if kind, _, _ := e.node.urls.Parse(old.Common().Owner); kind == KindPerson && !e.MayEdit(old) {
		return nil, fmt.Errorf("%s: %w: only its author rewrites it", id, ErrForbidden)
	}
	o, err := e.node.Amended(old, changes)
	if err != nil {
		return nil, err
	}
	if err := e.node.prepare(o); err != nil {
		return nil, asProposed(err)
	}
	return o, e.node.replace(ctx, tx, author{old.Common().Owner, e.account}, id, o, Telling{})
}

// RefuseProposal says no to a proposal, and why: whoever made it reads the sentence.
// ErrInvalid: without a sentence; ErrForbidden; ErrConflict: it was answered.
func (e Editor) RefuseProposal(ctx context.Context, id, answer string) error {
	var c checks
	if c.require(plainLines(answer) != "", "answer", "dites pourquoi en une phrase : la personne la lira"); c.err() != nil {
		return c.err()
	}
	return e.answer(ctx, id, ProposalRefused, answer, func(Tx, *Proposal) error { return nil })
}

// DiscardProposal deletes what is only advertising: nobody is told. ErrForbidden;
// ErrConflict: it was answered, or has left.
func (e Editor) DiscardProposal(ctx context.Context, id string) error {
	return e.node.store.Write(ctx, func(tx Tx) error { return e.discard(ctx, tx, id) })
}

// DiscardProposals deletes many at once, and says how many: those that are gone or
// were answered meanwhile are left as they are. ErrForbidden: one is not theirs to
// answer, and none is deleted.
func (e Editor) DiscardProposals(ctx context.Context, ids []string) (discarded int, err error) {
	err = e.node.store.Write(ctx, func(tx Tx) error {
		discarded = 0
		for _, id := range slices.Sorted(slices.Values(ids)) { // two people at once lock them in one order
			switch err := e.discard(ctx, tx, id); {
			case err == nil:
				discarded++
			case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict):
				return err
			}
		}
		return nil
	})
	return discarded, err
}

func (e Editor) discard(ctx context.Context, tx Tx, id string) error {
	if err := tx.Lock(ctx, "proposal "+id); err != nil {
		return err
	}
	p, err := tx.Proposal(ctx, id)
	switch {
	case err != nil:
		return err
	case !e.MayAnswer(p):
		return fmt.Errorf("proposal %s: %w", id, ErrForbidden)
	case p.State != ProposalWaiting:
		return fmt.Errorf("proposal %s is %s: %w", id, p.State, ErrConflict)
	}
	return tx.DeleteProposal(ctx, id)
}

// ForwardProposal sends a correction to the node that the object is of, whose people
// will answer it. ErrForbidden; ErrConflict: it was answered, or has left; ErrInvalid: it
// is about nothing of another node's.
func (e Editor) ForwardProposal(ctx context.Context, id string) error {
	return e.node.changeProposal(ctx, id, func(tx Tx, p *Proposal) error {
		switch {
		case !e.MayAnswer(p):
			return fmt.Errorf("proposal %s: %w", id, ErrForbidden)
		case p.State != ProposalWaiting:
			return fmt.Errorf("proposal %s is %s: %w", id, p.State, ErrConflict)
		case p.Kind != ProposeCorrect || p.Object == "" || e.node.urls.Local(p.Object):
			return fmt.Errorf("%w: proposal %s is not about another node's", ErrInvalid, id)
		}
		return e.node.passOn(ctx, tx, p)
	})
}

// SettleReport ends a report with what is done about it. ErrForbidden: not theirs to
// answer, and only moderators hide and block; ErrInvalid: the remedy is not for
// what the report is about; ErrConflict: it was answered.
func (e Editor) SettleReport(ctx context.Context, id string, remedy Remedy, answer string) error {
	p, err := e.Proposal(ctx, id)
	if err != nil {
		return err
	}
	local := e.node.urls.Local(p.Object)
	switch {
	case p.Kind != ProposeReport:
		return fmt.Errorf("%w: proposal %s is no report", ErrInvalid, id)
	case remedy != RemedyNone && local != (remedy == RemedyWithdraw):
		return fmt.Errorf("%w: %q does not suit %s", ErrInvalid, remedy, p.Object)
	case (remedy == RemedyHide || remedy == RemedyBlock) && !e.account.Moderates():
		return fmt.Errorf("%s %s: %w", remedy, p.Object, ErrForbidden)
	}
	state := ProposalAccepted
	if remedy == RemedyForward {
		state = ProposalSent // nobody answers a Flag: this is all there will be
	}
	err = e.answer(ctx, id, state, answer, func(tx Tx, p *Proposal) error {
		switch remedy {
		case RemedyWithdraw:
			return e.withdrawReported(ctx, tx, p.Object)
		case RemedyHide:
			return gone(e.node.hide(ctx, tx, p.Object, false))
		case RemedyBlock:
			return e.node.setBlocked(ctx, tx, Origin(p.Object), true)
		case RemedyForward:
			p.Activity = e.node.urls.Activity(newID())
			return tx.Enqueue(ctx, proposeJob(JobPropose, p, p.Object))
		}
		return nil
	})
	if err != nil || remedy != RemedyBlock {
		return err
	}
	return e.node.BlockHost(ctx, Origin(p.Object))
}

// gone takes what is gone already for done.
func gone(err error) error {
	if errors.Is(err, ErrGone) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// withdrawReported deletes an object of ours in its owner's name.
func (e Editor) withdrawReported(ctx context.Context, tx Tx, id string) error {
	o, err := tx.Object(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w: only an event, a recipe, a sheet or an announcement is withdrawn so", ErrInvalid)
	}
	if err != nil || !o.Common().Deleted.IsZero() {
		return err
	}
	return e.node.remove(ctx, tx, author{o.Common().Owner, e.account}, id)
}

// answer settles a proposal in one transaction with what is done of it, and has
// whoever made it told.
func (e Editor) answer(ctx context.Context, id string, state ProposalState, sentence string, do func(Tx, *Proposal) error) error {
	sentence = plainLines(sentence)
	var c checks
	if c.require(len([]rune(sentence)) <= maxAnswer, "answer", "raccourcissez à 500 caractères"); c.err() != nil {
		return c.err()
	}
	return e.node.changeProposal(ctx, id, func(tx Tx, p *Proposal) error {
		switch {
		case !e.MayAnswer(p):
			return fmt.Errorf("proposal %s: %w", id, ErrForbidden)
		case p.State != ProposalWaiting:
			return fmt.Errorf("proposal %s is %s: %w", id, p.State, ErrConflict)
		}
		if err := do(tx, p); err != nil {
			return err
		}
		p.State, p.Answer, p.AnsweredBy, p.Answered, p.Sender = state, sentence, e.account.ID, e.node.clock(), ""
		return e.node.tellProposer(ctx, tx, p)
	})
}

// tellProposer has the answer go to whoever waits for it: by e-mail, or to the node
// that the proposal came from. An address that nothing will be sent to is erased.
func (n *Node) tellProposer(ctx context.Context, tx Tx, p *Proposal) error {
	if !n.Mails() {
		p.Email = ""
	}
	if p.Email != "" {
		if err := tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterProposal, ID: p.ID})); err != nil {
			return err
		}
	}
	if p.Kind != ProposeCorrect || p.From == "" {
		return nil
	}
	return tx.Enqueue(ctx, proposeJob(JobProposeAnswer, p, p.From))
}

// LetterProposal tells somebody what became of what they proposed.
const LetterProposal = "proposal"

// writeProposal says nothing of what a visitor wrote: the address may be somebody
// else's, who would read their words as ours.
func (n *Node) writeProposal(ctx context.Context, args MailArgs) (letter, error) {
	p, err := n.Proposal(ctx, args.ID)
	if err != nil {
		return letter{}, err
	}
	if p.Email == "" || p.Answered.IsZero() {
		return letter{}, fmt.Errorf("proposal %s: nobody to tell: %w", p.ID, ErrNotFound)
	}
	l := letter{To: p.Email, Language: p.Language, State: string(p.State), Status: p.Answer}
	about := p.Result
	if about == "" {
		about = p.Object
	}
	switch o, err := n.correctable(ctx, about); {
	case err == nil && o.Common().Deleted.IsZero():
		l.What, l.Page = o.Common().Name, n.urls.IRI(n.urls.Path(about))
	case err != nil && !errors.Is(err, ErrNotFound):
		return letter{}, err
	}
	return l, nil
}

// forgetProposer erases an address once its letter has left.
func (n *Node) forgetProposer(ctx context.Context, args MailArgs) error {
	return n.changeProposal(ctx, args.ID, func(_ Tx, p *Proposal) error {
		p.Email = ""
		return nil
	})
}
