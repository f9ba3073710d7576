package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Move says that an organisation of ours lives at another address from now on: its
// followers are told to follow target there, and it publishes nothing new here. What it
// published stays, and can be corrected and withdrawn. target was just read from its
// server; also is who it says it is too: without the old one among them, no server would
// believe the move.
//
// ErrForbidden: target does not say so, or the actor is none of ours; ErrConflict: it
// moved elsewhere already; ErrGone.
func (n *Node) Move(ctx context.Context, id string, target *Actor, also []string) error {
	switch {
	case n.urls.Local(target.ID), !slices.Contains(also, id):
		return fmt.Errorf("move of %s to %s: %w: the new one does not say it is the same", id, target.ID, ErrForbidden)
	case !target.Gone.IsZero():
		return fmt.Errorf("move of %s to %s: %w", id, target.ID, ErrGone)
	}
	return n.changeActor(ctx, id, VerbMove, func(a *Actor) error {
		if a.MovedTo != "" && a.MovedTo != target.ID {
			return fmt.Errorf("%s moved to %s: %w", id, a.MovedTo, ErrConflict)
		}
		a.MovedTo, a.Moved = target.ID, n.clock()
		return nil
	})
}

// Stay takes a move back: the organisation publishes here again. The followers that
// other servers moved do not come back by themselves. ErrForbidden, ErrGone.
func (n *Node) Stay(ctx context.Context, id string) error {
	return n.changeActor(ctx, id, VerbUpdate, func(a *Actor) error {
		a.MovedTo, a.Moved = "", time.Time{}
		return nil
	})
}

// maxAliases bounds the addresses that one actor may come from.
const maxAliases = 10

// SetAlias says that an actor of ours is also the one at another address, or no longer:
// that one may then move here, with its followers. ErrForbidden, ErrGone, ErrInvalid.
func (n *Node) SetAlias(ctx context.Context, id, alias string, is bool) error {
	return n.changeActor(ctx, id, VerbUpdate, func(a *Actor) error {
		var c checks
		c.address("alias", alias)
		c.require(alias != "" && !n.urls.Local(alias), "alias", "donnez l’adresse d’un profil d’un autre nœud")
		a.AlsoKnownAs = slices.DeleteFunc(a.AlsoKnownAs, func(known string) bool { return known == alias })
		if is {
			a.AlsoKnownAs = append(a.AlsoKnownAs, alias)
		}
		c.require(len(a.AlsoKnownAs) <= maxAliases, "alias", "retirez d’abord une autre adresse : dix au plus")
		return c.err()
	})
}

// changeActor changes an actor of ours and tells its followers.
func (n *Node) changeActor(ctx context.Context, id string, verb Verb, change func(*Actor) error) error {
	if _, err := n.localActor(ctx, id); err != nil {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		a, err := tx.Actor(ctx, id)
		if err != nil {
			return err
		}
		if err := change(a); err != nil {
			return err
		}
		a.Updated = later(n.clock(), a.Updated)
		if err := tx.SaveActor(ctx, a); err != nil {
			return err
		}
		return tx.Enqueue(ctx, NewJob(JobAnnounce, AnnounceArgs{Verb: verb, ID: id}))
	})
}

// stays refuses to publish in the name of an actor of ours that moved: its followers
// are elsewhere.
func (a *Actor) stays() error {
	if a.MovedTo == "" {
		return nil
	}
	return &ValidationError{[]FieldError{{"owner", "cette organisation a déménagé : publiez à sa nouvelle adresse, ou annulez le déménagement"}}}
}

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
