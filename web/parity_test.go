package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// Our own pages use nothing that others cannot: beside each form, what a program sends
// instead. What has no operation opens a door (see instance.TokenScope), is for somebody
// who has no account, or belongs to a page.
var operationOfForm = map[string]string{
	// A door: signing in, what one signs in with, and letting others in
	"/connexion": "door", "/deconnexion": "door", "/connexion/cle/debut": "door", "/connexion/cle": "door",
	"/mot-de-passe-oublie": "door", "/nouveau-mot-de-passe": "door", "/premiers-pas": "door", "/invitation": "door",
	"/compte/mot-de-passe": "door", "/compte/adresse": "door", "/compte/adresse/confirmer": "door", "/compte/sessions": "door",
	"/compte/cles/debut": "door", "/compte/cles": "door", "/compte/cles/changer": "door", "/compte/jetons": "door",
	"/compte/jetons/retirer": "door", "/compte/donnees/supprimer": "door", "/comptes/:id/lien": "door",

	// No account: a link that was sent says who asks
	"/participation": "link", "/proposition/retirer": "link",

	// A page: it leads to another server
	"/suivre": "page",

	"/compte":                                 "PUT /api/v1/me",
	"/compte/fiche":                           "PUT /api/v1/me/sheet",
	"/compte/fiche/retirer":                   "DELETE /api/v1/me/sheet",
	"/compte/donnees/telecharger":             "GET /api/v1/me/data",
	"/personnes/:slug/ecrire":                 "POST /api/v1/people/{id}/letters",
	"/evenements/:slug/inscription":           "POST /api/v1/events/{id}/participants",
	"/evenements/:slug/participer":            "PUT /api/v1/events/{id}/participation",
	"/evenements/:slug/quitter":               "DELETE /api/v1/events/{id}/participation",
	"/reseau/:key/participer":                 "PUT /api/v1/events/{id}/participation",
	"/evenements/:slug/participants":          "POST /api/v1/events/{id}/participants",
	"/evenements/:slug/participants/repondre": "PUT /api/v1/events/{id}/participants/{participant}",
	"/evenements/:slug/participants/reglage":  "PUT /api/v1/events/{id}",
	"/co-organiser":                           "POST /api/v1/organising",
	"/reponses":                               "POST /api/v1/replies/{id}/accept",
	"/reponses/repondre":                      "POST /api/v1/replies/{id}/answer",
	"/invitations":                            "POST /api/v1/invitations",
	"/invitations/:id/retirer":                "DELETE /api/v1/invitations/{id}",
	"/comptes/:id":                            "PUT /api/v1/accounts/{id}",
	"/comptes/:id/fermer":                     "POST /api/v1/accounts/{id}/close",
	"/comptes/:id/rouvrir":                    "POST /api/v1/accounts/{id}/reopen",

	"/publier/:genre":               "POST /api/v1/drafts",
	"/brouillons/:id/publier":       "POST /api/v1/drafts/{id}/publish",
	"/brouillons/:id/supprimer":     "DELETE /api/v1/drafts/{id}",
	"/evenements/:slug/annuler":     "PUT /api/v1/events/{id}",
	"/versions/:version/retablir":   "POST /api/v1/versions/{version}/revert",
	"/versions/:version/reprendre":  "POST /api/v1/versions/{version}/restore",
	"/organisations/nouvelle":       "POST /api/v1/organisations",
	"/organisations/:slug/modifier": "PUT /api/v1/organisations/{id}",
	"/territoires/nouveau":          "POST /api/v1/territories",
	"/territoires/:slug/modifier":   "PUT /api/v1/territories/{id}",

	"/proposer/:genre":            "POST /api/v1/proposals",
	"/corriger/:key":              "POST /api/v1/proposals",
	"/signaler/:key":              "POST /api/v1/proposals",
	"/moderation/tri":             "POST /api/v1/proposals/discard",
	"/moderation/caches":          "DELETE /api/v1/hidden/{key}",
	"/moderation/:id/accepter":    "POST /api/v1/proposals/{id}/accept",
	"/moderation/:id/refuser":     "POST /api/v1/proposals/{id}/refuse",
	"/moderation/:id/ecarter":     "DELETE /api/v1/proposals/{id}",
	"/moderation/:id/transmettre": "POST /api/v1/proposals/{id}/forward",
	"/moderation/:id/regler":      "POST /api/v1/proposals/{id}/settle",

	"/importer":                     "POST /api/v1/imports",
	"/importer/:id":                 "POST /api/v1/imports/{id}/trial",
	"/importer/:id/importer":        "POST /api/v1/imports/{id}/run",
	"/importer/:id/arreter":         "POST /api/v1/imports/{id}/stop",
	"/importer/:id/abandonner":      "DELETE /api/v1/imports/{id}",
	"/importer/passes/:id/annuler":  "POST /api/v1/imports/{id}/undo",
	"/importer/sources":             "POST /api/v1/feeds",
	"/importer/sources/:id/relire":  "POST /api/v1/feeds/{id}/refresh",
	"/importer/sources/:id/retirer": "DELETE /api/v1/feeds/{id}",
}

// formKinds are the API's names of the publications, whose forms are alike.
var formKinds = map[string]string{"/evenements": "events", "/recettes": "recipes", "/annuaire": "partners", "/annonces": "announcements"}

func TestOurPagesUseNothingThatOthersCannot(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for path, operation := range operationOfForm {
		want[path] = operation
	}
	for path, kind := range formKinds {
		want[path+"/:slug/modifier"] = "PUT /api/v1/" + kind + "/{id}"
		want[path+"/:slug/supprimer"] = "DELETE /api/v1/" + kind + "/{id}"
		if kind != "partners" {
			want[path+"/:slug/une"] = "PUT /api/v1/" + kind + "/{id}/featured"
		}
	}
	e := echo.New()
	newSite(t).pages.Register(e)
	var forms []string
	for _, r := range e.Routes() {
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Path, "/api/") {
			forms = append(forms, r.Path)
		}
	}
	sameNames(t, "forms", forms, slices.Collect(maps.Keys(want)))
	d := describeAPI(t)
	for path, operation := range want {
		method, at, ok := strings.Cut(operation, " ")
		if ok && d.Paths[at][strings.ToLower(method)] == nil {
			t.Errorf("%s: the API has no %s", path, operation)
		}
	}
}
