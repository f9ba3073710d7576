package instance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Token lets a program use the API for somebody. Only its hash is kept.
type Token struct {
	Hash    string    `json:"-"`       // hex SHA-256 of the token
	Account string    `json:"-"`       // whose it is; "" when it was made on the command line
	Actor   string    `json:"actor"`   // IRI of the organisation it publishes for; "" = it reads only
	Label   string    `json:"label"`   // for its owner to recognise it
	Created time.Time `json:"created"` //
	Used    time.Time `json:"used,omitzero"`
}

// ReadOnly says that the token may not publish.
func (t Token) ReadOnly() bool { return t.Actor == "" }

// Scope is what the token may do, in the API's words: "read" or "publish:tiriad".
func (t Token) Scope(u URLs) string {
	if t.ReadOnly() {
		return "read"
	}
	_, slug, _ := u.Parse(t.Actor)
	return "publish:" + slug
}

// maxTokens bounds how many one account may have.
const maxTokens = 50

// CreateToken makes a token of the account's: for an actor it writes for, or ""
// for one that only reads. It is returned once and cannot be read again.
// ErrForbidden, ErrInvalid.
func (n *Node) CreateToken(ctx context.Context, by *Account, actor, label string) (string, error) {
	if actor != "" {
		if !n.Editor(by).speaksAs(actor) {
			return "", fmt.Errorf("token for %s: %w", actor, ErrForbidden)
		}
		if _, err := n.localActor(ctx, actor); err != nil {
			return "", err
		}
	}
	var c checks
	label = CleanName(label, 100)
	if c.require(label != "", "label", "donnez un nom à ce jeton, pour le reconnaître"); c.err() != nil {
		return "", c.err()
	}
	token := newAPIToken()
	return token, n.store.Write(ctx, func(tx Tx) error {
		kept, err := tx.Tokens(ctx, by.ID)
		if err != nil {
			return err
		}
		if len(kept) >= maxTokens {
			return &ValidationError{[]FieldError{{"label", "supprimez d'abord un jeton qui ne sert plus : vous en avez déjà beaucoup"}}}
		}
		return tx.KeepToken(ctx, Token{Hash: HashSecret(token), Account: by.ID, Actor: actor, Label: label, Created: n.clock()})
	})
}

// newAPIToken is 160 bits, with a prefix by which a leaked one is recognised.
func newAPIToken() string {
	var secret [20]byte
	_, _ = rand.Read(secret[:]) // never fails (Go 1.24)
	return "maillage_" + hex.EncodeToString(secret[:])
}

// RevokeToken ends a token of the account's; one that is gone already is no error.
// ErrForbidden: another's.
func (n *Node) RevokeToken(ctx context.Context, by *Account, hash string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		t, err := tx.Token(ctx, hash)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case t.Account != by.ID:
			return fmt.Errorf("token: %w", ErrForbidden)
		}
		return tx.DeleteToken(ctx, hash)
	})
}

// dropTokens ends the tokens of an account but those whose hash is to be kept.
func dropTokens(ctx context.Context, tx Tx, account string, keep []string) error {
	tokens, err := tx.Tokens(ctx, account)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if slices.Contains(keep, t.Hash) {
			continue
		}
		if err := tx.DeleteToken(ctx, t.Hash); err != nil {
			return err
		}
	}
	return nil
}

// TokenOwner is the actor that a token, given by its hash, publishes for now: its
// account must still be open and write for that actor.
//
// ErrNotFound: there is no such token, or its account was closed. ErrForbidden: it
// only reads, or its account no longer writes for the actor.
func (n *Node) TokenOwner(ctx context.Context, hash string) (actor string, err error) {
	t, err := n.Token(ctx, hash)
	if err != nil {
		return "", err
	}
	if t.Account != "" {
		a, err := n.Account(ctx, t.Account)
		if err != nil {
			return "", err
		}
		if !a.Closed.IsZero() {
			return "", fmt.Errorf("token of a closed account: %w", ErrNotFound)
		}
		if !t.ReadOnly() && !n.Editor(a).speaksAs(t.Actor) {
			return "", fmt.Errorf("token for %s: %w", t.Actor, ErrForbidden)
		}
	}
	if now := n.clock(); now.Sub(t.Used) >= sessionTick {
		if err := n.store.Write(ctx, func(tx Tx) error { return tx.TouchToken(ctx, hash, now) }); err != nil {
			return "", err
		}
	}
	if t.ReadOnly() {
		return "", fmt.Errorf("a token that only reads: %w", ErrForbidden)
	}
	return t.Actor, nil
}
