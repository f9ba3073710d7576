package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
		names := map[string]string{}
		for i, version := range versions {
			line := versionLine{
				Seq: version.Seq, Verb: version.Verb, When: r.moment(version.At), Who: r.authorName(names, version.Account),
				Current: i == 0 && version.Verb != instance.VerbDelete,
			}
			if version.Verb == instance.VerbUpdate && i+1 < len(versions) {
				line.Changes = r.changes(versions[i+1].Version, version.Version)
			}
			v.Versions = append(v.Versions, line)
		}
		if len(versions) == 0 { // created by an import or by the API, and untouched since
			v.Versions = []versionLine{{Verb: instance.VerbCreate, When: r.moment(b.Published), Who: r.authorName(names, ""), Current: true}}
		}
		return r.show("history", &page{Title: r.T("history.title", v.Name), NoIndex: true, View: v})
	}
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
	for _, name := range of.order() {
		spec := of.fields[name]
		a, b := before.words(name, spec), after.words(name, spec)
		if a != b {
			changes = append(changes, newFieldChange(r.T(spec.label), a, b))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of.rows)) {
		a, b := before.rowWords(name), after.rowWords(name)
		if a != b {
			changes = append(changes, newFieldChange(r.T(of.rows[name].legend), a, b))
		}
	}
	return changes
}

func newFieldChange(label, was, now string) fieldChange {
	before, after := diffWords(was, now)
	return fieldChange{label, before, after}
}

// order lists the fields that are compared: what matters most first, then by name.
func (of *editable) order() []string {
	first := []string{"name", "summary", "date", "from", "to", "last", "vague", "place", "commune", "content", "status", "street"}
	hidden := []string{"vu", "draft", "by", "rhythm", "until", "image"}
	var rest []string
	for name := range of.fields {
		column := false
		for rows := range of.rows {
			column = column || strings.HasPrefix(name, rows+"-")
		}
		if !column && !slices.Contains(first, name) && !slices.Contains(hidden, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return slices.DeleteFunc(append(first, rest...), func(name string) bool { _, ok := of.fields[name]; return !ok })
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
		case name == "territories" || name == "organisers":
			words = append(words, f.r.link(instance.Ref{ID: value}, instance.KindTerritory).Name)
		default:
			words = append(words, value)
		}
	}
	return strings.Join(words, ", ")
}

func (f *editForm) rowWords(name string) string {
	var lines []string
	for _, line := range f.cells(name) {
		lines = append(lines, strings.Join(slices.DeleteFunc(line, func(s string) bool { return s == "" }), " – "))
	}
	return strings.Join(lines, "\n")
}
