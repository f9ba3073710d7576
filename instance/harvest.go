package instance

import (
	"fmt"
	"slices"
)

// Harvest is what was read of a file or feed of another software, ready to be
// taken in. instance/source makes it; Node.Intake keeps it.
type Harvest struct {
	Format  string         // "ical", "csv"...
	Title   string         // what the source calls itself
	Licence string         // slug of vocabulary "licences"; "" when the source does not say
	Rows    []IntakeRow    //
	Columns []IntakeColumn // what became of each column, property or tag
	Partial bool           // some rows were left out: what is not here may still be there
	Notices []string       // what concerns the whole file, in French
}

// IntakeRow is one thing read. Object is a draft *Event or *Partner, nil when a
// problem is fatal.
type IntakeRow struct {
	Line     int    // where it begins in the source, from 1: a line, or its rank
	Key      string // what names it in its source from one reading to the next; "" when nothing does
	Global   bool   // Key names it in every source, as an iCalendar UID does
	Object   Object
	Problems []IntakeProblem
}

func (row IntakeRow) fatal() bool {
	return row.Object == nil || slices.ContainsFunc(row.Problems, func(p IntakeProblem) bool { return p.Fatal })
}

// IntakeProblem is something wrong with a row: a word for programs, with its values, and
// a sentence in French. A fatal one leaves the row out, any other only what it speaks of.
type IntakeProblem struct {
	Code    string   `json:"code,omitempty"` // "no-name"; "" in the reports of earlier versions
	Values  []string `json:"values,omitempty"`
	Field   string   `json:"field"`
	Message string   `json:"message"`
	Fatal   bool     `json:"fatal,omitempty"`
}

// ProblemLeftOut is the code of what is wrong with a field that was left out; its value is
// a sentence in French.
const ProblemLeftOut = "left-out"

// NewIntakeProblem is a problem that is not fatal, with the values in its sentence.
func NewIntakeProblem(code, field, format string, args ...any) IntakeProblem {
	p := IntakeProblem{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		p.Values = append(p.Values, fmt.Sprint(arg))
	}
	return p
}

// IntakeColumn says what became of one column of a table, or of one property or
// tag of other formats, over all rows.
type IntakeColumn struct {
	Name   string `json:"name"`            // as the source writes it
	Field  string `json:"field,omitempty"` // where it goes; "" when it is not imported
	Filled int    `json:"filled"`          // rows that have a value
	Note   string `json:"note,omitempty"`  // why it is not imported, in French
}
