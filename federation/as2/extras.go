package as2

import (
	"html"
	"strings"
)

// Mention is an actor that a note speaks to.
type Mention struct {
	Actor   string // IRI
	Address string // @someone@their.example
}

// Participation is how people come to an event, and how many do.
type Participation struct {
	Mode      string // "free", "restricted" or "invite": answered here; "" for elsewhere
	Remaining int    // places left, of an event with a capacity
	Count     int    // people who come
}

// Links are what an actor's document says of other addresses of its own.
type Links struct {
	MovedTo        string   // IRI of the actor it has become
	AlsoKnownAs    []string // IRIs of the actors it also is
	Featured       string   // IRI of the collection it puts forward
	UpcomingEvents string   // IRI of the collection of its events to come (FEP-8a8e)
}

// ParseLinks reads what an actor's document says of its other addresses. A Move is
// true only if both actors say so. ErrMalformed.
func ParseLinks(raw []byte) (Links, error) {
	doc, err := parse(raw)
	if err != nil {
		return Links{}, err
	}
	m := doc.fields
	also := m.iris("alsoKnownAs")
	return Links{
		MovedTo: m.iri("movedTo"), AlsoKnownAs: also[:min(len(also), maxTags)],
		Featured: m.iri("featured"), UpcomingEvents: m.iri("upcomingEvents"),
	}, nil
}

// ParseParticipation reads how people come to an event of a peer. Mode is "" unless
// its server takes a Join. ErrMalformed.
func ParseParticipation(raw []byte) (Participation, error) {
	doc, err := parse(raw)
	if err != nil {
		return Participation{}, err
	}
	m := doc.fields
	p := Participation{Remaining: m.count("remainingAttendeeCapacity"), Count: m.count("participantCount")}
	if p.Count == 0 {
		p.Count = m.object("attendees").count("totalItems")
	}
	switch mode := m.line("joinMode"); mode {
	case "free", "restricted", "invite":
		p.Mode = mode
	}
	return p, nil
}

// collectionSize is a collection of which only the size is told.
type collectionSize struct {
	Type       string `json:"type"` // Collection
	TotalItems int    `json:"totalItems"`
}

// join writes how people come. FEP-8a8e's "none" would make Mobilizon refuse the
// event: those who cannot join here are sent to a page.
func (w *event) join(p Participation, capacity int) {
	if p.Mode == "" {
		w.JoinMode = "external"
		if w.ParticipationURL == "" {
			w.ParticipationURL = w.URL
		}
		return
	}
	w.JoinMode, w.ParticipationURL = p.Mode, ""
	w.ParticipantCount, w.Attendees = &p.Count, &collectionSize{"Collection", p.Count}
	if capacity > 0 {
		w.Remaining = &p.Remaining
	}
}

// mention opens a note with the people it speaks to, and tags them: Mastodon tells
// people of a note only if it is tagged with them.
func (w *note) mention(mentions []Mention) {
	for _, m := range mentions {
		w.Tag = append(w.Tag, hashtag{Type: "Mention", Name: m.Address, Href: m.Actor})
		w.Cc = append(w.Cc, m.Actor)
	}
}

// mentionLinks are the people a note speaks to, as its first words.
func mentionLinks(mentions []Mention) string {
	var h markup
	for _, m := range mentions {
		h.WriteString(`<a href="` + html.EscapeString(m.Actor) + `" class="u-url mention">` + html.EscapeString(short(m.Address)) + `</a> `)
	}
	if h.Len() == 0 {
		return ""
	}
	return "<p>" + strings.TrimSpace(h.String()) + "</p>"
}

// short is an address as people write it in a conversation: without the server.
func short(address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "@"), "@")
	return "@" + name
}

// multikey is a public key as FEP-521a has it.
type multikey struct {
	ID         string `json:"id"`
	Type       string `json:"type"` // Multikey
	Controller string `json:"controller"`
	Key        string `json:"publicKeyMultibase"`
}
