package embedded_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/searchtest"
)

func open(t testing.TB, path string) *embedded.Index {
	t.Helper()
	x, err := embedded.Open(t.Context(), path, embedded.Options{Now: searchtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func TestContract(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) instance.Index {
		return open(t, filepath.Join(t.TempDir(), "search.db"))
	})
}

func sample() []instance.Document {
	return []instance.Document{
		{ID: "https://a.example/1", Kind: instance.KindEvent, Name: "Cartopartie à Brest", Point: &instance.Point{Lat: 48.39, Lon: -4.49}, Themes: []string{"cartographie"}},
		{ID: "https://a.example/2", Kind: instance.KindPartner, Name: "Médiathèque", Origin: "libertic.example"},
		{ID: "https://a.example/3", Kind: instance.KindPartner, Name: "Fablab"},
	}
}

func total(t *testing.T, x *embedded.Index, q instance.Query) int {
	t.Helper()
	r, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r.Total
}

func TestWhatWasPutIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "un dossier", "search #1.db") // made if missing; no character is special
	x := open(t, path)
	if !x.NeedsRebuild() {
		t.Error("a new file needs to be filled")
	}
	if err := x.Put(t.Context(), sample()...); err != nil {
		t.Fatal(err)
	}
	if err := x.Remove(t.Context(), "https://a.example/2"); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, path)
	if x.NeedsRebuild() {
		t.Error("a good file needs no rebuild")
	}
	for name, q := range map[string]instance.Query{
		"text":  {Text: "cartopartie"},
		"typo":  {Text: "cartopertie"},
		"theme": {Themes: []string{"cartographie"}},
		"near":  {Near: &instance.Near{Point: instance.Point{Lat: 48.4, Lon: -4.5}, RadiusKm: 5}},
	} {
		if n := total(t, x, q); n != 1 {
			t.Errorf("%s: %d found, want 1", name, n)
		}
	}
	if err := x.Put(t.Context(), instance.Document{ID: "https://a.example/4", Name: "Nouveau"}); err != nil { // in the place of 2
		t.Fatal(err)
	}
	if n := total(t, x, instance.Query{}); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
}

func TestAFileThatCannotServeIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, path string){
		"garbage": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("ceci n'est pas une base ", 500)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"empty": func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		},
		"cut short": func(t *testing.T, path string) {
			if err := os.Truncate(path, 8192); err != nil {
				t.Fatal(err)
			}
		},
		"another version": func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 999"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "search.db")
			x := open(t, path)
			if err := x.Put(t.Context(), sample()...); err != nil {
				t.Fatal(err)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			damage(t, path)
			x = open(t, path)
			if n := total(t, x, instance.Query{}); n != 0 || !x.NeedsRebuild() {
				t.Errorf("%d documents, needs rebuild %v", n, x.NeedsRebuild())
			}
			if err := x.Put(t.Context(), sample()...); err != nil {
				t.Fatal(err)
			}
			if n := total(t, x, instance.Query{Text: "fablab"}); n != 1 {
				t.Errorf("%d found once filled again", n)
			}
		})
	}
}

func TestARebuildOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "search.db")
	x := open(t, path)
	batches := [][]instance.Document{sample()}
	err := x.Rebuild(t.Context(), func(context.Context) ([]instance.Document, error) {
		if len(batches) == 0 {
			return nil, nil
		}
		batch := batches[0]
		batches = batches[1:]
		return batch, nil
	})
	if err != nil || x.NeedsRebuild() {
		t.Fatalf("%v, needs rebuild %v", err, x.NeedsRebuild())
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if n := total(t, open(t, path), instance.Query{}); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(f.Name(), ".new") {
			t.Errorf("left behind: %s", f.Name())
		}
	}
}

// Answers about common words are kept in memory and changed by each write: they must
// stay those that a cold index gives.
func TestKeptAnswersFollowWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "search.db")
	x := open(t, path)
	doc := func(i int, name, text string) instance.Document {
		return instance.Document{ID: fmt.Sprintf("https://a.example/%d", i), Kind: instance.KindPartner, Name: name, Text: text, Locality: "Brest"}
	}
	var docs []instance.Document
	for i := range 3000 {
		docs = append(docs, doc(i, "Fablab libre", "Des logiciels libres au tiers-lieu"))
	}
	if err := x.Put(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	queries := []string{"fablab ", "fab", "l", `"logiciels libres"`, "tierslieu ", "brest libre ", "libre -logiciels", "makerspace ", "recyclerie ", "tiers-l"}
	totals := func(x *embedded.Index) string {
		var all []string
		for _, text := range queries {
			all = append(all, fmt.Sprintf("%s=%d", text, total(t, x, instance.Query{Text: text})))
			s, err := x.Suggest(t.Context(), text, 50)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(len(s)))
		}
		return strings.Join(all, " ")
	}
	totals(x) // kept from here on
	changes := []instance.Document{
		doc(0, "Recyclerie", "Du matériel libre"), doc(1, "Makerspace", ""), doc(2, "Lavoir", "libres logiciels"),
		doc(5000, "Fablab nouveau", "Un tiers-lieu"), doc(5001, "Autre chose", "fabriquer"),
	}
	if err := x.Put(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	if err := x.Remove(t.Context(), doc(3, "", "").ID, doc(5000, "", "").ID); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(t.Context(), doc(6000, "Bibliothèque", "logiciels libres")); err != nil { // in a slot that was freed
		t.Fatal(err)
	}
	warm := totals(x)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if cold := totals(open(t, path)); warm != cold {
		t.Errorf("kept\n%s\nasked again\n%s", warm, cold)
	}
}

func TestACircleAsksOnlyWhatIsInIt(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "search.db"))
	if err := x.Put(t.Context(), sample()...); err != nil {
		t.Fatal(err)
	}
	near := &instance.Near{Point: instance.Point{Lat: 43.6, Lon: 1.44}, RadiusKm: 20}
	for _, text := range []string{"cartopartie ", "carto", "cartopertie ", "fablab cartopartie "} { // known elsewhere: nothing here
		if n := total(t, x, instance.Query{Text: text, Near: near}); n != 0 {
			t.Errorf("%q: %d found", text, n)
		}
	}
}
