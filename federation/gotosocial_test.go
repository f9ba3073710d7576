package federation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// goToSocial is a server that behaves as GoToSocial does (October 2025): it shows
// its actor to signed requests only, has its key in a document of its own, has no
// shared inbox and signs with algorithm hs2019.
type goToSocial struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey
	us  *peer

	mu    sync.Mutex
	inbox [][]byte
}

func newGoToSocial(t *testing.T, us *peer) *goToSocial {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &goToSocial{t: t, key: key, us: us}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/zoe", g.signedOnly(func(w http.ResponseWriter) { g.write(w, g.actor(true)) }))
	mux.HandleFunc("GET /users/zoe/main-key", func(w http.ResponseWriter, _ *http.Request) { g.write(w, g.actor(false)) })
	mux.HandleFunc("POST /users/zoe/inbox", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = g.check(r, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inbox = append(g.inbox, body)
		w.WriteHeader(http.StatusAccepted)
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *goToSocial) id() string { return g.URL + "/users/zoe" }

func (g *goToSocial) actor(whole bool) map[string]any {
	der, err := x509.MarshalPKIXPublicKey(&g.key.PublicKey)
	if err != nil {
		g.t.Fatal(err)
	}
	doc := map[string]any{
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       g.id(), "type": "Person", "preferredUsername": "zoe",
		"publicKey": map[string]any{
			"id": g.id() + "/main-key", "owner": g.id(),
			"publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		},
	}
	if whole {
		doc["inbox"], doc["outbox"], doc["followers"] = g.id()+"/inbox", g.id()+"/outbox", g.id()+"/followers"
	}
	return doc
}

func (g *goToSocial) write(w http.ResponseWriter, doc any) {
	w.Header().Set("Content-Type", typeActivity+"; charset=utf-8")
	_ = json.NewEncoder(w).Encode(doc)
}

func (g *goToSocial) signedOnly(serve func(http.ResponseWriter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := g.check(r, nil); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		serve(w)
	}
}

// check reads our key as a stranger does, and verifies our signature with it.
func (g *goToSocial) check(r *http.Request, body []byte) error {
	s, err := checkRequest(r, body, "http://"+r.Host, time.Now())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.signer, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", typeActivity)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var doc struct {
		PublicKey struct {
			ID           string `json:"id"`
			PublicKeyPem string `json:"publicKeyPem"`
		} `json:"publicKey"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		return err
	}
	key, err := parsePublicKey(doc.PublicKey.PublicKeyPem)
	if err != nil {
		return err
	}
	return s.verify(doc.PublicKey.ID, key)
}

func (g *goToSocial) post(ctx context.Context, activity map[string]any) int {
	g.t.Helper()
	activity["@context"] = "https://www.w3.org/ns/activitystreams"
	activity["actor"] = g.id()
	body, err := json.Marshal(activity)
	if err != nil {
		g.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.us.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	date := time.Now().UTC().Format(http.TimeFormat)
	text := sha256.Sum256([]byte("(request-target): post /inbox\nhost: " + g.us.domain() + "\ndate: " + date + "\ndigest: " + digest))
	signature, err := rsa.SignPKCS1v15(nil, g.key, crypto.SHA256, text[:])
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeLD)
	r.Header.Set("Date", date)
	r.Header.Set("Digest", digest)
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s/main-key",algorithm="hs2019",headers="(request-target) host date digest",signature="%s"`,
		g.id(), base64.StdEncoding.EncodeToString(signature)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func (g *goToSocial) received() []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []map[string]any
	for _, body := range g.inbox {
		out = append(out, fieldsOf(g.t, body))
	}
	return out
}

// Someone on GoToSocial follows a commune and sees what happens in it.
func TestGoToSocialFollowsACommune(t *testing.T) {
	t.Parallel()
	us := newPeer(t)
	org := us.organisation("tiriad")
	brest := us.territory("brest", nil)
	g := newGoToSocial(t, us)
	follow := map[string]any{"id": g.id() + "/follow/1", "type": "Follow", "object": brest.ID, "to": brest.ID}
	if status := g.post(t.Context(), follow); status != http.StatusAccepted {
		t.Fatalf("follow: %d", status)
	}
	settleAll(t, us)
	told := us.publish(org, event("Fest-noz libre", brest)).Common().ID
	settleAll(t, us)

	got := g.received()
	if len(got) != 2 {
		t.Fatalf("received %d activities: %v", len(got), got)
	}
	accept, announce := got[0], got[1]
	inner, _ := accept["object"].(map[string]any)
	if accept["type"] != "Accept" || accept["actor"] != brest.ID || inner["id"] != follow["id"] {
		t.Errorf("accept: %v", accept)
	}
	if announce["type"] != "Announce" || announce["actor"] != brest.ID || announce["object"] != told {
		t.Errorf("announce: %v", announce)
	}

	undo := map[string]any{"id": g.id() + "/undo/1", "type": "Undo", "object": map[string]any{
		"id": follow["id"], "type": "Follow", "actor": g.id(), "object": brest.ID,
	}}
	if status := g.post(t.Context(), undo); status != http.StatusAccepted {
		t.Fatalf("undo: %d", status)
	}
	settleAll(t, us)
	if inboxes, err := us.node.FollowerInboxes(t.Context(), brest.ID); err != nil || len(inboxes) != 0 {
		t.Errorf("still delivered to %v, %v", inboxes, err)
	}

	// The same Follow id again deserves an answer again.
	time.Sleep(time.Second) // another Date, or it would be the same signed request
	if status := g.post(t.Context(), follow); status != http.StatusAccepted {
		t.Fatalf("follow again: %d", status)
	}
	settleAll(t, us)
	if got := g.received(); len(got) != 3 || got[2]["type"] != "Accept" {
		t.Errorf("after following again: %v", got)
	}

	// An account that leaves is forgotten.
	if status := g.post(t.Context(), map[string]any{"id": g.id() + "#delete", "type": "Delete", "object": g.id()}); status != http.StatusAccepted {
		t.Fatalf("delete: %d", status)
	}
	settleAll(t, us)
	if actor, err := us.node.Actor(t.Context(), g.id()); err != nil || actor.Gone.IsZero() {
		t.Errorf("after leaving: %+v, %v", actor, err)
	}
	if _, n, err := us.node.Follows(t.Context(), instance.FollowFilter{Actor: g.id()}); err != nil || n != 0 {
		t.Errorf("%d follows left, %v", n, err)
	}
}
