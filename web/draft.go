package web

import (
	"net/http"
	"time"

	"github.com/maillage/maillage/instance"
)

// draftLine is one draft in the list.
type draftLine struct {
	Kind       instance.Kind
	KindLabel  string
	Name       string
	Saved      string
	Continue   string // address of its form
	Delete     string // address to post to
	OfExisting bool   // changes of something that is published
}

// drafts lists what the reader has not published yet.
func (s *Server) drafts(r *request) error {
	drafts, err := s.node.Editor(r.account).Drafts(r.ctx())
	if err != nil {
		return err
	}
	lines := make([]draftLine, len(drafts))
	for i, d := range drafts {
		b := d.Object.Common()
		lines[i] = draftLine{
			Kind: b.Kind, KindLabel: r.T("kind." + string(b.Kind)), Saved: r.moment(d.Updated), OfExisting: d.Edits != "",
			Name: b.Name, Continue: r.draftAddress(&d), Delete: "/brouillons/" + d.ID + "/supprimer",
		}
		if b.Kind == instance.KindAnnouncement {
			lines[i].Name = instance.Truncate(instance.PlainText(b.Source), 80)
		}
		if lines[i].Name == "" {
			lines[i].Name = r.T("draft.untitled")
		}
	}
	return r.show("drafts", &page{Title: r.T("draft.list"), NoIndex: true, View: lines})
}

// draftAddress is the form of a draft.
func (r *request) draftAddress(d *instance.Draft) string {
	address := "/publier/" + editableOf(d.Object.Common().Kind).path
	if d.Edits != "" {
		address = r.s.node.URLs().Path(d.Edits) + "/modifier"
	}
	return address + "?brouillon=" + d.ID
}

// deleteDraft throws one away.
func (s *Server) deleteDraft(r *request) error {
	if err := s.node.Editor(r.account).DeleteDraft(r.ctx(), r.Param("id")); err != nil {
		return err
	}
	r.flash("done.draft-deleted")
	return r.Redirect(http.StatusSeeOther, "/brouillons")
}

// moment is a day and an hour of the node's life.
func (l *locale) moment(t time.Time) string {
	t = t.In(instance.When{}.Location())
	return l.day(t) + ", " + l.clock(t)
}
