package web

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// under sends JSON with a token and an Idempotency-Key.
func (w *apiWorld) under(key, token, target, body string) answered {
	w.Helper()
	return w.do(http.MethodPost, target, body, "Authorization", "Bearer "+token, "Content-Type", "application/json", "Idempotency-Key", key)
}

// same says that two answers are one.
func same(a, b answered) bool {
	return a.Code == b.Code && bytes.Equal(a.Body.Bytes(), b.Body.Bytes()) && a.Header().Get("Location") == b.Header().Get("Location") &&
		a.Header().Get("Content-Type") == b.Header().Get("Content-Type") && a.Header().Get("Etag") == b.Header().Get("Etag")
}

func TestAPIDoesOnceUnderAKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := setupAPI(t, func(o *instance.Options) { o.Store = s })
		list := w.open("cartopartie", 0)
		host := w.hostToken()
		for target, of := range map[string]struct{ token, body, other string }{
			list: {testToken, `{"name":"Une voisine","phone":"au guichet"}`, `{"name":"Un voisin"}`},
			"/api/v1/series": {
				testToken, `{"event":{"name":"Permanence","when":{"start":"2027-03-20"}},"rhythm":"week","until":"2027-04-03"}`,
				`{"event":{"name":"Permanence","when":{"start":"2027-03-20"}},"rhythm":"week","until":"2027-04-10"}`,
			},
			"/api/v1/drafts":        {testToken, `{"object":{"kind":"event","name":"Atelier"}}`, `{"object":{"kind":"event"}}`},
			"/api/v1/announcements": {testToken, noteBody, strings.Replace(noteBody, "Bonjour", "Bonsoir", 1)},
			"/api/v1/organisations": {host, `{"name":"Les voisines"}`, `{"name":"Les voisins"}`},
			"/api/v1/proposals":     {testToken, `{"kind":"create","object_kind":"event","changes":[{"field":"name","now":"Fest-noz"},{"field":"date","now":"2027-05-01"}]}`, `{"kind":"report"}`},
		} {
			first := w.answers(w.under(target, of.token, target, of.body), http.StatusCreated)
			if again := w.under(target, of.token, target, of.body); !same(first, again) {
				t.Errorf("%s: %d %s, then %d %s", target, first.Code, first.Body, again.Code, again.Body)
			}
			w.refused(w.under(target, of.token, target, of.other), http.StatusUnprocessableEntity)
			w.refused(w.under("une", "inconnu", target, of.body), http.StatusUnauthorized)
			w.refused(w.under(strings.Repeat("x", 256), of.token, target, of.body), http.StatusBadRequest)
		}
		if got := w.write(http.MethodGet, list, ""); got.body["taken"] != 1.0 {
			t.Errorf("noted twice: %s", got.Body)
		}
		if got := w.get("/api/v1/events?per_page=100"); got.body["total"] != 4.0 {
			t.Errorf("published twice: %s", got.Body)
		}
	})
}

// Requests sent at once under one key do what one of them does.
func TestAPIDoesOnceAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := setupAPI(t, func(o *instance.Options) { o.Store = s })
		var all sync.WaitGroup
		got := make([]answered, 6)
		for i := range got {
			all.Go(func() { got[i] = w.under("une", testToken, "/api/v1/announcements", noteBody) })
		}
		all.Wait()
		for _, one := range got {
			if !same(one, got[0]) || one.Code != http.StatusCreated {
				t.Errorf("%d %s", one.Code, one.Body)
			}
		}
		if list := w.get("/api/v1/announcements"); list.body["total"] != 1.0 {
			t.Errorf("%s", list.Body)
		}
	})
}

// What was refused is not remembered: the same key serves once it is mended.
func TestAPIForgetsWhatWasRefused(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.refused(w.under("une", testToken, "/api/v1/announcements", `{"name":"x"}`), http.StatusUnprocessableEntity)
	w.answers(w.under("une", testToken, "/api/v1/announcements", noteBody), http.StatusCreated)
}

// The answers that are kept are not readable in the database: they hold secrets and what
// people wrote. Whoever has another token has other keys.
func TestAPISealsWhatItAnswered(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	list := w.open("cartopartie", 0)
	first := w.answers(w.under("une", testToken, list, `{"name":"Une voisine"}`), http.StatusCreated)
	kept, err := w.store.Once(t.Context(), instance.HashSecret(testToken), "une")
	w.must(err)
	if bytes.Contains(kept.Answer, []byte("voisine")) {
		t.Errorf("kept in clear: %s", kept.Answer)
	}
	w.token("autre", w.org)
	if other := w.answers(w.under("une", "autre", list, `{"name":"Une voisine"}`), http.StatusCreated); same(first, other) {
		t.Error("another token gets the answer")
	}
}

// A token that has lost its right learns nothing more from a key.
func TestAPIJudgesTheScopeBeforeTheKey(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	token := w.holder("lou@exemple.org", instance.RoleContributor, instance.Token{Scope: instance.TokenSelf})
	w.refused(w.under(strings.Repeat("x", 256), token, "/api/v1/announcements", noteBody), http.StatusForbidden)
	writer := w.holder("ana@exemple.org", instance.RoleContributor, instance.Token{Scope: instance.TokenPublishes, Actor: w.org.ID}, w.org.ID)
	w.answers(w.under("une", writer, "/api/v1/announcements", noteBody), http.StatusCreated)
	a, err := w.node.AccountByEmail(t.Context(), "ana@exemple.org")
	w.must(err)
	w.must(w.node.SetMember(t.Context(), instance.Operator(), a.ID, instance.RoleContributor))
	w.refused(w.under("une", writer, "/api/v1/announcements", noteBody), http.StatusForbidden)
}

// leaver is a client that does not wait for its letter to leave.
type leaver struct {
	postbox
	leave func()
}

func (l *leaver) Send(ctx context.Context, m instance.Message) error {
	if l.leave(); ctx.Err() != nil {
		return ctx.Err()
	}
	return l.postbox.Send(ctx, m)
}

// Whoever left before the letter did sends the request again, and the letter leaves.
func TestAPIForgetsWhatTheClientDidNotWaitFor(t *testing.T) {
	t.Parallel()
	box := &leaver{leave: func() {}}
	w := setupAPI(t, func(o *instance.Options) { o.Mailer = box })
	theirs, _ := w.self("camille@exemple.org")
	w.answers(w.by(theirs, http.MethodPut, "/api/v1/me/sheet", `{"slug":"camille","name":"Camille","letters":true}`), http.StatusOK)
	token, _ := w.self("lou@exemple.org")
	const letters, text = "/api/v1/people/camille/letters", `{"text":"Venez-vous samedi ?"}`

	ctx, leave := context.WithCancel(t.Context())
	box.leave = leave
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, letters, strings.NewReader(text))
	for name, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": "une"} {
		r.Header.Set(name, value)
	}
	w.echo.ServeHTTP(httptest.NewRecorder(), r)
	if len(box.sent) != 0 {
		t.Fatal("the letter left")
	}
	box.leave = func() {}
	w.answers(w.under("une", token, letters, text), http.StatusNoContent)
	if len(box.sent) != 1 {
		t.Errorf("%d letters", len(box.sent))
	}
}
