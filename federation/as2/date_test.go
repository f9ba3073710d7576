package as2

import (
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// Times that are not quite RFC 3339 are read; one without an offset is of the event's
// timezone, else of ours.
func TestLooseTimes(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2027, 5, 2, hour, 30, 0, 0, time.UTC) }
	for written, want := range map[string]instance.When{
		`"startTime":"2027-05-02T20:30:00.000+02:00"`:                                  {Start: at(18)},
		`"startTime":"2027-05-02T20:30Z"`:                                              {Start: at(20)},
		`"startTime":"2027-05-02T20:30:00+0200"`:                                       {Start: at(18)},
		`"startTime":"2027-05-02T20:30:00+02"`:                                         {Start: at(18)},
		`"startTime":"2027-05-02T20:30:00"`:                                            {Start: at(18)},
		`"startTime":" 2027-05-02 20:30:00 "`:                                          {Start: at(18)},
		`"startTime":"2027-05-02T20:30","timezone":"Europe/London"`:                    {Start: at(19), Zone: "Europe/London"},
		`"startTime":"2027-05-02T20:30:00Z","timezone":"Europe/London"`:                {Start: at(20), Zone: "Europe/London"},
		`"startTime":"2027-05-02","endTime":"2027-05-03","timezone":"America/Cayenne"`: {Start: time.Date(2027, 5, 2, 3, 0, 0, 0, time.UTC), End: time.Date(2027, 5, 3, 3, 0, 0, 0, time.UTC), AllDay: true, Zone: "America/Cayenne"},
		`"startTime":"2027-02-29T20:30:00Z"`:                                           {},
		`"startTime":"le 2 mai"`:                                                       {},
		`"startTime":"20270502T203000Z"`:                                               {},
	} {
		raw := fmt.Appendf(nil, `{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Bal","published":"2027-05-01T10:30:00",%s}`, written)
		o, err := ParseObject(raw)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if got := o.(*instance.Event).When; got != want {
			t.Errorf("%s: %+v, want %+v", written, got, want)
		}
		if got := o.Common().Published; !got.Equal(time.Date(2027, 5, 1, 10, 30, 0, 0, time.UTC)) {
			t.Errorf("published %s", got)
		}
	}
}
