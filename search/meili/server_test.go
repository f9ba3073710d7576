package meili_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/meili"
	"github.com/maillage/maillage/search/meili/meilitest"
)

const masterKey = "maitre-maitre-maitre"

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	guarded := meilitest.New(t, meilitest.Options{Key: masterKey, SearchKey: "recherche"})
	old := meilitest.New(t, meilitest.Options{Version: "1.2.3"})
	for name, c := range map[string]struct {
		options meili.Options
		want    string
	}{
		"no server":  {meili.Options{URL: "http://127.0.0.1:1"}, "ne répond pas"},
		"no key":     {meili.Options{URL: guarded.URL}, "demande une clé"},
		"wrong key":  {meili.Options{URL: guarded.URL, Key: "faux"}, "refuse la clé"},
		"search key": {meili.Options{URL: guarded.URL, Key: "recherche"}, "refuse la clé"},
		"too old":    {meili.Options{URL: old.URL}, "version 1.2.3 : il faut au moins"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := meili.Open(t.Context(), c.options)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestNeedsRebuildUntilRebuilt(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	if !x.NeedsRebuild() {
		t.Error("a new index needs to be filled")
	}
	done := false
	err := x.Rebuild(t.Context(), func(context.Context) ([]instance.Document, error) {
		if done {
			return nil, nil
		}
		done = true
		return []instance.Document{{ID: "https://a.example/1", Name: "Un"}}, nil
	})
	if err != nil || x.NeedsRebuild() {
		t.Errorf("%v, needs rebuild %v", err, x.NeedsRebuild())
	}
	if open(t, meili.Options{URL: server.URL}).NeedsRebuild() {
		t.Error("an index that is there needs no rebuild")
	}
	if got := server.Indexes(); !slices.Equal(got, []string{"maillage_v3"}) {
		t.Errorf("left behind: %q", got)
	}
}

func TestPositionsAreAlsoGeoJSONWhereTheServerKnowsIt(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"1.21.0": "",
		"1.22.0": `{"geometry":{"coordinates":[-4.486,48.39],"type":"Point"},"properties":null,"type":"Feature"}`,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server := meilitest.New(t, meilitest.Options{Version: version})
			x := open(t, meili.Options{URL: server.URL})
			brest := instance.Point{Lat: 48.39, Lon: -4.486}
			if err := x.Put(t.Context(), instance.Document{ID: "https://a.example/1", Name: "Un", Point: &brest}); err != nil {
				t.Fatal(err)
			}
			found, err := meilisearch.New(server.URL).Index("maillage_v3").Search("", &meilisearch.SearchRequest{})
			if err != nil || len(found.Hits) != 1 {
				t.Fatalf("%v, %v", found, err)
			}
			if got := string(found.Hits[0]["_geojson"]); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAnAcceptedWriteThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{Delay: 3 * time.Millisecond})
	x := open(t, meili.Options{URL: server.URL})
	server.FailNext("documentAdditionOrUpdate", "no_space_left_on_device")
	err := x.Put(t.Context(), instance.Document{ID: "https://a.example/1", Name: "Un"})
	var failed *meili.TaskError
	if !errors.As(err, &failed) || failed.Code != "no_space_left_on_device" {
		t.Errorf("got %v", err)
	}
	if n, _ := x.Count(t.Context()); n != 0 {
		t.Errorf("%d documents", n)
	}
}

func TestARebuildWhoseSwapFailsKeepsTheOldContent(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	if err := x.Put(t.Context(), instance.Document{ID: "https://a.example/1", Name: "Un"}); err != nil {
		t.Fatal(err)
	}
	server.FailNext("indexSwap", "internal")
	if err := x.Rebuild(t.Context(), func(context.Context) ([]instance.Document, error) { return nil, nil }); err == nil {
		t.Error("the failure is lost")
	}
	if r, err := x.Search(t.Context(), instance.Query{}); err != nil || r.Total != 1 {
		t.Errorf("total %d, %v", r.Total, err)
	}
	if got := server.Indexes(); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// Past maxExact documents the server counts cells: every document is in one, and
// those alone in their cell are there to be opened.
func TestMapOfMoreThanCanBeFetched(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	var docs []instance.Document
	for i := range 5200 {
		kind := instance.KindEvent
		if i%3 == 0 {
			kind = instance.KindPartner
		}
		p := instance.Point{Lat: 44 + float64(i%70)*0.01, Lon: -1 + float64(i/70)*0.01}
		docs = append(docs, instance.Document{ID: fmt.Sprintf("https://a.example/%d", i), Kind: kind, Name: "Fontaine", Point: &p})
	}
	docs = append(docs, instance.Document{ID: "https://a.example/loin", Kind: instance.KindEvent, Name: "Loin", Point: &instance.Point{Lat: -20.88, Lon: 55.45}})
	if err := x.Put(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for _, zoom := range []int{3, 8} {
		m, err := x.Map(t.Context(), instance.Query{}, zoom)
		if err != nil {
			t.Fatal(err)
		}
		sum, alone := 0, 0
		for _, p := range m.Points {
			sum += p.Count
			switch {
			case p.Count == 1 && p.Box == nil && len(p.Docs) == 1:
				alone++
			case p.Count > 1 && p.Box != nil && p.Box.Contains(p.Point):
			default:
				t.Errorf("zoom %d: %+v", zoom, p)
			}
		}
		if m.Total != 5201 || sum != 5201 || alone == 0 {
			t.Errorf("zoom %d: total %d, sum %d, %d alone", zoom, m.Total, sum, alone)
		}
	}
}

func TestABusyServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	server.Refuse(2, "0")
	if err := x.Put(t.Context(), instance.Document{ID: "https://a.example/1", Name: "Un"}); err != nil {
		t.Fatal(err)
	}
	server.Refuse(1, "0")
	if r, err := x.Search(t.Context(), instance.Query{Text: "un "}); err != nil || r.Total > 1 {
		t.Errorf("total %d, %v", r.Total, err)
	}
	server.Refuse(1000, "0")
	if _, err := x.Search(t.Context(), instance.Query{}); err == nil {
		t.Error("a server that stays busy is an error")
	}
	server.Refuse(0, "")
}

// Who has two seconds is not made to wait ten.
func TestABusyServerDoesNotHoldWhoCannotWait(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	server.Refuse(1, "10")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	if _, err := x.Search(ctx, instance.Query{}); err == nil || time.Since(start) > time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestABatchIsSentInPartsThatTheServerTakes(t *testing.T) {
	t.Parallel()
	server := meilitest.New(t, meilitest.Options{})
	x := open(t, meili.Options{URL: server.URL})
	var docs []instance.Document
	for i := range 60 {
		docs = append(docs, instance.Document{ID: fmt.Sprintf("https://a.example/%d", i), Text: strings.Repeat("é", 500_000)})
	}
	if err := x.Put(t.Context(), docs...); err != nil { // 60 MB of text, sent twice: past the limit in one piece
		t.Fatal(err)
	}
	if n, err := x.Count(t.Context()); err != nil || n != 60 {
		t.Errorf("%d documents, %v", n, err)
	}
}
