package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ReactionKind is what an actor did with a thing of ours.
type ReactionKind string

// The reactions that are counted.
const (
	ReactionLike  ReactionKind = "like"
	ReactionShare ReactionKind = "share"
)

// Reaction is an actor's like or boost of a thing of ours. There is one for each
// object, kind and actor; only their number is shown.
type Reaction struct {
	Object  string // IRI, ours
	Kind    ReactionKind
	Actor   string // IRI
	ID      string // IRI of the last activity that said so
	Created time.Time
}

// ReactionReader counts reactions.
type ReactionReader interface {
	Reactions(ctx context.Context, object string, kind ReactionKind) (int, error)
	ReactionByID(ctx context.Context, actor, id string) (*Reaction, error)
}

// ReactionTx keeps them.
type ReactionTx interface {
	SaveReaction(ctx context.Context, r Reaction) error                                       // once for each object, kind and actor
	DeleteReaction(ctx context.Context, object string, kind ReactionKind, actor string) error // none is no error
	// SaveUndone remembers that an actor took back an activity which has not come yet.
	SaveUndone(ctx context.Context, actor, id string, at time.Time) error
	// TakeUndone says whether the actor took it back after the time, and forgets that.
	TakeUndone(ctx context.Context, actor, id string, after time.Time) (bool, error)
	// ForgetActor erases what a remote actor did here: reactions, replies, blocks.
	ForgetActor(ctx context.Context, actor string) error
}

// rememberUndone is how long an Undo that overtook what it undoes is remembered. No
// longer: Gancio and Fedify use the id of a Follow again after its Undo.
const rememberUndone = 10 * time.Minute

// wasUndone says that an activity was taken back before it came.
func wasUndone(ctx context.Context, tx Tx, actor, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	return tx.TakeUndone(ctx, actor, id, time.Now().Add(-rememberUndone))
}

// ReceiveReaction counts a remote actor's like or boost of a thing of ours, once.
// ErrNotFound: it is none of our objects; ErrGone: it was deleted.
func (n *Node) ReceiveReaction(ctx context.Context, from *Actor, kind ReactionKind, object, id string) error {
	if !n.urls.Local(object) {
		return fmt.Errorf("%s of %s: %w: it is not ours", kind, object, ErrNotFound)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if late, err := wasUndone(ctx, tx, from.ID, id); late || err != nil {
			return err
		}
		o, err := tx.Object(ctx, object)
		if err != nil {
			return err
		}
		if !o.Common().Deleted.IsZero() {
			return fmt.Errorf("%s of %s: %w", kind, object, ErrGone)
		}
		return tx.SaveReaction(ctx, Reaction{Object: object, Kind: kind, Actor: from.ID, ID: id, Created: n.clock()})
	})
}

// ReceiveUndoReaction takes back a reaction, found by its object, or by the id of its
// activity when the object is not said. One that overtook it is remembered.
func (n *Node) ReceiveUndoReaction(ctx context.Context, from *Actor, kind ReactionKind, object, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		known, err := tx.ReactionByID(ctx, from.ID, id)
		switch {
		case err == nil:
			return tx.DeleteReaction(ctx, known.Object, known.Kind, from.ID)
		case !errors.Is(err, ErrNotFound):
			return err
		case object != "":
			if err := tx.DeleteReaction(ctx, object, kind, from.ID); err != nil {
				return err
			}
		}
		return n.rememberUndone(ctx, tx, from.ID, id)
	})
}

// ReceiveUndo takes back an activity that is only named: a reaction, a block or a
// Join. One that is unknown is remembered: it may come late.
func (n *Node) ReceiveUndo(ctx context.Context, from *Actor, id string) error {
	if places, err := n.Participations(ctx, ParticipationFilter{Who: from.ID, Join: id}); err != nil {
		return err
	} else if len(places) > 0 {
		return n.ReceiveLeave(ctx, from, places[0].Event, id)
	}
	if _, err := n.BlockByID(ctx, from.ID, id); !errors.Is(err, ErrNotFound) {
		if err != nil {
			return err
		}
		return n.ReceiveUndoBlock(ctx, from, "", id)
	}
	return n.ReceiveUndoReaction(ctx, from, "", "", id)
}

// rememberUndone keeps the id of what was undone before it came.
func (n *Node) rememberUndone(ctx context.Context, tx Tx, actor, id string) error {
	if id == "" {
		return nil
	}
	return tx.SaveUndone(ctx, actor, id, time.Now())
}

// forgetDeeds erases what a remote actor that is gone did here; its places at our
// events are free again.
func (n *Node) forgetDeeds(ctx context.Context, tx Tx, actor string) error {
	places, err := tx.Participations(ctx, ParticipationFilter{Who: actor})
	if err != nil {
		return err
	}
	for _, p := range places {
		switch e, err := n.ownEvent(ctx, tx, p.Event); {
		case err == nil:
			err = n.leave(ctx, tx, e, &p)
			if err != nil {
				return err
			}
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrGone):
			return err
		}
	}
	return tx.ForgetActor(ctx, actor)
}
