package embedded_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/searchtest"
)

// BenchmarkLarge asks an index of MAILLAGE_BENCH_DOCUMENTS documents (a million unless
// said) what it was never asked: it is opened anew for each kind of question and no
// question comes twice. The index stays in MAILLAGE_BENCH_DIR, and is built the first
// time, which takes minutes.
//
//	MAILLAGE_BENCH_DIR=/tmp/large go test -run '^$' -bench Large -benchtime 1000x ./search/embedded/
func BenchmarkLarge(b *testing.B) {
	dir := os.Getenv("MAILLAGE_BENCH_DIR")
	if dir == "" {
		b.Skip("MAILLAGE_BENCH_DIR is not set: no large index is kept on this machine")
	}
	n := 1_000_000
	if text := os.Getenv("MAILLAGE_BENCH_DOCUMENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatalf("MAILLAGE_BENCH_DOCUMENTS: %v", err)
		}
	}
	path := filepath.Join(dir, strconv.Itoa(n)+".db")
	buildLarge(b, path, n)
	c := newCorpus()
	ctx := b.Context()
	near := func(i int, km float64) *instance.Near {
		return &instance.Near{Point: *c.communes[(i*31)%4000].Point, RadiusKm: km}
	}
	box := func(i int, side float64) *instance.BBox {
		p := c.communes[(i*37)%4000].Point
		return &instance.BBox{West: p.Lon - side, East: p.Lon + side, South: p.Lat - side*0.7, North: p.Lat + side*0.7}
	}
	// Half of the words asked for are common ones, in 2 to 75 % of the documents.
	word := func(i int) string {
		if i%2 == 0 {
			return c.words[10+(i/2*37)%490]
		}
		return c.words[500+(i*7919)%20_000]
	}
	search := func(q func(i int) instance.Query) func(*embedded.Index, int) error {
		return func(x *embedded.Index, i int) error {
			_, err := x.Search(ctx, q(i))
			return err
		}
	}
	draw := func(zoom int, q func(i int) instance.Query) func(*embedded.Index, int) error {
		return func(x *embedded.Index, i int) error {
			_, err := x.Map(ctx, q(i), zoom)
			return err
		}
	}
	suggest := func(text func(i int) string) func(*embedded.Index, int) error {
		return func(x *embedded.Index, i int) error {
			_, err := x.Suggest(ctx, text(i), 8)
			return err
		}
	}
	for _, bench := range []struct {
		name string
		do   func(*embedded.Index, int) error
	}{
		{"MapCity", draw(12, func(i int) instance.Query { return instance.Query{BBox: box(i, 0.1)} })},
		{"MapRegion", draw(8, func(i int) instance.Query { return instance.Query{BBox: box(i, 1.5)} })},
		{"MapRegionText", draw(8, func(i int) instance.Query { return instance.Query{Text: word(i) + " ", BBox: box(i, 1.5)} })},
		{"MapCountry", draw(5, func(int) instance.Query { return instance.Query{} })},
		{"TextRadius", search(func(i int) instance.Query { return instance.Query{Text: word(i) + " ", Near: near(i, 20)} })},
		{"TwoWordsRadius", search(func(i int) instance.Query {
			return instance.Query{Text: word(i) + " " + word(i + 1)[:4], Near: near(i, 30)}
		})},
		{"TextRadiusByDistance", search(func(i int) instance.Query {
			return instance.Query{Text: word(i), Near: near(i, 20), Sort: instance.SortDistance}
		})},
		{"SuggestOneLetter", suggest(func(i int) string { return string(rune('a' + i%26)) })},
		{"SuggestTwoLetters", suggest(func(i int) string { return word(i)[:2] })},
		{"SuggestFourLetters", suggest(func(i int) string { return word(i)[:4] })},
		{"SuggestTwoWords", suggest(func(i int) string { return word(i) + " " + word(i + 1)[:2] })},
		{"SuggestTypo", suggest(func(i int) string { return c.communes[i%4000].Name[:3] + "xz" })},
		{"TwoWords", search(func(i int) instance.Query { return instance.Query{Text: word(i) + " " + word(i+1) + " "} })},
		{"Common", search(func(i int) instance.Query { return instance.Query{Text: c.words[10+(i*37)%200] + " "} })},
		{"Typo", search(func(i int) instance.Query {
			w := word(i)
			return instance.Query{Text: w[:len(w)/2] + "x" + w[len(w)/2:] + " "}
		})},
		{"Phrase", search(func(i int) instance.Query { return instance.Query{Text: `"` + word(i) + " " + word(i+2) + `"`} })},
		{"Put", func(x *embedded.Index, i int) error { return x.Put(ctx, c.document(i%n)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			x := open(b, path)
			b.ResetTimer()
			measure(b, func(i int) error { return bench.do(x, i) })
			b.ReportMetric(residentMiB(b), "RSS-MiB")
		})
	}
}

func buildLarge(b *testing.B, path string, n int) {
	b.Helper()
	x, err := embedded.Open(b.Context(), path, embedded.Options{Now: searchtest.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	start := time.Now()
	if x.NeedsRebuild() {
		if err := x.Rebuild(b.Context(), newCorpus().source(n)); err != nil {
			b.Fatal(err)
		}
		b.Logf("built in %v", time.Since(start).Round(time.Second))
	}
	if count, _ := x.Count(b.Context()); count != n {
		b.Fatalf("%s has %d documents, not %d: remove it", path, count, n)
	}
}

// residentMiB is the memory of this process, 0 where the system does not say.
func residentMiB(b *testing.B) float64 {
	b.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.Atoi(strings.Fields(string(status))[1])
	if err != nil {
		return 0
	}
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}
