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
