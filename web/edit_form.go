package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// fieldSpec describes one field of an editor's form.
type fieldSpec struct {
	label, hint string // keys of its words; hint "" for none
	kind        string // "text" when empty; "area", "markdown", "url", "date", "time", "number", "select", "radios", "checks"
	max         int    // characters; 0 = 200
	list        string // vocabulary of a choice
	blank       string // key of the words for no choice, in a "select"
	required    bool
	more        bool // folded under "Plus de détails"
}

// rowsSpec describes a group of fields that can be repeated: a step has a title, a
// moment and a text.
type rowsSpec struct {
	legend, hint, one, add string // keys of words; one numbers a line
	columns                []string
}

// formOrder is the order of the fields, and of the groups of rows, in all forms.
var formOrder = []string{
	"name", "slug", "kind", "summary", "actor-kind", "date", "from", "to", "last", "vague", "rhythm", "until", "place", "commune", "website", "by",
	"audience", "duration", "ingredients", "steps", "content", "activities", "event-kind", "status", "image", "image-alt", "street", "lat", "lon",
	"zone", "accessibility", "access", "transport", "meals", "housing", "toilets", "join", "capacity", "sign-up", "online", "organisers", "invites",
	"others", "programme", "roles", "arguments", "outputs", "aftercare", "to-verify", "typology", "account", "territories", "themes", "licence",
}

// editForm is an editor's form being filled in: what was typed, as it was typed, and
// what is wrong with it.
type editForm struct {
	url.Values
	r      *request
	of     *editable
	wrong  []editMistake
	blanks map[string]int // group of rows -> lines shown; see Rows
	added  string         // id of the field to type in next
	found  *foundPlaces   // what the geocoder answered; nil when it was not asked
	placed string         // that a position was taken, in words
	final  bool           // it is sent to be published, or seen as it will be: not to go on writing
}

// editMistake is what is to be mended in a field.
type editMistake struct{ Field, ID, Label, Message string }

// editOption is a choice.
type editOption struct {
	Value, Label, Note string
	Chosen             bool
}

// editField is a field as its template draws it.
type editField struct {
	Name, ID, Kind, Label, Hint, Value, Mistake string
	Blank                                       string
	Max                                         int
	Required, Focus                             bool
	Options                                     []editOption
}

// DescribedBy lists the ids of what explains the field.
func (f editField) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-aide")
	}
	if f.Mistake != "" {
		ids = append(ids, f.ID+"-erreur")
	}
	return strings.Join(ids, " ")
}

func newEditForm(r *request, of *editable, values url.Values) *editForm {
	if values == nil {
		values = url.Values{}
	}
	return &editForm{Values: values, r: r, of: of, blanks: map[string]int{}}
}

// text is a line as it was typed, without the spaces around it.
func (f *editForm) text(name string) string { return strings.TrimSpace(f.Get(name)) }

// prose is a text of several lines, whose ends are one character.
func (f *editForm) prose(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
}

// chosen lists the boxes that were ticked, each once.
func (f *editForm) chosen(name string) []string {
	var values []string
	for _, v := range f.Values[name] {
		if v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// fail notes what is wrong with a field; the first word on it stays. The message is
// written in French, as the domain does.
func (f *editForm) fail(name, format string, args ...any) {
	f.note(name, fmt.Sprintf(format, args...))
}

func (f *editForm) note(name, message string) {
	if slices.ContainsFunc(f.wrong, func(w editMistake) bool { return w.Field == name }) {
		return
	}
	label := name
	if spec, ok := f.of.fields[name]; ok {
		label = f.r.T(spec.label)
	} else if rows, ok := f.of.rows[name]; ok {
		label = f.r.T(rows.legend)
	}
	f.wrong = append(f.wrong, editMistake{name, "f-" + name, label, f.r.mistake(message)})
}

// refuse notes what the domain finds wrong, at the fields that people see.
func (f *editForm) refuse(invalid *instance.ValidationError) {
	for _, wrong := range invalid.Fields {
		name := wrong.Field
		if own, ok := f.of.domain[name]; ok {
			name = own
		}
		f.note(name, wrong.Message)
	}
}

// Mistakes lists what is to be mended, what comes first in the form first.
func (f *editForm) Mistakes() []editMistake {
	place := func(w editMistake) int {
		if i := slices.Index(formOrder, w.Field); i >= 0 {
			return i
		}
		return len(formOrder)
	}
	return slices.SortedStableFunc(slices.Values(f.wrong), func(a, b editMistake) int { return place(a) - place(b) })
}

// MoreOpen says whether the details are to be seen: something is wrong in them.
func (f *editForm) MoreOpen() bool {
	return slices.ContainsFunc(f.wrong, func(w editMistake) bool {
		spec, field := f.of.fields[w.Field]
		return !field || spec.more
	})
}

// Field is a field, to draw.
func (f *editForm) Field(name string) editField {
	spec := f.of.fields[name]
	field := f.field(name, "f-"+name, spec, f.Get(name))
	for _, w := range f.wrong {
		if w.Field == name {
			field.Mistake = capitalise(w.Message)
		}
	}
	chosen := f.Values[name]
	for _, term := range instance.Vocabularies().Terms(spec.list) {
		option := editOption{Value: term.Slug, Label: term.Label(f.r.lang), Chosen: slices.Contains(chosen, term.Slug)}
		if spec.list == "licences" {
			if term.Slug == "inconnue" && !option.Chosen {
				continue // what was imported may have it; nobody chooses it
			}
			option.Note = f.r.T("licence.means." + term.Slug)
		}
		field.Options = append(field.Options, option)
	}
	return field
}

func (f *editForm) field(name, id string, spec fieldSpec, value string) editField {
	field := editField{
		Name: name, ID: id, Kind: spec.kind, Label: f.r.T(spec.label), Value: value, Max: spec.max, Required: spec.required,
	}
	if field.Max == 0 {
		field.Max = 200
	}
	if field.Kind == "" {
		field.Kind = "text"
	}
	if spec.hint != "" {
		field.Hint = f.r.T(spec.hint)
	}
	if spec.blank != "" {
		field.Blank = f.r.T(spec.blank)
	}
	return field
}

// With is a field whose choices are given by the page.
func (f *editForm) With(name string, options []editOption) editField {
	field := f.Field(name)
	field.Options = slices.Clone(options)
	for i := range field.Options {
		field.Options[i].Chosen = slices.Contains(f.Values[name], field.Options[i].Value)
	}
	return field
}

// editRows is a group of repeated fields, to draw.
type editRows struct {
	Name, ID, Legend, Hint, Add, Mistake string
	Lines                                []editLine
}

// editLine is one line of them.
type editLine struct {
	Index  string // of the line in its group, for its buttons
	Group  string
	Label  string // "Étape 2"
	First  bool
	Last   bool
	Fields []editField
}

// Rows is a group of repeated fields. Without any line there is an empty one to begin.
func (f *editForm) Rows(name string) editRows {
	spec := f.of.rows[name]
	rows := editRows{Name: name, ID: "f-" + name, Legend: f.r.T(spec.legend), Add: f.r.T(spec.add)}
	if spec.hint != "" {
		rows.Hint = f.r.T(spec.hint)
	}
	for _, w := range f.wrong {
		if w.Field == name {
			rows.Mistake = w.Message
		}
	}
	count := max(f.lines(name), 1)
	for i := range count {
		line := editLine{
			Index: strconv.Itoa(i), Group: name, Label: f.r.T(spec.one, strconv.Itoa(i+1)), First: i == 0, Last: i == count-1,
		}
		for _, column := range spec.columns {
			input, column := name+"-"+column, f.of.fields[name+"-"+column]
			value := ""
			if values := f.Values[input]; i < len(values) {
				value = values[i]
			}
			field := f.field(input, "f-"+input+"-"+line.Index, column, value)
			field.Focus = field.ID == f.added
			for _, term := range instance.Vocabularies().Terms(column.list) {
				field.Options = append(field.Options, editOption{term.Slug, term.Label(f.r.lang), "", term.Slug == value})
			}
			if column.kind == "yes" {
				field.Kind = "select"
				field.Options = []editOption{{"non", f.r.T("edit.no"), "", value == "non"}, {"oui", f.r.T("edit.yes"), "", value != "non"}}
			}
			line.Fields = append(line.Fields, field)
		}
		rows.Lines = append(rows.Lines, line)
	}
	return rows
}

// maxLines bounds a group of repeated fields.
const maxLines = 200

// lines counts the lines of a group that were sent.
func (f *editForm) lines(name string) int {
	count := 0
	for _, column := range f.of.rows[name].columns {
		count = max(count, len(f.Values[name+"-"+column]))
	}
	return min(count, maxLines)
}

// cells reads the lines of a group that have something in them.
func (f *editForm) cells(name string) [][]string {
	var lines [][]string
	for i := range f.lines(name) {
		var line []string
		filled := false
		for _, column := range f.of.rows[name].columns {
			value := ""
			if values := f.Values[name+"-"+column]; i < len(values) {
				value = strings.TrimSpace(strings.ReplaceAll(values[i], "\r\n", "\n"))
			}
			line = append(line, value)
			filled = filled || value != "" && f.of.fields[name+"-"+column].kind != "yes"
		}
		if filled {
			lines = append(lines, line)
		}
	}
	return lines
}

// setCells writes the lines of a group.
func (f *editForm) setCells(name string, lines [][]string) {
	for i, column := range f.of.rows[name].columns {
		var values []string
		for _, line := range lines {
			values = append(values, line[i])
		}
		f.Values[name+"-"+column] = values
	}
}

// rearrange answers the buttons of repeated fields, which work without JavaScript:
// "ajouter" names a group, the others a line: "steps.2". It says whether one was
// pressed.
func (f *editForm) rearrange() bool {
	for _, verb := range []string{"ajouter", "retirer", "monter", "descendre"} {
		target := f.Get(verb)
		f.Del(verb)
		if target == "" {
			continue
		}
		name, index, _ := strings.Cut(target, ".")
		spec, ok := f.of.rows[name]
		if !ok {
			return true
		}
		i, err := strconv.Atoi(index)
		if verb != "ajouter" && (err != nil || i < 0 || i >= f.lines(name)) {
			return true
		}
		f.move(verb, name, spec, i)
		return true
	}
	return false
}

func (f *editForm) move(verb, name string, spec rowsSpec, i int) {
	count := max(f.lines(name), 1)
	focus := i
	for _, column := range spec.columns {
		key := name + "-" + column
		values := slices.Grow(f.Values[key], 1)
		for len(values) < count {
			values = append(values, "")
		}
		switch {
		case verb == "ajouter" && count < maxLines:
			values, focus = append(values, ""), count
		case verb == "retirer":
			values, focus = slices.Delete(values, i, i+1), max(i-1, 0)
		case verb == "monter" && i > 0:
			values[i-1], values[i] = values[i], values[i-1]
			focus = i - 1
		case verb == "descendre" && i < count-1:
			values[i+1], values[i] = values[i], values[i+1]
			focus = i + 1
		}
		f.Values[key] = values
	}
	f.added = "f-" + name + "-" + spec.columns[0] + "-" + strconv.Itoa(focus)
}
