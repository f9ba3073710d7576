package web

import "net/http"

// hiddenView is what of other servers is not shown here.
type hiddenView struct {
	Tabs  []menuItem
	Hosts []string
	Items []hiddenItem
}

type hiddenItem struct{ ID, Since string }

// hidden lists the servers that are blocked, and what is hidden of others.
func (s *Server) hidden(r *request) error {
	v := hiddenView{Tabs: r.moderationTabs("/moderation/caches")}
	hosts, err := s.node.Hosts(r.ctx())
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if h.Blocked {
			v.Hosts = append(v.Hosts, h.Domain)
		}
	}
	items, err := s.node.Hidings(r.ctx(), "", 500)
	if err != nil {
		return err
	}
	for _, h := range items {
		v.Items = append(v.Items, hiddenItem{h.ID, r.published(h.At)})
	}
	return r.show("moderation-hidden", &page{Title: r.T("moderation.hidden.title"), NoIndex: true, View: v})
}

// showAgain lets be seen what was hidden: one thing, or a server.
func (s *Server) showAgain(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	if domain := posted.Get("serveur"); domain != "" {
		err = s.node.ShowHost(r.ctx(), domain)
	} else {
		err = s.node.ShowObject(r.ctx(), posted.Get("id"))
	}
	if err != nil {
		return err
	}
	r.flash("done.shown-again")
	return r.Redirect(http.StatusSeeOther, "/moderation/caches")
}
