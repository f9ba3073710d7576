package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
)

// component is a part of a calendar, read back.
type component struct {
	name       string
	properties map[string][]string // values by name, parameters included: "DTSTART;VALUE=DATE"
	parts      []*component
}

// readCalendar is a small strict reader of RFC 5545: what it refuses, some
// calendar would.
func readCalendar(t *testing.T, body string) *component {
	t.Helper()
	if !utf8.ValidString(body) || !strings.HasSuffix(body, "\r\n") {
		t.Fatal("not UTF-8, or the last line has no end")
	}
	var lines []string
	for raw := range strings.SplitSeq(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(raw) > 75 || raw == "" {
			t.Errorf("a line of %d octets: %q", len(raw), raw)
		}
		if strings.ContainsAny(raw, "\r\n") || !utf8.ValidString(raw) {
			t.Errorf("a line cut in the middle: %q", raw)
		}
		if rest, folded := strings.CutPrefix(raw, " "); folded && len(lines) > 0 {
			lines[len(lines)-1] += rest
		} else {
			lines = append(lines, raw)
		}
	}
	root := &component{}
	open := []*component{root}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		current := open[len(open)-1]
		switch {
		case !ok || name == "" || strings.ContainsAny(name, " \t,\""):
			t.Fatalf("not a content line: %q", line)
		case name == "BEGIN":
			c := &component{name: value, properties: map[string][]string{}}
			current.parts = append(current.parts, c)
			open = append(open, c)
		case name == "END":
			if current.name != value {
				t.Fatalf("END:%s closes %s", value, current.name)
			}
			open = open[:len(open)-1]
		case len(open) == 1:
			t.Fatalf("outside of the calendar: %q", line)
		default:
			current.properties[name] = append(current.properties[name], value)
		}
	}
	if len(open) != 1 || len(root.parts) != 1 || root.parts[0].name != "VCALENDAR" || len(root.parts[0].parts) == 0 {
		t.Fatalf("not one calendar that holds something:\n%s", body)
	}
	calendar := root.parts[0]
	calendar.require(t, "VERSION", "PRODID", "X-WR-CALNAME", "REFRESH-INTERVAL;VALUE=DURATION")
	seen := map[string]bool{}
	for _, e := range calendar.events() {
		e.require(t, "UID", "DTSTAMP", "SUMMARY", "URL", "SEQUENCE")
		if uid := e.get("UID"); seen[uid] {
			t.Errorf("UID %s twice", uid)
		} else {
			seen[uid] = true
		}
		if _, err := time.Parse("20060102T150405Z", e.get("DTSTAMP")); err != nil {
			t.Error(err)
		}
	}
	return calendar
}

// require checks that each property is there once, and every other one at most once.
func (c *component) require(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if len(c.properties[name]) != 1 {
			t.Errorf("%s: %d of %s", c.name, len(c.properties[name]), name)
		}
	}
	for name, values := range c.properties {
		if len(values) != 1 {
			t.Errorf("%s: %s %d times", c.name, name, len(values))
		}
	}
}

func (c *component) get(name string) string { return strings.Join(c.properties[name], "|") }

// text decodes a TEXT value, and refuses what must have been escaped.
func (c *component) text(t *testing.T, name string) string {
	t.Helper()
	var out strings.Builder
	value := c.get(name)
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case ';', ',':
			t.Errorf("%s holds a bare %q: %q", name, value[i], value)
		case '\\':
			i++
			switch {
			case i < len(value) && (value[i] == 'n' || value[i] == 'N'):
				out.WriteByte('\n')
				continue
			case i == len(value) || !strings.ContainsRune(`\;,`, rune(value[i])):
				t.Fatalf("%s: a bad escape in %q", name, value)
			}
		}
		out.WriteByte(value[i])
	}
	return out.String()
}

func (c *component) events() []*component {
	return slices.DeleteFunc(slices.Clone(c.parts), func(p *component) bool { return p.name != "VEVENT" })
}

// event finds an event by its title.
func (c *component) event(t *testing.T, title string) *component {
	t.Helper()
	for _, e := range c.events() {
		if e.text(t, "SUMMARY") == title {
			return e
		}
	}
	t.Fatalf("no event %q", title)
	return nil
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func TestCalendarTimes(t *testing.T) {
	t.Parallel()
	reunion, err := instance.ParseDay("2027-03-14", "Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	tahiti, err := instance.ParseDay("2027-03-14", "Pacific/Tahiti")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		when               instance.When
		start, end         string
		startName, endName string
	}{
		"a day":               {instance.When{Start: day(t, "2027-03-14"), AllDay: true}, "20270314", "20270315", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"a weekend":           {instance.When{Start: day(t, "2027-04-03"), End: day(t, "2027-04-04"), AllDay: true}, "20270403", "20270405", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"the change of time":  {instance.When{Start: day(t, "2027-03-28"), AllDay: true}, "20270328", "20270329", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"New Year's Eve":      {instance.When{Start: day(t, "2027-12-31"), AllDay: true}, "20271231", "20280101", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"a day in La Réunion": {instance.When{Start: reunion, AllDay: true, Zone: "Indian/Reunion"}, "20270314", "20270315", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"a day in Tahiti":     {instance.When{Start: tahiti, AllDay: true, Zone: "Pacific/Tahiti"}, "20270314", "20270315", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE"},
		"an afternoon": {
			instance.When{Start: instant(t, "2027-07-01T14:00:00+02:00"), End: instant(t, "2027-07-01T18:30:00+02:00")},
			"20270701T120000Z", "20270701T163000Z", "DTSTART", "DTEND",
		},
		"an open end, overseas": {
			instance.When{Start: instant(t, "2027-03-13T14:00:00+04:00"), Zone: "Indian/Reunion"}, "20270313T100000Z", "", "DTSTART", "DTEND",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.event("rendez-vous", "Rendez-vous", tc.when, nil)
			e := readCalendar(t, s.get("/evenements/rendez-vous.ics").Body.String()).event(t, "Rendez-vous")
			if e.get(tc.startName) != tc.start || e.get(tc.endName) != tc.end {
				t.Errorf("%v", e.properties)
			}
		})
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	brest := s.territory("brest", "Brest", atBrest)
	s.event("cartopartie", "Cartopartie ; relevé, comptage \\ photo", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(e *instance.Event) {
		e.Content = "<p>Rendez-vous à 14 h, au port ; apportez un vélo.</p><ul><li>un</li><li>deux</li></ul>"
		e.Themes, e.Licence = []string{"cartographie", "donnees-ouvertes"}, "CC-BY-SA-4.0"
		e.Territories = []instance.Ref{{ID: brest.ID, Slug: "brest", Name: "Brest"}}
		e.Place = &instance.Place{Name: "Les Capucins", Street: "25, rue de Pontaniou", PostalCode: "29200", Locality: "Brest", Point: atBrest}
		e.Organisers = []instance.Ref{{Name: "Tiriad"}}
	})
	s.event("annule", "Atelier annulé", instance.When{Start: day(t, "2027-03-15"), AllDay: true}, func(e *instance.Event) { e.Status = instance.StatusCancelled })
	s.event("propose", "Atelier proposé", instance.When{Start: day(t, "2027-03-16"), AllDay: true}, func(e *instance.Event) { e.Status = instance.StatusProposed })
	s.event("ancien", "Opération Libre de 2013", instance.When{Start: day(t, "2013-04-06"), AllDay: true}, nil)
	s.event("vague", "Un jour peut-être", instance.When{Text: "printemps 2027", Approx: "2027"}, nil)
	s.partner("osm", "OpenStreetMap France", nil)
	s.reindex()

	calendar := readCalendar(t, s.get("/agenda.ics").Body.String())
	if n := len(calendar.events()); n != 4 {
		t.Errorf("%d events, want the four that have a day", n)
	}
	e := calendar.event(t, `Cartopartie ; relevé, comptage \ photo`)
	for name, want := range map[string]string{
		"LOCATION": "Les Capucins, 25, rue de Pontaniou, 29200 Brest",
		"DESCRIPTION": "Rendez-vous à 14 h, au port ; apportez un vélo.\nun\ndeux\n\nOrganisé par" + nbsp + ": Tiriad\n\nLicence" + nbsp + ": " +
			instance.Vocabularies().Label("licences", "CC-BY-SA-4.0", "fr"),
	} {
		if got := e.text(t, name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"GEO": "48.390400;-4.486100", "URL": "https://a.example/evenements/cartopartie", "CATEGORIES": "Cartographie,Données ouvertes",
		"UID": instance.Key("https://a.example/evenements/cartopartie") + "@a.example", "DTSTAMP": "20261122T100000Z", "SEQUENCE": "0", "STATUS": "",
	} {
		if got := e.get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	for title, want := range map[string]string{"Atelier annulé": "CANCELLED", "Atelier proposé": "TENTATIVE"} {
		if got := calendar.event(t, title).get("STATUS"); got != want {
			t.Errorf("%s: STATUS %s, want %s", title, got, want)
		}
	}
	for target, want := range map[string]string{
		"/agenda.ics": "Agenda · Tiriad", "/agenda.ics?theme=cartographie&territory=brest": "Agenda · Cartographie · Brest · Tiriad",
		"/recherche.ics?q=port&pres=Brest": "Résultats" + nbsp + ": port · Brest · Tiriad",
	} {
		if got := readCalendar(t, s.get(target).Body.String()).text(t, "X-WR-CALNAME"); got != want {
			t.Errorf("%s is named %q, want %q", target, got, want)
		}
	}
	for target, want := range map[string]int{
		"/agenda.ics?periode=passes": 1, "/agenda.ics?periode=a-venir": 3, "/agenda.ics?theme=cartographie&territory=brest": 1,
		"/agenda.ics?theme=inclusion-numerique": 0, "/agenda.ics?q=atelier": 2, "/recherche.ics?kind=partner": 0, "/recherche.ics": 4,
		"/agenda.ics?from=2027-03-15&to=2027-03-15": 1, "/agenda.ics?per_page=1&page=2": 4,
	} {
		if got := len(readCalendar(t, s.get(target).Body.String()).events()); got != want {
			t.Errorf("%s: %d events, want %d", target, got, want)
		}
	}
}

// A calendar shows what changed only if the number of the version grew.
func TestCalendarSequenceGrows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := &instance.Event{When: instance.When{Start: day(t, "2027-03-14"), AllDay: true}}
	e.ID, e.Kind, e.Name, e.Owner = "https://b.example/e/1", instance.KindEvent, "Atelier", "https://b.example/actor"
	e.Published = today.Add(-48 * time.Hour)
	path := s.node.URLs().Path(e.ID) + ".ics"
	uid, last := "", -1
	for _, updated := range []time.Time{e.Published, today.Add(-time.Hour), today} {
		e.Updated = updated
		s.receive(e)
		got := readCalendar(t, s.get(path).Body.String()).event(t, "Atelier")
		var sequence int
		if _, err := fmt.Sscan(got.get("SEQUENCE"), &sequence); err != nil || sequence <= last {
			t.Errorf("SEQUENCE %q after %d", got.get("SEQUENCE"), last)
		}
		if last >= 0 && got.get("UID") != uid {
			t.Errorf("UID %s, it was %s", got.get("UID"), uid)
		}
		uid, last = got.get("UID"), sequence
	}
	if want := instance.Key(e.ID) + "@b.example"; uid != want {
		t.Errorf("UID %s, want %s as on its own node", uid, want)
	}
}

// What a stranger writes ends no line and opens no component.
func TestCalendarInjection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := &instance.Event{When: instance.When{Start: day(t, "2027-03-14"), AllDay: true}, Status: "CONFIRMED\r\nX-EVIL:1"}
	e.ID, e.Kind, e.Owner = "https://b.example/e/1", instance.KindEvent, "https://b.example/actor"
	e.Name = "Titre\r\nEND:VEVENT\r\nBEGIN:VALARM\u0000\u0085;x,y\\n\xff"
	e.Summary, e.URL, e.Themes = "a\rb\nc", "https://b.example/\r\nX-EVIL:1", []string{"x,y;z\r\nX-EVIL:1"}
	e.Place = &instance.Place{Name: "Ici\r\nX-EVIL:1", Point: &instance.Point{Lat: 999, Lon: 1}}
	s.receive(e)
	s.reindex()
	for _, target := range []string{"/agenda.ics", "/recherche.ics", s.node.URLs().Path(e.ID) + ".ics"} {
		events := readCalendar(t, s.get(target).Body.String()).events()
		if len(events) != 1 || len(events[0].parts) != 0 {
			t.Fatalf("%s: %d events", target, len(events))
		}
		got := events[0]
		if len(got.properties["X-EVIL"]) > 0 || got.get("GEO") != "" || got.get("URL") != e.ID {
			t.Errorf("%s: %v", target, got.properties)
		}
		if title := got.text(t, "SUMMARY"); !strings.HasPrefix(title, "Titre\nEND:VEVENT\nBEGIN:VALARM;x,y\\n") {
			t.Errorf("%s: title %q", target, title)
		}
	}
}

func TestFolding(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"a", "é", "漢", "🧭"} {
		for n := range 200 {
			var out strings.Builder
			l := &icalLines{w: &out}
			value := strings.Repeat("b", n%5) + strings.Repeat(letter, n)
			l.fold("SUMMARY:" + value)
			for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\r\n"), "\r\n") {
				if len(line) > 75 || !utf8.ValidString(line) {
					t.Fatalf("%d × %s: %d octets in %q", n, letter, len(line), line)
				}
			}
			if got := strings.ReplaceAll(out.String(), "\r\n ", ""); got != "SUMMARY:"+value+"\r\n" {
				t.Fatalf("%d × %s: unfolded %q", n, letter, got)
			}
		}
	}
}

func FuzzCalendarText(f *testing.F) {
	f.Add("a\r\nEND:VEVENT;,\\ \u2028é\xf0")
	f.Fuzz(func(t *testing.T, s string) {
		var out strings.Builder
		l := &icalLines{w: &out}
		l.raw("BEGIN", "VCALENDAR")
		l.raw("BEGIN", "VEVENT")
		l.text("COMMENT", s)
		l.raw("END", "VEVENT")
		l.raw("END", "VCALENDAR")
		if strings.Count(strings.ReplaceAll(out.String(), "\r\n ", ""), "\r\n") > 5 || !utf8.ValidString(out.String()) || l.err != nil {
			t.Errorf("%q gives %q", s, out.String())
		}
	})
}

func TestOneEventAsACalendar(t *testing.T) {
	t.Parallel()
	s := populated(t)
	s.event("vague", "Un jour peut-être", instance.When{Text: "printemps 2027"}, nil)
	s.event("retire", "Retiré", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	s.must(s.node.Withdraw(t.Context(), s.org.ID, "https://a.example/evenements/retire"))
	for target, want := range map[string]int{
		"/evenements/cartopartie.ics": http.StatusOK, "/evenements/vague.ics": http.StatusNotFound, "/evenements/retire.ics": http.StatusGone,
		"/evenements/inconnu.ics": http.StatusNotFound, "/evenements/.ics": http.StatusNotFound, "/evenements/%00.ics": http.StatusNotFound, "/reseau/%00.ics": http.StatusNotFound,
		"/evenements/a%0d%0ab.ics": http.StatusNotFound, "/reseau/inconnu.ics": http.StatusNotFound,
	} {
		if got := s.do(http.MethodGet, target, nil); got.Code != want || got.tree != nil {
			t.Errorf("%s = %d %s, want %d", target, got.Code, got.Header().Get("Content-Type"), want)
		}
	}
	s.get("/evenements/cartopartie").links("/evenements/cartopartie.ics")
	if s.get("/evenements/vague").all("a", "href", "/evenements/vague.ics") != nil {
		t.Error("an event without a day offers a calendar")
	}
}
