package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// flood proposes n structures from a place, on forms that were there before.
func (s *site) flood(n int, place, name string) {
	s.Helper()
	const target = "/proposer/structure"
	earlier := &formSeals{now: func() time.Time { return s.pages.seals.now().Add(-time.Minute) }, key: s.pages.seals.key}
	for i := range n {
		form := url.Values{"sceau": {earlier.seal(target)}, "name": {fmt.Sprintf(name, i)}}
		r := httptest.NewRequestWithContext(s.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = place + ":1234"
		s.echo.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// tickedIDs is the form of a page, as it is sent when nothing is changed.
func tickedIDs(v visited) url.Values {
	form := url.Values{}
	for _, box := range v.all("input", "type", "checkbox") {
		if slices.ContainsFunc(box.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
			form.Add(attribute(box, "name"), attribute(box, "value"))
		}
	}
	return form
}

// A thousand forms of one place leave what a moderator dismisses in two clicks, and
// room for everybody else.
func TestAWaveFromOnePlaceIsDismissedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.flood(1000, "203.0.113.9", "Casino en ligne %d")
	if n := len(s.waitingProposals()); n != postsByPlace {
		t.Errorf("%d wait, of a place that may send %d", n, postsByPlace)
	}
	s.flood(1, "198.51.100.7", "Le fablab du port, %d")
	cookie, _ := s.writerOf("m@a.example", instance.RoleModerator)
	s.as(cookie, http.MethodGet, "/moderation", nil).links("/moderation/tri")
	page := s.as(cookie, http.MethodGet, "/moderation/tri", nil)
	page.shows("20 propositions, d’un même endroit")
	if len(tickedIDs(page)["id"]) != 0 {
		t.Error("what nobody chose is ticked")
	}
	var wave string
	for _, a := range page.all("a", "", "") {
		if href := attribute(a, "href"); strings.HasPrefix(href, "/moderation/tri?de=") {
			wave = href
		}
	}
	chosen := s.as(cookie, http.MethodGet, wave, nil)
	chosen.lacks("Le fablab du port")
	ids := tickedIDs(chosen)
	if len(ids["id"]) != postsByPlace {
		t.Fatalf("%d are ticked", len(ids["id"]))
	}
	s.as(cookie, http.MethodPost, "/moderation/tri", ids).went("/moderation")
	if left := s.waitingProposals(); len(left) != 1 || !strings.Contains(left[0].Changes[0].Now, "fablab") {
		t.Errorf("left: %+v", left)
	}
}

// Two hundred of as many places have words in common.
func TestAWaveFromManyPlacesIsDismissedByAWord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 200 {
		s.flood(1, fmt.Sprintf("203.0.113.%d", i), "Le CASINO des îles %d")
	}
	s.flood(1, "198.51.100.7", "Le fablab du port, %d")
	cookie, _ := s.writerOf("m@a.example", instance.RoleModerator)
	ids := tickedIDs(s.as(cookie, http.MethodGet, "/moderation/tri?mot=casino", nil))
	if len(ids["id"]) != 200 {
		t.Fatalf("%d are ticked", len(ids["id"]))
	}
	s.as(cookie, http.MethodPost, "/moderation/tri", ids).went("/moderation")
	s.as(cookie, http.MethodPost, "/moderation/tri", ids).went("/moderation") // by somebody else, at the same time
	if left := s.waitingProposals(); len(left) != 1 {
		t.Errorf("%d left", len(left))
	}
}

func TestOnlyWhoAnswersDismisses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.flood(1, "203.0.113.9", "Le fablab du port, %d")
	ids := url.Values{"id": {s.waitingProposals()[0].ID}}
	stranger, _ := s.writerOf("sam@a.example", instance.RoleContributor)
	s.as(stranger, http.MethodGet, "/moderation/tri?cocher=tout", nil).lacks("fablab")
	if v := s.as(stranger, http.MethodPost, "/moderation/tri", ids); v.Code != http.StatusForbidden {
		t.Errorf("a contributor: %d", v.Code)
	}
	if v := s.do(http.MethodPost, "/moderation/tri", ids); v.Code != http.StatusUnauthorized {
		t.Errorf("a visitor: %d", v.Code)
	}
	if len(s.waitingProposals()) != 1 {
		t.Error("it is gone")
	}
}

// Where something came from is told apart while it waits, and is an address of nobody.
func TestASenderIsNoAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.flood(1, "203.0.113.9", "Le fablab du port, %d")
	p := s.waitingProposals()[0]
	if p.Sender == "" || strings.Contains(p.Sender, "203") || p.Sender != s.pages.seals.sender("203.0.113.9") || p.Sender == newFormSeals(time.Now).sender("203.0.113.9") {
		t.Errorf("sender %q", p.Sender)
	}
	_, account := s.writerOf("h@a.example", instance.RoleHost)
	s.must(s.node.Editor(account).RefuseProposal(t.Context(), p.ID, "Déjà là."))
	after, err := s.node.Proposal(t.Context(), p.ID)
	if err != nil || after.Sender != "" {
		t.Errorf("answered, it still says where from: %+v, %v", after, err)
	}
}
