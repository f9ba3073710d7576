package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/maillage/maillage/instance"
)

func (w *apiWorld) hostToken() string {
	w.Helper()
	return w.holder("lou@exemple.org", instance.RoleHost, instance.Token{Scope: instance.TokenHosts})
}

func (w *apiWorld) account(email string, role instance.Role) string {
	w.Helper()
	a, err := w.node.NewAccount(w.Context(), instance.Account{Email: email, Name: "Une voisine", Role: role}, "")
	w.must(err)
	return a.ID
}

func TestAPIChangesAccounts(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.hostToken()
	one := "/api/v1/accounts/" + w.account("zoe@exemple.org", instance.RoleContributor)
	list := w.answers(w.by(token, http.MethodGet, "/api/v1/accounts?per_page=1&page=2", ""), http.StatusOK)
	if list.body["total"] != 2.0 || at(items(list.body["items"])[0], "email") != "zoe@exemple.org" {
		t.Errorf("accounts: %s", list.Body)
	}
	read := w.answers(w.by(token, http.MethodGet, one, ""), http.StatusOK)
	body := `{"role":"moderator","organisations":["` + w.org.ID + `"]}`
	set := func(tag, body string) answered {
		return w.do(http.MethodPut, one, body, "Authorization", "Bearer "+token, "Content-Type", "application/json", "If-Match", tag)
	}
	changed := w.answers(set(read.Header().Get("ETag"), body), http.StatusOK)
	if changed.body["role"] != "moderator" || items(changed.body["organisations"])[0] != w.org.ID {
		t.Errorf("%s", changed.Body)
	}
	w.refused(set(read.Header().Get("ETag"), body), http.StatusPreconditionFailed)
	for _, wrong := range []string{
		`{"role":"reine","organisations":[]}`, `{"role":"contributor","organisations":["tiriad"]}`,
		`{"role":"contributor","organisations":["https://a.example/organisations/aucune"]}`, `{"role":"contributor","organisations":["https://b.example/organisations/asso"]}`,
	} {
		w.refused(w.by(token, http.MethodPut, one, wrong), http.StatusUnprocessableEntity)
	}
	if closed := w.answers(w.by(token, http.MethodPost, one+"/close", ""), http.StatusOK); closed.body["closed"] == nil {
		t.Errorf("%s", closed.Body)
	}
	if open := w.answers(w.by(token, http.MethodPost, one+"/reopen", ""), http.StatusOK); open.body["closed"] != nil {
		t.Errorf("%s", open.Body)
	}
	w.refused(w.by(token, http.MethodGet, "/api/v1/accounts/inconnu", ""), http.StatusNotFound)
}

// Whoever found a host's token makes no host of anybody, and shuts none out.
func TestAPITouchesNoHost(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.hostToken()
	host := "/api/v1/accounts/" + w.account("hote@exemple.org", instance.RoleHost)
	w.refused(w.by(token, http.MethodPut, host, `{"role":"contributor","organisations":[]}`), http.StatusForbidden)
	w.refused(w.by(token, http.MethodPost, host+"/close", ""), http.StatusForbidden)
	w.refused(w.by(token, http.MethodPost, host+"/reopen", ""), http.StatusForbidden)
	member := "/api/v1/accounts/" + w.account("zoe@exemple.org", instance.RoleContributor)
	w.refused(w.by(token, http.MethodPut, member, `{"role":"host","organisations":[]}`), http.StatusForbidden)
	w.refused(w.by(token, http.MethodPost, "/api/v1/invitations", `{"role":"host"}`), http.StatusForbidden)
	w.refused(w.by(w.moderator(), http.MethodPut, member, `{"role":"moderator","organisations":[]}`), http.StatusForbidden)
}

func TestAPIInvites(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.hostToken()
	made := w.answers(w.by(token, http.MethodPost, "/api/v1/invitations", `{"email":"zoe@exemple.org","organisations":["`+w.org.ID+`"]}`), http.StatusCreated)
	list := w.answers(w.by(token, http.MethodGet, "/api/v1/invitations", ""), http.StatusOK)
	if list.body["total"] != 1.0 || at(items(list.body["items"])[0], "link") != nil {
		t.Fatalf("the link is told again: %s", list.Body)
	}
	link, err := url.Parse(made.body["link"].(string))
	w.must(err)
	zoe, err := w.node.Redeem(t.Context(), link.Query().Get("cle"), "zoe@exemple.org", "Zoé", "quatre mots bien longs")
	w.must(err)
	if !zoe.WritesFor(w.org.ID) {
		t.Errorf("opened %+v", zoe)
	}
	for _, wrong := range []string{`{"email":"zoe"}`, `{"role":"reine"}`, `{"organisations":["tiriad"]}`, `{"email":"max@exemple.org","send":true}`} { // this node sends no mail
		w.refused(w.by(token, http.MethodPost, "/api/v1/invitations", wrong), http.StatusUnprocessableEntity)
	}
	second := w.answers(w.by(token, http.MethodPost, "/api/v1/invitations", `{"email":"max@exemple.org"}`), http.StatusCreated)
	one := "/api/v1/invitations/" + second.body["id"].(string)
	w.answers(w.by(token, http.MethodDelete, one, ""), http.StatusNoContent)
	w.answers(w.by(token, http.MethodDelete, one, ""), http.StatusNoContent)
	if left := w.by(token, http.MethodGet, "/api/v1/invitations", ""); left.body["total"] != 0.0 {
		t.Errorf("left: %s", left.Body)
	}
}
