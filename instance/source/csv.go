package source

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// readCSV reads a table whose first line names its columns. Separator and charset
// are recognised.
func readCSV(r *reading) error {
	reader := tableReader(decode(r.data))
	heads, err := header(reader)
	if err != nil {
		return err
	}
	fields, err := r.mapped(heads)
	if err != nil {
		return err
	}
	for !r.full() {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := reader.FieldPos(0)
		if err != nil {
			r.add(instance.IntakeRow{Line: line, Problems: []instance.IntakeProblem{fatal("unreadable", "line", "ligne illisible : guillemets non fermés ?")}})
			continue
		}
		r.cells(line, heads, fields, cells)
	}
	return nil
}

// tableReader reads the lines of a table, as tolerant as spreadsheets are.
func tableReader(text string) *csv.Reader {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = separator(text)
	reader.FieldsPerRecord = -1
	reader.LazyQuotes = true
	return reader
}

// header finds the first line with at least two cells: titles and notes may stand
// above a table.
func header(reader *csv.Reader) ([]string, error) {
	for range 20 {
		cells, err := reader.Read()
		if err != nil {
			break
		}
		filled := 0
		for i := range cells {
			if cells[i] = instance.CleanName(cells[i], 100); cells[i] != "" {
				filled++
			}
		}
		if filled >= 2 && len(cells) <= maxColumns {
			return cells, nil
		}
	}
	return nil, invalid("ce tableau n’a pas de ligne d’en-têtes : la première ligne doit nommer au moins deux colonnes, par exemple « nom;ville »")
}

// mapped says which field each column goes to: as the options say, else as guessed.
// Two columns of one field are joined in a text, and the first wins elsewhere.
func (r *reading) mapped(heads []string) ([]string, error) {
	fields := make([]string, len(heads))
	named := false
	for i, head := range heads {
		field, note := guess(head)
		if wanted, ok := r.options.Mapping[head]; ok {
			field, note = wanted, ""
			switch {
			case wanted == skip || wanted == "":
				field, note = "", "laissée de côté à votre demande"
			case Fields[wanted] == "":
				return nil, invalid("la colonne « %s » ne peut pas aller dans « %s », qui n’existe pas (champs : %s)", head, wanted, strings.Join(FieldNames(), ", "))
			}
		}
		fields[i] = field
		named = named || field == "name"
		if head == "" {
			continue
		}
		r.column(head, field, note)
		r.harvest.Columns[r.columns[head]].Filled = 0 // counted by row
	}
	if i := slices.Index(fields, "organisers"); !named && i >= 0 { // "structure", "association": what the table lists
		fields[i], named = "name", true
		r.harvest.Columns[r.columns[heads[i]]].Field = "name"
	}
	if !named {
		return nil, invalid("aucune colonne n’est le nom : indiquez laquelle, par exemple --map « %s=name »", firstOf(heads...))
	}
	return fields, nil
}

// cells adds one line of the table; an empty one is passed over.
func (r *reading) cells(line int, heads, fields, cells []string) {
	values := map[string]string{}
	empty := true
	for i, cell := range cells {
		if i >= len(heads) || len(cell) > maxField {
			continue
		}
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		empty = false
		if heads[i] != "" {
			r.column(heads[i], fields[i], "")
		}
		switch field := fields[i]; {
		case field == "":
		case values[field] == "":
			values[field] = cell
		case field == "content":
			values[field] += "\n\n" + cell
		case field == "themes":
			values[field] += ", " + cell
		}
	}
	if empty {
		return
	}
	rec := record{line: line, fields: values, kind: r.options.Kind}
	if rec.kind == "" && slices.Contains(fields, "start") { // a row without a date is an event all the same
		rec.kind = instance.KindEvent
	}
	r.addRecord(rec)
}

// separator is the character that most regularly splits the first lines.
func separator(text string) rune {
	best, most := ',', 0
	first, _, _ := strings.Cut(text, "\n")
	if name, ok := strings.CutPrefix(strings.TrimSpace(first), "sep="); ok && len(name) == 1 { // what Excel reads
		return rune(name[0])
	}
	lines := strings.SplitN(text, "\n", 12)
	for _, sep := range []rune{';', '\t', ',', '|'} {
		counts := map[int]int{}
		for _, line := range lines[:min(len(lines), 11)] {
			if n := outsideQuotes(line, sep); n > 0 {
				counts[n]++
			}
		}
		for n, times := range counts {
			if score := times*100 + min(n, 99); score > most {
				best, most = sep, score
			}
		}
	}
	return best
}

func outsideQuotes(line string, sep rune) (n int) {
	quoted := false
	for _, c := range line {
		switch c {
		case '"':
			quoted = !quoted
		case sep:
			if !quoted {
				n++
			}
		}
	}
	return n
}
