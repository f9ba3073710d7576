package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// replied has somebody elsewhere answer something of ours, and is the path of the answer.
func (w *apiWorld) replied(object string) string {
	w.Helper()
	ana := &instance.Actor{ID: "https://b.example/users/ana", Kind: instance.KindPerson, Handle: "ana", Name: "Ana", Inbox: "https://b.example/users/ana/inbox"}
	w.must(w.node.ReceiveActor(w.Context(), ana))
	id := "https://b.example/notes/1"
	w.must(w.node.ReceiveReply(w.Context(), ana, instance.Reply{ID: id, InReplyTo: object, Actor: ana.ID, Content: "<p>Est-ce gratuit ?<script>x</script></p>", Published: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}))
	return "/api/v1/replies/" + pathID(id)
}

func TestAPIReadsReplies(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	other := w.actor(instance.KindOrganisation, "autre", "Autre")
	w.token("autre", other)
	moderator := w.moderator()
	one := w.replied(w.partner("fablab", "Le fablab", nil).Common().ID)

	waiting := w.answers(w.write(http.MethodGet, "/api/v1/replies", ""), http.StatusOK)
	if waiting.body["total"] != 1.0 || at(items(waiting.body["items"])[0], "content") != "<p>Est-ce gratuit ?</p>" {
		t.Fatalf("waiting: %s", waiting.Body)
	}
	if theirs := w.by("autre", http.MethodGet, "/api/v1/replies", ""); theirs.body["total"] != 0.0 {
		t.Errorf("another organisation reads %s", theirs.Body)
	}
	// what waits for others is not even there
	never := w.by("autre", http.MethodPost, "/api/v1/replies/"+pathID("https://b.example/jamais")+"/accept", "")
	for _, act := range []string{"/accept", "/refuse"} {
		got := w.by("autre", http.MethodPost, one+act, "")
		if w.refused(got, http.StatusNotFound); got.Body.String() != never.Body.String() {
			t.Errorf("%s tells it from one that is not: %s", act, got.Body)
		}
	}
	w.refused(w.by("autre", http.MethodPost, one+"/answer", `{"content":"Oui"}`), http.StatusNotFound)

	if shown := w.answers(w.write(http.MethodPost, one+"/accept", ""), http.StatusOK); shown.body["state"] != "shown" {
		t.Errorf("%s", shown.Body)
	}
	if hidden := w.answers(w.by(moderator, http.MethodPost, one+"/refuse", ""), http.StatusOK); hidden.body["state"] != "hidden" {
		t.Errorf("%s", hidden.Body)
	}
	if list := w.by(moderator, http.MethodGet, "/api/v1/replies?state=hidden", ""); list.body["total"] != 1.0 {
		t.Errorf("hidden: %s", list.Body)
	}
	w.refused(w.by(moderator, http.MethodGet, "/api/v1/replies?state=deleted", ""), http.StatusBadRequest)
	w.refused(w.by(moderator, http.MethodPost, "/api/v1/replies/!/accept", ""), http.StatusNotFound)

	// nor is it told to others that there was one, once its author deleted it
	ana, err := w.node.Actor(t.Context(), "https://b.example/users/ana")
	w.must(err)
	w.must(w.node.ReceiveReplyDelete(t.Context(), ana, "https://b.example/notes/1"))
	w.refused(w.write(http.MethodPost, one+"/accept", ""), http.StatusGone)
	w.refused(w.write(http.MethodPost, one+"/answer", `{"content":"Oui"}`), http.StatusGone)
	w.refused(w.by("autre", http.MethodPost, one+"/accept", ""), http.StatusNotFound)
	w.refused(w.by("autre", http.MethodPost, one+"/answer", `{"content":"Oui"}`), http.StatusNotFound)
}

func TestAPIWritesBack(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	sheet := w.partner("fablab", "Le fablab", nil)
	one := w.replied(sheet.Common().ID)
	for _, token := range []string{w.moderator(), w.hostToken()} { // they publish nothing
		w.refused(w.by(token, http.MethodPost, one+"/answer", `{"content":"Oui"}`), http.StatusForbidden)
	}
	w.refused(w.write(http.MethodPost, one+"/answer", `{"content":" "}`), http.StatusUnprocessableEntity)
	note := w.answers(w.write(http.MethodPost, one+"/answer", `{"content":"Oui, **gratuit**"}`), http.StatusCreated)
	if note.body["in_reply_to"] != "https://b.example/notes/1" || note.body["owner"] != w.org.ID {
		t.Errorf("%s", note.Body)
	}
	w.get(note.Header().Get("Location"))
	if shown := w.write(http.MethodGet, "/api/v1/replies?state=shown", ""); shown.body["total"] != 1.0 {
		t.Errorf("what was answered was read, so it shows: %s", shown.Body)
	}
	w.must(w.node.Withdraw(t.Context(), w.org.ID, sheet.Common().ID))
	w.refused(w.write(http.MethodPost, one+"/answer", `{"content":"Oui"}`), http.StatusGone)
}
