package as2

import "github.com/maillage/maillage/instance"

type note struct {
	base
	InReplyTo string `json:"inReplyTo,omitempty"`
}

// wireAnnouncement writes a Note. A name or a summary would become a content
// warning on GoToSocial, or make a poll vote on Mastodon: they open the content
// instead, and travel by our terms.
func wireAnnouncement(a *instance.Announcement, e Env, context any) note {
	var before markup
	before.WriteString(mentionLinks(e.Mentions[a.ID]))
	before.paragraph(a.Name, a.Summary)
	w := note{base: wireBase(&a.Base, e, context, before.String(), ""), InReplyTo: a.InReplyTo}
	w.Name, w.NameMap, w.Summary = "", nil, ""
	w.OwnName = a.Name
	w.mention(e.Mentions[a.ID])
	if a.Summary != "" {
		w.OwnSummary = &a.Summary
	}
	return w
}

func announcementOf(m fields) *instance.Announcement {
	return &instance.Announcement{Base: instance.Base{Kind: instance.KindAnnouncement}, InReplyTo: m.iri("inReplyTo")}
}
