package instance

import (
	"testing"
	"time"
)

func TestFrenchDates(t *testing.T) {
	t.Parallel()
	date := func(year, month, day, hour, minute int) time.Time {
		return time.Date(year, time.Month(month), day, hour, minute, 0, 0, When{}.Location()).UTC()
	}
	at := func(day, hour, minute int) (w When) {
		return When{Start: date(2027, 3, day, hour, minute)}
	}
	until := func(w When, end When) When { w.End = end.Start; return w }
	days := func(start, end When) When { w := until(start, end); w.AllDay = true; return w }
	for want, w := range map[string]When{
		"octobre 2017":                         {Text: "octobre 2017", Approx: "2017-10"},
		"":                                     {},
		"sam. 13 mars 2027, 14\u00a0h":         at(13, 14, 0),
		"lun. 1er mars 2027, 9\u00a0h\u00a005": at(1, 9, 5),
		"sam. 13 mars 2027, 14\u00a0h – 18\u00a0h\u00a030":                until(at(13, 14, 0), at(13, 18, 30)),
		"du sam. 13 mars 2027, 14\u00a0h au dim. 14 mars 2027, 12\u00a0h": until(at(13, 14, 0), at(14, 12, 0)),
		"sam. 13 mars 2027":                                 {Start: date(2027, 3, 13, 0, 0), AllDay: true},
		"du sam. 13 au dim. 14 mars 2027":                   days(at(13, 0, 0), at(14, 0, 0)),
		"du mer. 31 mars au jeu. 1er avril 2027":            days(at(31, 0, 0), When{Start: date(2027, 4, 1, 0, 0)}),
		"du ven. 31 décembre 2027 au sam. 1er janvier 2028": days(When{Start: date(2027, 12, 31, 0, 0)}, When{Start: date(2028, 1, 1, 0, 0)}),
	} {
		if got := w.French(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
