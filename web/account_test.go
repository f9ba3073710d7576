package web

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

const goodPassword = "une phrase facile à retenir"

// member opens an account on the site's node.
func (s *site) member(email string, role instance.Role, organisations ...string) *instance.Account {
	s.Helper()
	a, err := s.node.NewAccount(s.Context(), instance.Account{Email: email, Name: "Lou", Role: role, Organisations: organisations}, goodPassword)
	s.must(err)
	return a
}

// browser keeps cookies from one page to the next.
type browser struct {
	*site
	jar map[string]string
}

func (s *site) browser() *browser { return &browser{s, map[string]string{}} }

func (b *browser) do(method, target string, form url.Values, header ...string) visited {
	b.Helper()
	var cookies []string
	for name, value := range b.jar {
		cookies = append(cookies, name+"="+value)
	}
	v := b.site.do(method, target, form, append([]string{"Cookie", strings.Join(cookies, "; ")}, header...)...)
	for _, c := range v.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return v
}

func (b *browser) open(target string) visited {
	b.Helper()
	v := b.do(http.MethodGet, target, nil)
	if v.Code != http.StatusOK {
		b.Fatalf("GET %s = %d\n%s", target, v.Code, v.text())
	}
	return v
}

// post sends a form of pairs that must be answered with a status.
func (b *browser) post(status int, target string, pairs ...string) visited {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	v := b.do(http.MethodPost, target, form)
	if v.Code != status {
		b.Fatalf("POST %s = %d, want %d\n%s", target, v.Code, status, v.text())
	}
	return v
}

// signIn signs the browser in to an account.
func (b *browser) signIn(a *instance.Account) *browser {
	b.Helper()
	b.post(http.StatusSeeOther, "/connexion", "email", a.Email, "password", goodPassword)
	return b
}

var secretIn = regexp.MustCompile(`/[a-z-]+\?cle=[\w-]+`)

// link is the path of the link with a secret that a page shows.
func (v visited) link() string {
	v.t.Helper()
	found := secretIn.FindString(v.text())
	if found == "" {
		v.t.Fatalf("no link in %s", v.text())
	}
	return found
}

func secretOf(link string) string { _, secret, _ := strings.Cut(link, "cle="); return secret }

func TestTheFirstStepsOfANode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret, err := s.node.Setup(t.Context())
	s.must(err)
	b := s.browser()
	page := b.open("/premiers-pas?cle=" + secret)
	if page.Header().Get("Referrer-Policy") != "same-origin" || page.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a page with a secret: %v", page.Header())
	}
	refused := b.post(http.StatusUnprocessableEntity, "/premiers-pas", "cle", secret, "organisation", "Les Cartographes", "name", "Hôte", "email", "hote", "password", "court")
	refused.links("#email", "#password")
	if attribute(refused.one("input", "id", "organisation"), "value") != "Les Cartographes" || attribute(refused.one("input", "id", "password"), "value") != "" {
		t.Error("what was typed is lost, or the password is sent back")
	}
	for _, field := range refused.all("input", "aria-invalid", "true") {
		if refused.all("", "id", attribute(field, "id")+"-error") == nil || !strings.Contains(attribute(field, "aria-describedby"), attribute(field, "id")+"-error") {
			t.Errorf("the error of %s is not linked to it", attribute(field, "id"))
		}
	}
	v := b.post(http.StatusSeeOther, "/premiers-pas", "cle", secret, "organisation", "Les Cartographes", "name", "Hôte", "email", "hote@exemple.org", "password", goodPassword)
	if v.Header().Get("Location") != "/bienvenue" {
		t.Fatalf("leads to %s", v.Header().Get("Location"))
	}
	b.open("/bienvenue").shows("Les Cartographes", "Invitez")
	if org, err := s.node.ActorBySlug(t.Context(), instance.KindOrganisation, "les-cartographes"); err != nil || org.Handle != "les_cartographes" {
		t.Errorf("the organisation: %+v, %v", org, err)
	}
	for _, used := range []string{secret, "faux", ""} {
		if v := s.do(http.MethodGet, "/premiers-pas?cle="+used, nil); v.Code != http.StatusGone {
			t.Errorf("a link %q: %d", used, v.Code)
		}
	}
	b.post(http.StatusGone, "/premiers-pas", "cle", secret, "name", "B", "email", "b@exemple.org", "password", goodPassword)
}

func TestSignInSaysNothingOfWhoIsHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	wrong := s.browser().post(http.StatusUnprocessableEntity, "/connexion", "email", lou.Email, "password", "autre phrase")
	unknown := s.browser().post(http.StatusUnprocessableEntity, "/connexion", "email", "personne@exemple.org", "password", "autre phrase")
	if a, b := wrong.text(), unknown.text(); a != b {
		t.Errorf("a wrong password says\n%s\nan unknown address\n%s", a, b)
	}
	if got := attribute(wrong.one("input", "id", "email"), "value"); got != lou.Email {
		t.Errorf("the address is to be typed again: %q", got)
	}
}

func TestSignInLeadsBackHereOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	for to, want := range map[string]string{
		"/compte/jetons?a=b": "/compte/jetons?a=b", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\tevil": "/", "javascript:alert(1)": "/", "": "/", "/%2f/evil.example": "/%2f/evil.example", "/./": "/./", "///evil.example": "/",
	} {
		v := s.browser().post(http.StatusSeeOther, "/connexion", "email", lou.Email, "password", goodPassword, "retour", to)
		if got := v.Header().Get("Location"); got != want {
			t.Errorf("retour=%q leads to %q, want %q", to, got, want)
		}
	}
	v := s.do(http.MethodGet, "/compte/jetons?a=b", nil)
	if v.Code != http.StatusSeeOther || v.Header().Get("Location") != "/connexion?retour=%2Fcompte%2Fjetons%3Fa%3Db" {
		t.Errorf("a visitor: %d to %s", v.Code, v.Header().Get("Location"))
	}
}

func TestGuessesAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	from := func(address string) []string { return []string{"X-Forwarded-For", address} }
	guess := func(email, password string, header ...string) int {
		return s.do(http.MethodPost, "/connexion", url.Values{"email": {email}, "password": {password}}, header...).Code
	}
	for range triesByEmail {
		if code := guess(lou.Email, "autre phrase", from("192.0.2.1")...); code != http.StatusUnprocessableEntity {
			t.Fatalf("a guess: %d", code)
		}
	}
	v := s.do(http.MethodPost, "/connexion", url.Values{"email": {"LOU@exemple.org "}, "password": {goodPassword}}, from("192.0.2.1")...)
	if v.Code != http.StatusTooManyRequests {
		t.Fatalf("one guess too many: %d", v.Code)
	}
	if seconds, _ := strconv.Atoi(v.Header().Get("Retry-After")); seconds < 60 || seconds > 901 {
		t.Errorf("Retry-After %q", v.Header().Get("Retry-After"))
	}
	v.shows("15 minutes")
}

func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	now := today
	a := newAttempts(func() time.Time { return now })
	for i := range maxAttemptsKept + 500 {
		a.take(strconv.Itoa(i), 1)
	}
	if len(a.seen) > maxAttemptsKept {
		t.Errorf("%d keys are kept", len(a.seen))
	}
	a = newAttempts(func() time.Time { return now })
	if a.take("k", 1) != 0 || a.take("k", 1) != tryWindow {
		t.Error("the second try of one passes")
	}
	a.giveBack("k")
	if a.take("k", 1) != 0 {
		t.Error("a try given back is lost")
	}
	now = now.Add(tryWindow)
	if a.take("k", 1) != 0 {
		t.Error("never forgotten")
	}
}

// Only a proxy of the host's says where a request comes from.
func TestWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ remote, forwarded, want string }{
		{"198.51.100.7:1234", "", "198.51.100.7"},
		{"198.51.100.7:1234", "203.0.113.9", "198.51.100.7"},
		{"127.0.0.1:1234", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1234", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{"[2001:db8:1:2:3::4]:1234", "", "2001:db8:1:2::/64"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = test.remote
		if test.forwarded != "" {
			r.Header.Set(echo.HeaderXForwardedFor, test.forwarded)
		}
		if got := clientAddress(r); got != test.want {
			t.Errorf("%+v: from %s", test, got)
		}
	}
}

func TestASessionIsNewAtEachSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	b := s.browser()
	b.jar["__Host-session"] = "planted"
	v := b.post(http.StatusSeeOther, "/connexion", "email", lou.Email, "password", goodPassword)
	first := b.jar["__Host-session"]
	if first == "planted" || first == "" {
		t.Fatal("the cookie that was there is kept")
	}
	for _, c := range v.Result().Cookies() {
		if c.Name == "__Host-session" && (!c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "") {
			t.Errorf("cookie %+v", c)
		}
	}
	b.signIn(lou)
	if b.jar["__Host-session"] == first {
		t.Error("the same session twice")
	}
	if v := s.do(http.MethodGet, "/compte", nil, "Cookie", "__Host-session="+first); v.Code != http.StatusSeeOther {
		t.Errorf("the session before: %d", v.Code)
	}
	b.post(http.StatusSeeOther, "/deconnexion")
	if b.jar["__Host-session"] != "" {
		t.Error("signed out with a cookie")
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser().signIn(s.member("lou@exemple.org", instance.RoleHost))
	for _, target := range []string{"/compte", "/compte/mot-de-passe", "/compte/jetons", "/compte/donnees/supprimer", "/invitations", "/deconnexion", "/connexion", "/compte/cles/debut"} {
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			if v := b.do(http.MethodPost, target, url.Values{}, header...); v.Code != http.StatusForbidden {
				t.Errorf("%s with %v: %d", target, header, v.Code)
			}
		}
	}
}

func TestInvitationsOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	lou := s.member("lou@exemple.org", instance.RoleContributor, s.org.ID)
	b := s.browser().signIn(lou)
	b.open("/invitations").lacks("Autre", "Hôte du nœud")
	b.post(http.StatusForbidden, "/invitations", "how", "link", "organisation", other.ID)
	b.post(http.StatusForbidden, "/invitations", "how", "link", "organisation", s.org.ID, "role", "host")
	b.post(http.StatusUnprocessableEntity, "/invitations", "how", "link").links("#organisation")
	b.post(http.StatusUnprocessableEntity, "/invitations", "how", "mail", "email", "max@exemple.org", "organisation", s.org.ID).shows("n’envoie pas de courrier")
	link := b.post(http.StatusOK, "/invitations", "how", "link", "email", "max@exemple.org", "organisation", s.org.ID).link()
	if again := b.open("/invitations"); secretIn.MatchString(again.text()) {
		t.Error("the link is shown twice")
	}

	sam := s.browser()
	sam.open(link).shows("Tiriad", "Lou")
	sam.post(http.StatusUnprocessableEntity, "/invitation", "cle", secretOf(link), "name", "Max", "email", lou.Email, "password", goodPassword).shows("a déjà cette adresse")
	sam.post(http.StatusSeeOther, "/invitation", "cle", secretOf(link), "name", "Max", "email", "max@exemple.org", "password", goodPassword)
	sam.open("/bienvenue").shows("Tiriad")
	if v := s.do(http.MethodGet, link, nil); v.Code != http.StatusGone {
		t.Errorf("the link again: %d", v.Code)
	}

	link = b.post(http.StatusOK, "/invitations", "how", "link", "organisation", s.org.ID).link()
	waiting, err := s.node.Invitations(t.Context(), lou)
	s.must(err)
	sam.post(http.StatusForbidden, "/invitations/"+waiting[0].ID+"/retirer")
	b.post(http.StatusSeeOther, "/invitations/"+waiting[0].ID+"/retirer")
	if v := s.do(http.MethodGet, link, nil); v.Code != http.StatusGone {
		t.Errorf("an invitation taken back: %d", v.Code)
	}
}

func TestAnInvitationWhenSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.browser().signIn(s.member("hote@exemple.org", instance.RoleHost))
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	link := host.post(http.StatusOK, "/invitations", "how", "link", "organisation", s.org.ID, "role", "contributor").link()
	b := s.browser().signIn(lou)
	b.open(link).shows("lou@exemple.org")
	b.post(http.StatusSeeOther, "/invitation", "cle", secretOf(link))
	if lou, err := s.node.Account(t.Context(), lou.ID); err != nil || !lou.WritesFor(s.org.ID) {
		t.Errorf("accepted: %+v, %v", lou, err)
	}
}

func TestTheHostsPageOfAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host, lou := s.member("hote@exemple.org", instance.RoleHost), s.member("lou@exemple.org", instance.RoleContributor)
	outsider := s.browser().signIn(lou)
	for _, target := range []string{"/comptes", "/comptes/" + host.ID} {
		if v := outsider.do(http.MethodGet, target, nil); v.Code != http.StatusForbidden {
			t.Errorf("%s for a contributor: %d", target, v.Code)
		}
	}
	for _, do := range []string{"", "/fermer", "/rouvrir", "/lien"} {
		outsider.post(http.StatusForbidden, "/comptes/"+host.ID+do, "role", "contributor")
	}
	b := s.browser().signIn(host)
	b.open("/comptes").shows("lou@exemple.org")
	b.post(http.StatusSeeOther, "/comptes/"+lou.ID, "role", "moderator", "organisation", s.org.ID)
	b.post(http.StatusUnprocessableEntity, "/comptes/"+host.ID, "role", "contributor").shows("au moins un hôte")
	b.post(http.StatusUnprocessableEntity, "/comptes/"+host.ID+"/fermer")
	b.post(http.StatusForbidden, "/comptes/"+lou.ID, "role", "contributor", "organisation", s.node.Self().ID)

	link := b.post(http.StatusOK, "/comptes/"+lou.ID+"/lien").link()
	back := s.browser()
	back.open(link).shows("lou@exemple.org")
	back.post(http.StatusUnprocessableEntity, "/nouveau-mot-de-passe", "cle", secretOf(link), "password", "court").links("#password")
	back.post(http.StatusSeeOther, "/nouveau-mot-de-passe", "cle", secretOf(link), "password", "une tout autre phrase")
	back.open("/compte").shows("Tiriad")
	if v := outsider.do(http.MethodGet, "/compte", nil); v.Code != http.StatusSeeOther {
		t.Errorf("a browser signed in before the reset: %d", v.Code)
	}

	b.post(http.StatusSeeOther, "/comptes/"+lou.ID+"/fermer")
	if v := back.do(http.MethodGet, "/compte", nil); v.Code != http.StatusSeeOther {
		t.Errorf("a closed account: %d", v.Code)
	}
	b.open("/comptes/" + lou.ID).shows("fermé")
	b.post(http.StatusSeeOther, "/comptes/"+lou.ID+"/rouvrir")
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/mot-de-passe-oublie").shows("n’envoie pas de courrier", "contact@a.example")
	s = mailingSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	known := s.browser().post(http.StatusOK, "/mot-de-passe-oublie", "email", lou.Email)
	unknown := s.browser().post(http.StatusOK, "/mot-de-passe-oublie", "email", "personne@exemple.org")
	if known.text() != unknown.text() {
		t.Error("the answer tells who has an account")
	}
	for range lettersByEmail - 1 {
		s.browser().post(http.StatusOK, "/mot-de-passe-oublie", "email", lou.Email)
	}
	s.browser().post(http.StatusTooManyRequests, "/mot-de-passe-oublie", "email", " Lou@exemple.org")
}

// mailingSite is a site whose node sends mail to nowhere.
func mailingSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	var err error
	s.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "Tiriad", Store: s.store, Index: s.node.Index(), Mailer: nowhere{}, Now: func() time.Time { return today },
	})
	s.must(err)
	server, err := New(Options{Node: s.node})
	s.must(err)
	s.echo = echo.New()
	server.Register(s.echo)
	return s
}

type nowhere struct{}

func (nowhere) Send(context.Context, instance.Message) error { return nil }

func TestMyAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor, s.org.ID)
	b, elsewhere := s.browser().signIn(lou), s.browser().signIn(lou)
	for _, tab := range accountTabs {
		b.open(tab.path).one("h1", "", "")
	}
	b.post(http.StatusUnprocessableEntity, "/compte", "name", " ", "language", "en").links("#name")
	b.post(http.StatusSeeOther, "/compte", "name", "Lou B.", "language", "en")
	b.open("/compte").shows("Lou B.", "Save")
	b.post(http.StatusSeeOther, "/compte", "name", "Lou B.", "language", "fr")

	b.post(http.StatusUnprocessableEntity, "/compte/mot-de-passe", "current", "autre", "password", "une tout autre phrase").links("#password-current")
	b.post(http.StatusSeeOther, "/compte/mot-de-passe", "current", goodPassword, "password", goodPassword+" !")
	if v := elsewhere.do(http.MethodGet, "/compte", nil); v.Code != http.StatusSeeOther {
		t.Errorf("the other browser: %d", v.Code)
	}
	b.post(http.StatusUnprocessableEntity, "/compte/adresse", "current", "autre", "email", "x@exemple.org").links("#email-current")
	b.post(http.StatusSeeOther, "/compte/adresse", "current", goodPassword+" !", "email", "lou@neuf.example")
	b.open("/compte/connexion").shows("lou@neuf.example")
}

func TestSessionsOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou, sam := s.member("lou@exemple.org", instance.RoleContributor), s.member("max@exemple.org", instance.RoleContributor)
	b, old := s.browser().signIn(lou), s.browser().signIn(lou)
	theirs := s.browser().signIn(sam)
	sessions, err := s.node.OpenSessions(t.Context(), sam.ID)
	s.must(err)
	b.post(http.StatusForbidden, "/compte/sessions", "session", sessions[0].Hash)
	theirs.open("/compte")
	b.open("/compte/connexion").shows("ce navigateur", "Déconnecter tous les autres")
	b.post(http.StatusSeeOther, "/compte/sessions")
	if v := old.do(http.MethodGet, "/compte", nil); v.Code != http.StatusSeeOther {
		t.Errorf("the other browser: %d", v.Code)
	}
	b.open("/compte")
}

func TestTokensOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	b := s.browser().signIn(s.member("lou@exemple.org", instance.RoleContributor, s.org.ID))
	b.post(http.StatusUnprocessableEntity, "/compte/jetons", "label", "agenda", "scope", "publish:"+other.Slug).links("#scope")
	b.post(http.StatusUnprocessableEntity, "/compte/jetons", "scope", "publish:tiriad").links("#label")
	token := regexp.MustCompile(`maillage_[0-9a-f]{40}`).FindString(b.post(http.StatusOK, "/compte/jetons", "label", "agenda", "scope", "publish:tiriad").text())
	if token == "" || strings.Contains(b.open("/compte/jetons").text(), token) {
		t.Errorf("the token %q is not shown once", token)
	}
	if held, _, err := s.node.TokenHolder(t.Context(), instance.HashSecret(token)); err != nil || held.Actor != s.org.ID {
		t.Errorf("acts for %s, %v", held, err)
	}
	b.open("/compte/jetons").shows("publish:tiriad", "agenda")
	b.post(http.StatusSeeOther, "/compte/jetons/retirer", "token", instance.HashSecret(token))
	b.open("/compte/jetons").lacks("publish:tiriad")
}

func TestAppearOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser().signIn(s.member("lou@exemple.org", instance.RoleContributor, s.org.ID))
	b.open("/compte/fiche").shows("nulle part")
	b.post(http.StatusUnprocessableEntity, "/compte/fiche", "name", "Lou", "slug", "Lou B").links("#slug")
	b.post(http.StatusUnprocessableEntity, "/compte/fiche", "name", "Lou", "slug", "tiriad").shows("est pris")
	b.post(http.StatusUnprocessableEntity, "/compte/fiche", "name", "Lou", "slug", "lou", "website", "javascript:alert(1)").links("#website")
	b.post(http.StatusSeeOther, "/compte/fiche", "name", "Lou", "slug", "lou", "bio", "J’aime <b>les cartes</b>.\r\n\r\nEt\r\nle reste.", "theme", "cartographie", "theme", "inconnu", "commune", "Brest")
	s.get("/personnes/lou").shows("J’aime <b>les cartes</b>.", "Brest")
	if got := textOf(b.open("/compte/fiche").one("textarea", "id", "bio")); got != "J’aime <b>les cartes</b>. Et le reste." {
		t.Errorf("to be changed: %q", got)
	}
	b.post(http.StatusSeeOther, "/compte/fiche", "name", "Lou Bis", "commune", "Brest")
	b.post(http.StatusSeeOther, "/compte/fiche/retirer")
	b.open("/compte/fiche").shows("nulle part")
	if v := s.do(http.MethodGet, "/personnes/lou", nil); v.Code != http.StatusGone {
		t.Errorf("the page of who left: %d", v.Code)
	}
	s.get("/personnes").lacks("Lou Bis")
}

func TestMyDataAndLeaving(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("hote@exemple.org", instance.RoleHost)
	lou := s.member("lou@exemple.org", instance.RoleContributor, s.org.ID)
	b := s.browser().signIn(lou)
	v := b.post(http.StatusOK, "/compte/donnees/telecharger")
	archive, err := zip.NewReader(bytes.NewReader(v.Body.Bytes()), int64(v.Body.Len()))
	s.must(err)
	for _, file := range archive.File {
		r, err := file.Open()
		s.must(err)
		content, err := io.ReadAll(r)
		s.must(err)
		if strings.Contains(string(content), "argon2") {
			t.Errorf("%s holds a secret: %s", file.Name, content)
		}
		if file.Name == "compte.json" && !strings.Contains(string(content), lou.Email) {
			t.Errorf("compte.json: %s", content)
		}
	}
	b.post(http.StatusUnprocessableEntity, "/compte/donnees/supprimer", "current", "autre").links("#current")
	b.post(http.StatusSeeOther, "/compte/donnees/supprimer", "current", goodPassword)
	if v := b.do(http.MethodGet, "/compte", nil); v.Code != http.StatusSeeOther {
		t.Errorf("after leaving: %d", v.Code)
	}
	s.browser().post(http.StatusUnprocessableEntity, "/connexion", "email", lou.Email, "password", goodPassword)
}

// A password is not guessed from a browser that was left open either.
func TestConfirmationsAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser().signIn(s.member("lou@exemple.org", instance.RoleContributor))
	for range triesByEmail {
		b.post(http.StatusUnprocessableEntity, "/compte/donnees/supprimer", "current", "autre")
	}
	b.post(http.StatusTooManyRequests, "/compte/donnees/supprimer", "current", goodPassword)
	b.post(http.StatusTooManyRequests, "/compte/mot-de-passe", "current", goodPassword, "password", "une tout autre phrase")
}

// No page of an account is kept by a cache, and each is complete in both languages.
func TestAccountPagesAreComplete(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.member("hote@exemple.org", instance.RoleHost)
	b := s.browser().signIn(host)
	reset, err := s.node.LetBackIn(t.Context(), host.ID, time.Hour)
	s.must(err)
	for _, target := range []string{"/compte", "/compte/connexion", "/compte/fiche", "/compte/jetons", "/compte/donnees", "/comptes", "/comptes/" + host.ID, "/invitations", "/bienvenue", "/nouveau-mot-de-passe?cle=" + reset} {
		for _, lang := range languages {
			b.jar[languageCookie] = lang
			v := b.open(target)
			if v.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s is cached: %s", target, v.Header().Get("Cache-Control"))
			}
			v.one("h1", "", "")
			if missing := regexp.MustCompile(`\b(account|done)\.[a-z.-]+`).FindString(v.text()); missing != "" {
				t.Errorf("%s in %s: no words for %s", target, lang, missing)
			}
			if strings.Contains(v.Body.String(), "%!") || strings.Contains(v.Body.String(), "ZgotmplZ") {
				t.Errorf("%s in %s: a value was not meant for its place", target, lang)
			}
			ids := map[string]bool{}
			for n := range v.tree.Descendants() {
				if id := attribute(n, "id"); id != "" && ids[id] {
					t.Errorf("%s: id %q twice", target, id)
				} else {
					ids[id] = true
				}
			}
		}
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	r := &request{locale: locales["fr"]}
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                  "Firefox sur Linux",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36":                "Chrome sur Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18 Safari/604.1": "Safari sur iPhone",
		"curl/8": "Navigateur inconnu", "": "Navigateur inconnu",
	} {
		if got := r.agent(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func TestFieldsAreDescribedByWhatExplainsThem(t *testing.T) {
	t.Parallel()
	for want, field := range map[string]input{
		"":                           {ID: "j-email"},
		"j-email-hint":               {ID: "j-email", Hint: "x"},
		"j-email-error":              {ID: "j-email", Error: "x"},
		"j-email-hint j-email-error": {ID: "j-email", Hint: "x", Error: "x"},
	} {
		if got := field.DescribedBy(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
