package federation

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// mobilizon is a server that behaves as Mobilizon does: an instance actor that
// follows others and announces all that is public, groups in whose name people publish,
// keys in PKCS#1. It signs the host without its port and the length of the body, and what
// it says of an event, or of a group, always has the same id.
type mobilizon struct {
	*site
	us *peer
}

func newMobilizon(t *testing.T, us *peer) *mobilizon {
	t.Helper()
	m := &mobilizon{site: newSite(t), us: us}
	m.takes = true
	m.actor("/relay", "Application", "Mobilizon")
	m.actor("/@lea", "Person", "Léa")
	m.actor("/@collectif", "Group", "Le collectif")
	return m
}

func (m *mobilizon) actor(path, kind, name string) {
	m.t.Helper()
	id := m.URL + path
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&m.rsa.PublicKey)})
	m.serve(path, jsonOf(m.t, map[string]any{
		"@context": mobilizonContext, "id": id, "type": kind, "name": name, "preferredUsername": path[1:], "url": id,
		"inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers", "endpoints": map[string]any{"sharedInbox": m.URL + "/inbox", "events": nil},
		"icon": map[string]any{"type": "Image", "mediaType": nil, "url": m.URL + "/media/1.png"}, "summary": "", "discoverable": true,
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": string(key)},
	}))
}

// mobilizonContext is some of what Mobilizon says of its terms, status under two names included.
var mobilizonContext = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", map[string]any{
	"sc": "http://schema.org#", "mz": "https://joinmobilizon.org/ns#", "ical": "http://www.w3.org/2002/12/cal/ical#", "Hashtag": "as:Hashtag",
	"category": "sc:category", "location": map[string]any{"@id": "sc:location", "@type": "sc:Place"},
	"address": map[string]any{"@id": "sc:address", "@type": "sc:PostalAddress"}, "status": map[string]any{"@id": "ical:status", "@type": "ical:status"},
	"joinMode": map[string]any{"@id": "mz:joinMode", "@type": "mz:joinModeType"}, "timezone": map[string]any{"@id": "mz:timezone", "@type": "sc:Text"},
	"inLanguage": "sc:inLanguage", "maximumAttendeeCapacity": "sc:maximumAttendeeCapacity", "@language": "und",
}}

// says has one of its people post, signed as Mobilizon signs.
func (m *mobilizon) says(as string, activity map[string]any) {
	m.t.Helper()
	activity = maps.Clone(activity)
	activity["@context"], activity["actor"] = mobilizonContext, m.URL+as
	d := draft{keyID: m.URL + as + "#main-key", names: "(request-target) content-length date digest host", host: hostname(m.us.domain())}
	if got := m.deliver(m.us, d, activity); got != http.StatusAccepted {
		m.t.Fatalf("%s: status %d", activity["type"], got)
	}
	settleAll(m.t, m.us)
}

// event is one of a person's, in the name of a group.
func (m *mobilizon) event(name string) map[string]any {
	id := m.URL + "/events/1"
	return map[string]any{
		"type": "Event", "id": id, "url": id, "uuid": "1", "name": name, "actor": m.URL + "/@lea", "attributedTo": m.URL + "/@collectif",
		"to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{m.URL + "/@collectif/followers"},
		"content": "<p>Apportez vos objets.</p>", "mediaType": "text/html", "category": "MEETING", "draft": false, "inLanguage": "fr", "isOnline": false,
		"startTime": "2099-03-07T14:00:00+01:00", "endTime": "2099-03-07T18:00:00+01:00", "timezone": "Europe/Paris",
		"published": "2026-10-01T08:00:00Z", "updated": "2026-10-01T08:00:00Z", "status": "CONFIRMED", "ical:status": "CONFIRMED",
		"joinMode": "free", "maximumAttendeeCapacity": 12, "participantCount": 1, "remainingAttendeeCapacity": 11,
		"location": map[string]any{
			"type": "Place", "id": m.URL + "/address/1", "name": "La Halle", "latitude": 45.188, "longitude": 5.724,
			"address": map[string]any{"type": "PostalAddress", "streetAddress": "1 place de la Halle", "postalCode": "38000", "addressLocality": "Grenoble", "addressRegion": nil, "addressCountry": "France"},
		},
		"attachment": []any{
			map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": m.URL + "/media/affiche.jpg?name=affiche.jpg", "name": "Banner"},
			map[string]any{"type": "Link", "mediaType": "text/html", "name": "Website", "href": "https://collectif.example/"},
		},
		"tag": []any{map[string]any{"type": "Hashtag", "name": "#DonneesOuvertes", "href": m.URL + "/tags/donneesouvertes"}},
	}
}

func (m *mobilizon) tells(kind string, object any) {
	m.t.Helper()
	id := m.URL + "/events/1/activity"
	if kind == "Delete" {
		id = m.URL + "/events/1/delete"
	}
	m.says("/@lea", map[string]any{"id": id, "type": kind, "object": object, "attributedTo": m.URL + "/@collectif", "to": []any{"https://www.w3.org/ns/activitystreams#Public"}})
}

// follows makes the node of the peer follow one of Mobilizon's, which accepts.
func (m *mobilizon) follows(path string) {
	m.t.Helper()
	target := m.URL + path
	if _, err := m.us.Actor(m.t.Context(), target); err != nil {
		m.t.Fatal(err)
	}
	if err := m.us.node.RequestFollow(m.t.Context(), m.us.node.Self().ID, target); err != nil {
		m.t.Fatal(err)
	}
	settleAll(m.t, m.us)
	sent := m.received()
	follow := sent[len(sent)-1]
	m.serve(path+"/outbox", `{"id":"`+target+`/outbox","type":"OrderedCollection","totalItems":0,"orderedItems":[]}`)
	m.says(path, map[string]any{"id": m.URL + "/accept/follow/1", "type": "Accept", "object": follow})
}

// An instance of Mobilizon follows our node and is followed: what its groups publish is on
// our map, and changes, and goes with it.
func TestMobilizon(t *testing.T) {
	t.Parallel()
	us := newPeer(t)
	m := newMobilizon(t, us)
	node := us.node.Self().ID
	m.says("/relay", map[string]any{"id": m.URL + "/follow/1", "type": "Follow", "object": node, "to": []any{node}})
	if sent := m.received(); len(sent) != 1 || sent[0]["type"] != "Accept" || sent[0]["object"].(map[string]any)["id"] != m.URL+"/follow/1" {
		t.Fatalf("it was answered %v", sent)
	}
	m.follows("/relay")

	id := m.URL + "/events/1"
	e := m.event("Repair Café")
	publish := func() { m.serve("/events/1", jsonOf(t, e)) }
	publish()
	m.tells("Create", e)
	checkMobilizonsEvent(t, us.object(id), m)
	for i, name := range []string{"Repair Café déplacé", "Repair Café annulé"} {
		e["name"], e["updated"] = name, time.Date(2026, 10, 2+i, 8, 0, 0, 0, time.UTC).Format(time.RFC3339)
		publish()
		m.tells("Update", e)
		if got, _ := us.knows(id); got != name {
			t.Errorf("after its Update it is called %q, want %q", got, name)
		}
	}
	m.answers("/events/1", http.StatusGone)
	m.tells("Delete", e)
	if _, alive := us.knows(id); alive {
		t.Error("deleted, it is still there")
	}
}

// A group announces its events whole, to those who follow it alone: that is its own word.
func TestAGroupOfMobilizonAnnounces(t *testing.T) {
	t.Parallel()
	us := newPeer(t)
	m := newMobilizon(t, us)
	m.follows("/@collectif")
	e := m.event("Repair Café")
	m.says("/@collectif", map[string]any{"id": m.URL + "/announces/group/1", "type": "Announce", "object": e, "attributedTo": m.URL + "/@collectif", "to": []any{m.URL + "/@collectif/followers"}})
	checkMobilizonsEvent(t, us.object(m.URL+"/events/1"), m)
	if reads := m.readings()["/events/1"]; reads != 0 {
		t.Errorf("it was read %d times at its address", reads)
	}
	e["attributedTo"], e["id"] = m.URL+"/@lea", m.URL+"/events/2"
	m.says("/@collectif", map[string]any{"id": m.URL + "/announces/group/2", "type": "Announce", "object": e})
	if _, known := us.knows(m.URL + "/events/2"); known {
		t.Error("somebody else's event was kept on the word of a group")
	}
}

// The admin of a group signs what happens to the group, which counts as far as the
// group's own address agrees.
func TestAGroupOfMobilizonChangesAndEnds(t *testing.T) {
	t.Parallel()
	us := newPeer(t)
	m := newMobilizon(t, us)
	m.follows("/@collectif")
	group := m.URL + "/@collectif"
	m.says("/@collectif", map[string]any{"id": m.URL + "/announces/group/1", "type": "Announce", "object": m.event("Repair Café")})
	is := func(want string) {
		t.Helper()
		if a, err := us.node.Actor(t.Context(), group); err != nil || a.Name != want || !a.Gone.IsZero() {
			t.Errorf("the group is %+v, %v; want %q", a, err, want)
		}
	}
	update := func(name string) {
		t.Helper()
		m.says("/@lea", map[string]any{"id": group + "/activity", "type": "Update", "object": map[string]any{"id": group, "type": "Group", "name": name}})
	}
	update("Pirates")
	is("Le collectif")
	for _, name := range []string{"Le grand collectif", "Le très grand collectif"} {
		m.actor("/@collectif", "Group", name)
		update(name)
		is(name)
	}

	end := map[string]any{"id": group + "/delete", "type": "Delete", "object": map[string]any{"id": group, "type": "Tombstone", "formerType": "Group"}}
	m.says("/@lea", end)
	is("Le très grand collectif")
	m.answers("/@collectif", http.StatusGone)
	if waiting, err := us.store.Pending(t.Context()); err != nil || waiting[instance.JobFetch] != 1 {
		t.Errorf("waiting: %v, %v", waiting, err)
	}
	if err := us.Fetch(t.Context(), instance.GoneJob(group, m.URL+"/@lea")); err != nil { // two minutes later
		t.Error(err)
	}
	if a, err := us.node.Actor(t.Context(), group); err != nil || a.Gone.IsZero() {
		t.Errorf("once gone, the group is %+v, %v", a, err)
	}
	if _, alive := us.knows(m.URL + "/events/1"); alive {
		t.Error("the group is gone, its event is still there")
	}
}

// What has no address for a moment is not forgotten because somebody points at it.
func TestPointingAtAGroupDoesNotEndIt(t *testing.T) {
	t.Parallel()
	us, elsewhere := newPeer(t), newSite(t)
	m := newMobilizon(t, us)
	m.follows("/@collectif")
	m.answers("/@collectif", http.StatusNotFound)
	group := m.URL + "/@collectif"
	for _, by := range []string{elsewhere.URL + "/u", m.URL + "/@lea"} {
		_ = us.Fetch(t.Context(), instance.FetchJob(group, by)) // a job that is given up, or not: both will do
	}
	if a, err := us.node.Actor(t.Context(), group); err != nil || !a.Gone.IsZero() {
		t.Errorf("the group is %+v, %v", a, err)
	}
}

// Somebody on Mobilizon comes to an event of ours, changes their mind, and comes again.
func TestSomebodyOnMobilizonComes(t *testing.T) {
	t.Parallel()
	us := newPeer(t)
	org := us.organisation("tiriad")
	draft := event("Cartopartie")
	draft.JoinMode = instance.JoinFree
	id := us.publish(org, draft).Common().ID
	m := newMobilizon(t, us)
	lea := m.URL + "/@lea"
	comes := func(n, answers int) {
		t.Helper()
		m.says("/@lea", map[string]any{"id": fmt.Sprintf("%s/join/event/%d", m.URL, n), "type": "Join", "object": id, "participationMessage": nil})
		if p, err := us.node.Participation(t.Context(), id, lea); err != nil || p.State != instance.ParticipationAccepted {
			t.Errorf("their place is %+v, %v", p, err)
		}
		sent := m.received()
		if len(sent) < answers {
			t.Fatalf("answered %d times: %v", len(sent), sent)
		}
		last := sent[len(sent)-1]
		inner, _ := last["object"].(map[string]any)
		if last["type"] != "Accept" || last["actor"] != org.ID || inner["id"] != fmt.Sprintf("%s/join/event/%d", m.URL, n) {
			t.Errorf("answered %v", last)
		}
	}
	comes(1, 1)
	m.says("/@lea", map[string]any{"id": m.URL + "/leave/event/1", "type": "Leave", "object": id})
	if p, err := us.node.Participation(t.Context(), id, lea); err == nil && p.State == instance.ParticipationAccepted {
		t.Errorf("having left, they have a place: %+v", p)
	}
	comes(2, 2)
}

func checkMobilizonsEvent(t *testing.T, o instance.Object, m *mobilizon) {
	t.Helper()
	e := o.(*instance.Event)
	if want := time.Date(2099, 3, 7, 13, 0, 0, 0, time.UTC); e.Name != "Repair Café" || !e.When.Start.Equal(want) || e.When.End.Sub(want) != 4*time.Hour || e.When.Zone != "Europe/Paris" {
		t.Errorf("%q is on %+v", e.Name, e.When)
	}
	if p := e.Place; p == nil || p.Name != "La Halle" || p.Street != "1 place de la Halle" || p.PostalCode != "38000" || p.Locality != "Grenoble" || p.Country != "France" || p.Point == nil || p.Point.Lon != 5.724 {
		t.Errorf("it is at %+v", e.Place)
	}
	if e.Owner != m.URL+"/@collectif" || e.URL != m.URL+"/events/1" || e.Language != "fr" || e.Content != "<p>Apportez vos objets.</p>" {
		t.Errorf("kept as %+v", e.Base)
	}
	if e.Image == nil || e.Image.URL != m.URL+"/media/affiche.jpg?name=affiche.jpg" || e.OnlineURL != "https://collectif.example/" {
		t.Errorf("picture %+v, website %q", e.Image, e.OnlineURL)
	}
	if e.Status != instance.StatusConfirmed || e.JoinMode != instance.JoinFree || e.Capacity != 12 || len(e.Themes) != 1 {
		t.Errorf("status %q, join mode %q, capacity %d, themes %v", e.Status, e.JoinMode, e.Capacity, e.Themes)
	}
}
