package french_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/search/french"
)

func TestStemsThatMeet(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Cartographie", "cartographier"},
		{"cartographies", "cartographie"},
		{"photographie", "photographier"},
		{"œuvre", "oeuvres"},
		{"Été", "ete"},
		{"l'association", "associations"},
		{"l’école", "ecoles"},
		{"lorsqu'il", "il"},
		{"tiers-lieux", "tiers lieu"},
		{"locaux", "local"},
		{"jeux", "jeu"},
		{"médiathèques", "mediatheque"},
		{"libre", "libres"},
		{"e\u0301cole", "école"},
		{"Camp'TIC", "camp tic"},
	} {
		a, _ := french.Terms(pair[0])
		b, _ := french.Terms(pair[1])
		if len(b) > 0 && (len(a) < len(b) || strings.Join(a[:len(b)], " ") != strings.Join(b, " ")) {
			t.Errorf("%q -> %q, %q -> %q", pair[0], a, pair[1], b)
		}
	}
}

func TestStemsThatStayApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"commune", "communication"}, {"communes", "communs"}, {"29200", "29201"}, {"libre", "libraire"}} {
		if french.Stem(pair[0]) == french.Stem(pair[1]) {
			t.Errorf("%q and %q share %q", pair[0], pair[1], french.Stem(pair[0]))
		}
	}
}

func TestTokenOffsets(t *testing.T) {
	t.Parallel()
	text := "Qu’est-ce que l'Œuvre d'été ?"
	var words []string
	for _, token := range french.Tokens(text) {
		words = append(words, text[token.Start:token.End]+"="+token.Word)
	}
	want := "est=est ce=ce que=que Œuvre=oeuvre été=ete"
	if got := strings.Join(words, " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCompoundsAreKeptInOnePieceToo(t *testing.T) {
	t.Parallel()
	stems, words := french.Terms("Un tiers-lieu ouvert")
	if got := strings.Join(stems, " "); got != "tier lieu ouvert tierslieu" {
		t.Errorf("stems %q", got)
	}
	if got := strings.Join(words, " "); got != "tiers lieu ouvert tierslieu" {
		t.Errorf("words %q", got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"atelier carto":            "ateli carto*",
		"atelier carto ":           "ateli carto",
		`"le logiciel" -payant`:    "logiciel !pai",
		"« données libres » brest": "donne·libr brest*",
		`carto"libre"`:             "carto libr",
		"-wiki":                    "!wik",
		"le ":                      "",
		"le":                       "*",
		"sous-sol":                 "sol*|soussol*",
		"":                         "",
		"-":                        "",
		`"`:                        "",
	} {
		q := french.Parse(text)
		var parts []string
		for _, c := range q.All {
			parts = append(parts, clause(c))
		}
		for _, c := range q.None {
			parts = append(parts, "!"+clause(c))
		}
		if got := strings.Join(parts, " "); got != want {
			t.Errorf("Parse(%q) = %q, want %q", text, got, want)
		}
	}
}

func clause(c french.Clause) string {
	var ways []string
	for _, phrase := range c.Any {
		s := strings.Join(phrase, "·")
		if c.Prefix {
			s += "*"
		}
		ways = append(ways, s)
	}
	if len(ways) == 0 && c.Prefix {
		return "*"
	}
	return strings.Join(ways, "|")
}

func TestSynonymsAreFoundAsExpressions(t *testing.T) {
	t.Parallel()
	q := french.Parse("makerspace brest")
	if len(q.All) != 2 || len(q.All[0].Any) < 4 {
		t.Fatalf("%+v", q)
	}
	q = french.Parse("atelier de fabrication numérique")
	if len(q.All) != 1 {
		t.Errorf("one expression, got %+v", q)
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed, word   string
		whole, prefix int
	}{
		{"brest", "brest", 0, 0},
		{"berst", "brest", 1, 1},
		{"brst", "brest", 1, 1},
		{"brestt", "brest", 1, 1},
		{"carogr", "cartographie", 3, 1},
		{"cartopertie", "cartopartie", 1, 1},
		{"lyon", "nice", 3, 3},
	} {
		whole, prefix := french.Edits(c.typed, c.word, 2)
		if whole != c.whole || prefix != c.prefix {
			t.Errorf("Edits(%q, %q) = %d, %d, want %d, %d", c.typed, c.word, whole, prefix, c.whole, c.prefix)
		}
	}
}

func TestExtractIsSafeAndMarksWords(t *testing.T) {
	t.Parallel()
	q := french.Parse("cartographier l'école")
	got, matched := q.Extract(`<script>alert("x")</script> La cartographie & l’École du bourg`, 200)
	want := `&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; La <mark>cartographie</mark> &amp; l’<mark>École</mark> du bourg`
	if got != want || matched != 2 {
		t.Errorf("%d %s", matched, got)
	}
}

func TestExtractChoosesTheStretchWhereWordsMeet(t *testing.T) {
	t.Parallel()
	text := "Une carte. " + strings.Repeat("Rien à voir ici du tout. ", 40) + "La carte du patrimoine à Brest." + strings.Repeat(" Encore autre chose.", 40)
	got, matched := french.Parse("carte patrimoine brest").Extract(text, 160)
	if matched != 3 || !strings.Contains(got, "<mark>patrimoine</mark>") || !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") {
		t.Errorf("%d %s", matched, got)
	}
}

func FuzzParseAndExtract(f *testing.F) {
	f.Add(`"tiers-lieu" -l'été «x`, "L’été\xff au tiers-lieu")
	f.Fuzz(func(t *testing.T, query, text string) {
		q := french.Parse(query)
		extract, _ := q.Extract(text, 60)
		bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(extract)
		if strings.ContainsAny(bare, "<>\"'") {
			t.Errorf("unsafe: %q", extract)
		}
	})
}

func TestNearness(t *testing.T) {
	t.Parallel()
	q := french.Parse("cartographie patrimoine ")
	for text, want := range map[string]struct {
		clauses  int
		nearness float64
	}{
		"":                                 {0, 0},
		"Rien de cela":                     {0, 0},
		"La cartographie":                  {1, 1},
		"La cartographie du patrimoine":    {2, 1},
		"Le patrimoine et sa cartographie": {2, 1},
		"Cartographie libre du patrimoine": {2, 2.0 / 3},
		"Cartographie, un jour, ou le patrimoine en cartographie": {2, 1},
	} {
		if clauses, near := q.Nearness(text); clauses != want.clauses || near < want.nearness-0.01 || near > want.nearness+0.01 {
			t.Errorf("%q: %d, %f, want %+v", text, clauses, near, want)
		}
	}
}

func TestDepartements(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"29": "Finistère\nBretagne", "2A": "Corse-du-Sud\nCorse", "974": "La Réunion\nOutre-mer", "01": "Ain\nAuvergne-Rhône-Alpes",
		"1": "", "20": "", "29200": "", "": "",
	} {
		if got := french.Departement(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

func TestWhatWasTypedComesBeforeItsSynonyms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"fablab ", "makerspace ", "open data ", "données ouvertes "} {
		q := french.Parse(text)
		if len(q.All) != 1 || strings.Join(q.All[0].Any[0], " ") != french.Phrase(text) {
			t.Errorf("%q: %+v", text, q.All)
		}
	}
}
