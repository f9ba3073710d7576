package federation

import (
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// activitypub-bot lists its activities by their IRIs: what they bring is read behind them.
func TestAnOutboxOfBareActivities(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Application")
	a.page("/outbox", "", fmt.Sprintf("%q", a.URL+"/creates/1"), fmt.Sprintf("%q", a.URL+"/announces/2"), fmt.Sprintf("%q", a.URL+"/follows/3"))
	a.pages["/creates/1"], a.pages["/events/1"], a.pages["/events/2"] = a.create(1), a.event(1), a.event(2)
	a.pages["/announces/2"] = fmt.Sprintf(`{"id":"%[1]s/announces/2","type":"Announce","actor":"%[1]s/actor","object":"%[1]s/events/2"}`, a.URL)
	a.pages["/follows/3"] = fmt.Sprintf(`{"id":"%[1]s/follows/3","type":"Follow","actor":"%[1]s/actor","object":"%[2]s/actor"}`, a.URL, p.base)
	p.backfill(a)
	for _, event := range []string{"/events/1", "/events/2"} {
		p.object(a.URL + event)
	}
}

// Software that dates no edit says that there was one by its Update alone.
func TestAnEditWithoutADate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ours.follow(s.theirs.domain())
	s.settle()
	object := `{"id":"$ana/n","type":"Note","attributedTo":"$ana","to":["https://www.w3.org/ns/activitystreams#Public"],"content":"<p>%s</p>","published":"2026-01-01T10:00:00Z"}`
	told := func(verb, content, more string) {
		s.says(s.ana, `{"type":"`+verb+`",`+more+`"object":`+fmt.Sprintf(object, content)+`}`)
	}
	is := func(want string) {
		t.Helper()
		if got := s.ours.object(s.ana.ID + "/n").Common().Content; got != "<p>"+want+"</p>" {
			t.Errorf("it says %s, want %s", got, want)
		}
	}
	told("Create", "un", "")
	told("Update", "deux", `"published":"2026-01-02T10:00:00Z",`)
	is("deux")
	told("Update", "trop tard", `"published":"2026-01-01T12:00:00Z",`)
	is("deux")
	told("Create", "trop tard", "")
	is("deux")
	told("Update", "trois", "") // nothing says when: it is the last word so far
	is("trois")
	if b := s.ours.object(s.ana.ID + "/n").Common(); b.Updated.After(time.Now().Add(time.Minute)) {
		t.Errorf("dated %v", b.Updated)
	}

	s.says(s.ana, `{"type":"Create","object":`+note("r", "")+`}`)
	s.says(s.ana, `{"type":"Update","published":"2026-01-02T10:00:00Z","object":{"id":"$ana/r","type":"Note","attributedTo":"$ana","inReplyTo":"$event","to":["https://www.w3.org/ns/activitystreams#Public"],"content":"<p>Finalement non.</p>","published":"2026-01-01T10:00:00Z"}}`)
	if r, err := s.ours.node.Reply(t.Context(), s.ana.ID+"/r"); err != nil || r.Content != "<p>Finalement non.</p>" {
		t.Errorf("the reply is %+v, %v", r, err)
	}
}

// An object that has only an id is the same as its bare IRI.
func TestAnObjectThatIsOnlyNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ours.follow(s.theirs.domain())
	s.settle()
	theirs := s.theirs.publish(s.ana, event("Atelier")).Common().ID // its Create is not told
	s.posts(s.ana, `{"type":"Create","object":{"id":"`+theirs+`"}}`)
	for range 2 {
		_, _ = s.ours.work()
	}
	s.ours.object(theirs)
}

// A reply is one in whatever shape of JSON-LD it is written.
func TestAReplyInAnotherShape(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, `{"@context":["https://www.w3.org/ns/activitystreams",{"answers":{"@id":"as:inReplyTo","@type":"@id"}}],"type":"Create","object":{"id":"$ana/r","type":"Note","attributedTo":"$ana",
		"answers":"$event","to":"as:Public","content":"<p>J’y serai.</p>","published":"2026-01-01T10:00:00Z"}}`)
	s.replyIs("$ana/r", instance.ReplyWaiting)
}

// Who points at somebody else's thing does not date it: what its owner changes next
// would come too late.
func TestNobodyDatesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	a := newArchive(t, p, "Application")
	a.pages["/events/1"] = a.event(1)
	changed := time.Now().Add(time.Hour)
	if err := p.receiveTold(t.Context(), told{by: a.URL + "/actor", changed: changed}, a.URL+"/events/1"); err != nil {
		t.Fatal(err)
	}
	mine := p.object(a.URL + "/events/1").Common()
	if !mine.Updated.After(mine.Published) {
		t.Errorf("the owner's own date was not taken: %v", mine.Updated)
	}
	a.pages["/events/2"] = a.event(2)
	by := newArchive(t, p, "Application").URL + "/actor" // followed too
	if err := p.receiveTold(t.Context(), told{by: by, changed: changed}, a.URL+"/events/2"); err != nil {
		t.Fatal(err)
	}
	if b := p.object(a.URL + "/events/2").Common(); b.Updated.After(b.Published) {
		t.Errorf("a stranger dated it %v", b.Updated)
	}
}
