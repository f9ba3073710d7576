package instance

import (
	"context"
	"time"
)

// IntakeRecord is an import that somebody made here, kept so that it can be looked at
// and undone.
type IntakeRecord struct {
	ID      string       `json:"id"`
	Account string       `json:"-"`     // who made it; "" once their account is gone
	Owner   string       `json:"owner"` // IRI of an organisation of ours
	Source  string       `json:"source"`
	Format  string       `json:"format"`
	At      time.Time    `json:"at"`
	Stopped bool         `json:"stopped,omitempty"` // before its end: running it again does the rest
	Report  IntakeReport `json:"report"`            // with the rows that a person reads; see Omitted
	Omitted int          `json:"omitted,omitempty"` // rows left out of the report, which counts them
	Undone  time.Time    `json:"undone,omitzero"`
	// What undoing it did.
	Undoing UndoReport `json:"undoing,omitzero"`
}

// IntakeLog keeps the records of imports; instance/store implements it.
type IntakeLog interface {
	// IntakeRecord is ErrNotFound when there is none of that ID.
	IntakeRecord(ctx context.Context, id string) (*IntakeRecord, error)
	// IntakeRecords lists those of some owners, newest first, 200 at most.
	IntakeRecords(ctx context.Context, owners ...string) ([]IntakeRecord, error)
	// SaveIntakeRecord inserts or replaces.
	SaveIntakeRecord(ctx context.Context, r IntakeRecord) error
}

// mostRecorded is how many rows the record of an import keeps, and how many of what
// its source no longer gives.
const mostRecorded = 500

// RecordIntake makes the record of an import that ended, or was stopped, at a time:
// of its rows, those that there is something to say about.
func RecordIntake(account, owner string, h *Harvest, o IntakeOptions, report IntakeReport, at time.Time) IntakeRecord {
	r := IntakeRecord{ID: newID(), Account: account, Owner: owner, Source: o.Source, Format: h.Format, At: at, Report: report}
	r.Report.Rows = nil
	for _, row := range report.Rows {
		if len(r.Report.Rows) < mostRecorded && row.notable() {
			r.Report.Rows = append(r.Report.Rows, row)
		}
	}
	r.Omitted = len(report.Rows) - len(r.Report.Rows)
	r.Report.Missing = report.Missing[:min(len(report.Missing), mostRecorded)]
	return r
}

// notable says that there is more to a row than that it was taken.
func (o IntakeOutcome) notable() bool {
	return o.Verdict == IntakeRefused || o.Verdict == IntakeDuplicate || len(o.Reasons) > 0 || len(o.Kept) > 0
}
