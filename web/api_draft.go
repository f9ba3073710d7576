package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/maillage/maillage/instance"
)

// eventDraft is an event as it is written: a day may be written as a day.
type eventDraft struct {
	*instance.Event
	When whenDraft `json:"when"`
}

// whenDraft is an instance.When whose dates are yet to be understood.
type whenDraft struct {
	instance.When
	Start string `json:"start"`
	End   string `json:"end"`
}

// when understands the dates: a day instead of a moment says that only days are
// known, in the zone of the event.
func (b whenDraft) when() (instance.When, error) {
	w := b.When
	var wrong []instance.FieldError
	read := func(value, field string) (at time.Time, day bool) {
		if value == "" {
			return time.Time{}, false
		}
		at, day, err := parseInstant(value, w.Zone)
		if err != nil {
			wrong = append(wrong, instance.FieldError{Field: field, Message: instantExpected})
		}
		return at, day
	}
	var startDay, endDay bool
	w.Start, startDay = read(b.Start, "when.start")
	w.End, endDay = read(b.End, "when.end")
	if len(wrong) == 0 && b.Start != "" && b.End != "" && startDay != endDay {
		wrong = append(wrong, instance.FieldError{Field: "when.end", Message: "donnez deux jours, ou deux dates avec leur heure"})
	}
	if len(wrong) > 0 {
		return w, invalid(http.StatusUnprocessableEntity, &instance.ValidationError{Fields: wrong})
	}
	w.AllDay = w.AllDay || startDay || endDay
	return w, nil
}

// bodyPaths are where in a body the fields are that the domain names by themselves.
var bodyPaths = map[string]string{
	"start": "when.start", "end": "when.end", "approx": "when.approx", "zone": "when.zone",
	"place": "place.point", "image": "image.url",
}

// inBody names the fields of a refused draft by their paths in the body.
func inBody(err error) error {
	var refused *instance.ValidationError
	if !errors.As(err, &refused) {
		return err
	}
	fields := slices.Clone(refused.Fields)
	for i, f := range fields {
		if path, ok := bodyPaths[f.Field]; ok {
			fields[i].Field = path
		}
	}
	return &instance.ValidationError{Fields: fields}
}

// bodyPath is a path as encoding/json names it without the embedded structs, which
// it takes for fields: "Event.Base.name".
func bodyPath(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "."), func(part string) bool {
		return strings.IndexFunc(part, unicode.IsUpper) == 0
	})
	return strings.Join(parts, ".")
}
