package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/jobs"
)

// inboxServer is a peer that is only an inbox, with an answer of its choice.
type inboxServer struct {
	*httptest.Server
	status   atomic.Int64
	received atomic.Int64
	actor    atomic.Int64 // status of its actor; 0 = 200
}

func newInboxServer(t *testing.T) *inboxServer {
	s := &inboxServer{}
	s.status.Store(http.StatusAccepted)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			s.received.Add(1)
			status := int(s.status.Load())
			if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
				w.Header().Set("Retry-After", "120")
			}
			w.WriteHeader(status)
		case s.actor.Load() != 0:
			w.WriteHeader(int(s.actor.Load()))
		default:
			w.Header().Set("Content-Type", typeActivity)
			fmt.Fprint(w, s.document())
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *inboxServer) document() string {
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/u","type":"Person","preferredUsername":"u","inbox":"%[1]s/u/inbox",
		"publicKey":{"id":"%[1]s/u#main-key","owner":"%[1]s/u","publicKeyPem":"x"}}`, s.URL)
}

// followedBy makes the server's actor a follower of one of the peer's actors.
func (p *peer) followedBy(s *inboxServer, actor *instance.Actor) string {
	p.t.Helper()
	id := s.URL + "/u"
	a, err := parseActor([]byte(s.document()), id)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.node.ReceiveActor(p.t.Context(), a); err != nil {
		p.t.Fatal(err)
	}
	err = p.store.Write(p.t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(p.t.Context(), instance.Follow{ID: id + "#f", Actor: id, Object: actor.ID, State: instance.FollowAccepted})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// delivery is a job that delivers an event of the peer to an inbox.
func (p *peer) delivery(inbox string) instance.Job {
	p.t.Helper()
	org := p.organisation("libertic")
	o := p.publish(org, event("Atelier"))
	job := instance.NewJob(instance.JobAnnounce, instance.AnnounceArgs{Verb: instance.VerbCreate, ID: o.Common().ID})
	if err := p.Announce(p.t.Context(), job); err != nil {
		p.t.Fatal(err)
	}
	deliver := instance.NewJob(instance.JobDeliver, instance.DeliverArgs{Activity: p.activityID("Create", o.Common().ID), Inbox: inbox})
	deliver.Attempt, deliver.Created = 1, p.node.Now()
	return deliver
}

func TestDeliverOutcomes(t *testing.T) {
	t.Parallel()
	var snooze *instance.SnoozeError
	var cancelled *instance.CancelError
	final := func(err error) bool { return errors.As(err, &cancelled) }
	for status, want := range map[int]func(error) bool{
		200: func(err error) bool { return err == nil },
		202: func(err error) bool { return err == nil },
		301: final, 400: final, 403: final, 404: final, 405: final, 406: final, 410: final, 413: final, 415: final, 422: final, 501: final,
		401: func(err error) bool { return err != nil && !final(err) && !errors.As(err, &snooze) },
		429: func(err error) bool { return errors.As(err, &snooze) && snooze.For == 2*time.Minute },
		503: func(err error) bool { return errors.As(err, &snooze) && snooze.For == 2*time.Minute },
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newInboxServer(t)
			s.status.Store(int64(status))
			p := newPeer(t)
			if err := p.Deliver(t.Context(), p.delivery(s.URL+"/u/inbox")); !want(err) {
				t.Errorf("outcome %T: %v", err, err)
			}
		})
	}
}

func TestDeliverGivesUp(t *testing.T) {
	t.Parallel()
	s := newInboxServer(t)
	s.status.Store(http.StatusUnauthorized)
	p := newPeer(t)
	job := p.delivery(s.URL + "/u/inbox")
	job.Attempt = maxRefused
	var cancelled *instance.CancelError
	if err := p.Deliver(t.Context(), job); !errors.As(err, &cancelled) {
		t.Errorf("refused again and again: %v", err)
	}
	s.status.Store(http.StatusInternalServerError)
	var snooze *instance.SnoozeError
	for age, least := range map[time.Duration]time.Duration{0: 50 * time.Second, 4 * time.Hour: 3 * time.Hour, 2 * 24 * time.Hour: 10 * time.Hour} {
		job.Created = p.node.Now().Add(-age)
		if err := p.Deliver(t.Context(), job); !errors.As(err, &snooze) || snooze.For < least || snooze.For > maxRetry+maxRetry/10 {
			t.Errorf("after %s: %v", age, err)
		}
	}
	job.Created = p.node.Now().Add(-deliverFor)
	if err := p.Deliver(t.Context(), job); !errors.As(err, &cancelled) {
		t.Errorf("after three days: %v", err)
	}
}

// A dead host is left alone after a few failures; a live one is not kept waiting,
// and the dead one is found again when it comes back.
func TestDeliverDeadHost(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	dead, live := newInboxServer(t), newInboxServer(t)
	deadURL := dead.URL
	dead.Close()
	job := p.delivery(deadURL + "/u/inbox")
	for range breakerFailures {
		if err := p.Deliver(t.Context(), job); err == nil {
			t.Fatal("delivered to the dead")
		}
	}
	host, err := p.node.Host(t.Context(), instance.Origin(deadURL))
	if err != nil || host.Failures != breakerFailures || host.NextAt.IsZero() || host.LastError == "" {
		t.Fatalf("health: %+v, %v", host, err)
	}
	start := time.Now()
	for range 100 {
		var snooze *instance.SnoozeError
		if err := p.Deliver(t.Context(), job); !errors.As(err, &snooze) {
			t.Fatal(err)
		}
	}
	if spent := time.Since(start); spent > 2*time.Second {
		t.Errorf("100 deliveries to a dead host took %s", spent)
	}
	var args instance.DeliverArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		t.Fatal(err)
	}
	args.Inbox = live.URL + "/u/inbox"
	if err := p.Deliver(t.Context(), instance.NewJob(instance.JobDeliver, args)); err != nil || live.received.Load() != 1 {
		t.Errorf("live host: %v", err)
	}
	p.wait(breakerPause + time.Second)
	before := host.Failures
	if err := p.Deliver(t.Context(), job); err == nil {
		t.Error("the dead answered")
	}
	if host, err = p.node.Host(t.Context(), host.Domain); err != nil || host.Failures != before+1 {
		t.Errorf("probed: %+v, %v", host, err)
	}
}

// A success closes the breaker.
func TestDeliverRecovers(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	s := newInboxServer(t)
	job := p.delivery(s.URL + "/u/inbox")
	err := p.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(t.Context(), instance.Host{Domain: instance.Origin(s.URL), Failures: 7, NextAt: p.node.Now().Add(-time.Second), LastError: "down"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Deliver(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	host, err := p.node.Host(t.Context(), instance.Origin(s.URL))
	if err != nil || host.Failures != 0 || !host.NextAt.IsZero() || host.LastOK.IsZero() {
		t.Errorf("health: %+v, %v", host, err)
	}
}

// An inbox that is gone loses its followers, if their own server agrees.
func TestDeliverToTheGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ actor, left int }{"confirmed": {http.StatusGone, 0}, "not confirmed": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t)
			s := newInboxServer(t)
			s.status.Store(http.StatusGone)
			s.actor.Store(int64(c.actor))
			job := p.delivery(s.URL + "/u/inbox")
			org, err := p.node.ActorBySlug(t.Context(), instance.KindOrganisation, "libertic")
			if err != nil {
				t.Fatal(err)
			}
			p.followedBy(s, org)
			var cancelled *instance.CancelError
			if err := p.Deliver(t.Context(), job); !errors.As(err, &cancelled) {
				t.Errorf("outcome %v", err)
			}
			if _, n, err := p.node.Follows(t.Context(), instance.FollowFilter{Object: org.ID}); err != nil || n != c.left {
				t.Errorf("%d followers left, %v", n, err)
			}
		})
	}
}

// What was withdrawn while it waited is not delivered.
func TestDeliverNothingWithdrawn(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	s := newInboxServer(t)
	job := p.delivery(s.URL + "/u/inbox")
	objects, _, err := p.node.Objects(t.Context(), instance.ObjectFilter{})
	if err != nil {
		t.Fatal(err)
	}
	b := objects[0].Common()
	if err := p.node.Withdraw(t.Context(), b.Owner, b.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.Deliver(t.Context(), job); err != nil || s.received.Load() != 0 {
		t.Errorf("%v, %d deliveries", err, s.received.Load())
	}
	resp, _ := p.get("/activites/"+instance.Key(fmt.Sprintf(`["Create",%q]`, b.ID)), typeActivity)
	if resp.StatusCode != http.StatusGone {
		t.Errorf("its Create is served with %d", resp.StatusCode)
	}
}

// Under the real runner, a host that accepts connections and never answers does not
// hold back what goes elsewhere.
func TestDeliverBesideASilentHost(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	live := newInboxServer(t)
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(release) })

	var args instance.DeliverArgs
	if err := json.Unmarshal(p.delivery(live.URL+"/u/inbox").Args, &args); err != nil {
		t.Fatal(err)
	}
	const each = 30
	var waiting []instance.Job
	for _, server := range []string{silent.URL, live.URL} {
		for range each {
			args.Inbox = server + "/u/inbox"
			job := instance.NewJob(instance.JobDeliver, args)
			job.Key = instance.Origin(server)
			waiting = append(waiting, job)
		}
	}
	if err := p.store.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), waiting...) }); err != nil {
		t.Fatal(err)
	}
	runner := jobs.New(p.store, jobs.Options{Log: quiet(), Poll: 50 * time.Millisecond, Grace: 10 * time.Millisecond})
	runner.Handle(instance.JobDeliver, jobs.Limits{Workers: 8, PerKey: 4}, p.Deliver)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	start := time.Now()
	for live.received.Load() < each && time.Since(start) < 6*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	if n := live.received.Load(); n != each {
		t.Errorf("the live host received %d of %d in %s", n, each, time.Since(start))
	}
	stop()
	if err := <-done; err != nil {
		t.Log(err) // it had to interrupt the silent deliveries
	}
}
