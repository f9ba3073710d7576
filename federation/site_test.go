package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// site is a server of the test's making: documents by path, whose actors share an RSA
// and an Ed25519 key.
type site struct {
	*httptest.Server
	t   *testing.T
	rsa *rsa.PrivateKey
	ed  ed25519.PrivateKey

	mu     sync.Mutex
	pages  map[string]string
	status map[string]int // of paths that answer nothing but it
	reads  map[string]int // by path
	takes  bool           // what is posted is kept, wherever it is
	posted []map[string]any
	ticks  time.Duration
}

func newSite(t *testing.T) *site {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, rsa: testKey(), ed: ed, pages: map[string]string{}, status: map[string]int{}, reads: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Method == http.MethodPost && s.takes {
			s.take(w, r)
			return
		}
		s.reads[r.URL.Path]++
		page, ok := s.pages[r.URL.Path]
		switch status := s.status[r.URL.Path]; {
		case status != 0:
			w.WriteHeader(status)
		case !ok:
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", typeActivity)
			fmt.Fprint(w, page)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) edID(actor string) string { return actor + "#ed25519-key" }

// actor serves one, and returns its id.
func (s *site) actor(path, kind string) string {
	s.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&s.rsa.PublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	id := s.URL + path
	s.serve(path, fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%[1]q,"type":%[2]q,"preferredUsername":"someone","inbox":%[3]q,
		"publicKey":{"id":"%[1]s#main-key","owner":%[1]q,"publicKeyPem":%[4]q},
		"assertionMethod":[{"id":%[5]q,"type":"Multikey","controller":%[1]q,"publicKeyMultibase":%[6]q}]}`,
		id, kind, s.URL+"/inbox", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		s.edID(id), instance.EncodeMultikey(s.ed.Public().(ed25519.PublicKey))))
	return id
}

func (s *site) serve(path, document string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = document
}

// take keeps what is posted.
func (s *site) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.posted = append(s.posted, fieldsOf(s.t, body))
	w.WriteHeader(http.StatusAccepted)
}

// received is what was posted so far.
func (s *site) received() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posted)
}

func (s *site) answers(path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status[path] = status
}

// readings are how often each path was read so far.
func (s *site) readings() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.reads)
}

// event writes one of the actor's, at a path of the site.
func (s *site) event(path, owner, name string) string {
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Event","attributedTo":%q,%s,"name":%q,
		"startTime":"2099-01-01T10:00:00Z","published":%q}`, s.URL+path, owner, toEveryone, name, time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339))
}

// activity writes one of the actor's about an object.
func (s *site) activity(path, kind, actor, object string) []byte {
	return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":%q,"actor":%q,%s,"object":%s}`, s.URL+path, kind, actor, toEveryone, object)
}

// prove adds the proof of one of its actors to a document.
func (s *site) prove(actor string, body []byte) []byte {
	s.t.Helper()
	proven, err := addProof(body, s.edID(actor), s.ed, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return proven
}

// post sends a document signed as an actor of the site, and returns the answer's status.
func (s *site) post(to *peer, actor string, body []byte) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeActivity)
	if err := sign(r, actor+"#main-key", s.rsa, body, time.Now()); err != nil {
		s.t.Fatal(err)
	}
	return status(s.t, r)
}

// draft is how a program signs by draft-cavage-12.
type draft struct {
	keyID string
	names string // the headers that it signs, in its order
	host  string // as it signs it
	says  string // its Host header, when it is not the address it posts to
}

// deliver posts a document signed as a program does it, the text to sign written by hand.
func (s *site) deliver(to *peer, d draft, activity map[string]any) int {
	s.t.Helper()
	body, err := json.Marshal(activity)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = d.says
	s.ticks++ // no request is a replay of another
	values := map[string]string{
		"(request-target)": "post /inbox", "host": d.host, "content-length": strconv.Itoa(len(body)), "digest": digestOf(body),
		"date": time.Now().Add(-s.ticks * time.Second).UTC().Format(http.TimeFormat),
	}
	var lines []string
	for name := range strings.FieldsSeq(d.names) {
		lines = append(lines, name+": "+values[name])
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(nil, s.rsa, crypto.SHA256, sum[:])
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeActivity)
	r.Header.Set("Date", values["date"])
	r.Header.Set("Digest", values["digest"])
	r.Header.Set("Signature", fmt.Sprintf(`keyId=%q,algorithm="rsa-sha256",headers=%q,signature=%q`, d.keyID, d.names, base64.StdEncoding.EncodeToString(signature)))
	return status(s.t, r)
}

func status(t *testing.T, r *http.Request) int {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// hearsOf makes the node of a peer follow a remote actor, as if it had accepted.
func (p *peer) hearsOf(actor string) {
	p.t.Helper()
	a, err := p.Actor(p.t.Context(), actor)
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.store.Write(p.t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(p.t.Context(), instance.Follow{ID: p.base + "/f/" + instance.Key(a.ID), Actor: p.node.Self().ID, Object: a.ID, State: instance.FollowAccepted})
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// knows says whether the peer holds an object alive, and its name.
func (p *peer) knows(id string) (string, bool) {
	o, err := p.node.Object(p.t.Context(), id)
	if err != nil || !o.Common().Deleted.IsZero() {
		return "", false
	}
	return o.Common().Name, true
}
