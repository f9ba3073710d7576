package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// What an organisation says of itself has its history, corrections of others too, and
// comes back without touching its picture or its themes.
func TestTheHistoryOfAnOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	writer, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	moderator, account := s.writerOf("m@a.example", instance.RoleModerator)
	_, stranger := s.neighbour()
	const path, history = "/organisations/tiriad", "/organisations/tiriad/historique"
	form := s.as(writer, http.MethodGet, path+"/modifier", nil).filled()
	form.Set("summary", "Nous **ouvrons** des données")
	s.as(writer, http.MethodPost, path+"/modifier", form).went(path)
	secret, err := s.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: s.org.ID, Changes: []instance.Change{{Field: "name", Now: "Tiriad du port"}}})
	s.must(err)
	p, err := s.node.FollowUp(t.Context(), secret)
	s.must(err)
	_, err = s.node.Editor(account).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	s.must(err)

	s.as(writer, http.MethodGet, path, nil).links(history)
	v := s.as(writer, http.MethodGet, history, nil)
	v.shows("Tiriad du port", "ouvrons", "Avant", "Lou")
	for _, other := range []string{stranger, moderator} {
		if v := s.as(other, http.MethodGet, history, nil); v.Code != http.StatusForbidden {
			t.Errorf("somebody else reads it: %d", v.Code)
		}
	}
	var reverts []string
	for _, f := range v.all("form", "", "") {
		if to := attribute(f, "action"); strings.HasSuffix(to, "/retablir") {
			reverts = append(reverts, to)
		}
	}
	if len(reverts) != 2 { // all but the current one
		t.Fatalf("%d can be brought back", len(reverts))
	}
	if v := s.as(stranger, http.MethodPost, reverts[0], url.Values{}); v.Code != http.StatusForbidden {
		t.Errorf("somebody else brings it back: %d", v.Code)
	}
	if v := s.as(writer, http.MethodPost, strings.Replace(reverts[0], "retablir", "reprendre", 1), url.Values{}); v.Code != http.StatusNotFound {
		t.Errorf("a draft of an organisation: %d", v.Code)
	}
	s.as(writer, http.MethodPost, reverts[0], url.Values{}).went(history)
	after, err := s.node.Actor(t.Context(), s.org.ID)
	s.must(err)
	if after.Name != "Tiriad" || !strings.Contains(after.Summary, "<strong>ouvrons</strong>") {
		t.Errorf("brought back %q, %q", after.Name, after.Summary)
	}
}
