package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestAPIOpensOrganisationsAndTerritories(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	host := w.hostToken()
	made := w.answers(w.by(host, http.MethodPost, "/api/v1/organisations", `{"name":"Les voisines","summary":"<p>Ici<script>x</script></p>","themes":["cartographie"]}`), http.StatusCreated)
	if made.body["slug"] != "les-voisines" || strings.Contains(made.Body.String(), "script") || made.Header().Get("Location") != "/api/v1/organisations/les-voisines" {
		t.Errorf("%s", made.Body)
	}
	w.refused(w.by(host, http.MethodPost, "/api/v1/organisations", `{"name":"Les voisines"}`), http.StatusConflict)
	place := w.answers(w.by(host, http.MethodPost, "/api/v1/territories", `{"name":"Redon","subkind":"commune","place":{"locality":"Redon","insee":"35236","departement":"35"}}`), http.StatusCreated)
	if at(items(place.body["codes"])[0], "value") != "35236" || items(place.body["departements"])[0] != "35" {
		t.Errorf("%s", place.Body)
	}
	for _, wrong := range []string{
		`{"name":""}`, `{"name":"Ici","themes":["inconnu"]}`, `{"name":"Ici","website":"javascript:alert(1)"}`, `{"name":"Ici","image":{"url":"javascript:x"}}`,
		`{"name":"Ici","place":{"point":{"lat":95,"lon":0}}}`, `{"name":"Ici","kind":"territory"}`, `{"name":"Ici","key_pem":"x"}`, `{"name":"` + strings.Repeat("a", 150) + `"}`,
	} {
		w.refused(w.by(host, http.MethodPost, "/api/v1/organisations", wrong), http.StatusUnprocessableEntity)
	}
	w.refused(w.by(host, http.MethodPost, "/api/v1/territories", `{"name":"Ici","subkind":"planète"}`), http.StatusUnprocessableEntity)
}

func TestAPIChangesWhatActorsSay(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	const one = "/api/v1/organisations/tiriad"
	read := w.get(one)
	tag := read.Header().Get("Etag")
	read.body["name"], read.body["website"] = "Tiriad !", "https://tiriad.example"
	body, err := json.Marshal(read.body) // what was read can be sent back
	w.must(err)
	auth := []string{"Authorization", "Bearer " + testToken, "Content-Type", "application/json", "If-Match", tag}
	if got := w.answers(w.do(http.MethodPut, one, string(body), auth...), http.StatusOK); got.body["name"] != "Tiriad !" || got.body["address"] != "@tiriad@a.example" {
		t.Errorf("%s", got.Body)
	}
	w.refused(w.do(http.MethodPut, one, string(body), auth...), http.StatusPreconditionFailed)
	w.token("autre", w.actor(instance.KindOrganisation, "autre", "Autre"))
	w.refused(w.by("autre", http.MethodPut, one, string(body)), http.StatusForbidden)
	w.actor(instance.KindTerritory, "brest", "Brest")
	land := w.get("/api/v1/territories/brest")
	land.body["name"] = "Brest même"
	body, err = json.Marshal(land.body)
	w.must(err)
	w.refused(w.by(testToken, http.MethodPut, "/api/v1/territories/brest", string(body)), http.StatusForbidden)
	if got := w.answers(w.by(w.hostToken(), http.MethodPut, "/api/v1/territories/brest", string(body)), http.StatusOK); got.body["name"] != "Brest même" || len(items(got.body["codes"])) != 1 {
		t.Errorf("%s", got.Body)
	}
}
