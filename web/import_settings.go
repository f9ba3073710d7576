package web

import (
	"errors"
	"fmt"
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
	domain: map[string]string{"territories": "territory"},
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
	if up.Settings.Format == "csv" || up.Settings.Format == "geojson" {
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

// shownRows is how many rows of a table are shown.
const shownRows = 5

// preview is the beginning of a table; nil for what is none. What it makes of bytes
// that are no table is ErrInvalid.
func (w *importing) preview(up *upload) (*instance.IntakeTable, error) {
	if up.Settings.Format != "csv" {
		return nil, nil // no table, no preview
	}
	data, err := w.uploads.data(up.ID)
	if err != nil {
		return nil, err
	}
	return w.Reader.Preview(data, shownRows)
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

// leftOut is where the columns go that are not imported.
const leftOut = "-"

// examples are the first values of a column, and why it is not imported.
func (w *importing) examples(table *instance.IntakeTable, column int) string {
	var values []string
	for _, row := range table.Rows {
		if value := instance.Truncate(row[column], 40); value != "" && !slices.Contains(values, value) && len(values) < 3 {
			values = append(values, value)
		}
	}
	hint := w.T("import.column.empty")
	if len(values) > 0 {
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
	if err := w.uploads.save(up); err != nil {
		return err
	}
	w.runs.abandon(trialRun + up.ID)
	w.runs.start(w.account.ID, trialRun+up.ID, w.trial(*up)).settle(w.ctx())
	return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID+"/essai")
}

// readSettings writes the form into the settings, and notes what is wrong with it.
func (w *importing) readSettings(up *upload, f *editForm) error {
	set := &up.Settings
	set.Ready, set.Announce = true, instance.AnnounceFew
	if set.Owner = f.Get("by"); w.owner(set.Owner) == nil {
		f.fail("by", "choisissez l'organisation qui publie")
	}
	if set.Source = instance.CleanName(f.Get("source"), 2000); set.Source == "" {
		f.fail("source", "dites d'où viennent les données : c'est à ce nom qu'elles seront reconnues la prochaine fois")
	}
	v := instance.Vocabularies()
	if set.Licence = f.Get("licence"); set.Licence != "" && !v.Has("licences", set.Licence) {
		f.fail("licence", "choisissez une licence de la liste")
	}
	set.Kind = instance.Kind(f.Get("genre"))
	if set.Kind != "" && set.Kind != instance.KindEvent && set.Kind != instance.KindPartner {
		f.fail("genre", "choisissez dans la liste")
	}
	set.Themes = slices.DeleteFunc(f.chosen("themes"), func(slug string) bool { return !v.Has("themes", slug) })
	set.Territories = nil
	if id := f.Get("territory"); id != "" {
		a, err := w.s.node.Actor(w.ctx(), id)
		if err != nil && !errors.Is(err, instance.ErrNotFound) {
			return err
		}
		if err != nil || a.Kind != instance.KindTerritory {
			f.fail("territory", "choisissez un territoire de la liste")
		} else {
			set.Territories = []instance.Ref{refTo(a)}
		}
	}
	return w.readColumns(up, f)
}

// readColumns writes into the settings where the columns go: each says so, since what
// was shown is what is to happen.
func (w *importing) readColumns(up *upload, f *editForm) error {
	table, err := w.preview(up)
	if errors.Is(err, instance.ErrInvalid) {
		f.fail("format", "ce fichier ne se lit pas ainsi : choisissez un autre format")
		return nil
	}
	if err != nil || table == nil {
		return err
	}
	fields := w.Reader.Fields()
	mapping, named := map[string]string{}, false
	for i, head := range table.Heads {
		if _, twice := mapping[head]; twice || head == "" {
			continue
		}
		mapping[head] = leftOut
		if field := f.Get("c" + strconv.Itoa(i)); slices.Contains(fields, field) {
			mapping[head] = field
			named = named || field == "name"
		}
	}
	up.Settings.Mapping = mapping
	if !named {
		f.fail("colonnes", "dites quelle colonne est le nom ou le titre")
	}
	return nil
}

// unusable says why a file cannot be read, as its reader does; what went wrong on our
// side is not told.
func (r *request) unusable(err error) string {
	if !errors.Is(err, instance.ErrInvalid) {
		return r.T("error.500.text")
	}
	if fields := r.problems(err); len(fields) > 0 {
		return capitalise(fields[0].Message)
	}
	return capitalise(r.mistake(strings.TrimPrefix(err.Error(), instance.ErrInvalid.Error()+" : ")))
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

// harvest reads a file by its settings.
func (im *importer) harvest(up upload) (*instance.Harvest, error) {
	data, err := im.uploads.data(up.ID)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", up.Name, err)
	}
	return im.Reader.Read(data, instance.IntakeReading{
		Format: up.Settings.Format, Address: up.Address, Mapping: up.Settings.Mapping, Kind: up.Settings.Kind,
	})
}

// options are those of an import by the settings of a file.
func (set importSettings) options(dry bool) instance.IntakeOptions {
	return instance.IntakeOptions{Source: set.Source, DryRun: dry, Licence: set.Licence, Themes: set.Themes, Territories: set.Territories, Announce: set.Announce}
}
