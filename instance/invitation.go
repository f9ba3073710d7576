package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Invite makes a link's secret with which somebody opens an account, or adds
// organisations to theirs. Only a host invites beyond their own organisations or
// gives a role.
//
// An invitation is a door, and a token may be stolen: one makes no host, and what it
// invites ends with it. ErrForbidden, ErrInvalid.
func (n *Node) Invite(ctx context.Context, by *Account, email string, role Role, organisations ...string) (secret string, err error) {
	t, err := n.invitation(ctx, by, email, role, organisations)
	if err != nil {
		return "", err
	}
	secret, t.Hash = Secret()
	return secret, n.store.Write(ctx, func(tx Tx) error { return tx.SaveTicket(ctx, t) })
}

// InviteByMail is Invite by a letter: its link is made when the letter is written.
// ErrInvalid: there is nobody to write to, or this node sends no mail.
func (n *Node) InviteByMail(ctx context.Context, by *Account, email string, role Role, organisations ...string) (*Ticket, error) {
	t, err := n.invitation(ctx, by, email, role, organisations)
	if err != nil {
		return nil, err
	}
	var c checks
	c.require(n.Mails(), "email", "ce nœud n’envoie pas de courrier : créez un lien et donnez-le vous-même")
	c.require(t.Email != "", "email", "écrivez une adresse e-mail complète, comme nom@exemple.org")
	if c.err() != nil {
		return nil, c.err()
	}
	_, t.Hash = Secret() // nobody knows it: the letter will have another
	t.Sent = true
	return &t, n.store.Write(ctx, func(tx Tx) error {
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
		return tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterInvitation, ID: t.ID}))
	})
}

func (n *Node) invitation(ctx context.Context, by *Account, email string, role Role, organisations []string) (Ticket, error) {
	email = typedEmail(email)
	var c checks
	if email != "" {
		c.email(email)
	}
	if c.role(role); c.err() != nil {
		return Ticket{}, c.err()
	}
	if !mayInvite(by, role, organisations) {
		return Ticket{}, fmt.Errorf("invite a %s: %w", role, ErrForbidden)
	}
	if err := n.organisations(ctx, organisations); err != nil {
		return Ticket{}, err
	}
	now := n.clock()
	return Ticket{
		ID: newID(), Purpose: PurposeInvite, Expires: now.Add(inviteAge), Created: now,
		Account: by.ID, Token: by.Token, Email: email, Role: role, Organisations: organisations,
	}, nil
}

func mayInvite(by *Account, role Role, organisations []string) bool {
	if by.Hosts() {
		return by.Token == "" || role != RoleHost
	}
	theirs := func(id string) bool { return !slices.Contains(by.Organisations, id) }
	return role == RoleContributor && len(organisations) > 0 && !slices.ContainsFunc(organisations, theirs)
}

// stillInvited checks that who invited could still do so, and their token too. ErrNotFound.
func stillInvited(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Token != "" {
		if _, err := tx.Token(ctx, t.Token); err != nil {
			return err
		}
	}
	if t.Account == "" { // the command line
		return nil
	}
	by, err := tx.Account(ctx, t.Account)
	if err != nil {
		return err
	}
	if !by.Closed.IsZero() || !mayInvite(by, t.Role, t.Organisations) {
		return fmt.Errorf("invitation by somebody who may not invite any more: %w", ErrNotFound)
	}
	return nil
}

// AcceptInvitation gives an account that exists what an invitation promises: more
// organisations, and a higher role if it has one. ErrNotFound: it was used or has expired.
func (n *Node) AcceptInvitation(ctx context.Context, account, secret string) error {
	t, err := n.TicketFor(ctx, secret, PurposeInvite)
	if err != nil {
		return err
	}
	return n.changeAccount(ctx, account, func(tx Tx, a *Account) error {
		if err := useTicket(ctx, tx, t); err != nil {
			return err
		}
		if err := stillInvited(ctx, tx, t); err != nil {
			return err
		}
		if slices.Index(Roles, t.Role) > slices.Index(Roles, a.Role) {
			a.Role = t.Role
		}
		a.Organisations = slices.Compact(slices.Sorted(slices.Values(append(a.Organisations, t.Organisations...))))
		return nil
	})
}

// Invitations lists those that wait for an answer, the latest first: all of them for
// a host, their own for others.
func (n *Node) Invitations(ctx context.Context, by *Account) ([]Ticket, error) {
	all, err := n.Tickets(ctx, PurposeInvite)
	now := n.clock()
	return slices.DeleteFunc(all, func(t Ticket) bool {
		return !t.Expires.After(now) || !by.Hosts() && t.Account != by.ID
	}), err
}

// RevokeInvitation takes an invitation back; one that is gone is no error.
// ErrForbidden: somebody else's.
func (n *Node) RevokeInvitation(ctx context.Context, by *Account, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		t, err := invitationByID(ctx, tx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case !by.Hosts() && t.Account != by.ID:
			return fmt.Errorf("invitation %s: %w", id, ErrForbidden)
		}
		return tx.DeleteTicket(ctx, t.Hash)
	})
}

func invitationByID(ctx context.Context, r AccountReader, id string) (*Ticket, error) {
	tickets, err := r.Tickets(ctx, PurposeInvite)
	if err != nil {
		return nil, err
	}
	for _, t := range tickets {
		if t.ID == id && id != "" {
			return &t, nil
		}
	}
	return nil, fmt.Errorf("invitation %s: %w", id, ErrNotFound)
}
