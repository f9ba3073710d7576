package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// UndoReport says what undoing an import did.
type UndoReport struct {
	Withdrawn int
	Kept      []Ref // created by it, and changed here by an author since: left alone
}

// UndoIntake withdraws what an import of the actor created, for good: their
// addresses answer 410. What it updated stays as it is, and so does what an author
// changed here since, which is listed. The same source can be imported again
// afterwards. ErrNotFound: nothing of that import is left; ErrForbidden.
func (n *Node) UndoIntake(ctx context.Context, by, batch string) (UndoReport, error) {
	var report UndoReport
	if _, err := n.localActor(ctx, by); err != nil {
		return report, err
	}
	var ids []string
	err := n.eachObject(ctx, ObjectFilter{Kinds: intakeKinds, Scope: ScopeLocal, Owner: by}, func(o Object) {
		b := o.Common()
		switch p := b.Provenance; {
		case p == nil || p.Batch != batch || batch == "":
		case editedHere(o, p):
			report.Kept = append(report.Kept, Ref{ID: b.ID, Slug: b.Slug, Name: b.Name, URL: b.URL})
		default:
			ids = append(ids, b.ID)
		}
	})
	if err != nil {
		return report, err
	}
	if len(ids)+len(report.Kept) == 0 {
		return report, fmt.Errorf("import %s: %w", batch, ErrNotFound)
	}
	for chunk := range slices.Chunk(ids, intakeBatch) {
		if err := n.withdrawIntake(ctx, by, chunk); err != nil {
			return report, err
		}
		report.Withdrawn += len(chunk)
	}
	return report, nil
}

func (n *Node) withdrawIntake(ctx context.Context, by string, ids []string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		for _, id := range ids {
			o, err := n.owned(ctx, tx, by, id)
			if errors.Is(err, ErrGone) {
				continue
			}
			if err != nil {
				return err
			}
			if err := n.remember(ctx, tx, author{actor: by}, VerbDelete, o, o); err != nil {
				return err
			}
			b := o.Common()
			b.Deleted, b.Provenance.Key = n.clock(), "" // see undone
			if err := save(ctx, tx, o, VerbDelete); err != nil {
				return err
			}
		}
		return nil
	})
}

// undone says that a tombstone is that of an import that was undone: the same row
// may be imported again. What an author deleted one by one stays deleted.
func (p *Provenance) undone() bool { return p != nil && p.Key == "" && p.Source != "" }
