package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Hiding says that something of another server is not to be seen here: an object, or
// an actor with all it published.
type Hiding struct {
	ID     string // IRI
	Domain string // its server
	Owner  string // IRI of an object's owner; "" of an actor
	Block  bool   // hidden with its whole server, and shown again with it
	At     time.Time
}

// HidingReader reads what is hidden.
type HidingReader interface {
	Hiding(ctx context.Context, id string) (*Hiding, error)
	// Hidings lists what is hidden, actors first: one by one, or, with a domain, what
	// was hidden with that server.
	Hidings(ctx context.Context, domain string, limit int) ([]Hiding, error)
}

// HidingTx keeps it.
type HidingTx interface {
	SaveHiding(ctx context.Context, h Hiding) error // inserts or replaces
	DeleteHiding(ctx context.Context, id string) error
}

// sweep is how many things are hidden or shown in one transaction: others write too.
const sweep = 200

// HideObject takes an object of another server, or an actor with all it published, off
// our pages, our search and our map. Nothing of it is kept, and what comes of it later
// is refused. ErrForbidden: it is ours; ErrNotFound; ErrGone: it was deleted.
func (n *Node) HideObject(ctx context.Context, id string) error {
	return n.store.Write(ctx, func(tx Tx) error { return n.hide(ctx, tx, id, false) })
}

func (n *Node) hide(ctx context.Context, tx Tx, id string, block bool) error {
	if n.urls.Local(id) {
		return fmt.Errorf("hide %s: %w: it is ours", id, ErrForbidden)
	}
	if err := tx.Lock(ctx, id); err != nil {
		return err
	}
	o, err := tx.Object(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		a, err := tx.Actor(ctx, id)
		if err != nil {
			return err
		}
		return n.hideActor(ctx, tx, a, block)
	case err != nil:
		return err
	case !o.Common().Deleted.IsZero():
		return fmt.Errorf("hide %s: %w", id, ErrGone)
	}
	b := o.Common()
	if err := tx.SaveHiding(ctx, Hiding{ID: id, Domain: Origin(id), Owner: b.Owner, Block: block, At: n.clock()}); err != nil {
		return err
	}
	return n.forget(ctx, tx, b)
}

// hideActor hides an actor, what it published and what it answered here.
func (n *Node) hideActor(ctx context.Context, tx Tx, a *Actor, block bool) error {
	if !a.Gone.IsZero() {
		return fmt.Errorf("hide %s: %w", a.ID, ErrGone)
	}
	if err := tx.SaveHiding(ctx, Hiding{ID: a.ID, Domain: Origin(a.ID), Block: block, At: n.clock()}); err != nil {
		return err
	}
	a.Gone = n.clock()
	if err := tx.SaveActor(ctx, a); err != nil {
		return err
	}
	if err := n.hideReplies(ctx, tx, a.ID); err != nil {
		return err
	}
	for {
		objects, _, err := tx.Objects(ctx, ObjectFilter{Owner: a.ID, Sort: ByID, Limit: sweep})
		if err != nil {
			return err
		}
		if len(objects) == 0 {
			return tx.Enqueue(ctx, IndexJob(a.ID))
		}
		for _, o := range objects {
			if err := n.hide(ctx, tx, o.Common().ID, block); err != nil {
				return err
			}
		}
	}
}

// hideReplies hides what an actor answered to things of ours.
func (n *Node) hideReplies(ctx context.Context, tx Tx, actor string) error {
	for _, state := range []ReplyState{ReplyShown, ReplyWaiting} {
		for {
			replies, _, err := tx.Replies(ctx, ReplyFilter{Actor: actor, State: state, Limit: sweep})
			if err != nil {
				return err
			}
			if len(replies) == 0 {
				break
			}
			for _, r := range replies {
				r.State = ReplyHidden
				if err := tx.SaveReply(ctx, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ShowObject lets be seen again what HideObject hid, as far as its server still has it
// and somebody here follows it. ErrNotFound: it is not hidden; ErrConflict: its whole
// server is blocked.
func (n *Node) ShowObject(ctx context.Context, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		h, err := tx.Hiding(ctx, id)
		if err != nil {
			return err
		}
		if h.Block {
			return fmt.Errorf("show %s: %w: %s is blocked", id, ErrConflict, h.Domain)
		}
		if err := n.unhide(ctx, tx, *h); err != nil || h.Owner != "" {
			return err
		}
		hidden, err := tx.Hidings(ctx, "", 10_000)
		for _, theirs := range hidden {
			if theirs.Owner == id && err == nil {
				err = n.unhide(ctx, tx, theirs)
			}
		}
		return err
	})
}

// unhide forgets that something was hidden and has it read again at its origin.
func (n *Node) unhide(ctx context.Context, tx Tx, h Hiding) error {
	if err := tx.Lock(ctx, h.ID); err != nil {
		return err
	}
	if err := tx.DeleteHiding(ctx, h.ID); err != nil {
		return err
	}
	if h.Owner == "" {
		a, err := tx.Actor(ctx, h.ID)
		if err != nil {
			return gone(err)
		}
		a.Gone = time.Time{}
		if err := tx.SaveActor(ctx, a); err != nil {
			return err
		}
		return tx.Enqueue(ctx, IndexJob(a.ID))
	}
	o, err := tx.Object(ctx, h.ID)
	if err != nil {
		return gone(err)
	}
	b := o.Common()
	b.Owner, b.Published = "", time.Time{} // a tombstone that gives way: see supersedes
	if err := tx.SaveObject(ctx, o, nil); err != nil {
		return err
	}
	return tx.Enqueue(ctx, FetchJob(h.ID, h.Owner))
}

// BlockHost takes nothing more from a server and sends it nothing, and hides all that
// it published. Doing it again ends what was interrupted.
func (n *Node) BlockHost(ctx context.Context, domain string) error {
	if domain == "" || domain == n.Domain() {
		return fmt.Errorf("block %q: %w", domain, ErrInvalid)
	}
	if err := n.store.Write(ctx, func(tx Tx) error { return n.setBlocked(ctx, tx, domain, true) }); err != nil {
		return err
	}
	for {
		left, err := n.hideSome(ctx, domain)
		if err != nil || !left {
			return err
		}
	}
}

// setBlocked notes that a server is blocked, or no longer.
func (n *Node) setBlocked(ctx context.Context, tx Tx, domain string, blocked bool) error {
	host, err := tx.Host(ctx, domain)
	if errors.Is(err, ErrNotFound) {
		host, err = &Host{Domain: domain}, nil
	}
	if err != nil {
		return err
	}
	host.Blocked = blocked
	return tx.SaveHost(ctx, *host)
}

// hideSome hides a part of what a server published, and says whether more may be left.
func (n *Node) hideSome(ctx context.Context, domain string) (left bool, err error) {
	err = n.store.Write(ctx, func(tx Tx) error {
		left = false
		objects, _, err := tx.Objects(ctx, ObjectFilter{Scope: Scope(domain), Sort: ByID, Limit: sweep})
		if err != nil {
			return err
		}
		for _, o := range objects {
			left = true
			if err := n.hide(ctx, tx, o.Common().ID, true); err != nil {
				return err
			}
		}
		if left {
			return nil
		}
		actors, _, err := tx.Actors(ctx, ActorFilter{Scope: Scope(domain), Limit: sweep})
		if err != nil {
			return err
		}
		for _, a := range actors {
			left = true
			if err := n.hideActor(ctx, tx, a, true); err != nil {
				return err
			}
		}
		return nil
	})
	return left, err
}

// ShowHost is UnblockHost, of a server that is blocked. ErrNotFound: it is not.
func (n *Node) ShowHost(ctx context.Context, domain string) error {
	h, err := n.Host(ctx, domain)
	if err == nil && !h.Blocked {
		err = fmt.Errorf("show %s: it is not blocked: %w", domain, ErrNotFound)
	}
	if err != nil {
		return err
	}
	return n.UnblockHost(ctx, domain)
}

// UnblockHost lifts a block. What was hidden with it comes back as far as the server
// still has it and somebody here follows it; what was hidden alone stays hidden.
func (n *Node) UnblockHost(ctx context.Context, domain string) error {
	if err := n.store.Write(ctx, func(tx Tx) error { return n.setBlocked(ctx, tx, domain, false) }); err != nil {
		return err
	}
	for {
		left := 0
		err := n.store.Write(ctx, func(tx Tx) error {
			hidden, err := tx.Hidings(ctx, domain, sweep)
			if err != nil {
				return err
			}
			left = len(hidden)
			for _, h := range hidden {
				if err := n.unhide(ctx, tx, h); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || left == 0 {
			return err
		}
	}
}
