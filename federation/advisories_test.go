package federation

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// Each test here is a known hole of another server, tried on us; more of them are in
// attack_test.go, keys_test.go and flood_test.go.

// CVE-2024-25623 (Mastodon), CVE-2024-25636 (Misskey): a file that somebody uploaded to
// a peer passes for an actor of it.
func TestAttackUploadAsActor(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/plain", "application/json", "application/ld+json", "text/html", "image/png", "application/octet-stream", ""} {
		to, from := newPeer(t), newSite(t)
		alice := from.actor("/alice", "Person")
		document := from.pages["/alice"]
		from.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			fmt.Fprint(w, document)
		})
		if got := from.post(to, alice, followActivity(alice+"/f", alice, to.base+"/actor")); got != http.StatusUnauthorized {
			t.Errorf("%q: status %d", contentType, got)
		}
	}
}

// CVE-2024-52591, CVE-2025-25306 (Misskey): the page and the id of an object are on
// another server than its owner.
func TestAttackPageOfAnotherServer(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	alice := from.actor("/alice", "Person")
	to.hearsOf(alice)
	e := strings.Replace(from.event("/e", alice, "Atelier"), `"name"`, `"url":"https://victim.example/login","name"`, 1)
	elsewhere := strings.Replace(from.event("/e2", alice, "Ailleurs"), from.URL+"/e2", "https://victim.example/e2", 1)
	from.post(to, alice, from.activity("/c", "Create", alice, e))
	from.post(to, alice, from.activity("/c2", "Create", alice, elsewhere))
	settleReceive(t, to)
	if got := to.object(from.URL + "/e").Common().URL; got != from.URL+"/e" {
		t.Errorf("its page is %s", got)
	}
	if _, kept := to.knows("https://victim.example/e2"); kept {
		t.Error("kept under the id of another server")
	}
}

// GHSA-8863-8468-7hq7 (Fedify): an actor's address leads to, or shows, another actor.
func TestAttackActorShowsAnother(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	victim := from.actor("/victim", "Person")
	mallory := from.URL + "/mallory"
	from.rsa = freshRSA(t)
	from.serve("/mallory", strings.Replace(from.actorDocument("/mallory"), fmt.Sprintf(`"id":%q`, mallory), fmt.Sprintf(`"id":%q`, victim), 1))
	for _, actor := range []string{mallory, victim} {
		if got := from.post(to, mallory, followActivity(actor+"/f", actor, to.base+"/actor")); got != http.StatusUnauthorized {
			t.Errorf("as %s: status %d", actor, got)
		}
	}
	nothing(t, to, victim)
}

// actorDocument is what actor serves, with the keys of now.
func (s *site) actorDocument(path string) string {
	s.actor(path, "Person")
	return s.pages[path]
}

// CVE-2025-54888 (Fedify), CVE-2026-90679 (Forgejo), GoToSocial 0.13.2, CVE-2024-37903
// (Mastodon): whatever an activity is, its actor is who signed it.
func TestAttackActorIsNotTheSigner(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	mallory, victim := from.actor("/mallory", "Person"), from.actor("/victim", "Person")
	to.hearsOf(victim)
	to.hearsOf(mallory)
	from.post(to, victim, from.activity("/c", "Create", victim, from.event("/e", victim, "Atelier")))
	settleReceive(t, to)
	forger := withoutItsKey(t, from)
	types := []string{"Like", "Join", "Leave", "Flag", "Block", "Move", "Add", "Remove", "EmojiReact", "Invite"}
	for kind := range listeners {
		types = append(types, kind)
	}
	for _, kind := range types {
		body := from.activity("/x/"+kind, kind, victim, fmt.Sprintf("%q", from.URL+"/e"))
		if got := from.post(to, mallory, body); got != http.StatusUnauthorized {
			t.Errorf("%s: status %d", kind, got)
		}
		if got := forger.post(to, mallory, body); got != http.StatusUnauthorized {
			t.Errorf("%s with another key: status %d", kind, got)
		}
	}
	if _, kept := to.knows(from.URL + "/e"); !kept {
		t.Error("it is gone")
	}
}

// withoutItsKey is somebody who says they are the site, with a key of their own.
func withoutItsKey(t *testing.T, s *site) *site {
	t.Helper()
	return &site{Server: s.Server, t: t, rsa: freshRSA(t), ed: s.ed}
}

func freshRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// CVE-2022-24307, CVE-2026-46349, CVE-2026-48028 (Mastodon), CVE-2026-46713 (Misskey),
// GHSA-9rfg-v8g9-9367 (Fedify): a Linked Data Signature survives what changes the
// meaning of a document. None vouches for anything here.
func TestAttackLinkedDataSignature(t *testing.T) {
	t.Parallel()
	to, author, other := newPeer(t), newSite(t), newSite(t)
	alice, mallory := author.actor("/alice", "Person"), other.actor("/mallory", "Person")
	to.hearsOf(alice)
	create := string(author.activity("/c", "Create", alice, author.event("/e", alice, "Piraté")))
	signature := fmt.Sprintf(`,"signature":{"type":"RsaSignature2017","creator":"%s#main-key","created":"2026-01-01T00:00:00Z","signatureValue":"c2ln"}}`, alice)
	for name, body := range map[string]string{
		"signed":         strings.TrimSuffix(create, "}") + signature,
		"as a proof too": strings.TrimSuffix(create, "}") + `,"proof":{"type":"RsaSignature2017"}` + signature,
		"in a @graph":    fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","@graph":[%s]%s`, create, signature),
		"@included":      strings.TrimSuffix(create, "}") + `,"@included":[]` + signature,
		"@reverse":       strings.TrimSuffix(create, "}") + `,"@reverse":{}` + signature,
	} {
		if got := other.post(to, mallory, []byte(body)); got < 400 {
			t.Errorf("%s: status %d", name, got)
		}
	}
	settleReceive(t, to)
	if _, kept := to.knows(author.URL + "/e"); kept {
		t.Error("kept")
	}
}

// CVE-2023-42451 (Mastodon): a domain with a slash in it passes for what is before.
func TestAttackDomainWithASlash(t *testing.T) {
	t.Parallel()
	for _, handle := range []string{"@a@victim.example/.evil.example", "@a@victim.example\\.evil.example", "@a@victim.example#.evil.example", "@a@victim.example?.evil.example", "@a@evil.example@victim.example", "@a@victim.example%2f.evil.example"} {
		if name, host, ok := cutHandle(handle); ok && (host == "victim.example" || strings.ContainsAny(host, `/\#?`)) {
			t.Errorf("%s is %s on %s", handle, name, host)
		}
	}
	for _, iri := range []string{"https://victim.example/.evil.example/u", "https://victim.example.evil.example/u", "https://victim.example@evil.example/u", "https://victim.example%2f@evil.example/u", "https://evil.example#victim.example", "https://evil.example\\@victim.example/"} {
		if instance.SameOrigin(iri, "https://victim.example/actor") && !strings.HasPrefix(iri, "https://victim.example/") {
			t.Errorf("%s passes for victim.example", iri)
		}
	}
}

// GHSA-hcqf-fw2r-52g4 (Mastodon): an address with line breaks writes headers of its own.
func TestAttackAddressSplitsTheRequest(t *testing.T) {
	t.Parallel()
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.RequestURI+" "+r.Header.Get("X-Evil"))
	}))
	c := testClient(t, true)
	for _, path := range []string{"/a HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET /b", "/a\r\nX-Evil: 1", "/a\nX-Evil: 1", "/a%0d%0aX-Evil: 1", "/a b", "/\x00", "/é"} {
		_, _, _ = c.document(t.Context(), server.URL+path)
	}
	server.Close()
	for _, request := range seen {
		if strings.HasSuffix(request, " 1") || strings.HasPrefix(request, "/b") || strings.ContainsAny(strings.TrimSuffix(request, " "), " \r\n") {
			t.Errorf("it sent %q", request)
		}
	}
}

// CVE-2026-62857, CVE-2026-77632, CVE-2026-96624 (Fedify), CVE-2026-55103 (Discourse),
// CVE-2025-25194 (Lemmy), CVE-2026-22245 (Mastodon): a link in NodeInfo, a redirect of a
// signed request or an inbox leads to where only we can go.
func TestAttackLedInside(t *testing.T) {
	t.Parallel()
	inside := newSite(t)
	inside.serve("/secret", `{"id":"x"}`)
	c := testClient(t, false)
	for _, address := range []string{inside.URL + "/secret", "https://127.0.0.1/secret", "https://[::ffff:127.0.0.1]/secret", "https://0/secret", "https://2130706433/", "https://0x7f.1/", "https://localhost/x", "https://169.254.169.254/latest"} {
		if _, _, err := c.document(t.Context(), address); !errors.Is(err, errUnsafeURL) {
			t.Errorf("document %s: %v", address, err)
		}
		if _, err := c.small(t.Context(), address); !errors.Is(err, errUnsafeURL) {
			t.Errorf("NodeInfo %s: %v", address, err)
		}
		if err := c.post(t.Context(), address, "https://node.example/actor#main-key", testKey(), []byte(`{}`)); !errors.Is(err, errUnsafeURL) {
			t.Errorf("inbox %s: %v", address, err)
		}
	}
	// A redirect is judged as the address itself is.
	resp := &http.Response{StatusCode: 302, Header: http.Header{"Location": {inside.URL + "/secret"}}, Body: http.NoBody, Request: httptest.NewRequest(http.MethodGet, "https://peer.example/u", nil)}
	_, next, err := readAnswer(resp, maxDocument, isActivityStreams)
	if err != nil || next != inside.URL+"/secret" {
		t.Fatal(next, err)
	}
	if _, err := c.request(t.Context(), http.MethodGet, next, nil); !errors.Is(err, errUnsafeURL) {
		t.Errorf("redirect: %v", err)
	}
	if n := inside.readings()["/secret"]; n != 0 {
		t.Errorf("it was read %d times", n)
	}

	// NodeInfo of one server names a document of another.
	p, peer := newPeer(t), newSite(t)
	peer.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":%q}]}`, inside.URL+"/secret")
	})
	if software, err := p.softwareOf(t.Context(), strings.TrimPrefix(peer.URL, "http://")); err != nil || software != "" || inside.readings()["/secret"] != 0 {
		t.Errorf("%q, %v", software, err)
	}
}

// CVE-2023-36459 (Mastodon): what a peer writes runs in a reader's page. Every field
// that is shown is tried; web/ escapes what is plain text.
func TestAttackScriptInEveryField(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	alice := from.actor("/alice", "Person")
	to.hearsOf(alice)
	const script = `<p>ok</p><script>alert(1)</script><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a><svg onload=alert(1)><iframe srcdoc=x>`
	e := fmt.Sprintf(`{"id":"%[1]s/e","type":"Event","attributedTo":%[2]q,%[3]s,"name":"%[4]s","summary":"%[4]s","content":"%[4]s","startTime":"2099-01-01T10:00:00Z",
		"url":"javascript:alert(1)","image":{"type":"Image","url":"javascript:alert(1)","name":"%[4]s"},"attachment":[{"type":"Link","href":"javascript:alert(1)","name":"%[4]s"}],
		"location":{"type":"Place","name":"%[4]s","url":"javascript:alert(1)"},"tag":[{"type":"Hashtag","name":"#%[4]s","href":"javascript:alert(1)"}],
		"externalParticipationUrl":"javascript:alert(1)"}`, from.URL, alice, toEveryone, script)
	if got := from.post(to, alice, from.activity("/c", "Create", alice, e)); got != http.StatusAccepted {
		t.Fatalf("status %d", got)
	}
	settleReceive(t, to)
	o := to.object(from.URL + "/e").(*instance.Event)
	if c := strings.ToLower(o.Content); strings.Contains(c, "script") || strings.Contains(c, "onerror") || strings.Contains(c, "onload") || strings.Contains(c, "iframe") || !strings.Contains(c, "ok") {
		t.Errorf("content %s", o.Content)
	}
	if all := fmt.Sprintf("%+v %+v %+v", o.Base.URL, o.Image, o); strings.Contains(all, `href="javascript`) || o.URL != o.ID || o.Image != nil && strings.HasPrefix(o.Image.URL, "javascript") {
		t.Errorf("%s", all)
	}
	for _, text := range []string{o.Name, o.Summary} {
		if strings.Contains(text, "\n") || len(text) > 4000 {
			t.Errorf("%q", text)
		}
	}
}
