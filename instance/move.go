package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// moveCooldown is how long after a move an actor may not move again.
const moveCooldown = 7 * 24 * time.Hour

// ReceiveMove notes that a remote actor now lives at another address. Ours who
// followed it ask to follow the new one, and what follows ours from the old address
// follows from the new one. target is the new actor as just read from its server, also
// who it says it is too: without the old one among them, anybody could be moved.
//
// ErrForbidden: it does not, or they moved elsewhere this week; ErrDuplicate: that
// was done already.
func (n *Node) ReceiveMove(ctx context.Context, from, target *Actor, also []string) error {
	switch {
	case n.urls.Local(target.ID) || n.urls.Local(from.ID), from.ID == target.ID:
		return fmt.Errorf("move of %s to %s: %w", from.ID, target.ID, ErrForbidden)
	case !slices.Contains(also, from.ID):
		return fmt.Errorf("move of %s to %s: %w: the new one does not say it is the same", from.ID, target.ID, ErrForbidden)
	case !target.Gone.IsZero():
		return fmt.Errorf("move of %s to %s: %w", from.ID, target.ID, ErrGone)
	}
	var asked []string
	err := n.store.Write(ctx, func(tx Tx) error {
		asked = nil
		if err := tx.Lock(ctx, from.ID); err != nil {
			return err
		}
		was, err := tx.Actor(ctx, from.ID)
		switch {
		case err != nil:
			return err
		case was.MovedTo == target.ID && !was.Moved.IsZero():
			return fmt.Errorf("move of %s: %w", from.ID, ErrDuplicate)
		case n.clock().Sub(was.Moved) < moveCooldown:
			return fmt.Errorf("move of %s: %w: it moved this week", from.ID, ErrForbidden)
		}
		was.MovedTo, was.Moved = target.ID, n.clock()
		if err := tx.SaveActor(ctx, was); err != nil {
			return err
		}
		if err := n.moveFollowers(ctx, tx, from.ID, target.ID); err != nil {
			return err
		}
		asked, err = n.leaveMoved(ctx, tx, from.ID)
		return err
	})
	for _, ours := range asked {
		err = errors.Join(err, n.RequestFollow(ctx, ours, target.ID))
	}
	return err
}

// moveFollowers has an actor follow ours from its new address.
func (n *Node) moveFollowers(ctx context.Context, tx Tx, from, target string) error {
	follows, _, err := tx.Follows(ctx, FollowFilter{Actor: from, State: FollowAccepted, Limit: 1000})
	if err != nil {
		return err
	}
	for _, f := range follows {
		if err := tx.DeleteFollow(ctx, f.Actor, f.Object); err != nil {
			return err
		}
		if _, err := tx.Follow(ctx, target, f.Object); !errors.Is(err, ErrNotFound) {
			if err != nil {
				return err
			}
			continue // it does already
		}
		f.Actor, f.Raw, f.Updated = target, nil, n.clock()
		if err := tx.SaveFollow(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// leaveMoved ends the follows of an address that nobody lives at any more, and lists
// ours who had one.
func (n *Node) leaveMoved(ctx context.Context, tx Tx, from string) ([]string, error) {
	follows, _, err := tx.Follows(ctx, FollowFilter{Object: from, Limit: 1000})
	if err != nil {
		return nil, err
	}
	ours := make([]string, 0, len(follows))
	for _, f := range follows {
		if err := tx.DeleteFollow(ctx, f.Actor, f.Object); err != nil {
			return nil, err
		}
		ours = append(ours, f.Actor)
		if err := tx.Enqueue(ctx, FollowJob(FollowArgs{Actor: f.Actor, Object: f.Object, Undo: f.ID})); err != nil {
			return nil, err
		}
	}
	return ours, nil
}
