package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestWhenIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := &request{locale: &locale{lang: "fr"}, s: &Server{node: s.node}}
	for name, tc := range map[string]struct {
		form  url.Values
		start string
		end   string
		fails string
		want  instance.When
	}{
		"a day":             {form: url.Values{"date": {"2027-03-13"}}, start: "2027-03-12T23:00Z"},
		"as one writes it":  {form: url.Values{"date": {"13/3/2027"}, "from": {"14h"}, "to": {"17 h 30"}}, start: "2027-03-13T13:00Z", end: "2027-03-13T16:30Z"},
		"past midnight":     {form: url.Values{"date": {"2027-03-13"}, "from": {"20:00"}, "to": {"02:00"}}, start: "2027-03-13T19:00Z", end: "2027-03-14T01:00Z"},
		"a weekend":         {form: url.Values{"date": {"2027-03-13"}, "last": {"2027-03-14"}}, start: "2027-03-12T23:00Z", end: "2027-03-13T23:00Z"},
		"in Réunion":        {form: url.Values{"date": {"2027-03-13"}, "from": {"14:00"}, "zone": {"Indian/Reunion"}}, start: "2027-03-13T10:00Z"},
		"an end alone":      {form: url.Values{"date": {"2027-03-13"}, "to": {"17:00"}}, fails: "from"},
		"backwards":         {form: url.Values{"date": {"2027-03-13"}, "last": {"2027-03-12"}}, fails: "last"},
		"nonsense":          {form: url.Values{"date": {"2027-13-40"}}, fails: "date"},
		"no such hour":      {form: url.Values{"date": {"2027-03-13"}, "from": {"25:00"}}, fails: "from"},
		"both":              {form: url.Values{"date": {"2027-03-13"}, "vague": {"au printemps"}}, fails: "vague"},
		"an hour, no day":   {form: url.Values{"from": {"14:00"}}, fails: "date"},
		"a month, in words": {form: url.Values{"vague": {"un samedi d’octobre 2027"}}, want: instance.When{Text: "un samedi d’octobre 2027", Approx: "2027-10"}},
		"a year, in words":  {form: url.Values{"vague": {"printemps 2027"}}, want: instance.When{Text: "printemps 2027", Approx: "2027"}},
	} {
		f := newEditForm(r, eventForm, tc.form)
		w := f.readWhen(instance.When{}, nil)
		switch {
		case tc.fails != "":
			if len(f.wrong) == 0 || f.wrong[0].Field != tc.fails {
				t.Errorf("%s: wrong is %+v, want %s", name, f.wrong, tc.fails)
			}
		case len(f.wrong) > 0:
			t.Errorf("%s: %+v", name, f.wrong)
		case tc.start == "":
			if w != tc.want {
				t.Errorf("%s: %+v", name, w)
			}
		default:
			if got := w.Start.Format("2006-01-02T15:04Z"); got != tc.start {
				t.Errorf("%s starts %s, want %s", name, got, tc.start)
			}
			if got := w.End.Format("2006-01-02T15:04Z"); tc.end != "" && got != tc.end {
				t.Errorf("%s ends %s, want %s", name, got, tc.end)
			}
		}
	}
}

func TestAnEventThatComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form.Set("rhythm", "week")
	form.Set("until", "2027-04-03")
	s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/")
	objects, n, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}, Sort: instance.ByStart})
	s.must(err)
	if n != 4 {
		t.Fatalf("%d dates", n)
	}
	second := s.node.URLs().Path(objects[1].Common().ID)
	page := s.get(second)
	page.shows("Les autres dates")
	page.lacks("Au même endroit")
	for i, o := range objects {
		if at := s.node.URLs().Path(o.Common().ID); (len(page.all("a", "href", at)) == 1) != (i != 1) {
			t.Errorf("the second date leads to date %d %d times", i+1, len(page.all("a", "href", at)))
		}
	}
	v := s.as(cookie, http.MethodGet, second+"/modifier", nil)
	v.shows("cette date et les 2 suivantes")
	changed := v.filled()
	changed.Set("name", "Cartographier les lavoirs")
	changed.Set("portee", "suivantes")
	changed.Set("action", "publier")
	s.as(cookie, http.MethodPost, second+"/modifier", changed).went(second)
	for i, want := range []string{"fontaines", "lavoirs", "lavoirs", "lavoirs"} {
		s.get(s.node.URLs().Path(objects[i].Common().ID)).shows("Cartographier les " + want)
	}
	form.Set("until", "2037-04-03")
	if v := s.as(cookie, http.MethodPost, "/publier/evenement", form); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "au plus 60 dates") {
		t.Errorf("ten years of it: %d", v.Code)
	}
}

func TestARecipeIsWrittenLineByLine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := url.Values{
		"name": {"Relever des fontaines"}, "steps-title": {"Marcher"}, "steps-when": {""}, "steps-what": {""},
		"ingredients-name": {"Un téléphone", ""}, "ingredients-category": {"materiel", ""}, "ingredients-must": {"oui", "oui"}, "ajouter": {"steps"},
	}
	v := s.as(cookie, http.MethodPost, "/publier/recette", form)
	if v.Code != http.StatusOK {
		t.Fatalf("a line more: %d", v.Code)
	}
	form = v.filled()
	if len(form["steps-title"]) != 2 {
		t.Fatalf("%d steps", len(form["steps-title"]))
	}
	form["steps-title"][1] = "Repérer"
	form.Set("monter", "steps.1")
	form = s.as(cookie, http.MethodPost, "/publier/recette", form).filled()
	if got := strings.Join(form["steps-title"], ","); got != "Repérer,Marcher" {
		t.Errorf("moved up: %s", got)
	}
	for _, odd := range []string{"steps.99", "steps.-1", "steps", "nowhere.0", "steps.x"} {
		form.Set("retirer", odd)
		if v := s.as(cookie, http.MethodPost, "/publier/recette", form); v.Code != http.StatusOK {
			t.Errorf("remove %q: %d", odd, v.Code)
		}
	}
	form.Del("retirer")
	form.Set("action", "publier")
	if v := s.as(cookie, http.MethodPost, "/publier/recette", form); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "choisissez une licence") {
		t.Errorf("without a licence: %d", v.Code)
	}
	form.Set("licence", "CC-BY-SA-4.0")
	path := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/recette", form).went("/recettes/"), "/partager")
	s.get(path).shows("Repérer", "Un téléphone")
}

func TestARecipeIsAdaptedUnderItsLicence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	theirs := &instance.Recipe{Base: instance.Base{ID: "https://b.example/recettes/x", Kind: instance.KindRecipe, Owner: "https://b.example/o", Name: "Tenir une cartopartie", Licence: "CC-BY-SA-4.0"}, Steps: []instance.Step{{Title: "Repérer"}}}
	s.receive(theirs)
	closed := &instance.Recipe{Base: instance.Base{ID: "https://b.example/recettes/y", Kind: instance.KindRecipe, Owner: "https://b.example/o", Name: "Recette fermée"}}
	s.receive(closed)
	v := s.as(cookie, http.MethodGet, "/publier/recette?de="+instance.Key(theirs.ID), nil)
	v.shows("Adaptée de")
	form := v.filled()
	form.Set("action", "publier")
	form.Set("licence", "CC0-1.0")
	if v := s.as(cookie, http.MethodPost, "/publier/recette", form); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "vous engage") {
		t.Errorf("under another licence: %d", v.Code)
	}
	form.Set("licence", "CC-BY-SA-4.0")
	to := s.as(cookie, http.MethodPost, "/publier/recette", form).went("/recettes/")
	o, err := s.node.ObjectBySlug(t.Context(), instance.KindRecipe, strings.TrimSuffix(strings.TrimPrefix(to, "/recettes/"), "/partager"))
	s.must(err)
	if b := o.Common(); b.DerivedFrom != theirs.ID || b.Owner != s.org.ID {
		t.Errorf("adapted %+v", b)
	}
	if v := s.as(cookie, http.MethodGet, "/publier/recette?de="+instance.Key(closed.ID), nil); v.Code != http.StatusForbidden {
		t.Errorf("without a licence: %d", v.Code)
	}
	form.Set("derived-from", closed.ID)
	if v := s.as(cookie, http.MethodPost, "/publier/recette", form); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a licence, by its form: %d", v.Code)
	}
}

func TestSheetsAndAnnouncements(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	path := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/fiche", url.Values{
		"name": {"Fablab du port"}, "actor-kind": {"fablab"}, "roles": {"facilitateur"}, "website": {"fablab.example/accueil"}, "commune": {"Brest"}, "action": {"publier"},
	}).went("/annuaire/"), "/partager")
	s.get(path).links("https://fablab.example/accueil")
	s.as(cookie, http.MethodPost, "/publier/fiche", url.Values{"action": {"publier"}}).shows("donnez un nom d’au moins 3 caractères")
	if v := s.as(cookie, http.MethodPost, "/publier/fiche", url.Values{"name": {"Piège"}, "website": {"javascript:alert(1)"}, "action": {"publier"}}); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("a script for an address: %d", v.Code)
	}
	to := s.as(cookie, http.MethodPost, "/publier/annonce", url.Values{"content": {"Venez **samedi** <img src=x onerror=alert(1)>"}, "action": {"publier"}}).went("/annonces/")
	page := s.get(strings.TrimSuffix(to, "/partager"))
	if body := page.Body.String(); !strings.Contains(body, "<strong>samedi</strong>") || strings.Contains(body, "onerror") {
		t.Error("the announcement is not clean")
	}
	if v := s.as(cookie, http.MethodPost, "/publier/annonce", url.Values{"content": {" "}, "action": {"publier"}}); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("an empty announcement: %d", v.Code)
	}
	if v := s.as(cookie, http.MethodGet, "/publier/autre", nil); v.Code != http.StatusNotFound {
		t.Errorf("an unknown kind: %d", v.Code)
	}
}

func TestOrganisationsAndTerritoriesPresentThemselves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	writer, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	host, _ := s.writerOf("hote@a.example", instance.RoleHost)
	v := s.as(writer, http.MethodGet, "/organisations/tiriad/modifier", nil)
	form := v.filled()
	form.Set("summary", "Nous **ouvrons** <script>alert(1)</script>")
	form.Set("website", "tiriad.example")
	s.as(writer, http.MethodPost, "/organisations/tiriad/modifier", form).went("/organisations/tiriad")
	page := s.get("/organisations/tiriad")
	if body := page.Body.String(); !strings.Contains(body, "<strong>ouvrons</strong>") || strings.Contains(body, "<script>alert") {
		t.Error("the presentation is not clean")
	}
	page.links("https://tiriad.example")
	for _, target := range []string{"/territoires/brest/modifier", "/organisations/nouvelle", "/territoires/nouveau"} {
		if v := s.as(writer, http.MethodGet, target, nil); v.Code != http.StatusForbidden {
			t.Errorf("%s for a contributor: %d", target, v.Code)
		}
		if v := s.as(writer, http.MethodPost, target, form); v.Code != http.StatusForbidden {
			t.Errorf("posted %s by a contributor: %d", target, v.Code)
		}
		s.as(host, http.MethodGet, target, nil)
	}
	s.as(host, http.MethodPost, "/territoires/nouveau", url.Values{"name": {"Pays de Redon"}, "kind": {"pays"}}).went("/territoires/pays-de-redon")
	s.as(host, http.MethodPost, "/organisations/nouvelle", url.Values{"name": {"LiberTIC"}, "slug": {"libertic"}}).went("/organisations/libertic")
	if v := s.as(host, http.MethodPost, "/organisations/nouvelle", url.Values{"name": {"LiberTIC"}}); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "cette adresse est prise") {
		t.Errorf("twice: %d", v.Code)
	}
	before, err := s.node.ActorBySlug(t.Context(), instance.KindTerritory, "brest")
	s.must(err)
	s.as(host, http.MethodPost, "/territoires/brest/modifier", s.as(host, http.MethodGet, "/territoires/brest/modifier", nil).filled()).went("/territoires/brest")
	after, err := s.node.ActorBySlug(t.Context(), instance.KindTerritory, "brest")
	s.must(err)
	if after.Place == nil || *after.Place.Point != *before.Place.Point || after.Territory.Code("insee") != "29019" {
		t.Errorf("sending the form as it came moved Brest: %+v", after.Place)
	}
}
