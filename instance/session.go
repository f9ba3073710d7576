package instance

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Session is a browser that is signed in.
type Session struct {
	Hash    string    `json:"-"` // hex SHA-256 of the secret that its cookie holds
	Account string    `json:"-"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // to the hour
	Expires time.Time `json:"expires"`
	Agent   string    `json:"agent"` // what browser it is, for its owner to recognise it
}

const (
	sessionAge  = 30 * 24 * time.Hour // since it was last seen
	sessionTick = time.Hour           // how often Seen is written down
)

// Secret makes a secret of 256 bits and the hash under which it is kept.
func Secret() (secret, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, HashSecret(secret)
}

// HashSecret is how a secret is kept and looked up: hex SHA-256. It has 256 bits of
// its own, so a plain hash is enough.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// OpenSession signs an account in and returns what its cookie is to hold.
func (n *Node) OpenSession(ctx context.Context, account, agent string) (secret string, err error) {
	secret, hash := Secret()
	now := n.clock()
	s := Session{Hash: hash, Account: account, Created: now, Seen: now, Expires: now.Add(sessionAge), Agent: CleanName(agent, 200)}
	return secret, n.changeAccount(ctx, account, func(tx Tx, a *Account) error {
		a.LastSeen = now
		return tx.SaveSession(ctx, s)
	})
}

// SignedIn returns whose session a cookie's secret is. ErrNotFound: nobody's, or it
// has expired, or the account was closed.
func (n *Node) SignedIn(ctx context.Context, secret string) (*Account, *Session, error) {
	s, err := n.Session(ctx, HashSecret(secret))
	if err != nil {
		return nil, nil, err
	}
	now := n.clock()
	a, err := n.Account(ctx, s.Account)
	if err != nil {
		return nil, nil, err
	}
	if !s.Expires.After(now) || !a.Closed.IsZero() {
		return nil, nil, fmt.Errorf("session: %w", ErrNotFound)
	}
	if now.Sub(s.Seen) >= sessionTick {
		s.Seen, s.Expires = now, now.Add(sessionAge)
		if err := n.store.Write(ctx, func(tx Tx) error { return tx.TouchSession(ctx, s.Hash, s.Seen, s.Expires) }); err != nil {
			return nil, nil, err
		}
	}
	return a, s, nil
}

// OpenSessions lists the browsers where an account is signed in, last seen first.
func (n *Node) OpenSessions(ctx context.Context, account string) ([]Session, error) {
	all, err := n.Sessions(ctx, account)
	now := n.clock()
	return slices.DeleteFunc(all, func(s Session) bool { return !s.Expires.After(now) }), err
}

// CloseOwnSession signs out one of the account's browsers; one that is not signed
// in is no error. ErrForbidden: another's.
func (n *Node) CloseOwnSession(ctx context.Context, by *Account, hash string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		s, err := tx.Session(ctx, hash)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case s.Account != by.ID:
			return fmt.Errorf("session: %w", ErrForbidden)
		}
		return tx.DeleteSession(ctx, hash)
	})
}

// CloseOtherSessions signs the account out everywhere but in one browser.
func (n *Node) CloseOtherSessions(ctx context.Context, account, keep string) error {
	return n.store.Write(ctx, func(tx Tx) error { return tx.DeleteSessions(ctx, account, keep) })
}

// CloseSession signs a browser out; one that is not signed in is no error.
func (n *Node) CloseSession(ctx context.Context, hash string) error {
	return n.store.Write(ctx, func(tx Tx) error { return tx.DeleteSession(ctx, hash) })
}
