package instance

import (
	"context"
	"errors"
	"fmt"
)

// maxPresentation bounds what an actor of ours says of itself, in bytes of Markdown.
const maxPresentation = 5000

// presentation is what an organisation or a territory says of itself, as an Object: it
// is corrected as they are. Its content is its summary, in Markdown.
type presentation struct {
	Base
	Website string `json:"website,omitempty"`
}

// NewVersion returns an empty version of what has a history, an object or a presentation,
// or ErrInvalid.
func NewVersion(kind Kind) (Object, error) {
	if kind == KindOrganisation || kind == KindTerritory {
		return &presentation{Base: Base{Kind: kind}}, nil
	}
	return NewObject(kind)
}

// Presentation is an actor as something that can be corrected. ErrNotFound: a person's
// words are their own, and a node's are its host's.
func Presentation(a *Actor) (Object, error) {
	if a.Kind != KindOrganisation && a.Kind != KindTerritory {
		return nil, fmt.Errorf("correct %s: %w", a.ID, ErrNotFound)
	}
	return &presentation{
		Base: Base{
			ID: a.ID, Kind: a.Kind, Origin: a.Origin, Owner: a.ID, URL: a.URL, Name: a.Name, Source: plainLines(MarkdownOf(a.Summary)),
			Place: a.Place, Updated: a.Updated, Deleted: a.Gone,
		},
		Website: a.Website,
	}, nil
}

// Validate implements Object.
func (p *presentation) Validate() error {
	var c checks
	c.require(p.Name != "", "name", "donnez un nom")
	c.require(len([]rune(p.Name)) <= 100, "name", "raccourcissez à %d caractères", 100)
	c.require(len(p.Source) <= maxPresentation, "content", "raccourcissez à %d caractères", maxPresentation)
	c.address("website", p.Website)
	return c.err()
}

// correctable is what a correction is of: an object or a presentation. ErrNotFound.
func (n *Node) correctable(ctx context.Context, id string) (Object, error) {
	o, err := n.Object(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return o, err
	}
	a, err := n.Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	return Presentation(a)
}

// presentProposed changes what an actor of ours says of itself. ErrForbidden: a
// territory is the host's.
func (e Editor) presentProposed(ctx context.Context, tx Tx, id string, changes []Change) (Object, error) {
	if err := tx.Lock(ctx, id); err != nil {
		return nil, err
	}
	a, err := tx.Actor(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !a.Gone.IsZero():
		return nil, fmt.Errorf("%s: %w", id, ErrGone)
	case a.Kind == KindTerritory && !e.account.Hosts():
		return nil, fmt.Errorf("%s: %w: the host's", id, ErrForbidden)
	}
	old, err := Presentation(a)
	if err != nil {
		return nil, err
	}
	amended, err := e.node.Amended(old, changes)
	if err != nil {
		return nil, err
	}
	draft := *a
	draft.present(amended, old)
	_, err = e.present(ctx, tx, a, draft)
	return amended, err
}

// Present is Node.EditActor by the editor. What it says of itself before and after is
// kept in its history. ErrForbidden: see MayPresent.
func (e Editor) Present(ctx context.Context, id string, draft Actor) (a *Actor, err error) {
	err = e.presenting(ctx, id, func(tx Tx, was *Actor) error {
		if err := draft.ready(); err != nil {
			return err
		}
		a, err = e.present(ctx, tx, was, draft)
		return err
	})
	return a, err
}

// presenting loads an actor that the editor may present, locked until commit.
func (e Editor) presenting(ctx context.Context, id string, change func(Tx, *Actor) error) error {
	return e.node.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		a, err := tx.Actor(ctx, id)
		if err != nil {
			return err
		}
		if !e.MayPresent(a) {
			return fmt.Errorf("%s: %w", id, ErrForbidden)
		}
		return change(tx, a)
	})
}

func (e Editor) present(ctx context.Context, tx Tx, was *Actor, draft Actor) (*Actor, error) {
	old, err := Presentation(was)
	if err != nil {
		return nil, err
	}
	a, err := e.node.editActor(ctx, tx, was.ID, draft)
	if err != nil {
		return nil, err
	}
	now, err := Presentation(a)
	if err != nil {
		return nil, err
	}
	return a, e.node.remember(ctx, tx, author{a.ID, e.account}, VerbUpdate, now, old)
}

// presentAgain makes an old version of what an actor says of itself the current one: its
// name, its text, its website and its place. The rest stays.
func (e Editor) presentAgain(ctx context.Context, version *presentation) (o Object, err error) {
	err = e.presenting(ctx, version.ID, func(tx Tx, a *Actor) error {
		old, err := Presentation(a)
		if err != nil {
			return err
		}
		draft := *a
		draft.present(version, old)
		if a, err = e.present(ctx, tx, a, draft); err != nil {
			return err
		}
		o, err = Presentation(a)
		return err
	})
	return o, err
}

// present takes over what was amended; a summary that was not keeps its HTML.
func (a *Actor) present(amended, old Object) {
	b := amended.Common()
	a.Name, a.Place = b.Name, b.Place
	if p, ok := amended.(*presentation); ok {
		a.Website = p.Website
	}
	if b.Source != old.Common().Source {
		a.Summary = RenderMarkdown(b.Source)
	}
}
