package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestAnEventIsPutOffThenGivenItsNewDate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	path := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", cartopartie()).went("/evenements/"), "/partager")
	told := func() []instance.Object {
		t.Helper()
		notices, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}})
		s.must(err)
		return notices
	}

	s.as(cookie, http.MethodPost, path+"/annuler", url.Values{"suite": {"reporte"}, "prevenir": {"oui"}}).went(path)
	page := s.get(path)
	page.shows("Cet événement est reporté", "Reporté")
	page.lacks("Donner la nouvelle date", "Ajouter à mon agenda")
	s.as(cookie, http.MethodGet, path, nil).links(path + "/modifier")
	s.get("/agenda").shows("Reporté")
	if e := readCalendar(t, s.get(path+".ics").Body.String()).event(t, "Cartographier les fontaines"); e.get("STATUS") != "TENTATIVE" {
		t.Errorf("calendars read %q", e.get("STATUS"))
	}
	if len(told()) != 1 {
		t.Errorf("followers are told %d times that it is put off", len(told()))
	}

	form := s.as(cookie, http.MethodGet, path+"/modifier", nil).filled()
	form.Set("action", "publier")
	form.Set("summary", "Avec un téléphone et de bonnes chaussures.")
	s.as(cookie, http.MethodPost, path+"/modifier", form).went(path)
	s.get(path).shows("Cet événement est reporté") // another change does not give it a date

	form = s.as(cookie, http.MethodGet, path+"/modifier", nil).filled()
	form.Set("action", "publier")
	form.Set("date", "2027-04-10")
	s.as(cookie, http.MethodPost, path+"/modifier", form).went(path)
	page = s.get(path)
	page.shows("samedi 10\u00a0avril\u00a02027", "Prévu")
	page.lacks("reporté")
	notices := told()
	if len(notices) != 2 || !strings.Contains(notices[0].Common().Content+notices[1].Common().Content, "nouvelle date") {
		t.Errorf("followers are told %+v", notices)
	}
	s.as(cookie, http.MethodGet, path+"/historique", nil).shows("samedi 13\u00a0mars\u00a02027", "samedi 10\u00a0avril\u00a02027")
}
