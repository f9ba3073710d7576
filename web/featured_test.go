package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/maillage/maillage/instance"
)

// Who may change a thing puts it forward with a button of its page, and takes it back;
// others may not.
func TestPuttingForward(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	stranger, _ := s.writerOf("max@a.example", instance.RoleContributor)
	recipe := &instance.Recipe{}
	recipe.Kind, recipe.Slug, recipe.Name, recipe.Content, recipe.Licence = instance.KindRecipe, "balade", "Balade des puits", "<p>À vélo.</p>", "CC-BY-SA-4.0"
	_, err := s.node.Publish(t.Context(), s.org.ID, recipe)
	s.must(err)

	v := s.as(lou, http.MethodGet, "/recettes/balade", nil)
	if attribute(v.one("button", "name", "une"), "value") != "oui" {
		t.Error("it is put forward already")
	}
	if v := s.as(stranger, http.MethodPost, "/recettes/balade/une", url.Values{"une": {"oui"}}); v.Code != http.StatusForbidden {
		t.Errorf("a stranger: %d", v.Code)
	}
	s.as(lou, http.MethodPost, "/recettes/balade/une", url.Values{"une": {"oui"}}).went("/recettes/balade")
	s.as(stranger, http.MethodGet, "/organisations/"+s.org.Slug, nil).shows("À la une")
	if v := s.as(lou, http.MethodGet, "/recettes/balade", nil); attribute(v.one("button", "name", "une"), "value") != "non" {
		t.Error("it is not put forward")
	}
	s.as(lou, http.MethodPost, "/recettes/balade/une", url.Values{"une": {"non"}}).went("/recettes/balade")
	if org, err := s.node.Actor(t.Context(), s.org.ID); err != nil || len(org.Featured) != 0 {
		t.Errorf("still put forward: %v, %v", org.Featured, err)
	}
}

// The page of an organisation that moved says where it went.
func TestAnOrganisationThatMoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := &instance.Actor{ID: "https://nouveau.example/organisations/o", Kind: instance.KindOrganisation, Handle: "o", Origin: "nouveau.example"}
	s.must(s.node.Move(t.Context(), s.org.ID, target, []string{s.org.ID}))
	page := s.do(http.MethodGet, "/organisations/"+s.org.Slug, nil)
	page.shows("a déménagé")
	page.links(target.ID)
	lou, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	refused := s.as(lou, http.MethodPost, "/publier/annonce", url.Values{"content": {"Une de plus"}, "action": {"publier"}})
	if refused.Code != http.StatusUnprocessableEntity {
		t.Errorf("published: %d", refused.Code)
	}
	refused.shows("publiez à sa nouvelle adresse")
}
