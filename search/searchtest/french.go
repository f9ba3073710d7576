package searchtest

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

var frenchTests = []contractTest{
	{"words as people write them", testWords},
	{"synonyms of the field", testSynonyms},
	{"typos", testTypos},
	{"codes have no typos", testCodes},
	{"phrases and exclusions", testPhrases},
	{"all the words, then some", testAllThenSome},
	{"extracts", testExtracts},
}

func frenchDocs() []instance.Document {
	text := func(s string) func(*instance.Document) { return func(d *instance.Document) { d.Text = s } }
	where := func(locality string, codes ...string) func(*instance.Document) {
		return func(d *instance.Document) { d.Locality, d.Keywords = locality, codes }
	}
	return []instance.Document{
		doc("ecole", instance.KindEvent, "Cartographier l’école", text("Les élèves relèvent des chemins."), where("Brest", "29200")),
		doc("asso", instance.KindPartner, "Maison des associations", where("Douarnenez", "29100", "29")),
		doc("tiers", instance.KindPartner, "Le Tiers-lieu du Haut-Léon", text("Des bureaux à partager")),
		doc("oeuvre", instance.KindRecipe, "Mettre une œuvre dans le domaine public"),
		doc("kouign", instance.KindEvent, "Atelier kouign-amann"),
		doc("carto", instance.KindEvent, "Cartopartie du port", where("Lorient", "56100")),
		doc("osm", instance.KindRecipe, "Contribuer à OpenStreetMap"),
		doc("fab", instance.KindPartner, "Makerspace de la rade"),
		doc("opendata", instance.KindRecipe, "Publier ses données ouvertes"),
	}
}

func testWords(t *testing.T, x instance.Index) {
	put(t, x, frenchDocs()...)
	for text, want := range map[string]string{
		"école": "ecole", "ecole": "ecole", "ECOLES": "ecole", "l'école": "ecole", "l’école": "ecole", "d'école": "ecole",
		"e\u0301cole":                       "ecole", // accent as a letter of its own
		"l'association":                     "asso",
		"associations ":                     "asso",
		"tiers-lieu ":                       "tiers",
		"tiers lieux ":                      "tiers",
		"tierslieu ":                        "tiers",
		"haut leon":                         "tiers",
		"oeuvre":                            "oeuvre",
		"œuvres ":                           "oeuvre",
		"ŒUVRE":                             "oeuvre",
		"cartographie ":                     "ecole",
		"chemin ":                           "ecole",
		"douarn":                            "asso",
		"kouign am":                         "kouign",
		"29100":                             "asso",
		"associations finistère ":           "asso",
		"maison bretagne ":                  "asso",
		"acteur douarnenez ":                "asso",
		"atelier kouign":                    "kouign",
		"école brest":                       "ecole",
		"brest l'école ":                    "ecole",
		"cartographier les ecoles de Brest": "ecole",
	} {
		finds(t, x, instance.Query{Text: text}, want)
	}
}

func testSynonyms(t *testing.T, x instance.Index) {
	put(t, x, frenchDocs()...)
	for text, want := range map[string]string{
		"fablab ": "fab", "atelier de fabrication numérique ": "fab", "mapping party ": "carto",
		"OSM ": "osm", "open data ": "opendata", "coworking ": "tiers",
	} {
		finds(t, x, instance.Query{Text: text}, want)
	}
}

func testTypos(t *testing.T, x instance.Index) {
	put(t, x, frenchDocs()...)
	for text, want := range map[string]string{
		"cartopertie": "carto", "cartopatrie": "carto", "openstretmap": "osm", "douarnenes": "asso",
		"berst ecole": "ecole", "brst ": "ecole", "makerspaec": "fab", "lorint": "carto",
	} {
		finds(t, x, instance.Query{Text: text}, want)
	}
	finds(t, x, instance.Query{Text: "xyzzy "})
	finds(t, x, instance.Query{Text: "ast "}) // three letters have no typo
}

func testCodes(t *testing.T, x instance.Index) {
	put(t, x, frenchDocs()...)
	finds(t, x, instance.Query{Text: "29101 "})
	finds(t, x, instance.Query{Text: "56100 "}, "carto")
}

func testPhrases(t *testing.T, x instance.Index) {
	put(t, x,
		doc("a", instance.KindRecipe, "Les logiciels libres à la mairie"),
		doc("b", instance.KindRecipe, "Des livres libres et un logiciel payant"),
	)
	finds(t, x, instance.Query{Text: "logiciel libres "}, "a", "b")
	finds(t, x, instance.Query{Text: `"logiciels libres"`}, "a")
	finds(t, x, instance.Query{Text: `« logiciels libres »`}, "a")
	finds(t, x, instance.Query{Text: `libres -payant`}, "a")
	finds(t, x, instance.Query{Text: `libres -mairie `}, "b")
	finds(t, x, instance.Query{Text: `libres -"logiciels libres"`}, "b")
	finds(t, x, instance.Query{Text: `-mairie`}, "b")
}

func testAllThenSome(t *testing.T, x instance.Index) {
	put(t, x,
		doc("a", instance.KindRecipe, "Cartographie des haies"),
		doc("b", instance.KindRecipe, "Cartographie des fontaines"),
		doc("c", instance.KindRecipe, "Botanique"),
	)
	finds(t, x, instance.Query{Text: "cartographie fontaines "}, "b")
	r := search(t, x, instance.Query{Text: "cartographie fontaines xylophonistes "})
	if got := ids(r); len(got) == 0 || got[0] != "b" || len(got) == 3 {
		t.Errorf("some of the words: %q", got)
	}
}

func testExtracts(t *testing.T, x instance.Index) {
	put(t, x, doc("a", instance.KindRecipe, "Recette", func(d *instance.Document) {
		d.Summary = "Un <b>résumé</b> sans rapport"
		d.Text = strings.Repeat("Du texte avant. ", 60) + "On relève les fontaines & les <lavoirs> du bourg." + strings.Repeat(" Du texte après.", 60)
	}))
	r := search(t, x, instance.Query{Text: "fontaine lavoir "})
	if len(r.Hits) != 1 {
		t.Fatalf("%d hits", len(r.Hits))
	}
	got := r.Hits[0].Highlight
	for _, part := range []string{"<mark>fontaines</mark>", "&amp; les &lt;<mark>lavoirs</mark>&gt;"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q lacks %q", got, part)
		}
	}
	if len(got) > 600 {
		t.Errorf("an extract of %d bytes", len(got))
	}
	if r := search(t, x, instance.Query{}); r.Hits[0].Highlight != "" {
		t.Errorf("an extract without a text: %q", r.Hits[0].Highlight)
	}
	bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(search(t, x, instance.Query{Text: "résumé "}).Hits[0].Highlight)
	if strings.ContainsAny(bare, "<>") {
		t.Errorf("unsafe: %q", bare)
	}
}
