package instance

import (
	"context"
	"time"
)

// Revision is one version of an object of ours, or of what an actor of ours says of itself
// (see Presentation), kept so that it can be compared with another and brought back.
type Revision struct {
	Seq     int64 // set by the store; grows with time
	Object  string
	Verb    Verb   // Create, Update or Delete
	Account string // who wrote it; "" when an import or a token of the command line did
	At      time.Time
	Version Object // the object as it was then; of a Delete, as it was before
}

// RevisionReader reads the history of objects.
type RevisionReader interface {
	// Revisions lists the versions of an object, newest first.
	Revisions(ctx context.Context, object string) ([]Revision, error)
	Revision(ctx context.Context, seq int64) (*Revision, error)
}

// RevisionTx keeps it.
type RevisionTx interface {
	SaveRevision(ctx context.Context, r Revision) error
}

// remember keeps a version of o in its history. What an import or a token of the
// command line creates is not copied at once: old, what a change replaces, is kept with the
// first change.
func (n *Node) remember(ctx context.Context, tx Tx, by author, verb Verb, o, old Object) error {
	if old != nil {
		known, err := tx.Revisions(ctx, o.Common().ID)
		if err != nil {
			return err
		}
		if b := old.Common(); len(known) == 0 && verb != VerbDelete {
			if err := tx.SaveRevision(ctx, Revision{Object: b.ID, Verb: VerbCreate, At: b.Updated, Version: old}); err != nil {
				return err
			}
		}
	}
	if verb == VerbCreate && by.id() == "" {
		return nil
	}
	return tx.SaveRevision(ctx, Revision{Object: o.Common().ID, Verb: verb, Account: by.id(), At: n.clock(), Version: o})
}
