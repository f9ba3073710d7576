package web

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// participantColumns are those of the organiser's table: the key of each one's name,
// and what it says of somebody.
var participantColumns = []struct {
	key   string
	value func(*request, participantRow) string
}{
	{"join.column.name", func(_ *request, p participantRow) string { return cell(p.Name) }},
	{"join.column.seats", func(_ *request, p participantRow) string { return strconv.Itoa(p.Seats) }},
	{"join.column.state", func(r *request, p participantRow) string { return r.T("join.group." + string(p.State)) }},
	{"join.column.email", func(_ *request, p participantRow) string { return cell(p.Email) }},
	{"join.column.phone", func(_ *request, p participantRow) string { return cell(p.Phone) }},
	{"join.column.note", func(_ *request, p participantRow) string { return cell(p.Note) }},
	{"join.column.via", func(_ *request, p participantRow) string { return strings.TrimSpace(p.ViaLabel + " " + p.Address) }},
	{"join.column.since", func(_ *request, p participantRow) string { return p.Created.Format(time.RFC3339) }},
}

// participantsTable is the organiser's list, for a spreadsheet.
func (s *Server) participantsTable(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	people, err := s.node.Editor(r.account).Participants(r.ctx(), e.ID)
	if err != nil {
		return err
	}
	h := r.Response().Header()
	h.Set("Content-Type", csvFormat.mediaType)
	h.Set("Content-Disposition", `attachment; filename="participants-`+e.Slug+`.csv"`)
	h.Set("Cache-Control", "no-store")
	out := csv.NewWriter(r.Response())
	out.UseCRLF = true
	return out.WriteAll(r.participantTable(people))
}

func (r *request) participantTable(people []instance.Participation) [][]string {
	line := func(of func(i int) string) []string {
		cells := make([]string, len(participantColumns))
		for i := range cells {
			cells[i] = of(i)
		}
		return cells
	}
	table := [][]string{line(func(i int) string { return r.T(participantColumns[i].key) })}
	for _, p := range people {
		row := r.participantRow(p)
		table = append(table, line(func(i int) string { return participantColumns[i].value(r, row) }))
	}
	return table
}
