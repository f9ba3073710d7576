package federation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/instance"
)

// archive is a followed server with a collection of the test's choice at /outbox.
type archive struct {
	*httptest.Server
	pages map[string]string // by request URI
	reads atomic.Int64      // of pages
}

func newArchive(t *testing.T, p *peer, kind string) *archive {
	t.Helper()
	a := &archive{pages: map[string]string{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := a.pages[r.RequestURI]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.reads.Add(1)
		w.Header().Set("Content-Type", typeActivity)
		fmt.Fprint(w, page)
	}))
	t.Cleanup(a.Close)
	actor := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/actor","type":%[2]q,"preferredUsername":"relay",
		"inbox":"%[1]s/inbox","outbox":"%[1]s/outbox","publicKey":{"id":"%[1]s/actor#main-key","owner":"%[1]s/actor","publicKeyPem":"x"}}`, a.URL, kind)
	known, err := parseActor([]byte(actor), a.URL+"/actor")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.node.ReceiveActor(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	err = p.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{ID: p.base + "/f", Actor: p.node.Self().ID, Object: known.ID, State: instance.FollowAccepted})
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *archive) page(uri, next string, items ...string) {
	list := "["
	for i, item := range items {
		if i > 0 {
			list += ","
		}
		list += item
	}
	if next != "" {
		next = fmt.Sprintf(`"next":%q,`, next)
	}
	a.pages[uri] = fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"OrderedCollectionPage",%s"orderedItems":%s]}`, a.URL+uri, next, list)
}

func (a *archive) event(n int) string {
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/events/%[2]d","type":"Event","attributedTo":"%[1]s/actor","to":["https://www.w3.org/ns/activitystreams#Public"],
		"name":"Atelier %[2]d","startTime":"2030-01-01T10:00:00Z","published":"2029-01-01T10:00:00Z"}`, a.URL, n)
}

func (a *archive) create(n int) string {
	return fmt.Sprintf(`{"id":"%[1]s/creates/%[2]d","type":"Create","actor":"%[1]s/actor","object":%[3]s}`, a.URL, n, a.event(n))
}

func (p *peer) backfill(a *archive) {
	p.t.Helper()
	job := instance.NewJob(instance.JobBackfill, instance.BackfillArgs{Peer: a.URL + "/actor", URL: a.URL + "/outbox"})
	if err := p.store.Write(p.t.Context(), func(tx instance.Tx) error { return tx.Enqueue(p.t.Context(), job) }); err != nil {
		p.t.Fatal(err)
	}
	settleAll(p.t, p)
}

// One page mixes what peers put in outboxes; what is wrong does not stop the rest.
func TestBackfillReadsWhatPeersWrite(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Application")
	a.pages["/outbox"] = fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/outbox","type":"OrderedCollection","totalItems":9,"first":"%[1]s/outbox?page=1"}`, a.URL)
	for _, n := range []int{3, 4} {
		a.pages[fmt.Sprintf("/events/%d", n)] = a.event(n)
	}
	bare, _ := json.Marshal(a.URL + "/events/4")
	victim := httptest.NewServer(http.NotFoundHandler())
	defer victim.Close()
	foreign := fmt.Sprintf(`{"id":"%s/creates/x","type":"Create","actor":"%[1]s/actor","object":{"id":"%s/e","type":"Event","to":["https://www.w3.org/ns/activitystreams#Public"],"name":"Volé","attributedTo":"%[2]s/a","startTime":"2030-01-01T10:00:00Z"}}`, a.URL, victim.URL)
	a.page("/outbox?page=1", a.URL+"/outbox?page=2",
		a.create(1),
		`42`, `{"type":"Create"}`, `{"id":"x"}`, foreign,
		a.event(2), // an object by itself
		fmt.Sprintf(`{"id":"%s/a/3","type":"Announce","actor":"%[1]s/actor","object":%s}`, a.URL, a.create(3)), // Gancio
		string(bare),
	)
	a.page("/outbox?page=2", "", a.create(5))
	p.backfill(a)
	for n := 1; n <= 5; n++ {
		if o := p.object(fmt.Sprintf("%s/events/%d", a.URL, n)); o.Common().Name != fmt.Sprintf("Atelier %d", n) {
			t.Errorf("event %d: %+v", n, o)
		}
	}
	if stats, err := p.node.Stats(t.Context()); err != nil || stats.Remote[instance.KindEvent] != 5 {
		t.Errorf("kept %v, %v", stats.Remote, err)
	}
}

// A collection that goes round, or leads to another server, ends.
func TestBackfillEnds(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Application")
	a.page("/outbox", a.URL+"/outbox?page=2", a.create(1))
	a.page("/outbox?page=2", a.URL+"/outbox?page=3", a.create(2))
	a.page("/outbox?page=3", a.URL+"/outbox", a.create(3))
	p.backfill(a)
	if n := a.reads.Load(); n > 4 {
		t.Errorf("went round: %d pages read", n)
	}
	a.page("/outbox", "https://victim.invalid/outbox", a.create(4))
	p.backfill(a)
	p.object(a.URL + "/events/4")
	if pending, err := p.store.Pending(t.Context()); err != nil || pending[instance.JobBackfill] != 0 {
		t.Errorf("still to do: %v, %v", pending, err)
	}
}

// A page that cannot be read now is tried again, later.
func TestBackfillRetries(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Application")
	a.Close()
	job := instance.NewJob(instance.JobBackfill, instance.BackfillArgs{Peer: a.URL + "/actor", URL: a.URL + "/outbox"})
	if err := p.Backfill(t.Context(), job); !temporary(err) {
		t.Errorf("got %v", err)
	}
}
