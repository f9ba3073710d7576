package federation

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// signEd25519 signs a request by RFC 9421 or the draft with an Ed25519 key.
func signEd25519(t *testing.T, r *http.Request, s scheme, keyID string, key ed25519.PrivateKey, body []byte) {
	t.Helper()
	at := time.Now()
	var text []byte
	var err error
	if s == cavage {
		r.Header.Set("Date", at.UTC().Format(http.TimeFormat))
		r.Header.Set("Digest", digestOf(body))
		names := []string{"(request-target)", "host", "date", "digest"}
		r.Host = r.URL.Host
		if text, err = signingString(r, r.Host, r.URL.RequestURI(), names, time.Time{}, time.Time{}); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Signature", fmt.Sprintf(`keyId=%q,algorithm="hs2019",headers="(request-target) host date digest",signature=%q`,
			keyID, base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))))
		return
	}
	r.Header.Set("Content-Digest", contentDigestOf(body))
	list := innerList{items: []string{"@method", "@target-uri", "content-digest"}, params: []sfMember[any]{{"created", at.Unix()}, {"keyid", keyID}, {"alg", "ed25519"}}}
	if text, err = (message{header: r.Header, method: r.Method, target: r.URL.String()}).signatureBase(list.items, list.String()); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature-Input", "sig1="+list.String())
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))+":")
}

// An actor may sign with any key it lists: an Ed25519 Multikey of assertionMethod
// (Mastodon 4.7), by both schemes.
func TestInboxEd25519(t *testing.T) {
	t.Parallel()
	_, wrong, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		scheme scheme
		keyID  string // of the actor; "" = the Multikey's
		key    ed25519.PrivateKey
		status int
	}{
		"RFC 9421":                  {rfc9421, "", nil, 202},
		"draft":                     {cavage, "", nil, 202},
		"another key":               {rfc9421, "", wrong, 401},
		"another id":                {rfc9421, "#unlisted", nil, 401},
		"in the name of an RSA key": {rfc9421, "#main-key", nil, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, from := newPeer(t), newSite(t)
			alice := from.actor("/alice", "Person")
			keyID, key := from.edID(alice), from.ed
			if c.keyID != "" {
				keyID = alice + c.keyID
			}
			if c.key != nil {
				key = c.key
			}
			body := followActivity(alice+"/f", alice, to.base+"/actor")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", typeActivity)
			signEd25519(t, r, c.scheme, keyID, key, body)
			if got := status(t, r); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
		})
	}
}

// A peer may list several keys, as Mastodon does while it changes them.
func TestInboxSecondOfTwoKeys(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	alice := from.actor("/alice", "Person")
	page := from.pages["/alice"]
	i, j := strings.Index(page, `{"id":"`+alice+`#main-key"`), strings.Index(page, `"assertionMethod"`)
	ours := strings.TrimRight(strings.TrimSpace(page[i:j]), ",")
	from.serve("/alice", page[:i]+`[{"id":"`+alice+`#older","owner":"`+alice+`","publicKeyPem":"x"},`+ours+"],\n"+page[j:])
	if got := from.post(to, alice, followActivity(alice+"/f", alice, to.base+"/actor")); got != http.StatusAccepted {
		t.Errorf("status %d", got)
	}
}

// A bare key document, and who it says its owner is, is not believed: CVE-2026-96625
// (Fedify).
func TestAttackKeyDocumentNamesItsOwner(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	victim := from.actor("/victim", "Person")
	from.serve("/key", strings.Replace(from.pages["/victim"], victim+"#main-key", from.URL+"/key", 1))
	page := from.pages["/victim"]
	from.serve("/victim", strings.Replace(page, victim+"#main-key", victim+"#another", 1))
	body := followActivity(victim+"/f", victim, to.base+"/actor")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeActivity)
	if err := sign(r, from.URL+"/key", from.rsa, body, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := status(t, r); got != http.StatusUnauthorized {
		t.Errorf("status %d", got)
	}
	nothing(t, to, victim)
}

// The news of a new key is signed with the old one, which peers know; the rest waits
// for it to arrive, and is signed with the new one.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	from, to := newPeer(t), newPeer(t)
	org := from.organisation("libertic")
	to.follow("libertic@" + from.domain())
	settleAll(t, to, from)
	if err := from.node.RotateKey(t.Context(), org.ID); err != nil {
		t.Fatal(err)
	}
	from.publish(org, event("Opération Libre"))
	reads := from.hits.Load()
	for range 5 {
		_, _ = from.work() // what waits is no failure here
	}
	settleAll(t, to)
	now, err := from.node.Actor(t.Context(), org.ID)
	if err != nil {
		t.Fatal(err)
	}
	known, err := to.node.Actor(t.Context(), org.ID)
	if err != nil || known.KeyID != org.ID+"#key-2" || known.KeyPEM != now.KeyPEM {
		t.Errorf("the peer knows %s, %v", known.KeyID, err)
	}
	if n := from.hits.Load() - reads; n > 0 {
		t.Errorf("the peer had to read the actor %d times", n)
	}
	if stats, err := to.node.Stats(t.Context()); err != nil || stats.Remote[instance.KindEvent] != 0 {
		t.Errorf("what the new key signs did not wait: %v, %v", stats.Remote, err)
	}

	from.wait(rotationPause + 2*time.Second)
	to.wait(rotationPause + 2*time.Second)
	objects, _, err := from.node.Objects(t.Context(), instance.ObjectFilter{Owner: org.ID})
	if err != nil || len(objects) != 1 {
		t.Fatal(err)
	}
	create := instance.NewJob(instance.JobDeliver, instance.DeliverArgs{Activity: from.activityID("Create", objects[0].Common().ID), Inbox: to.base + "/inbox"})
	if err := from.Deliver(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	settleAll(t, to)
	if _, kept := to.knows(objects[0].Common().ID); !kept {
		t.Error("the event did not arrive")
	}
	// The old key signs nothing any more.
	_, keys, err := from.node.Keys(t.Context(), org.ID)
	if err != nil {
		t.Fatal(err)
	}
	body := followActivity(org.ID+"#late", org.ID, to.base+"/actor")
	if resp := (posting{to: to, from: from, as: org, body: body, keyID: org.ID + "#main-key", key: keys.Previous, at: to.node.Now()}).send(); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old key: %d", resp.StatusCode)
	}
}

// Who is followed knows the key of its follower, and is told of the new one too.
func TestANewKeyIsToldToThoseItFollows(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	self := p.node.Self().ID
	followed, received := newHome(t, "")
	known, err := p.Actor(t.Context(), followed)
	if err != nil {
		t.Fatal(err)
	}
	err = p.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{ID: p.base + "/f", Actor: self, Object: known.ID, State: instance.FollowAccepted})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.node.RotateKey(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	settleAll(t, p)
	if fmt.Sprint(*received) != "[Update]" {
		t.Errorf("the followed received %v", *received)
	}
}

// An actor that is gone (410) ends quietly: its own Delete is 202, known or not, and
// anything else of it too; what it published is forgotten.
func TestInboxActorGone(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	alice := from.actor("/alice", "Person")
	to.hearsOf(alice)
	if got := from.post(to, alice, from.activity("/c", "Create", alice, from.event("/e", alice, "Atelier"))); got != http.StatusAccepted {
		t.Fatalf("status %d", got)
	}
	settleAll(t, to)
	known, err := to.node.Actor(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	known.Keys, known.KeyID = nil, alice+"#older" // it changed its key, then left
	if err := to.node.ReceiveActor(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	from.answers("/alice", http.StatusGone)
	if got := from.post(to, alice, from.activity("/d", "Delete", alice, fmt.Sprintf("%q", alice))); got != http.StatusAccepted {
		t.Errorf("its Delete: %d", got)
	}
	settleAll(t, to)
	if a, err := to.node.Actor(t.Context(), alice); err != nil || a.Gone.IsZero() {
		t.Errorf("%+v, %v", a, err)
	}
	if _, kept := to.knows(from.URL + "/e"); kept {
		t.Error("what it published is still there")
	}
	bob := from.actor("/bob", "Person")
	from.answers("/bob", http.StatusGone)
	for _, kind := range []string{"Like", "Delete"} {
		if got := from.post(to, bob, from.activity("/"+kind, kind, bob, fmt.Sprintf("%q", bob))); got != http.StatusAccepted {
			t.Errorf("the %s of a stranger who is gone: %d", kind, got)
		}
	}
	if _, err := to.node.Actor(t.Context(), bob); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("the stranger was kept: %v", err)
	}
}
