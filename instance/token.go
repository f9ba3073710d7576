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

// TokenScope is what a token may do, of what its account may.
type TokenScope string

// The scopes. No token opens the doors of its account: its address, its passwords and
// keys, and other tokens are changed in a browser alone.
const (
	TokenReads     TokenScope = "read"     // what everybody reads
	TokenPublishes TokenScope = "publish"  // the work of one organisation, or of the account's Person
	TokenSelf      TokenScope = "self"     // what concerns the account alone: its places at events, its drafts, its sheet
	TokenModerates TokenScope = "moderate" // the queue of the node
	TokenHosts     TokenScope = "host"     // all that the host does, moderating too
)

// Token lets a program use the API for somebody. Only its hash is kept.
type Token struct {
	Hash    string     `json:"-"`     // hex SHA-256 of the token
	Account string     `json:"-"`     // whose it is; "" when it was made on the command line
	Scope   TokenScope `json:"scope"` //
	Actor   string     `json:"actor"` // IRI of who it publishes for; "" = its scope is another
	Label   string     `json:"label"` // for its owner to recognise it
	Created time.Time  `json:"created"`
	Used    time.Time  `json:"used,omitzero"`
}

// Words is what the token may do, in the API's words: "read" or "publish:tiriad".
func (t Token) Words(u URLs) string {
	if t.Scope != TokenPublishes {
		return string(t.Scope)
	}
	_, slug, _ := u.Parse(t.Actor)
	return string(t.Scope) + ":" + slug
}

// maxTokens bounds how many one account may have.
const maxTokens = 50

// CreateToken makes a token of the account's, with a scope, an actor when it publishes,
// and a label. It is returned once and cannot be read again. ErrForbidden: the account
// may not do that itself; ErrInvalid.
func (n *Node) CreateToken(ctx context.Context, by *Account, t Token) (string, error) {
	if err := n.maySign(ctx, by, t); err != nil {
		return "", err
	}
	var c checks
	t.Label = CleanName(t.Label, 100)
	if c.require(t.Label != "", "label", "donnez un nom à ce jeton, pour le reconnaître"); c.err() != nil {
		return "", c.err()
	}
	secret := newAPIToken()
	t.Hash, t.Account, t.Created, t.Used = HashSecret(secret), by.ID, n.clock(), time.Time{}
	return secret, n.store.Write(ctx, func(tx Tx) error {
		kept, err := tx.Tokens(ctx, by.ID)
		if err != nil {
			return err
		}
		if by.ID != "" && len(kept) >= maxTokens {
			return &ValidationError{[]FieldError{{"label", "supprimez d’abord un jeton qui ne sert plus : vous en avez déjà beaucoup"}}}
		}
		return tx.SaveToken(ctx, t)
	})
}

// maySign says whether an account may do what a token would. ErrForbidden; ErrNotFound:
// there is no such actor.
func (n *Node) maySign(ctx context.Context, by *Account, t Token) error {
	if t.Scope != TokenPublishes {
		if t.Actor != "" || !by.signs(t.Scope) {
			return fmt.Errorf("token that may %q: %w", t.Scope, ErrForbidden)
		}
		return nil
	}
	if !n.Editor(by).speaksAs(t.Actor) {
		return fmt.Errorf("token for %s: %w", t.Actor, ErrForbidden)
	}
	_, err := n.localActor(ctx, t.Actor)
	return err
}

// signs says whether the account may do what the scope names, when it names no actor.
func (a *Account) signs(scope TokenScope) bool {
	switch scope {
	case TokenReads, TokenSelf:
		return a.Closed.IsZero()
	case TokenModerates:
		return a.Closed.IsZero() && a.Moderates()
	case TokenHosts:
		return a.Closed.IsZero() && a.Hosts()
	}
	return false
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

// TokenHolder is a token, given by its hash, and the account that it works as: what is
// left of its own account within the token's scope. A token that only reads works as
// nobody: an account without ID.
//
// ErrNotFound: there is no such token, or its account was closed. ErrForbidden: the
// account itself may no longer do what the token says.
func (n *Node) TokenHolder(ctx context.Context, hash string) (*Token, *Account, error) {
	t, err := n.Token(ctx, hash)
	if err != nil {
		return nil, nil, err
	}
	of := Operator() // of the command line
	if t.Account != "" {
		if of, err = n.Account(ctx, t.Account); err != nil {
			return nil, nil, err
		}
	}
	if !of.Closed.IsZero() {
		return nil, nil, fmt.Errorf("token of a closed account: %w", ErrNotFound)
	}
	if err := n.maySign(ctx, of, *t); err != nil {
		return nil, nil, err
	}
	if now := n.clock(); now.Sub(t.Used) >= sessionTick {
		if err := n.store.Write(ctx, func(tx Tx) error { return tx.TouchToken(ctx, hash, now) }); err != nil {
			return nil, nil, err
		}
	}
	return t, of.within(*t), nil
}

// within is the account with what the token may do, and no more; its secrets are left out.
func (a *Account) within(t Token) *Account {
	as := &Account{ID: a.ID, Email: a.Email, Name: a.Name, Language: a.Language, Role: RoleContributor, Created: a.Created, Token: t.Hash}
	switch t.Scope {
	case TokenReads:
		return &Account{Role: RoleContributor, Token: t.Hash}
	case TokenPublishes:
		if t.Actor == a.Person {
			as.Person = a.Person
		} else {
			as.Organisations = []string{t.Actor}
		}
	case TokenSelf:
		as.Person = a.Person
	case TokenModerates:
		as.Role = RoleModerator
	case TokenHosts:
		as.Role = RoleHost
	}
	return as
}
