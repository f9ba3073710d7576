package embedded_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/searchtest"
)

// corpus makes documents that look like a network of nodes: some 450 bytes of text
// each from a vocabulary with the skew of a language, 8,000 communes around a
// hundred towns. The same seed makes the same documents.
type corpus struct {
	rng      *rand.Rand
	words    []string
	zipf     *rand.Zipf
	communes []instance.Document
}

func newCorpus() *corpus {
	c := &corpus{rng: rand.New(rand.NewPCG(2013, 4))}
	starts := strings.Fields("car pho lib don com ter asso cul his pat bre qui mai éco for ate wi log ser par vil rou ha fon ri")
	middles := strings.Fields("to gra ti ma no vel lo cal mu ni ci pa ri do cu men ta li bé ra sé cré na tu")
	ends := strings.Fields("tion phie ment eur euse age ée ité isme oir erie al ale aux es s ique able")
	c.words = strings.Fields("cartographie patrimoine fontaine atelier libre données médiathèque fablab école commune")
	seen := map[string]bool{}
	for len(c.words) < 25_000 {
		word := pick(c.rng, starts) + pick(c.rng, middles)
		for range c.rng.IntN(3) {
			word += pick(c.rng, middles)
		}
		word += pick(c.rng, ends)
		if !seen[word] {
			seen[word] = true
			c.words = append(c.words, word)
		}
	}
	c.zipf = rand.NewZipf(c.rng, 1.1, 8, uint64(len(c.words)-1))
	for range 8000 {
		lat, lon := 42.5+c.rng.Float64()*8.3, -4.7+c.rng.Float64()*12.5
		p := instance.Point{Lat: math.Round(lat*1e4) / 1e4, Lon: math.Round(lon*1e4) / 1e4}
		name := strings.ToUpper(pick(c.rng, starts)[:1]) + pick(c.rng, middles) + pick(c.rng, middles) + pick(c.rng, []string{"ac", "ville", "ec", "court", "igny"})
		c.communes = append(c.communes, instance.Document{Name: name, Locality: name, Point: &p})
	}
	return c
}

func pick(rng *rand.Rand, words []string) string { return words[rng.IntN(len(words))] }

func (c *corpus) text(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = c.words[c.zipf.Uint64()]
	}
	return strings.Join(words, " ")
}

var benchKinds = []instance.Kind{instance.KindEvent, instance.KindPartner, instance.KindRecipe, instance.KindAnnouncement, instance.KindTerritory}

func (c *corpus) document(i int) instance.Document {
	commune := c.communes[int(float64(len(c.communes))*math.Pow(c.rng.Float64(), 2))]
	vocabulary := instance.Vocabularies().Terms("themes")
	kind := benchKinds[i%len(benchKinds)]
	d := instance.Document{
		ID: fmt.Sprintf("https://node%d.example/%s/%d", i%20, kind, i), Kind: kind, Path: fmt.Sprintf("/reseau/%d", i),
		Name: c.text(4), Summary: c.text(12), Text: c.text(45), Locality: commune.Locality,
		Keywords:    []string{commune.Locality, fmt.Sprintf("%05d", 1000+i%90000)},
		Themes:      []string{vocabulary[c.rng.IntN(len(vocabulary))].Slug, vocabulary[c.rng.IntN(len(vocabulary))].Slug},
		Territories: []string{instance.Slugify(commune.Name)}, Updated: searchtest.Now().Add(-time.Duration(i) * time.Minute),
	}
	if i%20 > 0 {
		d.Origin = fmt.Sprintf("node%d.example", i%20)
	}
	if kind == instance.KindTerritory {
		d.Name = commune.Name
	}
	p := *commune.Point
	p.Lat, p.Lon = p.Lat+c.rng.NormFloat64()*0.01, p.Lon+c.rng.NormFloat64()*0.01
	d.Point = &p
	if kind == instance.KindEvent {
		d.Start = searchtest.Now().Add(time.Duration(c.rng.IntN(2000)-1000) * time.Hour)
		d.End = d.Start.Add(3 * time.Hour)
	}
	return d
}

// fill builds an index of n documents; its cost is reported by BenchmarkRebuild.
func fill(tb testing.TB, n int) (*embedded.Index, *corpus) {
	tb.Helper()
	x := open(tb, filepath.Join(tb.TempDir(), "search.db"))
	c := newCorpus()
	if err := x.Rebuild(context.Background(), c.source(n)); err != nil {
		tb.Fatal(err)
	}
	return x, c
}

func (c *corpus) source(n int) func(context.Context) ([]instance.Document, error) {
	i := 0
	return func(context.Context) ([]instance.Document, error) {
		var batch []instance.Document
		for ; i < n && len(batch) < 500; i++ {
			batch = append(batch, c.document(i))
		}
		return batch, nil
	}
}

// measure runs do in a loop and reports the median and the 99th percentile.
func measure(b *testing.B, do func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

func BenchmarkRebuild(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				x, _ := fill(b, n)
				_ = x.Close()
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkIndex(b, n) })
	}
}

func benchmarkIndex(b *testing.B, n int) {
	x, c := fill(b, n)
	ctx := b.Context()
	common := func(i int) string { return c.words[(61+i*37)%200] } // in 4 to 75 % of the documents
	search := func(q func(i int) instance.Query) func(int) error {
		return func(i int) error {
			_, err := x.Search(ctx, q(i))
			return err
		}
	}
	draw := func(zoom int, q func(i int) instance.Query) func(int) error {
		return func(i int) error {
			_, err := x.Map(ctx, q(i), zoom)
			return err
		}
	}
	box := func(i int, side float64) *instance.BBox {
		p := c.communes[(i*31)%1000].Point
		return &instance.BBox{West: p.Lon - side, East: p.Lon + side, South: p.Lat - side*0.7, North: p.Lat + side*0.7}
	}
	for _, bench := range []struct {
		name string
		do   func(int) error
	}{
		{"PutOne", func(i int) error { return x.Put(ctx, c.document(i%n)) }},
		{"Put100", func(i int) error {
			docs := make([]instance.Document, 100)
			for j := range docs {
				docs[j] = c.document((100*i + j) % n)
			}
			return x.Put(ctx, docs...)
		}},
		{"TextCommon", search(func(i int) instance.Query { return instance.Query{Text: common(i)} })},
		{"TextTwoWords", search(func(i int) instance.Query {
			return instance.Query{Text: common(i) + " " + c.words[(531+i*13)%2000] + " "}
		})},
		{"TextPrefix", search(func(i int) instance.Query { return instance.Query{Text: common(i) + " " + c.words[(101+i*13)%500][:3]} })},
		{"Typo", search(func(i int) instance.Query {
			word := c.words[(701+i*17)%3000]
			return instance.Query{Text: word[:len(word)/2] + "x" + word[len(word)/2:] + " "}
		})},
		{"TextRadius", search(func(i int) instance.Query {
			return instance.Query{Text: common(i), Near: &instance.Near{Point: *c.communes[(i*31)%1000].Point, RadiusKm: 20}, Sort: instance.SortDistance}
		})},
		{"RadiusOnly", search(func(i int) instance.Query {
			return instance.Query{Near: &instance.Near{Point: *c.communes[(i*31)%1000].Point, RadiusKm: 20}}
		})},
		{"FacetsOfAKind", search(func(i int) instance.Query { return instance.Query{Kinds: benchKinds[i%5 : i%5+1]} })},
		{"Everything", search(func(int) instance.Query { return instance.Query{} })},
		{"MapCity", draw(12, func(i int) instance.Query { return instance.Query{BBox: box(i, 0.1)} })},
		{"MapRegion", draw(8, func(i int) instance.Query { return instance.Query{BBox: box(i, 1.5)} })},
		{"MapCountry", draw(5, func(int) instance.Query { return instance.Query{} })},
		{"SuggestOneLetter", func(i int) error { _, err := x.Suggest(ctx, c.words[(10+i)%500][:1], 8); return err }},
		{"Suggest", func(i int) error { _, err := x.Suggest(ctx, c.words[(531+i*13)%2000][:4], 8); return err }},
		{"SuggestTypo", func(i int) error { _, err := x.Suggest(ctx, c.communes[i%500].Name[:3]+"xz", 8); return err }},
	} {
		b.Run(bench.name, func(b *testing.B) { measure(b, bench.do) })
	}
}
