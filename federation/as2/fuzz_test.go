package as2

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// seed gives a fuzz target every document under testdata, and what they embed.
func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		if a, err := ParseActivity(raw); err == nil && a.ObjectRaw != nil {
			f.Add([]byte(a.ObjectRaw))
		}
	}
}

// expected fails on any error that a caller does not know what to do with.
func expected(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
		t.Fatalf("unexpected error: %v", err)
	}
}

// sameAsStandard checks that what is accepted means what encoding/json says it does.
func sameAsStandard(t *testing.T, raw []byte) {
	t.Helper()
	doc, err := decode(raw)
	if err != nil {
		return
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "as:") || strings.Contains(string(raw), asNamespace) || strings.Contains(string(raw), `\u0000`) {
		return // put right on the way
	}
	if !reflect.DeepEqual(map[string]any(doc.fields), want) {
		t.Fatalf("got %v, want %v", doc.fields, want)
	}
	for key, raw := range doc.raw {
		var member any
		if err := json.Unmarshal(raw, &member); err != nil || !reflect.DeepEqual(member, want[key]) {
			t.Fatalf("%q is %s, %v", key, raw, err)
		}
	}
}

func inRange(t *testing.T, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		if !at.IsZero() && !sensible(at) {
			t.Fatalf("year %d", at.Year())
		}
	}
}

func onEarth(t *testing.T, p *instance.Place) {
	t.Helper()
	if p != nil && p.Point != nil && (!p.Point.Valid() || *p.Point == instance.Point{}) {
		t.Fatalf("at %+v", p.Point)
	}
}

func FuzzParseActivity(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		sameAsStandard(t, raw)
		a, err := ParseActivity(raw)
		expected(t, err)
		if err != nil {
			return
		}
		if a.ID == "" || a.Type == "" || a.Actor == "" {
			t.Fatalf("incomplete: %+v", a)
		}
		inRange(t, a.Published)
		if a.ObjectRaw != nil {
			_, err = ParseInner(a.ObjectRaw)
			expected(t, err)
		}
	})
}

func FuzzParseObject(f *testing.F) {
	seed(f)
	urls, err := instance.NewURLs("https://opl.example.org")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ParseObject(raw)
		expected(t, err)
		if err != nil {
			return
		}
		b := o.Common()
		if b.ID == "" || b.Kind == "" || (b.Owner == "" && b.Deleted.IsZero()) {
			t.Fatalf("incomplete: %+v", b)
		}
		inRange(t, b.Published, b.Updated, b.Deleted)
		onEarth(t, b.Place)
		if ev, ok := o.(*instance.Event); ok {
			inRange(t, ev.When.Start, ev.When.End)
		}
		// Whatever was read can be written, and read again.
		data, err := MarshalObject(o, Env{URLs: urls})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseObject(data); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
	})
}

func FuzzParseActor(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := ParseActor(raw)
		expected(t, err)
		if err != nil {
			return
		}
		if a.ID == "" || a.Kind == "" {
			t.Fatalf("incomplete: %+v", a)
		}
		inRange(t, a.Created, a.Updated)
		onEarth(t, a.Place)
	})
}

func FuzzParseCollection(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCollection(raw)
		expected(t, err)
		if err != nil {
			return
		}
		if c.TotalItems < 0 || len(c.Items) > maxArray {
			t.Fatalf("got %+v", c)
		}
		for _, item := range c.Items {
			if item.ID == "" && item.Raw == nil {
				t.Fatal("an item that is nothing")
			}
		}
	})
}

// FuzzCommonShape checks that what takes JSON-LD to understand ends in the common
// shape, where it is read again without.
func FuzzCommonShape(f *testing.F) {
	for _, body := range spelt {
		f.Add([]byte(body))
	}
	for _, body := range hostile() {
		if len(body) < 4<<10 {
			f.Add([]byte(body))
		}
	}
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(raw)
		expected(t, err)
		if err != nil {
			return
		}
		for key, value := range doc.raw {
			if !json.Valid(value) {
				t.Fatalf("%q is %s", key, value)
			}
		}
		if before, err := decode(raw); err != nil || !before.foreign() {
			return
		}
		for key := range doc.fields {
			if strings.HasPrefix(key, "@") {
				t.Fatalf("%q is left", key)
			}
		}
	})
}

// FuzzDates reads any text as the times of an event: nothing is invented, and what is
// written again means the same.
func FuzzDates(f *testing.F) {
	for _, date := range []string{
		"2027-03-14T14:00:00Z", "2027-03-14T14:00Z", "2027-03-14T14:00:00.123456789+02:00", "2027-03-14", "2027-02-30T14:00:00Z", "2027-03-28T02:30:00+01:00",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2027-03-14T24:00:00Z", "demain", "", "-2027-03-14T14:00:00Z", "1e9", "2027-03-14T14:00:00+99:99",
	} {
		f.Add(date, date, "Europe/Paris", true)
		f.Add(date, "2027-03-14T18:00:00Z", "../../etc/passwd", false)
	}
	urls, err := instance.NewURLs("https://opl.example.org")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, start, end, zone string, allDay bool) {
		raw, err := encode(map[string]any{
			"id": "https://a.example/e", "type": "Event", "attributedTo": "https://a.example/u", "to": "as:Public", "name": "Fête",
			"startTime": start, "endTime": end, "timezone": zone, "maillage:allDay": allDay,
		})
		if err != nil {
			return
		}
		o, err := ParseObject(raw)
		expected(t, err)
		if err != nil {
			return
		}
		w := o.(*instance.Event).When
		inRange(t, w.Start, w.End)
		if !w.End.IsZero() && (w.Start.IsZero() || !w.AllDay && w.End.Before(w.Start)) {
			t.Fatalf("from %v to %v", w.Start, w.End)
		}
		again, err := MarshalObject(o, Env{URLs: urls})
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseObject(again)
		if err != nil {
			t.Fatalf("%v\n%s", err, again)
		}
		if at := back.(*instance.Event).When.Start; !at.Equal(w.Start.Truncate(time.Second)) {
			t.Fatalf("%v became %v", w.Start, at)
		}
	})
}

// FuzzStrangersText has a stranger's HTML read, cleaned as the node does, and written
// again: whatever is left of it can do nothing, and the document stays one.
func FuzzStrangersText(f *testing.F) {
	for _, text := range []string{
		`<p>Bonjour</p>`, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<svg><script>alert(1)</script></svg>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<a href="&#106;avascript:alert(1)">x</a>`,
		`<p title="</p><script>">`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, "\u202etxt.exe", `<style>*{display:none}</style>`, `<iframe srcdoc="<script>">`,
	} {
		f.Add(text)
	}
	urls, err := instance.NewURLs("https://opl.example.org")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := encode(map[string]any{
			"id": "https://a.example/e", "type": "Article", "attributedTo": "https://a.example/u", "to": "as:Public", "name": text, "content": text,
		})
		if err != nil {
			return
		}
		o, err := ParseObject(raw)
		expected(t, err)
		if err != nil {
			return
		}
		b := o.Common()
		b.Name, b.Content = instance.CleanName(b.Name, 200), instance.SanitiseHTML(b.Content)
		again, err := MarshalObject(o, Env{URLs: urls})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := decode(again)
		if err != nil {
			t.Fatal(err)
		}
		for _, harm := range []string{"<script", "<iframe", "<style", "<svg", "<math", "<object", "<embed", "<form"} {
			if strings.Contains(strings.ToLower(doc.fields.natural("content")), harm) {
				t.Fatalf("%q is left of %q", harm, text)
			}
		}
	})
}

func benchmarkCreate(b *testing.B) []byte {
	b.Helper()
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	data, err := MarshalActivity(instance.VerbCreate, "https://opl.example.org/activites/1", org, fullEvent(), testEnv(b))
	if err != nil {
		b.Fatal(err)
	}
	return data
}

func BenchmarkParseActivity(b *testing.B) {
	data := benchmarkCreate(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseActivity(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseObject(b *testing.B) {
	a, err := ParseActivity(benchmarkCreate(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(a.ObjectRaw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseObject(a.ObjectRaw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalActivity(b *testing.B) {
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	ev, e := fullEvent(), testEnv(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := MarshalActivity(instance.VerbCreate, "https://opl.example.org/activites/1", org, ev, e); err != nil {
			b.Fatal(err)
		}
	}
}
