package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestAPIComesToAnEventHere(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.open("cartopartie", 1)
	const at = "/api/v1/events/cartopartie/participation"
	token, of := w.self("lou@exemple.org")
	w.refused(w.by(token, http.MethodGet, at, ""), http.StatusNotFound)
	if got := w.answers(w.by(token, http.MethodPut, at, ""), http.StatusAccepted); got.body["state"] != "accepted" || got.body["actor"] != nil {
		t.Errorf("%s", got.Body)
	}
	w.answers(w.by(token, http.MethodPut, at, ""), http.StatusAccepted)
	late, _ := w.self("ana@exemple.org")
	w.answers(w.by(late, http.MethodPut, at, ""), http.StatusAccepted)
	if got := w.answers(w.by(late, http.MethodGet, at, ""), http.StatusOK); got.body["state"] != "waiting-list" {
		t.Errorf("%s", got.Body)
	}
	w.answers(w.by(token, http.MethodDelete, at, ""), http.StatusNoContent)
	if got := w.by(late, http.MethodGet, at, ""); got.body["state"] != "accepted" {
		t.Errorf("the list did not move up: %s", got.Body)
	}
	if p, err := w.node.MemberPlace(t.Context(), of, "https://a.example/evenements/cartopartie"); err != nil || p.State != instance.ParticipationLeft {
		t.Errorf("%+v %v", p, err)
	}
	w.refused(w.write(http.MethodPut, at, ""), http.StatusForbidden) // an organisation does not come here
	machine := "jeton-de-la-machine"
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveToken(t.Context(), instance.Token{Hash: instance.HashSecret(machine), Scope: instance.TokenSelf, Label: "essai"})
	}))
	w.refused(w.by(machine, http.MethodPut, at, ""), http.StatusForbidden)
}

func TestAPIComesElsewhereAsThePerson(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.foreign("https://b.example/e", "Fest-noz")
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		o, err := tx.Object(t.Context(), "https://b.example/e")
		if err != nil {
			return err
		}
		o.(*instance.Event).JoinMode = instance.JoinFree
		o.(*instance.Event).When.Start = time.Date(2027, 3, 14, 9, 0, 0, 0, time.UTC)
		return tx.SaveObject(t.Context(), o, []byte("{}"))
	}))
	at := "/api/v1/events/" + instance.Key("https://b.example/e") + "/participation"
	token, _ := w.self("lou@exemple.org", w.org.ID)
	w.refused(w.by(token, http.MethodPut, at, ""), http.StatusForbidden) // they do not appear, and the organisation is not theirs to send
	w.answers(w.by(token, http.MethodPut, "/api/v1/me/sheet", `{"slug":"lou","name":"Lou"}`), http.StatusOK)
	if got := w.answers(w.by(token, http.MethodPut, at, ""), http.StatusAccepted); got.body["actor"] != "https://a.example/personnes/lou" {
		t.Errorf("%s", got.Body)
	}
	w.answers(w.by(token, http.MethodDelete, at, ""), http.StatusNoContent)
}

func TestAPIAnswersWhatItIsAskedToOrganise(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	third := w.actor(instance.KindOrganisation, "tierce", "Tierce")
	w.token("autre", other)
	w.token("tierce", third)
	made := w.answers(w.write(http.MethodPost, "/api/v1/series", `{"event":{"name":"Permanence","when":{"start":"2027-03-20"},
		"organisers":[{"id":"`+other.ID+`","name":"Autre"}]},"rhythm":"week","until":"2027-04-03"}`), http.StatusCreated)
	event := at(items(made.body["items"])[1], "id").(string)
	const organising = "/api/v1/organising"
	list := w.answers(w.by("autre", http.MethodGet, organising+"?per_page=2", ""), http.StatusOK)
	if list.body["total"] != 3.0 || len(items(list.body["items"])) != 2 || at(items(list.body["items"])[0], "name") != "Permanence" {
		t.Errorf("%s", list.Body)
	}
	yes := `{"event":"` + event + `","actor":"` + other.ID + `","agrees":true}`
	if none := w.by("tierce", http.MethodGet, organising, ""); none.body["total"] != 0.0 {
		t.Errorf("others see it: %s", none.Body)
	}
	w.refused(w.by("tierce", http.MethodPost, organising, yes), http.StatusForbidden)
	w.refused(w.by("autre", http.MethodPost, organising, `{"event":"`+event+`","actor":"`+other.ID+`"}`), http.StatusUnprocessableEntity)
	w.answers(w.by("autre", http.MethodPost, organising, yes), http.StatusNoContent)
	w.answers(w.by("autre", http.MethodPost, organising, yes), http.StatusNoContent) // once more changes nothing
	if agreed := w.by("autre", http.MethodGet, organising+"?state=confirmed", ""); agreed.body["total"] != 3.0 {
		t.Errorf("the other dates: %s", agreed.Body)
	}
	w.refused(w.by("autre", http.MethodGet, organising+"?state=lune", ""), http.StatusBadRequest)
}

// A token that publishes for one organisation does not speak for another of its account.
func TestAPIAsksTheOtherOrganisationsOfTheAccount(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	token := w.holder("lou@exemple.org", instance.RoleContributor, instance.Token{Scope: instance.TokenPublishes, Actor: w.org.ID}, w.org.ID, other.ID)
	made := w.answers(w.by(token, http.MethodPost, "/api/v1/events", `{"name":"Cartopartie","when":{"start":"2027-03-20"},"organisers":[{"id":"`+other.ID+`","name":"Autre"}]}`), http.StatusCreated)
	if len(items(made.body["organisers"])) != 0 {
		t.Errorf("it organises without having been asked: %s", made.Body)
	}
	history, err := w.node.Revisions(t.Context(), made.body["id"].(string))
	w.must(err)
	of, err := w.node.AccountByEmail(t.Context(), "lou@exemple.org")
	w.must(err)
	if len(history) != 1 || history[0].Account != of.ID {
		t.Errorf("the history does not say who: %+v", history)
	}
}

func TestAPITakesBackWhatItAsked(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	made := w.answers(w.write(http.MethodPost, "/api/v1/events", `{"name":"Cartopartie","when":{"start":"2027-03-20"},"organisers":[{"id":"`+other.ID+`","name":"Autre"}]}`), http.StatusCreated)
	list := made.Header().Get("Location") + "/organisers"
	asked := w.answers(w.write(http.MethodGet, list, ""), http.StatusOK)
	one := items(asked.body["items"])[0]
	if at(one, "state") != "asked" || at(one, "address") != "@autre@a.example" {
		t.Errorf("%s", asked.Body)
	}
	w.refused(w.by("autre", http.MethodGet, list, ""), http.StatusForbidden)
	w.refused(w.by("autre", http.MethodDelete, list+"/"+at(one, "id").(string), ""), http.StatusForbidden)
	w.answers(w.write(http.MethodDelete, list+"/"+at(one, "id").(string), ""), http.StatusNoContent)
	w.refused(w.write(http.MethodDelete, list+"/"+at(one, "id").(string), ""), http.StatusNotFound)
	if none := w.by("autre", http.MethodGet, "/api/v1/organising", ""); none.body["total"] != 0.0 {
		t.Errorf("%s", none.Body)
	}
}

func TestAPIChangesTheDatesThatFollow(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	made := w.answers(w.write(http.MethodPost, "/api/v1/series", `{"event":{"name":"Permanence","when":{"start":"2027-03-20"}},"rhythm":"week","until":"2027-04-03"}`), http.StatusCreated)
	second := "/api/v1/events/" + at(items(made.body["items"])[1], "slug").(string)
	cancelled := `{"name":"Permanence","status":"annule","when":{"start":"2027-03-27"}}`
	w.refused(w.write(http.MethodPut, second+"?dates=toutes", cancelled), http.StatusBadRequest)
	if got := w.answers(w.write(http.MethodPut, second+"?dates=following&words=Désolés", cancelled), http.StatusOK); got.body["status"] != "annule" {
		t.Errorf("%s", got.Body)
	}
	list := w.get("/api/v1/events?sort=start")
	for i, want := range []any{"confirme", "annule", "annule"} {
		if got := at(items(list.body["items"])[i], "status"); got != want && (got != nil || want != "confirme") {
			t.Errorf("date %d is %v", i+1, got)
		}
	}
	if told := w.get("/api/v1/announcements"); told.body["total"] != 1.0 || !strings.Contains(told.Body.String(), "Désolés") {
		t.Errorf("told: %s", told.Body)
	}
	third := "/api/v1/events/" + at(items(made.body["items"])[0], "slug").(string)
	w.answers(w.write(http.MethodPut, third+"?tell=no", strings.Replace(cancelled, "27\"", "20\"", 1)), http.StatusOK)
	if told := w.get("/api/v1/announcements"); told.body["total"] != 1.0 {
		t.Errorf("told, though asked not to: %s", told.Body)
	}
}
