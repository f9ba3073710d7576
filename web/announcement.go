package web

import "github.com/maillage/maillage/instance"

type announcementView struct {
	objectView
	InReplyTo *link
}

func (r *request) showAnnouncement(p *page, common objectView, a *instance.Announcement) error {
	v := announcementView{objectView: common}
	v.Summary = a.Summary // the card of one without a summary begins its text
	if a.InReplyTo != "" {
		to := r.link(instance.Ref{ID: a.InReplyTo}, instance.KindEvent)
		v.InReplyTo = &to
	}
	p.JSONLD, p.View = announcementLD(a, v.Owner.Name), v
	return r.show("announcement", p)
}

func announcementLD(a *instance.Announcement, author string) thingLD {
	ld := newLD("SocialMediaPosting", &a.Base)
	ld.Author = &thingLD{Type: "Organization", Name: author}
	return ld
}

type announcementsView struct {
	Cards []card
	Pages pagination
}

// announcements lists what organisations said lately, here and at our peers'.
func (s *Server) announcements(r *request) error {
	const perPage = 30
	number := r.pageNumber()
	objects, total, err := s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindAnnouncement}, Offset: (number - 1) * perPage, Limit: perPage,
	})
	if err != nil {
		return err
	}
	return r.show("announcements", &page{
		Title: r.T("announcements.title"), Description: r.T("announcements.lead"),
		View: announcementsView{r.objectCards(objects), r.paginate(number, perPage, total)},
	})
}
