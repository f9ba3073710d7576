package federation

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// gancio is a server that behaves as Gancio does: one actor for all of it, a Host header
// and a signed host without the port and, in its first versions, a keyId without fragment
// and one id for all that it says of an event.
type gancio struct {
	*site
	us    *peer
	keyID string
}

func newGancio(t *testing.T, us *peer) *gancio {
	t.Helper()
	g := &gancio{site: newSite(t), us: us}
	g.takes, g.keyID = true, g.id()+"#main-key"
	der, err := x509.MarshalPKIXPublicKey(&g.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	g.serve("/federation/u/relay", fmt.Sprintf(`{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",
		{"schema":"http://schema.org#","ProperyValue":"schema:PropertyValue","value":"schema:value","discoverable":"toot:discoverable","toot":"http://joinmastodon.org/ns#"}],
		"id":%[1]q,"type":"Application","name":"relay","preferredUsername":"relay","inbox":"%[1]s/inbox","outbox":"%[1]s/outbox","manuallyApprovesFollowers":false,
		"endpoints":{"sharedInbox":"%[1]s/inbox"},"discoverable":true,"url":%[2]q,
		"attachment":[{"type":"PropertyValue","name":"Website","value":"<a href='%[2]s'>%[2]s</a>"}],"icon":{"type":"Image","mediaType":"image/png","url":"%[2]s/logo.png"},
		"publicKey":{"id":"%[1]s#main-key","owner":%[1]q,"publicKeyPem":%[3]q}}`,
		g.id(), g.URL, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))))
	return g
}

func (g *gancio) id() string { return g.URL + "/federation/u/relay" }

func (g *gancio) says(activity map[string]any) {
	g.t.Helper()
	activity["@context"], activity["actor"] = "https://www.w3.org/ns/activitystreams", g.id()
	name := hostname(g.us.domain())
	if got := g.deliver(g.us, draft{g.keyID, "(request-target) host date digest", name, name}, activity); got != http.StatusAccepted {
		g.t.Fatalf("%s: status %d", activity["type"], got)
	}
	settleAll(g.t, g.us)
}

// event is one of Gancio's, as an object.
func (g *gancio) event(n int, name string) map[string]any {
	return map[string]any{
		"id": fmt.Sprintf("%s/federation/m/%d", g.URL, n), "type": "Event", "name": name, "url": fmt.Sprintf("%s/event/%d", g.URL, n),
		"startTime": "2099-05-02T20:30:00.000+02:00", "endTime": "2099-05-02T23:00:00.000+02:00",
		"location": map[string]any{
			"id": g.URL + "/federation/p/1", "type": "Place", "name": "La Grange", "address": "3 chemin du Moulin, Ambert", "latitude": 45.549, "longitude": 3.742,
		},
		"attachment": []any{
			map[string]any{"type": "Link", "mediaType": "text/html", "name": "https://visio.example/grange", "href": "https://visio.example/grange"},
			map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": g.URL + "/media/1.jpg", "name": "L’affiche", "focalPoint": []any{0, 0}},
		},
		"tag":       []any{map[string]any{"type": "Hashtag", "name": "#DonneesOuvertes", "href": g.URL + "/tag/DonneesOuvertes"}},
		"published": "2026-10-01T08:00:00.000Z", "attributedTo": g.id(),
		"to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{g.id() + "/followers"},
		"content": "<p>Un concert</p>", "summary": "La Grange, samedi 2 mai",
	}
}

// A Gancio follows our node, publishes and changes its mind; it lists in its outbox what it
// published before.
func TestGancio(t *testing.T) {
	t.Parallel()
	for version, c := range map[string]struct {
		keyID func(g *gancio) string
		id    func(n int, kind string) string // of what is said of an event
	}{
		"now": {
			func(g *gancio) string { return g.id() + "#main-key" },
			func(n int, kind string) string { return fmt.Sprintf("#%s-%d", kind, n) },
		},
		"in its first versions": {
			(*gancio).id,
			func(int, string) string { return "#create" },
		},
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			us := newPeer(t)
			g := newGancio(t, us)
			g.keyID = c.keyID(g)
			node := us.node.Self().ID
			follow := map[string]any{"id": g.URL + "/federation/m/" + node + "#follow", "type": "Follow", "object": node}
			g.says(follow)
			accepted := func(want int) {
				t.Helper()
				n := 0
				for _, answer := range g.received() {
					inner, _ := answer["object"].(map[string]any)
					if answer["type"] == "Accept" && inner["id"] == follow["id"] && inner["object"] == node {
						n++
					}
				}
				if n != want {
					t.Errorf("%d follows accepted, want %d: %v", n, want, g.received())
				}
			}
			accepted(1)
			g.says(map[string]any{"id": g.URL + "/federation/m/" + node + "#unfollow", "type": "Undo", "object": map[string]any{"id": follow["id"], "type": "Follow", "object": node}})
			if _, n, err := us.node.Follows(t.Context(), instance.FollowFilter{Actor: g.id()}); err != nil || n != 0 {
				t.Errorf("%d follows left, %v", n, err)
			}
			g.says(follow)
			accepted(2)

			// It is followed in turn; what it published before is read from its outbox.
			g.serve("/federation/u/relay/outbox", g.outbox(g.event(1, "Bal folk"), g.event(4, "Veillée")))
			if err := us.node.RequestFollow(t.Context(), node, g.id()); err != nil {
				t.Fatal(err)
			}
			settleAll(t, us)
			sent := g.received()
			asked := sent[len(sent)-1]
			if asked["type"] != "Follow" || asked["object"] != g.id() {
				t.Fatalf("sent %v", asked)
			}
			g.says(map[string]any{"id": g.URL + "/federation/0a1b", "type": "Accept", "object": asked})
			for n, want := range map[int]string{1: "Bal folk", 4: "Veillée"} {
				if name, _ := us.knows(fmt.Sprintf("%s/federation/m/%d", g.URL, n)); name != want {
					t.Errorf("from the outbox: %q, want %q", name, want)
				}
			}

			said := 0
			tells := func(kind string, object any) {
				t.Helper()
				said++
				g.says(map[string]any{"id": g.URL + "/federation/m/2" + c.id(said, kind), "type": kind, "object": object, "to": []any{"https://www.w3.org/ns/activitystreams#Public"}})
			}
			id := g.URL + "/federation/m/2"
			concert := g.event(2, "Concert")
			tells("Create", concert)
			checkGanciosEvent(t, us.object(id), g)
			for i, name := range []string{"Concert reporté", "Concert, le retour"} {
				concert["name"], concert["updated"] = name, time.Date(2026, 10, 2+i, 8, 0, 0, 0, time.UTC).Format(time.RFC3339)
				tells("Update", concert)
				if got, _ := us.knows(id); got != name {
					t.Errorf("after its Update it is called %q, want %q", got, name)
				}
			}
			tells("Delete", concert)
			if _, alive := us.knows(id); alive {
				t.Error("deleted, it is still there")
			}
		})
	}
}

// outbox lists what was created, bare and announced by turns.
func (g *gancio) outbox(events ...map[string]any) string {
	var items []any
	for i, e := range events {
		item := map[string]any{"id": fmt.Sprint(e["id"], "#create"), "type": "Create", "actor": g.id(), "to": e["to"], "cc": e["cc"], "object": e}
		if i%2 == 1 {
			item = map[string]any{"id": fmt.Sprint(e["id"], "#announce"), "type": "Announce", "actor": g.id(), "to": e["to"], "cc": e["cc"], "object": item}
		}
		items = append(items, item)
	}
	return jsonOf(g.t, map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": g.id() + "/outbox", "type": "OrderedCollection", "totalItems": len(items),
		"first": map[string]any{"id": g.id() + "/outbox?page=true", "type": "OrderedCollectionPage", "partOf": g.id() + "/outbox", "orderedItems": items},
	})
}

func checkGanciosEvent(t *testing.T, o instance.Object, g *gancio) {
	t.Helper()
	e := o.(*instance.Event)
	if want := time.Date(2099, 5, 2, 18, 30, 0, 0, time.UTC); !e.When.Start.Equal(want) || e.When.End.Sub(want) != 150*time.Minute {
		t.Errorf("it is on %+v", e.When)
	}
	if p := e.Place; p == nil || p.Name != "La Grange" || p.Street != "3 chemin du Moulin, Ambert" || p.Point == nil || p.Point.Lat != 45.549 {
		t.Errorf("it is at %+v", e.Place)
	}
	if e.Owner != g.id() || e.URL != g.URL+"/event/2" || e.Summary != "La Grange, samedi 2 mai" || !strings.Contains(e.Content, "Un concert") {
		t.Errorf("kept as %+v", e.Base)
	}
	if e.Image == nil || e.Image.URL != g.URL+"/media/1.jpg" || e.Image.Alt != "L’affiche" || e.OnlineURL != "https://visio.example/grange" {
		t.Errorf("picture %+v, online %q", e.Image, e.OnlineURL)
	}
	if len(e.Themes) != 1 || e.JoinMode != instance.JoinNone {
		t.Errorf("themes %v, join mode %q", e.Themes, e.JoinMode)
	}
}
