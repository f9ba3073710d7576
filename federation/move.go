package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

func (f *Federation) onLike(ctx context.Context, in incoming) error {
	return f.node.ReceiveReaction(ctx, in.from, instance.ReactionLike, in.ObjectID, in.ID)
}

func (f *Federation) onBlock(ctx context.Context, in incoming) error {
	return f.node.ReceiveBlock(ctx, in.from, in.ObjectID, in.ID)
}

// onMove follows an actor to its new address, when both addresses say that they are
// the same. Nothing is read for an actor that nobody here follows, nor is followed by.
func (f *Federation) onMove(ctx context.Context, in incoming) error {
	if in.ObjectID != in.from.ID || in.Target == "" || f.node.URLs().Local(in.Target) {
		return fmt.Errorf("move of %s to %q: %w", in.ObjectID, in.Target, instance.ErrForbidden)
	}
	if blocked, err := f.blocked(ctx, in.Target); err != nil || blocked {
		return errors.Join(err, fmt.Errorf("move to %s: %w: its server is blocked", in.Target, instance.ErrForbidden))
	}
	if known, err := f.linked(ctx, in.from.ID); err != nil || !known {
		return err
	}
	if old, err := f.fetch(ctx, in.from.ID); err == nil { // an address that is gone says nothing any more
		links, err := as2.ParseLinks(old.body)
		if err != nil {
			return err
		}
		if links.MovedTo != "" && links.MovedTo != in.Target {
			return fmt.Errorf("move to %s: %w: %s says %s", in.Target, instance.ErrForbidden, in.from.ID, links.MovedTo)
		}
	}
	doc, err := f.fetch(ctx, in.Target)
	if err != nil {
		return err
	}
	links, err := as2.ParseLinks(doc.body)
	if err != nil {
		return err
	}
	target, err := parseActor(doc.body, in.Target)
	if err != nil {
		return err
	}
	if err := f.node.ReceiveActor(ctx, target); err != nil {
		return err
	}
	return f.node.ReceiveMove(ctx, in.from, target, links.AlsoKnownAs)
}

// Move has an organisation of ours live at another address from now on, that of an actor
// of another server: a handle, or its IRI. Its own server is asked, just now, whether it
// is the same. Errors are *DiscoveryError, or the domain's.
func (f *Federation) Move(ctx context.Context, id, to string) (*instance.Actor, error) {
	target, err := f.Discover(ctx, to)
	if err != nil {
		return nil, err
	}
	doc, err := f.fetchOnce(ctx, target.ID)
	if err != nil {
		return nil, f.unread(target.ID, err)
	}
	links, err := as2.ParseLinks(doc.body)
	switch {
	case err != nil:
		return nil, f.unread(target.ID, err)
	case !slices.Contains(links.AlsoKnownAs, id):
		return nil, undiscovered(instance.ErrForbidden, "%s ne dit pas qu’il est aussi %s : personne ne croirait ce déménagement. Là-bas, déclarez d’abord cette ancienne adresse"+
			" (sur un nœud maillage : « maillage org alias NOM-COURT %s »), puis recommencez ici.", target.ID, id, id)
	case links.MovedTo != "":
		return nil, undiscovered(instance.ErrForbidden, "%s a lui-même déménagé, à l’adresse %s.", target.ID, links.MovedTo)
	}
	return target, f.node.Move(ctx, id, target, links.AlsoKnownAs)
}

// aboutMove makes what tells that an actor of ours moved: what it is now, which says so
// too, then the Move.
func (f *Federation) aboutMove(ctx context.Context, id string) ([]sending, error) {
	sendings, err := f.aboutActor(ctx, instance.VerbUpdate, id)
	if err != nil {
		return nil, err
	}
	actor, err := f.node.Actor(ctx, id)
	if err != nil || actor.MovedTo == "" { // taken back already
		return sendings, err
	}
	moveID := f.activityID(string(instance.VerbMove), id, actor.MovedTo, actor.Moved.UTC().Format(time.RFC3339))
	payload, err := as2.MarshalStatement(as2.Statement{
		ID: moveID, Type: string(instance.VerbMove), Actor: id, Objects: []string{id}, Target: actor.MovedTo, To: []string{actor.Followers},
	})
	if err != nil {
		return nil, err
	}
	return append(sendings, sending{
		Activity: instance.Activity{ID: moveID, Actor: id, Type: string(instance.VerbMove), Object: id, Payload: payload, Published: actor.Moved},
		audience: []string{id},
	}), nil
}

// linked says whether an actor follows one of ours, or is followed by one.
func (f *Federation) linked(ctx context.Context, actor string) (bool, error) {
	for _, side := range []instance.FollowFilter{{Object: actor, Limit: 1}, {Actor: actor, Limit: 1}} {
		if _, n, err := f.node.Follows(ctx, side); n > 0 || err != nil {
			return n > 0, err
		}
	}
	return false, nil
}

// onAdd reads what an actor puts in a collection of its own: a node's directory or
// territories, or what somebody puts forward. It is news of an object, no more.
func (f *Federation) onAdd(ctx context.Context, in incoming) error {
	if !ownCollection(in.from, in.Target) {
		return fmt.Errorf("add to %q: %w: it is not %s's", in.Target, instance.ErrForbidden, in.from.ID)
	}
	if in.ObjectRaw != nil {
		return f.onCreate(ctx, in)
	}
	return f.node.ReceiveAnnounce(ctx, in.from, in.ObjectID)
}

// onRemove looks at what left a node's directory: it may be gone. To be put forward
// no more changes nothing here.
func (f *Federation) onRemove(ctx context.Context, in incoming) error {
	switch {
	case !ownCollection(in.from, in.Target):
		return fmt.Errorf("remove from %q: %w: it is not %s's", in.Target, instance.ErrForbidden, in.from.ID)
	case in.Target != in.from.Directory && in.Target != in.from.Territories:
		return nil
	}
	known, err := f.node.Object(ctx, in.ObjectID)
	if err != nil || !known.Common().Deleted.IsZero() || !instance.SameOrigin(in.ObjectID, in.from.ID) {
		return err
	}
	return f.deleteIfGone(ctx, known.Common())
}

// ownCollection says that an address is that of a collection of the actor: the
// directory and the territories of a node, or what Mastodon calls featured.
func ownCollection(a *instance.Actor, target string) bool {
	switch {
	case target == "" || !instance.SameOrigin(target, a.ID):
		return false
	case target == a.Directory, target == a.Territories:
		return true
	}
	return strings.HasPrefix(target, a.ID+"/") && strings.HasSuffix(target, "/featured")
}

// onInvite reads the event that somebody is invited to: Friendica tells of its events so.
func (f *Federation) onInvite(ctx context.Context, in incoming) error {
	if in.ObjectType != "Event" {
		return nil
	}
	return f.onCreate(ctx, in)
}
