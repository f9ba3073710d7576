package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// shareView says what happens to something that was just published.
type shareView struct {
	card
	URL       string
	Author    string
	Address   string
	Followers int // of its author
	Reached   int // of it, of its territories and of the node: all that are told
	Nodes     int
	Mail      string // address of a message to send
	Text      string // to copy
	Series    []card
	Calendar  string
	Over      bool // its date went by: it may be mistyped
}

// share says who will see a publication, and how to pass it on.
func (s *Server) share(kind instance.Kind) handler {
	return func(r *request) error {
		o, err := r.ours(kind)
		if err != nil {
			return err
		}
		b := o.Common()
		v := shareView{card: r.objectCard(o), URL: b.ID, Followers: r.followers(b.Owner)}
		if a, err := s.node.Actor(r.ctx(), b.Owner); err == nil {
			v.Author, v.Address = a.Name, a.Address(s.node.Domain())
		}
		v.Reached = v.Followers + r.followers(s.node.Self().ID)
		for _, ref := range b.Territories {
			v.Reached += r.followers(ref.ID)
		}
		inboxes, err := s.node.FollowerInboxes(r.ctx(), b.Owner, s.node.Self().ID)
		if err != nil {
			return err
		}
		v.Nodes = len(inboxes)
		v.Text = shareText(v.card, b.ID)
		v.Mail = mailTo(v.Name, v.Text)
		if e, ok := o.(*instance.Event); ok {
			v.Calendar, v.Over = v.Path+".ics", e.Over(s.node.Now())
			following, err := s.node.Editor(r.account).Following(r.ctx(), e)
			if err != nil {
				return err
			}
			for _, other := range following {
				v.Series = append(v.Series, r.objectCard(other))
			}
		}
		return r.show("share", &page{Title: r.T("share.title"), NoIndex: true, View: v})
	}
}

// followers counts who follows an actor of ours.
func (r *request) followers(actor string) int {
	if actor == "" {
		return 0
	}
	_, count, err := r.s.node.Follows(r.ctx(), instance.FollowFilter{Object: actor, State: instance.FollowAccepted, Limit: 1})
	if err != nil {
		r.s.log.WarnContext(r.ctx(), "count followers", "actor", actor, "err", err)
	}
	return count
}

// shareText is a message to pass on: what, when, where, and the address.
func shareText(c card, address string) string {
	lines := []string{c.Name, c.When, c.Where, c.Summary, address}
	if c.Kind == instance.KindAnnouncement {
		lines = []string{c.Summary, address}
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// mailTo begins a message in the reader's mail program.
func mailTo(subject, body string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "mailto:?subject=" + escape(subject) + "&body=" + escape(body)
}
