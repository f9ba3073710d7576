package source_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

var update = flag.Bool("update", false, "rewrite the golden files from what is read now")

// now is when the files of testdata are read.
var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func parse(t testing.TB, format source.Format, data string, o source.Options) *instance.Harvest {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	h, err := source.Parse(format, []byte(data), o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// event is the object of a row that must be an event.
func event(t testing.TB, h *instance.Harvest, i int) *instance.Event {
	t.Helper()
	if i >= len(h.Rows) {
		t.Fatalf("%d rows", len(h.Rows))
	}
	e, ok := h.Rows[i].Object.(*instance.Event)
	if !ok {
		t.Fatalf("row %d is %T: %v", i, h.Rows[i].Object, h.Rows[i].Problems)
	}
	return e
}

// Each file of testdata is in the shape that one software writes, and its golden
// file is all that is read of it.
func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			format := source.Detect(file, data)
			h, err := source.Parse(format, data, source.Options{Now: now, Base: "https://base.example/agenda/"})
			got := fmt.Sprintf("format %s\n%s", format, describe(h, err))
			golden := filepath.Join("testdata", "golden", filepath.Base(file)+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("read:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// describe writes all that was read, for people to check.
func describe(h *instance.Harvest, err error) string {
	if err != nil {
		return "error " + err.Error() + "\n"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "title %q licence %q partial %v\n", h.Title, h.Licence, h.Partial)
	for _, notice := range h.Notices {
		fmt.Fprintf(&out, "notice %s\n", notice)
	}
	for _, row := range h.Rows {
		fmt.Fprintf(&out, "\n%d key %q global %v\n", row.Line, row.Key, row.Global)
		if row.Object != nil {
			describeObject(&out, row.Object)
		}
		for _, p := range row.Problems {
			fmt.Fprintf(&out, "  problem %s fatal %v: %s\n", p.Field, p.Fatal, p.Message)
		}
	}
	out.WriteString("\n")
	for _, c := range h.Columns {
		fmt.Fprintf(&out, "column %q -> %q, %d filled %s\n", c.Name, c.Field, c.Filled, c.Note)
	}
	return out.String()
}

func describeObject(out *strings.Builder, o instance.Object) {
	b := o.Common()
	line := func(name string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "[]" && s != "<nil>" {
			fmt.Fprintf(out, "  %s: %s\n", name, s)
		}
	}
	line(string(b.Kind), b.Name)
	switch o := o.(type) {
	case *instance.Event:
		line("when", o.When.French())
		line("zone", o.When.Zone)
		line("approx", o.When.Approx)
		line("kind", o.EventKind)
		line("status", o.Status)
		line("organisers", o.Organisers)
		line("participation", o.ParticipationURL)
		line("online", o.OnlineURL)
	case *instance.Partner:
		line("kind", o.ActorKind)
		line("website", o.Website)
	}
	line("themes", b.Themes)
	line("licence", b.Licence)
	if p := b.Place; p != nil {
		line("place", strings.Join([]string{p.Name, p.Street, p.PostalCode, p.Locality, p.INSEE, p.Departement, p.Region, p.Country}, "|"))
		if p.Point != nil {
			line("point", fmt.Sprint(p.Point.Lat, " ", p.Point.Lon, " ", p.Precision))
		}
	}
	if b.Image != nil {
		line("image", b.Image.URL)
	}
	line("summary", b.Summary)
	line("text", strings.ReplaceAll(b.Source, "\n", "\n    "))
}

func TestParseRefusesWhatIsSomethingElse(t *testing.T) {
	t.Parallel()
	for _, format := range source.Formats() {
		for name, data := range map[string]string{
			"nothing": "", "words": "Bonjour", "a number": "12", "deep": strings.Repeat("[", 5000), "a picture": "\x89PNG\r\n\x1a\n\x00\x00",
		} {
			if h, err := source.Parse(format, []byte(data), source.Options{Now: now}); !errors.Is(err, instance.ErrInvalid) {
				t.Errorf("%s read %s: %+v, %v", format, name, h, err)
			}
		}
	}
	if _, err := source.Parse("inconnu", nil, source.Options{}); !errors.Is(err, instance.ErrInvalid) {
		t.Errorf("unknown format: %v", err)
	}
}

func TestReadRecognises(t *testing.T) {
	t.Parallel()
	h, err := source.Read("", []byte(vevent("DTSTART:20270104T170000Z", "URL:https://a.example/1")), "https://a.example/feed")
	if err != nil || h.Format != "ical" || len(h.Rows) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := source.Read("", []byte("rien de connu"), "https://a.example/feed"); !errors.Is(err, instance.ErrInvalid) {
		t.Errorf("unknown: %v", err)
	}
}

func TestMaxRows(t *testing.T) {
	t.Parallel()
	h := parse(t, source.CSV, "nom;ville\nUn;Brest\nDeux;Brest\nTrois;Brest\n", source.Options{MaxRows: 2})
	if len(h.Rows) != 2 || !h.Partial || len(h.Notices) != 1 {
		t.Errorf("%d rows, partial %v, %v", len(h.Rows), h.Partial, h.Notices)
	}
}

func TestCSVMapping(t *testing.T) {
	t.Parallel()
	const table = "Dénomination officielle,Où,Truc\nLa Fabrique,Redon,x\n"
	h := parse(t, source.CSV, table, source.Options{Mapping: map[string]string{"Dénomination officielle": "name", "Où": "locality", "Truc": "-"}})
	b := h.Rows[0].Object.Common()
	if b.Name != "La Fabrique" || b.Place == nil || b.Place.Locality != "Redon" || h.Columns[2].Note == "" {
		t.Errorf("%+v, %+v", b, h.Columns)
	}
	for _, mapping := range []map[string]string{nil, {"Truc": "nulle-part"}} {
		if _, err := source.Parse(source.CSV, []byte(table), source.Options{Mapping: mapping}); !errors.Is(err, instance.ErrInvalid) {
			t.Errorf("mapping %v: %v", mapping, err)
		}
	}
}

// vevent is a calendar of one event with these lines.
func vevent(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:evenement-0001@example\r\nSUMMARY:Atelier\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func TestICalTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		want  string // start, end, zone
	}{
		"UTC":               {[]string{"DTSTART:20270314T130000Z", "DTEND:20270314T140000Z"}, "2027-03-14T13:00:00Z 2027-03-14T14:00:00Z "},
		"floating":          {[]string{"DTSTART:20270714T130000"}, "2027-07-14T11:00:00Z - "},
		"Windows name":      {[]string{"DTSTART;TZID=W. Europe Standard Time:20270714T130000"}, "2027-07-14T11:00:00Z - Europe/Berlin"},
		"overseas":          {[]string{"DTSTART;TZID=America/Cayenne:20270714T130000"}, "2027-07-14T16:00:00Z - America/Cayenne"},
		"one day":           {[]string{"DTSTART;VALUE=DATE:20270714", "DTEND;VALUE=DATE:20270715"}, "2027-07-13T22:00:00Z - "},
		"three days":        {[]string{"DTSTART;VALUE=DATE:20270327", "DURATION:P3D"}, "2027-03-26T23:00:00Z 2027-03-28T22:00:00Z "},
		"duration":          {[]string{"DTSTART:20270314T130000Z", "DURATION:P1DT2H30M"}, "2027-03-14T13:00:00Z 2027-03-15T15:30:00Z "},
		"end before start":  {[]string{"DTSTART:20270314T130000Z", "DTEND:20260314T140000Z"}, "2027-03-14T13:00:00Z - "},
		"negative duration": {[]string{"DTSTART:20270314T130000Z", "DURATION:-PT15M"}, "2027-03-14T13:00:00Z - "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := event(t, parse(t, source.ICal, vevent(c.lines...), source.Options{}), 0).When
			end := "-"
			if !w.End.IsZero() {
				end = w.End.Format(time.RFC3339)
			}
			if got := w.Start.Format(time.RFC3339) + " " + end + " " + w.Zone; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestICalRecurrence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines   []string
		starts  []string // local
		problem bool
	}{
		"weekly across a change of clock": {
			[]string{"DTSTART;TZID=Europe/Paris:20270322T180000", "RRULE:FREQ=WEEKLY;COUNT=3"},
			[]string{"2027-03-22 18:00", "2027-03-29 18:00", "2027-04-05 18:00"},
			false,
		},
		"last Friday, without one": {
			[]string{"DTSTART;TZID=Europe/Paris:20270129T180000", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270401T000000Z", "EXDATE;TZID=Europe/Paris:20270226T180000"},
			[]string{"2027-01-29 18:00", "2027-03-26 18:00"},
			false,
		},
		"excluded by its day": {
			[]string{"DTSTART;TZID=Europe/Paris:20270104T180000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20270105"},
			[]string{"2027-01-04 18:00", "2027-01-06 18:00"},
			false,
		},
		"dates one by one": {
			[]string{"DTSTART:20270104T170000Z", "RDATE:20270110T170000Z,20270120T170000Z"},
			[]string{"2027-01-04 18:00", "2027-01-10 18:00", "2027-01-20 18:00"},
			false,
		},
		"whole days": {
			[]string{"DTSTART;VALUE=DATE:20270320", "DTEND;VALUE=DATE:20270322", "RRULE:FREQ=WEEKLY;UNTIL=20270403"},
			[]string{"2027-03-20 00:00", "2027-03-27 00:00", "2027-04-03 00:00"},
			false,
		},
		"begun long ago": {
			[]string{"DTSTART;TZID=Europe/Paris:20100105T180000", "RRULE:FREQ=YEARLY"}, []string{"2027-01-05 18:00"}, false,
		},
		"every second":       {[]string{"DTSTART:20270104T170000Z", "RRULE:FREQ=SECONDLY"}, []string{"2027-01-04 18:00"}, true},
		"on 30 February":     {[]string{"DTSTART:20270104T170000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, []string{"2027-01-04 18:00"}, true},
		"what is not a rule": {[]string{"DTSTART:20270104T170000Z", "RRULE:TOUS=LES;JOURS"}, []string{"2027-01-04 18:00"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := parse(t, source.ICal, vevent(c.lines...), source.Options{})
			var starts []string
			keys := map[string]bool{}
			for i, row := range h.Rows {
				e := event(t, h, i)
				starts = append(starts, e.When.Start.In(e.When.Location()).Format("2006-01-02 15:04"))
				keys[row.Key] = true
				if c.problem != (len(row.Problems) > 0) {
					t.Errorf("problems %v", row.Problems)
				}
			}
			if strings.Join(starts, ", ") != strings.Join(c.starts, ", ") || len(keys) != len(starts) {
				t.Errorf("%v (%d keys), want %v", starts, len(keys), c.starts)
			}
		})
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2027-03-14":                       "dim. 14 mars 2027",
		"14/03/2027":                       "dim. 14 mars 2027",
		"14.3.27":                          "dim. 14 mars 2027",
		"14/03/2027 14h30":                 "dim. 14 mars 2027, 14\u00a0h\u00a030",
		"2027-03-14T14:30+01:00":           "dim. 14 mars 2027, 14\u00a0h\u00a030",
		"2027-03-14T13:30:00.000Z":         "dim. 14 mars 2027, 14\u00a0h\u00a030",
		"dimanche 14 mars 2027 de 14h-18h": "dim. 14 mars 2027, 14\u00a0h – 18\u00a0h",
		"1er avril 2027 à 9h":              "jeu. 1er avril 2027, 9\u00a0h",
		"du 14 au 16 mars 2027":            "du dim. 14 au mar. 16 mars 2027",
		"du 30 avril au 2 mai 2027":        "du ven. 30 avril au dim. 2 mai 2027",
		"mars 2027":                        "mars 2027",
		"printemps 2027":                   "printemps 2027",
		"31/02/2027":                       "",
		"03/14/2027":                       "",
		"bientôt":                          "",
		"14 brumaire 2027":                 "14 brumaire 2027",
	} {
		h := parse(t, source.CSV, "titre;date\nAtelier;"+text+"\n", source.Options{})
		if got := event(t, h, 0).When.French(); got != want {
			t.Errorf("%s: %q, want %q (%v)", text, got, want, h.Rows[0].Problems)
		}
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]source.Format{
		"\xEF\xBB\xBFBEGIN:VCALENDAR\r\n":                                     source.ICal,
		`{"type": "FeatureCollection"`:                                        source.GeoJSON,
		`{"type":"umap"`:                                                      source.GeoJSON,
		`{"version":0.6,"generator":"Overpass API"`:                           source.Overpass,
		`{"licence":"x","ontology":"gogofull","data":[`:                       source.GoGoCarto,
		"<?xml version=\"1.0\"?>\n<rss version=\"2.0\">":                      source.Feed,
		"<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\">": source.Feed,
		"<!DOCTYPE html><html>":                                               source.HTML,
		"nom;ville\n":                                                         "",
	} {
		if got := source.Detect("", []byte(head)); got != want {
			t.Errorf("%q is %q, want %q", head, got, want)
		}
	}
	if got := source.Detect("https://a.example/x/liste.CSV?y=1", []byte("nom;ville")); got != source.CSV {
		t.Errorf("by name: %q", got)
	}
}

// What strangers write must not run, nor be taken for markup that they did not mean.
func TestTextsAreHarmless(t *testing.T) {
	t.Parallel()
	h := parse(t, source.ICal, vevent("DTSTART:20270104T170000Z",
		`DESCRIPTION:<p onclick="x()">Venez <script>alert(1)</script><a href="javascript:alert(1)">ici</a> <a href="https://ok.example/a_b">là</a></p>`), source.Options{})
	if got := event(t, h, 0).Source; got != "Venez ici [là](<https://ok.example/a_b>)" {
		t.Errorf("%q", got)
	}
	h = parse(t, source.ICal, vevent("DTSTART:20270104T170000Z", `DESCRIPTION:# 1\n*pas* en gras\, https://ok.example/a_b`), source.Options{})
	if got := event(t, h, 0).Source; got != "\\# 1\\\n\\*pas\\* en gras, https://ok.example/a_b" {
		t.Errorf("%q", got)
	}
}

// Hostile files: each would cost much to a careless reader.
func TestHostileFilesCostLittle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format source.Format
		data   string
	}{
		"a rule without end":              {source.ICal, vevent("DTSTART:19000101T000000Z", "RRULE:FREQ=DAILY")},
		"a rule that never comes":         {source.ICal, vevent("DTSTART:19000101T000000Z", "RRULE:FREQ=DAILY;BYYEARDAY=366;BYMONTH=1")},
		"a rule with every position":      {source.ICal, vevent("DTSTART:19000101T000000Z", "RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12")},
		"Easter in December":              {source.ICal, vevent("DTSTART:19000101T000000Z", "RRULE:FREQ=YEARLY;BYEASTER=200;BYMONTH=1")},
		"a hundred rules that never come": {source.ICal, "BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\r\nDTSTART:19000101T000000Z\r\nRRULE:FREQ=DAILY;BYSETPOS=366,365;BYHOUR=1,2\r\nEND:VEVENT\r\n", 400) + "END:VCALENDAR\r\n"},
		"one line folded for ever":        {source.ICal, vevent("DTSTART:20270104T170000Z", "DESCRIPTION:x"+strings.Repeat("\r\n y", 400_000))},
		"components inside others":        {source.ICal, strings.Repeat("BEGIN:VCALENDAR\r\n", 200_000)},
		"exceptions":                      {source.ICal, vevent("DTSTART:20270104T170000Z", "RRULE:FREQ=DAILY", "EXDATE:"+strings.Repeat("20270105T170000Z,", 200_000))},
		"brackets in JSON":                {source.GeoJSON, `{"type":"FeatureCollection","features":` + strings.Repeat("[", 2_000_000)},
		"uMap links left open":            {source.GeoJSON, `{"type":"FeatureCollection","features":[{"properties":{"name":"abc","description":"` + strings.Repeat("[[", 1_000_000) + `"}}]}`},
		"divs":                            {source.HTML, strings.Repeat("<div class=h-event>", 20_000)},
		"entries inside entries":          {source.Feed, `<feed>` + strings.Repeat("<a>", 200_000)},
		"a table of one long cell":        {source.CSV, "nom;ville\n\"" + strings.Repeat("x", 8_000_000)},
		"columns":                         {source.CSV, "nom" + strings.Repeat(";x", 200_000) + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			h, err := source.Parse(c.format, []byte(c.data), source.Options{Now: now})
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
			if err == nil && len(h.Rows) > 2000 {
				t.Errorf("%d rows", len(h.Rows))
			}
		})
	}
}

// A zone that no list knows is the one that its calendar describes.
func TestDescribedZones(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, start, want string }{
		"fixed":                  {"STANDARD/+0700", "TZID=Bureau:20270314T090000", "2027-03-14T02:00:00Z Etc/GMT-7"},
		"fixed, of half an hour": {"STANDARD/+0530", "TZID=Bureau:20270314T090000", "2027-03-14T03:30:00Z Asia/Kolkata"},
		"fixed, a French one":    {"STANDARD/-0400", "TZID=Bureau:20270314T090000", "2027-03-14T13:00:00Z America/Martinique"},
		"with summer time":       {"STANDARD/-0600 DAYLIGHT/-0500", "TZID=Bureau:20270714T090000", "2027-07-14T14:00:00Z America/Chicago"},
		"a day with a Z":         {"", "VALUE=DATE:20270314Z", "2027-03-13T23:00:00Z "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone := ""
			for part := range strings.FieldsSeq(c.zone) {
				kind, offset, _ := strings.Cut(part, "/")
				zone += "BEGIN:" + kind + "\nDTSTART:16010101T000000\nTZOFFSETFROM:" + offset + "\nTZOFFSETTO:" + offset + "\nEND:" + kind + "\n"
			}
			h := parse(t, source.ICal, "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Bureau\n"+zone+"END:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:Atelier\nDTSTART;"+c.start+"\nEND:VEVENT\nEND:VCALENDAR\n", source.Options{})
			w := h.Rows[0].Object.(*instance.Event).When
			if got := w.Start.Format(time.RFC3339) + " " + w.Zone; got != c.want || len(h.Notices) > 0 {
				t.Errorf("%s, %q, want %s", got, h.Notices, c.want)
			}
		})
	}
}

// Dates that a page writes for people, in parts.
func TestValueClassPattern(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ start, end, want string }{
		"a day and a time":       {`<abbr class="value" title="2027-03-14">14 mars</abbr> à <span class="value">19:00</span>`, "", "2027-03-14T18:00:00Z/"},
		"in the afternoon":       {`<span class="value-title" title="2027-03-14"></span><span class="value">7:30 p.m.</span>`, "", "2027-03-14T18:30:00Z/"},
		"at noon":                {`<span class="value">12pm</span>, <span class="value">2027-03-14</span>`, "", "2027-03-14T11:00:00Z/"},
		"with an offset":         {`<span class="value">2027-03-14</span> <span class="value">19:00</span><span class="value">-08:00</span>`, `<span class="value">22:00</span>`, "2027-03-15T03:00:00Z/2027-03-15T06:00:00Z"},
		"a day":                  {`<span class="value">2027-03-14</span>`, "", "2027-03-13T23:00:00Z/"},
		"an end of its own zone": {`<span class="value">2027-03-14</span> <span class="value">19:00Z</span>`, `<span class="value">22:00+01:00</span>`, "2027-03-14T19:00:00Z/2027-03-14T21:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := `<html><div class="h-event"><b class="p-name">Fête</b><p class="dt-start">` + c.start + `</p><p class="dt-end">` + c.end + `</p></div>`
			h := parse(t, source.HTML, page, source.Options{})
			if len(h.Rows[0].Problems) > 0 {
				t.Fatalf("%+v", h.Rows[0].Problems)
			}
			w := h.Rows[0].Object.(*instance.Event).When
			got := w.Start.Format(time.RFC3339) + "/"
			if !w.End.IsZero() {
				got += w.End.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
