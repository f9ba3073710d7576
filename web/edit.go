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

// editView is the page of a form.
type editView struct {
	Form      *editForm
	Kind      instance.Kind
	Action    string // where it is sent
	Draft     string // id
	Edits     string // path of what is being changed, "" for a new thing
	EditsName string
	Seen      string // version of what is being changed that the author saw
	Kept      string // a draft of changes that was left, and when
	KeptURL   string
	Actors    []editOption // in whose names the author may write
	Others    []editOption // organisations of ours that may be organisers too
	Places    []editOption // territories
	Image     *instance.Image
	ImageName string
	Media     bool // the node keeps pictures
	Following int  // dates of the series after this one
	From      *link
	Published bool
}

// publishHub leads to the forms.
func (s *Server) publishHub(r *request) error {
	editor := s.node.Editor(r.account)
	actors, err := editor.Actors(r.ctx())
	if err != nil {
		return err
	}
	drafts, err := editor.Drafts(r.ctx())
	if err != nil {
		return err
	}
	return r.show("edit-hub", &page{Title: r.T("edit.hub.title"), NoIndex: true, View: struct {
		Nobody bool
		Host   bool
		Drafts int
	}{len(actors) == 0, r.account.Hosts(), len(drafts)}})
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

// send does what the button that was pressed says.
func (w *writing) send(values url.Values, file []byte) error {
	action := values.Get("action")
	values.Del("action")
	values.Del("brouillon")
	w.form.Values = values
	if err := w.form.picture(file); err != nil {
		return err
	}
	if w.form.rearrange() {
		return w.show(http.StatusOK)
	}
	o, err := w.object()
	if err != nil {
		return err
	}
	switch action {
	case "publier":
		return w.publish(o)
	case "apercu":
		return w.preview(o)
	}
	return w.keep(o)
}

// object is what the form says, upon what is being changed.
func (w *writing) object() (o instance.Object, err error) {
	if w.old != nil {
		o = instance.CloneObject(w.old)
	} else if o, err = instance.NewObject(w.of.kind); err != nil {
		return nil, err
	}
	w.readCommon(o.Common())
	w.of.read(w.form, o)
	w.addTerritory(o.Common())
	return o, nil
}

// actor is who publishes: the one chosen, or the only one there is.
func (w *writing) actor() string {
	if w.old != nil {
		return w.old.Common().Owner
	}
	if by := w.form.Get("by"); by != "" || len(w.actors) == 0 {
		return by
	}
	return w.actors[0].ID
}

// save keeps the form as a draft.
func (w *writing) save(o instance.Object) error {
	d := instance.Draft{Actor: w.actor(), Object: o, Form: w.form.Values}
	if w.draft != nil {
		d.ID = w.draft.ID
	}
	if w.old != nil {
		d.Edits = w.old.Common().ID
	}
	kept, err := w.editor.SaveDraft(w.ctx(), d)
	if err == nil {
		w.draft = kept
	}
	return err
}

// keep saves what was written so far, and goes on: for a script, which sends the form
// from time to time, in a few words.
func (w *writing) keep(o instance.Object) error {
	err := w.save(o)
	var invalid *instance.ValidationError
	script := strings.Contains(w.Request().Header.Get("Accept"), "application/json")
	switch {
	case errors.As(err, &invalid) && script:
		return w.JSON(http.StatusUnprocessableEntity, map[string]string{"message": w.mistake(invalid.Fields[0].Message)})
	case errors.As(err, &invalid):
		w.form.refuse(invalid)
		return w.show(http.StatusUnprocessableEntity)
	case err != nil:
		return err
	case script:
		at := w.draft.Updated.In(instance.When{}.Location())
		return w.JSON(http.StatusOK, map[string]string{"draft": w.draft.ID, "message": w.T("edit.kept-at", w.clock(at))})
	}
	w.flash("done.draft")
	return w.Redirect(http.StatusSeeOther, w.address()+"?brouillon="+w.draft.ID)
}

// address is the page of the form.
func (w *writing) address() string {
	if w.old != nil {
		return w.s.node.URLs().Path(w.old.Common().ID) + "/modifier"
	}
	return "/publier/" + w.of.path
}

// check notes everything that is wrong with the form, and says whether nothing is.
func (w *writing) check(o instance.Object) bool {
	var invalid *instance.ValidationError
	if errors.As(o.Validate(), &invalid) {
		w.form.refuse(invalid)
	}
	w.checkFork(o)
	if w.actor() == "" {
		w.form.fail("by", "choisissez au nom de qui vous publiez")
	}
	return len(w.form.wrong) == 0
}

// preview keeps the form and shows what will become of it.
func (w *writing) preview(o instance.Object) error {
	if !w.check(o) {
		return w.show(http.StatusUnprocessableEntity)
	}
	if err := w.save(o); err != nil {
		return err
	}
	return w.Redirect(http.StatusSeeOther, "/brouillons/"+w.draft.ID)
}

// publish makes what was written public.
func (w *writing) publish(o instance.Object) error {
	if w.old != nil && w.form.Get("vu") != "" && w.form.Get("vu") != version(w.old) {
		w.form.fail("vu", "quelqu'un d'autre a enregistré des changements depuis : voyez l'historique ; enregistrer de nouveau les remplacera")
		w.form.Set("vu", version(w.old))
	}
	if !w.check(o) {
		return w.show(http.StatusUnprocessableEntity)
	}
	published, err := w.makePublic(o)
	var invalid *instance.ValidationError
	if errors.As(err, &invalid) {
		w.form.refuse(invalid)
		return w.show(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if w.draft != nil {
		if err := w.editor.DeleteDraft(w.ctx(), w.draft.ID); err != nil {
			return err
		}
	}
	path := w.s.node.URLs().Path(published.Common().ID)
	if w.old != nil {
		w.flash("done.changed")
		return w.Redirect(http.StatusSeeOther, path)
	}
	return w.Redirect(http.StatusSeeOther, path+"/partager")
}

// makePublic is the one use case that the form asks for.
func (w *writing) makePublic(o instance.Object) (instance.Object, error) {
	event, isEvent := o.(*instance.Event)
	switch {
	case w.old != nil && isEvent && w.form.Get("portee") == "suivantes":
		_, err := w.editor.EditFollowing(w.ctx(), w.old.Common().ID, event, instance.Telling{})
		return w.old, err
	case w.old != nil:
		return w.editor.Edit(w.ctx(), w.old.Common().ID, o)
	case isEvent && w.form.Get("rhythm") != "":
		dates, err := w.form.occurrences(event)
		if err != nil {
			return nil, err
		}
		events, err := w.editor.PublishSeries(w.ctx(), w.actor(), event, dates)
		if err != nil {
			return nil, err
		}
		return events[0], nil
	}
	return w.editor.Publish(w.ctx(), w.actor(), o)
}

// show draws the form.
func (w *writing) show(status int) error {
	v := editView{
		Form: w.form, Kind: w.of.kind, Action: w.address(), Media: w.s.node.Media() != nil, ImageName: w.form.Get("image"),
		Actors: actorOptions(w.actors), Others: actorOptions(w.actors),
	}
	if w.draft != nil {
		v.Draft = w.draft.ID
	}
	var err error
	if v.Places, err = w.territoryOptions(); err != nil {
		return err
	}
	if v.ImageName != "" {
		if v.Image, err = w.s.node.Picture(w.ctx(), v.ImageName); err != nil && !errors.Is(err, instance.ErrNotFound) {
			return err
		}
	}
	if len(w.actors) == 1 && w.form.Get("by") == "" {
		w.form.Set("by", w.actors[0].ID)
	}
	title := w.T("edit.title." + string(w.of.kind))
	if w.old != nil {
		if err := w.ofOld(&v); err != nil {
			return err
		}
		title = w.T("edit.title.change", w.old.Common().Name)
	}
	if from := w.form.Get("derived-from"); from != "" {
		l := w.link(instance.Ref{ID: from}, instance.KindRecipe)
		v.From = &l
	}
	return w.render(status, "edit-"+string(w.of.kind), &page{
		Title: title, NoIndex: true, Scripts: []string{"js/editor.js", "js/autosave.js"}, View: v,
	})
}

// ofOld adds what matters when something published is changed.
func (w *writing) ofOld(v *editView) error {
	b := w.old.Common()
	v.Edits, v.EditsName, v.Published = w.s.node.URLs().Path(b.ID), b.Name, true
	if event, ok := w.old.(*instance.Event); ok {
		following, err := w.editor.Following(w.ctx(), event)
		if err != nil {
			return err
		}
		v.Following = len(following)
	}
	if w.draft != nil {
		return nil
	}
	drafts, err := w.editor.Drafts(w.ctx())
	if i := slices.IndexFunc(drafts, func(d instance.Draft) bool { return d.Edits == b.ID }); i >= 0 {
		v.Kept, v.KeptURL = w.moment(drafts[i].Updated), w.address()+"?brouillon="+drafts[i].ID
	}
	return err
}

func actorOptions(actors []*instance.Actor) []editOption {
	options := make([]editOption, len(actors))
	for i, a := range actors {
		options[i] = editOption{Value: a.ID, Label: a.Name}
	}
	return options
}

// territoryOptions are the territories that something may belong to: ours, and those
// it belongs to already.
func (w *writing) territoryOptions() ([]editOption, error) {
	territories, _, err := w.s.node.Actors(w.ctx(), instance.ActorFilter{
		Kinds: []instance.Kind{instance.KindTerritory}, Scope: instance.ScopeLocal, Limit: 500,
	})
	options := actorOptions(territories)
	for _, id := range w.form.Values["territories"] {
		if !slices.ContainsFunc(options, func(o editOption) bool { return o.Value == id }) {
			if a, err := w.s.node.Actor(w.ctx(), id); err == nil && a.Kind == instance.KindTerritory {
				options = append(options, editOption{Value: id, Label: a.Name})
			}
		}
	}
	return options, err
}
