package instance

import (
	"slices"
	"strings"
	"time"
)

// EventStatus is a slug of vocabulary "event_status".
type EventStatus string

// The statuses an event can have.
const (
	StatusProposed  EventStatus = "propose"
	StatusPlanned   EventStatus = "prevu"
	StatusConfirmed EventStatus = "confirme"
	StatusCancelled EventStatus = "annule"
	StatusPostponed EventStatus = "reporte" // to a date not known yet
	StatusPast      EventStatus = "passe"
)

// Event is something people can attend: an Opération Libre, a cartopartie, a
// restitution. Owner is the organisation that answers for it; Organisers are all
// who carry it, wherever they live.
type Event struct {
	Base
	When             When           `json:"when"`
	EventKind        string         `json:"event_kind,omitempty"` // vocabulary "event_kinds"
	Status           EventStatus    `json:"status,omitempty"`
	StatusAsOf       string         `json:"status_as_of,omitempty"` // day the status was read in a document, "2018-06-01" or "2018"
	Organisers       []Ref          `json:"organisers,omitempty"`
	PartOf           *Ref           `json:"part_of,omitempty"`      // the event this one belongs to
	Participants     int            `json:"participants,omitempty"` // people who came, as reported
	Capacity         int            `json:"capacity,omitempty"`
	JoinMode         JoinMode       `json:"join_mode,omitempty"`         // who may sign up here
	ParticipationURL string         `json:"participation_url,omitempty"` // where to sign up
	OnlineURL        string         `json:"online_url,omitempty"`
	Contributions    []Contribution `json:"contributions,omitempty"`
	Inferred         []string       `json:"inferred,omitempty"`      // fields deduced rather than read: "organisers", "locality"
	Activities       []string       `json:"activities,omitempty"`    // what people will do; vocabulary "activity_types"
	Accessibility    []string       `json:"accessibility,omitempty"` // vocabulary "accessibility"
	Practical        *Practical     `json:"practical,omitempty"`
	Series           string         `json:"series,omitempty"` // shared by the dates of what comes back: IRI of the first

	wanted []Ref // organisers that the author named, agreed or not; see askOrganisers
}

// Practical is what those who come need to know, in words.
type Practical struct {
	Access    string `json:"access,omitempty"` // what Event.Accessibility has no term for
	Transport string `json:"transport,omitempty"`
	Meals     string `json:"meals,omitempty"`
	Housing   string `json:"housing,omitempty"`
	Toilets   string `json:"toilets,omitempty"`
}

// maxPractical bounds each practical information, in runes.
const maxPractical = 500

func (p *Practical) validate(c *checks) {
	if p == nil {
		return
	}
	for field, text := range map[string]string{
		"access": p.Access, "transport": p.Transport, "meals": p.Meals, "housing": p.Housing, "toilets": p.Toilets,
	} {
		c.require(len([]rune(text)) <= maxPractical, "practical."+field, "raccourcissez à 500 caractères")
	}
}

// cleanPractical makes what a stranger's event says to those who come fit to show.
func (e *Event) cleanPractical() {
	e.Activities, e.Accessibility = distinct(e.Activities), distinct(e.Accessibility)
	if !SameOrigin(e.Series, e.ID) {
		e.Series = "" // elsewhere the thread of a conversation goes by that name
	}
	p := e.Practical
	if p == nil {
		return
	}
	for _, text := range []*string{&p.Access, &p.Transport, &p.Meals, &p.Housing, &p.Toilets} {
		*text = Truncate(plainLines(Truncate(*text, maxReceivedLine)), maxPractical)
	}
	if *p == (Practical{}) {
		e.Practical = nil
	}
}

// distinct keeps the first of what is said twice.
func distinct(slugs []string) []string {
	var out []string
	for _, slug := range slugs {
		if !slices.Contains(out, slug) {
			out = append(out, slug)
		}
	}
	return out
}

// Over says that the event has ended, as far as its date or status tell.
func (e *Event) Over(now time.Time) bool {
	_, end := e.When.Bounds()
	return e.Status == StatusPast || !end.IsZero() && end.Before(now)
}

// maxSummaryLine is what Mastodon shows, in characters, without hiding the rest.
const maxSummaryLine = 500

// SummaryLine is an event in one line of French, "Annulé · date · place — summary", as
// far as each is known and no longer than other servers show it: the summary under which
// it travels, and all that many of them show of an event.
func (e *Event) SummaryLine() string {
	var facts []string
	for _, fact := range []string{upsets[e.Status], e.When.French(), e.Place.Label()} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	line := strings.Join(facts, " · ")
	if line != "" && e.Summary != "" {
		line += " — "
	}
	return Truncate(line+e.Summary, maxSummaryLine)
}

// upsets are the states of an event that its date does not tell.
var upsets = map[EventStatus]string{StatusCancelled: "Annulé", StatusPostponed: "Reporté"}

// Validate implements Object.
func (e *Event) Validate() error {
	var c checks
	e.validateBase(&c)
	e.When.validate(&c)
	c.listed("event_kinds", "event_kind", e.EventKind)
	c.listed("event_status", "status", string(e.Status))
	c.address("participation_url", e.ParticipationURL, "mailto", "tel")
	c.address("online_url", e.OnlineURL)
	e.JoinMode.validate(&c)
	c.addresses("organisers", e.Organisers...)
	c.require(len(e.Organisers) <= maxOrganisers, "organisers", "nommez au plus %d organisateurs", maxOrganisers)
	if e.PartOf != nil {
		c.addresses("part_of", *e.PartOf)
	}
	for _, contribution := range e.Contributions {
		c.address("contributions", contribution.URL)
	}
	c.listed("activity_types", "activities", e.Activities...)
	c.listed("accessibility", "accessibility", e.Accessibility...)
	e.Practical.validate(&c)
	c.address("series", e.Series)
	c.require(e.Participants >= 0 && e.Capacity >= 0, "capacity", "un nombre de personnes ne peut pas être négatif")
	return c.err()
}
