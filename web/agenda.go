package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// period is a part of the agenda. The page shows what is to come when none is
// asked for, and its files everything.
type period string

const (
	periodAll      period = ""
	periodUpcoming period = "a-venir"
	periodPast     period = "passes"
)

// other is what an event is in when it is not in p.
func (p period) other() period {
	if p == periodPast {
		return periodUpcoming
	}
	return periodPast
}

// has says that the event belongs to the period, as its date or its author tells.
func (p period) has(e *instance.Event, now time.Time) bool {
	return e.Over(now) == (p == periodPast)
}

// schedule reads the events of a period in the order of an agenda: dated ones from
// now on or from now back, then those without any date.
//
// The store knows when events begin and end, not what their authors say of them.
// That matters for few: those going on now, such as a vague "2026", and those
// without a date. They are read first, and put where they belong. (One that is
// called past and dated in the future stays where its date puts it.)
type schedule struct {
	node    *instance.Node
	now     time.Time
	filter  instance.ObjectFilter // without dates
	first   []instance.Object     // of those that have not ended, soonest first
	ending  int                   // how many have not
	going   []*instance.Event     // those of first that have begun
	undated []*instance.Event
}

// maxApart is how many events going on, and how many without a date, are told apart
// at most: a page must not cost more than it shows. The search finds the others.
const maxApart = 100

// never is after every date: from then on only what has none is left.
var never = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// newSchedule prepares the agenda of the events that a filter wants.
func newSchedule(ctx context.Context, node *instance.Node, filter instance.ObjectFilter) (*schedule, error) {
	filter.Kinds = []instance.Kind{instance.KindEvent}
	s := &schedule{node: node, now: node.Now(), filter: filter}
	var err error
	if s.first, s.ending, err = node.Objects(ctx, s.dated(periodUpcoming, 0, maxApart)); err != nil {
		return nil, err
	}
	for _, o := range s.first {
		e, ok := o.(*instance.Event)
		if !ok {
			continue
		}
		if begin, _ := e.When.Bounds(); begin.After(s.now) {
			break
		}
		s.going = append(s.going, e)
	}
	filter.From, filter.Undated, filter.Sort, filter.Limit = never, true, instance.ByStart, maxApart
	undated, _, err := node.Objects(ctx, filter)
	for _, o := range undated {
		if e, ok := o.(*instance.Event); ok {
			s.undated = append(s.undated, e)
		}
	}
	return s, err
}

// dated selects events by their dates alone. What begins now has begun, what ends now
// goes on; the store reads microseconds.
func (s *schedule) dated(p period, offset, limit int) instance.ObjectFilter {
	filter := s.filter
	filter.Offset, filter.Limit = offset, limit
	if p == periodPast {
		filter.To, filter.Sort = s.now.Add(time.Microsecond), instance.ByStartDesc
	} else {
		filter.From, filter.Sort = s.now.Add(-time.Microsecond), instance.ByStart
	}
	return filter
}

func (s *schedule) read(ctx context.Context, p period, offset, limit int) (events []instance.Object, total int, err error) {
	if p != periodPast && (offset+limit <= len(s.first) || s.ending == len(s.first)) {
		from, to := min(offset, len(s.first)), min(offset+limit, len(s.first))
		return slices.Clone(s.first[from:to]), s.ending, nil
	}
	return s.node.Objects(ctx, s.dated(p, offset, limit))
}

// page returns at most limit events of a period after the first offset ones, and
// counts all.
func (s *schedule) page(ctx context.Context, p period, offset, limit int) (events []instance.Object, total int, err error) {
	strays := s.among(s.going, p.other())
	events, stored, err := s.read(ctx, p, offset, limit+len(strays))
	if err != nil {
		return nil, 0, err
	}
	skipped := min(straysBefore(events, strays, p), len(events))
	events = slices.DeleteFunc(events, func(o instance.Object) bool {
		return slices.ContainsFunc(strays, func(stray *instance.Event) bool { return stray.ID == o.Common().ID })
	})
	events = events[min(skipped, len(events)):]
	undated, dated := s.among(s.undated, p), stored-len(strays)
	for _, e := range undated[min(max(offset-dated, 0), len(undated)):] {
		events = append(events, e)
	}
	return events[:min(limit, len(events))], dated + len(undated), nil
}

// among selects those of a period.
func (s *schedule) among(events []*instance.Event, p period) []*instance.Event {
	var found []*instance.Event
	for _, e := range events {
		if p.has(e, s.now) {
			found = append(found, e)
		}
	}
	return found
}

// straysBefore counts the strays that come before the events of a page, in the order
// of the store: as many others were pushed into the page from the one before.
func straysBefore(page []instance.Object, strays []*instance.Event, p period) int {
	if len(page) == 0 {
		return 0
	}
	count := 0
	for _, stray := range strays {
		order := startOf(stray).Compare(startOf(page[0]))
		if p == periodPast {
			order = -order
		}
		if cmp.Or(order, strings.Compare(stray.ID, page[0].Common().ID)) < 0 {
			count++
		}
	}
	return count
}

func startOf(o instance.Object) time.Time {
	e, ok := o.(*instance.Event)
	if !ok {
		return time.Time{}
	}
	start, _ := e.When.Bounds()
	return start
}

// events shows the first events of a period, n at most, and counts all.
func (r *request) events(s *schedule, p period, n int) ([]card, int, error) {
	objects, total, err := s.page(r.ctx(), p, 0, n)
	return r.objectCards(objects), total, err
}

type agendaView struct {
	Past      bool
	PastURL   string
	ComingURL string
	Coming    int // how many are to come, on all pages
	Passed    int // how many are over
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
	shown := periodUpcoming
	if period(r.QueryParam("periode")) == periodPast {
		shown = periodPast
	}
	events, err := newSchedule(r.ctx(), s.node, instance.ObjectFilter{Theme: r.QueryParam("theme"), Territory: r.QueryParam("territory")})
	if err != nil {
		return err
	}
	number := r.pageNumber()
	objects, total, err := events.page(r.ctx(), shown, (number-1)*agendaPage, agendaPage)
	if err != nil {
		return err
	}
	_, others, err := events.page(r.ctx(), shown.other(), 0, 1)
	if err != nil {
		return err
	}
	v := agendaView{
		ComingURL: r.agendaURL(periodAll), PastURL: r.agendaURL(periodPast),
		Coming: total, Passed: others, Pages: r.paginate(number, agendaPage, total),
	}
	title := r.T("agenda.title")
	if shown == periodPast {
		v.Past, v.Coming, v.Passed, title = true, others, total, r.T("agenda.past")
	}
	v.Months, v.Vague = r.byMonth(objects)
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
	return localURL("/agenda", q)
}

// byMonth groups dated events under their month, in the order given, and returns
// the vague ones apart.
func (r *request) byMonth(objects []instance.Object) (months []month, vague []card) {
	for _, o := range objects {
		e, ok := o.(*instance.Event)
		if !ok {
			continue
		}
		c := r.objectCard(e).amongAlike()
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
