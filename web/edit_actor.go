package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/maillage/maillage/instance"
)

// actorFields are those of the presentation of an organisation or a territory.
var actorFields = withFields(commonFields, placeFields, map[string]fieldSpec{
	"name":    {label: "actor.name", required: true, max: 100},
	"slug":    {label: "actor.slug", hint: "actor.slug.hint", max: 60},
	"summary": {label: "actor.summary", hint: "actor.summary.hint", kind: "markdown", max: 5000},
	"website": {label: "edit.website", kind: "url", max: 1000},
	"kind":    {label: "actor.territory-kind", kind: "select", list: "territory_kinds"},
	"themes":  {label: "edit.themes", kind: "checks", list: "themes"},
	"street":  {label: "edit.street", hint: "edit.street.hint"},
})

// actorForm describes it; it is not published as objects are.
var actorForm = &editable{fields: actorFields, domain: map[string]string{"territory": "kind"}}

// actorFormView is the page of its form.
type actorFormView struct {
	Form      *editForm
	Kind      instance.Kind
	Action    string
	Name      string // of what is changed; "" for a new one
	Back      string
	Media     bool
	Image     *instance.Image
	ImageName string
}

// foundPage asks for a new organisation or territory.
func (s *Server) foundPage(kind instance.Kind) handler {
	return func(r *request) error {
		return r.showActorForm(http.StatusOK, kind, nil, newEditForm(r, actorForm, nil))
	}
}

// found creates it.
func (s *Server) found(kind instance.Kind) handler {
	return func(r *request) error {
		f, err := r.actorFormSent()
		if err != nil {
			return err
		}
		a := instance.Actor{Kind: kind, Slug: cmp.Or(f.text("slug"), instance.Slugify(f.text("name")))}
		if kind == instance.KindTerritory {
			a.Territory = &instance.Territory{}
		}
		f.readActor(&a)
		if len(f.wrong) > 0 {
			return r.showActorForm(http.StatusUnprocessableEntity, kind, nil, f)
		}
		created, err := s.node.Editor(r.account).Found(r.ctx(), a)
		if invalid, ok := asInvalid(err); ok {
			f.refuse(invalid)
		} else if errors.Is(err, instance.ErrConflict) {
			f.fail("slug", "cette adresse est prise : choisissez-en une autre")
		} else if err != nil {
			return err
		}
		if len(f.wrong) > 0 {
			return r.showActorForm(http.StatusUnprocessableEntity, kind, nil, f)
		}
		r.flash("done.actor-created")
		return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(created.ID))
	}
}

// presentPage shows what an organisation or a territory of ours says of itself.
func (s *Server) presentPage(kind instance.Kind) handler {
	return func(r *request) error {
		a, err := r.presentable(kind)
		if err != nil {
			return err
		}
		f := newEditForm(r, actorForm, nil)
		f.fillActor(a)
		return r.showActorForm(http.StatusOK, kind, a, f)
	}
}

// present changes it.
func (s *Server) present(kind instance.Kind) handler {
	return func(r *request) error {
		a, err := r.presentable(kind)
		if err != nil {
			return err
		}
		f, err := r.actorFormSent()
		if err != nil {
			return err
		}
		draft := *a
		f.readActor(&draft)
		if len(f.wrong) == 0 {
			_, err := s.node.Editor(r.account).Present(r.ctx(), a.ID, draft)
			if invalid, ok := asInvalid(err); ok {
				f.refuse(invalid)
			} else if err != nil {
				return err
			}
		}
		if len(f.wrong) > 0 {
			return r.showActorForm(http.StatusUnprocessableEntity, kind, a, f)
		}
		r.flash("done.actor-changed")
		return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(a.ID))
	}
}

// presentable loads the actor that the page's address names, if the reader may speak
// for it.
func (r *request) presentable(kind instance.Kind) (*instance.Actor, error) {
	a, err := r.s.node.ActorBySlug(r.ctx(), kind, r.Param("slug"))
	if err != nil {
		return nil, err
	}
	if !r.s.node.Editor(r.account).MayPresent(a) {
		return nil, instance.ErrForbidden
	}
	return a, nil
}

// actorFormSent reads the form, and keeps the picture that came with it.
func (r *request) actorFormSent() (*editForm, error) {
	values, file, err := r.filledIn()
	if err != nil {
		return nil, err
	}
	f := newEditForm(r, actorForm, values)
	return f, f.picture(file)
}

func (f *editForm) fillActor(a *instance.Actor) {
	f.Values = url.Values{"themes": slices.Clone(a.Themes)}
	f.Set("name", a.Name)
	f.Set("summary", instance.MarkdownOf(a.Summary))
	f.Set("website", a.Website)
	f.fillPlace(a.Place)
	if a.Territory != nil {
		f.Set("kind", a.Territory.Kind)
	}
	if a.Image != nil {
		f.Set("image", f.r.s.node.PictureName(a.Image))
		f.Set("image-alt", a.Image.Alt)
	}
}

// readActor writes the form into an actor, which keeps what the form does not show.
func (f *editForm) readActor(a *instance.Actor) {
	a.Name, a.Website = instance.CleanName(f.text("name"), 100), f.webAddress("website")
	if summary := f.prose("summary"); summary != instance.MarkdownOf(a.Summary) {
		a.Summary = instance.RenderMarkdown(summary)
	}
	if len(f.prose("summary")) > 5000 {
		f.fail("summary", "raccourcissez à 5 000 caractères")
	}
	if a.Name == "" {
		f.fail("name", "donnez un nom")
	}
	a.Themes = slices.DeleteFunc(f.chosen("themes"), func(slug string) bool { return !instance.Vocabularies().Has("themes", slug) })
	a.Image = f.readImage(a.Image)
	a.Place = f.readPlace(a.Place)
	if a.Territory == nil {
		return
	}
	territory := *a.Territory
	territory.Kind = f.Get("kind")
	if !instance.Vocabularies().Has("territory_kinds", territory.Kind) {
		f.fail("kind", "choisissez la sorte de territoire dans la liste")
	}
	a.Territory = &territory
}

func (r *request) showActorForm(status int, kind instance.Kind, a *instance.Actor, f *editForm) error {
	v := actorFormView{
		Form: f, Kind: kind, Action: r.Request().URL.Path, Back: "/publier",
		Media: r.s.node.Media() != nil, ImageName: f.Get("image"),
	}
	title := r.T("actor.new." + string(kind))
	if a != nil {
		v.Name, v.Back = a.Name, r.s.node.URLs().Path(a.ID)
		title = r.T("actor.edit.title", a.Name)
	}
	if v.ImageName != "" {
		var err error
		if v.Image, err = r.s.node.Picture(r.ctx(), v.ImageName); err != nil && !errors.Is(err, instance.ErrNotFound) {
			return err
		}
	}
	r.allowTiles()
	return r.render(status, "edit-actor", &page{Title: title, NoIndex: true, Scripts: []string{"js/editor.js", "js/place.js"}, View: v})
}
