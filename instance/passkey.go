package instance

import (
	"context"
	"fmt"
	"slices"
)

// maxPasskeys bounds how many one account may have.
const maxPasskeys = 20

// AddPasskey gives an account one more way to sign in. ErrInvalid: no name, or too
// many; ErrConflict: it has that one already.
func (n *Node) AddPasskey(ctx context.Context, account string, p Passkey) error {
	p.Label = CleanName(p.Label, 60)
	var c checks
	if c.require(p.Label != "", "label", "donnez un nom à cette clé d’accès, pour la reconnaître"); c.err() != nil {
		return c.err()
	}
	p.Created = n.clock()
	return n.changeAccount(ctx, account, func(_ Tx, a *Account) error {
		if a.passkey(p.ID) >= 0 {
			return fmt.Errorf("passkey: %w", ErrConflict)
		}
		if len(a.Passkeys) >= maxPasskeys {
			return &ValidationError{[]FieldError{{"label", "retirez d’abord une clé d’accès qui ne sert plus : vous en avez déjà beaucoup"}}}
		}
		a.Passkeys = append(a.Passkeys, p)
		return nil
	})
}

// RenamePasskey gives a passkey of the account another name. ErrNotFound, ErrInvalid.
func (n *Node) RenamePasskey(ctx context.Context, account, id, label string) error {
	label = CleanName(label, 60)
	var c checks
	if c.require(label != "", "label", "donnez un nom à cette clé d’accès, pour la reconnaître"); c.err() != nil {
		return c.err()
	}
	return n.changePasskey(ctx, account, id, func(p *Passkey) { p.Label = label })
}

// UsedPasskey keeps what the library wants to remember of a passkey that has just
// let its account in.
func (n *Node) UsedPasskey(ctx context.Context, account, id string, credential []byte) error {
	return n.changePasskey(ctx, account, id, func(p *Passkey) { p.Credential, p.Used = credential, n.clock() })
}

func (n *Node) changePasskey(ctx context.Context, account, id string, change func(*Passkey)) error {
	return n.changeAccount(ctx, account, func(_ Tx, a *Account) error {
		i := a.passkey(id)
		if i < 0 {
			return fmt.Errorf("passkey: %w", ErrNotFound)
		}
		change(&a.Passkeys[i])
		return nil
	})
}

// RemovePasskey takes one away; one that is gone is no error.
func (n *Node) RemovePasskey(ctx context.Context, account, id string) error {
	return n.changeAccount(ctx, account, func(_ Tx, a *Account) error {
		a.Passkeys = slices.DeleteFunc(a.Passkeys, func(p Passkey) bool { return p.ID == id })
		return nil
	})
}

func (a *Account) passkey(id string) int {
	return slices.IndexFunc(a.Passkeys, func(p Passkey) bool { return p.ID == id })
}

// Challenge keeps what a passkey is asked, for the account that registers one, or for
// nobody in particular ("") to sign in. Whoever has the secret may answer, once.
func (n *Node) Challenge(ctx context.Context, account string, challenge []byte) (secret string, err error) {
	secret, hash := Secret()
	now := n.clock()
	t := Ticket{Hash: hash, Purpose: PurposePasskey, Expires: now.Add(passkeyAge), Account: account, Challenge: challenge, Created: now}
	return secret, n.store.Write(ctx, func(tx Tx) error { return tx.SaveTicket(ctx, t) })
}

// TakeChallenge is what the holder of the secret was asked: it cannot be taken twice.
// ErrNotFound: it was taken, has expired, or is another account's.
func (n *Node) TakeChallenge(ctx context.Context, account, secret string) ([]byte, error) {
	t, err := n.TicketFor(ctx, secret, PurposePasskey)
	if err != nil {
		return nil, err
	}
	if t.Account != account {
		return nil, fmt.Errorf("challenge: %w", ErrNotFound)
	}
	return t.Challenge, n.store.Write(ctx, func(tx Tx) error { return useTicket(ctx, tx, t) })
}
