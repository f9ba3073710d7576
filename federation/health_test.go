package federation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// host reads what is known of a server.
func (p *peer) host(domain string) *instance.Host {
	p.t.Helper()
	h, err := p.node.Host(p.t.Context(), domain)
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

func (p *peer) saveHost(h instance.Host) {
	p.t.Helper()
	if err := p.store.Write(p.t.Context(), func(tx instance.Tx) error { return tx.SaveHost(p.t.Context(), h) }); err != nil {
		p.t.Fatal(err)
	}
}

// What is said of one object reaches an inbox in the order in which it was said, though
// the first try failed; what is out of date is not said at all.
func TestDeliveriesOfOneObjectKeepTheirOrder(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	var mu sync.Mutex
	var heard []string
	var down atomic.Bool
	down.Store(true)
	s := &inboxServer{}
	s.Server = httptest.NewServer(hearing(s.document, func(kind string) int {
		if down.Load() {
			return http.StatusServiceUnavailable
		}
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, kind)
		return http.StatusAccepted
	}))
	t.Cleanup(s.Close)
	org := p.organisation("tiriad")
	p.followedBy(s, org)
	id := p.publish(org, event("Cartopartie")).Common().ID
	p.work() // the index and the announce
	p.work() // the Create, which fails
	for _, name := range []string{"Cartopartie un", "Cartopartie deux"} {
		p.wait(time.Second)
		if _, err := p.node.Edit(t.Context(), org.ID, id, event(name)); err != nil {
			t.Fatal(err)
		}
	}
	other := p.publish(org, event("Fest-noz")).Common().ID
	p.work()
	down.Store(false)
	_, failed := p.work()
	if len(failed) != 1 { // one Update waits for its Create, the older one is out of date
		t.Errorf("%d wait: %v", len(failed), failed)
	}
	if got := slices.Clone(heard); !slices.Equal(got, []string{"Create"}) { // of the other event
		t.Errorf("heard %v", got)
	}
	hurry := func() {
		t.Helper()
		err := p.store.Write(t.Context(), func(tx instance.Tx) error {
			return tx.Hurry(t.Context(), instance.JobDeliver, instance.Origin(s.URL))
		})
		if err != nil {
			t.Fatal(err)
		}
		p.work()
	}
	hurry()
	hurry()
	if !slices.Equal(heard, []string{"Create", "Create", "Update"}) {
		t.Errorf("heard %v", heard)
	}
	if left, err := p.node.Jobs(t.Context(), instance.JobFilter{Kinds: []string{instance.JobDeliver}}); err != nil || len(left) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
	p.object(other)
}

// hearing answers what is posted as say decides from its type.
func hearing(document func() string, say func(kind string) int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Content-Type", typeActivity)
			fmt.Fprint(w, document())
			return
		}
		var said struct{ Type string }
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(say(said.Type))
	})
}

// Of many deliveries that wait for a host, one tries it when its time has come; each
// failure makes the wait longer, to half a day.
func TestOneDeliveryTriesAHostThatWasDown(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	dead := newInboxServer(t)
	dead.status.Store(http.StatusBadGateway)
	domain := instance.Origin(dead.URL)
	p.saveHost(instance.Host{Domain: domain, Failures: breakerFailures, NextAt: p.node.Now().Add(-time.Second), LastOK: p.node.Now(), LastError: "down"})
	job := p.delivery(dead.URL + "/u/inbox")
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() { _ = p.Deliver(t.Context(), job) })
	}
	together.Wait()
	if n := dead.received.Load(); n != 1 {
		t.Errorf("%d tried it", n)
	}
	var waits []time.Duration
	for range 6 {
		h := p.host(domain)
		wait := h.NextAt.Sub(p.node.Now())
		waits = append(waits, wait.Round(time.Hour))
		p.wait(wait + time.Second)
		_ = p.Deliver(t.Context(), job)
	}
	want := []time.Duration{1, 2, 4, 8, 12, 12}
	for i := range want {
		want[i] *= time.Hour
	}
	if !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
}

// A server that is gone for a week is parked: nothing more is kept for it, but a try a
// week. It comes back with the first thing it says.
func TestAParkedHostComesBack(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	s := newInboxServer(t)
	domain := instance.Origin(s.URL)
	org := p.organisation("tiriad")
	p.followedBy(s, org)
	inboxes := func(want int) {
		t.Helper()
		if got, err := p.node.FollowerInboxes(t.Context(), org.ID); err != nil || len(got) != want {
			t.Errorf("inboxes %v, %v; want %d", got, err, want)
		}
	}
	inboxes(1)
	longAgo := p.node.Now().Add(-30 * 24 * time.Hour)
	p.saveHost(instance.Host{Domain: domain, Failures: instance.ParkedFailures, LastOK: longAgo, NextAt: p.node.Now().Add(-time.Second), LastError: "down"})
	inboxes(1) // to try it
	s.status.Store(http.StatusBadGateway)
	_ = p.Deliver(t.Context(), p.delivery(s.URL+"/u/inbox"))
	if h := p.host(domain); h.NextAt.Sub(p.node.Now()) < 6*24*time.Hour {
		t.Errorf("not parked: %+v", h)
	}
	inboxes(0)
	job := instance.NewJob(instance.JobDeliver, instance.DeliverArgs{Activity: "x", Inbox: s.URL + "/u/inbox"})
	job.Key, job.RunAt = domain, time.Now().Add(time.Hour)
	if err := p.store.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
		t.Fatal(err)
	}
	if err := p.revive(t.Context(), domain); err != nil {
		t.Fatal(err)
	}
	inboxes(1)
	waiting, err := p.node.Jobs(t.Context(), instance.JobFilter{Key: domain})
	if err != nil || len(waiting) != 1 || waiting[0].RunAt.After(time.Now()) {
		t.Errorf("what waited for it still does: %+v, %v", waiting, err)
	}
}

// BenchmarkDeliverHundredHosts posts one activity to a hundred hosts, sixteen at a time
// as the queue does, of which one is dead and one is slow. What the hundred cost is
// compared with what ninety-eight do.
func BenchmarkDeliverHundredHosts(b *testing.B) {
	for name, bad := range map[string]bool{"all well": false, "one dead, one slow": true} {
		b.Run(name, func(b *testing.B) {
			p := newPeer(b)
			inboxes := make([]string, 0, 100)
			for i := range 100 {
				delay := time.Duration(0)
				if bad && i == 0 {
					delay = 9 * time.Second
				}
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					time.Sleep(delay)
					w.WriteHeader(http.StatusAccepted)
				}))
				b.Cleanup(func() { go s.Close() })
				if bad && i == 1 {
					s.Close()
				}
				inboxes = append(inboxes, s.URL+"/inbox")
			}
			job := p.delivery(inboxes[50])
			var args instance.DeliverArgs
			if err := json.Unmarshal(job.Args, &args); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var done atomic.Int64
				others := int64(98)
				finished := make(chan struct{})
				work := make(chan string, len(inboxes))
				for _, inbox := range inboxes {
					work <- inbox
				}
				close(work)
				for range 16 {
					go func() {
						for inbox := range work {
							one := args
							one.Inbox = inbox
							err := p.Deliver(b.Context(), instance.NewJob(instance.JobDeliver, one))
							if isBad := inbox == inboxes[0] || inbox == inboxes[1]; isBad {
								continue
							}
							if err != nil {
								b.Error(err)
							}
							if done.Add(1) == others {
								close(finished)
							}
						}
					}()
				}
				<-finished
			}
			b.ReportMetric(98*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
