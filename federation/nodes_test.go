package federation

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// Two nodes meet: one follows the other, reads its past, and sees what it does next.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("libertic")
	nantes := b.territory("nantes", nil)
	before := b.publish(org, event("Opération Libre à Nantes", nantes))
	partner := b.publish(org, sheet("Médiathèque"))
	settleAll(t, b)

	node := a.follow(b.domain())
	if node.Kind != instance.KindNode || node.ID != b.base+"/actor" {
		t.Fatalf("discovered %s (%s)", node.ID, node.Kind)
	}
	settleAll(t, a, b)

	follow, err := a.store.Follow(t.Context(), a.base+"/actor", node.ID)
	if err != nil || follow.State != instance.FollowAccepted {
		t.Fatalf("follow: %+v, %v", follow, err)
	}
	if got := a.object(before.Common().ID).Common(); got.Name != "Opération Libre à Nantes" || got.Origin != b.domain() || got.Owner != org.ID {
		t.Errorf("backfilled event: %+v", got)
	}
	a.object(partner.Common().ID)
	if got, err := a.node.Actor(t.Context(), nantes.ID); err != nil || got.Kind != instance.KindTerritory {
		t.Errorf("backfilled territory: %+v, %v", got, err)
	}
	if host, err := a.node.Host(t.Context(), b.domain()); err != nil || host.Software != "maillage 1.2.3" {
		t.Errorf("host: %+v, %v", host, err)
	}

	live := b.publish(org, event("Cartopartie", nantes))
	id := live.Common().ID
	settleAll(t, b, a)
	a.object(id)

	draft := instance.CloneObject(live)
	draft.Common().Name = "Cartopartie reportée"
	if _, err := b.node.Edit(t.Context(), org.ID, id, draft); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b, a)
	if got := a.object(id).Common().Name; got != "Cartopartie reportée" {
		t.Errorf("after the edit it is called %q", got)
	}

	if err := b.node.Withdraw(t.Context(), org.ID, id); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b, a)
	if got := a.object(id).Common(); got.Deleted.IsZero() || got.Content != "" {
		t.Errorf("after the withdrawal: %+v", got)
	}
}

// The past of a node is longer than a page; all of it arrives, once.
func TestBackfillOfManyPages(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("libertic")
	for i := range outboxPage*2 + 3 {
		b.publish(org, event(fmt.Sprintf("Atelier n° %d", i)))
	}
	for i := range collectionPage + 2 {
		b.publish(org, sheet(fmt.Sprintf("Fiche n° %d", i)))
	}
	a.follow(b.domain())
	for range 12 {
		a.work()
		b.work()
	}
	stats, err := a.node.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Remote[instance.KindEvent] != outboxPage*2+3 || stats.Remote[instance.KindPartner] != collectionPage+2 {
		t.Errorf("arrived: %v", stats.Remote)
	}
}

// The follower of a commune gets what its quartiers do, and sheets of the directory
// go to other nodes only.
func TestFanout(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	brest := b.territory("brest", nil)
	saintMarc := b.territory("saint-marc", brest)
	a.follow("@brest@" + b.domain())
	settleAll(t, a, b)

	b.publish(org, sheet("Fablab"))
	told := b.publish(org, event("Fest-noz libre", saintMarc)).Common().ID
	settleAll(t, b)
	var types []string
	for seq := int64(1); ; seq++ {
		received, err := a.node.Received(t.Context(), seq)
		if errors.Is(err, instance.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, received.Type)
	}
	if got := fmt.Sprint(types); got != "[Accept Announce]" {
		t.Errorf("the follower of Brest received %s", got)
	}

	// The same job again tells nothing more.
	job := instance.NewJob(instance.JobAnnounce, instance.AnnounceArgs{Verb: instance.VerbCreate, ID: told})
	if err := b.Announce(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if ran, _ := b.work(); ran != 0 {
		t.Errorf("announcing again made %d jobs", ran)
	}

	if err := b.node.Withdraw(t.Context(), org.ID, told); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b)
	if received, err := a.node.Received(t.Context(), 3); err != nil || received.Type != "Delete" {
		t.Errorf("after the withdrawal: %+v, %v", received, err)
	}
}

// An event that moves is announced where it arrives, taken back where it leaves,
// and its end reaches everyone who was told (found with Fedify as the follower).
func TestFanoutFollowsAnEventThatMoves(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	brest, redon := b.territory("brest", nil), b.territory("redon", nil)
	a.follow("@brest@" + b.domain())
	settleAll(t, a, b)

	moved := b.publish(org, event("Cartopartie", redon))
	id := moved.Common().ID
	told := func(want ...string) {
		t.Helper()
		settleAll(t, b, a)
		var types []string
		for seq := int64(2); ; seq++ { // the first is the Accept
			received, err := a.node.Received(t.Context(), seq)
			if errors.Is(err, instance.ErrNotFound) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			types = append(types, received.Type)
		}
		if !slices.Equal(types, want) {
			t.Fatalf("the follower of Brest was told %v, want %v", types, want)
		}
	}
	move := func(to ...*instance.Actor) {
		t.Helper()
		draft := event("Cartopartie", to...)
		if _, err := b.node.Edit(t.Context(), org.ID, id, draft); err != nil {
			t.Fatal(err)
		}
	}
	told()
	move(brest)
	told("Announce")
	if _, body := b.get("/territoires/redon/outbox?page=1", typeActivity); strings.Contains(string(body), id) {
		t.Error("Redon still announces what left it")
	}
	move(brest, redon)
	told("Announce", "Update")
	move(redon)
	told("Announce", "Update", "Update", "Undo")
	move(brest)
	if err := b.node.Withdraw(t.Context(), org.ID, id); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b)
	if _, body := b.get("/territoires/brest/outbox", typeActivity); !strings.Contains(string(body), `"totalItems":0`) {
		t.Errorf("the outbox of Brest counts what was withdrawn: %s", body)
	}
}

// What is over when it is published is in outboxes and goes to other nodes, and
// floods nobody's timeline.
func TestFanoutOfHistory(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	brest := b.territory("brest", nil)
	a.follow("@brest@" + b.domain())
	settleAll(t, a, b)
	past := event("Opération Libre", brest)
	past.When = instance.When{Text: "octobre 2017", Approx: "2017-10"}
	b.publish(org, past)
	settleAll(t, b)
	if received, err := a.node.Received(t.Context(), 2); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("the follower of Brest was told of 2017: %+v, %v", received, err)
	}
	if _, body := b.get("/territoires/brest/outbox", typeActivity); !strings.Contains(string(body), `"totalItems":1`) {
		t.Errorf("the outbox of Brest has no history: %s", body)
	}
}

// Heads are answered as the documents are, and inboxes say what they take.
func TestMethods(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	for path, want := range map[string]int{
		"/nodeinfo/2.1": 200, "/.well-known/nodeinfo": 200, "/actor/outbox": 200, "/ns/v1": 200, "/inbox": 405, "/actor/inbox": 405,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, p.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want || (want == 405 && resp.Header.Get("Allow") != "POST") {
			t.Errorf("HEAD %s: %d, Allow %q", path, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
}

// Unfollowing, then following again, works although peers reuse ids.
func TestUnfollowAndFollowAgain(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	followed := a.follow("tiriad@" + b.domain())
	settleAll(t, a, b)
	me := a.node.Self().ID
	if inboxes, err := b.node.FollowerInboxes(t.Context(), org.ID); err != nil || len(inboxes) != 1 {
		t.Fatalf("inboxes %v, %v", inboxes, err)
	}
	if err := a.node.Unfollow(t.Context(), me, followed.ID); err != nil {
		t.Fatal(err)
	}
	settleAll(t, a, b)
	if _, err := b.store.Follow(t.Context(), me, org.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("still a follower: %v", err)
	}
	a.wait(2 * time.Second)
	if err := a.node.RequestFollow(t.Context(), me, followed.ID); err != nil {
		t.Fatal(err)
	}
	settleAll(t, a, b)
	if follow, err := a.store.Follow(t.Context(), me, org.ID); err != nil || follow.State != instance.FollowAccepted {
		t.Errorf("followed again: %+v, %v", follow, err)
	}
}

func TestDiscoverFails(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	b.organisation("tiriad")
	for what, want := range map[string]string{
		"personne@" + b.domain():         "Personne ne s’appelle @personne sur " + b.domain() + ".",
		"127.0.0.1:1":                    "127.0.0.1:1 ne répond pas. Vérifiez l’adresse, ou réessayez plus tard.",
		"pas une adresse":                "« pas une adresse » n’est ni une adresse de serveur, ni un identifiant comme @nom@serveur, ni l’adresse d’un profil.",
		a.domain():                       a.domain() + " est ce serveur-ci.",
		b.base + "/.well-known/nodeinfo": b.base + "/.well-known/nodeinfo est une page ordinaire, pas un profil du fédivers.",
		b.base + "/organisations/rien":   "Il n’y a rien à l’adresse " + b.base + "/organisations/rien.",
	} {
		_, err := a.Discover(t.Context(), what)
		var discovery *DiscoveryError
		if !errors.As(err, &discovery) || err.Error() != want {
			t.Errorf("Discover(%q): %v", what, err)
		}
	}
	public := newPeer(t, func(o *Options) { o.AllowPrivate = false })
	for what, want := range map[string]string{
		b.domain():             "L’adresse " + b.domain() + " n’est pas celle d’un serveur public en https.",
		"tiriad@" + b.domain(): "L’adresse " + b.domain() + " n’est pas celle d’un serveur public en https.",
	} {
		if _, err := public.Discover(t.Context(), what); err == nil || err.Error() != want {
			t.Errorf("where nothing may be asked, Discover(%q): %v", what, err)
		}
	}
	for _, what := range []string{"@tiriad@" + b.domain(), b.base + "/organisations/tiriad"} {
		if actor, err := a.Discover(t.Context(), what); err != nil || actor.Handle != "tiriad" {
			t.Errorf("Discover(%q): %v, %v", what, actor, err)
		}
	}
}

func TestCutHandle(t *testing.T) {
	t.Parallel()
	for what, want := range map[string][2]string{
		"@nantes@opl.example":               {"nantes", "opl.example"},
		"nantes@OPL.example":                {"nantes", "opl.example"},
		"acct:nantes@opl.example":           {"nantes", "opl.example"},
		"@localhost:8080@localhost:8080":    {"localhost:8080", "localhost:8080"},
		"@lecture@bücher.example:8443":      {"lecture", "xn--bcher-kva.example:8443"},
		"opl.example":                       {},
		"@opl.example":                      {},
		"a@b@opl.example":                   {},
		"nantes@opl.example/../x":           {},
		"https://opl.example/@nantes@b.org": {},
	} {
		name, host, ok := cutHandle(what)
		if ok != (want[0] != "") || ok && (name != want[0] || host != want[1]) {
			t.Errorf("%q: %q, %q, %v", what, name, host, ok)
		}
	}
}
