package source

import (
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// tableStart is how much of a table is looked at for its first rows, in bytes.
const tableStart = 256 << 10

// Preview reads the headings of a table and its first rows. ErrInvalid, with a
// sentence for a person: it has no headings.
func Preview(data []byte, rows int) (*instance.IntakeTable, error) {
	whole := len(data) <= tableStart
	reader := tableReader(decode(data[:min(len(data), tableStart)]))
	heads, err := header(reader)
	if err != nil {
		return nil, err
	}
	t := &instance.IntakeTable{Heads: heads, Fields: make([]string, len(heads)), Notes: make([]string, len(heads))}
	for i, head := range heads {
		t.Fields[i], t.Notes[i] = guess(head)
	}
	if i := slices.Index(t.Fields, "organisers"); i >= 0 && !slices.Contains(t.Fields, "name") { // as mapped does
		t.Fields[i] = "name"
	}
	var last bool
	for len(t.Rows) < rows && !last {
		cells, err := reader.Read()
		if err != nil {
			break
		}
		last = !whole && reader.InputOffset() >= tableStart // it may be cut
		if row := sample(cells, len(heads)); row != nil && !last {
			t.Rows = append(t.Rows, row)
		}
	}
	return t, nil
}

// sample is a row to show: nil for an empty one.
func sample(cells []string, columns int) []string {
	row := make([]string, columns)
	empty := true
	for i := range min(len(cells), columns) {
		row[i] = instance.CleanName(strings.ToValidUTF8(cells[i], "�"), 80)
		empty = empty && row[i] == ""
	}
	if empty {
		return nil
	}
	return row
}
