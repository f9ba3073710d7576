// Package source reads the files and feeds of other software: calendars, maps,
// tables, directories, web pages. It is pure: bytes in, an instance.Harvest out,
// which instance.Node.Intake then takes in.
//
// Parse is the way in; there is one file for each format. Everything here reads
// strangers' bytes: sizes, depths and repetitions are bounded (limits.go), a row
// that cannot be read is reported and does not stop the others, and what is not
// known stays unknown: no invented date, no position 0,0.
//
// People's contact columns (telephone, e-mail, name of a person) are never read
// into a draft.
package source
