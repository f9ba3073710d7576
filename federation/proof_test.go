package federation

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// The vector of FEP-8b32.
const (
	vectorSecret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
	vectorPublic = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	vectorKeyID  = "https://server.example/users/alice#ed25519-key"
	vectorDoc    = `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
		"id":"https://server.example/activities/1","type":"Create","actor":"https://server.example/users/alice",
		"object":{"id":"https://server.example/objects/1","type":"Note","attributedTo":"https://server.example/users/alice","content":"Hello world",
			"location":{"type":"Place","longitude":-71.184902,"latitude":25.273962}}%s}`
	vectorProof = `,"proof":{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2"],
		"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"https://server.example/users/alice#ed25519-key",
		"proofPurpose":"assertionMethod","created":"2023-02-24T23:36:38Z",
		"proofValue":"z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"}`
)

// proven verifies the proofs of a document with a key, one must do.
func proven(raw string, key ed25519.PublicKey) error {
	doc, proofs := readProofs([]byte(raw))
	err := badProof("none")
	for _, p := range proofs {
		if err = p.verify(doc, key, now); err == nil {
			return nil
		}
	}
	return err
}

func TestProofVector(t *testing.T) {
	t.Parallel()
	key, err := instance.ParseMultikey(vectorPublic)
	if err != nil {
		t.Fatal(err)
	}
	signed := fmt.Sprintf(vectorDoc, vectorProof)
	if err := proven(signed, key); err != nil {
		t.Error(err)
	}
	// Made again from the secret key, it is the same: Ed25519 has nothing random in it.
	secret, err := instance.DecodeMultibase(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	doc, proofs := readProofs([]byte(signed))
	data, err := proofData(proofs[0].options, doc.sum)
	if err != nil {
		t.Fatal(err)
	}
	if got := ed25519.Sign(ed25519.NewKeyFromSeed(secret[2:]), data); string(got) != string(proofs[0].value) {
		t.Errorf("signed %s", instance.EncodeMultibase(got))
	}
}

// Each document is as its author signed it but for one thing.
func TestProofRefuses(t *testing.T) {
	t.Parallel()
	key, err := instance.ParseMultikey(vectorPublic)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed := fmt.Sprintf(vectorDoc, vectorProof)
	replace := func(old, by string) string {
		if !strings.Contains(signed, old) {
			t.Fatalf("%s is not in it", old)
		}
		return strings.Replace(signed, old, by, 1)
	}
	for name, raw := range map[string]string{
		"no proof":              fmt.Sprintf(vectorDoc, ""),
		"other words":           replace("Hello world", "Hello world!"),
		"a member more":         replace(`"type":"Create"`, `"type":"Create","to":"x"`),
		"a member less":         replace(`"id":"https://server.example/activities/1",`, ""),
		"another term":          replace(`"id":"https://server.example/activities/1"`, `"@id":"https://server.example/activities/1"`),
		"a context more":        replace(`data-integrity/v2"],`, `data-integrity/v2",{"content":"https://x.example/nothing"}],`),
		"another context in it": replace(`"proof":{"@context":["https://www.w3.org/ns/activitystreams",`, `"proof":{"@context":[`),
		"another purpose":       replace("assertionMethod", "authentication"),
		"another suite":         replace("eddsa-jcs-2022", "eddsa-rdfc-2022"),
		"another kind of proof": replace("DataIntegrityProof", "Ed25519Signature2020"),
		"another date":          replace("2023-02-24T23:36:38Z", "2023-02-24T23:36:39Z"),
		"no date":               replace(`"created":"2023-02-24T23:36:38Z"`, `"created":"yesterday"`),
		"from the future":       replace("2023-02-24T23:36:38Z", "2099-02-24T23:36:38Z"),
		"expired":               replace(`"created"`, `"expires":"2024-01-01T00:00:00Z","created"`),
		"another key's id":      replace("alice#ed25519-key", "alice#other"),
		"no key":                replace(`"verificationMethod":"`, `"method":"`),
		"short value":           replace("z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52N", "z"),
		"not base58":            replace("z42ffGu6", "z0Il"),
		"base64":                replace("z42ffGu6", "u42ffGu6"),
		"names in capitals":     strings.NewReplacer(`"proof"`, `"Proof"`).Replace(signed),
	} {
		if err := proven(raw, key); !errors.Is(err, errProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := proven(signed, other); !errors.Is(err, errProof) {
		t.Errorf("another key: %v", err)
	}
}

// What Fedify sends: its proof has no @context of its own but signs the document's,
// and a Linked Data Signature is added after it.
func TestProofOfFedify(t *testing.T) {
	t.Parallel()
	public, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := addProof([]byte(fmt.Sprintf(vectorDoc, "")), vectorKeyID, secret, now)
	if err != nil {
		t.Fatal(err)
	}
	var doc object
	if err := json.Unmarshal(made, &doc); err != nil {
		t.Fatal(err)
	}
	options := members(doc["proof"])[0]
	delete(options, "@context")
	if doc["proof"], err = marshal(options); err != nil {
		t.Fatal(err)
	}
	doc["signature"] = json.RawMessage(`{"type":"RsaSignature2017","creator":"x","signatureValue":"y"}`)
	sent, err := marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := proven(string(sent), public); err != nil {
		t.Error(err)
	}
}

func TestAddProof(t *testing.T) {
	t.Parallel()
	public, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for context, want := range map[string]string{
		`"https://www.w3.org/ns/activitystreams"`:                   `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v1"]`,
		`["https://www.w3.org/ns/activitystreams", {"a": "as:a"} ]`: `["https://www.w3.org/ns/activitystreams",{"a":"as:a"},"https://w3id.org/security/data-integrity/v1"]`,
		`["a","https://w3id.org/security/data-integrity/v1"]`:       `["a","https://w3id.org/security/data-integrity/v1"]`,
	} {
		made, err := addProof(fmt.Appendf(nil, `{"@context":%s,"id":"https://a.example/1","content":"<p>L’été & l’hiver</p>","n":47.0}`, context), vectorKeyID, secret, now)
		if err != nil {
			t.Fatal(err)
		}
		doc := fieldsOf(t, made)
		if got, _ := json.Marshal(doc["@context"]); string(got) != want {
			t.Errorf("%s became %s", context, got)
		}
		if !strings.Contains(string(made), `"n":47.0`) || strings.Contains(string(made), `\u003c`) {
			t.Errorf("the document changed: %s", made)
		}
		if err := proven(string(made), public); err != nil {
			t.Error(err)
		}
	}
}

// What a node tells carries a proof that its actor's own document confirms.
func TestActivitiesAreProven(t *testing.T) {
	t.Parallel()
	from, to := newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	id := from.publish(org, event("Opération Libre")).Common().ID
	settleAll(t, from)
	create, err := from.node.Activity(t.Context(), from.activityID("Create", id))
	if err != nil {
		t.Fatal(err)
	}
	if author, err := to.vouched(t.Context(), create.Payload, org.ID); err != nil || author.ID != org.ID {
		t.Error(err)
	}
	if _, err := to.vouched(t.Context(), create.Payload, from.base+"/actor"); !errors.Is(err, errProof) {
		t.Errorf("also by the node: %v", err)
	}
}

// An activity that somebody else passes on is believed for its author's proof, and only
// for it.
func TestInboxForwarded(t *testing.T) {
	t.Parallel()
	const path = "/events/1"
	for name, c := range map[string]struct {
		status int
		change func(author, other *site, alice, mallory string) []byte // of what is posted
		before func(to *peer, author, other *site)
		kept   bool
	}{
		"with a proof": {status: 202, kept: true},
		"without": {status: 403, change: func(author, _ *site, alice, _ string) []byte {
			return author.activity("/c", "Create", alice, author.event(path, alice, "Atelier"))
		}},
		"changed on the way": {status: 401, change: func(author, _ *site, alice, _ string) []byte {
			return []byte(strings.Replace(string(author.prove(alice, author.activity("/c", "Create", alice, author.event(path, alice, "Atelier")))), "Atelier", "Piraté", 1))
		}},
		"with a proof by who passes it on": {status: 401, change: func(author, other *site, alice, mallory string) []byte {
			return other.prove(mallory, author.activity("/c", "Create", alice, author.event(path, alice, "Piraté")))
		}},
		"with a key that only claims to be the author's": {status: 401, change: func(author, other *site, alice, _ string) []byte {
			body, err := addProof(author.activity("/c", "Create", alice, author.event(path, alice, "Piraté")), alice+"#ed25519-key", other.ed, time.Now())
			if err != nil {
				panic(err)
			}
			return body
		}},
		"a Follow, whose copies cannot be told apart": {status: 403, change: func(author, _ *site, alice, _ string) []byte {
			return author.prove(alice, author.activity("/f", "Follow", alice, `"https://node.example/actor"`))
		}},
		"an Undo": {status: 403, change: func(author, _ *site, alice, _ string) []byte {
			return author.prove(alice, author.activity("/f", "Undo", alice, `{"type":"Follow"}`))
		}},
		"an older profile": {status: 403, change: func(author, _ *site, alice, _ string) []byte {
			return author.prove(alice, author.activity("/u", "Update", alice, fmt.Sprintf(`{"id":%q,"type":"Person"}`, alice)))
		}},
		"in our name": {status: 403, change: func(author, other *site, _, mallory string) []byte {
			return other.prove(mallory, author.activity("/c", "Create", "OURS", author.event(path, mallory, "Piraté")))
		}},
		"by somebody from a blocked server": {status: 403, before: func(to *peer, _, other *site) { to.block(strings.TrimPrefix(other.URL, "http://")) }},
		"of a blocked server":               {status: 403, before: func(to *peer, author, _ *site) { to.block(strings.TrimPrefix(author.URL, "http://")) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, author, other := newPeer(t), newSite(t), newSite(t)
			alice, mallory := author.actor("/alice", "Person"), other.actor("/mallory", "Person")
			to.hearsOf(alice)
			if c.before != nil {
				c.before(to, author, other)
			}
			body := author.prove(alice, author.activity("/c", "Create", alice, author.event(path, alice, "Atelier")))
			if c.change != nil {
				body = c.change(author, other, alice, mallory)
				body = []byte(strings.ReplaceAll(string(body), `"OURS"`, fmt.Sprintf("%q", to.base+"/actor")))
			}
			if got := other.post(to, mallory, body); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			settleAll(t, to)
			if _, kept := to.knows(author.URL + path); kept != c.kept {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

// What was passed on once is not taken again, and a Delete that is passed on works.
func TestInboxForwardedTwice(t *testing.T) {
	t.Parallel()
	to, author, other := newPeer(t), newSite(t), newSite(t)
	alice := author.actor("/alice", "Person")
	to.hearsOf(alice)
	create := author.prove(alice, author.activity("/c", "Create", alice, author.event("/e", alice, "Atelier")))
	remove := author.prove(alice, author.activity("/d", "Delete", alice, fmt.Sprintf("%q", author.URL+"/e")))
	for i, body := range [][]byte{create, create, remove, create} {
		if got := other.post(to, other.actor(fmt.Sprint("/u", i), "Person"), body); got != http.StatusAccepted {
			t.Errorf("%d: status %d", i, got)
		}
		settleAll(t, to)
		if _, kept := to.knows(author.URL + "/e"); kept != (i < 2) {
			t.Errorf("after %d: kept %v", i, kept)
		}
	}
}

// A proof whose key is unknown has the author read again, but not by whoever makes
// proofs up.
func TestProofKeyIsReadAgainRarely(t *testing.T) {
	t.Parallel()
	to, author, other := newPeer(t), newSite(t), newSite(t)
	alice, mallory := author.actor("/alice", "Person"), other.actor("/mallory", "Person")
	to.hearsOf(alice)
	before := author.readings()["/alice"]
	for i := range 6 {
		body := author.activity(fmt.Sprint("/c", i), "Create", alice, author.event("/e", alice, "Piraté"))
		forged, err := addProof(body, fmt.Sprint(alice, "#key-", i), other.ed, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := other.post(to, mallory, forged); got != http.StatusUnauthorized {
			t.Errorf("status %d", got)
		}
	}
	if n := author.readings()["/alice"] - before; n > 3 {
		t.Errorf("the author was read %d times", n)
	}
}

// What is embedded in an Announce or a Create of another is believed, without reading it
// at its origin, if its author's proof is in it.
func TestEmbeddedWithProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		what func(s *site, alice string) []byte
		kept bool
	}{
		"an announced activity": {"Announce", func(s *site, alice string) []byte {
			return s.prove(alice, s.activity("/c", "Create", alice, s.event("/e", alice, "Atelier")))
		}, true},
		"an announced object":      {"Announce", func(s *site, alice string) []byte { return s.prove(alice, []byte(s.event("/e", alice, "Atelier"))) }, true},
		"an object created":        {"Create", func(s *site, alice string) []byte { return s.prove(alice, []byte(s.event("/e", alice, "Atelier"))) }, true},
		"an object without":        {"Announce", func(s *site, alice string) []byte { return []byte(s.event("/e", alice, "Piraté")) }, false},
		"an object created, alone": {"Create", func(s *site, alice string) []byte { return []byte(s.event("/e", alice, "Piraté")) }, false},
		"one that changed": {"Announce", func(s *site, alice string) []byte {
			return []byte(strings.Replace(string(s.prove(alice, []byte(s.event("/e", alice, "Atelier")))), "Atelier", "Piraté", 1))
		}, false},
		"an activity of a neighbour": {"Announce", func(s *site, alice string) []byte {
			bob := s.actor("/bob", "Person")
			return s.prove(bob, s.activity("/c", "Create", bob, s.event("/e", alice, "Piraté")))
		}, false},
		"a neighbour's proof": {"Announce", func(s *site, alice string) []byte {
			return s.prove(s.actor("/bob", "Person"), []byte(s.event("/e", alice, "Piraté")))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, author, group := newPeer(t), newSite(t), newSite(t)
			alice, us := author.actor("/alice", "Person"), group.actor("/group", "Group")
			to.hearsOf(us)
			if got := group.post(to, us, group.activity("/a", c.kind, us, string(c.what(author, alice)))); got != http.StatusAccepted {
				t.Fatalf("status %d", got)
			}
			settleAll(t, to) // at its origin /e answers 404
			if _, kept := to.knows(author.URL + "/e"); kept != c.kept {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

// BenchmarkProve is what the proof of one activity costs, for all its deliveries.
func BenchmarkProve(b *testing.B) {
	p := newPeer(b)
	org := p.organisation("libertic")
	o := p.publish(org, event("Atelier"))
	body, err := as2.MarshalActivity(instance.VerbCreate, p.base+"/1", org, o, p.env())
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	for b.Loop() {
		if out, err = p.prove(b.Context(), org.ID, body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(out)-len(body)), "B/proof")
}

// BenchmarkVerifyProof is what a proof that comes in costs.
func BenchmarkVerifyProof(b *testing.B) {
	key, err := instance.ParseMultikey(vectorPublic)
	if err != nil {
		b.Fatal(err)
	}
	signed := fmt.Sprintf(vectorDoc, vectorProof)
	for b.Loop() {
		if err := proven(signed, key); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReadProofs(f *testing.F) {
	f.Add(fmt.Sprintf(vectorDoc, vectorProof))
	f.Add(`{"proof":[{"type":"DataIntegrityProof"},null,1]}`)
	f.Add(`{"@context":[],"proof":{"@context":null}}`)
	key, err := instance.ParseMultikey(vectorPublic)
	if err != nil {
		f.Fatal(err)
	}
	want := fieldsOf(f, []byte(fmt.Sprintf(vectorDoc, "")))
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := as2.ParseActivity([]byte(raw)); err != nil { // as the inbox does first
			return
		}
		if err := proven(raw, key); err != nil {
			if !errors.Is(err, errProof) {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		got := fieldsOf(t, []byte(raw))
		delete(got, "proof")
		delete(got, "signature")
		if a, b := fmt.Sprint(got), fmt.Sprint(want); a != b {
			t.Errorf("believed: %s", raw)
		}
	})
}
