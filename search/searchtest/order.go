package searchtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

var orderTests = []contractTest{
	{"soonest upcoming first, then newest", testDefaultOrder},
	{"by date", testDateOrder},
	{"by name", testNameOrder},
	{"by distance, with a text too", testDistanceOrder},
	{"a match in the name first", testRelevance},
	{"a code names its territory before what is there", testCodeNamesTerritory},
	{"among equal matches: soon, later, past", testRelevanceAndTime},
	{"among equal matches: near before far", testRelevanceAndDistance},
	{"words side by side before words apart", testRelevanceAndProximity},
	{"pages of relevance follow each other", testRelevancePages},
	{"pages across what is to come and what is past", testOrderPages},
}

func calendar() []instance.Document {
	updated := func(n int) func(*instance.Document) {
		return func(d *instance.Document) { d.Updated = day(time.January, n) }
	}
	return []instance.Document{
		doc("mai", instance.KindEvent, "Réunion de mai", between(day(time.May, 1), day(time.May, 2)), updated(1)),
		doc("avril", instance.KindEvent, "Réunion d'avril", between(day(time.April, 1), day(time.April, 2)), updated(2)),
		doc("en-cours", instance.KindEvent, "Réunion en cours", between(day(time.March, 14), day(time.March, 15)), updated(3)),
		doc("fevrier", instance.KindEvent, "Réunion de février", between(day(time.February, 1), day(time.February, 2)), updated(4)),
		doc("janvier", instance.KindEvent, "Réunion de janvier", between(day(time.January, 1), day(time.January, 2)), updated(20)),
		doc("recette", instance.KindRecipe, "Réunion réussie", updated(10)),
		doc("sans-date", instance.KindEvent, "Réunion un jour", updated(5)),
	}
}

func testCodeNamesTerritory(t *testing.T, x instance.Index) {
	code := func(d *instance.Document) { d.Keywords = []string{"29019", "29200"} }
	docs := []instance.Document{doc("territoire", instance.KindTerritory, "Brest", code)}
	for i := range 20 {
		docs = append(docs, doc(fmt.Sprint("acteur-", i), instance.KindPartner, fmt.Sprint("Acteur ", i), code))
	}
	put(t, x, docs...)
	for _, text := range []string{"29019", "29200"} {
		if r := search(t, x, instance.Query{Text: text}); r.Total != len(docs) || r.Hits[0].Kind != instance.KindTerritory {
			t.Errorf("%s: %d found, %s first", text, r.Total, r.Hits[0].Name)
		}
	}
}

func testDefaultOrder(t *testing.T, x instance.Index) {
	put(t, x, calendar()...)
	inOrder(t, x, instance.Query{}, "en-cours", "avril", "mai", "janvier", "recette", "sans-date", "fevrier")
}

func testDateOrder(t *testing.T, x instance.Index) {
	put(t, x, calendar()...)
	want := []string{"en-cours", "avril", "mai", "fevrier", "janvier", "recette", "sans-date"}
	inOrder(t, x, instance.Query{Sort: instance.SortDate}, want...)
	inOrder(t, x, instance.Query{Sort: instance.SortDate, Text: "réunion"}, want...)
}

func testNameOrder(t *testing.T, x instance.Index) {
	put(t, x, doc("3", instance.KindRecipe, "Zone libre"), doc("2", instance.KindRecipe, "Été des communs"), doc("1", instance.KindRecipe, "atelier"))
	inOrder(t, x, instance.Query{Sort: instance.SortName}, "1", "2", "3")
}

func testDistanceOrder(t *testing.T, x instance.Index) {
	put(t, x,
		doc("nantes", instance.KindPartner, "Fablab", at(nantes)),
		doc("rennes", instance.KindPartner, "Un lieu", at(rennes), func(d *instance.Document) { d.Text = "fablab" }),
		doc("brest", instance.KindPartner, "Fablab", at(brest)),
	)
	near := &instance.Near{Point: rennes}
	inOrder(t, x, instance.Query{Near: near}, "rennes", "nantes", "brest")
	inOrder(t, x, instance.Query{Near: near, Text: "fablab", Sort: instance.SortDistance}, "rennes", "nantes", "brest")
	finds(t, x, instance.Query{Text: "fablab", Sort: instance.SortDistance}, "rennes", "nantes", "brest")
}

func testRelevance(t *testing.T, x instance.Index) {
	put(t, x,
		doc("texte", instance.KindRecipe, "Organiser une journée", func(d *instance.Document) { d.Text = "On y parle un peu de cartographie, entre autres choses." }),
		doc("nom", instance.KindRecipe, "Cartographie"),
	)
	inOrder(t, x, instance.Query{Text: "cartographie"}, "nom", "texte")
}

func testRelevanceAndTime(t *testing.T, x instance.Index) {
	put(t, x,
		doc("ancien", instance.KindEvent, "Cartopartie", between(day(time.January, 1).AddDate(-5, 0, 0), day(time.January, 2).AddDate(-5, 0, 0))),
		doc("passe", instance.KindEvent, "Cartopartie", between(day(time.March, 1), day(time.March, 2))),
		doc("loin", instance.KindEvent, "Cartopartie", between(day(time.November, 1), day(time.November, 2))),
		doc("bientot", instance.KindEvent, "Cartopartie", between(day(time.March, 20), day(time.March, 21))),
	)
	inOrder(t, x, instance.Query{Text: "cartopartie "}, "bientot", "loin", "passe", "ancien")
}

func testRelevanceAndDistance(t *testing.T, x instance.Index) {
	put(t, x,
		doc("brest", instance.KindPartner, "Fablab", at(brest)),
		doc("nantes", instance.KindPartner, "Fablab", at(nantes)),
		doc("rennes", instance.KindPartner, "Fablab", at(rennes)),
	)
	inOrder(t, x, instance.Query{Text: "fablab ", Near: &instance.Near{Point: nantes}}, "nantes", "rennes", "brest")
	inOrder(t, x, instance.Query{Text: "fablab ", Near: &instance.Near{Point: brest, RadiusKm: 300}}, "brest", "rennes", "nantes")
}

func testRelevanceAndProximity(t *testing.T, x instance.Index) {
	summary := func(s string) func(*instance.Document) { return func(d *instance.Document) { d.Summary = s } }
	put(t, x,
		doc("loin", instance.KindRecipe, "Recette une", summary("Le wiki sert à tout le monde : associations, mairie, écoles, et enfin au territoire.")),
		doc("pres", instance.KindRecipe, "Recette une", summary("Un wiki de territoire sert à tout le monde : associations, mairie, et enfin écoles.")),
	)
	inOrder(t, x, instance.Query{Text: "wiki territoire "}, "pres", "loin")
}

func testRelevancePages(t *testing.T, x instance.Index) {
	var docs []instance.Document
	for i := range 90 {
		docs = append(docs, doc(fmt.Sprintf("d%02d", i), instance.KindRecipe, fmt.Sprintf("Fablab %02d", i)))
	}
	put(t, x, docs...)
	seen := map[string]int{}
	for page := 1; page <= 5; page++ {
		for _, id := range ids(search(t, x, instance.Query{Text: "fablab ", Page: page})) {
			seen[id]++
		}
	}
	if len(seen) != 90 {
		t.Errorf("%d of 90 documents over the pages", len(seen))
	}
}

func testOrderPages(t *testing.T, x instance.Index) {
	put(t, x, calendar()...)
	want := []string{"en-cours", "avril", "mai", "fevrier", "janvier", "recette", "sans-date"}
	var got []string
	for page := 1; page <= 4; page++ {
		r := search(t, x, instance.Query{Sort: instance.SortDate, Page: page, PerPage: 2})
		if r.Total != len(want) {
			t.Errorf("page %d: total %d", page, r.Total)
		}
		got = append(got, ids(r)...)
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
