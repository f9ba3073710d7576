package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrReused says that a key names another request than before.
var ErrReused = errors.New("key of another request")

// Once is a request that a client may send again under a key that it made up, because
// the answer was lost: what it does is done once.
type Once struct {
	Token  string // hash of the token that it came with
	Key    string
	Digest string // of the request
	Answer []byte // as the edge seals it: it may hold what is kept nowhere else
	At     time.Time
}

// OnceReader finds requests that were made under a key.
type OnceReader interface {
	Once(ctx context.Context, token, key string) (*Once, error)
}

// OnceTx keeps them.
type OnceTx interface {
	SaveOnce(ctx context.Context, o Once) error // by its token and key
	DeleteOnce(ctx context.Context, token, key string) error
}

// KeepOnce is how long a key is remembered.
const KeepOnce = 24 * time.Hour

// Answered is what the same request (by its digest) was answered within a day. Until the
// transaction ends, nobody else makes a request under the key. ErrNotFound: there was
// none; ErrReused: another request had the key.
func (n *Node) Answered(ctx context.Context, request Once) (answer []byte, err error) {
	err = n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, "once "+request.Token+" "+request.Key); err != nil {
			return err
		}
		was, err := tx.Once(ctx, request.Token, request.Key)
		switch {
		case err != nil:
			return err
		case n.clock().Sub(was.At) >= KeepOnce:
			return fmt.Errorf("request under %q: %w", request.Key, ErrNotFound)
		case was.Digest != request.Digest:
			return fmt.Errorf("%q: %w", request.Key, ErrReused)
		}
		answer = was.Answer
		return nil
	})
	return answer, err
}

// KeepAnswer remembers what a request was answered.
func (n *Node) KeepAnswer(ctx context.Context, request Once) error {
	request.At = n.clock()
	return n.store.Write(ctx, func(tx Tx) error { return tx.SaveOnce(ctx, request) })
}

// ForgetAnswer lets a request that failed in the end be made again.
func (n *Node) ForgetAnswer(ctx context.Context, token, key string) error {
	return n.store.Write(ctx, func(tx Tx) error { return tx.DeleteOnce(ctx, token, key) })
}
