package instance

import (
	"context"
	"errors"
)

// PersonalData is all that this node keeps of somebody, for them to take away.
// Secrets are left out.
type PersonalData struct {
	Account        *Account
	Person         *Actor // nil when they do not appear
	Sessions       []Session
	Tokens         []Token
	Invitations    []Ticket // that they sent and that wait for an answer
	Drafts         []Draft
	Revisions      []Revision // what they wrote, oldest first
	Participations []Participation
	Proposals      []Proposal // that they made, oldest first; answered ones are forgotten after thirty days
}

// PersonalData gathers what the node keeps of an account.
func (n *Node) PersonalData(ctx context.Context, account string) (*PersonalData, error) {
	a, err := n.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	data := &PersonalData{Account: a}
	if a.Person != "" {
		if data.Person, err = n.Actor(ctx, a.Person); err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	var invited []Ticket
	for _, read := range []func() error{
		func() (err error) { data.Sessions, err = n.OpenSessions(ctx, account); return },
		func() (err error) { data.Tokens, err = n.Tokens(ctx, account); return },
		func() (err error) { data.Drafts, err = n.Drafts(ctx, account); return },
		func() (err error) { data.Revisions, err = n.RevisionsBy(ctx, account); return },
		func() (err error) { data.Participations, err = participationsOf(ctx, n, a); return },
		func() (err error) { data.Proposals, err = proposalsOf(ctx, n, account); return },
		func() (err error) { invited, err = n.Tickets(ctx, PurposeInvite); return },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	for _, t := range invited {
		if t.Account == account {
			t.Token = ""
			data.Invitations = append(data.Invitations, t)
		}
	}
	a.Password = ""
	for i := range a.Passkeys {
		a.Passkeys[i].Credential = nil
	}
	return data, nil
}

// EraseAccount closes an account for good, if whoever asks knows its password: its
// Person leaves, its places at events are given up, its drafts, sessions and tokens are
// deleted, the proposals it made that nobody has answered are withdrawn, and its name is
// taken off the others, off its answers, and off the history of what its organisations
// published, which stays theirs.
// ErrInvalid: not the password, or it is the last host.
func (n *Node) EraseAccount(ctx context.Context, id, password string) error {
	if err := n.Confirm(ctx, id, password); err != nil {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, accountLock(id)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		if err := n.otherHost(ctx, tx, a); err != nil {
			return err
		}
		if err := n.disappear(ctx, tx, a); err != nil {
			return err
		}
		if err := n.leaveEvents(ctx, tx, a); err != nil {
			return err
		}
		if err := forgetProposer(ctx, tx, a); err != nil {
			return err
		}
		if err := dropTickets(ctx, tx, a); err != nil {
			return err
		}
		return tx.DeleteAccount(ctx, id)
	})
}

// participationsOf lists the places of an account, and those asked for with its e-mail.
func participationsOf(ctx context.Context, read ParticipationReader, a *Account) ([]Participation, error) {
	var all []Participation
	for _, who := range []string{memberKey(a), mailKey(a.Email)} {
		some, err := read.Participations(ctx, ParticipationFilter{Who: who, Limit: 10_000})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// leaveEvents gives up the places of an account and forgets that it had them.
func (n *Node) leaveEvents(ctx context.Context, tx Tx, a *Account) error {
	all, err := participationsOf(ctx, tx, a)
	if err != nil {
		return err
	}
	for _, p := range all {
		e, err := n.ownEvent(ctx, tx, p.Event)
		if err == nil && p.State != ParticipationLeft {
			err = n.leave(ctx, tx, e, &p)
		}
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrGone) {
			return err
		}
		if err := tx.DeleteParticipation(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// someProposals bounds what is read of the queue at once.
const someProposals = 500

// proposalsOf lists the proposals that an account made.
func proposalsOf(ctx context.Context, read ProposalReader, account string) ([]Proposal, error) {
	return proposalsWhere(ctx, read, func(p *Proposal) bool { return p.Account == account })
}

// proposalsWhere goes through all proposals, oldest first: few people read the queue,
// which is bounded, and Store.Purge empties it of what was answered.
func proposalsWhere(ctx context.Context, read ProposalReader, wanted func(*Proposal) bool) ([]Proposal, error) {
	var found []Proposal
	for offset := 0; ; offset += someProposals {
		some, total, err := read.Proposals(ctx, ProposalFilter{Offset: offset, Limit: someProposals})
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			if wanted(&p) {
				found = append(found, p)
			}
		}
		if offset+len(some) >= total || len(some) == 0 {
			return found, nil
		}
	}
}

// forgetProposer withdraws what an account proposed and nobody has answered, and takes
// its name off what it proposed or answered otherwise, and its e-mail off the rest.
func forgetProposer(ctx context.Context, tx Tx, a *Account) error {
	if err := tx.Lock(ctx, "proposals"); err != nil {
		return err
	}
	all, err := proposalsWhere(ctx, tx, func(p *Proposal) bool {
		return p.Account == a.ID || p.AnsweredBy == a.ID || p.Email == a.Email
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Account == a.ID && p.State == ProposalWaiting {
			err = tx.DeleteProposal(ctx, p.ID)
		} else {
			if p.Account == a.ID || p.Email == a.Email {
				p.Account, p.Email = "", ""
			}
			if p.AnsweredBy == a.ID {
				p.AnsweredBy = ""
			}
			err = tx.SaveProposal(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
