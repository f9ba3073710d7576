package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/maillage/maillage/instance"
)

const (
	nbsp       = "\u00a0"
	wordJoiner = "\u2060" // a line may break after a dash, even before a no-break space
)

var weekdays = map[string][7]string{
	"fr": {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

var months = map[string][12]string{
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Short months fit in the corner of a card.
var shortMonths = map[string][12]string{
	"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// when says an event's time in words, in the event's own zone. What is vague
// keeps its author's words.
func (l *locale) when(w instance.When) string {
	if w.Vague() {
		return w.Text
	}
	start, end := w.Start.In(w.Location()), w.End.In(w.Location())
	if w.AllDay {
		if w.End.IsZero() || !end.After(start) {
			return l.weekday(start) + " " + l.day(start)
		}
		return l.days(start, end)
	}
	var words string
	switch {
	case w.End.IsZero() || !end.After(start):
		words = l.weekday(start) + " " + l.day(start) + ", " + l.clock(start)
	case sameDay(start, end):
		words = l.weekday(start) + " " + l.day(start) + ", " + l.clock(start) + nbsp + "–" + wordJoiner + nbsp + l.clock(end)
	default:
		words = l.T("date.from-to", l.weekday(start)+" "+l.day(start)+", "+l.clock(start), l.weekday(end)+" "+l.day(end)+", "+l.clock(end))
	}
	if _, here := start.Zone(); here != parisOffset(start) {
		words += " " + l.T("date.local")
	}
	return words
}

// parisOffset is the offset most readers live with; another one is said.
func parisOffset(t time.Time) int {
	_, offset := t.In(instance.When{}.Location()).Zone()
	return offset
}

// days is a range of whole days: "6 et 7 avril 2013", "du 4 au 24 décembre 2010".
func (l *locale) days(from, to time.Time) string {
	first, last := l.ordinal(from), l.day(to)
	switch {
	case from.Year() != to.Year():
		return l.T("date.from-to", l.day(from), last)
	case from.Month() != to.Month():
		return l.T("date.from-to", first+nbsp+l.month(from), last)
	case sameDay(from.AddDate(0, 0, 1), to):
		return l.T("date.and", first, last)
	}
	return l.T("date.from-to", first, last)
}

// day is "14 mars 2027", with "1er" in French.
func (l *locale) day(t time.Time) string {
	return fmt.Sprintf("%s"+nbsp+"%s"+nbsp+"%d", l.ordinal(t), l.month(t), t.Year())
}

func (l *locale) ordinal(t time.Time) string {
	if t.Day() == 1 && l.lang == "fr" {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

func (l *locale) weekday(t time.Time) string { return weekdays[l.lang][t.Weekday()] }

func (l *locale) month(t time.Time) string { return months[l.lang][t.Month()-1] }

// clock is "14 h", "14 h 30"; in English "14:00".
func (l *locale) clock(t time.Time) string {
	switch {
	case l.lang == "en":
		return t.Format("15:04")
	case t.Minute() == 0:
		return fmt.Sprintf("%d"+nbsp+"h", t.Hour())
	}
	return fmt.Sprintf("%d"+nbsp+"h"+nbsp+"%02d", t.Hour(), t.Minute())
}

// monthHeading is "Avril 2013", to group an agenda.
func (l *locale) monthHeading(t time.Time) string {
	return capitalise(l.month(t)) + " " + strconv.Itoa(t.Year())
}

// published is a moment of the node's life, to the day.
func (l *locale) published(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.day(t.In(instance.When{}.Location()))
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// machineTime is the datetime attribute of <time>: a day when only days are known.
func machineTime(w instance.When) string {
	switch {
	case w.Vague():
		return w.Approx
	case w.AllDay:
		return w.Start.In(w.Location()).Format(time.DateOnly)
	}
	return w.Start.In(w.Location()).Format(time.RFC3339)
}
