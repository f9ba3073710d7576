package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// listeners says, for each type of activity a peer may send, what answers it and
// which use case of the node it ends in. Types that are not here are ignored.
var listeners = map[string]func(*Federation, context.Context, incoming) error{
	"Create":   (*Federation).onCreate,   // node.ReceiveObject
	"Update":   (*Federation).onUpdate,   // node.ReceiveObject, node.ReceiveActor
	"Delete":   (*Federation).onDelete,   // node.ReceiveDelete, node.ReceiveActorGone
	"Announce": (*Federation).onAnnounce, // node.ReceiveAnnounce
	"Follow":   (*Federation).onFollow,   // node.ReceiveFollow
	"Undo":     (*Federation).onUndo,     // node.ReceiveUndoFollow
	"Accept":   (*Federation).onAccept,   // node.ReceiveAnswer
	"Reject":   (*Federation).onReject,   // node.ReceiveAnswer
}

// incoming is a verified activity and the actor who signed it.
type incoming struct {
	*as2.Activity
	from *instance.Actor
	body []byte // the activity as received
}

// Receive is the job that acts on an activity from the inbox (JobReceive).
func (f *Federation) Receive(ctx context.Context, job instance.Job) error {
	var args instance.ReceiveArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	received, err := f.node.Received(ctx, args.Seq)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	what := received.Type + " " + received.ID
	listener, ok := listeners[received.Type]
	if !ok {
		f.log.DebugContext(ctx, "ignored", "what", what, "why", "no listener for this type")
		return nil
	}
	activity, err := as2.ParseActivity(received.Body)
	if err != nil {
		return f.settle(ctx, what, job, err)
	}
	from, err := f.Actor(ctx, received.Actor)
	if err != nil {
		return f.settle(ctx, what, job, err)
	}
	f.learnHost(ctx, instance.Origin(from.ID))
	return f.settle(ctx, what, job, listener(f, ctx, incoming{activity, from, received.Body}))
}

// onCreate keeps a new object. One that is only named, or that lives elsewhere
// than who sends it, is read from its origin: an embedded copy proves nothing.
func (f *Federation) onCreate(ctx context.Context, in incoming) error {
	if in.ObjectRaw == nil || !instance.SameOrigin(in.ObjectID, in.from.ID) {
		return f.receiveFrom(ctx, in.from.ID, in.ObjectID)
	}
	return f.receiveEmbedded(ctx, in.from, in.ObjectRaw)
}

func (f *Federation) receiveEmbedded(ctx context.Context, from *instance.Actor, raw []byte) error {
	o, err := as2.ParseObject(raw)
	if err != nil {
		return err
	}
	return f.node.ReceiveObject(ctx, from, o, raw)
}

// onUpdate keeps a changed object as onCreate does, or the sender's own profile.
func (f *Federation) onUpdate(ctx context.Context, in incoming) error {
	if in.ObjectID != in.from.ID {
		return f.onCreate(ctx, in)
	}
	actor, err := parseActor(in.ObjectRaw, in.from.ID)
	if err != nil { // only named, or not readable as it was sent
		actor, err = f.fetchActor(ctx, in.from.ID)
	}
	switch {
	case err != nil:
		return err
	case actor.ID != in.from.ID:
		return fmt.Errorf("update of %s: %w: it is %s now", in.from.ID, instance.ErrForbidden, actor.ID)
	}
	return f.node.ReceiveActor(ctx, actor)
}

// onDelete forgets an object of the sender, or the sender itself.
func (f *Federation) onDelete(ctx context.Context, in incoming) error {
	if in.ObjectID == in.from.ID {
		return f.node.ReceiveActorGone(ctx, in.from.ID)
	}
	return f.node.ReceiveDelete(ctx, in.from, in.ObjectID)
}

// onAnnounce notes what the sender points at. Gancio embeds the object, and groups
// of the threadiverse an activity about it (FEP-1b12): of both only the IRI counts.
func (f *Federation) onAnnounce(ctx context.Context, in incoming) error {
	id, err := announced(in.Activity)
	if err != nil {
		return err
	}
	if id == "" {
		return fmt.Errorf("announce: %w: of nothing", instance.ErrInvalid)
	}
	return f.node.ReceiveAnnounce(ctx, in.from, id)
}

func (f *Federation) onFollow(ctx context.Context, in incoming) error {
	return f.node.ReceiveFollow(ctx, in.from, instance.Follow{ID: in.ID, Object: in.ObjectID, Raw: in.body})
}

// onUndo ends a follow. What is undone may be embedded, without its actor as
// Gancio does, or only be named.
func (f *Federation) onUndo(ctx context.Context, in incoming) error {
	if in.ObjectRaw == nil {
		return f.undoByID(ctx, in)
	}
	inner, err := as2.ParseInner(in.ObjectRaw)
	switch {
	case err != nil:
		return err
	case inner.Type != "Follow":
		return nil // Undo{Announce}, Undo{Like}: what they undo was not kept
	case inner.Actor != "" && inner.Actor != in.from.ID:
		return fmt.Errorf("undo: %w: the follow is %s's", instance.ErrForbidden, inner.Actor)
	}
	return f.node.ReceiveUndoFollow(ctx, in.from, inner.ObjectID)
}

func (f *Federation) undoByID(ctx context.Context, in incoming) error {
	follow, err := f.findFollow(ctx, instance.FollowFilter{Actor: in.from.ID}, in.ObjectID)
	if err != nil {
		return err
	}
	return f.node.ReceiveUndoFollow(ctx, in.from, follow.Object)
}

// findFollow finds, among the follows of a filter, the one whose activity had the id.
func (f *Federation) findFollow(ctx context.Context, filter instance.FollowFilter, id string) (*instance.Follow, error) {
	filter.Limit = 1000 // one actor's follows on one node: far fewer
	follows, _, err := f.node.Follows(ctx, filter)
	if err != nil {
		return nil, err
	}
	for _, follow := range follows {
		if follow.ID == id {
			return &follow, nil
		}
	}
	return nil, fmt.Errorf("follow %s: %w", id, instance.ErrNotFound)
}

func (f *Federation) onAccept(ctx context.Context, in incoming) error {
	return f.onAnswer(ctx, in, true)
}

func (f *Federation) onReject(ctx context.Context, in incoming) error {
	return f.onAnswer(ctx, in, false)
}

// onAnswer notes the answer to a follow of ours, found by the pair of actors when
// the follow is embedded, else by its id.
func (f *Federation) onAnswer(ctx context.Context, in incoming, accepted bool) error {
	if inner, err := as2.ParseInner(in.ObjectRaw); in.ObjectRaw != nil && err == nil && inner.Type == "Follow" && inner.Actor != "" {
		if inner.ObjectID != "" && inner.ObjectID != in.from.ID {
			return fmt.Errorf("answer to a follow of %s: %w: it is not %s", inner.ObjectID, instance.ErrForbidden, in.from.ID)
		}
		return f.node.ReceiveAnswer(ctx, in.from, inner.Actor, accepted)
	}
	follow, err := f.findFollow(ctx, instance.FollowFilter{Object: in.from.ID}, in.ObjectID)
	if err != nil {
		return err
	}
	return f.node.ReceiveAnswer(ctx, in.from, follow.Actor, accepted)
}
