package as2

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

const (
	us   = "https://opl.example.org/organisations/tiriad"
	them = "https://mastodon.example/users/asso"
)

// statementsOfOurs is one of each.
func statementsOfOurs() []Statement {
	act := func(kind string, s Statement) Statement {
		s.ID, s.Type, s.Actor, s.To = "https://opl.example.org/activites/"+strings.ToLower(kind), kind, us, []string{them}
		if s.Objects == nil {
			s.Objects = []string{"https://mobilizon.example/events/1"}
		}
		return s
	}
	return []Statement{
		act("Like", Statement{}), act("Join", Statement{Content: "À deux"}), act("Leave", Statement{}), act("Ignore", Statement{}),
		act("Flag", Statement{Objects: []string{them, them + "/statuses/1"}, Content: "Publicité"}),
		act("Block", Statement{Objects: []string{them}}),
		act("Move", Statement{Objects: []string{us}, Target: "https://nouveau.example/organisations/tiriad"}),
		act("Add", Statement{Target: us + "/featured"}), act("Remove", Statement{Target: us + "/featured", Cc: []string{us + "/followers"}}),
	}
}

// TestStatementsComeBackWhole reads each statement of ours, and what undoes it.
func TestStatementsComeBackWhole(t *testing.T) {
	t.Parallel()
	for _, s := range statementsOfOurs() {
		t.Run(s.Type, func(t *testing.T) {
			t.Parallel()
			data, err := MarshalStatement(s)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/maillage/"+strings.ToLower(s.Type)+".json", indented(t, json.RawMessage(data)))
			a, err := ParseActivity(data)
			if err != nil {
				t.Fatal(err)
			}
			got := Statement{ID: a.ID, Type: a.Type, Actor: a.Actor, Objects: a.Objects, Target: a.Target, Content: a.Content, To: a.To, Cc: a.Cc}
			if got.Objects == nil {
				got.Objects = []string{a.ObjectID}
			}
			if !reflect.DeepEqual(got, s) {
				t.Errorf("got %+v, want %+v", got, s)
			}
			undo, err := ParseActivity(MarshalUndo("https://opl.example.org/activites/undo", us, data))
			if err != nil {
				t.Fatal(err)
			}
			if inner, err := undo.Inner(); err != nil || inner.Type != s.Type || inner.ID != s.ID || inner.Actor != us {
				t.Errorf("undone: %+v, %v", inner, err)
			}
		})
	}
}

func TestStatementsThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		s    Statement
		want error
	}{
		"no statement":     {Statement{Type: "Create", Objects: []string{them}}, ErrUnsupported},
		"of nothing":       {Statement{Type: "Like"}, ErrMalformed},
		"of several":       {Statement{Type: "Like", Objects: []string{them, us}}, ErrUnsupported},
		"to nowhere":       {Statement{Type: "Move", Objects: []string{us}}, ErrMalformed},
		"into no list":     {Statement{Type: "Add", Objects: []string{us}}, ErrMalformed},
		"from no list":     {Statement{Type: "Remove", Objects: []string{us}}, ErrMalformed},
		"a type of nobody": {Statement{Objects: []string{us}}, ErrUnsupported},
	} {
		if _, err := MarshalStatement(test.s); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestAnswersEmbedWhatTheyAnswer: Mobilizon looks the Join up by its id.
func TestAnswersEmbedWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	const join = `{"id":"https://mobilizon.example/join/event/5f0c","type":"Join","actor":"https://mobilizon.example/@membre","object":"https://opl.example.org/evenements/velo"}`
	for _, verb := range []string{"Accept", "Reject", "Ignore"} {
		data, err := MarshalAnswer(verb, "https://opl.example.org/activites/1", us, "https://mobilizon.example/@membre", []byte(join))
		if err != nil {
			t.Fatal(err)
		}
		a, err := ParseActivity(data)
		if err != nil || a.Type != verb || a.Actor != us || string(a.ObjectRaw) != join || !slices.Equal(a.To, []string{"https://mobilizon.example/@membre"}) {
			t.Errorf("got %+v, %v", a, err)
		}
	}
	if _, err := MarshalAnswer("Undo", "", "", "", []byte(join)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if _, err := MarshalAnswer("Accept", "", "", "", nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func TestWhatCountsAsALike(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{"Like": true, "EmojiReact": true, "litepub:EmojiReact": true, "Dislike": false, "View": false} {
		body := `{"@context":{"litepub":"http://litepub.social/ns#"},"@id":"https://a.example/1","type":"` + kind + `","actor":"https://a.example/u","object":"https://b.example/e","content":"<b>❤</b>"}`
		if a, err := ParseActivity([]byte(body)); err != nil || a.Likes() != want || a.Content != "❤" {
			t.Errorf("%s: got %+v, %v", kind, a, err)
		}
	}
}

func TestInnerIsAnActivity(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]error{
		`"https://a.example/1"`:                         ErrMalformed,
		`{"id":"https://a.example/1"}`:                  ErrMalformed,
		`{"type":"Note"}`:                               ErrUnsupported,
		`{"type":"Like","object":"https://b.example/"}`: nil,
	} {
		a, err := ParseActivity([]byte(`{"id":"https://a.example/u#1","type":"Undo","actor":"https://a.example/u","object":` + object + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Inner(); !errors.Is(err, want) {
			t.Errorf("%s: got %v", object, err)
		}
	}
}

// TestEventPeopleJoinHere writes all that lets Mobilizon offer to join, and reads it.
func TestEventPeopleJoinHere(t *testing.T) {
	t.Parallel()
	ev, e := fullEvent(), testEnv(t)
	e.Replies, e.Upcoming = true, true
	e.Participations = map[string]Participation{ev.ID: {Mode: "restricted", Remaining: 0, Count: 60}}
	data, err := MarshalObject(ev, e)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/maillage/joinable_event.json", indented(t, json.RawMessage(data)))
	if p, err := ParseParticipation(data); err != nil || p != e.Participations[ev.ID] {
		t.Errorf("got %+v, %v", p, err)
	}
	strictlyShaped(t, data)
	elsewhere, err := MarshalObject(ev, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ParseParticipation(elsewhere); err != nil || p.Mode != "" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestPostponedEvent(t *testing.T) {
	t.Parallel()
	ev := fullEvent()
	ev.Status = statusPostponed
	data, err := MarshalObject(ev, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"eventStatus":"EventPostponed"`) || !strings.Contains(string(data), `"status":"TENTATIVE"`) {
		t.Errorf("got %s", data)
	}
	if back, err := ParseObject(data); err != nil || back.(*instance.Event).Status != statusPostponed {
		t.Errorf("got %+v, %v", back, err)
	}
	if !instance.Vocabularies().Has("event_status", string(statusPostponed)) {
		t.Error("the vocabulary has no such status")
	}
}

// TestReplyMentions: the people a note speaks to are tagged, addressed and named, and
// the author's own words come back without them.
func TestReplyMentions(t *testing.T) {
	t.Parallel()
	reply, e := fullAnnouncement(), testEnv(t)
	e.Mentions = map[string][]Mention{reply.ID: {{Actor: them, Address: "@asso@mastodon.example"}}}
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	data, err := MarshalActivity(instance.VerbCreate, "https://opl.example.org/activites/1", org, reply, e)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseActivity(data)
	if err != nil || !slices.Contains(a.Cc, them) {
		t.Fatalf("got %+v, %v", a, err)
	}
	golden(t, "testdata/maillage/reply.json", indented(t, a.ObjectRaw))
	if mentions, err := Mentions(a.ObjectRaw); err != nil || !slices.Equal(mentions, []string{them}) {
		t.Errorf("got %v, %v", mentions, err)
	}
	if back, err := ParseObject(a.ObjectRaw); err != nil || back.Common().Content != reply.Content {
		t.Errorf("got %+v, %v", back, err)
	}
}

// TestActorLinks: a move is told on both actors, and a key for proofs is published.
func TestActorLinks(t *testing.T) {
	t.Parallel()
	org, e := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad"), testEnv(t)
	org.Ed25519 = "z6MkexampleexampleexampleexampleexampleexampleA"
	want := Links{MovedTo: "https://nouveau.example/o", AlsoKnownAs: []string{"https://ancien.example/o"}, Featured: org.ID + "/featured", UpcomingEvents: org.ID + "/upcoming"}
	e.Upcoming, org.MovedTo, org.AlsoKnownAs = true, want.MovedTo, want.AlsoKnownAs
	data, err := MarshalActor(org, e)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/maillage/moved_organisation.json", indented(t, json.RawMessage(data)))
	if got, err := ParseLinks(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	strictlyShaped(t, data)
}

// TestExtensionsOutliveAnEdit: what is not ours on a document of ours stays, what the
// author took away goes, and so does what vouched for the old version.
func TestExtensionsOutliveAnEdit(t *testing.T) {
	t.Parallel()
	ev := fullEvent()
	data, err := MarshalObject(ev, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	was := strings.Replace(string(data), `{"@context":[`, `{"gts:policy":{"canLike":"x"},"mood":"gai","plain":1.50,"proof":{"type":"DataIntegrityProof"},"@context":[{"gts":"https://gotosocial.org/ns#","ex":"https://ex.example/#","mood":"ex:mood","name":"https://evil.example/#"},`, 1)
	ev.Image, ev.Name = nil, "Un autre titre"
	if data, err = MarshalObject(ev, testEnv(t)); err != nil {
		t.Fatal(err)
	}
	out, err := Carry(data, []byte(was))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := decode(out)
	if err != nil {
		t.Fatal(err)
	}
	if string(doc.raw["gts:policy"]) != `{"canLike":"x"}` || string(doc.raw["mood"]) != `"gai"` || string(doc.raw["plain"]) != "1.50" {
		t.Errorf("lost: %s", out)
	}
	if doc.raw["proof"] != nil || doc.raw["image"] != nil || doc.fields["name"] != "Un autre titre" {
		t.Errorf("kept: %s", out)
	}
	defined := inline(doc.fields)
	if defined["gts"] != "https://gotosocial.org/ns#" || defined["mood"] != "ex:mood" || defined["ex"] != "https://ex.example/#" || defined["name"] != nil {
		t.Errorf("defined: %v", defined)
	}
	if back, err := ParseObject(out); err != nil || !reflect.DeepEqual(back, instance.Object(mustParse(t, data))) {
		t.Errorf("got %+v, %v", back, err)
	}
	if same, err := Carry(data, data); err != nil || !json.Valid(same) || len(same) != len(data) {
		t.Errorf("without extensions: %v\n%s\n%s", err, same, data)
	}
}

func mustParse(t *testing.T, data []byte) instance.Object {
	t.Helper()
	o, err := ParseObject(data)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
