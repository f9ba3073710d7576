package federation

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// peer is a real node on loopback: store, HTTP server and federation.
type peer struct {
	*Federation
	t      testing.TB
	base   string
	server *httptest.Server
	ahead  atomic.Int64 // nanoseconds its clock is ahead
	hits   atomic.Int64 // requests it answered
}

func newPeer(t testing.TB, options ...func(*Options)) *peer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, base: "http://" + listener.Addr().String()}
	node, err := instance.New(t.Context(), instance.Options{
		BaseURL: p.base, Name: "Nœud d'essai", Store: storetest.Open(t), Log: quiet(),
		Now: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Node: node, AllowPrivate: true, Version: "1.2.3", Log: quiet()}
	for _, option := range options {
		option(&o)
	}
	if p.Federation, err = New(o); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	p.Register(e)
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.hits.Add(1)
		e.ServeHTTP(w, r)
	})
	p.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: counted}}
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// wait moves the clock of the peer forward.
func (p *peer) wait(d time.Duration) { p.ahead.Add(int64(d)) }

func (p *peer) handlers() map[string]func(context.Context, instance.Job) error {
	return map[string]func(context.Context, instance.Job) error{
		instance.JobIndex:    func(context.Context, instance.Job) error { return nil },
		instance.JobAnnounce: p.Announce, instance.JobDeliver: p.Deliver, instance.JobReceive: p.Receive,
		instance.JobFollow: p.SendFollow, instance.JobAnswer: p.Answer, instance.JobFetch: p.Fetch, instance.JobBackfill: p.Backfill,
		instance.JobSync: p.Synchronise, instance.JobPropose: p.Propose, instance.JobProposeAnswer: p.AnswerProposal,
		instance.JobOrganise: p.Organise, instance.JobJoin: p.SendJoin, instance.JobJoinAnswer: p.AnswerJoin,
	}
}

// work runs the jobs that are due and says how many there were, and which ended in
// an error.
func (p *peer) work() (ran int, failed []error) {
	p.t.Helper()
	ctx := p.t.Context()
	handlers := p.handlers()
	kinds := []string{}
	for kind := range handlers {
		kinds = append(kinds, kind)
	}
	due, err := p.store.Claim(ctx, kinds, 100, 0, time.Minute)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, job := range due {
		err := handlers[job.Kind](ctx, job)
		var snooze *instance.SnoozeError
		var cancelled *instance.CancelError
		switch {
		case err == nil:
			err = p.store.Finish(ctx, job.ID)
		case errors.As(err, &snooze):
			failed = append(failed, err)
			err = p.store.Reschedule(ctx, job.ID, time.Now().Add(snooze.For), false, err.Error())
		case errors.As(err, &cancelled):
			failed = append(failed, err)
			err = p.store.Fail(ctx, job.ID, err.Error())
		default:
			failed = append(failed, err)
			err = p.store.Reschedule(ctx, job.ID, time.Now().Add(time.Minute), true, err.Error())
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return len(due), failed
}

// settleAll runs the jobs of all peers until none is due.
func settleAll(t testing.TB, peers ...*peer) {
	t.Helper()
	for range 50 {
		ran := 0
		for _, p := range peers {
			n, failed := p.work()
			for _, err := range failed {
				t.Errorf("%s: job failed: %v", p.base, err)
			}
			ran += n
		}
		if ran == 0 {
			return
		}
	}
	t.Error("jobs never end")
}

// organisation opens one on the node.
func (p *peer) organisation(slug string) *instance.Actor {
	p.t.Helper()
	a, err := p.node.CreateActor(p.t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: slug, Name: "Association " + slug})
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *peer) territory(slug string, parent *instance.Actor) *instance.Actor {
	p.t.Helper()
	territory := &instance.Territory{Kind: "commune"}
	if parent != nil {
		territory = &instance.Territory{Kind: "quartier", Parent: &instance.Ref{ID: parent.ID, Slug: parent.Slug, Name: parent.Name}}
	}
	a, err := p.node.CreateActor(p.t.Context(), instance.Actor{Kind: instance.KindTerritory, Slug: slug, Name: slug, Territory: territory})
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *peer) publish(by *instance.Actor, o instance.Object) instance.Object {
	p.t.Helper()
	out, err := p.node.Publish(p.t.Context(), by.ID, o)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// tomorrow is one moment: an event that is written again has not moved.
var tomorrow = time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)

func event(name string, territories ...*instance.Actor) *instance.Event {
	e := &instance.Event{When: instance.When{Start: tomorrow}}
	e.Kind, e.Name, e.Content = instance.KindEvent, name, "<p>Venez nombreux.</p>"
	for _, t := range territories {
		e.Territories = append(e.Territories, instance.Ref{ID: t.ID, Slug: t.Slug, Name: t.Name})
	}
	return e
}

func sheet(name string) *instance.Partner {
	s := &instance.Partner{}
	s.Kind, s.Name = instance.KindPartner, name
	return s
}

// follow makes p's node follow a remote actor, as discovered from what people type.
func (p *peer) follow(what string) *instance.Actor {
	p.t.Helper()
	a, err := p.Discover(p.t.Context(), what)
	if err != nil {
		p.t.Fatalf("discover %s: %v", what, err)
	}
	if err := p.node.RequestFollow(p.t.Context(), p.node.Self().ID, a.ID); err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *peer) domain() string { return strings.TrimPrefix(p.base, "http://") }

func (p *peer) object(id string) instance.Object {
	p.t.Helper()
	o, err := p.node.Object(p.t.Context(), id)
	if err != nil {
		p.t.Fatalf("%s has no %s: %v", p.base, id, err)
	}
	return o
}

func (p *peer) privateKey(actor *instance.Actor) *rsa.PrivateKey {
	p.t.Helper()
	_, key, err := p.signingKey(p.t.Context(), actor.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return key
}

// get reads a document of the peer.
func (p *peer) get(path, accept string) (*http.Response, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, body
}

func fieldsOf(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return m
}

// posting is a signed POST to an inbox, to be spoilt before it is sent.
type posting struct {
	to     *peer
	from   *peer
	as     *instance.Actor
	path   string
	body   []byte
	at     time.Time
	keyID  string
	key    *rsa.PrivateKey
	before func(*http.Request) // before signing
	after  func(*http.Request) // after signing
}

func (x posting) send() *http.Response {
	t := x.to.t
	t.Helper()
	if x.path == "" {
		x.path = "/inbox"
	}
	if x.at.IsZero() {
		x.at = time.Now()
	}
	if x.keyID == "" {
		x.keyID = x.as.KeyID
	}
	if x.key == nil {
		x.key = x.from.privateKey(x.as)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.to.base+x.path, bytes.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeActivity)
	if x.before != nil {
		x.before(r)
	}
	if err := sign(r, x.keyID, x.key, x.body, x.at); err != nil {
		t.Fatal(err)
	}
	if x.after != nil {
		x.after(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func followActivity(id, actor, object string) []byte {
	return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Follow","actor":%q,"object":%q}`, id, actor, object)
}
