package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// stage is two nodes on loopback: ours, with an event that takes sign-ups, and theirs,
// with people who say things to it over signed HTTP.
type stage struct {
	*testing.T
	ours, theirs *peer
	org          *instance.Actor // ours
	event        *instance.Event // ours, two places
	ana, bo, cy  *instance.Actor // theirs
	names        *strings.Replacer
	began        time.Time
	said         int
}

func newStage(t *testing.T) *stage {
	s := &stage{T: t, ours: newPeer(t), theirs: newPeer(t), began: time.Now()}
	s.org = s.ours.organisation("tiriad")
	draft := event("Cartopartie")
	draft.JoinMode, draft.Capacity = instance.JoinFree, 2
	s.event = s.ours.publish(s.org, draft).(*instance.Event)
	s.ana, s.bo, s.cy = s.theirs.organisation("ana"), s.theirs.organisation("bo"), s.theirs.organisation("cy")
	settleAll(t, s.ours)
	s.names = strings.NewReplacer("$event", s.event.ID, "$org", s.org.ID, "$ana", s.ana.ID, "$bo", s.bo.ID, "$cy", s.cy.ID,
		"$node", s.theirs.node.Self().ID, "$them", s.theirs.base, "$us", s.ours.base)
	return s
}

// says has one of theirs post an activity, "id" and "actor" filled in, and both nodes
// act until nothing is left to do.
func (s *stage) says(as *instance.Actor, activity string) {
	s.Helper()
	if got := s.posts(as, activity); got != http.StatusAccepted {
		s.Fatalf("%s: status %d", activity, got)
	}
	s.settle()
}

func (s *stage) posts(as *instance.Actor, activity string) int {
	s.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(s.names.Replace(activity)), &doc); err != nil {
		s.Fatalf("%s: %v", activity, err)
	}
	s.said++
	for key, value := range map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/said/%d", as.ID, s.said), "actor": as.ID,
	} {
		if doc[key] == nil {
			doc[key] = value
		}
	}
	body, err := json.Marshal(doc)
	if err != nil {
		s.Fatal(err)
	}
	// Each request is another one, even of the same words: no replay.
	at := s.began.Add(-time.Duration(s.said) * time.Second)
	return posting{to: s.ours, from: s.theirs, as: as, body: body, at: at}.send().StatusCode
}

// settle runs jobs; those that fail are what the tests are about.
func (s *stage) settle() {
	s.Helper()
	for range 50 {
		ran, _ := s.ours.work()
		more, _ := s.theirs.work()
		if ran+more == 0 {
			return
		}
	}
	s.Error("jobs never end")
}

// heard lists what theirs received from ours.
func (s *stage) heard() (types []string) {
	s.Helper()
	for seq := int64(1); ; seq++ {
		received, err := s.theirs.node.Received(s.Context(), seq)
		if errors.Is(err, instance.ErrNotFound) {
			return types
		}
		if err != nil {
			s.Fatal(err)
		}
		types = append(types, received.Type)
	}
}

func (s *stage) hears(want ...string) {
	s.Helper()
	if got := s.heard(); !slices.Equal(got, want) {
		s.Errorf("they heard %v, want %v", got, want)
	}
}

func (s *stage) place(who *instance.Actor, want instance.ParticipationState) {
	s.Helper()
	p, err := s.ours.node.Participation(s.Context(), s.event.ID, who.ID)
	switch {
	case want == "" && !errors.Is(err, instance.ErrNotFound):
		s.Errorf("%s has a place: %+v, %v", who.ID, p, err)
	case want != "" && (err != nil || p.State != want):
		s.Errorf("%s: %+v, %v; want %s", who.ID, p, err, want)
	}
}

func (s *stage) counts(kind instance.ReactionKind, want int) {
	s.Helper()
	if n, err := s.ours.node.Reactions(s.Context(), s.event.ID, kind); n != want || err != nil {
		s.Errorf("%d of %s, %v; want %d", n, kind, err, want)
	}
}

func (s *stage) replyIs(id string, want instance.ReplyState) {
	s.Helper()
	r, err := s.ours.node.Reply(s.Context(), s.names.Replace(id))
	switch {
	case want == "" && !errors.Is(err, instance.ErrNotFound):
		s.Errorf("kept: %+v, %v", r, err)
	case want != "" && (err != nil || r.State != want):
		s.Errorf("reply %+v, %v; want %s", r, err, want)
	}
}

func (s *stage) followed(actor, object string, want bool) {
	s.Helper()
	_, err := s.ours.store.Follow(s.Context(), s.names.Replace(actor), s.names.Replace(object))
	if got := err == nil; got != want {
		s.Errorf("%s follows %s: %v, %v", actor, object, got, err)
	}
}

func (s *stage) withdraws() {
	s.Helper()
	if err := s.ours.node.Withdraw(s.Context(), s.org.ID, s.event.ID); err != nil {
		s.Fatal(err)
	}
	s.settle()
}

// note is the document of a reply of Ana's.
func note(id, rest string) string {
	return `{"id":"$ana/` + id + `","type":"Note","attributedTo":"$ana","inReplyTo":"$event","to":["https://www.w3.org/ns/activitystreams#Public"],"content":"<p>J’y serai.</p>","published":"2026-01-01T10:00:00Z"` + rest + `}`
}

const (
	joinsEvent = `{"type":"Join","object":"$event"}`
	follows    = `{"id":"$ana/f","type":"Follow","object":"$org"}`
	undoFollow = `{"type":"Undo","object":{"id":"$ana/f","type":"Follow","actor":"$ana","object":"$org"}}`
)

// Every activity that may come, from whom it may and from whom it may not, twice, too
// early, too late, and about what is not here.
func TestActivities(t *testing.T) {
	t.Parallel()
	for name, play := range map[string]func(*stage){
		"Join": func(s *stage) {
			s.says(s.ana, `{"id":"$ana/j","type":"Join","object":"$event","participationMessage":"Avec un vélo"}`)
			s.place(s.ana, instance.ParticipationAccepted)
			s.hears("Accept")
			received, err := s.theirs.node.Received(s.Context(), 1)
			if err != nil {
				s.Fatal(err)
			}
			answer := fieldsOf(s, received.Body)
			if join, _ := answer["object"].(map[string]any); answer["actor"] != s.org.ID || join["id"] != s.ana.ID+"/j" || join["type"] != "Join" {
				s.Errorf("answered %s", received.Body)
			}
		},
		"Join again": func(s *stage) {
			s.says(s.ana, joinsEvent)
			s.says(s.ana, joinsEvent)
			s.hears("Accept", "Accept")
			if seats, err := s.ours.node.Attendance(s.Context(), s.event.ID); seats.Taken != 1 || err != nil {
				s.Errorf("%+v, %v", seats, err)
			}
		},
		"Join when full, then a Leave": func(s *stage) {
			s.says(s.ana, joinsEvent)
			s.says(s.bo, joinsEvent)
			s.says(s.cy, joinsEvent)
			s.place(s.cy, instance.ParticipationWaiting)
			s.hears("Accept", "Accept")
			s.says(s.ana, `{"type":"Leave","object":"$event"}`)
			s.place(s.cy, instance.ParticipationAccepted)
			s.hears("Accept", "Accept", "Accept")
		},
		"Join refused by the organiser": func(s *stage) {
			s.says(s.ana, joinsEvent)
			editor := s.ours.node.Editor(&instance.Account{Role: instance.RoleHost})
			people, err := editor.Participants(s.Context(), s.event.ID)
			if err != nil || len(people) != 1 {
				s.Fatal(people, err)
			}
			if err := editor.AnswerParticipant(s.Context(), people[0].ID, false); err != nil {
				s.Fatal(err)
			}
			s.settle()
			s.hears("Accept", "Reject")
		},
		"Join of an event without sign-ups": func(s *stage) {
			closed := s.ours.publish(s.org, event("Sans inscription"))
			s.settle()
			s.says(s.ana, `{"type":"Join","object":"`+closed.Common().ID+`"}`)
			s.hears("Ignore")
		},
		"Join of an event that is not here": func(s *stage) {
			s.says(s.ana, `{"type":"Join","object":"$us/evenements/rien"}`)
			s.says(s.ana, `{"type":"Join","object":"$them/evenements/rien"}`)
			s.hears()
		},
		"Join of an event that was withdrawn": func(s *stage) {
			s.withdraws()
			s.says(s.ana, joinsEvent)
			s.place(s.ana, "")
			s.hears()
		},
		"Join by somebody else": func(s *stage) {
			if got := s.posts(s.bo, `{"id":"$ana/j","actor":"$ana","type":"Join","object":"$event"}`); got != http.StatusUnauthorized {
				s.Errorf("status %d", got)
			}
		},
		"Leave": func(s *stage) {
			s.says(s.ana, joinsEvent)
			s.says(s.ana, `{"type":"Leave","object":"$event"}`)
			s.says(s.ana, `{"type":"Leave","object":"$event"}`)
			s.place(s.ana, instance.ParticipationLeft)
			s.says(s.ana, joinsEvent)
			s.place(s.ana, instance.ParticipationAccepted)
		},
		"Leave before its Join": func(s *stage) {
			s.says(s.ana, `{"type":"Leave","object":{"id":"$ana/j","type":"Join","actor":"$ana","object":"$event"}}`)
			s.says(s.ana, `{"id":"$ana/j","type":"Join","object":"$event"}`)
			s.place(s.ana, "")
		},
		"Leave, then the Join of before": func(s *stage) {
			s.says(s.ana, `{"type":"Leave","object":"$event"}`)
			s.says(s.ana, `{"type":"Join","object":"$event","published":"2020-01-01T00:00:00Z"}`)
			s.place(s.ana, instance.ParticipationLeft)
		},
		"Undo of a Join, embedded and by its id": func(s *stage) {
			s.says(s.ana, `{"id":"$ana/j","type":"Join","object":"$event"}`)
			s.says(s.bo, `{"type":"Undo","object":"$ana/j"}`)
			s.place(s.ana, instance.ParticipationAccepted)
			s.says(s.ana, `{"type":"Undo","object":"$ana/j"}`)
			s.place(s.ana, instance.ParticipationLeft)
			s.says(s.bo, `{"id":"$bo/j","type":"Join","object":"$event"}`)
			s.says(s.bo, `{"type":"Undo","object":{"id":"$bo/j","type":"Join","actor":"$bo","object":"$event"}}`)
			s.place(s.bo, instance.ParticipationLeft)
		},
		"Accept of an event, as Friendica attends": func(s *stage) {
			s.says(s.ana, `{"type":"Accept","object":"$event"}`)
			s.place(s.ana, instance.ParticipationAccepted)
			s.says(s.ana, `{"type":"Reject","object":"$event"}`)
			s.place(s.ana, instance.ParticipationLeft)
		},
		"Like": func(s *stage) {
			s.says(s.ana, `{"id":"$ana/l","type":"Like","object":"$event"}`)
			s.says(s.ana, `{"type":"Like","object":"$event"}`)
			s.says(s.bo, `{"type":"EmojiReact","object":"$event","content":"🎉"}`)
			s.counts(instance.ReactionLike, 2)
			s.says(s.bo, `{"type":"Undo","object":{"id":"$ana/l","type":"Like","actor":"$ana","object":"$event"}}`)
			s.counts(instance.ReactionLike, 2)
			s.says(s.ana, `{"type":"Undo","object":{"type":"Like","actor":"$ana","object":"$event"}}`)
			s.says(s.ana, `{"type":"Undo","object":{"type":"Like","actor":"$ana","object":"$event"}}`)
			s.counts(instance.ReactionLike, 1)
		},
		"Undo before its Like": func(s *stage) {
			s.says(s.ana, `{"type":"Undo","object":{"id":"$ana/l","type":"Like","actor":"$ana","object":"$event"}}`)
			s.says(s.ana, `{"id":"$ana/l","type":"Like","object":"$event"}`)
			s.counts(instance.ReactionLike, 0)
		},
		"Like of what is not here": func(s *stage) {
			s.says(s.ana, `{"type":"Like","object":"$us/evenements/rien"}`)
			s.says(s.ana, `{"type":"Like","object":"$ana"}`)
			s.withdraws()
			s.says(s.ana, `{"type":"Like","object":"$event"}`)
			s.counts(instance.ReactionLike, 0)
		},
		"Announce of ours, and its Undo": func(s *stage) {
			s.says(s.ana, `{"id":"$ana/b","type":"Announce","object":"$event","to":["https://www.w3.org/ns/activitystreams#Public"]}`)
			s.counts(instance.ReactionShare, 1)
			s.says(s.ana, `{"type":"Undo","object":"$ana/b"}`)
			s.counts(instance.ReactionShare, 0)
		},
		"reply": func(s *stage) {
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.replyIs("$ana/n", instance.ReplyWaiting)
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			if _, n, err := s.ours.node.Replies(s.Context(), instance.ReplyFilter{Object: s.event.ID}); n != 1 || err != nil {
				s.Errorf("%d replies, %v", n, err)
			}
			if _, err := s.ours.node.Object(s.Context(), s.ana.ID+"/n"); !errors.Is(err, instance.ErrNotFound) {
				s.Errorf("kept as something published: %v", err)
			}
			if _, body := s.ours.get(strings.TrimPrefix(s.event.ID, s.ours.base)+"/replies", typeActivity); !strings.Contains(string(body), `"totalItems":0`) {
				s.Errorf("shown before anybody read it: %s", body)
			}
			editor := s.ours.node.Editor(&instance.Account{Role: instance.RoleHost})
			if err := editor.AnswerReply(s.Context(), s.ana.ID+"/n", true); err != nil {
				s.Fatal(err)
			}
			if _, body := s.ours.get(strings.TrimPrefix(s.event.ID, s.ours.base)+"/replies?page=1", typeActivity); !strings.Contains(string(body), s.ana.ID+"/n") {
				s.Errorf("not shown: %s", body)
			}
		},
		"Update of a reply, before its Create too": func(s *stage) {
			s.says(s.ana, `{"type":"Update","object":`+note("n", `,"updated":"2026-01-03T10:00:00Z"`)+`}`)
			s.replyIs("$ana/n", instance.ReplyWaiting)
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			if r, err := s.ours.node.Reply(s.Context(), s.ana.ID+"/n"); err != nil || r.Updated.Day() != 3 {
				s.Errorf("the older one won: %+v, %v", r, err)
			}
		},
		"Delete of a reply": func(s *stage) {
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.says(s.bo, `{"type":"Delete","object":"$ana/n"}`)
			s.replyIs("$ana/n", instance.ReplyWaiting)
			s.says(s.ana, `{"type":"Delete","object":{"id":"$ana/n","type":"Tombstone"}}`)
			s.says(s.ana, `{"type":"Delete","object":{"id":"$ana/n","type":"Tombstone"}}`)
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.replyIs("$ana/n", instance.ReplyDeleted)
		},
		"Delete before the reply": func(s *stage) {
			s.says(s.ana, `{"type":"Like","object":"$event"}`) // she is known
			s.says(s.ana, `{"type":"Delete","object":"$ana/n"}`)
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.replyIs("$ana/n", "")
		},
		"reply by another than its author": func(s *stage) {
			s.says(s.bo, `{"type":"Create","object":`+note("n", "")+`}`)
			s.replyIs("$ana/n", "")
		},
		"reply that is not for everyone": func(s *stage) {
			s.says(s.ana, `{"type":"Create","object":`+strings.Replace(note("n", ""), "https://www.w3.org/ns/activitystreams#Public", "$org", 1)+`}`)
			s.replyIs("$ana/n", "")
		},
		"reply to what was withdrawn, or never was": func(s *stage) {
			s.withdraws()
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.says(s.ana, `{"type":"Create","object":`+strings.Replace(note("m", ""), "$event", "$us/evenements/rien", 1)+`}`)
			s.replyIs("$ana/n", "")
			s.replyIs("$ana/m", "")
		},
		"Delete of an actor takes all it did": func(s *stage) {
			s.says(s.ana, joinsEvent)
			s.says(s.ana, `{"type":"Like","object":"$event"}`)
			s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
			s.says(s.ana, `{"type":"Delete","object":"$ana"}`)
			s.place(s.ana, instance.ParticipationLeft)
			s.counts(instance.ReactionLike, 0)
			s.replyIs("$ana/n", "")
		},
		"Follow, Undo, Follow again with its id": func(s *stage) {
			s.says(s.ana, follows)
			s.says(s.ana, undoFollow)
			s.followed("$ana", "$org", false)
			s.says(s.ana, follows)
			s.followed("$ana", "$org", true)
			s.hears("Accept", "Accept")
		},
		"Undo before its Follow": func(s *stage) {
			s.says(s.ana, undoFollow)
			s.says(s.ana, follows)
			s.followed("$ana", "$org", false)
		},
		"Block": func(s *stage) {
			s.says(s.ana, follows)
			s.ours.follow("ana@" + s.theirs.domain())
			s.settle()
			s.says(s.ana, `{"id":"$ana/x","type":"Block","object":"$us/actor"}`)
			s.followed("$us/actor", "$ana", false)
			s.followed("$ana", "$org", true)
			s.says(s.ana, `{"type":"Block","object":"$org"}`)
			s.followed("$ana", "$org", false)
			if err := s.ours.node.RequestFollow(s.Context(), s.ours.node.Self().ID, s.ana.ID); !errors.Is(err, instance.ErrForbidden) {
				s.Errorf("follow of who blocks us: %v", err)
			}
			s.says(s.ana, `{"type":"Undo","object":{"id":"$ana/x","type":"Block","actor":"$ana","object":"$us/actor"}}`)
			if err := s.ours.node.RequestFollow(s.Context(), s.ours.node.Self().ID, s.ana.ID); err != nil {
				s.Errorf("after the block: %v", err)
			}
		},
		"nothing more is said to who blocks": func(s *stage) {
			s.says(s.ana, `{"type":"Block","object":"$org"}`)
			s.says(s.ana, joinsEvent)
			s.hears()
		},
		"Add to the directory of a node, and Remove": func(s *stage) {
			s.ours.follow(s.theirs.domain())
			s.settle()
			sheet := s.theirs.publish(s.ana, sheet("Fablab")).Common().ID // its Create is not run
			s.says(s.theirs.node.Self(), `{"type":"Add","object":"`+sheet+`","target":"$them/annuaire"}`)
			s.ours.object(sheet)
			s.says(s.theirs.node.Self(), `{"type":"Remove","object":"`+sheet+`","target":"$them/annuaire"}`)
			if b := s.ours.object(sheet).Common(); !b.Deleted.IsZero() {
				s.Error("removed though it is still there")
			}
			s.says(s.bo, `{"type":"Add","object":"$them/rien","target":"$them/annuaire"}`)
		},
		"Move that only one side says": func(s *stage) {
			s.says(s.ana, follows)
			s.says(s.ana, `{"type":"Move","object":"$ana","target":"$bo"}`)
			s.says(s.bo, `{"type":"Move","object":"$ana","target":"$bo"}`)
			s.followed("$ana", "$org", true)
			s.followed("$bo", "$org", false)
		},
		"Update before its Create, and Delete before it": func(s *stage) {
			s.ours.follow(s.theirs.domain())
			s.settle()
			object := `{"id":"$ana/e","type":"Event","attributedTo":"$ana","to":["https://www.w3.org/ns/activitystreams#Public"],"name":"Atelier %s","startTime":"2030-01-01T10:00:00Z","published":"2026-01-01T10:00:00Z","updated":"2026-01-0%sT10:00:00Z"}`
			s.says(s.ana, `{"type":"Update","object":`+fmt.Sprintf(object, "neuf", "2")+`}`)
			s.says(s.ana, `{"type":"Create","object":`+fmt.Sprintf(object, "vieux", "1")+`}`)
			if got := s.ours.object(s.ana.ID + "/e").Common().Name; got != "Atelier neuf" {
				s.Errorf("it is %q", got)
			}
			s.says(s.ana, `{"type":"Delete","object":"$ana/e"}`)
			s.says(s.ana, `{"type":"Update","object":`+fmt.Sprintf(object, "revenu", "3")+`}`)
			s.says(s.ana, `{"type":"Delete","object":"$ana/e2"}`)
			s.says(s.ana, `{"type":"Create","object":`+strings.Replace(fmt.Sprintf(object, "mort-né", "1"), "$ana/e", "$ana/e2", 1)+`}`)
			for _, id := range []string{"/e", "/e2"} {
				if b := s.ours.object(s.ana.ID + id).Common(); b.Deleted.IsZero() {
					s.Errorf("%s came back", id)
				}
			}
		},
		"Announce of a Delete by a group": func(s *stage) {
			s.ours.follow(s.theirs.domain())
			s.settle()
			kept := s.theirs.publish(s.ana, event("Atelier")).Common().ID
			s.settle()
			s.says(s.bo, `{"type":"Announce","to":["https://www.w3.org/ns/activitystreams#Public"],"object":{"id":"$ana/d","type":"Delete","actor":"$ana","object":"`+kept+`"}}`)
			if b := s.ours.object(kept).Common(); !b.Deleted.IsZero() {
				s.Error("deleted on a group's word")
			}
		},
		"what nobody here knows": func(s *stage) {
			s.says(s.ana, `{"type":"View","object":"$event"}`)
			s.says(s.ana, `{"type":"Undo","object":{"type":"Dislike","actor":"$ana","object":"$event"}}`)
			s.says(s.ana, `{"type":"Undo","object":"$ana/jamais"}`)
			s.says(s.ana, `{"type":"Ignore","object":"$ana/jamais"}`)
			s.says(s.ana, `{"type":"Invite","object":"$bo","target":"$org"}`)
			s.says(s.ana, `{"type":"Remove","object":"$event","target":"$us/annuaire"}`)
			s.hears()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(newStage(t))
		})
	}
}

// One of ours joins an event of another node, over the wire and back.
func TestJoinElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	me := s.ours.node.Self().ID
	draft := event("Fest-noz")
	draft.JoinMode, draft.Capacity = instance.JoinFree, 1
	id := s.theirs.publish(s.ana, draft).Common().ID
	s.ours.follow(s.theirs.domain())
	s.settle()
	if got := s.ours.object(id).(*instance.Event); got.JoinMode != instance.JoinFree {
		t.Fatalf("read as %q", got.JoinMode)
	}
	state := func(want instance.ParticipationState) {
		t.Helper()
		p, err := s.ours.node.Participation(t.Context(), id, me)
		if err != nil || p.State != want {
			t.Fatalf("%+v, %v; want %s", p, err, want)
		}
	}
	join := func() {
		t.Helper()
		if err := s.ours.node.RequestJoin(t.Context(), me, id); err != nil {
			t.Fatal(err)
		}
	}
	join()
	state(instance.ParticipationAsked)
	s.says(s.bo, `{"type":"Like","object":"$event"}`) // settles
	state(instance.ParticipationAccepted)
	if err := s.ours.node.LeaveElsewhere(t.Context(), me, id); err != nil {
		t.Fatal(err)
	}
	s.settle()
	state(instance.ParticipationLeft)
	if p, err := s.theirs.node.Participation(t.Context(), id, me); err != nil || p.State != instance.ParticipationLeft {
		t.Errorf("there: %+v, %v", p, err)
	}
	join()
	s.settle()
	state(instance.ParticipationAccepted)

	// The places left travel with the event, and its change reaches who comes.
	_, body := s.theirs.get(strings.TrimPrefix(id, s.theirs.base), typeActivity)
	doc := fieldsOf(t, body)
	if doc["joinMode"] != "free" || doc["participantCount"] != 1.0 || doc["remainingAttendeeCapacity"] != 0.0 {
		t.Errorf("served %s", body)
	}
}

// What changes of an event reaches who comes to it, follower or not.
func TestAnEventsChangeReachesThoseWhoCome(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, joinsEvent)
	s.hears("Accept")
	changed := event("Cartopartie déplacée")
	changed.JoinMode, changed.Capacity = instance.JoinFree, 2
	if _, err := s.ours.node.Edit(t.Context(), s.org.ID, s.event.ID, changed); err != nil {
		t.Fatal(err)
	}
	deliveries := 0
	for range 20 {
		jobs, err := s.ours.store.Claim(t.Context(), []string{instance.JobAnnounce, instance.JobDeliver}, 10, 0, time.Minute)
		if err != nil || len(jobs) == 0 {
			break
		}
		for _, job := range jobs {
			if job.Kind == instance.JobDeliver {
				deliveries++
				continue
			}
			if err := s.ours.Announce(t.Context(), job); err != nil {
				t.Fatal(err)
			}
		}
	}
	if deliveries != 1 {
		t.Errorf("%d deliveries, want the Update to Ana's server", deliveries)
	}
}

// A correction travels to the node of what it corrects, and its answer comes back; so
// does a report, without an answer.
func TestCorrectionsAndReportsTravel(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, `{"id":"$ana/flag","type":"Flag","object":["$org","$event"],"content":"Ce n’est plus là"}`)
	waiting, n, err := s.ours.node.Proposals(t.Context(), instance.ProposalFilter{})
	if err != nil || n != 1 || waiting[0].Kind != instance.ProposeReport || waiting[0].Object != s.event.ID || waiting[0].Message != "Ce n’est plus là" {
		t.Fatalf("%+v, %v", waiting, err)
	}
	s.says(s.ana, `{"id":"$ana/offer","type":"Offer","object":"$event","content":"Une faute","@context":["https://www.w3.org/ns/activitystreams",{"maillage":"https://w3id.org/maillage/v1#"}],"maillage:changes":[{"maillage:field":"name","maillage:now":"Cartopartie au port"}]}`)
	p, err := s.ours.node.ProposalByActivity(t.Context(), s.ana.ID+"/offer")
	if err != nil || p.Kind != instance.ProposeCorrect || len(p.Changes) != 1 || p.Changes[0].Now != "Cartopartie au port" || p.From != s.ana.ID {
		t.Fatalf("%+v, %v", p, err)
	}
}
