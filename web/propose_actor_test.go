package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestAVisitorCorrectsAnOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	draft := *s.org
	draft.Summary, draft.Website = "<p>On répare.</p>", "https://tiriad.example"
	_, err := s.node.EditActor(t.Context(), s.org.ID, draft)
	s.must(err)
	target := "/corriger/" + instance.Key(s.org.ID)
	s.get("/organisations/tiriad").links(target, "/signaler/"+instance.Key(s.org.ID))
	v := s.get(target)
	v.shows("Tiriad", "Présentation", "On répare.")
	if got := attribute(v.one("input", "name", "website"), "value"); got != "https://tiriad.example" {
		t.Errorf("the form begins with %q", got)
	}
	wrong := s.do(http.MethodPost, target, s.fill(target, "website", "tiriad"))
	if wrong.Code != http.StatusUnprocessableEntity {
		t.Fatalf("a website that is none: %d", wrong.Code)
	}
	wrong.links("#p-website")
	if field := wrong.one("input", "id", "p-website"); attribute(field, "aria-invalid") != "true" || attribute(field, "value") != "tiriad" {
		t.Errorf("the field is not said to be wrong: %v", field.Attr)
	}
	form := s.fill(target, "name", "Tiriad", "website", "https://neuf.example", "locality", "Brest", "content", "On répare, on partage.")
	s.later(2 * time.Minute)
	to := s.do(http.MethodPost, target, form).went("/proposition?")
	s.get(to).shows("Correction", "Tiriad", "https://neuf.example", "En attente")
	page := s.get("/organisations/tiriad")
	page.shows("Une correction est proposée")
	page.lacks("neuf.example")

	lou, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	eve, _ := s.writerOf("eve@a.example", instance.RoleContributor)
	one := "/moderation/" + s.waitingProposals()[0].ID
	if v := s.as(eve, http.MethodGet, one, nil); v.Code != http.StatusForbidden {
		t.Errorf("who writes for nobody reads it: %d", v.Code)
	}
	draft.Website = "https://entre-temps.example"
	_, err = s.node.EditActor(t.Context(), s.org.ID, draft)
	s.must(err)
	s.as(lou, http.MethodGet, "/moderation", nil).links(one)
	decision := s.as(lou, http.MethodGet, one, nil)
	decision.shows("Avant", "Proposé", "Changé entre-temps", "https://entre-temps.example")
	if ins := decision.all("ins", "", ""); len(ins) == 0 {
		t.Error("the difference is not shown")
	}
	s.as(lou, http.MethodPost, one+"/accepter", url.Values{"prendre": {"name"}, "name": {""}, "answer": {"Merci !"}}).shows("au moins un changement")
	s.as(lou, http.MethodPost, one+"/accepter", url.Values{"prendre": {"website"}, "website": {"neuf"}}).links("#p-website")
	s.as(lou, http.MethodPost, one+"/accepter", url.Values{
		"prendre": {"content", "locality"}, "content": {"On répare, on partage."}, "locality": {"Brest"}, "answer": {"Merci !"},
	}).went("/moderation")
	page = s.get("/organisations/tiriad")
	page.shows("On répare, on partage.", "Brest", "entre-temps.example")
	page.lacks("Une correction est proposée", "neuf.example")
	s.get(to).shows("Traitée", "Merci")
}

func TestACorrectionOfAnOldPresentationIsShownAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := "/corriger/" + instance.Key(s.org.ID)
	form := s.fill(target, "name", "Tiriad, à Brest")
	draft := *s.org
	draft.Website = "https://tiriad.example"
	_, err := s.node.EditActor(t.Context(), s.org.ID, draft)
	s.must(err)
	v := s.do(http.MethodPost, target, form)
	if v.Code != http.StatusConflict {
		t.Fatalf("%d", v.Code)
	}
	v.shows("vient de changer")
}

func TestTheHostAloneCorrectsATerritory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	brest := s.territory("brest", "Brest", nil)
	target := "/corriger/" + instance.Key(brest.ID)
	s.get("/territoires/brest").links(target)
	s.do(http.MethodPost, target, s.fill(target, "website", "https://brest.example")).went("/proposition?")
	one := "/moderation/" + s.waitingProposals()[0].ID
	take := url.Values{"prendre": {"website"}, "website": {"https://brest.example"}}
	mo, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	refused := s.as(mo, http.MethodPost, one+"/accepter", take)
	if refused.Code != http.StatusUnprocessableEntity {
		t.Errorf("a moderator changes a territory: %d", refused.Code)
	}
	refused.shows("Seul l’hôte du nœud")
	host, _ := s.writerOf("h@a.example", instance.RoleHost)
	s.as(host, http.MethodPost, one+"/accepter", take).went("/moderation")
	s.get("/territoires/brest").shows("brest.example")
}

// The page of an actor of ours is not deleted by a report, and that of a person or of
// the node has no form to correct it.
func TestWhatIsOnlyReported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	report := "/signaler/" + instance.Key(s.org.ID)
	s.do(http.MethodPost, report, s.fill(report, "reason", "other", "message", "Dissoute")).went("/proposition?")
	mo, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	s.as(mo, http.MethodGet, "/moderation/"+s.waitingProposals()[0].ID, nil).lacks("Supprimer la page")
	if v := s.do(http.MethodGet, "/corriger/"+instance.Key(s.node.Self().ID), nil); v.Code != http.StatusNotFound {
		t.Errorf("the node is corrected: %d", v.Code)
	}
}

func TestACorrectionOfAPeersOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.peer("LiberTIC")
	theirs := &instance.Actor{
		ID: "https://b.example/organisations/asso", Kind: instance.KindOrganisation, Type: "Organization", Origin: peerDomain,
		Handle: "asso", Name: "L’asso", URL: "https://b.example/organisations/asso", Inbox: "https://b.example/inbox",
	}
	s.must(s.node.ReceiveActor(t.Context(), theirs))
	key := instance.Key(theirs.ID)
	s.get("/reseau/" + key).links("/corriger/" + key)
	s.get("/corriger/" + key).shows("votre correction y sera transmise")
	s.do(http.MethodPost, "/corriger/"+key, s.fill("/corriger/"+key, "name", "L’association")).went("/proposition?")
	mo, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	one := "/moderation/" + s.waitingProposals()[0].ID
	s.as(mo, http.MethodGet, one, nil).shows("Transmettre à b.example")
	s.as(mo, http.MethodPost, one+"/transmettre", url.Values{}).went("/moderation")
	s.get("/reseau/" + key).shows("attend la réponse de son nœud")

	s.must(s.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(t.Context(), instance.Host{Domain: peerDomain, Software: "mastodon 4.5"})
	}))
	v := s.get("/corriger/" + key)
	v.links(theirs.URL, "/signaler/"+key)
	if len(v.all("form", "class", "propose")) != 0 {
		t.Error("a form is offered all the same")
	}
}

func TestAPICorrectsAnOrganisation(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	body := `{"kind":"correct","object":"` + w.org.ID + `","changes":[{"field":"website","now":"https://tiriad.example"}]}`
	made := w.write(http.MethodPost, "/api/v1/proposals", body)
	if made.Code != http.StatusCreated || made.body["object_kind"] != "organisation" {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	w.refused(w.write(http.MethodPost, "/api/v1/proposals", strings.Replace(body, "website", "handle", 1)), http.StatusUnprocessableEntity)
	done := w.write(http.MethodPost, "/api/v1/proposals/"+made.body["id"].(string)+"/accept", `{}`)
	if done.Code != http.StatusOK || done.body["result"] != w.org.ID {
		t.Fatalf("%d %s", done.Code, done.Body)
	}
	if a, err := w.node.Actor(t.Context(), w.org.ID); err != nil || a.Website != "https://tiriad.example" {
		t.Errorf("then %+v, %v", a, err)
	}
}
