package instance

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Rhythm is how often an event comes back.
type Rhythm string

// The rhythms. Monthly ones fall on the same day of the month, or on the same
// weekday of it: the second Saturday.
const (
	RhythmDaily          Rhythm = "day"
	RhythmWeekly         Rhythm = "week"
	RhythmFortnightly    Rhythm = "fortnight"
	RhythmMonthly        Rhythm = "month"
	RhythmMonthlyWeekday Rhythm = "month-weekday"
)

// MaxOccurrences bounds the dates of a series: each is an event of its own, which
// peers are told of.
const MaxOccurrences = 60

// Recurrence says when an event takes place again.
type Recurrence struct {
	Rhythm Rhythm
	Until  time.Time // the last day, any time of it
}

// Occurrences lists the dates of an event, its own first, at the same hours by the
// clocks of its place, summer and winter. A month without the day ("the 31st", "the
// fifth Saturday") is passed over.
//
// ErrInvalid: the event has no date, the rhythm is unknown, the last day comes
// before the second date or too late.
func (r Recurrence) Occurrences(first When) ([]When, error) {
	var c checks
	known := slices.Contains([]Rhythm{RhythmDaily, RhythmWeekly, RhythmFortnightly, RhythmMonthly, RhythmMonthlyWeekday}, r.Rhythm)
	c.require(known, "rhythm", "choisissez un rythme de la liste")
	c.require(!first.Vague(), "start", "donnez la première date")
	c.require(!r.Until.IsZero(), "until", "donnez le dernier jour")
	if err := c.err(); err != nil {
		return nil, err
	}
	loc := first.Location()
	start := first.Start.In(loc)
	y, m, d := r.Until.In(loc).Date()
	end := time.Date(y, m, d+1, 0, 0, 0, 0, loc)
	dates := []When{first}
	for i := 1; ; i++ {
		day, ok := r.nth(start, i)
		if !day.Before(end) {
			break
		}
		if !ok {
			continue
		}
		dates = append(dates, first.shifted(daysBetween(start, day)))
		c.require(len(dates) <= MaxOccurrences, "until", "choisissez un dernier jour plus proche : au plus 60 dates à la fois")
		if err := c.err(); err != nil {
			return nil, err
		}
	}
	c.require(len(dates) > 1, "until", "le dernier jour vient avant la deuxième date")
	return dates, c.err()
}

// nth is the day of the i-th occurrence after the first; not ok when that month has
// no such day, which is then in the next one.
func (r Recurrence) nth(start time.Time, i int) (day time.Time, ok bool) {
	y, m, d := start.Date()
	at := func(months, day int) time.Time {
		return time.Date(y, m+time.Month(months), day, 0, 0, 0, 0, start.Location())
	}
	switch r.Rhythm {
	case RhythmWeekly:
		return at(0, d+7*i), true
	case RhythmFortnightly:
		return at(0, d+14*i), true
	case RhythmMonthly:
		month, day := at(i, 1), at(i, d)
		return day, day.Month() == month.Month()
	case RhythmMonthlyWeekday:
		month := at(i, 1)
		ahead := (int(start.Weekday()) - int(month.Weekday()) + 7) % 7
		day := month.AddDate(0, 0, ahead+(d-1)/7*7)
		return day, day.Month() == month.Month()
	}
	return at(0, d+i), true
}

// daysBetween counts the days from one date to another, by the calendar.
func daysBetween(from, to time.Time) int {
	utc := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(utc(to).Sub(utc(from)).Hours() / 24)
}

// shifted is the same hours some days later, by the clocks of the place.
func (w When) shifted(days int) When {
	loc := w.Location()
	w.Start = w.Start.In(loc).AddDate(0, 0, days).UTC()
	if !w.End.IsZero() {
		w.End = w.End.In(loc).AddDate(0, 0, days).UTC()
	}
	return w
}

// PublishSeries publishes an event at each of its dates: events of their own, all in
// one transaction, that share a Series. The first is returned first.
//
// ErrForbidden, ErrInvalid as Publish; ErrInvalid too without any date.
func (e Editor) PublishSeries(ctx context.Context, actor string, draft *Event, dates []When) ([]*Event, error) {
	if !e.speaksAs(actor) {
		return nil, fmt.Errorf("%s: %w", actor, ErrForbidden)
	}
	if len(dates) == 0 || len(dates) > MaxOccurrences {
		return nil, fmt.Errorf("%w: %d dates", ErrInvalid, len(dates))
	}
	owner, err := e.node.localActor(ctx, actor)
	if err != nil {
		return nil, err
	}
	events := make([]*Event, len(dates))
	for i, date := range dates {
		one := *draft
		one.When = date
		o, err := e.node.mint(owner, &one)
		if err != nil {
			return nil, err
		}
		events[i] = o.(*Event) // mint keeps the type
		events[i].Series = events[0].ID
	}
	return events, e.node.store.Write(ctx, func(tx Tx) error {
		for _, event := range events {
			if err := e.node.create(ctx, tx, author{actor, e.account}, event); err != nil {
				return err
			}
		}
		return nil
	})
}

// Following lists the dates of a series after an event's, soonest first: those the
// editor may change with it.
func (e Editor) Following(ctx context.Context, event *Event) ([]*Event, error) {
	if event.Series == "" || event.When.Vague() {
		return nil, nil
	}
	objects, _, err := e.node.Objects(ctx, ObjectFilter{
		Kinds: []Kind{KindEvent}, Scope: ScopeLocal, Series: event.Series, From: event.When.Start, Sort: ByStart, Limit: 10 * MaxOccurrences,
	})
	var following []*Event
	for _, o := range objects {
		if other, ok := o.(*Event); ok && other.ID != event.ID && other.Owner == event.Owner && other.When.Start.After(event.When.Start) {
			following = append(following, other)
		}
	}
	return following, err
}

// EditFollowing changes an event and the dates of its series that follow: each takes
// the draft's fields and hours, and keeps its own day, moved by as many days as the
// draft moves the first. The followers are told of the first alone. It returns how
// many dates were changed.
func (e Editor) EditFollowing(ctx context.Context, id string, draft *Event, telling Telling) (int, error) {
	by, err := e.author(ctx, id)
	if err != nil {
		return 0, err
	}
	o, err := e.node.Object(ctx, id)
	if err != nil {
		return 0, err
	}
	was, ok := o.(*Event)
	if !ok {
		return 0, fmt.Errorf("%w: %s is no event", ErrInvalid, id)
	}
	following, err := e.Following(ctx, was)
	if err != nil {
		return 0, err
	}
	changed := []*Event{draft}
	ids := []string{id}
	for _, other := range following {
		one := *draft
		one.When = other.When
		if !draft.When.Vague() {
			loc := was.When.Location()
			one.When = draft.When.shifted(daysBetween(was.When.Start.In(loc), other.When.Start.In(loc)))
		}
		one.Contributions, one.Participants = other.Contributions, other.Participants
		changed, ids = append(changed, &one), append(ids, other.ID)
	}
	for i, event := range changed {
		clone := CloneObject(event)
		if err := e.node.prepare(clone); err != nil {
			return 0, err
		}
		changed[i] = clone.(*Event) // CloneObject keeps the type
	}
	return len(changed), e.node.store.Write(ctx, func(tx Tx) error {
		for i, event := range changed {
			told := telling
			told.Silent = told.Silent || i > 0
			if err := e.node.replace(ctx, tx, by, ids[i], event, told); err != nil {
				return err
			}
		}
		return nil
	})
}
