package as2

import (
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// looseTimes are the ways to write a time that are not RFC 3339 and that are met all the
// same; the last is a whole day.
var looseTimes = []string{
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly,
}

// rfc3339 writes a time as the vocabulary reads it. One without an offset is of the
// place it is about. What is no time is left as it is.
func rfc3339(s string, place *time.Location) string {
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return s
	}
	s = strings.TrimSpace(s)
	spelt := strings.Replace(s, " ", "T", 1)
	for _, layout := range looseTimes {
		if t, err := time.ParseInLocation(layout, spelt, place); err == nil {
			return t.Format(time.RFC3339Nano)
		}
	}
	return s
}

// isDay says that a time is a day, without an hour.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// placeOfTime is where the times of a document are, as far as it says.
func placeOfTime(m fields, key string) *time.Location {
	if key != "startTime" && key != "endTime" {
		return time.UTC
	}
	return instance.When{Zone: m.line("timezone")}.Location()
}
