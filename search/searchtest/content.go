package searchtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

var contentTests = []contractTest{
	{"an empty index answers", testEmpty},
	{"documents come back whole", testWhole},
	{"put replaces, remove forgets", testReplace},
	{"strange identifiers and texts", testStrange},
	{"an impossible position is listed and not drawn", testImpossiblePosition},
	{"pages", testPages},
	{"rebuild replaces everything", testRebuild},
	{"a rebuild that fails changes nothing", testRebuildFails},
	{"what is put during a rebuild survives it", testPutDuringRebuild},
}

func testEmpty(t *testing.T, x instance.Index) {
	r := search(t, x, instance.Query{Text: "cartographie"})
	if r.Total != 0 || len(r.Hits) != 0 || r.Page != 1 || r.PerPage != 20 {
		t.Errorf("%+v", r)
	}
	if m, err := x.Map(t.Context(), instance.Query{}, 5); err != nil || m.Total != 0 || len(m.Points) != 0 {
		t.Errorf("Map: %+v, %v", m, err)
	}
	if n := count(t, x); n != 0 {
		t.Errorf("Count = %d", n)
	}
	if err := x.Put(t.Context()); err != nil {
		t.Errorf("Put of nothing: %v", err)
	}
	if err := x.Remove(t.Context(), "https://opl.tiriad.example/inconnu"); err != nil {
		t.Errorf("Remove of an unknown document: %v", err)
	}
}

func count(t *testing.T, x instance.Index) int {
	t.Helper()
	n, err := x.Count(t.Context())
	if err != nil {
		t.Fatalf("Count: %v", err)
	}
	return n
}

func testWhole(t *testing.T, x instance.Index) {
	want := instance.Document{
		ID: "https://opl.tiriad.example/evenements/a", Kind: instance.KindEvent,
		URL: "https://opl.tiriad.example/evenements/a", Path: "/evenements/a", Origin: "libertic.example",
		Name: "Cartopartie « des écoles »", Summary: "Relever <les> accès & les noms", Text: "Rendez-vous place de la Liberté",
		Keywords: []string{"Cartographie", "29200"}, Themes: []string{"cartographie", "donnees-ouvertes"}, Roles: []string{"facilitateur"},
		Subkind: "cartopartie", Status: "confirme",
		Territories: []string{"brest", "https://opl.tiriad.example/territoires/brest"},
		Locality:    "Brest", Point: &brest, Precision: instance.PrecisionCommune,
		Start: day(time.April, 3), End: day(time.April, 4), When: instance.When{Start: day(time.April, 3), AllDay: true, Zone: "Indian/Reunion", Text: "début avril"},
		Updated: Now(),
	}
	put(t, x, want)
	r := search(t, x, instance.Query{Text: "cartopartie"})
	if len(r.Hits) != 1 || !reflect.DeepEqual(r.Hits[0].Document, want) {
		t.Errorf("got %+v\nwant %+v", r.Hits, want)
	}
}

func testReplace(t *testing.T, x instance.Index) {
	put(t, x, doc("a", instance.KindEvent, "Atelier wiki", at(brest), themes("culture")), doc("b", instance.KindRecipe, "Recette"))
	put(t, x, doc("a", instance.KindEvent, "Séance photographique", at(nantes), themes("tourisme")))
	finds(t, x, instance.Query{Text: "wiki "})
	finds(t, x, instance.Query{Text: "photographique "}, "a")
	finds(t, x, instance.Query{Themes: []string{"culture"}})
	finds(t, x, instance.Query{Near: &instance.Near{Point: brest, RadiusKm: 20}})
	finds(t, x, instance.Query{Near: &instance.Near{Point: nantes, RadiusKm: 20}}, "a")
	if n := count(t, x); n != 2 {
		t.Errorf("Count = %d, want 2", n)
	}
	put(t, x, doc("c", instance.KindRecipe, "Ancien"), doc("c", instance.KindRecipe, "Nouveau")) // the last one counts
	finds(t, x, instance.Query{Text: "nouveau "}, "c")
	if err := x.Remove(t.Context(), doc("a", "", "").ID, doc("c", "", "").ID, "inconnu"); err != nil {
		t.Fatal(err)
	}
	finds(t, x, instance.Query{}, "b")
	finds(t, x, instance.Query{Near: &instance.Near{Point: nantes, RadiusKm: 20}})
	put(t, x, doc("d", instance.KindRecipe, "Une autre recette")) // a place that was freed serves again
	finds(t, x, instance.Query{}, "b", "d")
	finds(t, x, instance.Query{Text: "photographique "})
}

func testStrange(t *testing.T, x instance.Index) {
	d := doc("é?q=1&x='\"#ö", instance.KindEvent, `Guillemets " et 'apostrophes' \ (parenthèses) [*] AND OR NOT`)
	d.Territories = []string{`l'île "d'Yeu"`, `a\b`}
	put(t, x, d)
	finds(t, x, instance.Query{Territories: []string{`l'île "d'Yeu"`}}, "é?q=1&x='\"#ö")
	finds(t, x, instance.Query{Territories: []string{`a\b`}}, "é?q=1&x='\"#ö")
	finds(t, x, instance.Query{Territories: []string{`x" OR kind = "event`}})
	for _, text := range []string{`"`, `""`, `-`, `*`, `AND`, `a AND`, `name:x`, `(`, `«`, `NEAR(a b)`, "\x00", "\xff", `^`, `{x}`, `-"`, "½ ﷺ"} {
		if _, err := x.Search(t.Context(), instance.Query{Text: text}); err != nil {
			t.Errorf("Search(%q): %v", text, err)
		}
		if _, err := x.Suggest(t.Context(), text, 5); err != nil {
			t.Errorf("Suggest(%q): %v", text, err)
		}
	}
}

func testImpossiblePosition(t *testing.T, x instance.Index) {
	put(t, x, doc("a", instance.KindPartner, "Fablab", at(instance.Point{Lat: 148, Lon: 2})), doc("b", instance.KindPartner, "Fablab", at(brest)))
	finds(t, x, instance.Query{Text: "fablab"}, "a", "b")
	if m, err := x.Map(t.Context(), instance.Query{}, 3); err != nil || m.Total != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

func testPages(t *testing.T, x instance.Index) {
	var docs []instance.Document
	for i := range 45 {
		docs = append(docs, doc(fmt.Sprintf("d%02d", i), instance.KindRecipe, fmt.Sprintf("Recette %02d", i)))
	}
	put(t, x, docs...)
	seen := map[string]bool{}
	for page := 1; page <= 3; page++ {
		r := search(t, x, instance.Query{Sort: instance.SortName, Page: page})
		for i, id := range ids(r) {
			if want := fmt.Sprintf("d%02d", (page-1)*20+i); id != want || seen[id] {
				t.Errorf("page %d, hit %d: %s, want %s", page, i, id, want)
			}
			seen[id] = true
		}
		if r.Total != 45 || r.Page != page || r.PerPage != 20 {
			t.Errorf("page %d: total %d, page %d, per page %d", page, r.Total, r.Page, r.PerPage)
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d documents over the pages", len(seen))
	}
	if r := search(t, x, instance.Query{Page: 9}); len(r.Hits) != 0 || r.Total != 45 {
		t.Errorf("past the end: %d hits, total %d", len(r.Hits), r.Total)
	}
	if r := search(t, x, instance.Query{Page: -1, PerPage: 5000}); len(r.Hits) != 45 || r.Page != 1 || r.PerPage != 100 {
		t.Errorf("bounds: %d hits, page %d, per page %d", len(r.Hits), r.Page, r.PerPage)
	}
}

// yield returns a source of documents for Rebuild.
func yield(batches ...[]instance.Document) func(ctx context.Context) ([]instance.Document, error) {
	return func(context.Context) ([]instance.Document, error) {
		if len(batches) == 0 {
			return nil, nil
		}
		batch := batches[0]
		batches = batches[1:]
		return batch, nil
	}
}

func testRebuild(t *testing.T, x instance.Index) {
	put(t, x, doc("vieux", instance.KindEvent, "Vieux", at(brest)))
	err := x.Rebuild(t.Context(), yield(
		[]instance.Document{doc("a", instance.KindEvent, "Nouveau", at(nantes)), doc("b", instance.KindRecipe, "Nouvelle")},
		[]instance.Document{doc("c", instance.KindRecipe, "Dernier")},
	))
	if err != nil {
		t.Fatal(err)
	}
	finds(t, x, instance.Query{}, "a", "b", "c")
	finds(t, x, instance.Query{Text: "vieux "})
	put(t, x, doc("d", instance.KindRecipe, "Ajout"))
	finds(t, x, instance.Query{Text: "ajout"}, "d")
	if n := count(t, x); n != 4 {
		t.Errorf("Count = %d, want 4", n)
	}
}

func testRebuildFails(t *testing.T, x instance.Index) {
	put(t, x, doc("vieux", instance.KindEvent, "Vieux"))
	broken := errors.New("base fermée")
	calls := 0
	err := x.Rebuild(t.Context(), func(context.Context) ([]instance.Document, error) {
		if calls++; calls == 2 {
			return nil, broken
		}
		return []instance.Document{doc("a", instance.KindEvent, "Nouveau")}, nil
	})
	if err == nil {
		t.Fatal("the error is lost")
	}
	finds(t, x, instance.Query{}, "vieux")
	put(t, x, doc("b", instance.KindEvent, "Suivant"))
	finds(t, x, instance.Query{}, "vieux", "b")
}

func testPutDuringRebuild(t *testing.T, x instance.Index) {
	put(t, x, doc("a", instance.KindEvent, "Avant"), doc("b", instance.KindEvent, "Condamné"))
	calls := 0
	err := x.Rebuild(t.Context(), func(ctx context.Context) ([]instance.Document, error) {
		if calls++; calls > 1 {
			return nil, nil
		}
		stale := []instance.Document{doc("a", instance.KindEvent, "Avant"), doc("b", instance.KindEvent, "Condamné")}
		put(t, x, doc("a", instance.KindEvent, "Après"), doc("c", instance.KindEvent, "Entretemps"))
		if err := x.Remove(ctx, doc("b", "", "").ID); err != nil {
			t.Error(err)
		}
		finds(t, x, instance.Query{Text: "entretemps"}, "c") // visible at once
		return stale, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	finds(t, x, instance.Query{}, "a", "c")
	finds(t, x, instance.Query{Text: "après"}, "a")
}
