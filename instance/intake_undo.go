package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// UndoReport says what undoing an import did.
type UndoReport struct {
	Withdrawn int   // things that it created, and actors that it opened
	Restored  int   // things that it had changed, as they were before
	Kept      []Ref // changed here since, or in use: left alone
}

func (r *UndoReport) add(part UndoReport) {
	r.Withdrawn += part.Withdrawn
	r.Restored += part.Restored
	r.Kept = append(r.Kept, part.Kept...)
}

// UndoIntake takes back an import of the actor, by the ID of its record: what it created
// is withdrawn for good, and its addresses answer 410; what it changed is again as it was
// before. What an author, or a later import, changed since stays as it is, and is listed;
// so do the organisations and territories that it opened and that are in use. The same
// source can be imported again afterwards. It is noted in the record, and when it fails
// half-way it can be done again, for the rest.
//
// ErrNotFound: there is no such import, or it was undone; ErrForbidden: it is another
// actor's; ErrConflict: it goes on.
func (n *Node) UndoIntake(ctx context.Context, by, id string) (UndoReport, error) {
	var report UndoReport
	if _, err := n.localActor(ctx, by); err != nil {
		return report, err
	}
	record, err := n.IntakeRecord(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound): // of a version that kept none for commands and feeds
		record = nil
	case err != nil:
		return report, err
	case record.Owner != by:
		return report, fmt.Errorf("import %s: %w", id, ErrForbidden)
	case record.GoesOn(n.clock()):
		return report, fmt.Errorf("import %s: %w", id, ErrConflict)
	case !record.Undone.IsZero():
		return report, fmt.Errorf("import %s: %w", id, ErrNotFound)
	default:
		id = record.Report.Batch // once, a record had another name than its batch
	}
	changes, err := n.IntakeChanges(ctx, id)
	u := &undoing{node: n, by: by}
	var edits []ActorEdit
	if record != nil {
		u.source, edits = record.Source, record.Edits
	}
	if err == nil && len(changes)+len(edits) == 0 {
		err = fmt.Errorf("import %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return report, err
	}
	if report, err = u.all(ctx, changes, edits); err != nil || record == nil {
		return report, err
	}
	record.Undone, record.Undoing = n.clock(), report
	record.Undoing.Kept = report.Kept[:min(len(report.Kept), mostRecorded)]
	j := &journal{node: n, record: *record}
	return report, n.store.Write(ctx, func(tx Tx) error { return j.save(ctx, tx) })
}

// undoing is one run of UndoIntake.
type undoing struct {
	node   *Node
	by     string
	source string // of the import; "" when it has no record
}

// all takes back objects, then the actors that are of no use without them, and what was
// changed of the others.
func (u *undoing) all(ctx context.Context, changes []IntakeChange, edits []ActorEdit) (report UndoReport, err error) {
	var actors []IntakeChange
	objects := slices.DeleteFunc(changes, func(c IntakeChange) bool {
		kind, _, _ := u.node.urls.Parse(c.ID)
		if kind == KindOrganisation || kind == KindTerritory {
			actors = append(actors, c)
			return true
		}
		return false
	})
	for chunk := range slices.Chunk(objects, intakeBatch) {
		if err := batch(ctx, u, chunk, u.object, &report); err != nil {
			return report, err
		}
	}
	for chunk := range slices.Chunk(actors, intakeBatch) {
		if err := batch(ctx, u, chunk, u.actor, &report); err != nil {
			return report, err
		}
	}
	for chunk := range slices.Chunk(edits, intakeBatch) {
		if err := batch(ctx, u, chunk, u.edit, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

// batch takes back some changes, in one transaction.
func batch[T interface{ subject() string }](ctx context.Context, u *undoing, changes []T, undo func(context.Context, Tx, T) (UndoReport, error), report *UndoReport) error {
	var done UndoReport
	err := u.node.store.Write(ctx, func(tx Tx) error {
		done = UndoReport{} // anew: a transaction may run again
		for _, c := range changes {
			part, err := undo(ctx, tx, c)
			if err != nil {
				return fmt.Errorf("undo %s: %w", c.subject(), err)
			}
			done.add(part)
		}
		return nil
	})
	if err == nil {
		report.add(done)
	}
	return err
}

func (u *undoing) object(ctx context.Context, tx Tx, c IntakeChange) (report UndoReport, err error) {
	if err := tx.Lock(ctx, c.ID); err != nil {
		return report, err
	}
	o, err := tx.Object(ctx, c.ID)
	if errors.Is(err, ErrNotFound) || err == nil && !o.Common().Deleted.IsZero() {
		return report, nil
	}
	if err != nil {
		return report, err
	}
	b := o.Common()
	if b.Owner != u.by && u.by != u.node.self.ID { // which answers for what an archive brings in many names
		return report, ErrForbidden
	}
	versions, err := tx.Revisions(ctx, c.ID)
	if err != nil {
		return report, err
	}
	kept := UndoReport{Kept: []Ref{{ID: b.ID, Slug: b.Slug, Name: b.Name, URL: b.URL}}}
	if c.Revision == 0 {
		if p := b.Provenance; p != nil && editedHere(o, p) || p == nil && len(versions) > 0 {
			return kept, nil
		}
		return UndoReport{Withdrawn: 1}, u.withdraw(ctx, tx, o)
	}
	if len(versions) < 2 || versions[0].Seq != c.Revision {
		return kept, nil
	}
	return UndoReport{Restored: 1}, u.restore(ctx, tx, o, versions[1].Version)
}

func (u *undoing) withdraw(ctx context.Context, tx Tx, o Object) error {
	b := o.Common()
	if err := u.node.remember(ctx, tx, author{actor: b.Owner}, VerbDelete, o, o); err != nil {
		return err
	}
	if err := u.node.withdrawAsked(ctx, tx, b.ID); err != nil {
		return err
	}
	b.Deleted = u.node.clock()
	if b.Provenance == nil {
		b.Provenance = &Provenance{Source: u.source}
	}
	b.Provenance.Key = "" // see undone
	return save(ctx, tx, o, VerbDelete)
}

// restore makes a version the current one again, with what was then known of its source:
// the same file changes it again.
func (u *undoing) restore(ctx context.Context, tx Tx, o, version Object) error {
	was := CloneObject(version)
	b := was.Common()
	b.Updated = later(u.node.clock(), o.Common().Updated)
	if err := u.node.remember(ctx, tx, author{actor: b.Owner}, VerbUpdate, was, o); err != nil {
		return err
	}
	if err := save(ctx, tx, was, VerbUpdate); err != nil {
		return err
	}
	if err := u.node.notify(ctx, tx, o, was); err != nil {
		return err
	}
	return u.node.reseat(ctx, tx, o, was)
}

// undone says that a tombstone is that of an import that was undone: the same row
// may be imported again. What an author deleted one by one stays deleted.
func (p *Provenance) undone() bool { return p != nil && p.Key == "" && p.Source != "" }

// actor closes an organisation or a territory that the import opened, unless somebody
// follows it, writes for it, or something names it. Nobody was told of it: nobody is told
// that it is gone, and the same archive opens it again.
func (u *undoing) actor(ctx context.Context, tx Tx, c IntakeChange) (report UndoReport, err error) {
	if err := tx.Lock(ctx, c.ID); err != nil {
		return report, err
	}
	a, err := tx.Actor(ctx, c.ID)
	if errors.Is(err, ErrNotFound) || err == nil && !a.Gone.IsZero() {
		return report, nil
	}
	if err != nil {
		return report, err
	}
	used, err := inUse(ctx, tx, a)
	if err != nil {
		return report, err
	}
	if used {
		return UndoReport{Kept: []Ref{{ID: a.ID, Slug: a.Slug, Name: a.Name, URL: a.URL}}}, nil
	}
	a.Gone = u.node.clock()
	a.Updated = later(a.Gone, a.Updated)
	return UndoReport{Withdrawn: 1}, errors.Join(tx.SaveActor(ctx, a), tx.Enqueue(ctx, IndexJob(a.ID)))
}

// reopen opens again an actor that undoing closed, with what else belongs to the transaction.
func (n *Node) reopen(ctx context.Context, a *Actor, draft Actor, also func(Tx, *Actor) error) error {
	a.profile(draft)
	a.Gone, a.Updated = time.Time{}, later(n.clock(), a.Updated)
	return n.store.Write(ctx, func(tx Tx) error {
		return errors.Join(tx.SaveActor(ctx, a), also(tx, a), tx.Enqueue(ctx, IndexJob(a.ID)))
	})
}

// edit has an actor say again what it said before the import, unless it was changed since.
func (u *undoing) edit(ctx context.Context, tx Tx, e ActorEdit) (report UndoReport, err error) {
	if err := tx.Lock(ctx, e.ID); err != nil {
		return report, err
	}
	a, err := tx.Actor(ctx, e.ID)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && !a.Gone.IsZero():
		return report, nil
	case err != nil:
		return report, err
	case !a.Updated.Equal(e.At):
		return UndoReport{Kept: []Ref{{ID: a.ID, Slug: a.Slug, Name: a.Name, URL: a.URL}}}, nil
	}
	_, err = u.node.editActor(ctx, tx, e.ID, e.Was)
	return UndoReport{Restored: 1}, err
}

// inUse says that closing an actor would take something from somebody.
func inUse(ctx context.Context, tx Tx, a *Actor) (bool, error) {
	for _, f := range []ObjectFilter{{Owner: a.ID}, {Territory: a.ID}, {Territory: a.Slug, Scope: ScopeLocal}, {Organisers: []string{a.ID}}} {
		if a.Kind != KindTerritory && f.Territory != "" {
			continue
		}
		f.Limit = 1
		if _, total, err := tx.Objects(ctx, f); err != nil || total > 0 {
			return true, err
		}
	}
	if _, total, err := tx.Follows(ctx, FollowFilter{Object: a.ID, Limit: 1}); err != nil || total > 0 {
		return true, err
	}
	accounts, err := tx.Accounts(ctx)
	return slices.ContainsFunc(accounts, func(account *Account) bool { return slices.Contains(account.Organisations, a.ID) }), err
}
