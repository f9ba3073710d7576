package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/maillage/maillage/instance"
)

// editable is a kind of thing that people write here with a form. The API goes
// through the same use cases.
type editable struct {
	kind   instance.Kind
	path   string // last part of /publier/{path}
	fields map[string]fieldSpec
	rows   map[string]rowsSpec
	domain map[string]string // what the domain calls a field -> its name in the form
	// fill writes an object into the form; read writes the form into an object, which
	// keeps what the form does not show, and notes what cannot be understood.
	fill func(f *editForm, o instance.Object)
	read func(f *editForm, o instance.Object)
}

// editables are the kinds that are written here, by the last part of their path.
func editableAt(path string) (*editable, error) {
	for _, of := range []*editable{eventForm, recipeForm, partnerForm, announcementForm} {
		if of.path == path {
			return of, nil
		}
	}
	return nil, fmt.Errorf("publish %q: %w", path, instance.ErrNotFound)
}

func editableOf(kind instance.Kind) *editable {
	for _, of := range []*editable{eventForm, recipeForm, partnerForm, announcementForm} {
		if of.kind == kind {
			return of
		}
	}
	return nil
}

// writing is one form being answered: of a new thing, or of one that is being changed.
type writing struct {
	*request
	editor instance.Editor
	of     *editable
	form   *editForm
	draft  *instance.Draft // as it was kept; nil when nothing was yet
	old    instance.Object // what is being changed; nil for a new thing
	actors []*instance.Actor
}

// write shows the form of something new, of a draft, or of a recipe to adapt.
func (s *Server) write(r *request) error {
	w, err := r.writing(r.Param("genre"), r.QueryParam("brouillon"))
	if err != nil {
		return err
	}
	if w.draft != nil && w.old != nil { // changes of something: they have their own address
		return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(w.old.Common().ID)+"/modifier?"+r.QueryString())
	}
	switch {
	case w.draft != nil:
		w.resume()
	default:
		o, err := instance.NewObject(w.of.kind)
		if err != nil {
			return err
		}
		if from := r.QueryParam("de"); from != "" {
			if o, err = w.fork(from); err != nil {
				return err
			}
		}
		w.begin(o)
	}
	return w.show(http.StatusOK)
}

// change shows the form of something that is published.
func (s *Server) change(kind instance.Kind) handler {
	return func(r *request) error {
		w, err := r.changing(kind, r.QueryParam("brouillon"))
		if err != nil {
			return err
		}
		if w.draft != nil {
			w.resume()
		} else {
			w.begin(w.old)
		}
		return w.show(http.StatusOK)
	}
}

// writing prepares a form of a kind, and of a draft when one is named.
func (r *request) writing(path, draft string) (*writing, error) {
	of, err := editableAt(path)
	if err != nil {
		return nil, err
	}
	w := &writing{request: r, editor: r.s.node.Editor(r.account), of: of, form: newEditForm(r, of, nil)}
	if w.actors, err = w.editor.Actors(r.ctx()); err != nil {
		return nil, err
	}
	if draft == "" {
		return w, nil
	}
	if w.draft, err = w.editor.Draft(r.ctx(), draft); err != nil {
		return nil, err
	}
	if w.draft.Object.Common().Kind != of.kind {
		return nil, fmt.Errorf("draft %s: %w", draft, instance.ErrNotFound)
	}
	if w.draft.Edits == "" {
		return w, nil
	}
	w.old, err = r.mine(w.editor, w.draft.Edits)
	return w, err
}

// changing prepares the form of what the page's address names.
func (r *request) changing(kind instance.Kind, draft string) (*writing, error) {
	old, err := r.s.node.ObjectBySlug(r.ctx(), kind, r.Param("slug"))
	if err != nil {
		return nil, err
	}
	w, err := r.writing(editableOf(kind).path, draft)
	if err != nil {
		return nil, err
	}
	if w.draft != nil && w.draft.Edits != old.Common().ID {
		return nil, fmt.Errorf("draft %s: %w", draft, instance.ErrNotFound)
	}
	w.old, err = r.mine(w.editor, old.Common().ID)
	return w, err
}

// mine loads something that the editor may change.
func (r *request) mine(editor instance.Editor, id string) (instance.Object, error) {
	o, err := r.s.node.Object(r.ctx(), id)
	switch {
	case err != nil:
		return nil, err
	case !o.Common().Deleted.IsZero():
		return nil, fmt.Errorf("%s: %w", id, instance.ErrGone)
	case !editor.MayEdit(o):
		return nil, fmt.Errorf("%s: %w", id, instance.ErrForbidden)
	}
	return o, nil
}

// begin fills the form with an object.
func (w *writing) begin(o instance.Object) {
	w.fillCommon(o.Common())
	w.of.fill(w.form, o)
	if w.old != nil {
		w.form.Set("vu", version(w.old))
	}
}

// resume fills the form with what a draft kept.
func (w *writing) resume() {
	if w.draft.Form != nil {
		w.form.Values = w.draft.Form
	} else {
		w.begin(w.draft.Object)
	}
	w.form.Set("by", w.draft.Actor)
}

// version names a state of an object.
func version(o instance.Object) string {
	return strconv.FormatInt(o.Common().Updated.UnixMicro(), 36)
}

// sendNew and sendChange answer the forms.
func (s *Server) sendNew(r *request) error {
	values, file, err := r.filledIn()
	if err != nil {
		return err
	}
	w, err := r.writing(r.Param("genre"), values.Get("brouillon"))
	if err != nil {
		return err
	}
	return w.send(values, file)
}

func (s *Server) sendChange(kind instance.Kind) handler {
	return func(r *request) error {
		values, file, err := r.filledIn()
		if err != nil {
			return err
		}
		w, err := r.changing(kind, values.Get("brouillon"))
		if err != nil {
			return err
		}
		return w.send(values, file)
	}
}
