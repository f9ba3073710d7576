package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// listeners says, for each type of activity a peer may send, what answers it and
// which use case of the node it ends in. Types that are not here are ignored.
var listeners = map[string]func(*Federation, context.Context, incoming) error{
	"Create":     (*Federation).onCreate,   // node.ReceiveObject, node.ReceiveReply
	"Update":     (*Federation).onUpdate,   // node.ReceiveObject, node.ReceiveReply, node.ReceiveActor
	"Delete":     (*Federation).onDelete,   // node.ReceiveDelete, node.ReceiveReplyDelete, node.ReceiveActorGone
	"Announce":   (*Federation).onAnnounce, // node.ReceiveAnnounce, node.ReceiveReaction
	"Follow":     (*Federation).onFollow,   // node.ReceiveFollow
	"Undo":       (*Federation).onUndo,     // node.ReceiveUndo...
	"Accept":     (*Federation).onAccept,   // node.ReceiveAnswer, node.ReceiveJoinAnswer
	"Reject":     (*Federation).onReject,   // the same
	"Ignore":     (*Federation).onIgnore,   // node.ReceiveJoinAnswer
	"Join":       (*Federation).onJoin,     // node.ReceiveJoin
	"Leave":      (*Federation).onLeave,    // node.ReceiveLeave
	"Like":       (*Federation).onLike,     // node.ReceiveReaction
	"EmojiReact": (*Federation).onLike,     // node.ReceiveReaction
	"Block":      (*Federation).onBlock,    // node.ReceiveBlock
	"Move":       (*Federation).onMove,     // node.ReceiveMove
	"Add":        (*Federation).onAdd,      // node.ReceiveObject, node.ReceiveAnnounce
	"Remove":     (*Federation).onRemove,   // node.ReceiveDelete
	"Invite":     (*Federation).onInvite,   // node.ReceiveObject
	"Flag":       (*Federation).onFlag,     // node.ReceiveReport
	"Offer":      (*Federation).onOffer,    // node.ReceiveProposal, node.ReceiveOffer
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
	if err := f.revive(ctx, instance.Origin(from.ID)); err != nil {
		return err
	}
	return f.settle(ctx, what, job, listener(f, ctx, incoming{activity, from, received.Body}))
}

// onCreate keeps a new object. One that is only named, that lives elsewhere than who
// sends it or that is somebody else's is read from its origin: an embedded copy proves
// nothing, without its owner's proof in it.
func (f *Federation) onCreate(ctx context.Context, in incoming) error {
	if in.ObjectRaw == nil {
		return f.receiveTold(ctx, told{by: in.from.ID, changed: f.changed(in)}, in.ObjectID)
	}
	if answers, err := f.answersOurs(ctx, in.Activity); err != nil || answers {
		return errors.Join(err, f.onReply(ctx, in))
	}
	if !instance.SameOrigin(in.ObjectID, in.from.ID) {
		if err := f.receiveProven(ctx, in.from.ID, in.ObjectRaw); !errors.Is(err, errProof) {
			return err
		}
		return f.receiveTold(ctx, told{by: in.from.ID, changed: f.changed(in)}, in.ObjectID)
	}
	if owner := ownerOf(in.ObjectRaw); owner != in.from.ID && instance.SameOrigin(owner, in.from.ID) {
		return f.receiveForGroup(ctx, in, owner)
	}
	return f.receiveEmbedded(ctx, in)
}

// changed is when an Update says that its object changed; zero of any other activity.
func (f *Federation) changed(in incoming) time.Time {
	switch {
	case in.Type != "Update":
		return time.Time{}
	case in.Published.IsZero():
		return f.node.Now()
	}
	return in.Published
}

// receiveForGroup keeps what somebody published in the name of a group, as people do on
// Mobilizon. Only the object's own address can say that it is the group's.
func (f *Federation) receiveForGroup(ctx context.Context, in incoming, group string) error {
	by := group
	if err := f.node.Wants(ctx, group); errors.Is(err, instance.ErrNotFound) {
		by = in.from.ID
	}
	return f.receiveTold(ctx, told{by, group, f.changed(in)}, in.ObjectID)
}

func (f *Federation) receiveEmbedded(ctx context.Context, in incoming) error {
	o, err := as2.ParseCarried(in.Activity)
	if err != nil {
		return err
	}
	date(o.Common(), f.changed(in))
	return f.node.ReceiveObject(ctx, in.from, o, in.ObjectRaw)
}

// onUpdate keeps a changed object as onCreate does, or the sender's own profile.
func (f *Federation) onUpdate(ctx context.Context, in incoming) error {
	if in.ObjectID != in.from.ID {
		if handled, err := f.updateGroup(ctx, in); handled || err != nil {
			return err
		}
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
	if handled, err := f.deleteGroup(ctx, in); handled || err != nil {
		return err
	}
	if _, err := f.node.Reply(ctx, in.ObjectID); !errors.Is(err, instance.ErrNotFound) {
		return errors.Join(err, f.node.ReceiveReplyDelete(ctx, in.from, in.ObjectID))
	}
	known, err := f.node.Object(ctx, in.ObjectID)
	if err == nil && known.Common().Owner != in.from.ID && instance.SameOrigin(in.ObjectID, in.from.ID) {
		return f.deleteIfGone(ctx, known.Common())
	}
	err = f.node.ReceiveDelete(ctx, in.from, in.ObjectID)
	if errors.Is(err, instance.ErrNotFound) { // of somebody nobody follows: perhaps of a reply that comes later
		return f.node.ReceiveReplyDelete(ctx, in.from, in.ObjectID)
	}
	return err
}

// deleteIfGone forgets an object whose owner did not say that it was deleted, if it is
// gone from its own address.
func (f *Federation) deleteIfGone(ctx context.Context, b *instance.Base) error {
	if err := f.mustBeGone(ctx, b.ID); err != nil {
		return err
	}
	owner, err := f.node.Actor(ctx, b.Owner)
	if err != nil {
		return err
	}
	return f.node.ReceiveDelete(ctx, owner, b.ID)
}

func isTombstone(raw []byte) bool {
	var doc map[string]json.RawMessage
	return json.Unmarshal(raw, &doc) == nil && textOf(doc["type"]) == "Tombstone"
}

// onAnnounce notes what the sender points at. Gancio embeds the object, and groups
// of the threadiverse an activity about it (FEP-1b12): of both only the IRI counts,
// unless the author's proof is in them.
func (f *Federation) onAnnounce(ctx context.Context, in incoming) error {
	if inner, err := in.Inner(); err == nil && inner.Type != "Create" && inner.Type != "Update" {
		return f.onAnnouncedActivity(ctx, inner)
	}
	id, err := announced(in.Activity)
	switch {
	case err != nil:
		return err
	case id == "":
		return fmt.Errorf("announce: %w: of nothing", instance.ErrInvalid)
	case f.node.URLs().Local(id):
		return f.node.ReceiveReaction(ctx, in.from, instance.ReactionShare, id, in.ID)
	}
	if in.ObjectRaw != nil {
		if err := f.receiveProven(ctx, in.from.ID, in.ObjectRaw); !errors.Is(err, errProof) {
			return err
		}
	}
	return f.node.ReceiveAnnounce(ctx, in.from, id)
}

// onAnnouncedActivity hears what a group repeats of others (FEP-1b12). Of a Delete,
// the object's own address says whether it is true; likes and the rest are not
// counted on a group's word.
func (f *Federation) onAnnouncedActivity(ctx context.Context, inner *as2.Activity) error {
	if inner.Type != "Delete" || f.node.URLs().Local(inner.ObjectID) {
		return nil
	}
	known, err := f.node.Object(ctx, inner.ObjectID)
	if err != nil || !known.Common().Deleted.IsZero() {
		return err
	}
	return f.deleteIfGone(ctx, known.Common())
}

func (f *Federation) onFollow(ctx context.Context, in incoming) error {
	return f.node.ReceiveFollow(ctx, in.from, instance.Follow{ID: in.ID, Object: in.ObjectID, Raw: in.body})
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
