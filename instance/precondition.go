package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrStale says that a thing changed since whoever wants to change it read it.
var ErrStale = errors.New("changed meanwhile")

// ErrReused says that a key names another request than before.
var ErrReused = errors.New("key of another request")

// EditIf is Edit, when what stands is what the author read: current is asked, within
// the transaction. ErrStale when it says no.
func (n *Node) EditIf(ctx context.Context, by, id string, draft Object, current func(Object) bool) (Object, error) {
	o := CloneObject(draft)
	if err := n.prepare(o); err != nil {
		return nil, err
	}
	return o, n.store.Write(ctx, func(tx Tx) error {
		if err := n.stands(ctx, tx, by, id, current); err != nil {
			return err
		}
		return n.replace(ctx, tx, author{actor: by}, id, o, Telling{})
	})
}

// WithdrawIf is Withdraw, when what stands is what the author read. ErrStale.
func (n *Node) WithdrawIf(ctx context.Context, by, id string, current func(Object) bool) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if err := n.stands(ctx, tx, by, id, current); err != nil {
			return err
		}
		o, err := tx.Object(ctx, id)
		if err != nil {
			return err
		}
		if err := n.remember(ctx, tx, author{actor: by}, VerbDelete, o, o); err != nil {
			return err
		}
		o.Common().Deleted = n.clock()
		return save(ctx, tx, o, VerbDelete)
	})
}

// stands checks that an object is the actor's, and as it was read.
func (n *Node) stands(ctx context.Context, tx Tx, by, id string, current func(Object) bool) error {
	o, err := n.owned(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if !current(o) {
		return fmt.Errorf("%s: %w", id, ErrStale)
	}
	return nil
}

// Publication is what a request under a key published.
type Publication struct {
	Actor  string // IRI in whose name
	Key    string // that the client made up
	Digest string // of the request
	Object string // IRI of what it published
	At     time.Time
}

// OnceReader finds what was published under a key.
type OnceReader interface {
	// PublishedOnce is what an actor published under a key. ErrNotFound.
	PublishedOnce(ctx context.Context, actor, key string) (*Publication, error)
}

// OnceTx keeps what was published under a key.
type OnceTx interface {
	SavePublishedOnce(ctx context.Context, p Publication) error // by its pair
}

// KeepOnce is how long a key is remembered.
const KeepOnce = 24 * time.Hour

// PublishOnce is Publish under a key that the client made up: the same request (by its
// digest) within a day publishes nothing, and returns what it published as it stands.
// ErrReused: another request had the key. ErrGone: what it published was withdrawn.
func (n *Node) PublishOnce(ctx context.Context, by string, draft Object, key, digest string) (Object, error) {
	owner, err := n.localActor(ctx, by)
	if err != nil {
		return nil, err
	}
	fresh, err := n.mint(owner, draft)
	if err != nil {
		return nil, err
	}
	var o Object
	err = n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, "once "+by+" "+key); err != nil {
			return err
		}
		was, err := tx.PublishedOnce(ctx, by, key)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && n.clock().Sub(was.At) < KeepOnce:
			if was.Digest != digest {
				return fmt.Errorf("%q: %w", key, ErrReused)
			}
			o, err = tx.Object(ctx, was.Object)
			if err == nil && !o.Common().Deleted.IsZero() {
				err = fmt.Errorf("%s: %w", was.Object, ErrGone)
			}
			return err
		}
		o = fresh
		if err := n.create(ctx, tx, author{actor: by}, o); err != nil {
			return err
		}
		return tx.SavePublishedOnce(ctx, Publication{Actor: by, Key: key, Digest: digest, Object: o.Common().ID, At: n.clock()})
	})
	return o, err
}
