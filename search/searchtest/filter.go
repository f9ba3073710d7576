package searchtest

import (
	"math"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

var filterTests = []contractTest{
	{"each field alone and together", testFields},
	{"scope", testScope},
	{"dates", testDates},
	{"near", testNear},
	{"box", testBox},
	{"facets", testFacets},
	{"many documents pass the engine's own limits", testMany},
}

func fieldDocs() []instance.Document {
	edit := func(subkind string, themes, roles, territories []string) func(*instance.Document) {
		return func(d *instance.Document) {
			d.Subkind, d.Themes, d.Roles, d.Territories = subkind, themes, roles, territories
		}
	}
	iri := "https://opl.tiriad.example/territoires/"
	return []instance.Document{
		doc("e1", instance.KindEvent, "Cartopartie", edit("cartopartie", []string{"cartographie", "culture"}, nil, []string{"brest", iri + "brest"})),
		doc("e2", instance.KindEvent, "Atelier libre", edit("atelier", []string{"culture"}, nil, []string{"nantes", iri + "nantes"})),
		doc("p1", instance.KindPartner, "Fablab libre", edit("fablab", []string{"cartographie"}, []string{"facilitateur", "detenteur"}, []string{"brest", iri + "brest"})),
		doc("p2", instance.KindPartner, "Mairie", edit("collectivite", nil, []string{"detenteur"}, nil)),
	}
}

func testFields(t *testing.T, x instance.Index) {
	put(t, x, fieldDocs()...)
	kinds := func(k ...instance.Kind) []instance.Kind { return k }
	for _, c := range []struct {
		q    instance.Query
		want []string
	}{
		{instance.Query{}, []string{"e1", "e2", "p1", "p2"}},
		{instance.Query{Kinds: kinds(instance.KindEvent)}, []string{"e1", "e2"}},
		{instance.Query{Kinds: kinds(instance.KindEvent, instance.KindPartner)}, []string{"e1", "e2", "p1", "p2"}},
		{instance.Query{Kinds: kinds(instance.KindRecipe)}, nil},
		{instance.Query{Kinds: kinds("inconnu")}, nil},
		{instance.Query{Subkinds: []string{"fablab"}}, []string{"p1"}},
		{instance.Query{Subkinds: []string{"fablab", "atelier"}}, []string{"p1", "e2"}},
		{instance.Query{Themes: []string{"cartographie"}}, []string{"e1", "p1"}},
		{instance.Query{Themes: []string{"cartographie", "culture"}}, []string{"e1", "e2", "p1"}},
		{instance.Query{Themes: []string{"inconnu"}}, nil},
		{instance.Query{Roles: []string{"detenteur"}}, []string{"p1", "p2"}},
		{instance.Query{Roles: []string{"facilitateur"}}, []string{"p1"}},
		{instance.Query{Territories: []string{"brest"}}, []string{"e1", "p1"}},
		{instance.Query{Territories: []string{"https://opl.tiriad.example/territoires/nantes"}}, []string{"e2"}},
		{instance.Query{Territories: []string{"brest", "nantes"}}, []string{"e1", "e2", "p1"}},
		{instance.Query{Kinds: kinds(instance.KindEvent), Themes: []string{"culture"}, Territories: []string{"brest"}}, []string{"e1"}},
		{instance.Query{Text: "libre", Kinds: kinds(instance.KindEvent)}, []string{"e2"}},
		{instance.Query{Text: "libre", Themes: []string{"cartographie"}}, []string{"p1"}},
		{instance.Query{Text: "libre", Themes: []string{"cartographie"}, Kinds: kinds(instance.KindEvent)}, nil},
	} {
		finds(t, x, c.q, c.want...)
	}
}

func testScope(t *testing.T, x instance.Index) {
	put(t, x,
		doc("ici", instance.KindEvent, "Ici"),
		doc("nantes", instance.KindEvent, "Chez LiberTIC", from("opl.libertic.example")),
		doc("port", instance.KindEvent, "En essai", from("localhost:8081")),
	)
	finds(t, x, instance.Query{Scope: instance.ScopeAll}, "ici", "nantes", "port")
	finds(t, x, instance.Query{Scope: instance.ScopeLocal}, "ici")
	finds(t, x, instance.Query{Scope: instance.ScopeNetwork}, "nantes", "port")
	finds(t, x, instance.Query{Scope: "localhost:8081"}, "port")
	finds(t, x, instance.Query{Scope: "opl.libertic.example"}, "nantes")
	finds(t, x, instance.Query{Scope: "inconnu.example"})
}

func testDates(t *testing.T, x instance.Index) {
	put(t, x,
		doc("avril", instance.KindEvent, "Le 3 avril", between(day(time.April, 3), day(time.April, 4))),
		doc("mois", instance.KindEvent, "En mai", between(day(time.May, 1), day(time.June, 1))),
		doc("jamais", instance.KindEvent, "Un jour"),
		doc("recette", instance.KindRecipe, "Recette", between(day(time.April, 3), day(time.April, 4))),
	)
	for _, c := range []struct {
		from, to time.Time
		want     []string
	}{
		{day(time.April, 3), day(time.April, 4), []string{"avril"}},
		{day(time.April, 4), time.Time{}, []string{"mois"}},           // it ends as April 4 begins
		{time.Time{}, day(time.April, 3), nil},                        // it begins as April 3 begins
		{time.Time{}, day(time.April, 3).Add(1e9), []string{"avril"}}, // one second later it does
		{day(time.May, 20), day(time.May, 21), []string{"mois"}},
		{day(time.January, 1), day(time.December, 1), []string{"avril", "mois"}},
		{day(time.June, 1), time.Time{}, nil},
	} {
		finds(t, x, instance.Query{From: c.from, To: c.to}, c.want...)
	}
	finds(t, x, instance.Query{From: day(time.January, 1), Kinds: []instance.Kind{instance.KindRecipe}})
	april := instance.Query{From: day(time.April, 3), To: day(time.April, 4), Undated: true}
	finds(t, x, april, "avril", "recette")
	april.Kinds = []instance.Kind{instance.KindEvent}
	finds(t, x, april, "avril")
}

func testNear(t *testing.T, x instance.Index) {
	put(t, x,
		doc("brest", instance.KindPartner, "Brest", at(brest)),
		doc("guipavas", instance.KindPartner, "Guipavas", at(instance.Point{Lat: 48.4338, Lon: -4.4008})),
		doc("nantes", instance.KindPartner, "Nantes", at(nantes)),
		doc("nulle-part", instance.KindPartner, "Nulle part"),
		doc("reunion", instance.KindPartner, "Saint-Denis", at(saintDenis)),
	)
	near := func(km float64) instance.Query {
		return instance.Query{Near: &instance.Near{Point: brest, RadiusKm: km}}
	}
	finds(t, x, near(5), "brest")
	finds(t, x, near(20), "brest", "guipavas")
	finds(t, x, near(300), "brest", "guipavas", "nantes")
	finds(t, x, near(0), "brest", "guipavas", "nantes", "nulle-part", "reunion")
	inOrder(t, x, near(0), "brest", "guipavas", "nantes", "reunion", "nulle-part")
	edge := brest.DistanceKm(nantes)
	finds(t, x, near(edge*1.002), "brest", "guipavas", "nantes")
	finds(t, x, near(edge*0.998), "brest", "guipavas")
	for _, h := range search(t, x, near(0)).Hits {
		switch {
		case h.Point == nil && h.DistanceKm != nil:
			t.Errorf("%s has no place, yet %f km", h.Name, *h.DistanceKm)
		case h.Point != nil && (h.DistanceKm == nil || math.Abs(*h.DistanceKm-brest.DistanceKm(*h.Point)) > 0.01):
			t.Errorf("%s: distance %v, want %f", h.Name, h.DistanceKm, brest.DistanceKm(*h.Point))
		}
	}
	if r := search(t, x, instance.Query{Text: "nantes"}); r.Hits[0].DistanceKm != nil {
		t.Error("a distance without a centre")
	}
	finds(t, x, instance.Query{Text: "guipavas", Near: &instance.Near{Point: nantes, RadiusKm: 30}})
	finds(t, x, instance.Query{Text: "nantes", Near: &instance.Near{Point: nantes, RadiusKm: 30}}, "nantes")
}

func testBox(t *testing.T, x instance.Index) {
	put(t, x,
		doc("brest", instance.KindPartner, "Brest", at(brest)),
		doc("nantes", instance.KindPartner, "Nantes", at(nantes)),
		doc("fidji", instance.KindPartner, "Suva", at(instance.Point{Lat: -18.14, Lon: 178.44})),
		doc("wallis", instance.KindPartner, "Mata-Utu", at(instance.Point{Lat: -13.28, Lon: -176.18})),
		doc("nulle-part", instance.KindPartner, "Nulle part"),
	)
	box := func(west, south, east, north float64) instance.Query {
		return instance.Query{BBox: &instance.BBox{West: west, South: south, East: east, North: north}}
	}
	finds(t, x, box(-5, 48, -4, 49), "brest")
	finds(t, x, box(-6, 47, -1, 49), "brest", "nantes")
	finds(t, x, box(-180, -90, 180, 90), "brest", "nantes", "fidji", "wallis")
	finds(t, x, box(177, -20, -175, -10), "fidji", "wallis")
	finds(t, x, box(179, -20, -175, -10), "wallis")
	finds(t, x, box(-175, -20, 177, -10))
	finds(t, x, box(brest.Lon, brest.Lat, brest.Lon, brest.Lat), "brest")
	q := box(-6, 47, -1, 49)
	q.Near = &instance.Near{Point: brest, RadiusKm: 10}
	finds(t, x, q, "brest")
}

func testFacets(t *testing.T, x instance.Index) {
	docs := fieldDocs()
	docs[1].Origin = "opl.libertic.example"
	put(t, x, docs...)
	r := search(t, x, instance.Query{PerPage: 1})
	for name, want := range map[string]string{
		"kind":      "event=2 partner=2",
		"theme":     "cartographie=2 culture=2",
		"role":      "detenteur=2 facilitateur=1",
		"subkind":   "atelier=1 cartopartie=1 collectivite=1 fablab=1",
		"territory": "brest=2 nantes=1",
		"origin":    "local=3 opl.libertic.example=1",
	} {
		if got := facetOf(r, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	r = search(t, x, instance.Query{Text: "libre", Kinds: []instance.Kind{instance.KindEvent}})
	if got := facetOf(r, "kind") + " | " + facetOf(r, "theme"); got != "event=1 | culture=1" {
		t.Errorf("facets of what is found: %q", got)
	}
}

func testMany(t *testing.T, x instance.Index) {
	var docs []instance.Document
	for i := range 1500 {
		p := instance.Point{Lat: 44 + float64(i%50)*0.1, Lon: -1 + float64(i/50)*0.1}
		docs = append(docs, doc("d"+string(rune('a'+i%26))+time.Duration(i).String(), instance.KindPartner, "Fablab", at(p)))
	}
	put(t, x, docs...)
	r := search(t, x, instance.Query{Text: "fablab", PerPage: 100, Page: 15})
	if r.Total != 1500 || len(r.Hits) != 100 || facetOf(r, "kind") != "partner=1500" {
		t.Errorf("total %d, %d hits, %s", r.Total, len(r.Hits), facetOf(r, "kind"))
	}
	m, err := x.Map(t.Context(), instance.Query{}, 6)
	sum := 0
	for _, p := range m.Points {
		sum += p.Count
	}
	if err != nil || m.Total != 1500 || sum != 1500 || len(m.Points) > 200 {
		t.Errorf("map: total %d, sum %d, %d points, %v", m.Total, sum, len(m.Points), err)
	}
}
