package instance

import (
	"context"
	"fmt"
	"slices"
)

// Operator is whoever works on the machine of the node: the command line acts in
// their name. They have no account.
func Operator() *Account { return &Account{Role: RoleHost} }

// SetMember gives an account a role and the organisations it writes for. Hosts only.
//
// A token may be stolen, and only hosts can undo what was done with it: by a token, no
// account becomes a host, and none of a host is changed, closed or reopened.
// ErrForbidden; ErrInvalid: it is the last host, and would no longer be one.
func (n *Node) SetMember(ctx context.Context, by *Account, id string, role Role, organisations ...string) error {
	if !by.Hosts() || by.Token != "" && role == RoleHost {
		return fmt.Errorf("change account %s: %w", id, ErrForbidden)
	}
	var c checks
	if c.role(role); c.err() != nil {
		return c.err()
	}
	if err := n.organisations(ctx, organisations); err != nil {
		return err
	}
	return n.changeMember(ctx, by, id, func(tx Tx, a *Account) error {
		if a.Hosts() && role != RoleHost {
			if err := n.otherHost(ctx, tx, a); err != nil {
				return err
			}
		}
		a.Role, a.Organisations = role, slices.Compact(slices.Sorted(slices.Values(organisations)))
		return nil
	})
}

// changeMember is changeAccount by a host.
func (n *Node) changeMember(ctx context.Context, by *Account, id string, change func(Tx, *Account) error) error {
	if !by.Hosts() {
		return fmt.Errorf("change account %s: %w", id, ErrForbidden)
	}
	return n.changeAccount(ctx, id, func(tx Tx, a *Account) error {
		if by.Token != "" && a.Hosts() {
			return fmt.Errorf("change the host %s by a token: %w", id, ErrForbidden)
		}
		return change(tx, a)
	})
}

// organisations checks that each is an organisation of ours.
func (n *Node) organisations(ctx context.Context, ids []string) error {
	for _, id := range ids {
		a, err := n.localActor(ctx, id)
		if err != nil {
			return err
		}
		if a.Kind != KindOrganisation {
			return fmt.Errorf("%s is no organisation: %w", id, ErrForbidden)
		}
	}
	return nil
}

// CloseAccount keeps an account from signing in, ends its sessions and what it had
// handed out; what it wrote stays. Hosts only. ErrForbidden: see SetMember; ErrInvalid: it
// is the last host.
func (n *Node) CloseAccount(ctx context.Context, by *Account, id string) error {
	return n.changeMember(ctx, by, id, func(tx Tx, a *Account) error {
		if err := n.otherHost(ctx, tx, a); err != nil {
			return err
		}
		a.Closed = n.clock()
		if err := dropTickets(ctx, tx, a); err != nil {
			return err
		}
		return tx.DeleteSessions(ctx, a.ID, "")
	})
}

// ReopenAccount lets a closed account sign in again. Hosts only. ErrForbidden: see SetMember.
func (n *Node) ReopenAccount(ctx context.Context, by *Account, id string) error {
	return n.changeMember(ctx, by, id, func(_ Tx, a *Account) error {
		a.Closed = Account{}.Closed
		return nil
	})
}

// otherHost refuses to leave the node without a host: nobody could open it again.
func (n *Node) otherHost(ctx context.Context, tx Tx, leaving *Account) error {
	if !leaving.Hosts() {
		return nil
	}
	if err := tx.Lock(ctx, "hosts"); err != nil { // two who leave at once
		return err
	}
	accounts, err := tx.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.ID != leaving.ID && a.Hosts() && a.Closed.IsZero() {
			return nil
		}
	}
	return &ValidationError{[]FieldError{{"role", "gardez au moins un hôte : nommez d’abord quelqu’un d’autre"}}}
}

// dropTickets ends what an account was handed, or sent, and what it handed out.
func dropTickets(ctx context.Context, tx Tx, a *Account) error {
	for _, purpose := range []Purpose{PurposeInvite, PurposeReset, PurposeEmail, PurposePasskey} {
		tickets, err := tx.Tickets(ctx, purpose)
		if err != nil {
			return err
		}
		for _, t := range tickets {
			if t.Account != a.ID && t.Email != a.Email {
				continue
			}
			if err := tx.DeleteTicket(ctx, t.Hash); err != nil {
				return err
			}
		}
	}
	return nil
}
