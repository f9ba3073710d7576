package federation

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// Two servers that disagree on who follows whom agree again with the next thing that
// one of them says.
func TestFollowersAreSynchronised(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	other := a.organisation("ailleurs")
	a.follow("tiriad@" + b.domain())
	settleAll(t, a, b)
	me := a.node.Self().ID

	// b believes that another of a's follows, which it does not; a believes that it
	// follows somebody who has forgotten it.
	forgotten := a.organisation("oublie")
	long := a.node.Now().Add(-48 * time.Hour)
	write := func(p *peer, fn func(tx instance.Tx) error) {
		t.Helper()
		if err := p.store.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Actor(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	write(b, func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{ID: other.ID + "#f", Actor: other.ID, Object: org.ID, State: instance.FollowAccepted, Updated: long})
	})
	write(a, func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{ID: forgotten.ID + "#f", Actor: forgotten.ID, Object: org.ID, State: instance.FollowAccepted, Created: long, Updated: long})
	})
	b.publish(org, event("Cartopartie"))
	settleAll(t, b, a)

	follows := func(p *peer, actor string, want bool) {
		t.Helper()
		if _, err := p.store.Follow(t.Context(), actor, org.ID); errors.Is(err, instance.ErrNotFound) == want {
			t.Errorf("on %s, %s follows: %v", p.base, actor, err)
		}
	}
	follows(a, me, true)
	follows(b, me, true)
	follows(b, other.ID, false)
	follows(a, forgotten.ID, false)

	// In agreement, nothing more is asked.
	b.publish(org, event("Fest-noz"))
	settleAll(t, b, a)
	if jobs, err := a.node.Jobs(t.Context(), instance.JobFilter{Kinds: []string{instance.JobSync}}); err != nil || len(jobs) != 0 {
		t.Errorf("%+v, %v", jobs, err)
	}
}

// Who follows whom is told to the followers' own server, and to nobody else.
func TestFollowersAreToldToTheirServerOnly(t *testing.T) {
	t.Parallel()
	a, b, c := newPeer(t), newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	a.follow("tiriad@" + b.domain())
	settleAll(t, a, b)
	address := org.ID + "/followers_synchronization"
	if resp, _ := b.get("/organisations/tiriad/followers_synchronization", typeActivity); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("unsigned: %d", resp.StatusCode)
	}
	body, _, err := a.client.document(t.Context(), address)
	if err != nil || !strings.Contains(string(body), a.base+"/actor") {
		t.Errorf("to the follower's server: %s, %v", body, err)
	}
	body, _, err = c.client.document(t.Context(), address)
	if err != nil || strings.Contains(string(body), a.base) {
		t.Errorf("to another: %s, %v", body, err)
	}
}

// The digest is made once for what is said within a minute, of each actor and to each server.
func TestDigestsAreKeptForAMoment(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	org, other := p.organisation("tiriad"), p.organisation("ailleurs")
	follow := func(who string) {
		t.Helper()
		err := p.store.Write(t.Context(), func(tx instance.Tx) error {
			a := &instance.Actor{ID: who, Kind: instance.KindPerson, Origin: instance.Origin(who), Handle: "u", Name: "U"}
			f := instance.Follow{ID: who + "#f", Actor: who, Object: org.ID, State: instance.FollowAccepted}
			return errors.Join(tx.SaveActor(t.Context(), a), tx.SaveFollow(t.Context(), f))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	digest := func(actor *instance.Actor, host string, want ...string) {
		t.Helper()
		wanted := ""
		if len(want) > 0 {
			wanted = followersDigest(want)
		}
		if got, err := p.digestOn(t.Context(), actor.ID, host); got != wanted || err != nil {
			t.Errorf("of %s on %s: %q, %v; want %q", actor.ID, host, got, err, wanted)
		}
	}
	follow("https://a.example/1")
	digest(org, "a.example", "https://a.example/1")
	follow("https://a.example/2")
	follow("https://b.example/1")
	digest(org, "a.example", "https://a.example/1")
	digest(org, "b.example", "https://b.example/1")
	digest(other, "a.example")
	p.digests.put(org.ID+" a.example", "", time.Now().Add(-time.Second)) // a minute later
	digest(org, "a.example", "https://a.example/1", "https://a.example/2")
}

func TestFollowersDigest(t *testing.T) {
	t.Parallel()
	if got := followersDigest(nil); got != strings.Repeat("0", 64) {
		t.Errorf("of nobody: %s", got)
	}
	// Whatever their order.
	got := followersDigest([]string{"https://testing.example.org/users/1", "https://testing.example.org/users/2"})
	if got == followersDigest([]string{"https://testing.example.org/users/1"}) || got != followersDigest([]string{"https://testing.example.org/users/2", "https://testing.example.org/users/1"}) {
		t.Errorf("it depends on the order, or on nothing: %s", got)
	}
	params := syncParams(`collectionId="https://a.example/followers", url="https://a.example/s", digest="0a"`)
	if params["collectionId"] != "https://a.example/followers" || params["digest"] != "0a" {
		t.Errorf("%v", params)
	}
}
