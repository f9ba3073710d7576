package federation

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// On Mobilizon a person publishes in the name of a group: the activity is the person's,
// the object the group's. It is read at its origin, which alone can say so.
func TestGroupEventsOfMobilizon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		followed string // path of whom we follow
		embedded string // owner that the activity claims
		served   string // owner that the object's address tells; "" = not there
		kept     bool
	}{
		"we follow the group":               {"/group", "/group", "/group", true},
		"we follow the person":              {"/lea", "/group", "/group", true},
		"the group does not say so":         {"/group", "/group", "", false},
		"it is another's there":             {"/group", "/group", "/mallory", false},
		"it is another's, not followed":     {"/group", "/mallory", "/mallory", false},
		"nobody is followed":                {"", "/group", "/group", false},
		"it claims a group, and is her own": {"/group", "/group", "/lea", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, s := newPeer(t), newSite(t)
			lea := s.actor("/lea", "Person")
			s.actor("/group", "Group")
			s.actor("/mallory", "Person")
			if c.followed != "" {
				to.hearsOf(s.URL + c.followed)
			}
			if c.served != "" {
				s.serve("/e", s.event("/e", s.URL+c.served, "Repair Café"))
			}
			if got := s.post(to, lea, s.activity("/c", "Create", lea, s.event("/e", s.URL+c.embedded, "Embarqué"))); got != http.StatusAccepted {
				t.Fatalf("status %d", got)
			}
			settleAll(t, to)
			if name, kept := to.knows(s.URL + "/e"); kept != c.kept || kept && name != "Repair Café" {
				t.Errorf("kept %v: %q", kept, name)
			}
		})
	}
}

// The person changes and deletes it too; a deletion counts once the event is gone from
// its address.
func TestGroupEventsOfMobilizonEnd(t *testing.T) {
	t.Parallel()
	to, s := newPeer(t), newSite(t)
	lea, group := s.actor("/lea", "Person"), s.actor("/group", "Group")
	to.hearsOf(group)
	s.serve("/e", s.event("/e", group, "Repair Café"))
	say := func(n int, kind, object string) {
		t.Helper()
		if got := s.post(to, lea, s.activity(fmt.Sprint("/a/", n), kind, lea, object)); got != http.StatusAccepted {
			t.Fatalf("%s: status %d", kind, got)
		}
		settleAll(t, to)
	}
	say(1, "Create", s.event("/e", group, "Repair Café"))
	newer := strings.Replace(s.event("/e", group, "Repair Café annulé"), `"startTime"`, fmt.Sprintf(`"updated":%q,"startTime"`, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)), 1)
	s.serve("/e", newer)
	say(2, "Update", newer)
	if name, _ := to.knows(s.URL + "/e"); name != "Repair Café annulé" {
		t.Errorf("after the update: %q", name)
	}
	say(3, "Delete", fmt.Sprintf("%q", s.URL+"/e"))
	if _, kept := to.knows(s.URL + "/e"); !kept {
		t.Error("deleted by somebody who only says so")
	}
	s.answers("/e", http.StatusGone)
	say(4, "Delete", fmt.Sprintf("%q", s.URL+"/e"))
	if _, kept := to.knows(s.URL + "/e"); kept {
		t.Error("still there")
	}
}
