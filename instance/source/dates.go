package source

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

var (
	isoDay     = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[tT ,]+(.*))?$`)
	numericDay = regexp.MustCompile(`^(?:\p{L}+\.?,?\s+)?(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[T ,]+(?:à\s+)?(.*))?$`)
	wordyDay   = regexp.MustCompile(`^(?:(?:le\s+)?(?:lun|mar|mer|jeu|ven|sam|dim)\p{L}*\.?,?\s+)?(?:le\s+)?(\d{1,2})(?:\s*er)?\s+(\p{L}+)\.?\s+(\d{4})(?:\s*,?\s*(?:[àa]\s+|de\s+|-\s+)?(.*))?$`)
	span       = regexp.MustCompile(`^du\s+(?:\p{L}+\s+)?(\d{1,2})(?:\s*er)?(?:\s+(\p{L}+))?(?:\s+(\d{4}))?\s+au\s+(.+)$`)
	vagueMonth = regexp.MustCompile(`^(?:en\s+|courant\s+|fin\s+|début\s+|mi-)?(\p{L}+)\s+(\d{4})$`)
	vagueYear  = regexp.MustCompile(`\b((?:19|20)\d{2})\b`)
	clockTime  = regexp.MustCompile(`^(\d{1,2})\s*(?:h|:|heures?)\s*(\d{2})?(?::\d{2}(?:\.\d+)?)?\s*`)
)

// instants are the ways programs write a time with its offset.
var instants = []string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700",
	"2006-01-02T15:04Z0700", "20060102T150405Z", "MON, 02 JAN 2006 15:04:05 -0700", "MON, 02 JAN 2006 15:04:05 MST",
}

var months = map[string]time.Month{
	"janvier": 1, "janv": 1, "jan": 1, "fevrier": 2, "fevr": 2, "fev": 2, "mars": 3, "avril": 4, "avr": 4, "mai": 5, "juin": 6,
	"juillet": 7, "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "sep": 9, "octobre": 10, "oct": 10, "novembre": 11, "nov": 11,
	"decembre": 12, "dec": 12, "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
	"september": 9, "october": 10, "november": 11, "december": 12,
}

// written is a date as a person or a program wrote it.
type written struct {
	moment
	end time.Time // when the text says it as well ("14h-18h", "du 14 au 16 mars"); else zero
}

// readDate reads a day, with its time when there is one: 2027-03-14, 14/03/2027 14h30,
// samedi 14 mars 2027 de 14h à 18h, du 14 au 16 mars 2027. ok is false for anything
// less precise, which is not a date but words.
func readDate(text string, zone *time.Location) (w written, ok bool) {
	text = strings.ToLower(strings.TrimSpace(spaced(text)))
	for _, layout := range instants {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return written{moment: moment{Time: t.Truncate(time.Second).In(zone)}}, plausible(t)
		}
	}
	if m := span.FindStringSubmatch(text); m != nil {
		return readSpan(m, zone)
	}
	year, month, day, rest, ok := readDay(text)
	if !ok {
		return w, false
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if t.Day() != day || !plausible(t) { // 31 April
		return w, false
	}
	w.moment = moment{Time: t, allDay: true}
	if from, to, ok := readClock(rest); ok {
		w.allDay = false
		w.Time = time.Date(year, month, day, from/60, from%60, 0, 0, zone)
		if to > from {
			w.end = time.Date(year, month, day, to/60, to%60, 0, 0, zone)
		}
	}
	return w, true
}

func plausible(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2200 }

func readDay(text string) (year int, month time.Month, day int, rest string, ok bool) {
	if m := isoDay.FindStringSubmatch(text); m != nil {
		return number(m[1]), time.Month(number(m[2])), number(m[3]), m[4], number(m[2]) <= 12
	}
	if m := numericDay.FindStringSubmatch(text); m != nil {
		year = number(m[3])
		if year < 100 {
			year += 2000
		}
		return year, time.Month(number(m[2])), number(m[1]), m[4], number(m[2]) <= 12
	}
	if m := wordyDay.FindStringSubmatch(text); m != nil {
		month, ok = months[instance.Slugify(m[2])]
		return number(m[3]), month, number(m[1]), m[4], ok
	}
	return 0, 0, 0, "", false
}

// readSpan reads "du 14 au 16 mars 2027": what the first day leaves out is as in the last.
func readSpan(m []string, zone *time.Location) (written, bool) {
	last, ok := readDate(m[4], zone)
	if !ok {
		return written{}, false
	}
	year, month := last.Year(), last.Month()
	if m[2] != "" {
		if month, ok = months[instance.Slugify(m[2])]; !ok {
			return written{}, false
		}
	}
	if m[3] != "" {
		year = number(m[3])
	}
	first := time.Date(year, month, number(m[1]), 0, 0, 0, 0, zone)
	if first.After(last.Time) || !plausible(first) || first.Day() != number(m[1]) {
		return written{}, false
	}
	y, mo, d := last.Date()
	return written{moment: moment{Time: first, allDay: true}, end: time.Date(y, mo, d, 0, 0, 0, 0, zone)}, true
}

// readClock reads "14h30", "14:30", "14h-18h", "de 14h à 18h", in minutes of the day;
// to is 0 when only the beginning is said. 24h is midnight.
func readClock(text string) (from, to int, ok bool) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "de "))
	from, rest, ok := minutes(text)
	if !ok || from >= 24*60 {
		return 0, 0, false
	}
	rest = strings.TrimSpace(strings.TrimLeft(rest, " -–—àa"))
	if to, _, ok := minutes(rest); ok {
		return from, to, true
	}
	return from, 0, true
}

func minutes(text string) (n int, rest string, ok bool) {
	m := clockTime.FindStringSubmatch(text)
	if m == nil {
		return 0, "", false
	}
	n = number(m[1])*60 + number(m[2])
	return n, text[len(m[0]):], number(m[1]) <= 24 && number(m[2]) < 60
}

// number reads digits that a pattern has found; "" is 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// whenOf puts together the date columns of a row. ok is false when there is nothing
// to tell the date by.
func whenOf(start, startTime, end, endTime string, zone *time.Location) (w instance.When, ok bool) {
	from, dated := readDate(start, zone)
	if !dated {
		return vague(start)
	}
	from = from.at(startTime)
	w = instance.When{Start: from.UTC(), AllDay: from.allDay}
	last := from.end
	if to, ok := readDate(end, zone); ok {
		to = to.at(endTime)
		last = to.Time
		if to.allDay && !from.allDay { // a day with a time, until a day: its end
			last = to.AddDate(0, 0, 1).Add(-time.Minute)
		}
	} else if clock := firstOf(endTime, end); clock != "" && !from.allDay {
		if to, _, ok := readClock(clock); ok {
			y, m, d := from.Date()
			if last = time.Date(y, m, d, to/60, to%60, 0, 0, zone); last.Before(from.Time) {
				last = last.AddDate(0, 0, 1) // past midnight
			}
		}
	}
	if last.After(from.Time) {
		w.End = last.UTC()
	}
	if name := zone.String(); name != "Europe/Paris" && name != "UTC" && name != "Local" {
		w.Zone = name
	}
	return w, true
}

// at adds the time of a column of its own to a day.
func (w written) at(clock string) written {
	if from, to, ok := readClock(clock); ok && w.allDay {
		y, m, d := w.Date()
		w.Time, w.allDay = time.Date(y, m, d, from/60, from%60, 0, 0, w.Location()), false
		if to > from {
			w.end = time.Date(y, m, d, to/60, to%60, 0, 0, w.Location())
		}
	}
	return w
}

// vague keeps the words of what is no day: "mars 2027", "printemps 2027".
func vague(text string) (instance.When, bool) {
	text = strings.TrimSpace(spaced(text))
	w := instance.When{Text: instance.CleanName(text, 100)}
	if m := vagueMonth.FindStringSubmatch(strings.ToLower(text)); m != nil {
		if month, ok := months[instance.Slugify(m[1])]; ok {
			w.Approx = time.Date(number(m[2]), month, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
			return w, true
		}
	}
	if m := vagueYear.FindStringSubmatch(text); m != nil && numericDay.FindString(strings.ToLower(text)) == "" {
		w.Approx = m[1]
		return w, true
	}
	return instance.When{}, false
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
