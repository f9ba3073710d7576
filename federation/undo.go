package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// onUndo takes back what the sender said. What is undone may be embedded, without
// its actor as Gancio does, or only be named.
func (f *Federation) onUndo(ctx context.Context, in incoming) error {
	if in.ObjectRaw == nil {
		return f.undoByID(ctx, in)
	}
	inner, err := as2.ParseInner(in.ObjectRaw)
	switch {
	case err != nil:
		return err
	case inner.Actor != "" && inner.Actor != in.from.ID:
		return fmt.Errorf("undo: %w: the %s is %s's", instance.ErrForbidden, inner.Type, inner.Actor)
	}
	switch inner.Type {
	case "Follow":
		if inner.ObjectID == "" {
			return f.undoByID(ctx, in)
		}
		return f.node.ReceiveUndoFollow(ctx, in.from, inner.ObjectID, inner.ID)
	case "Like", "EmojiReact":
		return f.node.ReceiveUndoReaction(ctx, in.from, instance.ReactionLike, inner.ObjectID, inner.ID)
	case "Announce": // of what is not ours, nothing was kept
		return f.node.ReceiveUndoReaction(ctx, in.from, instance.ReactionShare, inner.ObjectID, inner.ID)
	case "Block":
		return f.node.ReceiveUndoBlock(ctx, in.from, inner.ObjectID, inner.ID)
	case "Join":
		return f.node.ReceiveLeave(ctx, in.from, inner.ObjectID, inner.ID)
	case "Offer":
		return f.node.ReceiveOfferUndone(ctx, in.from, inner.ID)
	case "Accept": // they no longer take us as a follower, or organise our event
		if inner.ObjectType == "Offer" {
			return f.node.ReceiveOrganiserAnswer(ctx, in.from, inner.ObjectID, false)
		}
		follow, err := as2.ParseInner(inner.ObjectRaw)
		if inner.ObjectRaw == nil || err != nil || follow.Type != "Follow" {
			return err
		}
		return f.node.ReceiveAnswer(ctx, in.from, follow.Actor, false)
	}
	return nil // what it undoes was not kept
}

func (f *Federation) undoByID(ctx context.Context, in incoming) error {
	follow, err := f.findFollow(ctx, instance.FollowFilter{Actor: in.from.ID}, in.ObjectID)
	if errors.Is(err, instance.ErrNotFound) {
		return f.node.ReceiveUndo(ctx, in.from, in.ObjectID)
	}
	if err != nil {
		return err
	}
	return f.node.ReceiveUndoFollow(ctx, in.from, follow.Object, follow.ID)
}

func (f *Federation) onAccept(ctx context.Context, in incoming) error {
	return f.onAnswer(ctx, in, true)
}

func (f *Federation) onReject(ctx context.Context, in incoming) error {
	return f.onAnswer(ctx, in, false)
}

// onIgnore is how those who handle no Join say so (FEP-8a8e, WordPress).
func (f *Federation) onIgnore(ctx context.Context, in incoming) error {
	return f.onAnswer(ctx, in, false)
}

// onAnswer notes the answer to a Follow or a Join of ours, found by its pair when it
// is embedded, else by its id.
func (f *Federation) onAnswer(ctx context.Context, in incoming, accepted bool) error {
	if f.node.URLs().Local(in.ObjectID) && in.ObjectType == "" || in.ObjectType == "Event" {
		if handled, err := f.attends(ctx, in, accepted); handled || err != nil {
			return err
		}
	}
	inner, err := in.Inner()
	switch {
	case err != nil || inner.Actor == "" || inner.Type == "Offer":
		return f.onAnswerByID(ctx, in, accepted)
	case inner.Type == "Join":
		return f.node.ReceiveJoinAnswer(ctx, in.from, inner.ObjectID, inner.Actor, accepted)
	case inner.Type != "Follow":
		return nil
	case inner.ObjectID != "" && inner.ObjectID != in.from.ID:
		return fmt.Errorf("answer to a follow of %s: %w: it is not %s", inner.ObjectID, instance.ErrForbidden, in.from.ID)
	}
	return f.node.ReceiveAnswer(ctx, in.from, inner.Actor, accepted)
}

func (f *Federation) onAnswerByID(ctx context.Context, in incoming, accepted bool) error {
	follow, err := f.findFollow(ctx, instance.FollowFilter{Object: in.from.ID}, in.ObjectID)
	if err == nil {
		return f.node.ReceiveAnswer(ctx, in.from, follow.Actor, accepted)
	}
	if !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	places, err := f.node.Participations(ctx, instance.ParticipationFilter{Join: in.ObjectID, Limit: 1})
	switch {
	case err != nil:
		return err
	case len(places) > 0:
		return f.node.ReceiveJoinAnswer(ctx, in.from, places[0].Event, places[0].Who, accepted)
	}
	return f.onOfferAnswer(ctx, in, accepted)
}

// attends hears an answer to an event itself, which is how Friendica says that its
// people come or do not.
func (f *Federation) attends(ctx context.Context, in incoming, comes bool) (handled bool, err error) {
	o, err := f.node.Object(ctx, in.ObjectID)
	if errors.Is(err, instance.ErrNotFound) {
		return false, nil
	}
	if _, event := o.(*instance.Event); err != nil || !event || !o.Common().Local() {
		return false, err
	}
	if !comes {
		return true, f.node.ReceiveLeave(ctx, in.from, in.ObjectID, "")
	}
	return true, f.onJoin(ctx, in)
}
