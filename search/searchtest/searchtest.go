// Package searchtest is the contract of instance.Index as a test suite: what every
// search engine must do, whatever stands behind it. Relevance is an engine's own:
// the suite asks for sets, totals, facets, filters and distances, and for an order
// only where instance.Sort defines one.
package searchtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// Now is the time that engines under test must take for the present.
func Now() time.Time { return time.Date(2027, 3, 14, 12, 0, 0, 0, time.UTC) }

// Run runs the suite. open returns an empty index whose clock is Now and that is
// closed when its test ends.
func Run(t *testing.T, open func(t *testing.T) instance.Index) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []contractTest
	}{
		{"Content", contentTests},
		{"Filter", filterTests},
		{"Order", orderTests},
		{"French", frenchTests},
		{"Map", mapTests},
		{"Suggest", suggestTests},
		{"Concurrency", concurrencyTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(t, open(t))
				})
			}
		})
	}
}

type contractTest struct {
	name string
	run  func(t *testing.T, x instance.Index)
}

// Places that the tests stand on.
var (
	brest      = instance.Point{Lat: 48.3904, Lon: -4.4861}
	nantes     = instance.Point{Lat: 47.2184, Lon: -1.5536}
	rennes     = instance.Point{Lat: 48.1173, Lon: -1.6778}
	saintDenis = instance.Point{Lat: -20.8823, Lon: 55.4504}
)

// doc makes a document named after its last part of path, changed by edits.
func doc(id string, kind instance.Kind, name string, edits ...func(*instance.Document)) instance.Document {
	d := instance.Document{
		ID: "https://opl.tiriad.example/" + id, Kind: kind, Name: name, Path: "/" + id,
		URL: "https://opl.tiriad.example/" + id, Updated: Now().Add(-time.Hour),
	}
	for _, edit := range edits {
		edit(&d)
	}
	return d
}

func at(p instance.Point) func(*instance.Document) {
	return func(d *instance.Document) { d.Point = &p }
}

func from(origin string) func(*instance.Document) {
	return func(d *instance.Document) { d.Origin = origin }
}

func between(start, end time.Time) func(*instance.Document) {
	return func(d *instance.Document) { d.Start, d.End = start, end }
}

func day(month time.Month, n int) time.Time { return time.Date(2027, month, n, 0, 0, 0, 0, time.UTC) }

func themes(slugs ...string) func(*instance.Document) {
	return func(d *instance.Document) { d.Themes = slugs }
}

func put(t *testing.T, x instance.Index, docs ...instance.Document) {
	t.Helper()
	if err := x.Put(t.Context(), docs...); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

func search(t *testing.T, x instance.Index, q instance.Query) instance.Result {
	t.Helper()
	r, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("Search(%+v): %v", q, err)
	}
	return r
}

// ids are the short names of a page's hits, in order.
func ids(r instance.Result) []string {
	out := []string{}
	for _, h := range r.Hits {
		out = append(out, strings.TrimPrefix(h.ID, "https://opl.tiriad.example/"))
	}
	return out
}

// finds asserts the set of documents that a query finds, in any order.
func finds(t *testing.T, x instance.Index, q instance.Query, want ...string) {
	t.Helper()
	r := search(t, x, q)
	got := ids(r)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || r.Total != len(want) {
		t.Errorf("%s: found %q (total %d), want %q", describe(q), got, r.Total, want)
	}
}

// inOrder asserts the documents that a query finds, in order.
func inOrder(t *testing.T, x instance.Index, q instance.Query, want ...string) {
	t.Helper()
	if got := ids(search(t, x, q)); !slices.Equal(got, want) {
		t.Errorf("%s: order %q, want %q", describe(q), got, want)
	}
}

func describe(q instance.Query) string { return fmt.Sprintf("%+v", q) }

// facetsOf writes a facet as "value=count value=count".
func facetOf(r instance.Result, name string) string {
	var parts []string
	for _, v := range r.Facets[name] {
		parts = append(parts, fmt.Sprintf("%s=%d", v.Value, v.Count))
	}
	return strings.Join(parts, " ")
}
