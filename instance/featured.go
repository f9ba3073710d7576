package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxFeatured bounds what one actor puts forward: Mastodon shows no more on a profile.
const maxFeatured = 5

// Feature puts something of ours forward, in the name of its owner, or no longer: it
// comes first on the owner's page, and on its profile elsewhere. Followers' servers are
// told. What is so already, or was not, is no error.
//
// ErrNotFound, ErrGone, ErrForbidden (not its owner), ErrInvalid: five things are put
// forward already, or it is a sheet of the directory, which no follower is told of.
func (n *Node) Feature(ctx context.Context, by, id string, forward bool) error {
	return n.store.Write(ctx, func(tx Tx) error {
		o, err := n.owned(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, by); err != nil {
			return err
		}
		owner, err := tx.Actor(ctx, by)
		if err != nil || slices.Contains(owner.Featured, id) == forward {
			return err
		}
		alive, err := aliveOf(ctx, tx, owner.Featured)
		if err != nil {
			return err
		}
		verb := VerbRemove
		owner.Featured = slices.DeleteFunc(idsOf(alive), func(other string) bool { return other == id })
		if forward {
			var c checks
			c.require(o.Common().Kind != KindPartner, "featured", "une fiche de l’annuaire ne se met pas à la une")
			c.require(len(owner.Featured) < maxFeatured, "featured", "retirez d’abord autre chose de la une : cinq publications au plus")
			if err := c.err(); err != nil {
				return err
			}
			verb, owner.Featured = VerbAdd, append([]string{id}, owner.Featured...)
		}
		if err := tx.SaveActor(ctx, owner); err != nil {
			return err
		}
		return tx.Enqueue(ctx, NewJob(JobAnnounce, AnnounceArgs{Verb: verb, ID: id}))
	})
}

// Featured lists what an actor of ours puts forward, the latest first.
func (n *Node) Featured(ctx context.Context, a *Actor) ([]Object, error) {
	return aliveOf(ctx, n, a.Featured)
}

func aliveOf(ctx context.Context, r Reader, ids []string) ([]Object, error) {
	var out []Object
	for _, id := range ids {
		switch o, err := r.Object(ctx, id); {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("featured %s: %w", id, err)
		case o.Common().Deleted.IsZero():
			out = append(out, o)
		}
	}
	return out, nil
}

func idsOf(objects []Object) []string {
	ids := make([]string, len(objects))
	for i, o := range objects {
		ids[i] = o.Common().ID
	}
	return ids
}

// Feature is Node.Feature by the editor. ErrForbidden: see MayEdit.
func (e Editor) Feature(ctx context.Context, id string, forward bool) error {
	o, err := e.node.Object(ctx, id)
	if err != nil {
		return err
	}
	if !e.MayEdit(o) {
		return fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return e.node.Feature(ctx, o.Common().Owner, id, forward)
}
