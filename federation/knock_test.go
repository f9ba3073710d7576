package federation

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// door is a server that answers each scheme with a status of its choice.
type door struct {
	*httptest.Server
	status [2]atomic.Int64 // by scheme
	knocks [2]atomic.Int64
}

func newDoor(t *testing.T, draft, rfc int64) *door {
	d := &door{}
	d.status[cavage].Store(draft)
	d.status[rfc9421].Store(rfc)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s, err := checkRequest(r, body, d.URL, time.Now())
		if err == nil {
			err = s.verify("http://node.example/actor#main-key", &testKey().PublicKey)
		}
		if err != nil || len(s.signatures) != 1 {
			t.Errorf("%s: %v", r.Method, err)
			return
		}
		d.knocks[s.proof.scheme].Add(1)
		if d.status[s.proof.scheme].Load() == 0 { // it hangs up
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", typeActivity)
		w.WriteHeader(int(d.status[s.proof.scheme].Load()))
		if r.Method == http.MethodGet {
			fmt.Fprintf(w, actorDoc, d.URL+r.URL.Path)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *door) counts() string {
	return fmt.Sprintf("%d draft, %d rfc", d.knocks[cavage].Swap(0), d.knocks[rfc9421].Swap(0))
}

// Which answers make us knock again, and which answer counts in the end; for a
// delivery and for a document.
func TestKnock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		draft, rfc int64
		knocks     string
		status     int // 0 = success
	}{
		"reads both":                    {200, 200, "1 draft, 0 rfc", 0},
		"401 to the draft":              {401, 200, "1 draft, 1 rfc", 0},
		"400 to the draft":              {400, 200, "1 draft, 1 rfc", 0},
		"refuses both":                  {401, 401, "1 draft, 1 rfc", 401},
		"the first refusal counts":      {400, 401, "1 draft, 1 rfc", 400},
		"500 to RFC 9421, as Gancio":    {401, 500, "1 draft, 1 rfc", 401},
		"hangs up on RFC 9421":          {401, 0, "1 draft, 1 rfc", 401},
		"403 is about us":               {403, 200, "1 draft, 0 rfc", 403},
		"404 is about what we ask for":  {404, 200, "1 draft, 0 rfc", 404},
		"410 too":                       {410, 200, "1 draft, 0 rfc", 410},
		"429 says when to come back":    {429, 200, "1 draft, 0 rfc", 429},
		"500 has nothing to do with it": {500, 200, "1 draft, 0 rfc", 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, send := range map[string]func(*client, string) error{
				"POST": func(c *client, u string) error {
					return c.post(t.Context(), u+"/inbox", "http://node.example/actor#main-key", testKey(), []byte(`{}`))
				},
				"GET": func(c *client, u string) error {
					_, _, err := c.document(t.Context(), u+"/u?page=1")
					return err
				},
			} {
				d := newDoor(t, c.draft, c.rfc)
				err := send(testClient(t, true), d.URL)
				var status *statusError
				if c.status == 0 && err != nil || c.status != 0 && (!errors.As(err, &status) || status.code != c.status) {
					t.Errorf("%s: %v", method, err)
				}
				knocks := c.knocks
				if method == "GET" && c.draft != 200 && c.status != 0 && knocks == "1 draft, 1 rfc" {
					knocks = "2 draft, 1 rfc" // the draft again, without the query
				}
				if got := d.counts(); got != knocks {
					t.Errorf("%s: %s", method, got)
				}
			}
		})
	}
}

// What a server reads is remembered, for deliveries and documents alike, and learnt
// again when it changes.
func TestKnockRemembers(t *testing.T) {
	t.Parallel()
	d, other := newDoor(t, 401, 202), newDoor(t, 202, 202)
	c := testClient(t, true)
	post := func(d *door) {
		t.Helper()
		if err := c.post(t.Context(), d.URL+"/inbox", "http://node.example/actor#main-key", testKey(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	post(d)
	post(d)
	post(d)
	if got := d.counts(); got != "1 draft, 3 rfc" {
		t.Errorf("a server that reads RFC 9421 only: %s", got)
	}
	post(other)
	if got := other.counts(); got != "1 draft, 0 rfc" {
		t.Errorf("another server: %s", got)
	}
	d.status[rfc9421].Store(200)
	if _, _, err := c.document(t.Context(), d.URL+"/u"); err != nil || d.counts() != "0 draft, 1 rfc" {
		t.Errorf("a document: %v", err)
	}
	d.status[cavage].Store(202)
	d.status[rfc9421].Store(401)
	post(d)
	post(d)
	if got := d.counts(); got != "2 draft, 1 rfc" {
		t.Errorf("after it went back to the draft: %s", got)
	}
}

// Some peers check a signed GET as if it had no query, and nothing else of it.
func TestKnockWithoutTheQuery(t *testing.T) {
	t.Parallel()
	var knocks atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		knocks.Add(1)
		s, err := parseCavage(r.Header.Get("Signature"))
		if err == nil {
			var text []byte
			if text, err = signingString(r, r.Host, r.URL.Path, s.names, s.created, s.expires); err == nil {
				s.texts = [][]byte{text}
				err = s.verify(&testKey().PublicKey)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", typeActivity)
		fmt.Fprintf(w, actorDoc, "http://"+r.Host+r.RequestURI)
	}))
	defer server.Close()
	c := testClient(t, true)
	for i, want := range []int64{3, 1, 1} { // asked twice more in all, then known
		path := []string{"/u?page=1", "/u?page=2", "/u"}[i]
		if _, _, err := c.document(t.Context(), server.URL+path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if got := knocks.Swap(0); got != want {
			t.Errorf("%s: %d requests", path, got)
		}
	}
}

// What a server reads is known after a restart, and when it goes back to the draft.
func TestKnockRemembersAcrossRestarts(t *testing.T) {
	t.Parallel()
	p, d := newPeer(t), newDoor(t, 401, 202)
	post := func(f *Federation) {
		t.Helper()
		if err := f.client.post(t.Context(), d.URL+"/inbox", "http://node.example/actor#main-key", testKey(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	restarted := func() *Federation {
		t.Helper()
		f, err := New(Options{Node: p.node, AllowPrivate: true, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	post(p.Federation)
	post(restarted())
	if got := d.counts(); got != "1 draft, 2 rfc" {
		t.Errorf("%s", got)
	}
	d.status[cavage].Store(202)
	d.status[rfc9421].Store(401)
	post(restarted())
	post(restarted())
	if got := d.counts(); got != "2 draft, 1 rfc" {
		t.Errorf("back to the draft: %s", got)
	}
}

// Two nodes, one of which reads RFC 9421 only: they follow each other, and what is
// published arrives, on both sides.
func TestNodesOverRFC9421(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	var refused, labelled atomic.Int64
	inner := b.server.Config.Handler
	b.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Signature-Input") != "":
			labelled.Add(1)
		case r.Header.Get("Signature") != "":
			refused.Add(1)
			http.Error(w, "RFC 9421 only", http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	})
	here, there := a.organisation("tiriad"), b.organisation("libertic")
	a.follow(b.domain())
	b.follow(a.domain())
	settleAll(t, a, b)
	for _, x := range []struct{ on, from *peer }{{a, b}, {b, a}} {
		follow, err := x.on.store.Follow(t.Context(), x.on.base+"/actor", x.from.base+"/actor")
		if err != nil || follow.State != instance.FollowAccepted {
			t.Errorf("follow: %+v, %v", follow, err)
		}
	}
	ours, theirs := a.publish(here, event("Fest-noz libre")).Common().ID, b.publish(there, event("Cartopartie")).Common().ID
	settleAll(t, a, b)
	a.object(theirs)
	b.object(ours)
	if refused.Load() != 1 || labelled.Load() < 3 {
		t.Errorf("%d drafts refused, %d requests with RFC 9421", refused.Load(), labelled.Load())
	}
}

// The inbox treats RFC 9421 as it does the draft: same identity, same answers, and
// a request only once.
func TestInboxRFC9421(t *testing.T) {
	t.Parallel()
	stranger := newPeer(t)
	mallory, victim := stranger.organisation("mallory"), stranger.organisation("victim")
	// over signs again in RFC 9421, and takes the draft's signature away.
	over := func(x *posting, keyOf *instance.Actor, then func(*http.Request)) {
		x.after = func(r *http.Request) {
			r.Header.Del("Signature")
			r.Header.Del("Digest")
			if err := signRFC9421(r, x.as.KeyID, stranger.privateKey(keyOf), x.body, time.Now()); err != nil {
				t.Error(err)
			}
			if then != nil {
				then(r)
			}
		}
	}
	for name, c := range map[string]struct {
		status int
		spoil  func(*posting)
	}{
		"forged": {401, func(x *posting) { over(x, victim, nil) }},
		"body and digest changed": {401, func(x *posting) {
			changed := followActivity(mallory.ID+"#other", mallory.ID, x.to.base+"/actor")
			over(x, mallory, func(r *http.Request) {
				*r = *withBody(r, changed)
				r.Header.Set("Content-Digest", contentDigestOf(changed))
			})
		}},
		"meant for another path": {401, func(x *posting) {
			over(x, mallory, func(r *http.Request) { r.URL.Path = "/actor/inbox" })
		}},
		"signed by a neighbour": {401, func(x *posting) {
			x.body = followActivity(victim.ID+"#f", victim.ID, x.to.base+"/actor")
			over(x, mallory, nil)
		}},
		"signed by somebody elsewhere": {403, func(x *posting) {
			x.body = followActivity("https://victim.example/f", "https://victim.example/actor", x.to.base+"/actor")
			over(x, mallory, nil)
		}},
		"with a draft of a neighbour": {401, func(x *posting) {
			over(x, mallory, func(r *http.Request) {
				labelled := r.Header.Get("Signature")
				if err := sign(r, victim.KeyID, stranger.privateKey(victim), x.body, time.Now()); err != nil {
					t.Error(err)
				}
				r.Header.Add("Signature", labelled)
			})
		}},
		"not JSON": {400, func(x *posting) {
			x.body = []byte(`{"type"`)
			over(x, mallory, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := newPeer(t)
			x := posting{to: to, from: stranger, as: mallory, body: followActivity(mallory.ID+"#f", mallory.ID, to.base+"/actor")}
			c.spoil(&x)
			if resp := x.send(); resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			nothing(t, to, mallory.ID)
		})
	}

	t.Run("accepted once", func(t *testing.T) {
		t.Parallel()
		to := newPeer(t)
		x := posting{to: to, from: stranger, as: mallory, body: followActivity(mallory.ID+"#f", mallory.ID, to.base+"/actor")}
		var sent http.Header
		over(&x, mallory, func(r *http.Request) { sent = r.Header.Clone() })
		if resp := x.send(); resp.StatusCode != http.StatusAccepted {
			t.Fatalf("first: %d", resp.StatusCode)
		}
		settleAll(t, to)
		x.after = func(r *http.Request) { r.Header = sent }
		if resp := x.send(); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("again: %d", resp.StatusCode)
		}
		if pending, err := to.store.Pending(t.Context()); err != nil || pending[instance.JobReceive] != 0 {
			t.Errorf("jobs %v, %v", pending, err)
		}
		if _, err := to.node.Received(t.Context(), 2); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("kept twice: %v", err)
		}
	})
}
