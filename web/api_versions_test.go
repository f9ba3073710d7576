package web

import (
	"net/http"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestAPIBringsAPresentationBack(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	host := w.hostToken()
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	w.actor(instance.KindTerritory, "brest", "Brest")
	for _, of := range []struct{ path, token, name, body string }{
		{"/api/v1/organisations/tiriad", testToken, "Tiriad", `{"name":"Autrement"}`}, {"/api/v1/territories/brest", host, "Brest", `{"name":"Autrement","subkind":"commune","codes":[{"type":"insee","value":"29019"}]}`},
	} {
		w.answers(w.by(of.token, http.MethodPut, of.path, of.body), http.StatusOK)
		w.refused(w.by("autre", http.MethodGet, of.path+"/versions", ""), http.StatusForbidden)
		versions := items(w.answers(w.by(of.token, http.MethodGet, of.path+"/versions", ""), http.StatusOK).body["items"])
		if len(versions) != 2 || at(versions[1], "object", "name") != of.name {
			t.Fatalf("%s: %v", of.path, versions)
		}
		revert := "/api/v1/versions/" + jsonNumber(at(versions[1], "version")) + "/revert"
		w.refused(w.by("autre", http.MethodPost, revert, ""), http.StatusForbidden)
		w.answers(w.by(host, http.MethodPost, revert, ""), http.StatusOK)
		if now := w.get(of.path); now.body["name"] != of.name {
			t.Errorf("%s: %s", of.path, now.Body)
		}
	}
}

// A token that hosts publishes nothing, in nobody's name.
func TestAPIHostRevertsNoPublication(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	made := w.write(http.MethodPost, "/api/v1/announcements", noteBody)
	w.write(http.MethodPut, made.Header().Get("Location"), noteBody)
	versions := items(w.write(http.MethodGet, made.Header().Get("Location")+"/versions", "").body["items"])
	w.refused(w.by(w.hostToken(), http.MethodPost, "/api/v1/versions/"+jsonNumber(at(versions[0], "version"))+"/revert", ""), http.StatusForbidden)
}
