package federation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// This file is what people do to their groups on Mobilizon: they sign in their own name
// what happens to the group itself. Only the group's own address can say that it is true.

// lookAgainAfter is when a group that is said to be deleted is looked at once more:
// Mobilizon says so a moment before it is.
const lookAgainAfter = 2 * time.Minute

// updateGroup reads a group again that somebody on its server says has changed. It is not
// handled when the object is no actor that we know.
func (f *Federation) updateGroup(ctx context.Context, in incoming) (handled bool, err error) {
	if known, err := f.neighbour(ctx, in); !known || err != nil {
		return false, err
	}
	group, err := f.fetchActor(ctx, in.ObjectID)
	if err == nil && group.ID != in.ObjectID {
		err = fmt.Errorf("update of %s: %w: it is %s now", in.ObjectID, instance.ErrForbidden, group.ID)
	}
	if err != nil {
		return true, err
	}
	return true, f.node.ReceiveActor(ctx, group)
}

// deleteGroup forgets a group that somebody on its server says is deleted, once it is
// gone from its address. It is not handled when the object is no actor that we know.
func (f *Federation) deleteGroup(ctx context.Context, in incoming) (handled bool, err error) {
	if known, err := f.neighbour(ctx, in); !known || err != nil {
		return false, err
	}
	if err = f.forgetActor(ctx, in.ObjectID); !errors.Is(err, instance.ErrForbidden) {
		return true, err
	}
	again := instance.GoneJob(in.ObjectID, in.from.ID)
	again.RunAt = f.node.Now().Add(lookAgainAfter)
	return true, f.store.Write(ctx, func(tx instance.Tx) error { return tx.Enqueue(ctx, again) })
}

// forgetActor forgets a remote actor that is gone from its address. ErrForbidden: it is
// still there.
func (f *Federation) forgetActor(ctx context.Context, id string) error {
	if err := f.mustBeGone(ctx, id); err != nil {
		return err
	}
	return f.node.ReceiveActorGone(ctx, id)
}

// mustBeGone checks that something is gone from its own address. ErrForbidden: it is
// still there.
func (f *Federation) mustBeGone(ctx context.Context, id string) error {
	doc, err := f.fetch(ctx, id)
	switch {
	case err == nil && !isTombstone(doc.body):
		return fmt.Errorf("delete %s: %w: it is still there", id, instance.ErrForbidden)
	case err == nil, errors.Is(err, instance.ErrGone), errors.Is(err, instance.ErrNotFound):
		return nil
	}
	return err
}

// neighbour says that an activity is about an actor that we know, and that lives where
// the sender does.
func (f *Federation) neighbour(ctx context.Context, in incoming) (bool, error) {
	if !instance.SameOrigin(in.ObjectID, in.from.ID) {
		return false, nil
	}
	known, err := f.node.Actor(ctx, in.ObjectID)
	if errors.Is(err, instance.ErrNotFound) {
		return false, nil
	}
	return err == nil && known.Gone.IsZero(), err
}
