package web

import (
	"cmp"
	"strings"

	"github.com/maillage/maillage/instance"
)

// previewView shows a draft as it will be seen, elsewhere and here.
type previewView struct {
	Draft    string
	Action   string // where to publish it
	Continue string
	Kind     instance.Kind
	Changes  bool // of something published
	Dates    []string

	Author, Address string // who publishes it, as Mastodon writes it
	Name            string
	Lines           []string // what Mastodon shows between the name and the link
	Content         string   // of an announcement, which Mastodon shows whole
	Link            string
	Image           *instance.Image
	Page            *objectView
	Practical       *practicalView
	Recipe          *recipeView
}

// preview shows a draft as its readers will see it.
func (s *Server) preview(r *request) error {
	w, o, err := r.drafted(r.Param("id"), false)
	if err != nil {
		return err
	}
	b := o.Common()
	v := previewView{
		Draft: w.draft.ID, Action: "/brouillons/" + w.draft.ID + "/publier", Continue: r.draftAddress(w.draft),
		Kind: b.Kind, Changes: w.old != nil, Name: b.Name, Image: b.Image,
		Link: hostOf(s.node.URLs().Base()) + strings.TrimPrefix(s.node.URLs().Of(b.Kind, cmp.Or(instance.Slugify(b.Name), "…")), s.node.URLs().Base()),
	}
	if a, err := s.node.Actor(r.ctx(), w.actor()); err == nil {
		v.Author, v.Address = a.Name, a.Address(s.node.Domain())
	}
	if w.old != nil {
		v.Link = strings.TrimPrefix(strings.TrimPrefix(w.old.Common().URL, "https://"), "http://")
	}
	b.Content = instance.SanitiseHTML(b.Content)
	if b.Source != "" {
		b.Content = instance.RenderMarkdown(b.Source)
	}
	v.Lines, v.Content = mastodonLines(o), ""
	if b.Kind == instance.KindAnnouncement {
		v.Content = b.Content
	}
	if event, ok := o.(*instance.Event); ok && w.comesBack() {
		dates, err := w.form.occurrences(event)
		if _, invalid := asInvalid(err); err != nil && !invalid {
			return err
		}
		for _, date := range dates {
			v.Dates = append(v.Dates, r.when(date))
		}
	}
	common := r.objectView(o)
	v.Page = &common
	switch o := o.(type) {
	case *instance.Event:
		practical := r.practical(o)
		v.Practical = &practical
	case *instance.Announcement:
		common.Summary = o.Summary
	case *instance.Recipe:
		recipe := recipeView{
			objectView: common, Recipe: o, Days: r.programme(o.Programme),
			Essential: r.ingredients(o.Ingredients, true), Optional: r.ingredients(o.Ingredients, false),
		}
		v.Recipe = &recipe
	}
	return r.show("preview", &page{Title: r.T("preview.title"), NoIndex: true, View: v})
}

// mastodonLines is what Mastodon shows of an object between its name and its link: its
// summary, which federation begins with the date and the place of an event.
func mastodonLines(o instance.Object) []string {
	line := o.Common().Summary
	if e, ok := o.(*instance.Event); ok {
		line = e.SummaryLine()
	}
	if line == "" {
		return nil
	}
	return []string{line}
}

// drafted loads a draft of the reader's and the object that its form says, to be
// published when it is final.
func (r *request) drafted(id string, final bool) (*writing, instance.Object, error) {
	editor := r.s.node.Editor(r.account)
	d, err := editor.Draft(r.ctx(), id)
	if err != nil {
		return nil, nil, err
	}
	w, err := r.writing(editableOf(d.Object.Common().Kind).path, id)
	if err != nil {
		return nil, nil, err
	}
	w.resume()
	w.form.final = final
	o, err := w.object()
	return w, o, err
}

// publishDraft makes a draft public, from its preview.
func (s *Server) publishDraft(r *request) error {
	w, o, err := r.drafted(r.Param("id"), true)
	if err != nil {
		return err
	}
	return w.publish(o)
}
