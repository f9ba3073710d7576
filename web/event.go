package web

import (
	"cmp"
	"slices"

	"github.com/maillage/maillage/instance"
)

type eventView struct {
	objectView
	Over             bool
	CalledOff        bool   // it does not take place on its date
	State            string // where it stands, in words, claiming no more than is known
	Organisers       []link
	OrganisersGuess  bool // the organisers were deduced, not read
	PlaceGuess       bool
	PartOf           *link
	Parts            []card
	Participants     int
	Capacity         int
	ParticipationURL string
	OnlineURL        string
	Join             *joinBox
	Contributions    []contribution
	Practical        practicalView
	OtherDates       []card // the next ones, of what comes back
	SamePlace        []card // what else happens or happened in its territory
}

// calledOff says that an event does not take place on its date.
func calledOff(e *instance.Event) bool {
	return e.Status == instance.StatusCancelled || e.Status == instance.StatusPostponed
}

// contribution is something an event produced.
type contribution struct {
	Type, Name, URL, Licence, Source string
	Count                            int
}

func (r *request) showEvent(p *page, common objectView, e *instance.Event) error {
	v := eventView{
		objectView: common, CalledOff: calledOff(e), Over: e.Over(r.s.node.Now()) && !calledOff(e),
		Organisers:      r.links(e.Organisers, instance.KindPartner),
		OrganisersGuess: slices.Contains(e.Inferred, "organisers"), PlaceGuess: slices.Contains(e.Inferred, "locality"),
		Participants: e.Participants, Capacity: e.Capacity,
		ParticipationURL: webURL(e.ParticipationURL), OnlineURL: webURL(e.OnlineURL),
	}
	v.State, v.Practical = r.state(e, v.Over), r.practical(e)
	if e.PartOf != nil {
		parent := r.link(*e.PartOf, instance.KindEvent)
		v.PartOf = &parent
	}
	parts, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, PartOf: e.ID, Sort: instance.ByStart, Limit: 100,
	})
	if err != nil {
		return err
	}
	v.Parts = r.objectCards(parts)
	if v.OtherDates, err = r.otherDates(e); err != nil {
		return err
	}
	if v.SamePlace, err = r.samePlace(e); err != nil {
		return err
	}
	if v.Join, err = r.joinBox(e); err != nil {
		return err
	}
	for _, c := range e.Contributions {
		v.Contributions = append(v.Contributions, contribution{
			Type: r.label("contribution_types", c.Type), Name: c.Name, URL: webURL(c.URL),
			Licence: r.label("licences", c.Licence), Source: webURL(c.Source), Count: c.Count,
		})
	}
	if v.When != "" {
		p.Description = v.When + ". " + p.Description
	}
	p.Section, p.JSONLD, p.View = "/agenda", eventLD(e, v.Organisers), v
	return r.show("event", p)
}

// practicalView is what those who come will do there, and need to know.
type practicalView struct {
	Activities    []string
	Accessibility []string
	Lines         []practicalLine
}

// practicalLine is one of the practical information.
type practicalLine struct{ Label, Text string }

func (r *request) practical(e *instance.Event) practicalView {
	var v practicalView
	for _, slug := range e.Activities {
		v.Activities = append(v.Activities, r.label("activity_types", slug))
	}
	for _, slug := range e.Accessibility {
		v.Accessibility = append(v.Accessibility, r.label("accessibility", slug))
	}
	p := e.Practical
	if p == nil {
		return v
	}
	for _, line := range []practicalLine{
		{r.T("edit.access"), p.Access},
		{r.T("edit.transport"), p.Transport},
		{r.T("edit.meals"), p.Meals},
		{r.T("edit.housing"), p.Housing},
		{r.T("edit.toilets"), p.Toilets},
	} {
		if line.Text != "" {
			v.Lines = append(v.Lines, line)
		}
	}
	return v
}

// state says where an event stands. That its date went by does not prove that it
// took place: only its author's word does.
func (r *request) state(e *instance.Event, over bool) string {
	label := r.label("event_status", string(e.Status))
	switch {
	case e.Status == instance.StatusPast:
		return r.T("event.over")
	case over && label != "" && e.StatusAsOf != "":
		return r.T("event.date-passed") + " " + r.T("event.last-known-as-of", label, e.StatusAsOf)
	case over && label != "":
		return r.T("event.date-passed") + " " + r.T("event.last-known", label)
	case over:
		return r.T("event.date-passed")
	}
	return label
}

// otherDates lists the next dates of an event that comes back.
func (r *request) otherDates(e *instance.Event) ([]card, error) {
	if e.Series == "" {
		return nil, nil
	}
	const few = 6
	events, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Owner: e.Owner, Series: e.Series, From: r.s.node.Now(), Sort: instance.ByStart, Limit: few + 1,
	})
	events = slices.DeleteFunc(events, func(o instance.Object) bool { return o.Common().ID == e.ID })
	return r.objectCards(events[:min(few, len(events))]), err
}

// samePlace lists a few other events of the event's most precise territory, the
// latest first: what came before, and what came next.
func (r *request) samePlace(e *instance.Event) ([]card, error) {
	if len(e.Territories) == 0 {
		return nil, nil
	}
	const few = 4
	events, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Territory: cmp.Or(e.Territories[0].ID, e.Territories[0].Slug),
		Sort: instance.ByStartDesc, Limit: 50,
	})
	var cards []card
	for _, o := range events {
		other, ok := o.(*instance.Event)
		related := !ok || other.ID == e.ID || other.PartOf != nil && other.PartOf.ID == e.ID || e.Series != "" && other.Series == e.Series
		if !related && len(cards) < few {
			cards = append(cards, r.objectCard(other).amongAlike())
		}
	}
	return cards, err
}

// eventStatusLD maps our statuses to schema.org's.
var eventStatusLD = map[instance.EventStatus]string{
	instance.StatusCancelled: "https://schema.org/EventCancelled",
	instance.StatusPostponed: "https://schema.org/EventPostponed",
}

func eventLD(e *instance.Event, organisers []link) thingLD {
	ld := newLD("Event", &e.Base)
	ld.EventStatus = cmp.Or(eventStatusLD[e.Status], "https://schema.org/EventScheduled")
	ld.StartDate, ld.EndDate = machineTime(e.When), ""
	if !e.When.End.IsZero() {
		ld.EndDate = machineTime(instance.When{Start: e.When.End, AllDay: e.When.AllDay, Zone: e.When.Zone})
	}
	ld.Location = placeLD(e.Place)
	for _, organiser := range organisers {
		ld.Organizer = append(ld.Organizer, thingLD{Type: "Organization", Name: organiser.Name, URL: organiser.External})
	}
	if e.Capacity > 0 {
		ld.MaximumAttendeeCapacity = e.Capacity
	}
	return ld
}
