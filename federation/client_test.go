package federation

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:4700::1111": true, "1.1.1.1": true,
		"127.0.0.1": false, "0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "169.254.169.254": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "192.0.0.1": false, "192.0.2.1": false,
		"192.88.99.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false,
		"240.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "::ffff:127.0.0.1": false,
		"::ffff:10.0.0.1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"2001:db8::1": false, "2001::1": false, "2002:7f00:1::": false, "64:ff9b::7f00:1": false, "3fff::1": false,
	} {
		if got := publicAddress(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: public = %v", address, got)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://peer.example/users/a": true, "https://peer.example:8443/a": true, "https://bücher.example/": true,
		"http://peer.example/a": false, "https://127.0.0.1/": false, "https://[::1]/": false, "https://localhost/": false,
		"https://user:pw@peer.example/": false, "https://printer.local/": false, "https://x.internal/": false,
		"https://x.onion/": false, "https://peer.example:22/": false, "ftp://peer.example/": false, "file:///etc/passwd": false,
		"https://" + strings.Repeat("a.", 200) + "example/": false, "https:///a": false, "https://intranet/": false,
		"https://x.localhost./": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkURL(u, false); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func testClient(t *testing.T, allowPrivate bool) *client {
	t.Helper()
	key := testKey()
	return newClient(Options{AllowPrivate: allowPrivate, UserAgent: "maillage/test"}, time.Now,
		func(context.Context) (string, *rsa.PrivateKey, error) {
			return "http://node.example/actor#main-key", key, nil
		})
}

// A name that resolves to a private address is refused when it is dialled: the name
// itself looks public here.
func TestDialRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	transport := newTransport(false)
	resp, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, errUnsafeURL) {
		t.Errorf("got %v", err)
	}
}

const actorDoc = `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s","type":"Person"}`

func TestDocument(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	document := func(contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			fmt.Fprintf(w, actorDoc, server.URL+r.URL.Path)
		}
	}
	mux.HandleFunc("/ok", document(typeActivity+"; charset=utf-8"))
	mux.HandleFunc("/ld", document(typeLD))
	mux.HandleFunc("/upload", document("text/plain"))
	mux.HandleFunc("/json", document("application/json"))
	mux.HandleFunc("/bare-ld", document("application/ld+json"))
	mux.Handle("/gone", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeActivity)
		chunk := []byte(strings.Repeat(" ", 64<<10))
		for range 100 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/hop/", func(w http.ResponseWriter, r *http.Request) { // /hop/3 -> /hop/2 ... -> /ok
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/hop/%d", &n)
		if _, err := checkRequest(r, nil, "http://"+r.Host, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized) // every hop is signed for itself
			return
		}
		next := "/ok"
		if n > 1 {
			next = fmt.Sprintf("/hop/%d", n-1)
		}
		http.Redirect(w, r, next, http.StatusFound)
	})
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "ftp://127.0.0.1/x", http.StatusFound)
	})
	c := testClient(t, true)
	for path, want := range map[string]error{
		"/ok": nil, "/ld": nil, "/hop/3": nil, "/upload": errNotAS, "/json": errNotAS, "/bare-ld": errNotAS,
		"/gone": instance.ErrGone, "/missing": instance.ErrNotFound, "/huge": errTooBig, "/hop/4": errUnsafeURL, "/inside": errUnsafeURL,
	} {
		_, final, err := c.document(t.Context(), server.URL+path)
		if !errors.Is(err, want) || (want == nil && err != nil) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if path == "/hop/3" && final != server.URL+"/ok" {
			t.Errorf("ended at %s", final)
		}
	}
}

// A body that drips is cut at the deadline of the caller as of the client.
func TestDocumentSlowBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", typeActivity)
		for {
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, _, err := testClient(t, true).document(ctx, server.URL)
	if !temporary(err) || time.Since(start) > 3*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

// What a document says of itself counts only at the address it names.
func TestFetchBelievesOrigins(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	says := func(id string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", typeActivity)
			fmt.Fprintf(w, actorDoc, id)
		}
	}
	mux.HandleFunc("/a", says(server.URL+"/a"))
	mux.HandleFunc("/alias", says(server.URL+"/a"))
	mux.HandleFunc("/impostor", says("https://victim.example/actor"))
	mux.HandleFunc("/maze", says(server.URL+"/maze2"))
	mux.HandleFunc("/maze2", says(server.URL+"/maze"))
	mux.HandleFunc("/to-victim", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, p.base+"/actor", http.StatusFound)
	})
	for path, want := range map[string]string{"/a": "/a", "/alias": "/a", "/impostor": "", "/maze": "", "/to-victim": ""} {
		doc, err := p.fetch(t.Context(), server.URL+path)
		if want == "" {
			if !errors.Is(err, instance.ErrForbidden) {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if err != nil || doc.id != server.URL+want {
			t.Errorf("%s: %q, %v", path, doc.id, err)
		}
	}
	if _, err := p.Actor(t.Context(), server.URL+"/alias"); !errors.Is(err, instance.ErrForbidden) && !theirFault(err) {
		t.Errorf("an actor under another name: %v", err)
	}
}

// What is missing is not asked for at every mention.
func TestFetchRemembersWhatIsMissing(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	before := b.hits.Load()
	for range 5 {
		if _, _, err := a.Object(t.Context(), b.base+"/evenements/rien"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if n := b.hits.Load() - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// An actor cannot have us deliver to its neighbours.
func TestParseActorKeepsToItsServer(t *testing.T) {
	t.Parallel()
	raw := `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/u","type":"Person","preferredUsername":"u",
		"inbox":"https://a.example/u/inbox","outbox":"https://b.example/outbox","endpoints":{"sharedInbox":"https://victim.example/inbox"},
		"publicKey":{"id":"https://a.example/u#main-key","owner":"https://a.example/u","publicKeyPem":"x"}}`
	a, err := parseActor([]byte(raw), "https://a.example/u")
	if err != nil {
		t.Fatal(err)
	}
	if a.SharedInbox != "" || a.Outbox != "" || a.DeliveryInbox() != "https://a.example/u/inbox" {
		t.Errorf("%+v", a)
	}
	if _, err := parseActor([]byte(raw), "https://a.example/v"); !errors.Is(err, instance.ErrForbidden) {
		t.Errorf("another id: %v", err)
	}
}
