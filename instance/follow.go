package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// FollowState is where a follow stands.
type FollowState string

// The states of a follow.
const (
	FollowPending  FollowState = "pending"
	FollowAccepted FollowState = "accepted"
	FollowRejected FollowState = "rejected"
)

// Follow says that Actor follows Object; one row for each pair, whichever side is
// ours. ID is the IRI of the last Follow activity: peers reuse or change it, so
// the pair is the key.
type Follow struct {
	ID      string
	Actor   string // IRI of the follower
	Object  string // IRI of the followed
	State   FollowState
	Raw     []byte // the Follow activity as received; an Accept embeds it verbatim
	Created time.Time
	Updated time.Time
}

// ReceiveFollow makes a remote actor a follower of one of ours and has an Accept
// sent, again if it follows already (peers re-send to heal). follow.Raw is the
// activity as received. ErrNotFound: the object is none of our actors.
func (n *Node) ReceiveFollow(ctx context.Context, from *Actor, follow Follow) error {
	target, err := n.Actor(ctx, follow.Object)
	if err != nil {
		return err
	}
	if !target.Local() || !target.Gone.IsZero() {
		return fmt.Errorf("follow of %s: %w", follow.Object, ErrNotFound)
	}
	follow.Actor, follow.State, follow.Updated = from.ID, FollowAccepted, n.clock()
	if follow.Created.IsZero() {
		follow.Created = follow.Updated
	}
	answer := NewJob(JobAnswer, FollowArgs{Actor: follow.Actor, Object: follow.Object})
	answer.Key = Origin(from.ID)
	err = n.store.Write(ctx, func(tx Tx) error {
		if late, err := wasUndone(ctx, tx, from.ID, follow.ID); late || err != nil {
			return err
		}
		if err := tx.SaveFollow(ctx, follow); err != nil {
			return err
		}
		return tx.Enqueue(ctx, answer)
	})
	if err != nil || !n.followBack || target.ID != n.self.ID || from.Kind != KindNode {
		return err
	}
	return n.RequestFollow(ctx, n.self.ID, from.ID)
}

// ReceiveUndoFollow ends a remote actor's follow; one that is unknown is no error. id
// is the Follow's IRI if it is known: one that comes later than its Undo changes nothing.
func (n *Node) ReceiveUndoFollow(ctx context.Context, from *Actor, object, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if _, err := tx.Follow(ctx, from.ID, object); errors.Is(err, ErrNotFound) {
			return n.rememberUndone(ctx, tx, from.ID, id)
		}
		return tx.DeleteFollow(ctx, from.ID, object)
	})
}

// ReceiveAnswer notes that a remote actor accepted or rejected the follow of one
// of ours. An accepted follow of a node starts the reading of its past. It is
// ErrNotFound when we did not ask.
func (n *Node) ReceiveAnswer(ctx context.Context, from *Actor, actor string, accepted bool) error {
	return n.store.Write(ctx, func(tx Tx) error {
		follow, err := tx.Follow(ctx, actor, from.ID)
		if err != nil {
			return err
		}
		first := follow.State != FollowAccepted
		follow.State, follow.Updated = FollowRejected, n.clock()
		if accepted {
			follow.State = FollowAccepted
		}
		if err := tx.SaveFollow(ctx, *follow); err != nil {
			return err
		}
		if !accepted || !first {
			return nil
		}
		if from.Territory != nil && from.Kind != KindTerritory { // it belongs on our map now
			from.Kind = KindTerritory
			if err := tx.SaveActor(ctx, from); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, IndexJob(from.ID)); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, backfillJobs(from)...)
	})
}

// backfillJobs read what an actor published before we followed it: territories
// first, so that what happens in them finds them.
func backfillJobs(a *Actor) []Job {
	var jobs []Job
	for _, collection := range []string{a.Territories, a.Directory, a.Outbox} {
		if collection == "" || !SameOrigin(collection, a.ID) {
			continue
		}
		jobs = append(jobs, BackfillJob(BackfillArgs{Peer: a.ID, URL: collection}))
	}
	return jobs
}

// RequestFollow makes an actor of ours ask to follow a remote one, which must be known
// (see ReceiveActor). Asking twice sends the request again. ErrForbidden: by is
// not ours, or was blocked.
func (n *Node) RequestFollow(ctx context.Context, by, object string) error {
	if _, err := n.localActor(ctx, by); err != nil {
		return err
	}
	if _, err := n.Actor(ctx, object); err != nil {
		return err
	}
	switch blocked, err := n.BlockedBy(ctx, object, by); {
	case err != nil:
		return err
	case blocked:
		return fmt.Errorf("%s wants nothing of %s: %w", object, by, ErrForbidden)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		follow, err := tx.Follow(ctx, by, object)
		switch {
		case errors.Is(err, ErrNotFound):
			follow = &Follow{ID: n.urls.Activity(newID()), Actor: by, Object: object, State: FollowPending, Created: n.clock()}
		case err != nil:
			return err
		case follow.State != FollowAccepted:
			follow.State = FollowPending
		}
		follow.Updated = n.clock()
		if err := tx.SaveFollow(ctx, *follow); err != nil {
			return err
		}
		return tx.Enqueue(ctx, FollowJob(FollowArgs{Actor: by, Object: object}))
	})
}

// Unfollow ends a follow of ours and tells the other side.
func (n *Node) Unfollow(ctx context.Context, by, object string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		follow, err := tx.Follow(ctx, by, object)
		if err != nil {
			return err
		}
		if err := tx.DeleteFollow(ctx, by, object); err != nil {
			return err
		}
		return tx.Enqueue(ctx, FollowJob(FollowArgs{Actor: by, Object: object, Undo: follow.ID}))
	})
}
