package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// holder opens an account and is a token of its of a scope, for an actor if it publishes.
func (w *apiWorld) holder(email string, role instance.Role, token instance.Token, organisations ...string) string {
	w.Helper()
	account, err := w.node.NewAccount(w.Context(), instance.Account{Email: email, Name: email, Role: role, Organisations: organisations}, "")
	w.must(err)
	token.Label = "essai"
	secret, err := w.node.CreateToken(w.Context(), account, token)
	w.must(err)
	return secret
}

// by makes a request with a token, of JSON when it has a body.
func (w *apiWorld) by(token, method, target, body string) answered {
	w.Helper()
	header := []string{"Authorization", "Bearer " + token}
	if body != "" {
		header = append(header, "Content-Type", "application/json")
	}
	return w.do(method, target, body, header...)
}

// answers fails the test unless an answer has the status.
func (w *apiWorld) answers(a answered, status int) answered {
	w.Helper()
	if a.Code != status {
		w.Fatalf("got %d %s, want %d", a.Code, a.Body, status)
	}
	return a
}

func (w *apiWorld) moderator(organisations ...string) string {
	w.Helper()
	return w.holder("m@exemple.org", instance.RoleModerator, instance.Token{Scope: instance.TokenModerates}, organisations...)
}

// proposes has a visitor propose something, and is its path.
func (w *apiWorld) proposes(p instance.Proposal) string {
	w.Helper()
	secret, err := w.node.Propose(w.Context(), nil, p)
	w.must(err)
	kept, err := w.node.FollowUp(w.Context(), secret)
	w.must(err)
	return "/api/v1/proposals/" + kept.ID
}

func correction(object, name string) instance.Proposal {
	return instance.Proposal{Kind: instance.ProposeCorrect, Object: object, Changes: []instance.Change{{Field: "name", Now: name}}}
}

func TestAPIModeratesTheNode(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.moderator()
	sheet := w.partner("fablab", "Le fablab", nil)
	one := w.proposes(correction(sheet.Common().ID, "Le fablab du port"))
	other := w.proposes(correction(sheet.Common().ID, "Le fablab de la gare"))

	list := w.answers(w.by(token, http.MethodGet, "/api/v1/proposals", ""), http.StatusOK)
	if list.body["total"] != 2.0 {
		t.Errorf("waiting: %s", list.Body)
	}
	w.answers(w.by(token, http.MethodPost, one+"/accept", `{"answer":"Merci"}`), http.StatusOK)
	read := w.answers(w.by(token, http.MethodGet, other, ""), http.StatusOK)
	if at(read.body["stale"], "name") != "Le fablab du port" {
		t.Errorf("what changed since is not told: %s", read.Body)
	}
	w.answers(w.by(token, http.MethodPost, other+"/refuse", `{"answer":"Il est au port."}`), http.StatusOK)
	done := w.answers(w.by(token, http.MethodGet, "/api/v1/proposals?state=answered", ""), http.StatusOK)
	if done.body["total"] != 2.0 || strings.Contains(done.Body.String(), "waiting") {
		t.Errorf("answered: %s", done.Body)
	}
	w.refused(w.by(token, http.MethodGet, "/api/v1/proposals?state=lune", ""), http.StatusBadRequest)
	w.refused(w.by(token, http.MethodPost, "/api/v1/proposals/inconnue/refuse", `{"answer":"Non"}`), http.StatusNotFound)
}

// What is new is published in the name of an organisation of the moderator's own account.
func TestAPIModeratorPublishesWhatIsProposed(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	token := w.moderator(w.org.ID)
	one := w.proposes(instance.Proposal{Kind: instance.ProposeCreate, ObjectKind: instance.KindPartner, Changes: []instance.Change{{Field: "name", Now: "Le fablab du port"}}})
	for _, by := range []string{"", other.ID, "https://a.example/personnes/zoe", "https://b.example/x"} {
		w.refused(w.by(token, http.MethodPost, one+"/accept", `{"by":"`+by+`"}`), http.StatusForbidden)
	}
	done := w.answers(w.by(token, http.MethodPost, one+"/accept", `{"by":"`+w.org.ID+`"}`), http.StatusOK)
	made, err := w.node.Object(t.Context(), done.body["result"].(string))
	w.must(err)
	if made.Common().Owner != w.org.ID {
		t.Errorf("published by %s", made.Common().Owner)
	}
}

func TestAPISettlesAReport(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.moderator()
	ours := w.partner("fablab", "Casino", nil)
	w.foreign("https://b.example/e", "Fest-noz")
	report := func(object string, reason instance.Reason) string {
		return w.proposes(instance.Proposal{Kind: instance.ProposeReport, Object: object, Reason: reason, Message: "Voyez"}) + "/settle"
	}
	spam := report(ours.Common().ID, instance.ReasonSpam)
	w.refused(w.write(http.MethodPost, spam, `{"remedy":"withdraw"}`), http.StatusForbidden) // not its owner's to decide
	w.refused(w.by(token, http.MethodPost, spam, `{"remedy":"burn"}`), http.StatusUnprocessableEntity)
	w.refused(w.by(token, http.MethodPost, spam, `{"remedy":"hide"}`), http.StatusUnprocessableEntity)
	w.answers(w.by(token, http.MethodPost, spam, `{"remedy":"withdraw","answer":"Merci"}`), http.StatusOK)
	w.refused(w.do(http.MethodGet, "/api/v1/partners/fablab", ""), http.StatusGone)
	w.refused(w.by(token, http.MethodPost, spam, `{"remedy":"none"}`), http.StatusConflict)

	wrong := report("https://b.example/e", instance.ReasonError)
	w.answers(w.by(token, http.MethodPost, wrong, `{"remedy":"hide"}`), http.StatusOK)
	hidden := w.answers(w.by(token, http.MethodGet, "/api/v1/hidden", ""), http.StatusOK)
	if hidden.body["total"] != 1.0 || at(items(hidden.body["items"])[0], "iri") != "https://b.example/e" {
		t.Fatalf("hidden: %s", hidden.Body)
	}
	again := "/api/v1/hidden/" + at(items(hidden.body["items"])[0], "id").(string)
	w.refused(w.write(http.MethodDelete, again, ""), http.StatusForbidden)
	w.answers(w.by(token, http.MethodDelete, again, ""), http.StatusNoContent)
	w.refused(w.by(token, http.MethodDelete, again, ""), http.StatusNotFound)
	w.refused(w.by(token, http.MethodDelete, "/api/v1/hidden/!", ""), http.StatusNotFound)

	w.foreign("https://c.example/e", "Casino")
	w.answers(w.by(token, http.MethodPost, report("https://c.example/e", instance.ReasonSpam), `{"remedy":"block"}`), http.StatusOK)
	hidden = w.answers(w.by(token, http.MethodGet, "/api/v1/hidden", ""), http.StatusOK)
	if hidden.body["total"] != 1.0 || at(items(hidden.body["items"])[0], "domain") != "c.example" {
		t.Fatalf("blocked: %s", hidden.Body)
	}
	w.refused(w.by(token, http.MethodDelete, "/api/v1/hidden/"+pathID("https://c.example/e"), ""), http.StatusConflict)
	w.answers(w.by(token, http.MethodDelete, "/api/v1/hidden/"+pathID("c.example"), ""), http.StatusNoContent)
	w.refused(w.by(token, http.MethodDelete, "/api/v1/hidden/"+pathID("c.example"), ""), http.StatusNotFound)
}

func TestAPIForwardsACorrection(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.moderator()
	w.foreign("https://b.example/e", "Fest-noz")
	theirs := w.proposes(correction("https://b.example/e", "Grand fest-noz"))
	ours := w.proposes(correction(w.partner("fablab", "Le fablab", nil).Common().ID, "Le fablab du port"))
	if sent := w.answers(w.by(token, http.MethodPost, theirs+"/forward", ""), http.StatusOK); sent.body["state"] != "sent" {
		t.Errorf("%s", sent.Body)
	}
	w.refused(w.by(token, http.MethodPost, theirs+"/forward", ""), http.StatusConflict)
	w.refused(w.by(token, http.MethodPost, ours+"/forward", ""), http.StatusUnprocessableEntity)
}

func TestAPIDiscardsAWave(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.moderator()
	sheet := w.partner("fablab", "Le fablab", nil)
	spam := instance.Proposal{Kind: instance.ProposeCreate, ObjectKind: instance.KindPartner, Sender: "place", Changes: []instance.Change{{Field: "name", Now: "Casino en ligne"}}}
	w.proposes(spam)
	w.proposes(spam)
	kept := w.proposes(correction(sheet.Common().ID, "Le fablab du port"))
	var wave []string
	for _, p := range items(w.by(token, http.MethodGet, "/api/v1/proposals", "").body["items"]) {
		if at(p, "sender") == "place" {
			wave = append(wave, at(p, "id").(string))
		}
	}
	body := `{"ids":["` + strings.Join(append(wave, "inconnue"), `","`) + `"]}`
	w.refused(w.write(http.MethodPost, "/api/v1/proposals/discard", body), http.StatusForbidden)
	if swept := w.answers(w.by(token, http.MethodPost, "/api/v1/proposals/discard", body), http.StatusOK); swept.body["discarded"] != 2.0 {
		t.Errorf("%s", swept.Body)
	}
	w.refused(w.by(token, http.MethodPost, "/api/v1/proposals/discard", `{"ids":[]}`), http.StatusUnprocessableEntity)
	w.answers(w.by(token, http.MethodGet, kept, ""), http.StatusOK)
}

// Whoever proposes follows it by its key, and nobody without.
func TestAPIFollowsAProposal(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	member := w.holder("zoe@exemple.org", instance.RoleContributor, instance.Token{Scope: instance.TokenSelf})
	sheet := w.partner("fablab", "Le fablab", nil)
	made := w.answers(w.by(member, http.MethodPost, "/api/v1/proposals", `{"kind":"report","reason":"other","message":"Déménagé","object":"`+sheet.Common().ID+`"}`), http.StatusCreated)
	key := `{"key":"` + made.body["key"].(string) + `"}`
	followed := w.answers(w.by(member, http.MethodPost, "/api/v1/proposals/follow-up", key), http.StatusOK)
	if followed.body["state"] != "waiting" || followed.body["sender"] != nil || followed.body["key"] != nil {
		t.Errorf("%s", followed.Body)
	}
	for _, body := range []string{`{"key":""}`, `{"key":"inconnue"}`} {
		w.refused(w.by(member, http.MethodPost, "/api/v1/proposals/follow-up", body), http.StatusNotFound)
	}
	w.answers(w.by(member, http.MethodPost, "/api/v1/proposals/withdraw", key), http.StatusNoContent)
	w.refused(w.by(member, http.MethodPost, "/api/v1/proposals/withdraw", key), http.StatusConflict)
}

// Moderators delete what they answer for; tokens that publish, what is theirs.
func TestAPIModeratorDeletes(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.moderator()
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	w.partner("fablab", "Casino", nil)
	w.refused(w.by("autre", http.MethodDelete, "/api/v1/partners/fablab", ""), http.StatusForbidden)
	stale := w.do(http.MethodDelete, "/api/v1/partners/fablab", "", "Authorization", "Bearer "+token, "If-Match", `W/"autre"`)
	w.refused(stale, http.StatusPreconditionFailed)
	w.answers(w.by(token, http.MethodDelete, "/api/v1/partners/fablab", ""), http.StatusNoContent)
	w.refused(w.do(http.MethodGet, "/api/v1/partners/fablab", ""), http.StatusGone)
	w.foreign("https://b.example/e", "Fest-noz")
	w.refused(w.by(token, http.MethodDelete, "/api/v1/events/"+instance.Key("https://b.example/e"), ""), http.StatusForbidden)
}
