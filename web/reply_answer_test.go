package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/maillage/maillage/instance"
)

// said has somebody of the peer answer an event, to be read, and returns the answer's IRI.
func (s *site) said(to string) string {
	s.Helper()
	who := &instance.Actor{ID: "https://b.example/users/max", Kind: instance.KindPerson, Handle: "max", Name: "Max", Inbox: "https://b.example/users/max/inbox"}
	s.must(s.node.ReceiveActor(s.Context(), who))
	id := "https://b.example/notes/1"
	s.must(s.node.ReceiveReply(s.Context(), who, instance.Reply{ID: id, InReplyTo: to, Actor: who.ID, Content: "<p>Est-ce gratuit ?</p>", Published: today}))
	return id
}

func TestAnEditorAnswersAReply(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.event("fete", "Fête du libre", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(*instance.Event) {})
	reply := s.said(e.ID)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	_, other := s.neighbour()
	form := "/reponses/repondre?" + url.Values{"reponse": {reply}}.Encode()
	s.as(cookie, http.MethodGet, "/reponses", nil).links(form)
	s.as(cookie, http.MethodGet, form, nil).shows("Est-ce gratuit", "Max")
	if v := s.as(other, http.MethodGet, form, nil); v.Code != http.StatusForbidden {
		t.Errorf("somebody else may answer: %d", v.Code)
	}
	if v := s.as(cookie, http.MethodPost, "/reponses/repondre", url.Values{"reponse": {reply}, "content": {" "}}); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer: %d", v.Code)
	}
	answer := url.Values{"reponse": {reply}, "content": {"Oui, **gratuit** !"}}
	if v := s.as(other, http.MethodPost, "/reponses/repondre", answer); v.Code != http.StatusForbidden {
		t.Errorf("somebody else answers: %d", v.Code)
	}
	s.as(cookie, http.MethodPost, "/reponses/repondre", answer).went("/evenements/fete#reponses")
	s.get("/evenements/fete").shows("Est-ce gratuit", "Oui, gratuit !")
	notes, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}, Owner: s.org.ID})
	s.must(err)
	if len(notes) != 1 || notes[0].(*instance.Announcement).InReplyTo != reply {
		t.Errorf("published %+v", notes)
	}
}
