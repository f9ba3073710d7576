package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// TestEveryFieldHasItsPlace keeps what is missing in formOrder from being told last, and
// from being left out of the history.
func TestEveryFieldHasItsPlace(t *testing.T) {
	t.Parallel()
	of := *actorForm
	for _, of := range []*editable{eventForm, recipeForm, partnerForm, announcementForm, &of} {
		columns := []string{"vu", "draft"} // no fields that people see
		for group, rows := range of.rows {
			if !slices.Contains(formOrder, group) {
				t.Errorf("%s: %q has no place", of.path, group)
			}
			for _, column := range rows.columns {
				columns = append(columns, group+"-"+column)
			}
		}
		for name := range of.fields {
			if !slices.Contains(columns, name) && !slices.Contains(formOrder, name) {
				t.Errorf("%s: %q has no place", of.path, name)
			}
		}
	}
}

func TestMistakesComeInTheOrderOfTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	for name, value := range map[string]string{"name": "X", "last": "2027-03-10", "capacity": "beaucoup", "lat": "95", "online": "javascript:alert(1)", "rhythm": "week"} {
		form.Set(name, value)
	}
	v := s.as(cookie, http.MethodPost, "/publier/evenement", form)
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("published: %d", v.Code)
	}
	var told []string
	for _, a := range v.all("a", "", "") {
		if to := attribute(a, "href"); strings.HasPrefix(to, "#f-") {
			told = append(told, to)
			v.one("", "id", to[1:])
		}
	}
	if want := []string{"#f-name", "#f-last", "#f-until", "#f-lat", "#f-capacity", "#f-online"}; !slices.Equal(told, want) {
		t.Errorf("told in this order: %q, want %q", told, want)
	}
	v.shows("Ce jour vient avant la date du début")
}

func TestThePreviewRefusesWhatPublishingWould(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form.Set("rhythm", "week")
	form.Set("action", "apercu")
	if v := s.as(cookie, http.MethodPost, "/publier/evenement", form); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "Donnez le dernier jour") {
		t.Fatalf("an event that comes back for ever: %d", v.Code)
	}
	form.Set("until", "2027-03-27")
	to := s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/brouillons/")
	s.as(cookie, http.MethodGet, to, nil).shows("3 dates")
}

func TestAPictureWithoutWordsOpensItsFold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	for path, form := range map[string]url.Values{
		"/publier/evenement": cartopartie(),
		"/publier/annonce":   {"content": {"Venez samedi"}, "action": {"publier"}},
	} {
		v := s.upload(cookie, path, form, "photo.jpg", photograph(t, 40, 20, 1))
		if v.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%s: %d", path, v.Code)
		}
		more := v.one("details", "class", "more")
		if !slices.ContainsFunc(more.Attr, func(a html.Attribute) bool { return a.Key == "open" }) {
			t.Errorf("%s: the field to fill in is folded away", path)
		}
	}
}

func TestWhatAnswersAFormHasArrived(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	arrived := func(v visited) bool { return strings.Contains(v.Body.String(), "data-arrived") }
	if arrived(s.as(cookie, http.MethodGet, "/publier/recette", nil)) {
		t.Error("an empty form answers nothing")
	}
	if !arrived(s.as(cookie, http.MethodPost, "/publier/recette", url.Values{"name": {"Relever"}, "ajouter": {"steps"}})) {
		t.Error("the browser would offer back what is on the page")
	}
}

func TestAnAnnouncementIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := url.Values{"content": {"Venez **samedi**"}, "action": {"apercu"}}
	preview := s.as(cookie, http.MethodPost, "/publier/annonce", form).went("/brouillons/")
	if n := strings.Count(s.as(cookie, http.MethodGet, preview, nil).text(), "Venez"); n != 2 { // as Mastodon shows it, as we do
		t.Errorf("the preview says it %d times", n)
	}
	form.Set("action", "publier")
	share := s.as(cookie, http.MethodPost, "/publier/annonce", form).went("/annonces/")
	path := strings.TrimSuffix(share, "/partager")
	if n := strings.Count(s.get(path).text(), "Venez"); n != 1 {
		t.Errorf("the page says it %d times", n)
	}
	if text := textOf(s.as(cookie, http.MethodGet, share, nil).one("textarea", "id", "texte")); text != "Venez samedi https://a.example"+path {
		t.Errorf("to pass on: %q", text)
	}
}

func TestTheShareSaysWhatMayBeWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	publish := func(change func(url.Values)) visited {
		t.Helper()
		form := cartopartie()
		change(form)
		return s.as(cookie, http.MethodGet, s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), nil)
	}
	publish(func(url.Values) {}).lacks("Corriger le lieu", "Corriger la date")
	publish(func(form url.Values) { form.Set("commune", "Nulle-part") }).shows("pas sur la carte", "Corriger le lieu")
	publish(func(form url.Values) { form.Set("date", "2017-03-13") }).shows("La date est passée", "Corriger la date")
}
