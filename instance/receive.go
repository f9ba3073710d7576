package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The limits of what a peer writes, in runes, before it is cleaned: a megabyte of
// markup takes a hundred megabytes to read, at each visit of its page.
const (
	maxReceivedText = 60_000 // as for our own authors
	maxReceivedLine = 5_000
)

// maxSkew is how far ahead of our clock a peer's dates may be.
const maxSkew = 24 * time.Hour

// ReceiveObject keeps what a peer published or changed. from is the actor whose
// signature or origin vouches for it; raw is the object as received.
//
// It is kept if from owns it, lives where it lives, and somebody here follows
// from or from's node, or we have it already; and if it is newer than what we have. Otherwise nothing
// happens and the error says why: ErrForbidden (not theirs), ErrGone (deleted
// here before), ErrDuplicate (not newer), ErrNotFound (nobody here follows them).
func (n *Node) ReceiveObject(ctx context.Context, from *Actor, o Object, raw []byte) error {
	return n.ReceiveAnnounced(ctx, from.ID, from, o, raw)
}

// ReceiveAnnounced is ReceiveObject for an object read at its origin because by
// pointed at it: it is kept if somebody here follows by or by's node.
func (n *Node) ReceiveAnnounced(ctx context.Context, by string, from *Actor, o Object, raw []byte) error {
	b := o.Common()
	switch {
	case n.urls.Local(b.ID):
		return fmt.Errorf("%s: %w: it is ours", b.ID, ErrForbidden)
	case b.Owner != from.ID, !SameOrigin(b.ID, from.ID):
		return fmt.Errorf("%s: %w: it is not %s's", b.ID, ErrForbidden, from.ID)
	}
	unwanted := n.Wants(ctx, by)
	if unwanted != nil && !errors.Is(unwanted, ErrNotFound) {
		return unwanted
	}
	n.clean(o)
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, b.ID); err != nil {
			return err
		}
		old, err := tx.Object(ctx, b.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			err = unwanted
		case err == nil:
			err = supersedes(b, old.Common())
			if err == nil && !old.Common().Deleted.IsZero() {
				err = unwanted // what we have is kept current, whoever points at it; this we have not
			}
		}
		if err != nil {
			return err
		}
		if err := n.disclaim(ctx, tx, o); err != nil {
			return err
		}
		if err := tx.SaveObject(ctx, o, raw); err != nil {
			return err
		}
		return tx.Enqueue(ctx, IndexJob(b.ID))
	})
}

// supersedes checks that an object may replace the one we have: judged by what is
// stored, never by what the newcomer claims.
func supersedes(b, old *Base) error {
	switch {
	case !old.Deleted.IsZero() && (old.Owner == b.Owner || !old.Published.IsZero()):
		return fmt.Errorf("%s: %w", b.ID, ErrGone)
	case !old.Deleted.IsZero(): // a neighbour deleted what we had not seen: it was not theirs to
		return nil
	case old.Owner != b.Owner, old.Kind != b.Kind:
		return fmt.Errorf("%s: %w: owner and kind do not change", b.ID, ErrForbidden)
	case !b.Updated.After(old.Updated):
		return fmt.Errorf("%s: %w", b.ID, ErrDuplicate)
	}
	return nil
}

// ReceiveDelete forgets an object of a peer and leaves a tombstone, so that a late
// Create does not bring it back. An unknown object is remembered as deleted too,
// if it lives where from lives.
func (n *Node) ReceiveDelete(ctx context.Context, from *Actor, id string) error {
	if n.urls.Local(id) || !SameOrigin(id, from.ID) {
		return fmt.Errorf("delete %s: %w: it is not %s's", id, ErrForbidden, from.ID)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		o, err := tx.Object(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			if err := n.Wants(ctx, from.ID); err != nil {
				return err
			}
			o = &Announcement{Base: Base{ID: id, Kind: KindAnnouncement, Origin: Origin(id), Owner: from.ID, Name: "—"}}
		case err != nil:
			return err
		case o.Common().Owner != from.ID:
			return fmt.Errorf("delete %s: %w: it is not %s's", id, ErrForbidden, from.ID)
		case !o.Common().Deleted.IsZero():
			return nil
		}
		return n.forget(ctx, tx, o.Common())
	})
}

// forget leaves a tombstone of a remote object: nothing else of it is kept.
func (n *Node) forget(ctx context.Context, tx Tx, was *Base) error {
	tombstone, err := NewObject(was.Kind)
	if err != nil {
		return err
	}
	b := tombstone.Common()
	*b = Base{ID: was.ID, Kind: was.Kind, Origin: Origin(was.ID), Owner: was.Owner, Published: was.Published, Updated: n.clock(), Deleted: n.clock()}
	if err := tx.SaveObject(ctx, tombstone, nil); err != nil {
		return err
	}
	return tx.Enqueue(ctx, IndexJob(b.ID))
}

// forgetAll forgets everything that a remote actor published.
func (n *Node) forgetAll(ctx context.Context, tx Tx, owner string) error {
	for {
		objects, _, err := tx.Objects(ctx, ObjectFilter{Owner: owner, Sort: ByID, Limit: 500})
		if err != nil || len(objects) == 0 {
			return err
		}
		for _, o := range objects {
			if err := n.forget(ctx, tx, o.Common()); err != nil {
				return err
			}
		}
	}
}

// ReceiveAnnounce notes that an actor we follow points at an object. What we do
// not have yet is fetched from its origin; an embedded copy is never believed.
func (n *Node) ReceiveAnnounce(ctx context.Context, from *Actor, id string) error {
	if n.urls.Local(id) {
		return nil // a boost of ours
	}
	if err := n.Wants(ctx, from.ID); err != nil {
		return err
	}
	if _, err := n.Object(ctx, id); !errors.Is(err, ErrNotFound) {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error { return tx.Enqueue(ctx, FetchJob(id, from.ID)) })
}

// ReceiveActor keeps a remote actor as just read from its origin. A territory that
// nobody here follows is kept as any group is: it does not put itself on our map.
func (n *Node) ReceiveActor(ctx context.Context, a *Actor) error {
	if n.urls.Local(a.ID) {
		return fmt.Errorf("%s: %w: it is ours", a.ID, ErrForbidden)
	}
	a.Origin, a.Slug = Origin(a.ID), ""
	a.Name, a.Summary = CleanName(Truncate(a.Name, maxReceivedLine), 200), SanitiseHTML(withoutHidden(Truncate(a.Summary, maxReceivedLine)))
	a.Handle = strings.ReplaceAll(CleanName(Truncate(a.Handle, maxReceivedLine), 100), "@", "")
	if !SameOrigin(a.URL, a.ID) {
		a.URL = a.ID
	}
	a.Place.clean()
	a.Profile = a.Profile.clean(a.Kind)
	a.Fetched = n.clock()
	if a.Kind == KindTerritory {
		switch err := n.Wants(ctx, a.ID); {
		case errors.Is(err, ErrNotFound):
			a.Kind = KindOrganisation
		case err != nil:
			return err
		}
	}
	return n.store.Write(ctx, func(tx Tx) error {
		was, err := tx.Actor(ctx, a.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if was != nil {
			a.MovedTo, a.Moved = was.MovedTo, was.Moved
		}
		if err := tx.SaveActor(ctx, a); err != nil {
			return err
		}
		if a.Kind != KindTerritory && (was == nil || was.Kind != KindTerritory) {
			return nil
		}
		return tx.Enqueue(ctx, IndexJob(a.ID)) // onto the map, or off it
	})
}

// ReceiveActorGone notes that a remote actor deleted itself: it is marked gone, its
// follows end and what it published is forgotten. ErrNotFound when we never knew it.
func (n *Node) ReceiveActorGone(ctx context.Context, id string) error {
	if n.urls.Local(id) {
		return fmt.Errorf("%s: %w: it is ours", id, ErrForbidden)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		a, err := tx.Actor(ctx, id)
		if err != nil {
			return err
		}
		a.Gone = n.clock()
		a.forget()
		if err := tx.SaveActor(ctx, a); err != nil {
			return err
		}
		if err := n.forgetAll(ctx, tx, id); err != nil {
			return err
		}
		if err := n.forgetDeeds(ctx, tx, id); err != nil {
			return err
		}
		for _, side := range []FollowFilter{{Actor: id, Limit: 10_000}, {Object: id, Limit: 10_000}} {
			follows, _, err := tx.Follows(ctx, side)
			if err != nil {
				return err
			}
			for _, f := range follows {
				if err := tx.DeleteFollow(ctx, f.Actor, f.Object); err != nil {
					return err
				}
			}
		}
		return tx.Enqueue(ctx, IndexJob(id))
	})
}

// forget erases what a remote actor that is gone said of itself; who it was still
// signs what it did.
func (a *Actor) forget() {
	a.Name, a.Summary, a.Website, a.Image, a.Place, a.Themes, a.Profile = a.Handle, "", "", nil, nil, nil, nil
}

// Wants says whether what the actor publishes belongs here: ErrNotFound unless
// one of our actors follows it, or follows the node it lives on.
func (n *Node) Wants(ctx context.Context, actorID string) error {
	return n.heard(ctx, actorID, FollowAccepted)
}

// Hears says whether what an actor says of an object is worth keeping until it is
// acted upon: we have the object, or follow the actor, or have asked to (what
// overtakes the answer is not lost).
func (n *Node) Hears(ctx context.Context, actorID, object string) error {
	if _, err := n.Object(ctx, object); !errors.Is(err, ErrNotFound) {
		return err
	}
	return n.heard(ctx, actorID, "")
}

func (n *Node) heard(ctx context.Context, actorID string, state FollowState) error {
	if followed, err := n.follows(ctx, actorID, state); followed || err != nil {
		return err
	}
	nodes, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindNode}, Scope: Scope(Origin(actorID)), Limit: 10})
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if !SameOrigin(node.ID, actorID) {
			continue
		}
		if followed, err := n.follows(ctx, node.ID, state); followed || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w: nobody here follows it", actorID, ErrNotFound)
}

// follows says whether one of our actors follows the remote one, or in any state
// ("") has asked to.
func (n *Node) follows(ctx context.Context, actorID string, state FollowState) (bool, error) {
	_, count, err := n.Follows(ctx, FollowFilter{Object: actorID, State: state, Limit: 1})
	return count > 0, err
}

// clean makes a stranger's object fit to keep and show.
func (n *Node) clean(o Object) {
	b := o.Common()
	b.Origin, b.Slug, b.Source = Origin(b.ID), "", ""
	b.Name, b.Summary = CleanName(Truncate(b.Name, maxReceivedLine), 200), CleanName(Truncate(b.Summary, maxReceivedLine), 1000)
	b.Content = SanitiseHTML(withoutHidden(Truncate(b.Content, maxReceivedText)))
	b.Place.clean()
	if !SameOrigin(b.URL, b.ID) {
		b.URL = b.ID
	}
	if b.Place != nil && b.Place.Point != nil && !b.Place.Point.Valid() {
		b.Place.Point = nil
	}
	now := n.clock()
	if b.Published.IsZero() || b.Published.After(now.Add(maxSkew)) {
		b.Published = now
	}
	if b.Updated.Before(b.Published) || b.Updated.After(now.Add(maxSkew)) {
		b.Updated = b.Published
	}
	keep := b.Themes[:0]
	for _, theme := range b.Themes {
		if Vocabularies().Has("themes", theme) {
			keep = append(keep, theme)
		}
	}
	b.Themes = keep
	cleanRefs(b.Territories)
	if e, ok := o.(*Event); ok {
		e.cleanPractical()
		e.When.Text, e.StatusAsOf = CleanName(e.When.Text, 200), CleanName(e.StatusAsOf, 40)
		cleanRefs(e.Organisers)
		if e.PartOf != nil {
			e.PartOf.Name = CleanName(e.PartOf.Name, 200)
		}
		for i := range e.Contributions {
			e.Contributions[i].Name = CleanName(e.Contributions[i].Name, 200)
		}
	}
	if b.Name == "" && b.Kind != KindAnnouncement {
		b.Name = cmp.Or(Truncate(PlainText(b.Content), 80), b.Origin)
	}
}

func cleanRefs(refs []Ref) {
	for i := range refs {
		refs[i].Name = CleanName(refs[i].Name, 200)
	}
}
