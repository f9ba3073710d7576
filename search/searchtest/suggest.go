package searchtest

import (
	"slices"
	"testing"

	"github.com/maillage/maillage/instance"
)

var suggestTests = []contractTest{
	{"territories, names and themes", testSuggest},
	{"nothing twice, nothing too many", testSuggestBounds},
}

func suggest(t *testing.T, x instance.Index, text string, limit int) []instance.Suggestion {
	t.Helper()
	s, err := x.Suggest(t.Context(), text, limit)
	if err != nil {
		t.Fatalf("Suggest(%q): %v", text, err)
	}
	return s
}

func texts(suggestions []instance.Suggestion) []string {
	var out []string
	for _, s := range suggestions {
		out = append(out, s.Text)
	}
	return out
}

func testSuggest(t *testing.T, x instance.Index) {
	territory := func(d *instance.Document) {
		d.Locality, d.Subkind, d.Keywords = d.Name, "commune", []string{"Commune", "29200", "29019", "Finistère"}
	}
	put(t, x,
		doc("fete", instance.KindEvent, "Brestoises et Brestois : la fête", func(d *instance.Document) { d.Locality = "Brest" }),
		doc("brest", instance.KindTerritory, "Brest", territory),
		doc("ecole", instance.KindPartner, "Les Écoles du numérique", func(d *instance.Document) { d.Locality = "Rezé" }),
		doc("mediatheque", instance.KindPartner, "Médiathèque des Capucins"),
		doc("anais", instance.KindPerson, "Anaïs la cartographe"),
	)
	first := suggest(t, x, "brest", 10)
	if len(first) < 2 || first[0].Text != "Brest" || first[0].Kind != instance.KindTerritory || first[0].Path != "/brest" || first[0].Detail != "Commune" {
		t.Errorf("the territory first: %+v", first)
	}
	for text, want := range map[string]string{
		"ecol": "Les Écoles du numérique", "ÉCO": "Les Écoles du numérique", "numer": "Les Écoles du numérique",
		"capu": "Médiathèque des Capucins", "mediatheque cap": "Médiathèque des Capucins",
		"29200": "Brest", "2901": "Brest", "reze": "Rezé",
		"mediathque": "Médiathèque des Capucins", "capcuin": "Médiathèque des Capucins",
		"anais": "Anaïs la cartographe", "cartographe anaïs": "Anaïs la cartographe",
		"fabrication": "Fabrication numérique", "biodiv": "Environnement et biodiversité",
	} {
		if got := texts(suggest(t, x, text, 10)); !slices.Contains(got, want) {
			t.Errorf("Suggest(%q) = %q, want %q in it", text, got, want)
		}
	}
	for _, s := range suggest(t, x, "biodiv", 10) {
		if s.Theme != "environnement-biodiversite" || s.Kind != "" {
			t.Errorf("a theme: %+v", s)
		}
	}
	for _, nothing := range []string{"", "  ", "xyzzyx"} {
		if got := suggest(t, x, nothing, 10); len(got) != 0 {
			t.Errorf("Suggest(%q) = %+v", nothing, got)
		}
	}
}

func testSuggestBounds(t *testing.T, x instance.Index) {
	put(t, x,
		doc("a", instance.KindTerritory, "Nantes"),
		doc("b", instance.KindTerritory, "Nantes", from("libertic.example")),
		doc("c", instance.KindPartner, "Nantes en commun"),
		doc("d", instance.KindPartner, "Wiki-Nantes"),
	)
	got := texts(suggest(t, x, "nant", 10))
	if len(got) != 3 || got[0] != "Nantes" {
		t.Errorf("%q", got)
	}
	if s := suggest(t, x, "nant", 10)[0]; s.Path != "/a" {
		t.Errorf("ours before a peer's: %+v", s)
	}
	if got := suggest(t, x, "nant", 2); len(got) != 2 {
		t.Errorf("limit 2: %+v", got)
	}
}
