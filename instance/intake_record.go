package instance

import (
	"context"
	"slices"
	"time"
)

// IntakeVia is by which way an import was made.
type IntakeVia string

// The ways. Records made before the others were kept say none: they are of the browser.
const (
	ViaBrowser IntakeVia = ""
	ViaCommand IntakeVia = "command" // maillage import
	ViaFeed    IntakeVia = "feed"    // a source that is followed
	ViaAPI     IntakeVia = "api"     // a program, with a token
)

// IntakeRecord is an import, kept so that it can be looked at and undone. It is there
// from the beginning, and each batch of rows brings it up to date in its own
// transaction: what cuts an import off leaves a record of what it did.
type IntakeRecord struct {
	ID      string       `json:"id"`
	Account string       `json:"-"` // who made it; "" for a command or a feed, for a token of nobody's, and once their account is gone
	Via     IntakeVia    `json:"via,omitempty"`
	Owner   string       `json:"owner"` // IRI of an organisation of ours; of the node, for those of an archive
	Source  string       `json:"source"`
	Format  string       `json:"format"`
	At      time.Time    `json:"at"` // when it began
	Alive   time.Time    `json:"alive,omitzero"`
	Stopped bool         `json:"stopped,omitempty"` // before its end: running it again does the rest
	Report  IntakeReport `json:"report"`            // with the rows that a person reads; see Omitted
	Omitted int          `json:"omitted,omitempty"` // rows left out of the report, which counts them
	Undone  time.Time    `json:"undone,omitzero"`
	// What undoing it did.
	Undoing UndoReport  `json:"undoing,omitzero"`
	Edits   []ActorEdit `json:"edits,omitempty"` // of territories, mostRecorded at most
}

// ActorEdit is a change that an import made to what an actor says of itself.
type ActorEdit struct {
	ID  string    `json:"id"`
	At  time.Time `json:"at"`  // the actor's Updated since
	Was Actor     `json:"was"` // what it said before, and nothing else
}

func (e ActorEdit) subject() string { return e.ID }

func newActorEdit(old, now *Actor) ActorEdit {
	return ActorEdit{ID: now.ID, At: now.Updated, Was: Actor{
		Name: old.Name, Summary: old.Summary, Website: old.Website, Image: old.Image, Place: old.Place, Themes: old.Themes, Territory: old.Territory,
	}}
}

// intakePatience is how long an import that goes on may give no sign of life: a batch
// takes a second, ten on a small machine that is busy.
const intakePatience = 30 * time.Second

// GoesOn says that the import is not over: Alive is its last sign of life.
func (r *IntakeRecord) GoesOn(now time.Time) bool {
	return !r.Alive.IsZero() && now.Before(r.Alive.Add(intakePatience))
}

// CutOff says that the import ended without saying so: the node was killed, or the
// power went. Running it again does the rest.
func (r *IntakeRecord) CutOff(now time.Time) bool { return !r.Alive.IsZero() && !r.GoesOn(now) }

// Undoable says that the import did something that can be taken back.
func (r *IntakeRecord) Undoable(now time.Time) bool {
	return r.Report.Batch != "" && r.Report.changed() > 0 && r.Undone.IsZero() && !r.GoesOn(now)
}

func (r IntakeReport) changed() int { return r.Counts[IntakeCreated] + r.Counts[IntakeUpdated] }

// IntakeChange is something that an import created or changed.
type IntakeChange struct {
	ID       string // IRI of an object or an actor
	Revision int64  // Seq of the version that the import made of what was there; 0: it created it
}

func (c IntakeChange) subject() string { return c.ID }

// IntakeLog reads the records of imports.
type IntakeLog interface {
	// IntakeRecord is ErrNotFound when there is none of that ID.
	IntakeRecord(ctx context.Context, id string) (*IntakeRecord, error)
	// IntakeRecords lists those of some owners, newest first, 200 at most.
	IntakeRecords(ctx context.Context, owners ...string) ([]IntakeRecord, error)
	// IntakeChanges lists what a batch created or changed.
	IntakeChanges(ctx context.Context, batch string) ([]IntakeChange, error)
}

// IntakeTx keeps them, in the transaction of what they tell.
type IntakeTx interface {
	// SaveIntakeRecord inserts or replaces.
	SaveIntakeRecord(ctx context.Context, r IntakeRecord) error
	// SaveIntakeChanges adds to what a batch did; what it did already is no error.
	SaveIntakeChanges(ctx context.Context, batch string, changes []IntakeChange) error
}

// mostRecorded is how many rows the record of an import keeps, and how many of what
// its source no longer gives.
const mostRecorded = 500

// journal keeps the record of one import as it goes on.
type journal struct {
	node   *Node
	record IntakeRecord
	lazy   bool // there is a record once there is something to undo: a feed is read every day
	mute   bool // there is none
	kept   bool // it was saved
}

// begin opens the record.
func (j *journal) begin(ctx context.Context) error {
	j.record.Alive, j.record.Stopped = j.node.clock(), false
	if j.record.At.IsZero() { // else it goes on
		j.record.At = j.record.Alive
	}
	if j.lazy || j.mute {
		return nil
	}
	return j.node.store.Write(ctx, func(tx Tx) error { return j.save(ctx, tx) })
}

// note brings the record up to date with the report, in the transaction of what it tells.
func (j *journal) note(ctx context.Context, tx Tx, report IntakeReport, changes []IntakeChange) error {
	j.tell(report, false)
	j.record.Alive = j.node.clock()
	if j.mute || j.lazy && !j.kept && len(changes) == 0 {
		return nil
	}
	if err := j.save(ctx, tx); err != nil || len(changes) == 0 {
		return err
	}
	return tx.SaveIntakeChanges(ctx, j.record.ID, changes)
}

// end closes the record, also when ctx is over.
func (j *journal) end(ctx context.Context, report IntakeReport, stopped bool) error {
	if !j.kept {
		return nil
	}
	j.tell(report, !stopped)
	j.record.Alive, j.record.Stopped = time.Time{}, stopped
	ctx = context.WithoutCancel(ctx)
	return j.node.store.Write(ctx, func(tx Tx) error { return j.save(ctx, tx) })
}

func (j *journal) save(ctx context.Context, tx Tx) error {
	j.kept = true
	return tx.SaveIntakeRecord(ctx, j.record)
}

// tell puts a report into the record: all of its rows when they are few, else those that
// there is something to say about. That of an import which goes on is left out until it is
// whole, or has come to where the import was stopped.
func (j *journal) tell(report IntakeReport, whole bool) {
	r := &j.record
	if !whole && len(report.Rows) < len(r.Report.Rows)+r.Omitted {
		return
	}
	r.Report = report
	r.Report.Batch = r.ID
	r.Report.Rows = nil
	for _, row := range report.Rows {
		if len(r.Report.Rows) < mostRecorded && (len(report.Rows) <= mostRecorded || row.notable()) {
			r.Report.Rows = append(r.Report.Rows, row)
		}
	}
	r.Omitted = len(report.Rows) - len(r.Report.Rows)
	r.Report.Missing = slices.Clone(report.Missing[:min(len(report.Missing), mostRecorded)])
}

// notable says that there is more to a row than that it was taken.
func (o IntakeOutcome) notable() bool {
	return o.Verdict == IntakeRefused || o.Verdict == IntakeDuplicate || len(o.Reasons) > 0 || len(o.Kept) > 0
}
