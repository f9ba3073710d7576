package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// fields are the inputs of the form on a page that goes to an address, as a browser sends
// them without JavaScript.
func (v visited) fields(action string) url.Values {
	v.t.Helper()
	values, found := url.Values{}, false
	for n := range v.tree.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attribute(n, "action") != action {
			continue
		}
		found = true
		for input := range n.Descendants() {
			if input.Type == html.ElementNode && input.Data == "input" && attribute(input, "name") != "" {
				values.Add(attribute(input, "name"), attribute(input, "value"))
			}
		}
	}
	if !found {
		v.t.Fatalf("no form goes to %s: %s", action, v.text())
	}
	return values
}

const carryPassword = "un cheval sous la pluie"

func TestAFormSentAfterTheSessionEndedLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	_, err := s.node.NewAccount(t.Context(), instance.Account{
		Email: "lou@a.example", Name: "Lou", Role: instance.RoleContributor, Organisations: []string{s.org.ID},
	}, carryPassword)
	s.must(err)
	form := cartopartie()
	form.Set("content", "Deux\nlignes & un <script>")
	form["accessibility"] = []string{"acces-pmr", "interpretation-lsf"}

	v := s.upload("", "/publier/evenement", form, "affiche.jpg", []byte("image"))
	if v.Code != http.StatusUnauthorized {
		t.Fatalf("without a session: %d", v.Code)
	}
	v.shows("Rien n’est perdu", "image choisie")
	sign := v.fields("/connexion")
	sign.Set("email", "lou@a.example")
	sign.Set("password", "pas celui-là")
	v = s.do(http.MethodPost, "/connexion", sign)
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("a wrong password: %d", v.Code)
	}
	sign = v.fields("/connexion")
	sign.Set("email", "lou@a.example")
	sign.Set("password", carryPassword)
	v = s.do(http.MethodPost, "/connexion", sign)
	if v.Code != http.StatusOK || strings.Contains(v.Body.String(), carryPassword) {
		t.Fatalf("signed in: %d", v.Code)
	}
	var cookie string
	for _, c := range v.Result().Cookies() {
		if strings.Contains(c.Name, "session") {
			cookie = c.Name + "=" + c.Value
		}
	}
	again := v.fields("/publier/evenement")
	for name, values := range form {
		if strings.Join(again[name], "|") != strings.Join(values, "|") {
			t.Errorf("%s came back as %q, was %q", name, again[name], values)
		}
	}
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", again).went("/evenements/"), "/partager")
	s.get(at).shows("Cartographier les fontaines", "Deux")
}

// What is carried cannot be made to go to another site, and passwords are not carried.
func TestWhatIsCarriedStaysHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.node.NewAccount(t.Context(), instance.Account{Email: "lou@a.example", Name: "Lou", Role: instance.RoleContributor}, carryPassword)
	s.must(err)
	v := s.do(http.MethodPost, "/connexion", url.Values{
		"email": {"lou@a.example"}, "password": {carryPassword}, "vers": {"https://voleur.example/"}, "envoi.name": {"x"},
	})
	if v.Code != http.StatusOK || strings.Contains(v.Body.String(), "voleur") {
		t.Errorf("carried elsewhere: %d %s", v.Code, v.text())
	}
	s.do(http.MethodPost, "/compte/mot-de-passe", url.Values{"current": {carryPassword}, "password": {carryPassword}}).went("/connexion?retour=")
	v = s.do(http.MethodPost, "/publier/evenement", cartopartie(), "Accept", "application/json")
	if v.Code != http.StatusUnauthorized || !strings.Contains(v.Body.String(), `"message"`) {
		t.Errorf("a script was answered %d %s", v.Code, v.Body)
	}
	if v = s.do(http.MethodPost, "/publier/evenement", url.Values{"content": {strings.Repeat("é", maxForm)}}); v.Code < 400 || v.Code >= 500 {
		t.Errorf("too much: %d", v.Code)
	}
}
