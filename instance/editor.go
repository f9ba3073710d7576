package instance

import (
	"context"
	"errors"
	"fmt"
)

// Editor is a signed-in person at work: what they may do, in the names of the
// organisations they write for. Each change is kept in the object's history with
// who made it.
type Editor struct {
	node    *Node
	account *Account
}

// Editor lets an account work. The account must have been authenticated.
func (n *Node) Editor(a *Account) Editor { return Editor{node: n, account: a} }

// Actors lists those in whose names the editor may publish, by name.
func (e Editor) Actors(ctx context.Context) ([]*Actor, error) {
	all, _, err := e.node.Actors(ctx, ActorFilter{Kinds: []Kind{KindOrganisation, KindPerson}, Scope: ScopeLocal, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	var actors []*Actor
	for _, a := range all {
		if e.speaksAs(a.ID) {
			actors = append(actors, a)
		}
	}
	return actors, nil
}

// speaksAs says whether the editor may publish, or come to events, in the name of an
// actor: one they write for. People speak for themselves alone, also where somebody else
// is the host.
func (e Editor) speaksAs(actor string) bool {
	kind, _, _ := e.node.urls.Parse(actor)
	return e.account.WritesFor(actor) && (kind != KindPerson || actor == e.account.Person)
}

// MayEdit says whether the editor may change an object: it is alive, ours, and they
// speak for its owner. What a person wrote is rewritten by nobody else.
func (e Editor) MayEdit(o Object) bool {
	b := o.Common()
	return b.Local() && b.Deleted.IsZero() && e.speaksAs(b.Owner)
}

// MayWithdraw says whether the editor may delete an object: they may change it, or they
// moderate the node, on which they answer for what it shows.
func (e Editor) MayWithdraw(o Object) bool {
	return o.Common().Deleted.IsZero() && e.MayModerate(o)
}

// MayPresent says whether the editor may change what an actor of ours says of itself:
// an organisation they write for or, for hosts, a territory. A person's own page is
// theirs alone.
func (e Editor) MayPresent(a *Actor) bool {
	if !a.Local() || !a.Gone.IsZero() || !e.account.Closed.IsZero() {
		return false
	}
	return a.Kind == KindOrganisation && e.account.WritesFor(a.ID) || a.Kind == KindTerritory && e.account.Hosts()
}

// Found is Node.CreateActor by the editor, for organisations and territories.
// ErrForbidden: they do not run the node.
func (e Editor) Found(ctx context.Context, a Actor) (*Actor, error) {
	if !e.account.Hosts() || !e.account.Closed.IsZero() || a.Kind != KindOrganisation && a.Kind != KindTerritory {
		return nil, fmt.Errorf("create %s %q: %w", a.Kind, a.Slug, ErrForbidden)
	}
	if err := a.ready(); err != nil {
		return nil, err
	}
	return e.node.CreateActor(ctx, a)
}

// Publish is Node.Publish by the editor.
func (e Editor) Publish(ctx context.Context, actor string, draft Object) (Object, error) {
	if !e.speaksAs(actor) {
		return nil, fmt.Errorf("%s: %w", actor, ErrForbidden)
	}
	return e.node.publish(ctx, author{actor, e.account}, draft)
}

// Edit is Node.Edit by the editor.
func (e Editor) Edit(ctx context.Context, id string, draft Object) (Object, error) {
	return e.EditTelling(ctx, id, draft, Telling{})
}

// EditTelling is Edit, with a say in what the followers are told of it.
func (e Editor) EditTelling(ctx context.Context, id string, draft Object, telling Telling) (Object, error) {
	by, err := e.author(ctx, id)
	if err != nil {
		return nil, err
	}
	return e.node.edit(ctx, by, id, draft, telling)
}

// Withdraw is Node.Withdraw by the editor. ErrForbidden: see MayWithdraw.
func (e Editor) Withdraw(ctx context.Context, id string) error {
	o, err := e.node.Object(ctx, id)
	if err != nil {
		return err
	}
	if !e.MayModerate(o) {
		return fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return e.node.withdraw(ctx, author{o.Common().Owner, e.account}, id)
}

// History lists the versions of an object of the editor's organisations, newest
// first, also of one that was withdrawn; or those of an actor that they may present.
func (e Editor) History(ctx context.Context, id string) ([]Revision, error) {
	if _, err := e.author(ctx, id); err != nil {
		return nil, err
	}
	return e.node.Revisions(ctx, id)
}

// Revert makes an old version the current one again, as a new change.
func (e Editor) Revert(ctx context.Context, seq int64) (Object, error) {
	r, err := e.revision(ctx, seq)
	if err != nil {
		return nil, err
	}
	if p, ok := r.Version.(*presentation); ok {
		return e.presentAgain(ctx, p)
	}
	return e.Edit(ctx, r.Object, r.Version)
}

// Restore makes a draft of a version: of something withdrawn, whose own address
// stays gone for good, since peers were told so. ErrNotFound: it is of an actor, which
// has no drafts.
func (e Editor) Restore(ctx context.Context, seq int64) (*Draft, error) {
	r, err := e.revision(ctx, seq)
	if err != nil {
		return nil, err
	}
	if _, ok := r.Version.(*presentation); ok {
		return nil, fmt.Errorf("draft of %s: %w", r.Object, ErrNotFound)
	}
	o := CloneObject(r.Version)
	b := o.Common()
	owner := b.Owner
	b.ID, b.URL, b.Slug = "", "", ""
	return e.SaveDraft(ctx, Draft{Actor: owner, Object: o})
}

func (e Editor) revision(ctx context.Context, seq int64) (*Revision, error) {
	r, err := e.node.Revision(ctx, seq)
	if err != nil {
		return nil, err
	}
	if _, err := e.author(ctx, r.Object); err != nil {
		return nil, err
	}
	return r, nil
}

// author is who the editor is to an object, or to an actor: its owner, when they speak
// for it.
func (e Editor) author(ctx context.Context, id string) (author, error) {
	o, err := e.node.Object(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return e.presenter(ctx, id)
	}
	if err != nil {
		return author{}, err
	}
	owner := o.Common().Owner
	if !o.Common().Local() || !e.speaksAs(owner) {
		return author{}, fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return author{owner, e.account}, nil
}

func (e Editor) presenter(ctx context.Context, id string) (author, error) {
	a, err := e.node.Actor(ctx, id)
	if err != nil {
		return author{}, err
	}
	if !e.MayPresent(a) {
		return author{}, fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return author{id, e.account}, nil
}
