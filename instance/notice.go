package instance

import (
	"context"
	"html"
	"strings"
)

// Telling is what the followers of an event are told of a change that concerns
// those who meant to go.
type Telling struct {
	Silent bool   // nothing
	Words  string // plain text, after what is said anyway
}

// notify tells the followers of an event that is still to come what changed for
// those who meant to go. Mastodon ignores the Update of an event (mastodon#31114):
// what must reach people there is a message of its own.
func (n *Node) notify(ctx context.Context, tx Tx, old, o Object) error {
	return n.tell(ctx, tx, old, o, Telling{})
}

// tell is notify, with the author's say in it.
func (n *Node) tell(ctx context.Context, tx Tx, old, o Object, telling Telling) error {
	was, wasEvent := old.(*Event)
	e, isEvent := o.(*Event)
	if telling.Silent || !wasEvent || !isEvent || was.Over(n.clock()) {
		return nil
	}
	text := notice(was, e)
	if text == "" {
		return nil
	}
	content := "<p>" + html.EscapeString(text) + "</p>"
	if telling.Words != "" {
		content += "<p>" + html.EscapeString(CleanName(telling.Words, maxTelling)) + "</p>"
	}
	slug := newID()
	a := &Announcement{
		Base: Base{
			ID: n.urls.Of(KindAnnouncement, slug), Kind: KindAnnouncement, Slug: slug, Owner: e.Owner, Language: "fr",
			Content:     content + `<p><a href="` + html.EscapeString(e.URL) + `">` + html.EscapeString(e.URL) + "</a></p>",
			Territories: e.Territories, Themes: e.Themes, Published: e.Updated, Updated: e.Updated,
		},
		InReplyTo: e.ID,
	}
	a.URL, a.Content = a.ID, SanitiseHTML(a.Content)
	return save(ctx, tx, a, VerbCreate)
}

// maxTelling bounds what is added to a notice, in runes.
const maxTelling = 500

// notice says in French what changed between two versions of an event, "" when
// nothing did that changes anybody's plans.
func notice(was, e *Event) string {
	title := "«\u00a0" + e.Name + "\u00a0»"
	switch {
	case e.Status == StatusCancelled && was.Status != StatusCancelled:
		return joinWords("Annulé\u00a0: "+title, was.When.French(), was.Place.Label()) + "."
	case e.Status == StatusPostponed && was.Status != StatusPostponed:
		return joinWords("Reporté\u00a0: "+title+" n’aura pas lieu à la date prévue", was.When.French()) + ". La nouvelle date n’est pas encore connue."
	case e.Status == StatusCancelled, e.Status == StatusPostponed && !moved(was, e):
		return ""
	case was.Status == StatusCancelled:
		return joinWords("Finalement maintenu\u00a0: "+title, e.When.French(), e.Place.Label()) + "."
	}
	var changes []string
	if moved(was, e) {
		changes = append(changes, "nouvelle date\u00a0: "+e.When.French()+" (au lieu de\u00a0: "+was.When.French()+")")
	}
	if place := e.Place.Label(); place != was.Place.Label() && was.Place.Label() != "" {
		changes = append(changes, "nouveau lieu\u00a0: "+place+" (au lieu de\u00a0: "+was.Place.Label()+")")
	}
	if len(changes) == 0 {
		return ""
	}
	return "Changement pour " + title + "\u00a0; " + strings.Join(changes, "\u00a0; ") + "."
}

// moved says that the date is another.
func moved(was, e *Event) bool {
	return !e.When.Start.Equal(was.When.Start) || e.When.Vague() && e.When.Text != was.When.Text
}

// joinWords puts commas between the words that are there.
func joinWords(words ...string) string {
	kept := words[:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, ", ")
}
