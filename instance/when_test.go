package instance

import (
	"testing"
	"time"
)

func TestWhenBounds(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := ParseDay(s, "")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, tc := range map[string]struct {
		when     When
		from, to string // RFC 3339, UTC; "" for zero
	}{
		"a weekend":         {When{Start: day("2013-04-06"), End: day("2013-04-07"), AllDay: true}, "2013-04-05T22:00:00Z", "2013-04-07T22:00:00Z"},
		"one day":           {When{Start: day("2018-09-13"), AllDay: true}, "2018-09-12T22:00:00Z", "2018-09-13T22:00:00Z"},
		"hours":             {When{Start: time.Date(2027, 3, 14, 13, 0, 0, 0, time.UTC), End: time.Date(2027, 3, 14, 17, 0, 0, 0, time.UTC)}, "2027-03-14T13:00:00Z", "2027-03-14T17:00:00Z"},
		"an open end":       {When{Start: time.Date(2027, 3, 14, 13, 0, 0, 0, time.UTC)}, "2027-03-14T13:00:00Z", "2027-03-14T15:00:00Z"},
		"a month":           {When{Text: "octobre 2017", Approx: "2017-10"}, "2017-09-30T22:00:00Z", "2017-10-31T23:00:00Z"},
		"a year, overseas":  {When{Text: "2018", Approx: "2018", Zone: "Indian/Reunion"}, "2017-12-31T20:00:00Z", "2018-12-31T20:00:00Z"},
		"words alone":       {When{Text: "au printemps dernier"}, "", ""},
		"a wrong approx":    {When{Text: "un jour", Approx: "2017-13"}, "", ""},
		"the change of DST": {When{Start: day("2027-03-28"), AllDay: true}, "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := tc.when.Bounds()
			for _, c := range []struct {
				got  time.Time
				want string
			}{{from, tc.from}, {to, tc.to}} {
				got := ""
				if !c.got.IsZero() {
					got = c.got.UTC().Format(time.RFC3339)
				}
				if got != c.want {
					t.Errorf("bounds %v – %v, want %s – %s", from, to, tc.from, tc.to)
				}
			}
		})
	}
}

func TestVagueEventNeedsWords(t *testing.T) {
	t.Parallel()
	e := &Event{Base: Base{Kind: KindEvent, Name: "Cartopartie"}}
	if err := e.Validate(); err == nil {
		t.Error("an event with neither a date nor words is valid")
	}
	e.When.Text = "printemps 2027"
	if err := e.Validate(); err != nil {
		t.Errorf("an event in words: %v", err)
	}
}
