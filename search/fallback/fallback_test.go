package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/fallback"
	"github.com/maillage/maillage/search/meili"
	"github.com/maillage/maillage/search/meili/meilitest"
	"github.com/maillage/maillage/search/searchtest"
)

// open makes an index of an embedded engine in dir and of the server at url.
func open(t *testing.T, dir, url string, change func(*fallback.Options)) *fallback.Index {
	t.Helper()
	local, err := embedded.Open(t.Context(), filepath.Join(dir, "search.db"), embedded.Options{Now: searchtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	o := fallback.Options{
		Local: local, Log: slog.New(slog.DiscardHandler), Retry: 5 * time.Millisecond, Marker: filepath.Join(dir, "behind"),
		Connect: func(ctx context.Context) (instance.Index, error) {
			return meili.Open(ctx, meili.Options{URL: url, Now: searchtest.Now})
		},
	}
	if change != nil {
		change(&o)
	}
	x := fallback.Open(t.Context(), o)
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func awaitServer(t *testing.T, x *fallback.Index) {
	t.Helper()
	await(t, "the server answers", func() bool { return !x.Status().Degraded })
}

func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("server up", func(t *testing.T) {
		t.Parallel()
		searchtest.Run(t, func(t *testing.T) instance.Index {
			x := open(t, t.TempDir(), meilitest.New(t, meilitest.Options{}).URL, nil)
			awaitServer(t, x)
			return x
		})
	})
	t.Run("server down", func(t *testing.T) {
		t.Parallel()
		searchtest.Run(t, func(t *testing.T) instance.Index {
			return open(t, t.TempDir(), "http://127.0.0.1:1", func(o *fallback.Options) { o.Retry = time.Hour })
		})
	})
}

func doc(id, name string) instance.Document {
	return instance.Document{ID: "https://a.example/" + id, Kind: instance.KindPartner, Name: name, Updated: searchtest.Now()}
}

func put(t *testing.T, x instance.Index, docs ...instance.Document) {
	t.Helper()
	if err := x.Put(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
}

func found(t *testing.T, x instance.Index, text string) int {
	t.Helper()
	r, err := x.Search(t.Context(), instance.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return r.Total
}

// server asks the server itself, past the index.
func server(t *testing.T, url string) *meili.Index {
	t.Helper()
	x, err := meili.Open(t.Context(), meili.Options{URL: url, Now: searchtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func TestAServerThatStopsAndComesBack(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{})
	x := open(t, t.TempDir(), s.URL, nil)
	awaitServer(t, x)
	put(t, x, doc("1", "Fablab"), doc("2", "Recyclerie"))

	s.Stop()
	if n := found(t, x, "fablab "); n != 1 {
		t.Errorf("server down: %d found", n)
	}
	if status := x.Status(); !status.Degraded || status.Reason == nil || status.Since.IsZero() {
		t.Errorf("status: %+v", status)
	}
	put(t, x, doc("3", "Médiathèque"), doc("1", "Makerspace"))
	if err := x.Remove(t.Context(), doc("2", "").ID); err != nil {
		t.Fatal(err)
	}
	if n := found(t, x, "médiathèque "); n != 1 {
		t.Errorf("put while the server is down: %d found", n)
	}
	if status := x.Status(); status.Missed != 3 {
		t.Errorf("missed: %+v", status)
	}

	s.Start(t)
	awaitServer(t, x)
	if status := x.Status(); status.Reason != nil || status.Missed != 0 || status.Refill {
		t.Errorf("status: %+v", status)
	}
	for text, want := range map[string]int{"médiathèque ": 1, "recyclerie ": 0, "": 2} {
		if n := found(t, server(t, s.URL), text); n != want {
			t.Errorf("on the server, %q: %d found, want %d", text, n, want)
		}
	}
}

func TestAServerThatLostItsContentIsFilled(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{})
	x := open(t, t.TempDir(), s.URL, nil)
	awaitServer(t, x)
	put(t, x, doc("1", "Fablab"), doc("2", "Recyclerie"))
	s.Forget()
	if n := found(t, x, "fablab "); n != 1 {
		t.Errorf("%d found", n)
	}
	awaitServer(t, x)
	if n := found(t, server(t, s.URL), ""); n != 2 {
		t.Errorf("on the server: %d documents", n)
	}
}

// Past MaxMissed nothing is remembered one by one.
func TestAServerThatMissedTooMuchIsFilled(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{})
	x := open(t, t.TempDir(), s.URL, func(o *fallback.Options) { o.MaxMissed = 3 })
	awaitServer(t, x)
	put(t, x, doc("vieux", "Ancien"))
	s.Stop()
	for i := range 8 {
		put(t, x, doc(fmt.Sprint(i), "Nouveau"))
	}
	if status := x.Status(); !status.Refill {
		t.Errorf("status: %+v", status)
	}
	s.Start(t)
	awaitServer(t, x)
	if n := found(t, server(t, s.URL), ""); n != 9 {
		t.Errorf("on the server: %d documents", n)
	}
}

// A node that stops while the server is down remembers it.
func TestWhatWasMissedOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := meilitest.New(t, meilitest.Options{})
	x := open(t, dir, s.URL, nil)
	awaitServer(t, x)
	put(t, x, doc("1", "Fablab"))
	s.Stop()
	put(t, x, doc("2", "Recyclerie"))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	x = open(t, dir, s.URL, nil)
	awaitServer(t, x)
	if n := found(t, server(t, s.URL), "recyclerie "); n != 1 {
		t.Errorf("on the server: %d found", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "behind")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the marker is still there: %v", err)
	}
}

func TestARebuildWhileTheServerIsDownReachesItLater(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{})
	x := open(t, t.TempDir(), s.URL, nil)
	awaitServer(t, x)
	put(t, x, doc("vieux", "Ancien"))
	s.Stop()
	batches := [][]instance.Document{{doc("1", "Fablab"), doc("2", "Recyclerie")}}
	err := x.Rebuild(t.Context(), func(context.Context) (batch []instance.Document, _ error) {
		if len(batches) > 0 {
			batch, batches = batches[0], batches[1:]
		}
		return batch, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := found(t, x, ""); n != 2 {
		t.Errorf("%d found while the server is down", n)
	}
	s.Start(t)
	awaitServer(t, x)
	if n := found(t, server(t, s.URL), ""); n != 2 {
		t.Errorf("on the server: %d documents", n)
	}
}

// A server that accepts connections and says nothing is waited for once.
func TestADeadServerCostsOneWait(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{})
	address := strings.TrimPrefix(s.URL, "http://")
	x := open(t, t.TempDir(), s.URL, func(o *fallback.Options) { o.Timeout, o.Retry = 100*time.Millisecond, time.Hour })
	awaitServer(t, x)
	put(t, x, doc("1", "Fablab"))
	s.Stop()
	var lc net.ListenConfig
	silent, err := lc.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	start := time.Now()
	for range 200 {
		if n := found(t, x, "fablab "); n != 1 {
			t.Fatalf("%d found", n)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("200 searches took %s: each waited for the server", took)
	}
}

func TestAWrongKeyIsSaidAndDoesNotStopTheNode(t *testing.T) {
	t.Parallel()
	s := meilitest.New(t, meilitest.Options{Key: "la-bonne-cle-du-serveur"})
	x := open(t, t.TempDir(), s.URL, func(o *fallback.Options) { o.Retry = time.Hour })
	put(t, x, doc("1", "Fablab"))
	if n := found(t, x, "fablab "); n != 1 {
		t.Errorf("%d found", n)
	}
	if status := x.Status(); !status.Degraded || !strings.Contains(status.Reason.Error(), "demande une clé") {
		t.Errorf("status: %+v", status)
	}
}

// A caller who goes away says nothing about the server.
func TestACancelledSearchOpensNothing(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir(), meilitest.New(t, meilitest.Options{}).URL, nil)
	awaitServer(t, x)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, instance.Query{Text: "fablab"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if status := x.Status(); status.Degraded {
		t.Errorf("status: %+v", status)
	}
}
