package as2

import (
	"regexp"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"github.com/maillage/maillage/instance"
)

type event struct {
	base
	StartTime        string          `json:"startTime,omitempty"`
	EndTime          string          `json:"endTime,omitempty"`
	DisplayEndTime   bool            `json:"displayEndTime"`
	Timezone         string          `json:"timezone,omitempty"`
	AllDay           bool            `json:"maillage:allDay,omitempty"`
	AssumedZone      bool            `json:"maillage:assumedZone,omitempty"` // nobody stated the timezone
	DateText         string          `json:"maillage:dateText,omitempty"`
	DateApprox       string          `json:"maillage:dateApprox,omitempty"`
	DateSource       string          `json:"maillage:dateSource,omitempty"`
	Status           string          `json:"status,omitempty"`
	EventStatus      string          `json:"eventStatus,omitempty"`
	OwnStatus        string          `json:"maillage:status,omitempty"`
	StatusAsOf       string          `json:"maillage:statusAsOf,omitempty"`
	Category         string          `json:"category"`
	EventKind        string          `json:"maillage:eventKind,omitempty"`
	IsOnline         bool            `json:"isOnline"`
	JoinMode         string          `json:"joinMode"`
	ParticipationURL string          `json:"externalParticipationUrl,omitempty"`
	Capacity         int             `json:"maximumAttendeeCapacity,omitempty"`
	Remaining        *int            `json:"remainingAttendeeCapacity,omitempty"`
	ParticipantCount *int            `json:"participantCount,omitempty"`
	Attendees        *collectionSize `json:"attendees,omitempty"`
	Attendance       int             `json:"maillage:attendance,omitempty"`
	Organizers       organizers      `json:"organizers"`
	Organisers       []ref           `json:"maillage:organisers"` // never null: says that there are none, too
	PartOf           *ref            `json:"maillage:partOf,omitempty"`
	OnlineURL        string          `json:"maillage:onlineUrl,omitempty"`
	Contributions    []contribution  `json:"maillage:contributions,omitempty"`
	Inferred         []string        `json:"maillage:inferred,omitempty"`
	Activities       []string        `json:"maillage:activities,omitempty"`
	Accessibility    []string        `json:"maillage:accessibility,omitempty"`
	Practical        *practical      `json:"maillage:practical,omitempty"`
	Series           string          `json:"context,omitempty"` // what the dates of one series have in common
}

// organizers is the collection that FEP-8a8e requires, inline and without an id:
// there is nothing more to fetch.
type organizers struct {
	Type       string   `json:"type"` // Collection
	TotalItems int      `json:"totalItems"`
	Items      []string `json:"items"`
}

type contribution struct {
	Type    string `json:"maillage:contributionType,omitempty"`
	Name    string `json:"name,omitempty"`
	URL     string `json:"url,omitempty"`
	Count   int    `json:"maillage:count,omitempty"`
	Licence string `json:"license,omitempty"`
	Source  string `json:"maillage:source,omitempty"`
}

// wireEvent writes what each peer shows of an event: Mastodon the name and the
// summary, GoToSocial the summary as a warning and the content, calendars the
// typed fields. An event whose day is not known has no startTime.
func wireEvent(ev *instance.Event, e Env, context any) event {
	date, place := ev.When.French(), ev.Place.Label()
	var before, after markup
	before.paragraph(ev.Name, date, place)
	before.paragraph("", ev.Summary)
	after.addPractical(ev)
	after.link("Participer", ev.ParticipationURL)
	after.link("En ligne", ev.OnlineURL)
	w := event{
		base:     wireBase(&ev.Base, e, context, before.String(), after.String()),
		Timezone: ev.When.Location().String(), AssumedZone: ev.When.Zone == "", AllDay: ev.When.AllDay,
		DateText: ev.When.Text, DateApprox: ev.When.Approx, DateSource: ev.When.Source,
		OwnStatus: instance.Vocabularies().URI("event_status", string(ev.Status)), StatusAsOf: ev.StatusAsOf,
		Category: categoryOf(ev.EventKind), EventKind: instance.Vocabularies().URI("event_kinds", ev.EventKind),
		IsOnline:         ev.OnlineURL != "" && ev.Place == nil,
		ParticipationURL: ev.ParticipationURL,
		Capacity:         ev.Capacity, Attendance: ev.Participants,
		Organizers: organizersOf(ev), Organisers: append([]ref{}, wireRefs(ev.Organisers)...), PartOf: wireRef(ev.PartOf),
		OnlineURL: ev.OnlineURL, Contributions: wireContributions(ev.Contributions), Inferred: ev.Inferred,
		Activities: uris("activity_types", ev.Activities), Accessibility: uris("accessibility", ev.Accessibility),
		Practical: wirePractical(ev.Practical), Series: ev.Series,
	}
	w.OwnSummary = &ev.Summary
	w.Summary = ev.SummaryLine()
	w.Status, w.EventStatus = wireStatus(ev.Status)
	w.setTimes(ev.When)
	w.join(e.Participations[ev.ID], ev.Capacity)
	// Gancio reads the first attachment as a picture, whatever it is: a link needs one before it.
	if ev.OnlineURL != "" && len(w.Attachment) > 0 {
		w.Attachment = append(w.Attachment, website(ev.OnlineURL))
	}
	return w
}

// setTimes writes times with the zone's offset. The end of an event of whole days is
// the last second of the last one, for those who know nothing of maillage:allDay.
func (w *event) setTimes(when instance.When) {
	if when.Vague() {
		return
	}
	loc := when.Location()
	w.StartTime = when.Start.In(loc).Format(time.RFC3339)
	if when.End.IsZero() {
		return
	}
	end := when.End.In(loc)
	if when.AllDay {
		end = time.Date(end.Year(), end.Month(), end.Day(), 23, 59, 59, 0, loc)
	}
	w.EndTime, w.DisplayEndTime = end.Format(time.RFC3339), true
}

// organizersOf lists the organisers that have an actor, else the owner.
func organizersOf(ev *instance.Event) organizers {
	items := []string{}
	for _, r := range ev.Organisers {
		if r.ID != "" {
			items = append(items, r.ID)
		}
	}
	if len(items) == 0 {
		items = append(items, ev.Owner)
	}
	return organizers{Type: "Collection", TotalItems: len(items), Items: items}
}

func wireContributions(contributions []instance.Contribution) []contribution {
	var out []contribution
	for _, c := range contributions {
		out = append(out, contribution{
			Type: instance.Vocabularies().URI("contribution_types", c.Type), Name: c.Name, URL: c.URL, Count: c.Count,
			Licence: instance.Vocabularies().URI("licences", c.Licence), Source: c.Source,
		})
	}
	return out
}

func contributionsOf(m fields) []instance.Contribution {
	var out []instance.Contribution
	for _, c := range m.objects("maillage:contributions", maxArray) {
		out = append(out, instance.Contribution{
			Type: c.slug("contribution_types", "maillage:contributionType"), Name: c.line("name"), URL: c.iri("url"),
			Count: c.count("maillage:count"), Licence: c.slug("licences", "license"), Source: c.line("maillage:source"),
		})
	}
	return out
}

func eventOf(m fields, t vocab.Type) *instance.Event {
	ev := &instance.Event{
		Base: instance.Base{Kind: instance.KindEvent}, When: whenOf(m, t),
		EventKind: m.slug("event_kinds", "maillage:eventKind"), Status: statusOf(m), StatusAsOf: m.line("maillage:statusAsOf"),
		Organisers: organisersOf(m), PartOf: refOf(m.object("maillage:partOf")),
		Participants: m.count("maillage:attendance"), Capacity: m.count("maximumAttendeeCapacity"),
		JoinMode: joinModeOf(m), ParticipationURL: m.iri("externalParticipationUrl"), OnlineURL: m.iri("maillage:onlineUrl"),
		Contributions: contributionsOf(m), Inferred: m.lines("maillage:inferred"),
		Activities: m.slugs("activity_types", "maillage:activities"), Accessibility: m.slugs("accessibility", "maillage:accessibility"),
		Practical: practicalOf(m.object("maillage:practical")), Series: seriesOf(m),
	}
	if ev.ParticipationURL == m.iri("id") || ev.ParticipationURL == pageOf(m["url"]) {
		ev.ParticipationURL = ""
	}
	if ev.OnlineURL == "" {
		ev.OnlineURL = onlineOf(m)
	}
	if ev.When.Vague() && ev.When.Text == "" && m.line("eventStatus") == "EventPostponed" {
		ev.When.Text = "reporté, date à venir"
	}
	return ev
}

// joinModeOf is how one joins by a Join. By an invitation, nobody asks to; elsewhere,
// externalParticipationUrl says where.
func joinModeOf(m fields) instance.JoinMode {
	switch mode := instance.JoinMode(m.line("joinMode")); mode {
	case instance.JoinFree, instance.JoinRestricted:
		return mode
	}
	return instance.JoinNone
}

var approximate = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2]))?$`)

func whenOf(m fields, t vocab.Type) instance.When {
	w := instance.When{
		Start: startTime(t), End: endTime(t), AllDay: m.flag("maillage:allDay") || isDay(m.line("startTime")),
		Zone: m.line("timezone"), Text: m.line("maillage:dateText"), Approx: m.line("maillage:dateApprox"),
		Source: m.iri("maillage:dateSource"),
	}
	if !approximate.MatchString(w.Approx) {
		w.Approx = ""
	}
	if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" {
		w.Zone = ""
	}
	display, stated := m["displayEndTime"].(bool)
	if w.Vague() || w.End.Before(w.Start) || (stated && !display) {
		w.End = time.Time{}
	}
	if w.AllDay && !w.End.IsZero() {
		end := w.End.In(w.Location())
		w.End = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, end.Location()).UTC()
	}
	if m.flag("maillage:assumedZone") {
		w.Zone = ""
	}
	return w
}

// organisersOf reads ours, else the collection of FEP-8a8e, without the owner.
func organisersOf(m fields) []instance.Ref {
	if _, ours := m["maillage:organisers"]; ours {
		return refsOf(m, "maillage:organisers")
	}
	collection := m.object("organizers")
	entries := append(all(collection["items"]), all(collection["orderedItems"])...)
	var out []instance.Ref
	for _, entry := range entries[:min(len(entries), maxTags)] {
		r := instance.Ref{ID: iri(entry)}
		if embedded, ok := entry.(map[string]any); ok {
			r.Name = fields(embedded).line("name")
		}
		if r.ID != "" && r.ID != m.iri("attributedTo") {
			out = append(out, r)
		}
	}
	return out
}

// seriesOf reads what ours share with the other dates of their series. Elsewhere the
// same term names a conversation (Friendica, Pleroma).
func seriesOf(m fields) string {
	if _, ours := m["maillage:organisers"]; !ours {
		return ""
	}
	return m.iri("context")
}

// statusPostponed is the slug of the vocabulary for an event whose new date is awaited.
const statusPostponed instance.EventStatus = "reporte"

// wireStatus is the status as iCalendar (Mobilizon) and as FEP-8a8e say it.
func wireStatus(s instance.EventStatus) (ical, fep string) {
	switch s {
	case "":
		return "", ""
	case instance.StatusCancelled:
		return "CANCELLED", "EventCancelled"
	case instance.StatusProposed:
		return "TENTATIVE", "EventTentative"
	case statusPostponed:
		return "TENTATIVE", "EventPostponed"
	}
	return "CONFIRMED", "EventScheduled"
}

// statusOf reads our term, else FEP-8a8e's, else iCalendar's in any case.
func statusOf(m fields) instance.EventStatus {
	if slug := m.slug("event_status", "maillage:status"); slug != "" {
		return instance.EventStatus(slug)
	}
	switch m.line("eventStatus") {
	case "EventCancelled":
		return instance.StatusCancelled
	case "EventTentative":
		return instance.StatusProposed
	case "EventPostponed":
		return statusPostponed
	case "EventRescheduled", "EventMovedOnline":
		return instance.StatusPlanned
	}
	ical := m.line("status")
	if ical == "" {
		ical = m.line("ical:status")
	}
	switch strings.ToUpper(ical) {
	case "CANCELLED":
		return instance.StatusCancelled
	case "TENTATIVE":
		return instance.StatusProposed
	case "CONFIRMED":
		return instance.StatusConfirmed
	}
	return ""
}

// categories maps our kinds to the categories that Mobilizon knows; MEETING is what
// it takes for any other.
var categories = map[string]string{
	"operation-libre": "COMMUNITY", "inauguration": "COMMUNITY", "lancement": "COMMUNITY", "festival": "COMMUNITY",
	"journee": "COMMUNITY", "stand": "COMMUNITY",
	"rencontre-nationale": "NETWORKING", "rencontre-locale": "NETWORKING", "forum": "NETWORKING",
	"seminaire": "LEARNING", "atelier": "LEARNING", "formation": "LEARNING", "conference": "LEARNING",
	"demonstration": "LEARNING", "intervention": "LEARNING", "documentation": "LEARNING",
	"sprint": "SCIENCE_TECH", "barcamp": "SCIENCE_TECH", "hackathon": "SCIENCE_TECH", "cartopartie": "SCIENCE_TECH",
	"debat": "MOVEMENTS_POLITICS", "table-ronde": "MOVEMENTS_POLITICS",
}

func categoryOf(kind string) string {
	if category, ok := categories[kind]; ok {
		return category
	}
	return "MEETING"
}
