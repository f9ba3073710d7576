package web

import (
	"maps"
	"slices"

	"github.com/maillage/maillage/instance"
)

// commonFields are those that every form has, or may have.
var commonFields = map[string]fieldSpec{
	"by":          {label: "edit.by", hint: "edit.by.hint", kind: "select"},
	"image":       {label: "edit.image", hint: "edit.image.hint", kind: "file", more: true},
	"image-alt":   {label: "edit.image-alt", hint: "edit.image-alt.hint", max: 500, more: true},
	"themes":      {label: "edit.themes", kind: "checks", list: "themes", more: true},
	"territories": {label: "edit.territories", hint: "edit.territories.hint", kind: "checks", more: true},
	"licence":     {label: "edit.licence", hint: "edit.licence.hint", kind: "radios", list: "licences", more: true},
	"content":     {label: "edit.content", hint: "edit.content.hint", kind: "markdown", max: 40_000, more: true},
	"vu":          {label: "edit.seen"},
	"draft":       {label: "draft.title"},
}

// placeFields say where.
var placeFields = map[string]fieldSpec{
	"place":   {label: "edit.place", hint: "edit.place.hint"},
	"commune": {label: "edit.commune", hint: "edit.commune.hint"},
	"street":  {label: "edit.street", hint: "edit.street.hint", more: true},
	"lat":     {label: "edit.lat", kind: "number", more: true},
	"lon":     {label: "edit.lon", kind: "number", more: true},
}

// commonDomain are the fields of every object that the domain names otherwise.
var commonDomain = map[string]string{"slug": "name"}

func withFields(tables ...map[string]fieldSpec) map[string]fieldSpec {
	all := map[string]fieldSpec{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

func withNames(tables ...map[string]string) map[string]string {
	all := maps.Clone(commonDomain)
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

// fillCommon writes into the form what every object has.
func (w *writing) fillCommon(b *instance.Base) {
	f := w.form
	f.Set("by", b.Owner)
	f.Set("name", b.Name)
	f.Set("summary", b.Summary)
	f.Set("content", b.Source)
	if b.Source == "" && b.Content != "" {
		f.Set("content", instance.MarkdownOf(b.Content))
	}
	f.Set("licence", b.Licence)
	f.Values["themes"] = slices.Clone(b.Themes)
	for _, ref := range b.Territories {
		if id := w.territoryID(ref); id != "" {
			f.Add("territories", id)
		}
	}
	if b.Image != nil {
		f.Set("image", w.s.node.PictureName(b.Image))
		f.Set("image-alt", b.Image.Alt)
	}
	f.Set("derived-from", b.DerivedFrom)
}

// readCommon writes the form into what every object has. What the form cannot show
// of it (a picture elsewhere, a territory that nobody knows here) stays.
func (w *writing) readCommon(b *instance.Base) {
	f := w.form
	if _, there := f.of.fields["name"]; there {
		b.Name = f.text("name")
	}
	if _, there := f.of.fields["summary"]; there {
		b.Summary = f.text("summary")
	}
	written := b.Source
	if written == "" && b.Content != "" {
		written = instance.MarkdownOf(b.Content)
	}
	if text := f.prose("content"); text != written {
		b.Source, b.Content = text, ""
	}
	b.Licence = f.Get("licence")
	b.Themes = f.chosen("themes")
	b.Territories = w.readTerritories(b)
	b.Image = f.readImage(b.Image)
	if from := f.Get("derived-from"); w.old == nil {
		b.DerivedFrom = from
	}
}

func (w *writing) territoryID(ref instance.Ref) string {
	if ref.ID != "" {
		return ref.ID
	}
	if a, err := w.s.node.ActorBySlug(w.ctx(), instance.KindTerritory, ref.Slug); err == nil {
		return a.ID
	}
	return ""
}

// readTerritories are those that were ticked, in the order they had, and those that
// the form could not show.
func (w *writing) readTerritories(b *instance.Base) []instance.Ref {
	ticked := w.form.chosen("territories")
	var refs []instance.Ref
	for _, ref := range b.Territories {
		id := w.territoryID(ref)
		if i := slices.Index(ticked, id); i >= 0 {
			ticked = slices.Delete(ticked, i, i+1)
			refs = append(refs, ref)
		} else if id == "" {
			refs = append(refs, ref)
		}
	}
	for _, id := range ticked {
		if a, err := w.s.node.Actor(w.ctx(), id); err == nil && a.Kind == instance.KindTerritory {
			refs = append(refs, refTo(a))
		}
	}
	return refs
}

func refTo(a *instance.Actor) instance.Ref {
	return instance.Ref{ID: a.ID, Slug: a.Slug, Name: a.Name, URL: a.URL}
}

// addTerritory puts first the territory of the commune of a place that was not there
// before, if we have it.
func (w *writing) addTerritory(b *instance.Base) {
	p := b.Place
	if p == nil || p.Locality == "" || w.old != nil && w.old.Common().Place != nil && w.old.Common().Place.Locality == p.Locality {
		return
	}
	a, err := w.s.node.ActorBySlug(w.ctx(), instance.KindTerritory, instance.Slugify(p.Locality))
	if err != nil || a.Territory == nil || p.INSEE != "" && a.Territory.Code("insee") != p.INSEE && a.Territory.Code("insee-actuel") != p.INSEE {
		return
	}
	if !slices.ContainsFunc(b.Territories, func(ref instance.Ref) bool { return w.territoryID(ref) == a.ID }) {
		b.Territories = append([]instance.Ref{refTo(a)}, b.Territories...)
	}
}

// picture keeps the picture that came with the form.
func (f *editForm) picture(file []byte) error {
	if f.Get("image-retirer") != "" {
		f.Del("image")
		f.Del("image-alt")
	}
	f.Del("image-retirer")
	if len(file) == 0 {
		return nil
	}
	image, err := f.r.s.node.AddPicture(f.r.ctx(), file)
	if invalid, ok := asInvalid(err); ok {
		f.refuse(invalid)
		return nil
	}
	if err == nil {
		f.Set("image", f.r.s.node.PictureName(image))
	}
	return err
}

func (f *editForm) readImage(was *instance.Image) *instance.Image {
	name := f.Get("image")
	if name == "" {
		if was != nil && f.r.s.node.PictureName(was) == "" {
			return was // one that an import named, elsewhere
		}
		return nil
	}
	image, err := f.r.s.node.Picture(f.r.ctx(), name)
	if err != nil {
		f.fail("image", "cette image n’est plus là : envoyez-la de nouveau")
		return nil
	}
	if image.Alt = f.text("image-alt"); image.Alt == "" {
		f.fail("image-alt", "dites en une phrase ce que l’on voit, pour qui ne voit pas l’image")
	}
	if len([]rune(image.Alt)) > 500 {
		f.fail("image-alt", "raccourcissez à 500 caractères")
	}
	return image
}
