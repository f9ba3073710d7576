package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Block says that a remote actor wants nothing of one of ours.
type Block struct {
	Actor   string // IRI of who blocks
	Object  string // IRI of the actor of ours
	ID      string // IRI of the Block activity
	Created time.Time
}

// BlockReader reads blocks.
type BlockReader interface {
	Block(ctx context.Context, actor, object string) (*Block, error)
	BlockByID(ctx context.Context, actor, id string) (*Block, error)
}

// BlockTx keeps them.
type BlockTx interface {
	SaveBlock(ctx context.Context, b Block) error
	DeleteBlock(ctx context.Context, actor, object string) error // none is no error
}

// ReceiveBlock notes that a remote actor wants nothing of one of ours: they no longer
// follow each other, and nothing more is sent to it in that name. ErrNotFound: the
// object is none of our actors.
func (n *Node) ReceiveBlock(ctx context.Context, from *Actor, object, id string) error {
	target, err := n.Actor(ctx, object)
	if err != nil {
		return err
	}
	if !target.Local() {
		return fmt.Errorf("block of %s: %w: it is not ours", object, ErrNotFound)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if late, err := wasUndone(ctx, tx, from.ID, id); late || err != nil {
			return err
		}
		if err := tx.DeleteFollow(ctx, from.ID, object); err != nil {
			return err
		}
		if err := tx.DeleteFollow(ctx, object, from.ID); err != nil {
			return err
		}
		return tx.SaveBlock(ctx, Block{Actor: from.ID, Object: object, ID: id, Created: n.clock()})
	})
}

// ReceiveUndoBlock lifts a block, found by its object or its id. Follows do not come back.
func (n *Node) ReceiveUndoBlock(ctx context.Context, from *Actor, object, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		known, err := tx.BlockByID(ctx, from.ID, id)
		if errors.Is(err, ErrNotFound) && object != "" {
			known, err = tx.Block(ctx, from.ID, object)
		}
		switch {
		case errors.Is(err, ErrNotFound):
			return n.rememberUndone(ctx, tx, from.ID, id)
		case err != nil:
			return err
		}
		return tx.DeleteBlock(ctx, known.Actor, known.Object)
	})
}

// BlockedBy says whether a remote actor wants nothing of one of ours.
func (n *Node) BlockedBy(ctx context.Context, actor, ours string) (bool, error) {
	_, err := n.Block(ctx, actor, ours)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
