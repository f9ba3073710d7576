package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// open publishes an event that takes sign-ups, and is the path of its participants.
func (w *apiWorld) open(slug string, capacity int) string {
	w.Helper()
	made := w.write(http.MethodPost, "/api/v1/events", `{"slug":"`+slug+`","name":"Cartopartie","when":{"start":"2027-03-14"},"join_mode":"free","capacity":`+strconv.Itoa(capacity)+`}`)
	if made.Code != http.StatusCreated {
		w.Fatalf("%d %s", made.Code, made.Body)
	}
	return "/api/v1/events/" + slug + "/participants"
}

func TestAPIKeepsTheOrganisersList(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	list := w.open("cartopartie", 1)
	w.refused(w.do(http.MethodGet, list, ""), http.StatusUnauthorized)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	w.refused(w.do(http.MethodGet, list, "", "Authorization", "Bearer autre"), http.StatusForbidden)

	first := w.write(http.MethodPost, list, `{"name":"Une voisine","phone":"au guichet"}`)
	second := w.write(http.MethodPost, list, `{"name":"Un voisin","seats":1}`)
	if first.body["state"] != "accepted" || second.body["state"] != "waiting-list" {
		t.Fatalf("%s, then %s", first.Body, second.Body)
	}
	w.refused(w.write(http.MethodPost, list, `{"name":""}`), http.StatusUnprocessableEntity)
	one := list + "/" + first.body["id"].(string)
	w.refused(w.do(http.MethodDelete, one, "", "Authorization", "Bearer autre"), http.StatusForbidden)
	w.refused(w.write(http.MethodPut, one, `{"state":"left"}`), http.StatusUnprocessableEntity)
	if got := w.write(http.MethodPut, one, `{"state":"refused"}`); got.Code != http.StatusOK || got.body["state"] != "refused" {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	all := w.write(http.MethodGet, list, "")
	if all.Header().Get("Cache-Control") != "private, no-cache" || all.body["taken"] != 1.0 || len(items(all.body["items"])) != 2 {
		t.Errorf("the list did not move up: %s", all.Body)
	}
	elsewhere := w.open("autre-fete", 1)
	w.refused(w.write(http.MethodDelete, elsewhere+"/"+second.body["id"].(string), ""), http.StatusNotFound)
	if got := w.write(http.MethodDelete, list+"/"+second.body["id"].(string), ""); got.Code != http.StatusNoContent {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestAPIAnswersWhatIsProposed(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	sheet := w.partner("fablab", "Le fablab", nil)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	correct := `{"kind":"correct","object":"` + sheet.Common().ID + `","changes":[{"field":"name","now":"Le fablab du port"}]}`
	made := w.do(http.MethodPost, "/api/v1/proposals", correct, "Authorization", "Bearer autre", "Content-Type", "application/json")
	if made.Code != http.StatusCreated || !strings.HasPrefix(made.body["follow_up"].(string), "https://a.example/proposition?cle=") {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	one := "/api/v1/proposals/" + made.body["id"].(string)
	if theirs := w.do(http.MethodGet, "/api/v1/proposals", "", "Authorization", "Bearer autre"); theirs.body["total"] != 0.0 {
		t.Errorf("who proposed may answer: %s", theirs.Body)
	}
	w.refused(w.do(http.MethodPost, one+"/accept", `{}`, "Authorization", "Bearer autre", "Content-Type", "application/json"), http.StatusForbidden)
	waiting := w.write(http.MethodGet, "/api/v1/proposals", "")
	if waiting.body["total"] != 1.0 || strings.Contains(waiting.Body.String(), "follow_up") {
		t.Fatalf("%s", waiting.Body)
	}
	if done := w.write(http.MethodPost, one+"/accept", `{"answer":"Merci"}`); done.Code != http.StatusOK || done.body["state"] != "accepted" {
		t.Fatalf("%d %s", done.Code, done.Body)
	}
	if got := w.get("/api/v1/partners/fablab"); got.body["name"] != "Le fablab du port" {
		t.Errorf("%s", got.Body)
	}
	w.refused(w.write(http.MethodPost, one+"/refuse", `{"answer":"Non"}`), http.StatusConflict)
	w.refused(w.write(http.MethodDelete, one, ""), http.StatusConflict)
}

// One token fills no queue for the others.
func TestAPIProposesSoMuch(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	body := `{"kind":"create","object_kind":"partner","changes":[{"field":"name","now":"Casino en ligne"}]}`
	for range 40 {
		if got := w.write(http.MethodPost, "/api/v1/proposals", body); got.Code != http.StatusCreated {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
	}
	w.refused(w.write(http.MethodPost, "/api/v1/proposals", body), http.StatusServiceUnavailable)
}

func TestAPIBringsAVersionBack(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	made := w.write(http.MethodPost, "/api/v1/announcements", noteBody)
	at := made.Header().Get("Location")
	w.write(http.MethodPut, at, strings.Replace(noteBody, "Bonjour", "Deux", 1))
	history := w.write(http.MethodGet, at+"/versions", "")
	versions := items(history.body["items"])
	if history.Code != http.StatusOK || len(versions) != 2 {
		t.Fatalf("%d %s", history.Code, history.Body)
	}
	w.refused(w.do(http.MethodGet, at+"/versions", ""), http.StatusUnauthorized)
	first := versions[1].(map[string]any)
	revert := "/api/v1/versions/" + jsonNumber(first["version"]) + "/revert"
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	w.refused(w.do(http.MethodPost, revert, "", "Authorization", "Bearer autre"), http.StatusForbidden)
	if got := w.write(http.MethodPost, revert, ""); got.Code != http.StatusOK || !strings.Contains(w.get(at).Body.String(), "Bonjour") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	w.refused(w.write(http.MethodPost, "/api/v1/versions/x/revert", ""), http.StatusNotFound)
}

func TestAPIPublishesASeries(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	made := w.write(http.MethodPost, "/api/v1/series", `{"event":{"name":"Permanence","when":{"start":"2027-03-20T14:00:00+01:00","zone":"Europe/Paris"}},"rhythm":"week","until":"2027-04-03"}`)
	events := items(made.body["items"])
	if made.Code != http.StatusCreated || len(events) != 3 {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	last := events[2].(map[string]any)
	if at := last["when"].(map[string]any)["start"]; at != "2027-04-03T12:00:00Z" { // summer time has begun
		t.Errorf("the last begins at %v", at)
	}
	if last["series"] != events[0].(map[string]any)["id"] {
		t.Errorf("not of one series: %s", made.Body)
	}
	for _, wrong := range []string{
		`{"event":{"name":"Permanence","when":{"start":"2027-03-20"}},"rhythm":"jamais","until":"2027-04-03"}`,
		`{"event":{"name":"Permanence","when":{"start":"2027-03-20"}},"rhythm":"week","until":"bientôt"}`,
		`{"event":null,"rhythm":"week","until":"2027-04-03"}`, `{"rhythm":"week","until":"2027-04-03"}`,
	} {
		w.refused(w.write(http.MethodPost, "/api/v1/series", wrong), http.StatusUnprocessableEntity)
	}
}

func TestAPIKeepsAPicture(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	post := func(body string, header ...string) answered {
		return w.do(http.MethodPost, "/api/v1/media", body, header...)
	}
	w.refused(post(onePixel, "Content-Type", "image/png"), http.StatusUnauthorized)
	auth := []string{"Authorization", "Bearer " + testToken, "Content-Type"}
	w.refused(post(onePixel, append(auth, "application/json")...), http.StatusUnsupportedMediaType)
	w.refused(post("<svg onload=alert(1)>", append(auth, "image/png")...), http.StatusUnprocessableEntity)
	w.refused(post(strings.Repeat("x", instance.MaxPicture+1), append(auth, "image/png")...), http.StatusRequestEntityTooLarge)
	kept := post(onePixel, append(auth, "image/png")...)
	if kept.Code != http.StatusCreated || !strings.HasPrefix(kept.body["url"].(string), "https://a.example/media/") {
		t.Fatalf("%d %s", kept.Code, kept.Body)
	}
	made := w.write(http.MethodPost, "/api/v1/announcements", strings.Replace(noteBody, "{", `{"image":{"url":"`+kept.body["url"].(string)+`","alt":"Un point"},`, 1))
	if made.Code != http.StatusCreated {
		t.Errorf("%d %s", made.Code, made.Body)
	}
}

func TestAPIAsksForAPlaceElsewhere(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	at := "/api/v1/events/" + instance.Key("https://b.example/e") + "/participation"
	w.foreign("https://b.example/e", "Fest-noz")
	w.refused(w.write(http.MethodPut, at, ""), http.StatusForbidden) // it takes no sign-ups
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		o, err := tx.Object(t.Context(), "https://b.example/e")
		if err != nil {
			return err
		}
		o.(*instance.Event).JoinMode = instance.JoinFree
		o.(*instance.Event).When.Start = time.Date(2027, 3, 14, 9, 0, 0, 0, time.UTC)
		return tx.SaveObject(t.Context(), o, []byte("{}"))
	}))
	if got := w.write(http.MethodPut, at, ""); got.Code != http.StatusAccepted || got.body["state"] != "waiting-answer" || got.body["actor"] != w.org.ID {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	if got := w.write(http.MethodDelete, at, ""); got.Code != http.StatusNoContent {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestAPIListsOrganisations(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	if list := w.get("/api/v1/organisations"); list.body["total"] != 1.0 {
		t.Errorf("%s", list.Body)
	}
	one := w.get("/api/v1/organisations/tiriad")
	if one.body["address"] != "@tiriad@a.example" || one.body["path"] != "/organisations/tiriad" {
		t.Errorf("%s", one.Body)
	}
	if again := w.do(http.MethodGet, "/api/v1/organisations/tiriad", "", "If-None-Match", one.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("%d", again.Code)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/organisations/personne", ""), http.StatusNotFound)
}

// jsonNumber is a decoded number as it was written.
func jsonNumber(v any) string {
	return strconv.FormatFloat(v.(float64), 'f', -1, 64)
}
