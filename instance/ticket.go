package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Purpose is what a ticket is for.
type Purpose string

// The purposes of tickets.
const (
	PurposeSetup  Purpose = "setup"  // open the first account, the host's
	PurposeInvite Purpose = "invite" // open an account, with a role and organisations
	PurposeReset  Purpose = "reset"  // choose a new password
)

// Ticket is a secret handed out to be used once, by a link.
type Ticket struct {
	Hash          string    `json:"-"` // hex SHA-256 of the secret
	Purpose       Purpose   `json:"-"`
	Expires       time.Time `json:"-"`
	Account       string    `json:"account,omitempty"` // who it lets back in, or who invited
	Email         string    `json:"email,omitempty"`   // who is invited; "" when the link is given by hand
	Role          Role      `json:"role,omitempty"`
	Organisations []string  `json:"organisations,omitempty"`
	Created       time.Time `json:"created"`
}

// How long tickets are good for.
const (
	setupAge  = 7 * 24 * time.Hour
	inviteAge = 14 * 24 * time.Hour
	resetAge  = time.Hour
)

// Setup returns the secret with which the first account is opened in the browser:
// it is shown to whoever starts the node, and to nobody else. "" once there is an
// account. A new one replaces those before.
func (n *Node) Setup(ctx context.Context) (secret string, err error) {
	accounts, err := n.Accounts(ctx)
	if err != nil || len(accounts) > 0 {
		return "", err
	}
	old, err := n.Tickets(ctx, PurposeSetup)
	if err != nil {
		return "", err
	}
	secret, hash := Secret()
	now := n.clock()
	return secret, n.store.Write(ctx, func(tx Tx) error {
		for _, t := range old {
			if err := tx.DeleteTicket(ctx, t.Hash); err != nil {
				return err
			}
		}
		return tx.SaveTicket(ctx, Ticket{Hash: hash, Purpose: PurposeSetup, Expires: now.Add(setupAge), Role: RoleHost, Created: now})
	})
}

// Invite makes a link's secret with which somebody opens an account. Only a host
// invites beyond their own organisations or gives a role. ErrForbidden, ErrInvalid.
func (n *Node) Invite(ctx context.Context, by *Account, email string, role Role, organisations ...string) (secret string, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	var c checks
	c.require(email == "" || validEmail(email), "email", "écrivez une adresse e-mail complète, comme nom@exemple.org")
	c.require(slices.Contains([]Role{RoleContributor, RoleModerator, RoleHost}, role), "role", "contributor, moderator ou host")
	if err := c.err(); err != nil {
		return "", err
	}
	if role != RoleContributor && !by.Hosts() || !by.Hosts() && len(organisations) == 0 {
		return "", fmt.Errorf("invite a %s: %w", role, ErrForbidden)
	}
	for _, id := range organisations {
		if !by.WritesFor(id) {
			return "", fmt.Errorf("invite to %s: %w", id, ErrForbidden)
		}
		if _, err := n.localActor(ctx, id); err != nil {
			return "", err
		}
	}
	secret, hash := Secret()
	now := n.clock()
	t := Ticket{Hash: hash, Purpose: PurposeInvite, Expires: now.Add(inviteAge), Account: by.ID, Email: email, Role: role, Organisations: organisations, Created: now}
	return secret, n.store.Write(ctx, func(tx Tx) error { return tx.SaveTicket(ctx, t) })
}

// Redeem opens the account that a setup or an invitation promises. ErrNotFound: the
// ticket was used or has expired; ErrInvalid; ErrConflict: the e-mail is taken.
func (n *Node) Redeem(ctx context.Context, secret, email, name, password string) (*Account, error) {
	t, err := n.TicketFor(ctx, secret, PurposeSetup, PurposeInvite)
	if err != nil {
		return nil, err
	}
	a := Account{Email: strings.ToLower(strings.TrimSpace(email)), Name: CleanName(name, 100), Role: t.Role, Organisations: t.Organisations}
	var c checks
	c.require(validEmail(a.Email), "email", "écrivez une adresse e-mail complète, comme nom@exemple.org")
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
		}
		return tx.SaveAccount(ctx, &a)
	})
}

// LetBackIn makes a link's secret with which an account chooses a new password.
func (n *Node) LetBackIn(ctx context.Context, account string) (secret string, err error) {
	secret, hash := Secret()
	now := n.clock()
	t := Ticket{Hash: hash, Purpose: PurposeReset, Expires: now.Add(resetAge), Account: account, Created: now}
	return secret, n.store.Write(ctx, func(tx Tx) error { return tx.SaveTicket(ctx, t) })
}

// Reset gives the account of a ticket a new password and ends its sessions.
// ErrNotFound: the ticket was used or has expired; ErrInvalid.
func (n *Node) Reset(ctx context.Context, secret, password string) (*Account, error) {
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
		a.Password, changed = hash, a
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
