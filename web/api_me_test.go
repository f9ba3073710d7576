package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

const meBodyOf = `{"name":"Lou","language":"fr"}`

// self opens an account and is a token for what concerns it alone.
func (w *apiWorld) self(email string, organisations ...string) (token string, of *instance.Account) {
	w.Helper()
	token = w.holder(email, instance.RoleContributor, instance.Token{Scope: instance.TokenSelf}, organisations...)
	of, err := w.node.AccountByEmail(w.Context(), email)
	w.must(err)
	return token, of
}

func TestAPISaysWhoActs(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token, of := w.self("lou@exemple.org", w.org.ID)
	me := w.answers(w.by(token, http.MethodGet, "/api/v1/me", ""), http.StatusOK)
	if at(me.body, "token", "scope") != "self" || me.body["role"] != "contributor" || items(me.body["organisations"])[0] != w.org.ID {
		t.Errorf("%s", me.Body)
	}
	tag := me.Header().Get("Etag")
	if again := w.do(http.MethodGet, "/api/v1/me", "", "Authorization", "Bearer "+token, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Header().Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%d %q", again.Code, again.Header().Get("Cache-Control"))
	}
	put := func(tag string) answered {
		return w.do(http.MethodPut, "/api/v1/me", meBodyOf, "Authorization", "Bearer "+token, "Content-Type", "application/json", "If-Match", tag)
	}
	if changed := w.answers(put(tag), http.StatusOK); changed.body["name"] != "Lou" || changed.body["language"] != "fr" {
		t.Errorf("%s", changed.Body)
	}
	w.refused(put(tag), http.StatusPreconditionFailed)
	w.refused(w.by(token, http.MethodPut, "/api/v1/me", `{"name":"Lou","role":"host"}`), http.StatusUnprocessableEntity)

	// A token that publishes sees no more of its account than it may use.
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.must(w.node.SetMember(t.Context(), instance.Operator(), of.ID, instance.RoleModerator, w.org.ID, other.ID))
	writes, err := w.node.CreateToken(t.Context(), w.load(of.ID), instance.Token{Scope: instance.TokenPublishes, Actor: other.ID, Label: "essai"})
	w.must(err)
	me = w.answers(w.by(writes, http.MethodGet, "/api/v1/me", ""), http.StatusOK)
	if at(me.body, "token", "scope") != "publish:autre" || me.body["role"] != "contributor" || len(items(me.body["organisations"])) != 1 {
		t.Errorf("%s", me.Body)
	}
}

func (w *apiWorld) load(account string) *instance.Account {
	w.Helper()
	a, err := w.node.Account(w.Context(), account)
	w.must(err)
	return a
}

func TestAPIShowsOneself(t *testing.T) {
	t.Parallel()
	w := setupAPI(t, func(o *instance.Options) { o.Mailer = &postbox{} })
	token, of := w.self("lou@exemple.org")
	const sheet = "/api/v1/me/sheet"
	w.refused(w.by(token, http.MethodGet, sheet, ""), http.StatusNotFound)
	made := w.answers(w.by(token, http.MethodPut, sheet, `{"slug":"lou","name":"Lou","summary":"<p>Bonjour<script>x</script></p>","themes":["cartographie"],
		"place":{"point":{"lat":48.3904123,"lon":-4.4861234},"precision":"5-km"},"helps":["cartographier"],"languages":["br"],"letters":true}`), http.StatusOK)
	if made.body["address"] != "@lou@a.example" || made.body["letters"] != true || strings.Contains(made.Body.String(), "script") || strings.Contains(made.Body.String(), "48.3904123") {
		t.Errorf("%s", made.Body)
	}
	if all := w.get("/api/v1/people?language=br&q=cartographier&lat=48.4&lon=-4.5&radius_km=25"); all.body["total"] != 1.0 {
		t.Errorf("%s", all.Body)
	}
	if one := w.get("/api/v1/people/lou"); strings.Contains(one.Body.String(), of.Email) || one.Header().Get("X-Robots-Tag") != "noindex" {
		t.Errorf("the address is shown: %v %s", one.Header(), one.Body)
	}
	tag := w.by(token, http.MethodGet, sheet, "").Header().Get("Etag")
	if changed := w.answers(w.by(token, http.MethodPut, sheet, `{"name":"Lou du port"}`), http.StatusOK); changed.body["slug"] != "lou" || changed.body["place"] != nil {
		t.Errorf("%s", changed.Body)
	}
	w.refused(w.do(http.MethodDelete, sheet, "", "Authorization", "Bearer "+token, "If-Match", tag), http.StatusPreconditionFailed)
	w.refused(w.by(token, http.MethodPut, sheet, `{"name":"Lou","themes":["inconnu"]}`), http.StatusUnprocessableEntity)
	w.answers(w.by(token, http.MethodDelete, sheet, ""), http.StatusNoContent)
	w.refused(w.do(http.MethodGet, "/api/v1/people/lou", ""), http.StatusGone)
	other, _ := w.self("ana@exemple.org")
	w.refused(w.by(other, http.MethodPut, sheet, `{"slug":"tiriad","name":"Ana"}`), http.StatusConflict)
}

// People of other nodes are shown there, and not by the API of this one.
func TestAPIShowsNobodyElsewhere(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	far := &instance.Actor{ID: "https://b.example/users/ana", Kind: instance.KindPerson, Origin: "b.example", Handle: "ana", Name: "Ana", Inbox: "https://b.example/inbox"}
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveActor(t.Context(), far) }))
	w.refused(w.do(http.MethodGet, "/api/v1/people/"+instance.Key(far.ID), ""), http.StatusNotFound)
}

func TestAPIGivesOnesData(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token, of := w.self("lou@exemple.org", w.org.ID)
	w.must(w.node.ChangeEmail(t.Context(), of.ID, "lou2@exemple.org"))
	w.answers(w.by(token, http.MethodPost, "/api/v1/drafts", `{"object":{"kind":"recipe","name":"Une carte"}}`), http.StatusCreated)
	_, err := w.node.Editor(of).Publish(t.Context(), w.org.ID, &instance.Announcement{Base: instance.Base{Kind: instance.KindAnnouncement, Name: "Annonce", Source: "Bonjour"}})
	w.must(err)
	data := w.answers(w.by(token, http.MethodGet, "/api/v1/me/data", ""), http.StatusOK)
	if at(data.body, "account", "email") != "lou2@exemple.org" || len(items(data.body["drafts"])) != 1 || len(items(data.body["contributions"])) != 1 || len(items(data.body["tokens"])) != 1 {
		t.Errorf("%s", data.Body)
	}
	if strings.Contains(data.Body.String(), instance.HashSecret(token)) || at(data.body, "account", "password") != nil {
		t.Errorf("it holds secrets: %s", data.Body)
	}
}

func TestAPIPassesLettersOn(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	w := setupAPI(t, func(o *instance.Options) { o.Mailer = box })
	theirs, _ := w.self("secret@exemple.org")
	w.answers(w.by(theirs, http.MethodPut, "/api/v1/me/sheet", `{"slug":"camille","name":"Camille","letters":true}`), http.StatusOK)
	token, _ := w.self("lou@exemple.org")
	const letters = "/api/v1/people/camille/letters"
	send := func(key string) answered { return w.under(key, token, letters, `{"text":"Venez-vous samedi ?"}`) }
	first := w.answers(send("une"), http.StatusNoContent)
	if again := send("une"); !same(first, again) || len(box.sent) != 1 {
		t.Fatalf("%d, %d letters", again.Code, len(box.sent))
	}
	if m := box.sent[0]; m.To != "secret@exemple.org" || !strings.Contains(m.Text, "lou@exemple.org") || !strings.Contains(m.Text, "samedi") {
		t.Errorf("sent %+v", m)
	}
	w.refused(w.by(token, http.MethodPost, letters, `{"text":""}`), http.StatusUnprocessableEntity)
	box.err = http.ErrHandlerTimeout
	w.refused(send("deux"), http.StatusServiceUnavailable)
	box.err = nil
	w.answers(send("deux"), http.StatusNoContent) // what did not leave may be sent again
	w.answers(w.by(theirs, http.MethodPut, "/api/v1/me/sheet", `{"name":"Camille"}`), http.StatusOK)
	w.refused(w.by(token, http.MethodPost, letters, `{"text":"Et dimanche ?"}`), http.StatusForbidden)
	var last answered
	for range lettersFrom {
		last = w.by(token, http.MethodPost, letters, `{"text":"Et lundi ?"}`)
	}
	w.refused(last, http.StatusTooManyRequests)
	if last.Header().Get("Retry-After") == "" || len(box.sent) != 2 {
		t.Errorf("%d letters", len(box.sent))
	}
}

// A token that hosts manages its account too: what it reads of it is what it may change.
func TestAPIChangesTheHostsAccountAsItWasRead(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.holder("lou@exemple.org", instance.RoleHost, instance.Token{Scope: instance.TokenHosts}, w.org.ID)
	tag := w.answers(w.by(token, http.MethodGet, "/api/v1/me", ""), http.StatusOK).Header().Get("Etag")
	changed := w.do(http.MethodPut, "/api/v1/me", meBodyOf, "Authorization", "Bearer "+token, "Content-Type", "application/json", "If-Match", tag)
	if w.answers(changed, http.StatusOK); changed.body["name"] != "Lou" {
		t.Errorf("%s", changed.Body)
	}
}

func TestAPIGivesNoSecretWithOnesData(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.hostToken()
	host, err := w.node.AccountByEmail(t.Context(), "lou@exemple.org")
	w.must(err)
	secret, err := w.node.OpenSession(t.Context(), host.ID, "Firefox")
	w.must(err)
	w.answers(w.by(token, http.MethodPost, "/api/v1/invitations", `{"role":"moderator"}`), http.StatusCreated)
	data := w.answers(w.by(token, http.MethodGet, "/api/v1/me/data", ""), http.StatusOK)
	if at(items(data.body["sessions"])[0], "agent") != "Firefox" || at(items(data.body["invitations"])[0], "role") != "moderator" {
		t.Errorf("%s", data.Body)
	}
	for _, hash := range []string{instance.HashSecret(token), instance.HashSecret(secret)} {
		if strings.Contains(data.Body.String(), hash) {
			t.Errorf("it holds secrets: %s", data.Body)
		}
	}
}
