package federation

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

const toEveryone = `"to":["https://www.w3.org/ns/activitystreams#Public"]`

// say posts an activity of an actor, signed by it; rest is its members after the actor.
func (p *peer) say(to *peer, as *instance.Actor, id, rest string) int {
	p.t.Helper()
	body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"actor":%q,%s}`, as.ID+"#"+id, as.ID, rest)
	return posting{to: to, from: p, as: as, body: body}.send().StatusCode
}

// Injection: an actor that nobody follows puts itself on our map by sending us anything.
func TestAttackStrangersTerritoryOnOurMap(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	spam := from.territory("casino-gratuit", nil)
	if status := from.say(to, spam, "like", fmt.Sprintf(`"type":"Like","object":%q`, to.base+"/actor")); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	if pending, err := to.store.Pending(t.Context()); err != nil || pending[instance.JobIndex] != 0 {
		t.Errorf("a stranger's territory is being indexed: %v, %v", pending, err)
	}
	_, listed, err := to.node.Actors(t.Context(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}})
	if err != nil || listed != 0 {
		t.Errorf("%d territories are listed, %v", listed, err)
	}
}

// Flood: what nothing here listens to is kept whole, for a month: 50 MB a second.
func TestAttackDiskFilledWithWhatNobodyHears(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("mallory")
	from.say(to, org, "like", fmt.Sprintf(`"type":"Like","object":%q,"content":%q`, to.base+"/actor", strings.Repeat("x", 900_000)))
	received, err := to.node.Received(t.Context(), 1)
	if err == nil && len(received.Body) > 64<<10 {
		t.Errorf("%d bytes of a Like are kept", len(received.Body))
	}
}

// GHSA-4qhx-hhwf-8685 (Fedify), by Delete: a neighbour deletes what we do not have
// yet, and the true one is refused for ever.
func TestAttackDeleteBeforeTheCreate(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	owner, mallory := from.organisation("libertic"), from.organisation("mallory")
	to.follow(from.domain())
	settleAll(t, to, from)
	const slug = "operation-libre"
	id := from.base + "/evenements/" + slug
	if status := from.say(to, mallory, "delete", fmt.Sprintf(`"type":"Delete","object":%q`, id)); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	settleAll(t, to)
	e := event("Opération Libre")
	e.Slug = slug
	from.publish(owner, e)
	settleAll(t, from, to)
	if got, err := to.node.Object(t.Context(), id); err != nil || got.Common().Name != "Opération Libre" || !got.Common().Deleted.IsZero() {
		t.Errorf("the owner's event: %+v, %v", got, err)
	}
}

// GHSA-8863-8468-7hq7 (Fedify) and FEP-fe34 (3), by backfill: the collection of one
// actor embeds another of its server, with a key of its own choice.
func TestAttackCollectionReplacesANeighboursKey(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Organization") // an organisation, not the whole server
	victim := func(key string) string {
		return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/victim","type":"Person","preferredUsername":"victim","inbox":"%[1]s/victim/inbox",
			"publicKey":{"id":"%[1]s/victim#main-key","owner":"%[1]s/victim","publicKeyPem":%[2]q}}`, a.URL, key)
	}
	a.pages["/victim"] = victim("of the victim")
	if _, err := p.Actor(t.Context(), a.URL+"/victim"); err != nil {
		t.Fatal(err)
	}
	a.page("/outbox", "", victim("of mallory"))
	p.backfill(a)
	if known, err := p.node.Actor(t.Context(), a.URL+"/victim"); err != nil || known.KeyPEM != "of the victim" {
		t.Errorf("its key is now %q, %v", known.KeyPEM, err)
	}
}

// FEP-fe34 (3), by backfill: the collection of one actor puts words in another's mouth.
func TestAttackCollectionSpeaksForANeighbour(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Organization")
	a.pages["/victim"] = fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/victim","type":"Person","preferredUsername":"victim","inbox":"%[1]s/i"}`, a.URL)
	err := p.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{ID: p.base + "/f2", Actor: p.node.Self().ID, Object: a.URL + "/victim", State: instance.FollowAccepted})
	})
	if err != nil {
		t.Fatal(err)
	}
	e := fmt.Sprintf(`{"id":"%[1]s/events/9","type":"Event","attributedTo":"%[1]s/victim",%[2]s,"name":"Faux","startTime":"2030-01-01T10:00:00Z"}`, a.URL, toEveryone)
	a.page("/outbox", "", fmt.Sprintf(`{"id":"%[1]s/c","type":"Create","actor":"%[1]s/actor","object":%[2]s}`, a.URL, e))
	p.backfill(a) // /events/9 itself answers 404
	if o, err := p.node.Object(t.Context(), a.URL+"/events/9"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("kept %+v, %v", o, err)
	}
}

// Busy loop: a Retry-After that overflows becomes a wait of 512 nanoseconds, or a
// negative one; and deliveries that are put off do not count as attempts.
func TestAttackRetryAfterOverflows(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"1", "9223372037", "18446744074", "9223372036854775807", "20211507185753197", "86401"} {
		w := httptest.NewRecorder()
		w.Header().Set("Retry-After", value)
		w.WriteHeader(http.StatusTooManyRequests)
		resp := w.Result()
		resp.Request = httptest.NewRequest(http.MethodPost, "https://x.example/inbox", nil)
		if got := newStatusError(resp).retryAfter; got < time.Second {
			t.Errorf("Retry-After: %s makes us wait %s", value, got)
		}
	}
}

// Retry-After without end: a job about a stranger's document that is put off for
// ever is never given up.
func TestAttackRetryAfterForEver(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	old := instance.Job{Kind: instance.JobFetch, Created: time.Now().Add(-30 * 24 * time.Hour)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	a := newArchive(t, p, "Application")
	old.Args, _ = json.Marshal(instance.FetchArgs{ID: server.URL + "/e", From: a.URL + "/actor"})
	var snooze *instance.SnoozeError
	if err := p.Fetch(t.Context(), old); errors.As(err, &snooze) {
		t.Errorf("after thirty days it is put off again, by %s, and not counted", snooze.For)
	}
}

func (p *peer) block(domain string) {
	p.t.Helper()
	err := p.store.Write(p.t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(p.t.Context(), instance.Host{Domain: domain, Blocked: true})
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// Block evasion: a redirect leads from a server that is not blocked to one that is.
func TestAttackBlockedHostBehindARedirect(t *testing.T) {
	t.Parallel()
	p, spam := newPeer(t), newPeer(t)
	id := spam.publish(spam.organisation("spam"), event("Casino")).Common().ID
	p.block(spam.domain())
	mirror := httptest.NewServer(http.RedirectHandler(id, http.StatusFound))
	defer mirror.Close()
	a := newArchive(t, p, "Application")
	_ = p.receiveFrom(t.Context(), a.URL+"/actor", mirror.URL+"/e")
	if o, err := p.node.Object(t.Context(), id); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("kept %+v, %v", o.Common(), err)
	}
}

// Block evasion: the same host spelt otherwise (trailing dot, default port, Unicode
// for Punycode; CVE-2023-42451 is of this family).
func TestAttackBlockedHostUnderAnotherSpelling(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{"https://spam.example./a", "https://spam.example:443/a", "https://bücher.example/a", "https://b%C3%BCcher.example/a", "https://ouest․fr/a"} {
		raw := fmt.Sprintf(`{"id":"%[1]s#1","type":"Follow","actor":"%[1]s","object":"https://ours.example/actor"}`, spelling)
		a, err := as2.ParseActivity([]byte(raw))
		if err == nil && a.Actor == spelling {
			t.Errorf("%s is taken for another server than the one it names: %s", spelling, instance.Origin(a.Actor))
		}
	}
}

// Starvation: the accounts of one server hold every worker of the inbox, each with
// an Update that has us read a document that never comes (10 s).
func TestAttackOneServerHoldsTheWorkers(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	for i := range 4 {
		org := from.organisation(fmt.Sprint("mallory-", i))
		from.say(to, org, "like", fmt.Sprintf(`"type":"Like","object":%q`, to.base+"/actor"))
	}
	claimed, err := to.store.Claim(t.Context(), []string{instance.JobReceive}, 4, 1, time.Minute) // as cmd does: one for each key
	if err != nil || len(claimed) > 1 {
		t.Errorf("%d workers are at work for one server, %v", len(claimed), err)
	}
}

// CVE-2026-23962 (Mastodon), CVE-2026-96623 (Fedify): a document that costs far more
// to parse than to send, before any signature is checked. Not parallel: it measures.
func TestAttackParsingCost(t *testing.T) {
	inner := "[" + strings.TrimSuffix(strings.Repeat(`{"a":0},`, 1000), ",") + "]"
	body := []byte(`{"id":"https://x.example/1","type":"Like","actor":"https://x.example/a","object":{"x":[` + strings.TrimSuffix(strings.Repeat(inner+",", 130), ",") + `]}}`)
	costtest.Cheap(t, "a document of many small objects", func() { _, _ = as2.ParseActivity(body) })
}

// Decompression bomb: 200 MB in 200 kB.
func TestAttackDecompressionBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 200 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeActivity)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}))
	defer server.Close()
	if _, _, err := testClient(t, true).document(t.Context(), server.URL); !errors.Is(err, errTooBig) {
		t.Errorf("got %v", err)
	}
}

// CVE-2025-30741 (Pixelfed): an Accept of what was never asked, or by another.
func TestAttackAcceptNeverAsked(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	victim, mallory := from.organisation("victim"), from.organisation("mallory")
	us := to.node.Self().ID
	to.follow("victim@" + from.domain())
	asked, err := to.store.Follow(t.Context(), us, victim.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range []string{
		string(followActivity(to.base+"/activites/x", us, mallory.ID)),
		string(followActivity(asked.ID, us, victim.ID)),
		fmt.Sprintf("%q", asked.ID),
		string(followActivity(asked.ID, mallory.ID, us)),
	} {
		from.say(to, mallory, fmt.Sprint(i), `"type":"Accept","object":`+object)
	}
	for range 3 {
		due, err := to.store.Claim(t.Context(), []string{instance.JobReceive}, 10, 0, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range due {
			if err := to.Receive(t.Context(), job); err != nil {
				t.Error(err)
			}
		}
	}
	if follow, err := to.store.Follow(t.Context(), us, victim.ID); err != nil || follow.State != instance.FollowPending {
		t.Errorf("the victim's answer: %+v, %v", follow, err)
	}
	if follow, err := to.store.Follow(t.Context(), us, mallory.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("a follow that nobody asked for: %+v, %v", follow, err)
	}
}

// CVE-2026-73090 (PeerTube), CVE-2024-23832 (Mastodon): what is embedded of another
// server is read there, and an actor changes nobody else's profile.
func TestAttackEmbeddedPoison(t *testing.T) {
	t.Parallel()
	to, from, honest := newPeer(t), newPeer(t), newPeer(t)
	mallory, org := from.organisation("mallory"), honest.organisation("libertic")
	id := honest.publish(org, event("Opération Libre")).Common().ID
	other := honest.publish(org, event("Cartopartie")).Common().ID
	to.follow("mallory@" + from.domain())
	settleAll(t, to, from)
	poison := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"type":"Event","name":"Piraté","attributedTo":%q,%s,"startTime":"2030-01-01T10:00:00Z","updated":"2029-01-01T10:00:00Z"}`, id, org.ID, toEveryone)
	}
	from.say(to, mallory, "announce", `"type":"Announce","object":`+poison(id))
	from.say(to, mallory, "create", `"type":"Create","object":`+poison(other))
	from.say(to, mallory, "update", fmt.Sprintf(`"type":"Update","object":{"id":%q,"type":"Organization","preferredUsername":"libertic","name":"Piraté","inbox":%q,
		"publicKey":{"id":%q,"owner":%q,"publicKeyPem":%q}}`, org.ID, from.base+"/inbox", org.KeyID, org.ID, mallory.KeyPEM))
	settleAll(t, to)
	from.say(to, mallory, "again", `"type":"Update","object":`+poison(id))
	from.say(to, mallory, "delete", fmt.Sprintf(`"type":"Delete","object":%q`, id))
	settleAll(t, to)
	for _, id := range []string{id, other} {
		if got := to.object(id).Common(); got.Name == "Piraté" || !got.Deleted.IsZero() {
			t.Errorf("%+v", got)
		}
	}
	if got, err := to.node.Actor(t.Context(), org.ID); err != nil || got.KeyPEM != org.KeyPEM || got.Name == "Piraté" {
		t.Errorf("%+v, %v", got, err)
	}
}

// CVE-2023-49079 (Misskey): headers sent twice, folded, or in another form, on the wire.
func TestAttackHeaderSmuggling(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("mallory")
	body := followActivity(org.ID+"#f", org.ID, to.base+"/actor")
	signed, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(signed, org.KeyID, from.privateKey(org), body, time.Now()); err != nil {
		t.Fatal(err)
	}
	h := func(name string) string { return name + ": " + signed.Header.Get(name) + "\r\n" }
	headers := "Host: " + to.domain() + "\r\n" + h("Date") + h("Digest") + h("Signature") + "Content-Type: " + typeActivity + "\r\n"
	for name, raw := range map[string]string{
		"two hosts":       "POST /inbox HTTP/1.1\r\nHost: victim.example\r\n" + headers,
		"two dates":       "POST /inbox HTTP/1.1\r\n" + h("Date") + headers,
		"two digests":     "POST /inbox HTTP/1.1\r\n" + h("Digest") + headers,
		"two signatures":  "POST /inbox HTTP/1.1\r\n" + h("Signature") + headers,
		"absolute target": "POST http://victim.example/inbox HTTP/1.1\r\n" + headers,
		"another path":    "POST /%69nbox HTTP/1.1\r\n" + headers,
		"dot segments":    "POST /actor/../inbox HTTP/1.1\r\n" + headers,
		"two slashes":     "POST //inbox HTTP/1.1\r\n" + headers,
		"a query":         "POST /inbox?x HTTP/1.1\r\n" + headers,
		"two lengths":     "POST /inbox HTTP/1.1\r\nContent-Length: 3\r\n" + headers,
		"chunked too":     "POST /inbox HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + headers,
		"space in a name": "POST /inbox HTTP/1.1\r\nDigest : x\r\n" + headers,
	} {
		conn, err := net.Dial("tcp", to.domain())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(conn, "%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", raw, len(body), body)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && resp.StatusCode < 400 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
		_ = conn.Close()
	}
	nothing(t, to, org.ID)
}

// Slow signers: requests whose keys never come hold a bounded number of lookups.
func TestAttackLookupsDoNotPileUp(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("mallory")
	release := make(chan struct{})
	stalled := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer stalled.Close()
	statuses := make(chan int, 50)
	for i := range 50 {
		actor := fmt.Sprintf("%s/u%d", stalled.URL, i)
		x := posting{to: to, from: from, as: org, keyID: actor + "#main-key", key: from.privateKey(org), body: followActivity(actor+"#f", actor, to.base+"/actor")}
		go func() { statuses <- x.send().StatusCode }()
	}
	for range 50 - maxLookups {
		select {
		case status := <-statuses:
			if status != http.StatusServiceUnavailable {
				t.Errorf("status %d", status)
			}
		case <-time.After(5 * time.Second):
			t.Error("requests pile up behind slow keys")
		}
	}
	close(release)
	for range maxLookups {
		<-statuses
	}
}

// Flood by wildcard DNS: a domain whose every name is a server, and accounts without
// number, are met slowly. Those who were met before are not held up.
func TestAttackServersWithoutNumber(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	stranger := &signedRequest{network: "203.0.113.0/24"}
	refused := 0
	for i := range maxFirst + 10 {
		if _, err := p.strange(t.Context(), stranger, fmt.Sprintf("https://h%d.evil.example/u", i)); err != nil {
			refused++
		}
	}
	if refused < 9 {
		t.Errorf("%d of %d servers were refused", refused, maxFirst+10)
	}
	elsewhere := &signedRequest{network: "198.51.100.0/24"}
	if err := p.store.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveHost(t.Context(), instance.Host{Domain: "large.example"}) }); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxFirst {
		met, err := p.strange(t.Context(), elsewhere, fmt.Sprintf("https://large.example/u%d", i))
		if err != nil {
			t.Fatalf("account %d of a server that is known: %v", i, err)
		}
		met()
	}
}

// Where requests come from is believed of the proxies beside us alone.
func TestAttackForgedNetworks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ remote, forwarded, want string }{
		{"127.0.0.1:1", "", ""},
		{"127.0.0.1:1", "93.184.216.34", "93.184.216.0/24"},
		{"93.184.216.34:1", "8.8.8.8", "93.184.216.0/24"},
		{"[::ffff:93.184.216.34]:1", "", "93.184.216.0/24"},
		{"[2a01:e0a:1:2::3]:1", "", "2a01:e0a:1::/48"},
		{"10.0.0.2:1", "6.6.6.6, 93.184.216.34", "93.184.216.0/24"},
		{"what", "", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/inbox", nil)
		if r.RemoteAddr = tc.remote; tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if got := networkOf(r); got != tc.want {
			t.Errorf("%+v: %q", tc, got)
		}
	}
}

// Flood: a stranger has us keep a megabyte, for a month, with each signature.
func TestAttackDiskFilledByStrangers(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newPeer(t)
	org := from.organisation("mallory")
	large := strings.Repeat("x", 900_000)
	for _, kind := range []string{"Delete", "Add", "Invite"} {
		rest := fmt.Sprintf(`"type":%q,"object":{"id":%q,"type":"Note","content":%q}`, kind, from.base+"/x", large)
		if status := from.say(to, org, kind, rest); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s of 900 kB: %d", kind, status)
		}
	}
	to.Federation.kept = newLimiter(1, 1000)
	like := fmt.Sprintf(`"type":"Like","object":%q`, to.base+"/actor")
	last := 0
	for i := range 8 {
		last = from.say(to, org, fmt.Sprint("like", i), like)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("beyond what a domain may have kept: %d", last)
	}
}

// Amplification: an actor that is followed points us, many times over, at a third party.
func TestAttackAnnouncesAimedAtAThirdParty(t *testing.T) {
	t.Parallel()
	p, victim, evil := newPeer(t), newSite(t), newSite(t)
	mallory := evil.actor("/mallory", "Organization")
	p.hearsOf(mallory)
	p.Federation.abroad = newLimiter(0.01, 5)
	for i := range 20 {
		err := p.receiveFrom(t.Context(), mallory, fmt.Sprint(victim.URL, "/", i))
		var status *statusError
		if i >= 5 && (!errors.As(err, &status) || status.code != http.StatusTooManyRequests || status.retryAfter == 0) {
			t.Errorf("document %d: %v", i, err)
		}
	}
	if asked := len(victim.readings()); asked != 5 {
		t.Errorf("%d documents of the victim were asked for", asked)
	}
	if err := p.receiveFrom(t.Context(), mallory, mallory+"/e"); errors.Is(err, instance.ErrForbidden) {
		t.Error(err)
	}
}

// Log flood: a NUL in an address is a mistake of who asks, not of the server.
func TestAttackNUL(t *testing.T) {
	t.Parallel()
	to := newPeer(t)
	for _, path := range []string{"/.well-known/webfinger?resource=acct:a%00@x", "/organisations/%00/outbox", "/activites/%00", "/evenements/%00/replies", "/actor/followers?page=%00"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := status(t, r); got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}
