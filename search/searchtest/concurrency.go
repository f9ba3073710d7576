package searchtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
)

var concurrencyTests = []contractTest{
	{"a rebuild is never seen empty", testRebuildNeverEmpty},
	{"a rebuild is seen whole", testRebuildSeenWhole},
	{"readers and writers", testReadersAndWriters},
}

func testRebuildNeverEmpty(t *testing.T, x instance.Index) {
	var docs []instance.Document
	for i := range 60 {
		docs = append(docs, doc(fmt.Sprintf("d%d", i), instance.KindPartner, "Fablab", at(brest)))
	}
	put(t, x, docs...)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				r, err := x.Search(t.Context(), instance.Query{Text: "fablab"})
				m, errMap := x.Map(t.Context(), instance.Query{}, 8)
				if err != nil || errMap != nil || r.Total != 60 || m.Total != 60 {
					t.Errorf("during a rebuild: %d found (%v), %d drawn (%v)", r.Total, err, m.Total, errMap)
					return
				}
			}
		})
	}
	for range 2 {
		if err := x.Rebuild(t.Context(), yield(docs[:20], docs[20:40], docs[40:])); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
}

// A page is the old content's or the new one's, never a bit of both, and once the new
// one was seen the old one does not come back. What was put meanwhile stays.
func testRebuildSeenWhole(t *testing.T, x instance.Index) {
	named := func(n int, name string) (docs []instance.Document) {
		for i := range n {
			docs = append(docs, doc(fmt.Sprintf("d%d", i), instance.KindPartner, name, at(brest)))
		}
		return docs
	}
	before, after := named(60, "Fablab ancien"), named(40, "Fablab nouveau")
	put(t, x, before...)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			want, seen := "Fablab ancien", 60
			for {
				select {
				case <-done:
					return
				default:
				}
				r, err := x.Search(t.Context(), instance.Query{Text: "fablab", PerPage: 100})
				if err == nil && r.Total == 40 {
					want, seen = "Fablab nouveau", 40
				}
				mixed := slices.ContainsFunc(r.Hits, func(h instance.Hit) bool { return h.Name != want })
				if err != nil || r.Total != seen || len(r.Hits) != seen || mixed {
					t.Errorf("during a rebuild: %d found, %d shown, mixed %v, %v; want %d", r.Total, len(r.Hits), mixed, err, seen)
					return
				}
			}
		})
	}
	batches := yield(after[:20], after[20:])
	err := x.Rebuild(t.Context(), func(ctx context.Context) ([]instance.Document, error) {
		put(t, x, doc("meanwhile", instance.KindEvent, "Cartopartie", at(nantes)))
		return batches(ctx)
	})
	if err != nil {
		t.Error(err)
	}
	close(done)
	readers.Wait()
	finds(t, x, instance.Query{Text: "cartopartie"}, "meanwhile")
	finds(t, x, instance.Query{Text: "ancien "})
}

func testReadersAndWriters(t *testing.T, x instance.Index) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writers, readers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := range 8 {
				pair := []instance.Document{
					doc(fmt.Sprintf("%d-%d-a", w, i), instance.KindEvent, "Cartopartie", at(brest)),
					doc(fmt.Sprintf("%d-%d-b", w, i), instance.KindEvent, "Cartopartie", at(nantes)),
				}
				if err := x.Put(ctx, pair...); err != nil {
					t.Error(err)
				}
				if i%2 == 1 {
					if err := x.Remove(ctx, pair[0].ID, pair[1].ID); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				r, err := x.Search(t.Context(), instance.Query{Text: "cartopartie"})
				if err != nil || r.Total%2 != 0 {
					t.Errorf("half a batch: %d, %v", r.Total, err)
					return
				}
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	if r := search(t, x, instance.Query{Text: "cartopartie"}); r.Total != 16 {
		t.Errorf("%d documents in the end, want 16", r.Total)
	}
}
