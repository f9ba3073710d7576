package instance

import (
	"context"
	"errors"
	"fmt"
)

// Appear gives an account a public Person actor, which people find and follow, and
// in whose name it may write. draft holds its slug and what it says of itself; its
// place is rounded before it is kept. ErrInvalid, ErrConflict: the slug is taken, or
// the account has one already.
func (n *Node) Appear(ctx context.Context, account string, draft Actor) (*Actor, error) {
	draft.Kind, draft.Territory = KindPerson, nil
	person, err := n.openActor(ctx, draft, func(tx Tx, person *Actor) error {
		if err := tx.Lock(ctx, accountLock(account)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		if a.Person != "" {
			return fmt.Errorf("account %s appears already: %w", account, ErrConflict)
		}
		a.Person = person.ID
		return tx.SaveAccount(ctx, a)
	})
	if err != nil {
		return nil, err
	}
	return person, nil
}

// Disappear takes the account's Person away, here and from peers, which are told to
// delete it and what it published. What the account wrote for organisations stays
// theirs. An account that does not appear is no error.
func (n *Node) Disappear(ctx context.Context, account string) error {
	return n.changeAccount(ctx, account, func(tx Tx, a *Account) error { return n.disappear(ctx, tx, a) })
}

func (n *Node) disappear(ctx context.Context, tx Tx, a *Account) error {
	id := a.Person
	if a.Person = ""; id == "" {
		return nil
	}
	if err := tx.Lock(ctx, id); err != nil {
		return err
	}
	person, err := tx.Actor(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := n.withdrawAll(ctx, tx, id); err != nil {
		return err
	}
	if err := tx.SaveActor(ctx, n.erased(person)); err != nil {
		return err
	}
	return tx.Enqueue(ctx, IndexJob(id), NewJob(JobAnnounce, AnnounceArgs{Verb: VerbDelete, ID: id}))
}

// erased is what is left of an actor of ours that is gone: its address and its keys,
// so that it can tell its followers and that nobody takes its place.
func (n *Node) erased(a *Actor) *Actor {
	return &Actor{
		ID: a.ID, Kind: a.Kind, Type: a.Type, Slug: a.Slug, Handle: a.Handle, Name: a.Handle, URL: a.URL,
		Inbox: a.Inbox, SharedInbox: a.SharedInbox, Outbox: a.Outbox, Followers: a.Followers,
		KeyID: a.KeyID, KeyPEM: a.KeyPEM, Ed25519: a.Ed25519, PreviousKeyID: a.PreviousKeyID, Rotated: a.Rotated,
		Created: a.Created, Updated: later(n.clock(), a.Updated), Gone: n.clock(),
	}
}

// withdrawAll withdraws everything that an actor of ours published and keeps
// nothing of it but its addresses, which answer that it is gone.
func (n *Node) withdrawAll(ctx context.Context, tx Tx, owner string) error {
	for {
		objects, _, err := tx.Objects(ctx, ObjectFilter{Owner: owner, Sort: ByID, Limit: 500})
		if err != nil || len(objects) == 0 {
			return err
		}
		for _, o := range objects {
			b := o.Common()
			tombstone, err := NewObject(b.Kind)
			if err != nil {
				return err
			}
			*tombstone.Common() = Base{
				ID: b.ID, Kind: b.Kind, Slug: b.Slug, Owner: b.Owner, URL: b.URL,
				Published: b.Published, Updated: b.Updated, Deleted: n.clock(),
			}
			if err := tx.DeleteRevisions(ctx, b.ID); err != nil {
				return err
			}
			if err := save(ctx, tx, tombstone, VerbDelete); err != nil {
				return err
			}
		}
	}
}
