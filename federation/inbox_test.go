package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// nothing checks that the peer kept neither an activity nor the sender.
func nothing(t *testing.T, p *peer, sender string) {
	t.Helper()
	if received, err := p.node.Received(t.Context(), 1); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("an activity was kept: %+v, %v", received, err)
	}
	if actor, err := p.node.Actor(t.Context(), sender); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("the sender was kept: %+v, %v", actor, err)
	}
	if pending, err := p.store.Pending(t.Context()); err != nil || pending[instance.JobReceive] != 0 {
		t.Errorf("jobs: %v, %v", pending, err)
	}
}

// What is forged, stale, unsigned or not the signer's is refused, leaves no trace,
// and does not spoil what comes after.
func TestInboxRefusesAndForgets(t *testing.T) {
	t.Parallel()
	stranger := newPeer(t)
	mallory, victim := stranger.organisation("mallory"), stranger.organisation("victim")
	otherKey := newPeer(t)
	cases := map[string]struct {
		status int
		spoil  func(*posting)
	}{
		"forged":          {401, func(x *posting) { x.key = otherKey.privateKey(otherKey.node.Self()) }},
		"stale":           {401, func(x *posting) { x.at = time.Now().Add(-2 * time.Hour) }},
		"from the future": {401, func(x *posting) { x.at = time.Now().Add(2 * time.Hour) }},
		"unsigned":        {401, func(x *posting) { x.after = func(r *http.Request) { r.Header.Del("Signature") } }},
		"body changed": {401, func(x *posting) {
			changed := followActivity(mallory.ID+"#other", mallory.ID, x.to.base+"/actor")
			x.after = func(r *http.Request) { *r = *withBody(r, changed) }
		}},
		"digest changed too": {401, func(x *posting) {
			changed := followActivity(mallory.ID+"#other", mallory.ID, x.to.base+"/actor")
			x.after = func(r *http.Request) {
				*r = *withBody(r, changed)
				r.Header.Set("Digest", digestOf(changed))
			}
		}},
		"meant for another host": {401, func(x *posting) {
			x.after = func(r *http.Request) { r.Host = "victim.example" }
		}},
		"meant for another path": {401, func(x *posting) {
			x.after = func(r *http.Request) { r.URL.Path = "/actor/inbox" }
		}},
		"date changed": {401, func(x *posting) {
			x.after = func(r *http.Request) { r.Header.Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)) }
		}},
		"signed by a neighbour": {401, func(x *posting) {
			x.body = followActivity(victim.ID+"#f", victim.ID, x.to.base+"/actor")
		}},
		"signed by somebody elsewhere": {403, func(x *posting) {
			x.body = followActivity("https://victim.example/f", "https://victim.example/actor", x.to.base+"/actor")
		}},
		"id of another server": {403, func(x *posting) {
			x.body = followActivity("https://victim.example/f", mallory.ID, x.to.base+"/actor")
		}},
		"in our name": {403, func(x *posting) {
			x.body = followActivity(x.to.base+"/f", x.to.base+"/actor", x.to.base+"/actor")
			x.keyID = x.to.base + "/actor#main-key"
		}},
		"unknown key": {401, func(x *posting) { x.keyID = mallory.ID + "#no-such-key" }},
		"not JSON":    {400, func(x *posting) { x.body = []byte(`{"type"`) }},
		"no actor":    {400, func(x *posting) { x.body = []byte(`{"id":"https://x.example/1","type":"Follow"}`) }},
		"doubled keys": {400, func(x *posting) {
			x.body = []byte(`{"id":"https://x.example/1","type":"Follow","actor":"https://x.example/a","actor":"https://y.example/a"}`)
		}},
		"a form": {415, func(x *posting) {
			x.before = func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }
		}},
		"ld+json, no profile": {415, func(x *posting) {
			x.before = func(r *http.Request) { r.Header.Set("Content-Type", "application/ld+json") }
		}},
		"compressed": {415, func(x *posting) { x.before = func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") } }},
		"huge":       {413, func(x *posting) { x.body = append(x.body, bytes.Repeat([]byte(" "), maxInbox)...) }},
		"to nobody":  {404, func(x *posting) { x.path = "/organisations/personne/inbox" }},
		"its server is down": {503, func(x *posting) {
			x.body = followActivity("http://127.0.0.1:1/f", "http://127.0.0.1:1/actor", x.to.base+"/actor")
			x.keyID = "http://127.0.0.1:1/actor#main-key"
		}},
	}
	for name, c := range cases {
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
}

func withBody(r *http.Request, body []byte) *http.Request {
	changed, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	changed.Header, changed.Host = r.Header, r.Host
	return changed
}

func TestInboxAccepts(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	x := posting{to: to, from: from, as: org, path: "/actor/inbox", body: followActivity(org.ID+"#f1", org.ID, to.base+"/actor")}
	if resp := x.send(); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d", resp.StatusCode)
	}
	received, err := to.node.Received(t.Context(), 1)
	if err != nil || !bytes.Equal(received.Body, x.body) || received.Actor != org.ID {
		t.Fatalf("kept %+v, %v", received, err)
	}
	settleAll(t, to, from)
	if inboxes, err := to.node.FollowerInboxes(t.Context(), to.base+"/actor"); err != nil || len(inboxes) != 1 || inboxes[0] != from.base+"/inbox" {
		t.Errorf("inboxes %v, %v", inboxes, err)
	}
}

// The very same signed request is refused the second time; the same activity signed
// again is welcome and does nothing.
func TestInboxReplay(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	like := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Like","actor":%q,"object":%q}`, org.ID+"#l", org.ID, to.base+"/actor")
	x := posting{to: to, from: from, as: org, body: like, at: time.Now()}
	first, replayed := x.send().StatusCode, x.send().StatusCode
	x.at = x.at.Add(2 * time.Second)
	if again := x.send().StatusCode; first != 202 || replayed != 401 || again != 202 {
		t.Errorf("statuses %d, %d, %d", first, replayed, again)
	}
	if _, err := to.node.Received(t.Context(), 2); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("kept more than once: %v", err)
	}
}

// Servers tell everyone of accounts that leave: nothing is asked about strangers.
func TestInboxDropsStrangersLeaving(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	before := from.hits.Load()
	for _, verb := range []string{"Delete", "Update"} {
		body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":%q,"actor":%q,"object":%q}`, org.ID+"#"+verb, verb, org.ID, org.ID)
		if resp := (posting{to: to, from: from, as: org, body: body}).send(); resp.StatusCode != http.StatusAccepted {
			t.Errorf("%s: status %d", verb, resp.StatusCode)
		}
	}
	nothing(t, to, org.ID)
	if from.hits.Load() != before {
		t.Error("the stranger's server was asked")
	}
}

func TestInboxBlockedHost(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("spam")
	err := to.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(t.Context(), instance.Host{Domain: from.domain(), Blocked: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	x := posting{to: to, from: from, as: org, body: followActivity(org.ID+"#f", org.ID, to.base+"/actor")}
	if resp := x.send(); resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
	nothing(t, to, org.ID)
}

func TestInboxRateLimit(t *testing.T) {
	t.Parallel()
	to := newPeer(t, func(o *Options) { o.InboxRate = 0.05 }) // bursts of two
	from := newPeer(t)
	org := from.organisation("libertic")
	var last *http.Response
	for i := range 3 {
		last = posting{to: to, from: from, as: org, body: followActivity(fmt.Sprint(org.ID, "#", i), org.ID, to.base+"/actor")}.send()
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", last.StatusCode, last.Header.Get("Retry-After"))
	}
}

// A peer that changed its key is read again, and believed; a forger does not make
// us read it at every attempt.
func TestInboxKeyRotation(t *testing.T) {
	t.Parallel()
	to, from, other := newPeer(t), newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	send := func(id string, spoil func(*posting)) int {
		x := posting{to: to, from: from, as: org, body: followActivity(org.ID+"#"+id, org.ID, to.base+"/actor")}
		if spoil != nil {
			spoil(&x)
		}
		return x.send().StatusCode
	}
	if status := send("1", nil); status != 202 {
		t.Fatalf("first: %d", status)
	}
	// What the store of the receiver holds is an older key, of the same id.
	stored, err := to.node.Actor(t.Context(), org.ID)
	if err != nil {
		t.Fatal(err)
	}
	stored.KeyPEM = other.node.Self().KeyPEM
	if err := to.node.ReceiveActor(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	if status := send("2", nil); status != 202 {
		t.Errorf("with the new key: %d", status)
	}
	hits := from.hits.Load()
	for i := range 5 {
		forge := func(x *posting) { x.key = other.privateKey(other.node.Self()) }
		if status := send(fmt.Sprint("forged", i), forge); status != 401 {
			t.Errorf("forged: %d", status)
		}
	}
	if n := from.hits.Load() - hits; n > 3 {
		t.Errorf("the forger had the actor read %d times", n)
	}
}

// A peer may change only what is its own, whatever it signs.
func TestReceiveJudgesOwners(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	owner, mallory := from.organisation("libertic"), from.organisation("mallory")
	theirs := from.publish(owner, event("Opération Libre")).Common().ID
	to.follow(from.domain())
	settleAll(t, to, from)
	to.object(theirs)
	say := func(id, activity string) {
		t.Helper()
		x := posting{to: to, from: from, as: mallory, body: fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"actor":%q,%s}`, mallory.ID+"#"+id, mallory.ID, activity)}
		if resp := x.send(); resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%s: %d", id, resp.StatusCode)
		}
	}
	raw, err := json.Marshal(map[string]any{
		"id": theirs, "type": "Event", "name": "Piraté", "attributedTo": mallory.ID, "to": "https://www.w3.org/ns/activitystreams#Public",
		"startTime": "2030-01-01T10:00:00Z", "updated": "2029-01-01T10:00:00Z",
	})
	if err != nil {
		t.Fatal(err)
	}
	say("delete", fmt.Sprintf(`"type":"Delete","object":%q`, theirs))
	say("update", `"type":"Update","object":`+string(raw))
	say("create", `"type":"Create","object":`+string(raw))
	say("gone", fmt.Sprintf(`"type":"Delete","object":%q`, owner.ID))
	say("undo", fmt.Sprintf(`"type":"Undo","object":{"type":"Follow","actor":%q,"object":%q}`, owner.ID, to.base+"/actor"))
	say("odd", `"type":"Create","object":{"type":"Event"}`)
	say("odder", `"type":"Arrive"`)
	settleAll(t, to, from)
	if got := to.object(theirs).Common(); got.Name != "Opération Libre" || !got.Deleted.IsZero() {
		t.Errorf("it became %+v", got)
	}
	if actor, err := to.node.Actor(t.Context(), owner.ID); err != nil || !actor.Gone.IsZero() {
		t.Errorf("its owner: %+v, %v", actor, err)
	}
}

// A follower that nobody here follows back changes its keys: what it says next is believed.
func TestInboxKeepsTheNewKeysOfAFollower(t *testing.T) {
	t.Parallel()
	here, there := newPeer(t), newPeer(t)
	here.organisation("tiriad")
	follower := there.organisation("libertic")
	found, err := there.Discover(t.Context(), "@tiriad@"+here.domain())
	if err == nil {
		err = there.node.RequestFollow(t.Context(), follower.ID, found.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	settleAll(t, there, here)
	there.wait(2 * time.Second)
	if err := there.node.RotateKey(t.Context(), follower.ID); err != nil {
		t.Fatal(err)
	}
	settleAll(t, there, here)
	want, err := there.node.Actor(t.Context(), follower.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := here.node.Actor(t.Context(), follower.ID); err != nil || got.KeyPEM != want.KeyPEM {
		t.Errorf("its key is not the new one: %v", err)
	}
}
