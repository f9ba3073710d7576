package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// settingsForm is what is asked of a file that was read: in whose name, under which
// licence, and where its columns go.
var settingsForm = &editable{
	fields: map[string]fieldSpec{
		"by":        {label: "edit.by", hint: "edit.by.hint", kind: "select"},
		"format":    {label: "import.format", kind: "select", required: true},
		"source":    {label: "import.source", hint: "import.source.hint", required: true, max: 2000},
		"licence":   {label: "import.licence", hint: "import.licence.hint", kind: "select", list: "licences", blank: "import.licence.unsaid"},
		"genre":     {label: "import.kind", hint: "import.kind.hint", kind: "select", blank: "import.kind.auto"},
		"themes":    {label: "edit.themes", kind: "checks", list: "themes", more: true},
		"territory": {label: "import.territory", hint: "import.territory.hint", kind: "select", blank: "import.territory.none", more: true},
		"colonnes":  {label: "import.columns"},
	},
	domain: map[string]string{"owner": "by", "kind": "genre", "territories": "territory", "mapping": "colonnes"},
}

// settingsView is the page that asks for them.
type settingsView struct {
	importPage
	Path     string
	Name     string
	Address  string // a link; "" when the file was sent
	Size     string
	Formats  []editOption
	Kinds    []editOption // nil when rows say what they are
	Places   []editOption
	Table    *instance.IntakeTable // nil when it is no table
	Columns  []editField
	Unusable string // why the file cannot be read as what it is said to be
}

// importSettings asks how to import a file.
func (s *Server) importSettings(w *importing) error {
	up, err := w.uploads.of(w.account.ID, w.Param("id"))
	if err != nil {
		return err
	}
	return w.showSettings(http.StatusOK, up, w.formOfSettings(up))
}

func (w *importing) formOfSettings(up *upload) *editForm {
	set := up.Settings
	f := newEditForm(w.request, settingsForm, url.Values{
		"by": {set.Owner}, "format": {set.Format}, "source": {set.Source}, "licence": {set.Licence},
		"genre": {string(set.Kind)}, "themes": slices.Clone(set.Themes),
	})
	if len(w.owners) == 1 {
		f.Set("by", w.owners[0].ID)
	}
	for _, t := range set.Territories {
		f.Set("territory", t.ID)
	}
	return f
}

func (w *importing) showSettings(status int, up *upload, f *editForm) error {
	places, err := w.places()
	if err != nil {
		return err
	}
	v := settingsView{
		importPage: w.page("/importer", f), Path: "/importer/" + up.ID, Name: up.Name, Address: webURL(up.Address),
		Size: w.size(up.Size), Formats: w.formats(), Places: places,
	}
	if table, err := w.preview(up); err != nil {
		v.Unusable = w.unusable(err)
	} else if table != nil {
		v.Table, v.Columns = table, w.columns(up, table, f)
	}
	if slices.Contains([]string{"csv", "geojson", "kml"}, up.Settings.Format) {
		for _, kind := range []instance.Kind{instance.KindEvent, instance.KindPartner} {
			v.Kinds = append(v.Kinds, editOption{Value: string(kind), Label: w.T("import.kind." + string(kind))})
		}
	}
	return w.render(status, "import-settings", &page{Title: w.T("import.settings.title"), NoIndex: true, View: v})
}

// size is a number of bytes, in words.
func (l *locale) size(bytes int64) string {
	if bytes < 1<<20 {
		return l.T("import.size.kb", l.number(int((bytes+1023)>>10)))
	}
	return l.T("import.size.mb", l.number(int((bytes+1<<19)>>20)))
}

// places are the territories that everything of a file can be tied to.
func (w *importing) places() ([]editOption, error) {
	territories, _, err := w.s.node.Actors(w.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Scope: instance.ScopeLocal, Limit: 2000})
	options := make([]editOption, len(territories))
	for i, t := range territories {
		options[i] = editOption{Value: t.ID, Label: t.Name}
	}
	return options, err
}

// columns are the choices of where each column goes. Those of one heading go together.
func (w *importing) columns(up *upload, table *instance.IntakeTable, f *editForm) []editField {
	var fields []editField
	seen := map[string]bool{"": true}
	for i, head := range table.Heads {
		if seen[head] {
			continue
		}
		seen[head] = true
		field := editField{Name: "c" + strconv.Itoa(i), ID: "f-c" + strconv.Itoa(i), Kind: "select", Label: head, Blank: w.T("import.column.none")}
		chosen := table.Fields[i]
		if mapped, ok := up.Settings.Mapping[head]; ok {
			chosen = strings.TrimPrefix(mapped, leftOut)
		}
		if f.Has(field.Name) {
			chosen = f.Get(field.Name)
		}
		field.Hint = w.examples(table, i)
		for _, name := range w.Reader.Fields() {
			field.Options = append(field.Options, editOption{Value: name, Label: w.T("import.field." + name), Chosen: name == chosen})
		}
		slices.SortStableFunc(field.Options, func(a, b editOption) int {
			return strings.Compare(instance.Slugify(a.Label), instance.Slugify(b.Label))
		})
		fields = append(fields, field)
	}
	return fields
}

// examplesOf are the first values of a column.
func examplesOf(table *instance.IntakeTable, column int) []string {
	values := []string{}
	for _, row := range table.Rows {
		if value := instance.Truncate(row[column], 40); value != "" && !slices.Contains(values, value) && len(values) < 3 {
			values = append(values, value)
		}
	}
	return values
}

// examples are the first values of a column in words, and why it is not imported.
func (w *importing) examples(table *instance.IntakeTable, column int) string {
	hint := w.T("import.column.empty")
	if values := examplesOf(table, column); len(values) > 0 {
		hint = w.T("import.column.examples", strings.Join(values, " · "))
	}
	if note := table.Notes[column]; note != "" && table.Fields[column] == "" {
		hint += " — " + w.mistake(note)
	}
	return hint
}

// importTry keeps the settings and says what importing would do.
func (s *Server) importTry(w *importing) error {
	up, err := w.uploads.of(w.account.ID, w.Param("id"))
	if err != nil {
		return err
	}
	posted, err := w.form()
	if err != nil {
		return err
	}
	f := newEditForm(w.request, settingsForm, posted)
	if format := f.Get("format"); format != up.Settings.Format && slices.Contains(w.Reader.Formats(), format) {
		up.Settings.Format, up.Settings.Ready = format, false // its columns are to be seen first
		if err := w.uploads.save(up); err != nil {
			return err
		}
		w.flash("done.import-format")
		return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID)
	}
	if err := w.readSettings(up, f); err != nil {
		return err
	}
	if len(f.wrong) > 0 {
		return w.showSettings(http.StatusUnprocessableEntity, up, f)
	}
	w.runs.start(w.account.ID, trialRun+up.ID, w.trial(*up)).settle(w.ctx())
	return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID+"/essai")
}

// readSettings keeps what the form says, or notes what is wrong with it.
func (w *importing) readSettings(up *upload, f *editForm) error {
	v := instance.Vocabularies()
	set := importSettings{
		Format: up.Settings.Format, Owner: f.Get("by"), Source: f.Get("source"), Licence: f.Get("licence"), Kind: instance.Kind(f.Get("genre")),
		Themes: slices.DeleteFunc(f.chosen("themes"), func(slug string) bool { return !v.Has("themes", slug) }),
	}
	if id := f.Get("territory"); id != "" {
		set.Territories = []instance.Ref{{ID: id}}
	}
	table, err := w.preview(up)
	if err != nil && !errors.Is(err, instance.ErrInvalid) {
		return err
	}
	if table != nil {
		set.Mapping = readColumns(table, f)
	}
	err = w.set(w.ctx(), up, set, func(owner string) bool { return w.owner(owner) != nil })
	if invalid, ok := asInvalid(err); ok {
		f.refuse(invalid)
		return nil
	}
	return err
}

// readColumns is where the form has the columns go: each says so, since what was shown is
// what is to happen.
func readColumns(table *instance.IntakeTable, f *editForm) map[string]string {
	mapping := map[string]string{}
	for i, head := range table.Heads {
		if _, twice := mapping[head]; !twice && head != "" {
			mapping[head] = cmp.Or(f.Get("c"+strconv.Itoa(i)), leftOut)
		}
	}
	return mapping
}

// unusable says why a file cannot be read, as its reader does; what went wrong on our
// side is not told.
func (l *locale) unusable(err error) string {
	if !errors.Is(err, instance.ErrInvalid) {
		return l.T("error.500.text")
	}
	if fields := l.problems(err); len(fields) > 0 {
		return capitalise(fields[0].Message)
	}
	return capitalise(l.mistake(strings.TrimPrefix(err.Error(), instance.ErrInvalid.Error()+" : ")))
}

// importDrop forgets a file.
func (s *Server) importDrop(w *importing) error {
	up, err := w.uploads.of(w.account.ID, w.Param("id"))
	if err != nil {
		return err
	}
	w.runs.abandon(trialRun + up.ID)
	w.uploads.drop(up.ID)
	w.flash("done.import-dropped")
	return w.Redirect(http.StatusSeeOther, "/importer")
}
