package instance

import (
	"fmt"
	"time"
)

var (
	frenchDays   = [...]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}
	frenchMonths = [...]string{
		"janvier", "février", "mars", "avril", "mai", "juin",
		"juillet", "août", "septembre", "octobre", "novembre", "décembre",
	}
)

// French says when an event is, for those who show nothing but text: "sam. 14 mars
// 2027, 14 h – 18 h". A vague date keeps its words.
func (w When) French() string {
	if w.Vague() {
		return w.Text
	}
	loc := w.Location()
	start, end := w.Start.In(loc), w.End.In(loc)
	if w.End.IsZero() {
		end = start
	}
	sameDay := start.Format(time.DateOnly) == end.Format(time.DateOnly)
	switch {
	case w.AllDay && sameDay:
		return frenchDay(start, true, true)
	case w.AllDay:
		sameYear := start.Year() == end.Year()
		sameMonth := sameYear && start.Month() == end.Month()
		return "du " + frenchDay(start, !sameMonth, !sameYear) + " au " + frenchDay(end, true, true)
	case !sameDay:
		return "du " + frenchDay(start, true, true) + ", " + frenchHour(start) + " au " + frenchDay(end, true, true) + ", " + frenchHour(end)
	case end.After(start):
		return frenchDay(start, true, true) + ", " + frenchHour(start) + " – " + frenchHour(end)
	}
	return frenchDay(start, true, true) + ", " + frenchHour(start)
}

func frenchDay(t time.Time, month, year bool) string {
	s := fmt.Sprintf("%s %d", frenchDays[t.Weekday()], t.Day())
	if t.Day() == 1 {
		s += "er"
	}
	if month {
		s += " " + frenchMonths[t.Month()-1]
	}
	if year {
		s += fmt.Sprintf(" %d", t.Year())
	}
	return s
}

// frenchHour is written "14 h" or "14 h 30", with no-break spaces.
func frenchHour(t time.Time) string {
	if t.Minute() == 0 {
		return fmt.Sprintf("%d\u00a0h", t.Hour())
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d", t.Hour(), t.Minute())
}
