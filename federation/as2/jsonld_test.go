package as2

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

// spelt is one Create of one event, as software with other habits writes it.
var spelt = map[string]string{
	"keywords": `{"@context":"https://www.w3.org/ns/activitystreams","@id":"https://a.example/c","@type":"Create","actor":{"@id":"https://a.example/u"},
		"object":{"@id":"https://a.example/e","@type":"Event","attributedTo":[{"@id":"https://a.example/u"}],"to":{"@id":"as:Public"},
			"name":{"@value":"Fête","@language":"fr"},"content":[{"@value":"<p>Hello</p>","@language":"en"},{"@value":"<p>Bonjour</p>","@language":"fr"}],
			"startTime":{"@value":"2027-03-14T14:00:00Z","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
			"location":{"@type":"Place","name":"Halle","latitude":48.5,"longitude":-4}}}`,
	"another prefix": `{"@context":{"ap":"https://www.w3.org/ns/activitystreams#"},"@id":"https://a.example/c","@type":"ap:Create","ap:actor":{"@id":"https://a.example/u"},
		"ap:object":{"@id":"https://a.example/e","@type":"ap:Event","ap:attributedTo":{"@id":"https://a.example/u"},"ap:to":{"@id":"ap:Public"},
			"ap:nameMap":{"fr":"Fête"},"ap:name":"Fête","ap:content":"<p>Bonjour</p>","ap:startTime":"2027-03-14T14:00:00Z",
			"ap:location":{"@type":"ap:Place","ap:name":"Halle","ap:latitude":48.5,"ap:longitude":-4}}}`,
	"whole IRIs": `{"@id":"https://a.example/c","@type":["https://www.w3.org/ns/activitystreams#Create"],"https://www.w3.org/ns/activitystreams#actor":[{"@id":"https://a.example/u"}],
		"https://www.w3.org/ns/activitystreams#object":[{"@id":"https://a.example/e","@type":["https://www.w3.org/ns/activitystreams#Event"],
			"https://www.w3.org/ns/activitystreams#attributedTo":[{"@id":"https://a.example/u"}],"https://www.w3.org/ns/activitystreams#to":[{"@id":"https://www.w3.org/ns/activitystreams#Public"}],
			"https://www.w3.org/ns/activitystreams#name":[{"@value":"Fête"}],"https://www.w3.org/ns/activitystreams#content":[{"@value":"<p>Bonjour</p>"}],
			"https://www.w3.org/ns/activitystreams#startTime":[{"@value":"2027-03-14T14:00:00Z"}],
			"https://www.w3.org/ns/activitystreams#location":[{"@type":["https://www.w3.org/ns/activitystreams#Place"],"https://www.w3.org/ns/activitystreams#name":[{"@value":"Halle"}],
				"https://www.w3.org/ns/activitystreams#latitude":[{"@value":48.5}],"https://www.w3.org/ns/activitystreams#longitude":[{"@value":-4}]}]}]}`,
	"other names": `{"@context":["https://www.w3.org/ns/activitystreams",{"cle":"@id","sorte":"@type","qui":{"@id":"as:actor","@type":"@id"},"quoi":"as:object","titre":"as:name",
			"par":{"@id":"as:attributedTo","@type":"@id"},"titres":{"@id":"as:content","@container":"@language"},"debut":"as:startTime","ou":"as:location"}],
		"cle":"https://a.example/c","sorte":"Create","qui":"https://a.example/u","quoi":{"cle":"https://a.example/e","sorte":"Event","par":"https://a.example/u","to":["as:Public"],
			"titre":"Fête","titres":{"fr":"<p>Bonjour</p>","en":"<p>Hello</p>"},"debut":"2027-03-14T14:00:00Z",
			"ou":{"sorte":"Place","titre":"Halle","latitude":48.5,"longitude":-4}}}`,
	"schema.org": `{"@context":["https://www.w3.org/ns/activitystreams",{"schema":"http://schema.org/"}],"id":"https://a.example/c","type":"Create","actor":"https://a.example/u",
		"object":{"id":"https://a.example/e","type":"schema:Event","attributedTo":"https://a.example/u","to":"as:Public","schema:name":"Fête","schema:description":"<p>Bonjour</p>",
			"schema:startDate":"2027-03-14T14:00:00Z","schema:location":{"type":"schema:Place","schema:name":"Halle","schema:latitude":48.5,"schema:longitude":-4}}}`,
	"a graph": `{"@context":"https://www.w3.org/ns/activitystreams","@graph":[
		{"id":"https://a.example/u","type":"Person","name":"Asso"},
		{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Fête","content":"<p>Bonjour</p>","startTime":"2027-03-14T14:00:00Z",
			"location":{"type":"Place","name":"Halle","latitude":48.5,"longitude":-4}},
		{"id":"https://a.example/c","type":"Create","actor":"https://a.example/u","object":"https://a.example/e"}]}`,
	"a language for all": `{"@context":["https://www.w3.org/ns/activitystreams",{"@language":"fr","kind":"@type"}],"id":"https://a.example/c","kind":"Create","actor":"https://a.example/u",
		"object":{"id":"https://a.example/e","kind":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Fête","content":"<p>Bonjour</p>","startTime":"2027-03-14T14:00:00Z",
			"location":{"kind":"Place","name":"Halle","latitude":48.5,"longitude":-4}}}`,
	"another vocabulary": `{"@context":["https://www.w3.org/ns/activitystreams",{"@vocab":"https://x.example/#"}],"@id":"https://a.example/c","type":"Create","actor":"https://a.example/u","x":1,
		"object":{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Fête","content":"<p>Bonjour</p>","startTime":"2027-03-14T14:00:00Z",
			"location":{"type":"Place","name":"Halle","latitude":48.5,"longitude":-4}}}`,
	"a base, lists and sets": `{"@context":["https://www.w3.org/ns/activitystreams",{"@base":"https://a.example/","ref":{"@id":"as:attributedTo","@type":"@id"}}],"@id":"c","type":"Create","actor":{"@id":"u"},
		"object":{"@set":[{"@id":"/e","type":"Event","ref":"u","to":{"@list":["as:Public"]},"name":"Fête","content":{"@value":"<p>Bonjour</p>"},"startTime":"2027-03-14T14:00:00Z",
			"location":[{"type":"Place","name":"Halle","latitude":48.5,"longitude":-4}]}]}}`,
	"contexts nobody here knows": `{"@context":["https://www.w3.org/ns/activitystreams","https://unknown.example/context.jsonld",null],"@id":"https://a.example/c","type":"Create","actor":"https://a.example/u","unheardOf":1,
		"object":{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Fête","content":"<p>Bonjour</p>","startTime":"2027-03-14T14:00:00Z",
			"location":{"type":"Place","name":"Halle","latitude":48.5,"longitude":-4}}}`,
	"a context in the object": `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/c","type":"Create","actor":"https://a.example/u",
		"object":{"@context":{"x":"https://www.w3.org/ns/activitystreams#","titre":"x:name"},"id":"https://a.example/e","type":"x:Event","attributedTo":"https://a.example/u","to":"x:Public","titre":"Fête",
			"content":"<p>Bonjour</p>","startTime":"2027-03-14T14:00:00Z","location":{"type":"Place","titre":"Halle","latitude":48.5,"longitude":-4}}}`,
}

// TestEveryShapeOfJSONLD reads one event from a Create that is written in many ways.
func TestEveryShapeOfJSONLD(t *testing.T) {
	t.Parallel()
	for name, body := range spelt {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := ParseActivity([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if a.ID != "https://a.example/c" || a.Type != "Create" || a.Actor != "https://a.example/u" || a.ObjectID != "https://a.example/e" || a.ObjectType != "Event" {
				t.Fatalf("got %+v", a)
			}
			if ID([]byte(body)) != a.ID {
				t.Errorf("its id is %q", ID([]byte(body)))
			}
			o, err := ParseObject(a.ObjectRaw)
			if err != nil {
				t.Fatalf("%v\n%s", err, a.ObjectRaw)
			}
			ev := o.(*instance.Event)
			if ev.Owner != a.Actor || ev.Name != "Fête" || ev.Content != "<p>Bonjour</p>" || !ev.When.Start.Equal(date(2027, 3, 14, 15, 0)) ||
				ev.Place == nil || ev.Place.Name != "Halle" || ev.Place.Point == nil || *ev.Place.Point != (instance.Point{Lat: 48.5, Lon: -4}) {
				t.Errorf("got %+v at %+v\n%s", ev, ev.Place, a.ObjectRaw)
			}
		})
	}
}

func TestLanguagesOfJSONLD(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{spelt["keywords"]: "fr", spelt["a language for all"]: "fr", spelt["other names"]: "fr"} {
		a, err := ParseActivity([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if o, err := ParseObject(a.ObjectRaw); err != nil || o.Common().Language != want {
			t.Errorf("got %+v, %v", o, err)
		}
	}
}

// longWay are the documents that do use JSON-LD: Friendica's addresses have an @type,
// PeerTube's "language" is schema.org's inLanguage, and the bot's keys have whole IRIs.
var longWay = []string{"activitypub-bot/actor", "friendica/actor", "friendica/update_actor", "peertube/create_video", "peertube/update_video"}

// TestCommonShapeIsReadAsItIs checks that what peers send every day takes the short
// way, whatever their contexts define.
func TestCommonShapeIsReadAsItIs(t *testing.T) {
	t.Parallel()
	eachDocument(t, func(t *testing.T, file string, raw []byte) {
		doc, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if long := slices.Contains(longWay, strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json")); doc.foreign() != long {
			t.Errorf("it takes the long way: %v", !long)
		}
	})
}

// TestBothWaysReadTheSame sends what peers send every day the long way, and compares.
func TestBothWaysReadTheSame(t *testing.T) {
	t.Parallel()
	eachDocument(t, func(t *testing.T, file string, raw []byte) {
		doc, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		m, err := common(doc.fields)
		if err != nil {
			t.Fatal(err)
		}
		long, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		want, got := read(raw), read(long)
		for _, r := range []*reading{&want, &got} {
			r.forgetBytes()
			if r.Activity != nil && doc.fields["id"] == nil {
				r.Activity.ID = "" // made from its bytes, which are not the same
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%s\nwant\n%s", indented(t, got), indented(t, want))
		}
	})
}

// TestContextsThatRearrangeAreRefused: GHSA-9rfg-v8g9-9367 and its kin turn one
// document into another for who follows its context and who does not.
func TestContextsThatRearrangeAreRefused(t *testing.T) {
	t.Parallel()
	const members = `"@id":"https://a.example/f","type":"Follow","actor":"https://a.example/u","object":"https://b.example/u"`
	for name, body := range map[string]string{
		"@included":              `{` + members + `,"@included":[]}`,
		"@reverse":               `{"@context":{"x":{"@reverse":"as:object"}},` + members + `}`,
		"@import":                `{"@context":{"@import":"https://evil.example/"},` + members + `}`,
		"@propagate":             `{"@context":{"@propagate":false},` + members + `}`,
		"two actors":             `{"@context":{"by":"as:actor"},` + members + `,"by":"https://b.example/u"}`,
		"two ids":                `{` + members + `,"id":"https://b.example/f"}`,
		"@graph in a thing":      `{` + members + `,"@graph":[]}`,
		"@graph in a value":      `{` + members + `,"tag":{"@graph":[]}}`,
		"an empty @graph":        `{"@graph":[]}`,
		"a @graph of two things": `{"@graph":[{` + members + `},{"@id":"https://a.example/g","type":"Follow","actor":"https://a.example/u"}]}`,
		"a @graph with a ring":   `{"@graph":[{"@id":"https://a.example/1","type":"Like","object":"https://a.example/2"},{"@id":"https://a.example/2","type":"Like","object":"https://a.example/1"}]}`,
		"one id twice":           `{"@graph":[{` + members + `},{` + members + `}]}`,
		"aliases in a ring":      `{"@context":{"a":"b:x","b":"c:x","c":"a:x"},` + members + `}`,
		"a long chain":           `{"@context":{"a":"b:x","b":"c:x","c":"d:x","d":"e:x","e":"f:x","f":"https://f.example/"},` + members + `}`,
		"a long term":            `{"@context":{"a":"https://` + strings.Repeat("a", maxTermBytes) + `"},` + members + `}`,
		"type in another case":   `{` + members + `,"TYPE":"Undo"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, err := ParseActivity([]byte(body)); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %+v, %v", a, err)
			}
		})
	}
}

// TestTermsThatAreNotReadMeanNothing: part of a context that is not supported costs
// the term it defines, not the document.
func TestTermsThatAreNotReadMeanNothing(t *testing.T) {
	t.Parallel()
	for _, definition := range []string{
		`null`, `12`, `{"@id":"as:actor","@context":{"id":"as:name"}}`, `{"@id":"as:actor","@nest":"x"}`, `{"@id":"as:actor","@container":"@graph"}`,
		`"@graph"`, `"@included"`, `"@nest"`, `{"@id":"@reverse"}`,
	} {
		body := fmt.Sprintf(`{"@context":{"by":%s},"@id":"https://a.example/f","type":"Follow","actor":"https://a.example/u","by":"https://evil.example/u","object":"https://b.example/u"}`, definition)
		a, err := ParseActivity([]byte(body))
		if err != nil || a.Actor != "https://a.example/u" || a.ObjectID != "https://b.example/u" {
			t.Errorf("%s: got %+v, %v", definition, a, err)
		}
	}
}

// hostile are documents made to cost more to read than to send (CVE-2026-23962,
// CVE-2026-96623), each as large as an inbox takes.
func hostile() map[string]string {
	const members = `"@id":"https://a.example/f","type":"Follow","actor":"https://a.example/u"`
	fill := func(unit string, limit int) string {
		return strings.TrimSuffix(strings.Repeat(unit+",", limit/(len(unit)+1)), ",")
	}
	numbered := func(format string, n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, strings.ReplaceAll(format, "#", strconv.Itoa(i)))
		}
		return strings.Join(parts, ",")
	}
	nested := `{"@context":{"a":"as:object"},"a":`
	dag := make([]string, 400)
	for i := range dag {
		dag[i] = fmt.Sprintf(`{"@id":"https://a.example/%d","type":"Like","object":["https://a.example/%d","https://a.example/%d"],"target":"https://a.example/%d"}`, i, i+1, i+1, i+1)
	}
	long := strings.Repeat("x", 250)
	chain := fmt.Sprintf(`"a":"https://%[1]s/","d":"a:%[1]s"`, long[:140])
	return map[string]string{
		"deep contexts":        strings.Repeat(nested, 31) + `1` + strings.Repeat("}", 31),
		"a huge context":       `{"@context":{` + numbered(`"t#":"as:actor"`, 40_000) + `},` + members + `}`,
		"many contexts":        `{"@context":[` + fill(`{"a":"as:actor"}`, 900) + `],` + members + `,"a":"https://a.example/u"}`,
		"a context for each":   `{` + members + `,"tag":[` + fill(`{"@context":{"a":"as:name"},"a":"x"}`, 30_000) + `]}`,
		"named contexts":       `{"@context":[` + fill(`"https://evil.example/context"`, 20_000) + `],` + members + `}`,
		"a context of itself":  `{"@context":["https://a.example/f",{"@context":"https://a.example/f"}],` + members + `}`,
		"long names for all":   `{"@context":{` + chain + `},` + members + `,"tag":[` + fill(`{"d:x":1,"d:y":{"d:z":2}}`, 24_000) + `]}`,
		"long terms":           `{"@context":{` + numbered(`"t#":"https://`+long[:140]+`#"`, 400) + `},` + members + `,"tag":[` + fill(`{"t1":1,"t2":{"t3":2}}`, 20_000) + `]}`,
		"texts in languages":   `{` + members + `,"name":[` + fill(`{"@value":"x","@language":"fr"}`, 31_000) + `]}`,
		"a language map":       `{` + members + `,"nameMap":{` + numbered(`"l#":"x"`, 990) + `}}`,
		"empty values":         `{` + members + `,"x":[[` + fill(`{}`, 2990) + `],[` + fill(`{}`, 2990) + `],[` + fill(`{}`, 2990) + `],[` + fill(`{}`, 2990) + `],[` + fill(`{}`, 2990) + `]]}`,
		"a graph that doubles": `{"@graph":[` + strings.Join(dag, ",") + `]}`,
		"names that are used":  `{"@context":{` + numbered(`"t#":"as:x#"`, 490) + `},"@graph":[{` + members + `,` + numbered(`"t#":[1,2,3,4,5,6,7,8]`, 480) + `}]}`,
		"a megabyte of keys":   `{` + members + `,` + numbered(`"x#":{`+numbered(`"a:#":0`, 900)+`}`, 50) + `}`,
		"a megabyte of text":   `{` + members + `,"content":{"@value":"` + strings.Repeat("é", 500_000) + `"}}`,
	}
}

// TestHostileJSONLDIsCheap: whatever becomes of it, no document costs over 100 ms of
// one processor or 10 MB. Not parallel: it measures.
func TestHostileJSONLDIsCheap(t *testing.T) {
	for name, body := range hostile() {
		parsers := map[string]func([]byte) error{
			"activity": func(b []byte) error { _, err := ParseActivity(b); return err },
			"object":   func(b []byte) error { _, err := ParseObject(b); return err },
			"actor":    func(b []byte) error { _, err := ParseActor(b); return err },
		}
		for kind, parse := range parsers {
			costtest.Cheap(t, name+" as "+kind, func() { _ = parse([]byte(body)) })
		}
	}
}

// BenchmarkShapes compares the two ways on the same Create: in the common shape, and
// with another prefix.
func BenchmarkShapes(b *testing.B) {
	common := benchmarkCreate(b)
	doc, err := decode(common)
	if err != nil {
		b.Fatal(err)
	}
	foreign, err := encode(prefixed(map[string]any(doc.fields)))
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range []struct {
		name string
		body []byte
	}{{"common", common}, {"foreign", foreign}} {
		b.Run(shape.name, func(b *testing.B) {
			b.SetBytes(int64(len(shape.body)))
			b.ReportAllocs()
			for b.Loop() {
				a, err := ParseActivity(shape.body)
				if err == nil {
					_, err = ParseObject(a.ObjectRaw)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// prefixed writes every plain name with a prefix that is not the usual one.
func prefixed(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = prefixed(v[i])
		}
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			switch {
			case key == "@context":
				out[key] = append(all(value), map[string]any{"ap": asNamespace})
				continue
			case key == "id" || key == "type":
				key = "@" + key
			case strings.Contains(key, ":"):
			default:
				key = "ap:" + key
			}
			out[key] = prefixed(value)
		}
		return out
	}
	return v
}
