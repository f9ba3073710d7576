package web

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
)

// icalFormat is iCalendar (RFC 5545), with the names and the refreshing of
// RFC 7986. Calendars subscribe to its address.
var icalFormat = &format{
	extension: ".ics", mediaType: "text/calendar; charset=utf-8", label: "files.ics", feed: true,
	only:    []instance.Kind{instance.KindEvent},
	encoder: func(w io.Writer, x *export) encoder { return &icalEncoder{export: x, lines: &icalLines{w: w}} },
}

// The forms of a day and of an instant (RFC 5545, 3.3.4 and 3.3.5).
const (
	icalDay  = "20060102"
	icalTime = "20060102T150405Z"
)

type icalEncoder struct {
	*export
	lines  *icalLines
	events int
}

func (e *icalEncoder) begin() error {
	l := e.lines
	l.raw("BEGIN", "VCALENDAR")
	l.raw("VERSION", "2.0")
	l.text("PRODID", "-//maillage//maillage "+e.s.version+"//FR")
	l.raw("CALSCALE", "GREGORIAN")
	l.raw("METHOD", "PUBLISH")
	l.text("NAME", e.title)
	l.text("X-WR-CALNAME", e.title)
	l.raw("SOURCE;VALUE=URI", e.self)
	l.raw("URL", e.page)
	l.raw("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	l.raw("X-PUBLISHED-TTL", "PT1H")
	return l.err
}

// add writes an event. One without a day is left out: a calendar would need a day
// that nobody gave.
func (e *icalEncoder) add(it *item) error {
	event := it.event()
	if event == nil || event.When.Vague() {
		return nil
	}
	e.events++
	l := e.lines
	l.raw("BEGIN", "VEVENT")
	l.text("UID", instance.Key(it.ID)+"@"+e.origin(it)) // the same on every node that knows the event
	e.stamps(it, event)
	e.times(event.When)
	l.text("SUMMARY", it.Name)
	l.text("DESCRIPTION", e.description(it, event))
	l.text("LOCATION", where(it.Place))
	if p := it.point(); p != nil {
		l.raw("GEO", fmt.Sprintf("%.6f;%.6f", p.Lat, p.Lon))
	}
	l.raw("URL", it.link())
	l.texts("CATEGORIES", e.labels("themes", it.Themes))
	l.raw("STATUS", icalStatus(event.Status))
	l.raw("TRANSP", "TRANSPARENT") // it is an offer: it keeps nobody busy
	l.raw("END", "VEVENT")
	return l.err
}

// stamps writes when the event was made and changed. SEQUENCE must grow with each
// change: nobody counts them, so it is the seconds since the event was published.
func (e *icalEncoder) stamps(it *item, event *instance.Event) {
	changed := it.changed()
	if changed.IsZero() {
		changed = event.When.Start.UTC()
	}
	e.lines.raw("DTSTAMP", changed.Format(icalTime))
	e.lines.raw("LAST-MODIFIED", changed.Format(icalTime))
	sequence := int64(0)
	if !it.Published.IsZero() {
		e.lines.raw("CREATED", it.Published.UTC().Format(icalTime))
		sequence = max(0, int64(changed.Sub(it.Published)/time.Second))
	}
	e.lines.raw("SEQUENCE", strconv.FormatInt(sequence, 10))
}

// times writes whole days as days, where the event is, and hours as UTC instants.
// The end of days is the day after the last one.
func (e *icalEncoder) times(w instance.When) {
	if !w.AllDay {
		e.lines.raw("DTSTART", w.Start.UTC().Format(icalTime))
		if w.End.After(w.Start) {
			e.lines.raw("DTEND", w.End.UTC().Format(icalTime))
		}
		return
	}
	first, last := w.Start.In(w.Location()), w.Start.In(w.Location())
	if w.End.After(w.Start) {
		last = w.End.In(w.Location())
	}
	e.lines.raw("DTSTART;VALUE=DATE", first.Format(icalDay))
	e.lines.raw("DTEND;VALUE=DATE", last.AddDate(0, 0, 1).Format(icalDay))
}

// description is the text of the event, and what a calendar has no field for.
func (e *icalEncoder) description(it *item, event *instance.Event) string {
	var organisers []string
	for _, organiser := range event.Organisers {
		organisers = append(organisers, organiser.Name)
	}
	paragraphs := []string{it.Summary, plainLines(it.Content)}
	for _, fact := range []struct{ label, value string }{
		{e.T("event.organisers"), strings.Join(organisers, ", ")},
		{e.T("event.join"), webURL(event.ParticipationURL)},
		{e.T("event.online"), webURL(event.OnlineURL)},
		{e.T("files.licence"), e.label("licences", it.Licence)},
	} {
		if fact.value != "" {
			paragraphs = append(paragraphs, fact.label+nbsp+": "+fact.value)
		}
	}
	var out []string
	for _, p := range paragraphs {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n\n")
}

// end closes the calendar. One must hold something (RFC 5545, 3.6): an empty one
// says that it counts in UTC.
func (e *icalEncoder) end() error {
	l := e.lines
	if e.events == 0 {
		for _, line := range [][2]string{
			{"BEGIN", "VTIMEZONE"},
			{"TZID", "Etc/UTC"},
			{"BEGIN", "STANDARD"},
			{"DTSTART", "19700101T000000"},
			{"TZOFFSETFROM", "+0000"},
			{"TZOFFSETTO", "+0000"},
			{"END", "STANDARD"},
			{"END", "VTIMEZONE"},
		} {
			l.raw(line[0], line[1])
		}
	}
	l.raw("END", "VCALENDAR")
	return l.err
}

// icalStatus is the status as calendars know it, the same as federation says it to
// Mobilizon. What is not known is left out.
func icalStatus(s instance.EventStatus) string {
	switch s {
	case "":
		return ""
	case instance.StatusCancelled:
		return "CANCELLED"
	case instance.StatusProposed, instance.StatusPostponed:
		return "TENTATIVE"
	}
	return "CONFIRMED"
}

var lineEnd = regexp.MustCompile(`(?i)</(p|li|h[1-6]|blockquote|tr|pre)>|<br ?/?>`)

// plainLines is the text of HTML, one line for each of its paragraphs.
func plainLines(html string) string {
	var lines []string
	for _, part := range lineEnd.Split(html, -1) {
		if text := instance.PlainText(part); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// icalLines writes content lines (RFC 5545, 3.1). Properties without a value are
// left out. The first error stays in err.
type icalLines struct {
	w   io.Writer
	err error
}

// maxOctets is the length of a line, its CRLF not counted.
const maxOctets = 75

// raw writes a value that is not text: a date, a number, an address.
func (l *icalLines) raw(name, value string) {
	if value != "" {
		l.fold(name + ":" + printable(value, ""))
	}
}

// text writes a value of type TEXT.
func (l *icalLines) text(name, value string) {
	if value != "" {
		l.fold(name + ":" + icalText(value))
	}
}

// texts writes a list of values of type TEXT.
func (l *icalLines) texts(name string, values []string) {
	escaped := make([]string, len(values))
	for i, value := range values {
		escaped[i] = icalText(value)
	}
	if len(values) > 0 {
		l.fold(name + ":" + strings.Join(escaped, ","))
	}
}

var icalEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// icalText escapes a text (RFC 5545, 3.3.11): nothing a stranger writes can end
// its line.
func icalText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return icalEscapes.Replace(printable(s, "\n\t"))
}

// printable drops control characters, those in keep excepted, and what is not UTF-8.
func printable(s, keep string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune(keep, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// fold cuts a line into pieces of 75 octets at most, never inside a character;
// each piece after the first begins with a space, which counts.
func (l *icalLines) fold(line string) {
	var out strings.Builder
	for room := maxOctets; len(line) > room; room = maxOctets - 1 {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		out.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	if _, err := io.WriteString(l.w, out.String()+line+"\r\n"); l.err == nil {
		l.err = err
	}
}
