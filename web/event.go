package web

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/maillage/maillage/instance"
)

type eventView struct {
	objectView
	Over             bool
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
	Contributions    []contribution
	SamePlace        []card // what else happens or happened in its territory
}

// contribution is something an event produced.
type contribution struct {
	Type, Name, URL, Licence, Source string
	Count                            int
}

func (r *request) showEvent(p *page, common objectView, e *instance.Event) error {
	v := eventView{
		objectView: common, Over: !upcoming(e, r.s.node.Now()) && e.Status != instance.StatusCancelled,
		Organisers:      r.links(e.Organisers, instance.KindPartner),
		OrganisersGuess: slices.Contains(e.Inferred, "organisers"), PlaceGuess: slices.Contains(e.Inferred, "locality"),
		Participants: e.Participants, Capacity: e.Capacity,
		ParticipationURL: webURL(e.ParticipationURL), OnlineURL: webURL(e.OnlineURL),
	}
	v.State = r.state(e, v.Over)
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
	if v.SamePlace, err = r.samePlace(e); err != nil {
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
		related := !ok || other.ID == e.ID || (other.PartOf != nil && other.PartOf.ID == e.ID)
		if !related && len(cards) < few {
			cards = append(cards, r.objectCard(other))
		}
	}
	return cards, err
}

// eventStatusLD maps our statuses to schema.org's.
var eventStatusLD = map[instance.EventStatus]string{
	instance.StatusCancelled: "https://schema.org/EventCancelled",
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

// period is a part of the agenda. The page shows what is to come when none is
// asked for, and its files everything.
type period string

const (
	periodAll      period = ""
	periodUpcoming period = "a-venir"
	periodPast     period = "passes"
)

type agendaView struct {
	Past      bool
	PastURL   string
	ComingURL string
	Total     int
	Months    []month
	Vague     []card // no day known: kept apart, with their authors' words
	Pages     pagination
}

// month is a heading and its events.
type month struct {
	Heading string
	Cards   []card
}

const agendaPage = 60

// agenda lists the events to come, or those that were.
func (s *Server) agenda(r *request) error {
	past := period(r.QueryParam("periode")) == periodPast
	now, number := s.node.Now(), r.pageNumber()
	filter := instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Undated: true, Offset: (number - 1) * agendaPage, Limit: agendaPage,
		Theme: r.QueryParam("theme"), Territory: r.QueryParam("territory"),
	}
	if past {
		filter.To, filter.Sort = now, instance.ByStartDesc
	} else {
		filter.From, filter.Sort = now, instance.ByStart
	}
	objects, total, err := s.node.Objects(r.ctx(), filter)
	if err != nil {
		return err
	}
	v := agendaView{
		Past: past, ComingURL: r.agendaURL(""), PastURL: r.agendaURL(periodPast),
		Total: total, Pages: r.paginate(number, agendaPage, total),
	}
	v.Months, v.Vague = r.byMonth(objects, func(e *instance.Event) bool { return upcoming(e, now) != past })
	title := r.T("agenda.title")
	if past {
		title = r.T("agenda.past")
	}
	return r.show("agenda", &page{Title: title, Description: r.T("agenda.lead"), Section: "/agenda", View: v})
}

// agendaURL is the agenda of a period, filtered as this page is.
func (r *request) agendaURL(p period) string {
	q := url.Values{}
	for name, value := range map[string]string{"periode": string(p), "theme": r.QueryParam("theme"), "territory": r.QueryParam("territory")} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/agenda"
	}
	return "/agenda?" + q.Encode()
}

// byMonth groups dated events under their month, in the order given, and returns
// the vague ones apart.
func (r *request) byMonth(objects []instance.Object, wanted func(*instance.Event) bool) (months []month, vague []card) {
	for _, o := range objects {
		e, ok := o.(*instance.Event)
		if !ok || !wanted(e) {
			continue
		}
		c := r.objectCard(e)
		if e.When.Vague() {
			vague = append(vague, c)
			continue
		}
		heading := r.monthHeading(e.When.Start.In(e.When.Location()))
		if len(months) == 0 || months[len(months)-1].Heading != heading {
			months = append(months, month{Heading: heading})
		}
		last := &months[len(months)-1]
		last.Cards = append(last.Cards, c)
	}
	return months, vague
}

// lastEvents lists up to n events that are over, the latest first.
func (s *Server) lastEvents(r *request, filter instance.ObjectFilter, n int) ([]card, error) {
	filter.Kinds, filter.Limit = []instance.Kind{instance.KindEvent}, n
	filter.To, filter.Sort = s.node.Now(), instance.ByStartDesc
	objects, _, err := s.node.Objects(r.ctx(), filter)
	return r.objectCards(objects), err
}

// nextEvents lists up to n events to come, soonest first.
func (s *Server) nextEvents(r *request, filter instance.ObjectFilter, n int) ([]card, error) {
	filter.Kinds, filter.Limit = []instance.Kind{instance.KindEvent}, n
	filter.From, filter.Sort = s.node.Now(), instance.ByStart
	objects, _, err := s.node.Objects(r.ctx(), filter)
	return r.objectCards(objects), err
}
