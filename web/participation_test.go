package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// open is an event of the site's organisation that takes sign-ups.
func (s *site) open(capacity int, mode instance.JoinMode) *instance.Event {
	s.Helper()
	return s.event("atelier", "Atelier vélo", instance.When{Start: day(s.T, "2027-03-14"), AllDay: true}, func(e *instance.Event) {
		e.JoinMode, e.Capacity = mode, capacity
	})
}

func TestAMemberComesInOneClick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.open(1, instance.JoinFree)
	visitor := s.get("/evenements/atelier")
	visitor.shows("Reste 1 place.")
	visitor.links("/evenements/atelier/inscription")
	visitor.shows("Participer Quand") // leads to the box below, which may be a list to wait on
	cookie, _ := s.writerOf("lou@exemple.org", instance.RoleContributor)
	s.as(cookie, http.MethodGet, "/evenements/atelier", nil).shows("Je participe")
	if v := s.as(cookie, http.MethodPost, "/evenements/atelier/participer", url.Values{}); v.Code != http.StatusSeeOther {
		t.Fatalf("status %d: %s", v.Code, v.text())
	}
	page := s.as(cookie, http.MethodGet, "/evenements/atelier", nil)
	page.shows("Votre place est réservée.", "C’est complet.", "Je ne viens plus")
	page.lacks("Voir les participants")
	other, _ := s.writerOf("sam@exemple.org", instance.RoleContributor)
	s.as(other, http.MethodPost, "/evenements/atelier/participer", url.Values{})
	s.as(other, http.MethodGet, "/evenements/atelier", nil).shows("vous êtes sur la liste d’attente")
	s.as(cookie, http.MethodPost, "/evenements/atelier/quitter", url.Values{})
	s.as(other, http.MethodGet, "/evenements/atelier", nil).shows("Votre place est réservée.")
	if v := s.do(http.MethodPost, "/evenements/atelier/participer", url.Values{}); v.Code != http.StatusUnauthorized {
		t.Errorf("a visitor: %d", v.Code)
	}
}

func TestTheOrganisersList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.open(0, instance.JoinNone)
	cookie, _ := s.writerOf("lou@exemple.org", instance.RoleContributor, s.org.ID)
	stranger, _ := s.writerOf("sam@exemple.org", instance.RoleContributor)
	for _, target := range []string{"/evenements/atelier/participants", "/evenements/atelier/participants.csv"} {
		if v := s.as(stranger, http.MethodGet, target, nil); v.Code != http.StatusForbidden {
			t.Errorf("a stranger reads %s: %d", target, v.Code)
		}
	}
	for _, target := range []string{"", "/reglage"} {
		form := url.Values{"name": {"x"}, "seats": {"1"}, "mode": {"free"}}
		if v := s.as(stranger, http.MethodPost, "/evenements/atelier/participants"+target, form); v.Code != http.StatusForbidden {
			t.Errorf("a stranger changes %s: %d", target, v.Code)
		}
	}
	s.as(cookie, http.MethodGet, "/evenements/atelier", nil).links("/evenements/atelier/participants")
	if v := s.as(cookie, http.MethodPost, "/evenements/atelier/participants/reglage", url.Values{"mode": {"restricted"}, "capacity": {"3"}}); v.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", v.Code, v.text())
	}
	if v := s.as(cookie, http.MethodPost, "/evenements/atelier/participants", url.Values{"name": {"=1+1"}, "seats": {"2"}, "phone": {"au guichet"}}); v.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", v.Code, v.text())
	}
	wrong := s.as(cookie, http.MethodPost, "/evenements/atelier/participants", url.Values{"name": {""}, "seats": {"deux"}, "phone": {"au guichet"}})
	if wrong.Code != http.StatusUnprocessableEntity || attribute(wrong.one("input", "id", "j-phone"), "value") != "au guichet" {
		t.Errorf("%d: what was typed is lost", wrong.Code)
	}
	wrong.shows("Donnez un nom ou un pseudonyme")
	wrong.links("#j-name", "#j-seats")
	list := s.as(cookie, http.MethodGet, "/evenements/atelier/participants", nil)
	list.shows("=1+1", "Inscrits (2 places)", "au guichet")
	table := s.as(cookie, http.MethodGet, "/evenements/atelier/participants.csv", nil)
	if body := table.Body.String(); !strings.Contains(body, "\r\n'=1+1,2,Inscrits") || table.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("table %q, %s", body, table.Header())
	}
	people, err := s.node.Participations(t.Context(), instance.ParticipationFilter{Event: e.ID})
	s.must(err)
	if v := s.as(stranger, http.MethodPost, "/evenements/atelier/participants/repondre", url.Values{"qui": {people[0].ID}, "geste": {"retirer"}}); v.Code != http.StatusForbidden {
		t.Errorf("a stranger removes: %d", v.Code)
	}
	s.as(cookie, http.MethodPost, "/evenements/atelier/participants/repondre", url.Values{"qui": {people[0].ID}, "geste": {"retirer"}})
	s.as(cookie, http.MethodGet, "/evenements/atelier/participants", nil).shows("Personne encore.")
}

func TestAnyoneSignsUpByTheForm(t *testing.T) {
	t.Parallel()
	s, wait := newSiteWithClock(t)
	e := s.open(5, instance.JoinFree)
	const target = "/evenements/atelier/inscription"
	form := s.get(target)
	form.shows("Ce nœud n’envoie pas de courrier")
	typed := url.Values{
		"sceau": {attribute(form.one("input", "name", "sceau"), "value")}, trap: {""}, "name": {"Lou"}, "seats": {"2"}, "note": {"Avec un enfant"},
	}
	if v := s.do(http.MethodPost, target, typed); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("a robot's speed: %d", v.Code)
	}
	wait(10 * time.Second)
	robot := url.Values{"sceau": typed["sceau"], trap: {"x"}, "name": {"Lou"}, "seats": {"2"}}
	if v := s.do(http.MethodPost, target, robot); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("a robot: %d", v.Code)
	}
	nameless := url.Values{"sceau": typed["sceau"], trap: {""}, "name": {""}, "seats": {"2"}, "note": {"Avec un enfant"}}
	v := s.do(http.MethodPost, target, nameless)
	if v.Code != http.StatusUnprocessableEntity || !strings.Contains(attribute(v.one("input", "id", "j-name"), "aria-describedby"), "j-name-error") {
		t.Errorf("status %d", v.Code)
	}
	v.links("#j-name")
	v.shows("Avec un enfant")
	if v := s.do(http.MethodPost, target, typed); v.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", v.Code, v.text())
	}
	people, err := s.node.Participations(t.Context(), instance.ParticipationFilter{Event: e.ID})
	if err != nil || len(people) != 1 || people[0].State != instance.ParticipationAsked || people[0].Seats != 2 {
		t.Errorf("%+v, %v", people, err)
	}
	if v := s.do(http.MethodGet, "/participation?cle=rien", nil); v.Code != http.StatusNotFound {
		t.Errorf("a link that opens nothing: %d", v.Code)
	}
}

func TestRepliesAreReadBeforeTheyAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.open(0, instance.JoinNone)
	ana := &instance.Actor{ID: "https://b.example/ana", Kind: instance.KindPerson, Handle: "ana", Name: "Ana <b>x</b>", Inbox: "https://b.example/ana/inbox"}
	s.must(s.node.ReceiveActor(t.Context(), ana))
	s.must(s.node.ReceiveReply(t.Context(), ana, instance.Reply{
		ID: "https://b.example/n", InReplyTo: e.ID, Actor: ana.ID, URL: "javascript:alert(1)", Content: `<p>Bravo</p><img src=x onerror=alert(1)>`, Published: today,
	}))
	s.must(s.node.ReceiveReaction(t.Context(), ana, instance.ReactionLike, e.ID, "https://b.example/l"))
	visitor := s.get("/evenements/atelier")
	visitor.shows("1 personne aime")
	visitor.lacks("Bravo")
	cookie, _ := s.writerOf("lou@exemple.org", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, "/evenements/atelier", nil).shows("1 réponse à lire")
	s.as(cookie, http.MethodGet, "/agenda", nil).shows("1 à lire", "Réponses à lire (1)")
	s.as(cookie, http.MethodGet, "/reponses", nil).shows("Bravo", "@ana@b.example", "Atelier vélo")
	stranger, _ := s.writerOf("sam@exemple.org", instance.RoleContributor)
	s.as(stranger, http.MethodGet, "/reponses", nil).lacks("Bravo")
	form := url.Values{"reponse": {"https://b.example/n"}, "geste": {"montrer"}, "retour": {"//evil.example"}}
	if v := s.as(stranger, http.MethodPost, "/reponses", form); v.Code != http.StatusForbidden {
		t.Errorf("a stranger shows it: %d", v.Code)
	}
	if v := s.as(cookie, http.MethodPost, "/reponses", form); v.Code != http.StatusSeeOther || v.Header().Get("Location") != "/" {
		t.Errorf("%d to %q", v.Code, v.Header().Get("Location"))
	}
	shown := s.get("/evenements/atelier")
	shown.shows("Bravo", "Ana")
	if body := shown.Body.String(); strings.Contains(body, "onerror") || strings.Contains(body, "javascript:") {
		t.Error("a stranger's script is in the page")
	}
}

// An event of another node that takes sign-ups is joined in the name of one of ours.
func TestJoiningElsewhereFromItsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.peer("Là-bas")
	e := &instance.Event{
		Base: instance.Base{ID: "https://b.example/e", Kind: instance.KindEvent, Owner: "https://b.example/o", Name: "Fest-noz", Published: today, Updated: today},
		When: instance.When{Start: day(t, "2027-03-14")}, JoinMode: instance.JoinFree,
	}
	s.receive(e)
	path := "/reseau/" + instance.Key(e.ID)
	s.get(path).lacks("Je participe")
	cookie, _ := s.writerOf("lou@exemple.org", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, path, nil).shows("Demandez une place au nom de")
	form := url.Values{"au-nom-de": {s.org.ID}, "geste": {"venir"}}
	if v := s.as(cookie, http.MethodPost, path+"/participer", form); v.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", v.Code, v.text())
	}
	s.as(cookie, http.MethodGet, path, nil).shows("demande envoyée")
	stranger, _ := s.writerOf("sam@exemple.org", instance.RoleContributor)
	if v := s.as(stranger, http.MethodPost, path+"/participer", form); v.Code != http.StatusForbidden {
		t.Errorf("a stranger: %d", v.Code)
	}
}

// Whoever owns an address that others type is not buried under letters, and what their
// letter leads to tells nobody the secret in its address.
func TestTheFormWritesSeldomToOneAddress(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	s := newSiteWith(t, instance.Options{Mailer: box})
	e := s.open(0, instance.JoinFree)
	const target = "/evenements/atelier/inscription"
	earlier := &formSeals{now: func() time.Time { return today.Add(-time.Minute) }, key: s.pages.seals.key}
	ask := func(email string) int {
		return s.do(http.MethodPost, target, url.Values{"sceau": {earlier.seal(target)}, "name": {"Lou"}, "seats": {"1"}, "email": {email}}).Code
	}
	for range placesByEmail {
		if code := ask("Lou@exemple.org "); code != http.StatusSeeOther {
			t.Fatalf("status %d", code)
		}
	}
	if code := ask("lou@exemple.org"); code != http.StatusTooManyRequests {
		t.Errorf("one letter more: %d", code)
	}
	if code := ask("sam@exemple.org"); code != http.StatusSeeOther {
		t.Errorf("to somebody else: %d", code)
	}

	people, err := s.node.Participations(t.Context(), instance.ParticipationFilter{Event: e.ID})
	s.must(err)
	s.must(s.node.Mail(t.Context(), instance.MailJob(instance.MailArgs{Letter: instance.LetterConfirmParticipation, ID: people[0].ID})))
	_, link, _ := strings.Cut(box.sent[0].Text, "https://a.example/participation?")
	link, _, _ = strings.Cut(link, "\n")
	page := s.get("/participation?" + link)
	if policy := page.Header().Get("Referrer-Policy"); policy != "same-origin" {
		t.Errorf("Referrer-Policy %q: browsers send the form as from another site, or tell others the secret", policy)
	}
}

// newSiteWithClock is a site whose clock the test moves; it has no index.
func newSiteWithClock(t *testing.T) (s *site, wait func(time.Duration)) {
	t.Helper()
	var ahead time.Duration
	log := slog.New(slog.DiscardHandler)
	s = &site{T: t, store: storetest.Open(t), echo: echo.New()}
	var err error
	s.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "Tiriad", Store: s.store, Log: log, Now: func() time.Time { return today.Add(ahead) },
	})
	s.must(err)
	s.org = s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	server, err := New(Options{Node: s.node, Log: log, Version: "1.2.3"})
	s.must(err)
	server.Register(s.echo)
	return s, func(d time.Duration) { ahead += d }
}
