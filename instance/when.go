package instance

import (
	"fmt"
	"regexp"
	"sync"
	"time"
)

// When is the time of an event, as precisely as it is known and no more.
//
// A dated event has Start (and perhaps End), with AllDay when only the days are
// known. A vague one has zero Start and End, keeps the words in Text
// ("octobre 2017") and, if they can be placed at all, Approx: "2017-10" or
// "2017" (EDTF level 0, ISO 8601-2).
type When struct {
	Start  time.Time `json:"start,omitzero"` // UTC; midnight in Zone when AllDay
	End    time.Time `json:"end,omitzero"`   // UTC; when AllDay, midnight that starts the last day
	AllDay bool      `json:"all_day,omitempty"`
	Zone   string    `json:"zone,omitempty"` // IANA name; Europe/Paris when empty
	Text   string    `json:"text,omitempty"`
	Approx string    `json:"approx,omitempty"`
	Source string    `json:"source,omitempty"` // address where the date was read, when it is not the author's own
}

// Vague says that no day is known.
func (w When) Vague() bool { return w.Start.IsZero() }

// Location is the event's time zone, Europe/Paris if unknown.
func (w When) Location() *time.Location {
	if w.Zone != "" {
		if loc, err := zone(w.Zone); err == nil {
			return loc
		}
	}
	if loc, err := zone("Europe/Paris"); err == nil {
		return loc
	}
	return time.UTC
}

// zones keeps those that were asked for, by IANA name, since reading one takes as long as
// the rest of an event. Only those that exist: some hundreds.
var zones sync.Map

func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, loc)
	}
	return loc, err
}

// Bounds is the span in which the event can fall: [from, to). Both are zero when
// nothing is known. It serves sorting and filtering, never display.
func (w When) Bounds() (from, to time.Time) {
	loc := w.Location()
	switch {
	case !w.Vague() && w.AllDay:
		last := w.Start
		if w.End.After(last) {
			last = w.End
		}
		return w.Start, last.In(loc).AddDate(0, 0, 1).UTC()
	case !w.Vague():
		if w.End.After(w.Start) {
			return w.Start, w.End
		}
		return w.Start, w.Start.Add(2 * time.Hour) // an open end: long enough to still be listed when it begins
	case len(w.Approx) == len("2017-10"):
		if t, err := time.ParseInLocation("2006-01", w.Approx, loc); err == nil {
			return t.UTC(), t.AddDate(0, 1, 0).UTC()
		}
	case len(w.Approx) == len("2017"):
		if t, err := time.ParseInLocation("2006", w.Approx, loc); err == nil {
			return t.UTC(), t.AddDate(1, 0, 0).UTC()
		}
	}
	return time.Time{}, time.Time{}
}

var approxPattern = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2]))?$`)

func (w When) validate(c *checks) {
	c.require(!w.Vague() || w.Text != "", "start", "donnez une date, ou dites-la avec des mots (« printemps 2027 »)")
	c.require(w.End.IsZero() || !w.End.Before(w.Start), "end", "la fin précède le début")
	c.require(w.Approx == "" || approxPattern.MatchString(w.Approx), "approx", "écrivez l’année ou l’année et le mois : 2017 ou 2017-10")
	c.address("when.source", w.Source)
	if w.Zone != "" {
		_, err := time.LoadLocation(w.Zone)
		c.require(err == nil, "zone", "fuseau horaire inconnu : « %s » (par exemple Europe/Paris, Indian/Reunion)", w.Zone)
	}
}

// ParseDay reads "2013-04-06" as an all-day date in the zone (Europe/Paris when empty).
func ParseDay(day, zone string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, When{Zone: zone}.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %q is not a day like 2013-04-06", ErrInvalid, day)
	}
	return t.UTC(), nil
}
