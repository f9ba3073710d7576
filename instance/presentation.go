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
	Website string
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
	_, err = e.node.editActor(ctx, tx, id, draft)
	return amended, err
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
