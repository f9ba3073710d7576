package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// postbox keeps the letters that a node sends.
type postbox struct {
	lock sync.Mutex
	sent []instance.Message
	err  error
}

func (p *postbox) Send(_ context.Context, m instance.Message) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.err == nil {
		p.sent = append(p.sent, m)
	}
	return p.err
}

// appear makes somebody with an account appear.
func (s *site) appear(email string, draft instance.Actor) *instance.Actor {
	s.Helper()
	a, err := s.node.NewAccount(s.Context(), instance.Account{Email: email, Name: draft.Name, Role: instance.RoleContributor}, "un mot de passe assez long")
	s.must(err)
	person, err := s.node.Appear(s.Context(), a.ID, draft)
	s.must(err)
	return person
}

func TestPeopleNear(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	home := instance.Point{Lat: 47.6601, Lon: -2.0712}
	s.appear("a@a.example", instance.Actor{
		Slug: "camille", Name: "Camille", Place: &instance.Place{Point: &home, Precision: instance.Precision5Km},
		Profile: &instance.Profile{Helps: []string{"installer Linux"}, Languages: []string{"fr", "br"}},
	})
	s.appear("b@a.example", instance.Actor{Slug: "dominique", Name: "Dominique", Place: &instance.Place{Locality: "29200"}})
	s.appear("c@a.example", instance.Actor{Slug: "claude", Name: "Claude"})

	s.get("/personnes").shows("Camille", "Dominique", "Claude", "installer Linux", "brezhoneg", "à 5\u00a0km près, autour de Redon")
	near := s.get("/personnes?pres=35600&radius_km=10")
	near.shows("Camille", "Redon (35)")
	near.lacks("Dominique", "Claude")
	s.get("/personnes?q=linux").lacks("Dominique")
	s.get("/personnes?langue=br").lacks("Dominique")
	s.get("/personnes?pres=Brest&radius_km=5").shows("Dominique")
	page := s.get("/personnes/camille")
	page.shows("Je peux aider à", "installer Linux")
	if body := page.Body.String(); strings.Contains(body, "47.6601") || strings.Contains(body, "-2.0712") {
		t.Error("the exact position is on the page")
	}
}

func TestPeopleAreSuggestedWhileTheyAppear(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	s.reindex()
	home := instance.Point{Lat: 47.6601, Lon: -2.0712}
	s.appear("a@a.example", instance.Actor{Slug: "camille", Name: "Anne-Élise Morvan", Place: &instance.Place{Point: &home, Precision: instance.Precision5Km}})
	s.appear("b@a.example", instance.Actor{Slug: "dominique", Name: "Dominique", Place: &instance.Place{Locality: "29200"}})
	suggested := func(text string) string {
		return s.get("/api/v1/suggest?q=" + url.QueryEscape(text)).Body.String()
	}
	for text, want := range map[string]string{"elise": "personne, vers Redon", "MORV": "/personnes/camille", "domi": "personne, Brest"} {
		if body := suggested(text); !strings.Contains(body, want) {
			t.Errorf("%s: %s", text, body)
		}
	}
	for _, text := range []string{"m", "lise", "%", "redon"} {
		if body := suggested(text); strings.Contains(body, "/personnes/") {
			t.Errorf("%s: %s", text, body)
		}
	}
	account, err := s.node.AccountByEmail(s.Context(), "a@a.example")
	s.must(err)
	s.must(s.node.Disappear(s.Context(), account.ID))
	if body := suggested("elise"); strings.Contains(body, "lise") {
		t.Errorf("who has just vanished is suggested: %s", body)
	}
}

func TestWhoCanHelpHere(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	s.territory("redon", "Redon", redon.Point)
	s.appear("a@a.example", instance.Actor{Slug: "camille", Name: "Camille", Place: &instance.Place{Locality: "Redon"}})
	here := []instance.Ref{{Slug: "redon"}}
	role := instance.Vocabularies().Terms("ecosystem_roles")[0]
	s.partner("fablab", "Le fablab", func(p *instance.Partner) { p.Territories, p.Roles = here, []string{role.Slug} })
	s.event("atelier", "Atelier", instance.When{Start: day(t, "2019-05-01")}, func(e *instance.Event) {
		e.Territories, e.Organisers = here, []instance.Ref{{Name: "Les voisines", URL: "https://voisines.example/"}}
	})
	s.reindex()
	s.get("/territoires/redon").shows("Qui peut m’aider ici", "Camille", role.FR, "Le fablab", "Les voisines")
}

func TestLetterIsRelayed(t *testing.T) {
	t.Parallel()
	box := &postbox{}
	s := newSiteWith(t, instance.Options{Mailer: box})
	s.appear("secret@a.example", instance.Actor{Slug: "camille", Name: "Camille", Profile: &instance.Profile{Relay: true}})
	s.appear("other@a.example", instance.Actor{Slug: "claude", Name: "Claude"})
	form := url.Values{"name": {"Lou"}, "email": {"lou@b.example"}, "text": {"Bonjour,\nvenez-vous samedi ?"}}
	post := func(who string, change url.Values) visited {
		sent := url.Values{}
		for _, values := range []url.Values{form, change} {
			for key := range values {
				sent.Set(key, values.Get(key))
			}
		}
		return s.do(http.MethodPost, "/personnes/"+who+"/ecrire", sent)
	}
	if page := s.get("/personnes/camille/ecrire"); strings.Contains(page.Body.String(), "secret@a.example") {
		t.Error("the address is on the page")
	}
	if v := post("camille", nil); v.Code != http.StatusSeeOther || len(box.sent) != 1 {
		t.Fatalf("%d, %d letters: %s", v.Code, len(box.sent), v.text())
	}
	m := box.sent[0]
	if m.To != "secret@a.example" || !strings.Contains(m.Text, "lou@b.example") || !strings.Contains(m.Text, "venez-vous samedi ?") || !strings.Contains(m.Subject, "Lou") {
		t.Errorf("sent %+v", m)
	}
	if v := post("camille", url.Values{"name": {"Lou\nBcc: x@y.example"}}); v.Code != http.StatusSeeOther || strings.ContainsAny(box.sent[1].Subject, "\r\n") {
		t.Errorf("a name is one line: %q", box.sent[1].Subject)
	}
	if v := post("camille", url.Values{"site": {"https://spam.example"}}); v.Code != http.StatusSeeOther || len(box.sent) != 2 {
		t.Error("what fills the trap is told that all went well, and sends nothing")
	}
	v := post("camille", url.Values{"email": {"lou"}, "text": {""}})
	if v.Code != http.StatusUnprocessableEntity || attribute(v.one("input", "id", "email"), "aria-invalid") != "true" {
		t.Errorf("%d", v.Code)
	}
	if v := post("claude", nil); v.Code != http.StatusForbidden || len(box.sent) != 2 {
		t.Errorf("who takes no letters gets none: %d", v.Code)
	}
	box.err = errors.New("no route to secret@a.example")
	if v := post("camille", nil); v.Code != http.StatusServiceUnavailable || strings.Contains(v.Body.String(), "secret@a.example") {
		t.Errorf("a failure is told without the address: %d", v.Code)
	}
	for range lettersFrom {
		v = post("camille", nil)
	}
	if v.Code != http.StatusTooManyRequests {
		t.Errorf("one address sends so many letters: %d", v.Code)
	}
}

func TestFollowFromAnyServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server, err := New(Options{Node: s.node, Log: nil, FollowIntent: func(_ context.Context, account, actor string) (string, error) {
		if account != "@moi@exemple.org" {
			return "", instance.ErrNotFound
		}
		return "https://social.exemple.org/intents/follow?object=" + url.QueryEscape(actor), nil
	}})
	s.must(err)
	s.echo = echo.New()
	server.Register(s.echo)
	ask := func(typed string) visited {
		return s.do(http.MethodPost, "/suivre", url.Values{"compte": {"@tiriad@a.example"}, "serveur": {typed}})
	}
	actor := url.QueryEscape(s.org.ID)
	for typed, want := range map[string]string{
		"@moi@exemple.org":     "https://social.exemple.org/intents/follow?object=" + actor,
		"mastodon.example":     "https://mastodon.example/authorize_interaction?uri=" + actor,
		"https://exemple.org/": "https://exemple.org/authorize_interaction?uri=" + actor,
	} {
		if v := ask(typed); v.Code != http.StatusSeeOther || v.Header().Get("Location") != want {
			t.Errorf("%s: %d %s", typed, v.Code, v.Header().Get("Location"))
		}
	}
	v := ask("@moi@muet.example")
	if v.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", v.Code)
	}
	v.shows("muet.example ne dit pas où suivre", "@tiriad@a.example")
}
