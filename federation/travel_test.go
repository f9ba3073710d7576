package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// remoteEvent publishes an event of Ana's that our node, which follows hers, has.
func (s *stage) remoteEvent(name string) *instance.Event {
	s.Helper()
	s.ours.follow(s.theirs.domain())
	s.settle()
	published := s.theirs.publish(s.ana, event(name))
	s.settle()
	s.ours.object(published.Common().ID)
	return published.(*instance.Event)
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// offered has a member of ours correct Ana's event, and returns the correction as it
// stands here and as it waits there.
func (s *stage) offered(e *instance.Event) (here, there *instance.Proposal) {
	s.Helper()
	secret, err := s.ours.node.Propose(s.Context(), &instance.Account{ID: "membre"}, instance.Proposal{
		Kind: instance.ProposeCorrect, Object: e.ID, Message: "C'est écrit sur l'affiche & la porte. Merci !",
		Changes: []instance.Change{{Field: "name", Now: "Fest-noz d'été"}},
	})
	s.must(err)
	s.settle()
	here, err = s.ours.node.FollowUp(s.Context(), secret)
	s.must(err)
	there, err = s.theirs.node.ProposalByActivity(s.Context(), here.Activity)
	s.must(err)
	return here, there
}

func (s *stage) pending(object string, want int) {
	s.Helper()
	if n, err := s.ours.node.PendingProposals(s.Context(), object); err != nil || n != want {
		s.Errorf("%d pending, %v; want %d", n, err, want)
	}
}

// A correction travels to the node of what it corrects; its people decide, and the
// answer and the change come back.
func TestACorrectionTravelsAndItsAnswerComesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	theirs := s.remoteEvent("Fest-noz")
	here, there := s.offered(theirs)
	if here.State != instance.ProposalSent {
		t.Fatalf("here it is %s", here.State)
	}
	s.pending(theirs.ID, 1)
	if there.State != instance.ProposalWaiting || there.From != s.ours.node.Self().ID || there.Owner != s.ana.ID ||
		there.Message != "C'est écrit sur l'affiche & la porte. Merci !" || !slices.Equal(there.Changes, here.Changes) {
		t.Fatalf("there it is %+v", there)
	}
	s.theirs.wait(2 * time.Second) // a later second: the change is newer
	_, err := s.theirs.node.Editor(&instance.Account{ID: "hote", Role: instance.RoleHost}).
		AcceptProposal(t.Context(), there.ID, "", there.Changes, "Merci, c'est corrigé")
	s.must(err)
	s.settle()
	here, err = s.ours.node.Proposal(t.Context(), here.ID)
	s.must(err)
	if here.State != instance.ProposalAccepted || here.Answer != "Merci, c'est corrigé" || here.Result != theirs.ID {
		t.Errorf("the answer was read as %+v", here)
	}
	s.pending(theirs.ID, 0)
	if got := s.ours.object(theirs.ID).Common().Name; got != "Fest-noz d'été" {
		t.Errorf("the change did not come back: %q", got)
	}
}

// What an organisation says of itself is corrected in the same way.
func TestACorrectionOfAnOrganisationTravels(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.remoteEvent("Fest-noz")
	secret, err := s.ours.node.Propose(t.Context(), &instance.Account{ID: "membre"}, instance.Proposal{
		Kind: instance.ProposeCorrect, Object: s.ana.ID, Changes: []instance.Change{{Field: "website", Now: "https://ana.example"}},
	})
	s.must(err)
	s.settle()
	here, err := s.ours.node.FollowUp(t.Context(), secret)
	s.must(err)
	there, err := s.theirs.node.ProposalByActivity(t.Context(), here.Activity)
	s.must(err)
	if there.Owner != s.ana.ID || there.ObjectKind != instance.KindOrganisation || !slices.Equal(there.Changes, here.Changes) {
		t.Fatalf("there it is %+v", there)
	}
	s.theirs.wait(2 * time.Second)
	_, err = s.theirs.node.Editor(&instance.Account{ID: "mo", Role: instance.RoleModerator}).AcceptProposal(t.Context(), there.ID, "", there.Changes, "Merci")
	s.must(err)
	s.settle()
	if here, err = s.ours.node.Proposal(t.Context(), here.ID); err != nil || here.State != instance.ProposalAccepted {
		t.Errorf("the answer was read as %+v, %v", here, err)
	}
	if a, err := s.ours.node.Actor(t.Context(), s.ana.ID); err != nil || a.Website != "https://ana.example" {
		t.Errorf("the change did not come back: %+v, %v", a, err)
	}
}

func TestACorrectionIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	theirs := s.remoteEvent("Fest-noz")
	here, there := s.offered(theirs)
	s.must(s.theirs.node.Editor(&instance.Account{ID: "hote", Role: instance.RoleHost}).RefuseProposal(t.Context(), there.ID, "L'affiche se trompe"))
	s.settle()
	here, err := s.ours.node.Proposal(t.Context(), here.ID)
	s.must(err)
	if here.State != instance.ProposalRefused || here.Answer != "L'affiche se trompe" {
		t.Errorf("the answer was read as %+v", here)
	}
	s.pending(theirs.ID, 0)
}

// A visitor's report, forwarded by a moderator, is a Flag in the node's name: it says
// nothing of the visitor.
func TestAReportLeavesAsAFlag(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	theirs := s.remoteEvent("Fest-noz")
	_, err := s.ours.node.Propose(t.Context(), nil, instance.Proposal{
		Kind: instance.ProposeReport, Object: theirs.ID, Reason: instance.ReasonPrivacy, Message: "Mon numéro y est & je n'ai rien demandé",
	})
	s.must(err)
	waiting, _, err := s.ours.node.Proposals(t.Context(), instance.ProposalFilter{})
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	s.must(s.ours.node.Editor(&instance.Account{ID: "mo", Role: instance.RoleModerator}).
		SettleReport(t.Context(), waiting[0].ID, instance.RemedyForward, ""))
	s.settle()
	queued, n, err := s.theirs.node.Proposals(t.Context(), instance.ProposalFilter{})
	if err != nil || n != 1 {
		t.Fatalf("%+v, %v", queued, err)
	}
	if q := queued[0]; q.Kind != instance.ProposeReport || q.Object != theirs.ID || q.From != s.ours.node.Self().ID ||
		q.State != instance.ProposalWaiting || q.Message != "Mon numéro y est & je n'ai rien demandé" || !slices.Contains(q.Also, s.ana.ID) {
		t.Errorf("queued there as %+v", q)
	}
	if heard := s.heard(); !slices.Contains(heard, "Flag") {
		t.Errorf("they heard %v", heard)
	}
}

// newHome is a server with one actor, who says that they are also who they were.
func newHome(t *testing.T, also string) (actor string, received *[]string) {
	t.Helper()
	received = &[]string{}
	var base string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var doc struct{ Type string }
			_ = json.NewDecoder(r.Body).Decode(&doc)
			*received = append(*received, doc.Type)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", typeActivity)
		fmt.Fprintf(w, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/u","type":"Person","preferredUsername":"ana","inbox":"%[1]s/inbox",
			"alsoKnownAs":[%[2]q],"publicKey":{"id":"%[1]s/u#k","owner":"%[1]s/u","publicKeyPem":"x"}}`, base, also)
	}))
	t.Cleanup(server.Close)
	base = server.URL
	return base + "/u", received
}

// Who moves takes their followers along, and those they follow here.
func TestAMoveThatBothSidesSay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, follows)
	s.ours.follow("ana@" + s.theirs.domain())
	s.settle()
	s.followed("$us/actor", "$ana", true)
	target, received := newHome(t, s.ana.ID)
	s.says(s.ana, `{"type":"Move","object":"$ana","target":"`+target+`"}`)
	s.followed("$ana", "$org", false)
	s.followed(target, "$org", true)
	s.followed("$us/actor", "$ana", false)
	s.followed("$us/actor", target, true)
	if !slices.Equal(*received, []string{"Follow"}) {
		t.Errorf("the new home received %v", *received)
	}
	if was, err := s.ours.node.Actor(t.Context(), s.ana.ID); err != nil || was.MovedTo != target {
		t.Errorf("kept as %+v, %v", was, err)
	}
	elsewhere, _ := newHome(t, s.ana.ID)
	s.says(s.ana, `{"type":"Move","object":"$ana","target":"`+elsewhere+`"}`)
	s.followed(elsewhere, "$org", false) // once a week
}

// A group that says that something was deleted is believed when it is gone indeed.
func TestAnAnnouncedDeleteOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	theirs := s.remoteEvent("Atelier")
	s.must(s.theirs.node.Withdraw(t.Context(), s.ana.ID, theirs.ID)) // its Delete is not told yet
	s.posts(s.bo, `{"type":"Announce","to":["https://www.w3.org/ns/activitystreams#Public"],"object":{"id":"$ana/d","type":"Delete","actor":"$ana","object":"`+theirs.ID+`"}}`)
	for range 3 {
		_, _ = s.ours.work()
	}
	if b := s.ours.object(theirs.ID).Common(); b.Deleted.IsZero() {
		t.Error("still there")
	}
}

// What we answer to a reply reaches its author, who follows nobody here, and names them.
func TestAnAnswerReachesWhoWroteToUs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
	answer := &instance.Announcement{InReplyTo: s.ana.ID + "/n"}
	answer.Kind, answer.Content = instance.KindAnnouncement, "<p>Bienvenue&nbsp;!</p>"
	id := s.ours.publish(s.org, answer).Common().ID
	s.settle()
	s.hears("Create")
	received, err := s.theirs.node.Received(t.Context(), 1)
	s.must(err)
	object := fieldsOf(t, received.Body)["object"].(map[string]any)
	mention := map[string]any{"type": "Mention", "href": s.ana.ID, "name": s.ana.Address(s.theirs.domain())}
	tagged := slices.ContainsFunc(object["tag"].([]any), func(tag any) bool {
		got := tag.(map[string]any)
		return got["type"] == mention["type"] && got["href"] == mention["href"] && got["name"] == mention["name"]
	})
	if object["id"] != id || object["inReplyTo"] != s.ana.ID+"/n" || !tagged || !slices.Contains(object["cc"].([]any), any(s.ana.ID)) {
		t.Errorf("received %s", received.Body)
	}
	if content, _ := object["content"].(string); !strings.Contains(content, s.ana.ID) {
		t.Errorf("the words name nobody: %s", content)
	}
	// Its end too.
	s.must(s.ours.node.Withdraw(t.Context(), s.org.ID, id))
	s.settle()
	s.hears("Create", "Delete")
}

// What somebody says of themselves reaches who follows their node, and leaves with them.
func TestAProfileTravelsAndVanishes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	account, err := s.theirs.node.NewAccount(t.Context(), instance.Account{Name: "membre", Email: "membre@b.example", Role: instance.RoleContributor}, "une phrase assez longue 1")
	s.must(err)
	draft := instance.Actor{
		Slug: "membre", Name: "Membre", Summary: "<p>Je cartographie.</p>",
		Place:   &instance.Place{Locality: "Brest", Point: &instance.Point{Lat: 48.3911, Lon: -4.4862}, Precision: instance.Precision1Km},
		Profile: &instance.Profile{Likes: []string{"cartographier"}, Teaches: []string{"OpenStreetMap"}, Helps: []string{"monter un fablab"}, Languages: []string{"fr", "br"}, Relay: true},
	}
	person, err := s.theirs.node.Appear(t.Context(), account.ID, draft)
	s.must(err)
	followed := s.ours.follow("membre@" + s.theirs.domain())
	s.settle()
	known := func() *instance.Actor {
		t.Helper()
		a, err := s.ours.node.Actor(t.Context(), person.ID)
		s.must(err)
		return a
	}
	if p := known().Profile; followed.ID != person.ID || p == nil || p.Relay || !slices.Equal(p.Teaches, draft.Profile.Teaches) || !slices.Equal(p.Languages, draft.Profile.Languages) {
		t.Fatalf("read as %+v", p)
	}
	if got, sent := known().Place, person.Place; got == nil || got.Precision != sent.Precision || *got.Point != *sent.Point || *got.Point == *draft.Place.Point {
		t.Errorf("placed at %+v, sent from %+v", got, sent)
	}
	s.theirs.wait(2 * time.Second)
	draft.Profile.Teaches = []string{"la soudure"}
	_, err = s.theirs.node.EditActor(t.Context(), person.ID, draft)
	s.must(err)
	s.settle()
	if p := known().Profile; p == nil || !slices.Equal(p.Teaches, []string{"la soudure"}) {
		t.Errorf("after its Update: %+v", p)
	}
	s.must(s.theirs.node.Disappear(t.Context(), account.ID))
	s.settle()
	gone := known()
	if gone.Gone.IsZero() || gone.Profile != nil || gone.Place != nil || gone.Summary != "" || gone.Name != "membre" {
		t.Errorf("left behind: %+v", gone)
	}
	people, err := s.ours.node.People(t.Context(), instance.PeopleFilter{})
	if err != nil || len(people) != 0 {
		t.Errorf("shown among people: %v, %v", people, err)
	}
	if _, err := s.ours.store.Follow(t.Context(), s.ours.node.Self().ID, person.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("still followed: %v", err)
	}
}

// A stranger's profile is cut and cleaned, and only people have one.
func TestAStrangersProfileIsCleaned(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	lines := make([]string, 200)
	for i := range lines {
		lines[i] = fmt.Sprintf("<b>ligne</b> %d\u202e %s", i, strings.Repeat("é", 300))
	}
	a := &instance.Actor{
		ID: "https://b.example/u", Kind: instance.KindPerson, Handle: "u", Name: "U",
		Profile: &instance.Profile{Likes: lines, Languages: []string{"xx", "br", "br", "fr"}, Relay: true},
	}
	if err := p.node.ReceiveActor(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	kept, err := p.node.Actor(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := kept.Profile
	if got == nil || len(got.Likes) != 12 || got.Relay || !slices.Equal(got.Languages, []string{"fr", "br"}) {
		t.Fatalf("kept %+v", got)
	}
	for _, line := range got.Likes {
		if n := len([]rune(line)); n > 100 || strings.ContainsAny(line, "<>\u202e") {
			t.Errorf("kept %q", line)
		}
	}
	a.ID, a.Kind, a.Profile = "https://b.example/o", instance.KindOrganisation, &instance.Profile{Likes: lines}
	if err := p.node.ReceiveActor(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if kept, err = p.node.Actor(t.Context(), a.ID); err != nil || kept.Profile != nil {
		t.Errorf("an organisation has the profile %+v, %v", kept.Profile, err)
	}
}

// What an event says to those who come arrives whole, and a stranger's is cut.
func TestWhatThoseWhoComeNeedTravels(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ours.follow(s.theirs.domain())
	s.settle()
	draft := event("Atelier")
	draft.Activities, draft.Accessibility = []string{"cartopartie"}, []string{"acces-pmr"}
	draft.Practical = &instance.Practical{Access: "Par la cour", Meals: "Repas partagé"}
	sent := s.theirs.publish(s.ana, draft).(*instance.Event)
	s.settle()
	got := s.ours.object(sent.ID).(*instance.Event)
	if !slices.Equal(got.Activities, draft.Activities) || !slices.Equal(got.Accessibility, draft.Accessibility) || got.Practical == nil || *got.Practical != *draft.Practical {
		t.Errorf("arrived as %+v", got)
	}
	s.says(s.ana, `{"type":"Create","object":{"id":"$ana/e","type":"Event","attributedTo":"$ana","to":["https://www.w3.org/ns/activitystreams#Public"],"name":"Atelier",
		"startTime":"2030-01-01T10:00:00Z","published":"2026-01-01T10:00:00Z","maillage:organisers":[],"context":"https://elsewhere.example/x",
		"maillage:activities":["https://w3id.org/maillage/v1/activity_types#cartopartie","https://w3id.org/maillage/v1/activity_types#cartopartie","https://x.example/"],
		"maillage:practical":{"maillage:meals":"`+strings.Repeat("é", 3000)+`"}}}`)
	got = s.ours.object(s.ana.ID + "/e").(*instance.Event)
	if !slices.Equal(got.Activities, []string{"cartopartie"}) || got.Series != "" || got.Practical == nil || len([]rune(got.Practical.Meals)) > 500 {
		t.Errorf("kept as %+v", got)
	}
}
