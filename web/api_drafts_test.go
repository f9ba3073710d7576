package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

const drafts = "/api/v1/drafts"

func TestAPIKeepsDrafts(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	made := w.answers(w.write(http.MethodPost, drafts, `{"object":{"kind":"event","name":"A"}}`), http.StatusCreated)
	one := made.Header().Get("Location")
	if made.body["actor"] != w.org.ID || one != drafts+"/"+made.body["id"].(string) {
		t.Fatalf("%s", made.Body)
	}
	w.refused(w.write(http.MethodPost, one+"/publish", ""), http.StatusUnprocessableEntity) // a title of three letters, and a date
	tag := w.write(http.MethodGet, one, "").Header().Get("Etag")
	auth := []string{"Authorization", "Bearer " + testToken, "Content-Type", "application/json"}
	body := `{"object":{"kind":"event","name":"Atelier","when":{"start":"2027-03-14"}}}`
	w.answers(w.do(http.MethodPut, one, body, append(auth, "If-Match", tag)...), http.StatusOK)
	w.refused(w.do(http.MethodPut, one, body, append(auth, "If-Match", tag)...), http.StatusPreconditionFailed)
	if list := w.write(http.MethodGet, drafts, ""); list.body["total"] != 1.0 || at(items(list.body["items"])[0], "object", "name") != "Atelier" {
		t.Errorf("%s", list.Body)
	}
	published := w.answers(w.write(http.MethodPost, one+"/publish", ""), http.StatusOK)
	if published.body["owner"] != w.org.ID {
		t.Errorf("%s", published.Body)
	}
	w.refused(w.write(http.MethodGet, one, ""), http.StatusNotFound)

	edits := w.answers(w.write(http.MethodPost, drafts, `{"edits":"`+published.body["id"].(string)+`",`+body[1:]), http.StatusCreated)
	w.answers(w.write(http.MethodPost, drafts+"/"+edits.body["id"].(string)+"/publish", ""), http.StatusOK)
	if all := w.get("/api/v1/events"); all.body["total"] != 1.0 {
		t.Errorf("it was not replaced: %s", all.Body)
	}
	thrown := w.write(http.MethodPost, drafts, body).Header().Get("Location")
	w.answers(w.write(http.MethodDelete, thrown, ""), http.StatusNoContent)
	w.refused(w.write(http.MethodDelete, thrown, ""), http.StatusNotFound)
	for _, wrong := range []string{`{}`, `{"object":null}`, `{"object":[]}`, `{"object":{"kind":"person"}}`, `{"object":{"kind":"event","inconnu":1}}`, `{"edits":"https://a.example/rien","object":{"kind":"event"}}`} {
		w.refused(w.write(http.MethodPost, drafts, wrong), http.StatusUnprocessableEntity)
	}
}

// Drafts are of one account, and of what its token may do.
func TestAPIHidesOthersDrafts(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	self, of := w.self("ana@exemple.org", w.org.ID, other.ID)
	by := map[string]string{"self": self}
	for name, actor := range map[string]string{"tiriad": w.org.ID, "autre": other.ID} {
		token, err := w.node.CreateToken(t.Context(), of, instance.Token{Scope: instance.TokenPublishes, Actor: actor, Label: name})
		w.must(err)
		by[name] = token
	}
	by["host"] = w.hostToken()
	at := map[string]string{}
	for name, token := range by {
		at[name] = w.answers(w.by(token, http.MethodPost, drafts, `{"object":{"kind":"event","name":"De `+name+`"}}`), http.StatusCreated).Header().Get("Location")
	}
	for reader, token := range by {
		if list := w.by(token, http.MethodGet, drafts, ""); list.body["total"] != 1.0 || !strings.Contains(list.Body.String(), "De "+reader) {
			t.Errorf("%s reads %s", reader, list.Body)
		}
		for writer, one := range at {
			if reader == writer {
				continue
			}
			w.refused(w.by(token, http.MethodGet, one, ""), http.StatusNotFound)
			w.refused(w.by(token, http.MethodPut, one, `{"object":{"kind":"event","name":"Volé"}}`), http.StatusNotFound)
			w.refused(w.by(token, http.MethodDelete, one, ""), http.StatusNotFound)
			w.refused(w.by(token, http.MethodPost, one+"/publish", ""), http.StatusNotFound)
		}
		if reader != "tiriad" {
			w.refused(w.by(token, http.MethodPost, drafts, `{"actor":"`+w.org.ID+`","object":{"kind":"event"}}`), http.StatusForbidden)
		}
	}
	theirs := w.answers(w.write(http.MethodPost, "/api/v1/announcements", noteBody), http.StatusCreated)
	w.refused(w.by(by["autre"], http.MethodPost, drafts, `{"edits":"`+theirs.body["id"].(string)+`","object":{"kind":"announcement"}}`), http.StatusForbidden)
}

func TestAPIRestoresAVersion(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	note := w.answers(w.write(http.MethodPost, "/api/v1/announcements", noteBody), http.StatusCreated).Header().Get("Location")
	w.answers(w.write(http.MethodDelete, note, ""), http.StatusNoContent)
	history := w.answers(w.write(http.MethodGet, note+"/versions", ""), http.StatusOK)
	version := jsonNumber(at(items(history.body["items"])[0], "version"))
	draft := w.answers(w.write(http.MethodPost, "/api/v1/versions/"+version+"/restore", ""), http.StatusCreated)
	again := w.answers(w.write(http.MethodPost, draft.Header().Get("Location")+"/publish", ""), http.StatusOK)
	if !strings.Contains(again.Body.String(), "Bonjour") || again.body["id"] == at(draft.body, "edits") {
		t.Errorf("%s", again.Body)
	}
	w.token("autre", w.actor(instance.KindOrganisation, "autre", "Autre"))
	w.refused(w.by("autre", http.MethodPost, "/api/v1/versions/"+version+"/restore", ""), http.StatusForbidden)
}
