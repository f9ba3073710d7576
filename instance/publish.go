package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Publish makes a draft public in the name of an actor of ours, and returns it
// with its IRI. The draft's ID, Owner, Origin and dates are set here; its Slug is
// kept if it is given and free.
//
// ErrInvalid (a *ValidationError naming each field), ErrForbidden: the actor is
// not ours; ErrConflict: the slug is taken.
func (n *Node) Publish(ctx context.Context, by string, draft Object) (Object, error) {
	return n.publish(ctx, author{actor: by}, draft)
}

// author is who makes a change: an actor of ours, and the account that wrote in its
// name, as far as its token lets it; nil for an import.
type author struct {
	actor   string // IRI
	account *Account
}

// id is that of the account, "" for none.
func (a author) id() string {
	if a.account == nil {
		return ""
	}
	return a.account.ID
}

func (n *Node) publish(ctx context.Context, by author, draft Object) (Object, error) {
	owner, err := n.localActor(ctx, by.actor)
	if err != nil {
		return nil, err
	}
	o, err := n.mint(owner, draft)
	if err != nil {
		return nil, err
	}
	return o, n.store.Write(ctx, func(tx Tx) error { return n.create(ctx, tx, by, o) })
}

// mint makes of a draft an object of the owner's, with its IRI.
func (n *Node) mint(owner *Actor, draft Object) (Object, error) {
	if err := owner.stays(); err != nil {
		return nil, err
	}
	o := CloneObject(draft)
	b := o.Common()
	if err := n.prepare(o); err != nil {
		return nil, err
	}
	if b.Slug == "" {
		b.Slug = newID()
		if title := Slugify(b.Name); title != "" {
			b.Slug = title + "-" + b.Slug[:6]
		}
	}
	if !slugPattern.MatchString(b.Slug) {
		return nil, &ValidationError{[]FieldError{{"slug", "utilisez des lettres minuscules sans accent, des chiffres et des tirets"}}}
	}
	b.ID = n.urls.Of(b.Kind, b.Slug)
	b.URL, b.Owner, b.Origin = b.ID, owner.ID, ""
	b.Published = n.clock()
	b.Updated = b.Published
	return o, nil
}

// reserve locks an IRI until commit. ErrConflict: it is taken.
func reserve(ctx context.Context, tx Tx, id string) error {
	if err := tx.Lock(ctx, id); err != nil {
		return err
	}
	switch _, err := tx.Object(ctx, id); {
	case err == nil:
		return fmt.Errorf("%s: %w", id, ErrConflict)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return nil
}

// create keeps a new object, if its IRI is free.
func (n *Node) create(ctx context.Context, tx Tx, by author, o Object) error {
	if err := reserve(ctx, tx, o.Common().ID); err != nil {
		return err
	}
	if err := n.askOrganisers(ctx, tx, by, o, nil); err != nil {
		return err
	}
	if err := n.remember(ctx, tx, by, VerbCreate, o, nil); err != nil {
		return err
	}
	return save(ctx, tx, o, VerbCreate)
}

// Edit replaces what an author may change of an object of ours by the draft's
// fields. When an event is cancelled, put off or moved, its followers are also told
// so in an announcement (see notice). ErrNotFound, ErrGone, ErrForbidden (not its
// owner), ErrInvalid.
func (n *Node) Edit(ctx context.Context, by, id string, draft Object) (Object, error) {
	return n.edit(ctx, author{actor: by}, id, draft, Telling{})
}

func (n *Node) edit(ctx context.Context, by author, id string, draft Object, telling Telling) (Object, error) {
	o := CloneObject(draft)
	if err := n.prepare(o); err != nil {
		return nil, err
	}
	return o, n.store.Write(ctx, func(tx Tx) error { return n.replace(ctx, tx, by, id, o, telling) })
}

// replace puts o, which was prepared, in the place of the object with the IRI.
func (n *Node) replace(ctx context.Context, tx Tx, by author, id string, o Object, telling Telling) error {
	old, err := n.owned(ctx, tx, by.actor, id)
	if err != nil {
		return err
	}
	was, b := old.Common(), o.Common()
	if b.Kind != was.Kind {
		return fmt.Errorf("%w: %s is no %s", ErrInvalid, id, b.Kind)
	}
	b.ID, b.URL, b.Slug, b.Owner, b.Origin, b.Published = was.ID, was.URL, was.Slug, was.Owner, was.Origin, was.Published
	b.Provenance = was.Provenance // only an import says where a thing comes from
	b.Updated = later(n.clock(), was.Updated)
	if err := n.askOrganisers(ctx, tx, by, o, old); err != nil {
		return err
	}
	if err := n.remember(ctx, tx, by, VerbUpdate, o, old); err != nil {
		return err
	}
	if err := save(ctx, tx, o, VerbUpdate); err != nil {
		return err
	}
	if err := n.tell(ctx, tx, old, o, telling); err != nil {
		return err
	}
	return n.reseat(ctx, tx, old, o)
}

// Withdraw deletes an object of ours for good and leaves a tombstone: its IRI
// answers 410 and is never used again.
func (n *Node) Withdraw(ctx context.Context, by, id string) error {
	return n.withdraw(ctx, author{actor: by}, id)
}

func (n *Node) withdraw(ctx context.Context, by author, id string) error {
	return n.store.Write(ctx, func(tx Tx) error { return n.remove(ctx, tx, by, id) })
}

// remove makes a tombstone of an object of ours.
func (n *Node) remove(ctx context.Context, tx Tx, by author, id string) error {
	o, err := n.owned(ctx, tx, by.actor, id)
	if err != nil {
		return err
	}
	if err := n.remember(ctx, tx, by, VerbDelete, o, o); err != nil {
		return err
	}
	if err := n.withdrawAsked(ctx, tx, id); err != nil {
		return err
	}
	o.Common().Deleted = n.clock()
	return save(ctx, tx, o, VerbDelete)
}

// save is where everything of ours becomes public: the object, its entry in the
// index and what peers are told, in one transaction.
func save(ctx context.Context, tx Tx, o Object, verb Verb) error {
	id := o.Common().ID
	if err := tx.SaveObject(ctx, o, nil); err != nil {
		return err
	}
	return tx.Enqueue(ctx, IndexJob(id), NewJob(JobAnnounce, AnnounceArgs{Verb: verb, ID: id}))
}

// prepare validates a draft and renders what is derived from it.
func (n *Node) prepare(o Object) error {
	if err := o.Validate(); err != nil {
		return err
	}
	b := o.Common()
	b.Deleted = time.Time{}
	if b.Language == "" {
		b.Language = "fr"
	}
	if b.Source != "" {
		b.Content = RenderMarkdown(b.Source)
	}
	b.Content = SanitiseHTML(b.Content)
	var c checks
	c.require(len(b.Content) <= maxContent, "content", "raccourcissez le texte : mis en forme, il est trop long pour voyager")
	return c.err()
}

// maxContent bounds what Markdown becomes, in bytes: peers take activities of 64 KiB.
const maxContent = 60_000

// owned loads an object of ours that the actor may change, locked until commit.
func (n *Node) owned(ctx context.Context, tx Tx, by, id string) (Object, error) {
	if err := tx.Lock(ctx, id); err != nil {
		return nil, err
	}
	o, err := tx.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	switch b := o.Common(); {
	case !b.Deleted.IsZero():
		return nil, fmt.Errorf("%s: %w", id, ErrGone)
	case !b.Local() || b.Owner != by:
		return nil, fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return o, nil
}

// localActor loads an actor that this node may speak for.
func (n *Node) localActor(ctx context.Context, id string) (*Actor, error) {
	a, err := n.Actor(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound) || (err == nil && !a.Local()):
		return nil, fmt.Errorf("%s: %w", id, ErrForbidden)
	case err != nil:
		return nil, err
	case !a.Gone.IsZero():
		return nil, fmt.Errorf("%s: %w", id, ErrGone)
	}
	return a, nil
}
