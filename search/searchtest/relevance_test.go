package searchtest_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/meili"
	"github.com/maillage/maillage/search/searchtest"
)

// collection is documents to search with what is known of them.
type collection struct {
	set   string
	docs  []instance.Document
	facts []searchtest.Fact
}

var collections = sync.OnceValues(func() ([]collection, error) {
	demo, err := demonstration()
	docs, facts := searchtest.Synthetic(10_000)
	return []collection{{set: "demo", docs: demo}, {set: "synthetic", docs: docs, facts: facts}}, err
})

// notebook is an index that only remembers what it was given.
type notebook struct {
	instance.Index
	docs []instance.Document
}

func (n *notebook) Rebuild(ctx context.Context, next func(context.Context) ([]instance.Document, error)) error {
	for {
		docs, err := next(ctx)
		if err != nil || len(docs) == 0 {
			return err
		}
		n.docs = append(n.docs, docs...)
	}
}

// demonstration is what a node that imports the facts of `maillage demo` puts in
// its index.
func demonstration() ([]instance.Document, error) {
	ctx := context.Background()
	data, err := instance.ReadDataset(os.DirFS("../../cmd/maillage"), "demo")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "maillage-relevance-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := store.Open(ctx, store.Options{DSN: filepath.Join(dir, "node.db")})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var seen notebook
	node, err := instance.New(ctx, instance.Options{BaseURL: "https://opl.example", Store: s, Index: &seen, Now: searchtest.Now})
	if err != nil {
		return nil, err
	}
	owner, err := node.CreateActor(ctx, instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	if err != nil {
		return nil, err
	}
	if _, err := node.Import(ctx, owner.ID, data, nil); err != nil {
		return nil, err
	}
	return seen.docs, node.Reindex(ctx, nil)
}

// measure fills an index with each collection in turn and asks it the judged queries.
func measure(t testing.TB, x instance.Index) map[string][]searchtest.Score {
	t.Helper()
	all, err := collections()
	if err != nil {
		t.Fatal(err)
	}
	judged, err := searchtest.ReadJudged("../testdata/relevance.fr.json")
	if err != nil {
		t.Fatal(err)
	}
	scores := map[string][]searchtest.Score{}
	for _, c := range all {
		batches := slices.Collect(slices.Chunk(c.docs, 500))
		err := x.Rebuild(t.Context(), func(context.Context) (batch []instance.Document, _ error) {
			if len(batches) > 0 {
				batch, batches = batches[0], batches[1:]
			}
			return batch, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if scores[c.set], err = searchtest.Measure(t.Context(), x, judged, c.set, c.docs, c.facts); err != nil {
			t.Fatal(err)
		}
	}
	return scores
}

func openEmbedded(t testing.TB) instance.Index {
	t.Helper()
	x, err := embedded.Open(t.Context(), filepath.Join(t.TempDir(), "search.db"), embedded.Options{Now: searchtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// openMeili uses the server of MAILLAGE_TEST_MEILI_URL, and MAILLAGE_TEST_MEILI_KEY.
func openMeili(t testing.TB) instance.Index {
	t.Helper()
	url := os.Getenv("MAILLAGE_TEST_MEILI_URL")
	if url == "" {
		t.Skip("MAILLAGE_TEST_MEILI_URL is not set: nothing is known of a real Meilisearch")
	}
	x, err := meili.Open(t.Context(), meili.Options{
		URL: url, Key: os.Getenv("MAILLAGE_TEST_MEILI_KEY"), Index: "maillage_relevance", Now: searchtest.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// The floors are a little under what is measured, so that a change of ranking that
// costs people something is seen.
func TestRelevance(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fills an index of 10,000 documents")
	}
	scores := measure(t, openEmbedded(t))
	for set, floor := range map[string]float64{"demo": 0.88, "synthetic": 0.8} {
		if mean := searchtest.Mean(scores[set]); mean < floor {
			t.Errorf("%s: nDCG@10 is %.3f over %d queries, under its floor of %.2f", set, mean, len(scores[set]), floor)
		}
		for _, s := range scores[set] {
			t.Logf("%.3f %s %t %q near %v: %q", s.NDCG, set, s.Held, s.Text, s.Near, s.First)
		}
	}
}

// BenchmarkRelevance reports the nDCG@10 of each engine: go test -run '^$' -bench
// Relevance -benchtime 1x ./search/searchtest/
func BenchmarkRelevance(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) instance.Index
	}{{"embedded", openEmbedded}, {"meilisearch", openMeili}} {
		b.Run(engine.name, func(b *testing.B) {
			x := engine.open(b)
			var scores map[string][]searchtest.Score
			for b.Loop() {
				scores = measure(b, x)
			}
			for set, s := range scores {
				b.ReportMetric(searchtest.Mean(s), set+"-nDCG@10")
			}
			all := slices.Concat(scores["demo"], scores["synthetic"])
			b.ReportMetric(searchtest.Mean(all), "nDCG@10")
			b.ReportMetric(searchtest.Mean(searchtest.HeldOut(all)), "held-out-nDCG@10")
		})
	}
}
