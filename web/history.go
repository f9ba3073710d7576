package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// historyView is all the versions of something.
type historyView struct {
	Name     string
	Path     string
	Gone     bool
	Versions []versionLine
}

// versionLine is one version, and what it changed.
type versionLine struct {
	Seq     int64
	Verb    instance.Verb
	When    string
	Who     string
	Current bool
	Changes []fieldChange
}

// fieldChange is a field that one version changed.
type fieldChange struct {
	Label    string
	Was, Now []diffPart
}

// history shows what became of something of ours, version by version.
func (s *Server) history(kind instance.Kind) handler {
	return func(r *request) error {
		o, err := s.node.ObjectBySlug(r.ctx(), kind, r.Param("slug"))
		if err != nil {
			return err
		}
		b := o.Common()
		versions, err := s.node.Editor(r.account).History(r.ctx(), b.ID)
		if err != nil {
			return err
		}
		v := historyView{Name: cmp.Or(b.Name, r.T("kind."+string(b.Kind))), Path: s.node.URLs().Path(b.ID), Gone: !b.Deleted.IsZero()}
		return r.showHistory(v, versions, b.Published, r.changes)
	}
}

// actorHistory shows what an organisation or a territory of ours said of itself.
func (s *Server) actorHistory(kind instance.Kind) handler {
	return func(r *request) error {
		a, err := r.presentable(kind)
		if err != nil {
			return err
		}
		versions, err := s.node.Editor(r.account).History(r.ctx(), a.ID)
		if err != nil {
			return err
		}
		return r.showHistory(historyView{Name: a.Name, Path: s.node.URLs().Path(a.ID)}, versions, a.Created, r.presentationChanges)
	}
}

func (r *request) showHistory(v historyView, versions []instance.Revision, created time.Time, changes func(was, is instance.Object) []fieldChange) error {
	names := map[string]string{}
	for i, version := range versions {
		line := versionLine{
			Seq: version.Seq, Verb: version.Verb, When: r.moment(version.At), Who: r.authorName(names, version.Account),
			Current: i == 0 && version.Verb != instance.VerbDelete,
		}
		if version.Verb == instance.VerbUpdate && i+1 < len(versions) {
			line.Changes = changes(versions[i+1].Version, version.Version)
		}
		v.Versions = append(v.Versions, line)
	}
	if len(versions) == 0 { // created by an import or by the API, and untouched since
		v.Versions = []versionLine{{Verb: instance.VerbCreate, When: r.moment(created), Who: r.authorName(names, ""), Current: true}}
	}
	return r.show("history", &page{Title: r.T("history.title", v.Name), NoIndex: true, View: v})
}

// authorName is what the account that made a version is called.
func (r *request) authorName(names map[string]string, account string) string {
	if account == "" {
		return r.T("history.by-import")
	}
	if _, known := names[account]; !known {
		names[account] = r.T("history.by-someone")
		if a, err := r.s.node.Account(r.ctx(), account); err == nil {
			names[account] = a.Name
		}
	}
	return names[account]
}

// revert makes an old version the current one.
func (s *Server) revert(r *request) error {
	editor, seq, err := r.version()
	if err != nil {
		return err
	}
	o, err := editor.Revert(r.ctx(), seq)
	if err != nil {
		return err
	}
	r.flash("done.reverted")
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(o.Common().ID)+"/historique")
}

// restore makes a draft of an old version.
func (s *Server) restore(r *request) error {
	editor, seq, err := r.version()
	if err != nil {
		return err
	}
	d, err := editor.Restore(r.ctx(), seq)
	if err != nil {
		return err
	}
	r.flash("done.restored")
	return r.Redirect(http.StatusSeeOther, r.draftAddress(d))
}

func (r *request) version() (instance.Editor, int64, error) {
	seq, err := strconv.ParseInt(r.Param("version"), 10, 64)
	if err != nil {
		return instance.Editor{}, 0, fmt.Errorf("version %q: %w", r.Param("version"), instance.ErrNotFound)
	}
	return r.s.node.Editor(r.account), seq, nil
}

// changes lists the fields that differ between two versions, as their form names them.
func (r *request) changes(was, is instance.Object) []fieldChange {
	of := editableOf(is.Common().Kind)
	before, after := r.formOf(of, was), r.formOf(of, is)
	var changes []fieldChange
	for _, name := range formOrder {
		if name == "image" {
			continue // a file's name; what the image shows is told by its words
		}
		spec, field := of.fields[name]
		rows, group := of.rows[name]
		var label, a, b string
		switch {
		case field:
			label, a, b = spec.label, before.words(name, spec), after.words(name, spec)
		case group:
			label, a, b = rows.legend, before.rowWords(name), after.rowWords(name)
		}
		if a != b {
			changes = append(changes, newFieldChange(r.T(label), a, b))
		}
	}
	return changes
}

// presentationChanges lists what differs between two versions of what an actor says of itself.
func (r *request) presentationChanges(was, is instance.Object) []fieldChange {
	kind := is.Common().Kind
	before, after := instance.ProposedValues(was), instance.ProposedValues(is)
	var changes []fieldChange
	for _, field := range instance.ProposedFields(kind) {
		if before[field] != after[field] {
			changes = append(changes, newFieldChange(r.proposedLabel(kind, field), r.proposedWords(field, before[field]), r.proposedWords(field, after[field])))
		}
	}
	return changes
}

func newFieldChange(label, was, now string) fieldChange {
	before, after := diffWords(was, now)
	return fieldChange{label, before, after}
}

func (r *request) formOf(of *editable, o instance.Object) *editForm {
	w := &writing{request: r, of: of, form: newEditForm(r, of, nil)}
	w.begin(o)
	return w.form
}

// words is what a field says, in the reader's language.
func (f *editForm) words(name string, spec fieldSpec) string {
	var words []string
	for _, value := range f.Values[name] {
		switch {
		case value == "":
		case spec.list != "":
			words = append(words, f.r.label(spec.list, value))
		case name == "status":
			words = append(words, f.r.label("event_status", value))
		case spec.kind == "date" || spec.kind == "time":
			words = append(words, f.r.asSaid(value))
		case name == "territories" || name == "organisers":
			words = append(words, f.r.link(instance.Ref{ID: value}, instance.KindTerritory).Name)
		default:
			words = append(words, value)
		}
	}
	return strings.Join(words, ", ")
}

// asSaid is the value of a field of dates or hours, in words.
func (l *locale) asSaid(value string) string {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return l.weekday(day) + " " + l.day(day)
	}
	if hour, err := time.Parse("15:04", value); err == nil {
		return l.clock(hour)
	}
	return value
}

func (f *editForm) rowWords(name string) string {
	var lines []string
	for _, line := range f.cells(name) {
		lines = append(lines, strings.Join(slices.DeleteFunc(line, func(s string) bool { return s == "" }), " – "))
	}
	return strings.Join(lines, "\n")
}
