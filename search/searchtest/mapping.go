package searchtest

import (
	"fmt"
	"testing"

	"github.com/maillage/maillage/instance"
)

var mapTests = []contractTest{
	{"points, and totals of what has a place", testMapPoints},
	{"a stack is a stack at every zoom", testStack},
	{"clusters open as one zooms", testClusters},
	{"clusters stay put under panning", testPanning},
	{"filters, text and boxes", testMapFilters},
}

func drawn(t *testing.T, x instance.Index, q instance.Query, zoom int) instance.MapResult {
	t.Helper()
	m, err := x.Map(t.Context(), q, zoom)
	if err != nil {
		t.Fatalf("Map: %v", err)
	}
	sum := 0
	for _, p := range m.Points {
		kinds := 0
		for _, n := range p.Kinds {
			kinds += n
		}
		if kinds != p.Count {
			t.Errorf("%d of kinds %v for %d documents", kinds, p.Kinds, p.Count)
		}
		sum += p.Count
	}
	if sum != m.Total {
		t.Errorf("points count %d of %d", sum, m.Total)
	}
	return m
}

func testMapPoints(t *testing.T, x instance.Index) {
	put(t, x,
		doc("brest", instance.KindPartner, "Brest", at(brest)),
		doc("reunion", instance.KindEvent, "Saint-Denis", at(saintDenis)),
		doc("nulle-part", instance.KindEvent, "Nulle part"),
	)
	m := drawn(t, x, instance.Query{}, 5)
	if m.Total != 2 || len(m.Points) != 2 {
		t.Fatalf("%+v", m)
	}
	for _, p := range m.Points {
		if p.Count != 1 || p.Box != nil || len(p.Docs) != 1 || *p.Docs[0].Point != p.Point || p.Kinds[p.Docs[0].Kind] != 1 {
			t.Errorf("%+v", p)
		}
	}
}

func testStack(t *testing.T, x instance.Index) {
	var docs []instance.Document
	for i := range 35 {
		docs = append(docs, doc(fmt.Sprintf("n%02d", i), instance.KindPartner, fmt.Sprintf("Acteur %02d", i), at(nantes)))
	}
	put(t, x, docs...)
	for _, zoom := range []int{0, 5, 11, 16, 17, 20} {
		m := drawn(t, x, instance.Query{}, zoom)
		if len(m.Points) != 1 {
			t.Fatalf("zoom %d: %d points", zoom, len(m.Points))
		}
		if p := m.Points[0]; p.Count != 35 || len(p.Docs) != 35 || p.Box != nil || p.Point != nantes {
			t.Errorf("zoom %d: count %d, %d docs, box %v, at %v", zoom, p.Count, len(p.Docs), p.Box, p.Point)
		}
	}
}

// scattered puts n documents on a line, some metres apart.
func scattered(n int) []instance.Document {
	var docs []instance.Document
	for i := range n {
		p := instance.Point{Lat: nantes.Lat + float64(i)*0.0003, Lon: nantes.Lon}
		docs = append(docs, doc(fmt.Sprintf("s%02d", i), instance.KindEvent, "Fontaine", at(p)))
	}
	return docs
}

func testClusters(t *testing.T, x instance.Index) {
	put(t, x, append(scattered(20), doc("brest", instance.KindPartner, "Brest", at(brest)))...)
	far := drawn(t, x, instance.Query{}, 6)
	if far.Total != 21 || len(far.Points) != 2 {
		t.Fatalf("zoom 6: total %d, %d points", far.Total, len(far.Points))
	}
	c := far.Points[0]
	if c.Count == 1 {
		c = far.Points[1]
	}
	if c.Count != 20 || c.Box == nil || len(c.Docs) != 0 || !c.Box.Contains(nantes) || !c.Box.Contains(c.Point) {
		t.Errorf("cluster: %+v", c)
	}
	if near := drawn(t, x, instance.Query{}, 17); len(near.Points) != 21 {
		t.Errorf("zoom 17: %d points, want everything apart", len(near.Points))
	}
	last := 0
	for zoom := 0; zoom <= 17; zoom++ {
		n := len(drawn(t, x, instance.Query{}, zoom).Points)
		if n < last {
			t.Errorf("zoom %d: %d points after %d", zoom, n, last)
		}
		last = n
	}
}

func testPanning(t *testing.T, x instance.Index) {
	put(t, x, scattered(20)...)
	counts := func(box instance.BBox) string {
		var all []string
		for _, p := range drawn(t, x, instance.Query{BBox: &box}, 13).Points {
			all = append(all, fmt.Sprintf("%d at %.6f,%.6f", p.Count, p.Point.Lat, p.Point.Lon))
		}
		return fmt.Sprint(all)
	}
	a := counts(instance.BBox{West: -2, South: 47, East: -1, North: 48})
	b := counts(instance.BBox{West: -1.9, South: 47.07, East: -1.1, North: 47.9})
	if a != b {
		t.Errorf("one view has %s, the next %s", a, b)
	}
}

func testMapFilters(t *testing.T, x instance.Index) {
	put(t, x,
		doc("a", instance.KindEvent, "Cartopartie", at(brest)),
		doc("b", instance.KindPartner, "Fablab", at(nantes)),
		doc("c", instance.KindPartner, "Fablab", at(instance.Point{Lat: -18, Lon: 179}), from("libertic.example")),
		doc("d", instance.KindPartner, "Fablab", at(instance.Point{Lat: -18, Lon: -179})),
	)
	for _, c := range []struct {
		q    instance.Query
		want int
	}{
		{instance.Query{Text: "fablab"}, 3},
		{instance.Query{Kinds: []instance.Kind{instance.KindEvent}}, 1},
		{instance.Query{Scope: instance.ScopeLocal, Text: "fablab"}, 2},
		{instance.Query{BBox: &instance.BBox{West: 170, South: -30, East: -170, North: 0}}, 2},
		{instance.Query{Near: &instance.Near{Point: brest, RadiusKm: 10}}, 1},
		{instance.Query{Near: &instance.Near{Point: brest}}, 4},
	} {
		if m := drawn(t, x, c.q, 8); m.Total != c.want {
			t.Errorf("%+v: total %d, want %d", c.q, m.Total, c.want)
		}
	}
}
