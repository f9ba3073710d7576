package instance

import (
	"maps"
	"slices"
)

// Verdict is what became of a row.
type Verdict string

// The verdicts.
const (
	IntakeCreated   Verdict = "created"
	IntakeUpdated   Verdict = "updated"
	IntakeUnchanged Verdict = "unchanged"
	IntakeDuplicate Verdict = "duplicate" // known already, from elsewhere: left alone
	IntakeRefused   Verdict = "refused"
)

// IntakeOutcome is what became of one row.
type IntakeOutcome struct {
	Line    int             `json:"line"`
	Key     string          `json:"key,omitempty"`
	Kind    Kind            `json:"kind,omitempty"`
	Name    string          `json:"name,omitempty"`
	Verdict Verdict         `json:"verdict"`
	ID      string          `json:"id,omitempty"`      // its IRI; of a duplicate, the IRI of what was known
	Reasons []IntakeProblem `json:"reasons,omitempty"` // why it was refused, what was left out of it
	Kept    []string        `json:"kept,omitempty"`    // fields that differ there and that an author changed here
}

// IntakeReport says what an intake did, or would do.
type IntakeReport struct {
	Batch   string          `json:"batch,omitempty"` // names the import and its record; "" when there is none
	DryRun  bool            `json:"dry_run,omitempty"`
	Counts  map[Verdict]int `json:"counts"`
	News    int             `json:"news,omitempty"`  // of those created, what is no sheet
	Quiet   bool            `json:"quiet,omitempty"` // followers are not told of them
	Rows    []IntakeOutcome `json:"rows"`
	Columns []IntakeColumn  `json:"columns,omitempty"`
	// Missing is what this source gave before and gives no more: sheets, and events
	// to come. Nothing was done to it.
	Missing []Ref    `json:"missing,omitempty"`
	Notices []string `json:"notices,omitempty"`
}

// with is the report with more rows.
func (r IntakeReport) with(outcomes ...IntakeOutcome) IntakeReport {
	r.Counts = maps.Clone(r.Counts)
	for _, o := range outcomes {
		r.Counts[o.Verdict]++
		if o.Verdict == IntakeCreated && slices.Contains(newsKinds, o.Kind) {
			r.News++
		}
	}
	r.Rows = append(r.Rows, outcomes...)
	return r
}

// newsKinds are what goes to timelines.
var newsKinds = []Kind{KindEvent, KindRecipe, KindAnnouncement}
