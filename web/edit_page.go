package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/maillage/maillage/instance"
)

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
	Answers   bool // what was sent is in the form: the browser need not keep it
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

// show draws the form.
func (w *writing) show(status int) error {
	v := editView{
		Form: w.form, Kind: w.of.kind, Action: w.address(), Media: w.s.node.Media() != nil, ImageName: w.form.Get("image"),
		Actors: actorOptions(w.actors), Others: actorOptions(w.actors), Answers: w.Request().Method == http.MethodPost,
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
	w.allowTiles()
	return w.render(status, "edit-"+string(w.of.kind), &page{
		Title: title, NoIndex: true, Scripts: []string{"js/editor.js", "js/autosave.js", "js/place.js"}, View: v,
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
