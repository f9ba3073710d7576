package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Draft is something being written: seen by its author alone until it is published.
type Draft struct {
	ID      string
	Account string // whose it is
	Actor   string // IRI of the organisation it will be published by
	Edits   string // IRI of the object it will replace; "" for a new one
	Updated time.Time
	Object  Object // as far as it is written; need not be valid
	// Form is what was typed, field by field, when a form was: it says more than the
	// object that can be made of it so far.
	Form map[string][]string
}

// DraftReader reads drafts.
type DraftReader interface {
	Draft(ctx context.Context, id string) (*Draft, error)
	// Drafts lists an account's drafts, newest first.
	Drafts(ctx context.Context, account string) ([]Draft, error)
}

// DraftTx keeps them.
type DraftTx interface {
	SaveDraft(ctx context.Context, d Draft) error
	DeleteDraft(ctx context.Context, id string) error
}

// maxDrafts bounds what one account may leave unfinished.
const maxDrafts = 200

// maxDraftText bounds one draft's text, in bytes.
const maxDraftText = 200_000

// SaveDraft keeps what the editor has written so far and gives a new draft its ID.
// ErrForbidden: another's draft, or an organisation they do not write for;
// ErrInvalid: too many drafts, or one too long to be an object.
func (e Editor) SaveDraft(ctx context.Context, d Draft) (*Draft, error) {
	b := d.Object.Common()
	size := len(b.Source) + len(b.Content) + len(b.Summary) + len(b.Name)
	for name, values := range d.Form {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxDraftText {
		return nil, &ValidationError{[]FieldError{{"content", "raccourcissez le texte à 40 000 caractères"}}}
	}
	if d.Actor != "" && !e.speaksAs(d.Actor) {
		return nil, fmt.Errorf("%s: %w", d.Actor, ErrForbidden)
	}
	d.Account, d.Updated = e.account.ID, e.node.clock()
	return &d, e.node.store.Write(ctx, func(tx Tx) error {
		if d.ID != "" {
			if err := tx.Lock(ctx, d.ID); err != nil {
				return err
			}
			if _, err := e.ownDraft(ctx, tx, d.ID); err != nil {
				return err
			}
			return tx.SaveDraft(ctx, d)
		}
		kept, err := tx.Drafts(ctx, e.account.ID)
		if err != nil {
			return err
		}
		if len(kept) >= maxDrafts {
			return &ValidationError{[]FieldError{{"draft", "publiez ou supprimez d’abord d’autres brouillons : vous en avez déjà beaucoup"}}}
		}
		d.ID = newID()
		return tx.SaveDraft(ctx, d)
	})
}

// Draft is one of the editor's drafts. ErrNotFound; ErrForbidden: another's.
func (e Editor) Draft(ctx context.Context, id string) (*Draft, error) {
	return e.ownDraft(ctx, e.node.Reader, id)
}

// Drafts lists what the editor has not published yet, newest first.
func (e Editor) Drafts(ctx context.Context) ([]Draft, error) {
	return e.node.Drafts(ctx, e.account.ID)
}

// DeleteDraft throws one away; one that is gone already is no error.
func (e Editor) DeleteDraft(ctx context.Context, id string) error {
	return e.node.store.Write(ctx, func(tx Tx) error {
		switch _, err := e.ownDraft(ctx, tx, id); {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return tx.DeleteDraft(ctx, id)
	})
}

// PublishDraft makes a draft public as its object says, new or in the place of what it
// changes, and throws it away. ErrForbidden, ErrNotFound; ErrInvalid: it is not finished.
func (e Editor) PublishDraft(ctx context.Context, id string) (o Object, err error) {
	err = e.node.Together(ctx, func(n *Node) error {
		within := n.Editor(e.account)
		d, err := within.Draft(ctx, id)
		switch {
		case err != nil:
			return err
		case d.Edits != "":
			o, err = within.Edit(ctx, d.Edits, d.Object)
		case d.Actor == "":
			return &ValidationError{[]FieldError{{"actor", "choisissez au nom de qui vous publiez"}}}
		default:
			o, err = within.Publish(ctx, d.Actor, d.Object)
		}
		if err != nil {
			return err
		}
		return within.DeleteDraft(ctx, id)
	}, id) // who publishes it at the same time finds it gone
	return o, err
}

func (e Editor) ownDraft(ctx context.Context, r DraftReader, id string) (*Draft, error) {
	d, err := r.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	if d.Account != e.account.ID {
		return nil, fmt.Errorf("draft %s: %w", id, ErrForbidden)
	}
	return d, nil
}
