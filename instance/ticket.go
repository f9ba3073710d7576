package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Purpose is what a ticket is for.
type Purpose string

// The purposes of tickets.
const (
	PurposeSetup   Purpose = "setup"   // open the first account, the host's
	PurposeInvite  Purpose = "invite"  // open an account, with a role and organisations
	PurposeReset   Purpose = "reset"   // choose a new password
	PurposeEmail   Purpose = "email"   // show that an e-mail is one's own
	PurposePasskey Purpose = "passkey" // answer a challenge with a passkey
)

// Ticket is a secret handed out to be used once, by a link.
type Ticket struct {
	Hash          string    `json:"-"` // hex SHA-256 of the secret
	Purpose       Purpose   `json:"-"`
	Expires       time.Time `json:"-"`
	ID            string    `json:"id,omitempty"`      // of an invitation: it stays when the secret changes
	Account       string    `json:"account,omitempty"` // who it lets in, or who invited
	Email         string    `json:"email,omitempty"`   // who is invited, or what is to be shown; "" when the link is given by hand
	Sent          bool      `json:"sent,omitempty"`    // the invitation goes by e-mail
	Token         string    `json:"token,omitempty"`   // hash of the token that invited, and without which it ends
	Role          Role      `json:"role,omitempty"`
	Organisations []string  `json:"organisations,omitempty"`
	Challenge     []byte    `json:"challenge,omitempty"` // what a passkey is asked, as the library keeps it
	Created       time.Time `json:"created"`
}

// How long tickets are good for.
const (
	setupAge   = 7 * 24 * time.Hour
	inviteAge  = 14 * 24 * time.Hour
	emailAge   = 24 * time.Hour
	passkeyAge = 5 * time.Minute

	ResetByMail = time.Hour      // a way back in that was sent
	ResetByHand = 24 * time.Hour // one that the host hands over
)

// Setup returns the secret with which the first account is opened in the browser:
// it is shown to whoever starts the node, and to nobody else. "" once there is an
// account. A new one replaces those before.
func (n *Node) Setup(ctx context.Context) (secret string, err error) {
	accounts, err := n.Accounts(ctx)
	if err != nil || len(accounts) > 0 {
		return "", err
	}
	return n.replaceTickets(ctx, Ticket{Purpose: PurposeSetup, Expires: n.clock().Add(setupAge), Role: RoleHost})
}

// replaceTickets hands out a ticket in the place of those of the same purpose and account.
func (n *Node) replaceTickets(ctx context.Context, t Ticket) (secret string, err error) {
	secret, t.Hash = Secret()
	t.Created = n.clock()
	return secret, n.store.Write(ctx, func(tx Tx) error {
		old, err := tx.Tickets(ctx, t.Purpose)
		if err != nil {
			return err
		}
		for _, was := range old {
			if was.Account != t.Account {
				continue
			}
			if err := tx.DeleteTicket(ctx, was.Hash); err != nil {
				return err
			}
		}
		return tx.SaveTicket(ctx, t)
	})
}

// Redeem opens the account that a setup or an invitation promises. ErrNotFound: the
// ticket was used or has expired; ErrInvalid; ErrConflict: the e-mail is taken.
func (n *Node) Redeem(ctx context.Context, secret, email, name, password string) (*Account, error) {
	t, err := n.TicketFor(ctx, secret, PurposeSetup, PurposeInvite)
	if err != nil {
		return nil, err
	}
	a := Account{Email: typedEmail(email), Name: CleanName(name, 100), Role: t.Role, Organisations: t.Organisations}
	var c checks
	c.email(a.Email)
	c.require(a.Name != "", "name", "donnez un nom ou un pseudonyme")
	if validatePassword(&c, password, a.Email, a.Name); c.err() != nil {
		return nil, c.err()
	}
	a.ID, a.Created, a.Password = newID(), n.clock(), hashPassword(password)
	return &a, n.store.Write(ctx, func(tx Tx) error {
		if err := useTicket(ctx, tx, t); err != nil {
			return err
		}
		if t.Purpose == PurposeSetup {
			if accounts, err := tx.Accounts(ctx); err != nil || len(accounts) > 0 {
				return errors.Join(err, fmt.Errorf("setup: %w", ErrNotFound))
			}
		} else if err := stillInvited(ctx, tx, t); err != nil {
			return err
		}
		return tx.SaveAccount(ctx, &a)
	})
}

// LetBackIn makes a link's secret with which an account chooses a new password; it
// is good for the time given, and replaces those before.
func (n *Node) LetBackIn(ctx context.Context, account string, age time.Duration) (secret string, err error) {
	if _, err := n.Account(ctx, account); err != nil {
		return "", err
	}
	return n.replaceTickets(ctx, Ticket{Purpose: PurposeReset, Expires: n.clock().Add(age), Account: account})
}

// Reset gives the account of a ticket a new password and shuts every other way in:
// sessions, a change of address that was asked for, and the passkeys and tokens that
// are not among those to keep, by ID and by hash.
// ErrNotFound: the ticket was used or has expired; ErrInvalid.
func (n *Node) Reset(ctx context.Context, secret, password string, keep ...string) (*Account, error) {
	t, err := n.TicketFor(ctx, secret, PurposeReset)
	if err != nil {
		return nil, err
	}
	hash, err := n.newPassword(ctx, t.Account, password)
	if err != nil {
		return nil, err
	}
	var changed *Account
	err = n.changeAccount(ctx, t.Account, func(tx Tx, a *Account) error {
		if err := useTicket(ctx, tx, t); err != nil {
			return err
		}
		if !a.Closed.IsZero() {
			return fmt.Errorf("reset of a closed account: %w", ErrNotFound)
		}
		a.Password, a.NewEmail, changed = hash, "", a
		a.Passkeys = slices.DeleteFunc(a.Passkeys, func(p Passkey) bool { return !slices.Contains(keep, p.ID) })
		if err := dropTokens(ctx, tx, a.ID, keep); err != nil {
			return err
		}
		if err := n.tellPasswordChanged(ctx, tx, a); err != nil {
			return err
		}
		return tx.DeleteSessions(ctx, a.ID, "")
	})
	return changed, err
}

// TicketFor reads a ticket without using it. ErrNotFound: there is none for that.
func (n *Node) TicketFor(ctx context.Context, secret string, purposes ...Purpose) (*Ticket, error) {
	t, err := n.Ticket(ctx, HashSecret(secret))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(purposes, t.Purpose) || !t.Expires.After(n.clock()) {
		return nil, fmt.Errorf("ticket: %w", ErrNotFound)
	}
	return t, nil
}

// useTicket takes a ticket out; two who use it at once do not both pass.
func useTicket(ctx context.Context, tx Tx, t *Ticket) error {
	if err := tx.Lock(ctx, "ticket "+t.Hash); err != nil {
		return err
	}
	if _, err := tx.Ticket(ctx, t.Hash); err != nil {
		return err
	}
	return tx.DeleteTicket(ctx, t.Hash)
}
