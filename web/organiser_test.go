package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// neighbour is another organisation of the site, and the browser of who writes for it.
func (s *site) neighbour() (a *instance.Actor, cookie string) {
	s.Helper()
	a, err := s.node.CreateActor(s.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "voisine", Name: "La Voisine"})
	s.must(err)
	cookie, _ = s.writerOf("zoe@a.example", instance.RoleContributor, a.ID)
	return a, cookie
}

func (s *site) eventAt(path string) *instance.Event {
	s.Helper()
	o, err := s.node.ObjectBySlug(s.Context(), instance.KindEvent, strings.TrimPrefix(path, "/evenements/"))
	s.must(err)
	return o.(*instance.Event)
}

func TestAnInvitedOrganisationIsNamedOnceItAccepts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	other, theirs := s.neighbour()
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form["organisers"], form["invites-who"] = []string{s.org.ID}, []string{"@voisine"}
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")

	s.get(at).lacks("La Voisine")
	s.as(cookie, http.MethodGet, at, nil).shows("La Voisine (@voisine@a.example)", "pas encore confirmée")
	s.as(theirs, http.MethodGet, "/", nil).links("/co-organiser")
	s.as(theirs, http.MethodGet, "/co-organiser", nil).shows("Cartographier les fontaines", s.org.Name)
	form = url.Values{"evenement": {s.eventAt(at).ID}, "organisation": {other.ID}, "geste": {"accepter"}}
	if v := s.as(cookie, http.MethodPost, "/co-organiser", form); v.Code != http.StatusForbidden {
		t.Errorf("somebody answers for another: %d", v.Code)
	}
	s.as(theirs, http.MethodPost, "/co-organiser", form).went("/co-organiser")
	s.get(at).shows("La Voisine")
	s.get("/organisations/voisine").shows("Cartographier les fontaines")

	form.Set("geste", "quitter")
	s.as(theirs, http.MethodPost, "/co-organiser", form).went("/co-organiser")
	s.get(at).lacks("La Voisine")
	s.as(cookie, http.MethodGet, at, nil).shows("a décliné")
}

func TestAnInvitationIsTakenBackInTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	other, _ := s.neighbour()
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form["invites-who"] = []string{"@voisine@a.example"}
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")
	if got := s.as(cookie, http.MethodGet, at+"/modifier", nil).one("input", "name", "invites-who"); got == nil || !strings.Contains(s.as(cookie, http.MethodGet, at+"/modifier", nil).Body.String(), "@voisine@a.example") {
		t.Fatal("the form forgot who was asked")
	}
	state := func() instance.OrganiserState {
		t.Helper()
		o, err := s.node.Organiser(t.Context(), s.eventAt(at).ID, other.ID)
		s.must(err)
		return o.State
	}
	form.Set("summary", "Avec un téléphone chargé.")
	s.as(cookie, http.MethodPost, at+"/modifier", form).went(at)
	if got := state(); got != instance.OrganiserAsked {
		t.Errorf("another change: %s", got)
	}
	form["invites-who"] = []string{""}
	s.as(cookie, http.MethodPost, at+"/modifier", form).went(at)
	if got := state(); got != instance.OrganiserWithdrawn {
		t.Errorf("named no more: %s", got)
	}
}

func TestWhoIsToBeInvitedIsFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	asked := 0
	s.pages.discover = func(_ context.Context, what string) (*instance.Actor, error) {
		asked++
		if what != "@libertic@b.example" {
			return nil, errors.New("personne ne s’appelle ainsi sur b.example")
		}
		a := &instance.Actor{
			ID: "https://b.example/organisations/libertic", Kind: instance.KindOrganisation, Handle: "libertic", Name: "LiberTIC",
			Inbox: "https://b.example/organisations/libertic/inbox",
		}
		return a, s.node.ReceiveActor(s.Context(), a)
	}
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form["invites-who"] = []string{"@personne@b.example"}
	form.Set("action", "brouillon")
	s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/publier/evenement?brouillon=")
	if asked != 0 {
		t.Error("a draft asks other servers")
	}
	form.Set("action", "publier")
	v := s.as(cookie, http.MethodPost, "/publier/evenement", form)
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("nobody of that name: %d", v.Code)
	}
	v.shows("personne ne s’appelle ainsi sur b.example")
	form["invites-who"] = []string{"@brest"}
	s.as(cookie, http.MethodPost, "/publier/evenement", form).shows("n’est ni une organisation ni une personne")
	form["invites-who"] = []string{"@libertic@b.example"}
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")
	s.as(cookie, http.MethodGet, at, nil).shows("LiberTIC (@libertic@b.example)")
	if o, err := s.node.Organiser(t.Context(), s.eventAt(at).ID, "https://b.example/organisations/libertic"); err != nil || o.State != instance.OrganiserAsked {
		t.Errorf("asked: %+v, %v", o, err)
	}
}

func TestAnInvitationIsTakenBackFromTheDatesThatFollow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	other, theirs := s.neighbour()
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form["invites-who"], form["rhythm"], form["until"] = []string{"@voisine"}, []string{"week"}, []string{"2027-03-27"}
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")
	asked, total, err := s.node.Organisers(t.Context(), instance.OrganiserFilter{Actor: other.ID, State: instance.OrganiserAsked, Limit: 10})
	s.must(err)
	if total < 2 {
		t.Fatalf("asked for %d dates: %+v", total, asked)
	}
	form["invites-who"], form["rhythm"], form["portee"] = []string{""}, []string{""}, []string{"suivantes"}
	s.as(cookie, http.MethodPost, at+"/modifier", form).went(at)
	s.as(theirs, http.MethodGet, "/co-organiser", nil).shows("Aucune demande n’attend de réponse.")
}

// Whoever says that their event is a date of somebody else's series is not taken for them:
// neither on the page of what is asked, nor on that of an event.
func TestNobodyJoinsAnothersSeries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other, theirs := s.neighbour()
	sly, err := s.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "malins", Name: "Les malins"})
	s.must(err)
	publish := func(by, name, series string, month time.Month) instance.Object {
		o, err := s.node.Publish(t.Context(), by, &instance.Event{
			Base: instance.Base{Kind: instance.KindEvent, Name: name}, Series: series, Organisers: []instance.Ref{{ID: by}, {ID: other.ID}},
			When: instance.When{Start: time.Date(2027, month, 13, 13, 0, 0, 0, time.UTC)},
		})
		s.must(err)
		return o
	}
	first := s.node.URLs().IRI("/evenements/permanence")
	ours := publish(s.org.ID, "Permanence de mars", first, time.March)
	publish(s.org.ID, "Permanence d’avril", first, time.April)
	publish(sly.ID, "Vente de mai", first, time.May)
	s.as(theirs, http.MethodGet, "/co-organiser", nil).shows("Permanence d’avril", "Vente de mai")
	page := s.get(s.node.URLs().Path(ours.Common().ID))
	page.shows("Permanence d’avril")
	page.lacks("Vente de mai")
}
