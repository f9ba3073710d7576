package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
	"github.com/maillage/maillage/search/embedded"
)

// site is a node with its pages, as a browser meets them.
type site struct {
	*testing.T
	node  *instance.Node
	store instance.Store
	org   *instance.Actor
	echo  *echo.Echo
	pages *Server
}

// today is when the tests happen.
var today = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const peerDomain = "b.example"

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteWith(t, instance.Options{})
}

// newSiteWith is newSite of a node that has what the options add.
func newSiteWith(t *testing.T, o instance.Options) *site {
	t.Helper()
	log, now := slog.New(slog.DiscardHandler), func() time.Time { return today }
	index, err := embedded.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"), embedded.Options{Now: now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	s := &site{T: t, store: storetest.Open(t), echo: echo.New()}
	s.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "Tiriad", Description: "Le nœud de Brest.", Contact: "contact@a.example",
		Store: s.store, Index: index, Media: instance.MediaFolder(t.TempDir()), Now: now, Log: log, Gazetteer: o.Gazetteer, Geocoder: o.Geocoder, Mailer: o.Mailer,
	})
	s.must(err)
	s.org = s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	server, err := New(Options{Node: s.node, Log: log, Version: "1.2.3"})
	s.must(err)
	server.Register(s.echo)
	s.pages = server
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) actor(a instance.Actor) *instance.Actor {
	s.Helper()
	created, err := s.node.CreateActor(s.Context(), a)
	s.must(err)
	return created
}

func (s *site) territory(slug, name string, point *instance.Point) *instance.Actor {
	s.Helper()
	return s.actor(instance.Actor{
		Kind: instance.KindTerritory, Slug: slug, Name: name,
		Territory: &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}},
		Place:     &instance.Place{Locality: name, Point: point, Precision: instance.PrecisionCommune},
	})
}

// publish makes an object of ours public; fill sets what the test is about.
func publish[T any, O interface {
	*T
	instance.Object
}](s *site, kind instance.Kind, slug, name string, fill func(O),
) O {
	s.Helper()
	o := O(new(T))
	b := o.Common()
	b.Kind, b.Slug, b.Name = kind, slug, name
	if fill != nil {
		fill(o)
	}
	published, err := s.node.Publish(s.Context(), s.org.ID, o)
	s.must(err)
	return published.(O)
}

func (s *site) event(slug, name string, when instance.When, fill func(*instance.Event)) *instance.Event {
	s.Helper()
	return publish(s, instance.KindEvent, slug, name, func(e *instance.Event) {
		e.When = when
		if fill != nil {
			fill(e)
		}
	})
}

func (s *site) partner(slug, name string, fill func(*instance.Partner)) *instance.Partner {
	s.Helper()
	return publish(s, instance.KindPartner, slug, name, fill)
}

// receive keeps an object of a peer as it is, without what the domain cleans: the
// pages must not count on it.
func (s *site) receive(o instance.Object) {
	s.Helper()
	o.Common().Origin = peerDomain
	s.must(s.store.Write(s.Context(), func(tx instance.Tx) error { return tx.SaveObject(s.Context(), o, []byte("{}")) }))
}

// peer makes the node follow another one.
func (s *site) peer(name string) *instance.Actor {
	s.Helper()
	a := &instance.Actor{
		ID: "https://" + peerDomain + "/actor", Kind: instance.KindNode, Type: "Application", Origin: peerDomain,
		Handle: peerDomain, Name: name, Inbox: "https://" + peerDomain + "/inbox", URL: "https://" + peerDomain + "/a-propos",
	}
	s.must(s.store.Write(s.Context(), func(tx instance.Tx) error {
		if err := tx.SaveActor(s.Context(), a); err != nil {
			return err
		}
		return tx.SaveFollow(s.Context(), instance.Follow{
			ID: "https://a.example/activites/1", Actor: s.node.Self().ID, Object: a.ID, State: instance.FollowAccepted, Created: today, Updated: today,
		})
	}))
	return a
}

func (s *site) reindex() {
	s.Helper()
	s.must(s.node.Reindex(s.Context(), nil))
}

// visited is a page that came back.
type visited struct {
	*httptest.ResponseRecorder
	t    *testing.T
	tree *html.Node
}

func (s *site) do(method, target string, form url.Values, header ...string) visited {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	v := visited{ResponseRecorder: httptest.NewRecorder(), t: s.T}
	s.echo.ServeHTTP(v, r)
	if strings.HasPrefix(v.Header().Get("Content-Type"), "text/html") && v.Header().Get("Content-Encoding") == "" {
		tree, err := html.Parse(strings.NewReader(v.Body.String()))
		s.must(err)
		v.tree = tree
	}
	return v
}

// get visits a page that must be there.
func (s *site) get(target string, header ...string) visited {
	s.Helper()
	v := s.do(http.MethodGet, target, nil, header...)
	if v.Code != http.StatusOK {
		s.Fatalf("GET %s = %d\n%s", target, v.Code, v.text())
	}
	return v
}

// all finds the elements of a name that have an attribute; attr "" for any.
func (v visited) all(name, attr, value string) []*html.Node {
	var found []*html.Node
	for n := range v.tree.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) && (attr == "" || attribute(n, attr) == value) {
			found = append(found, n)
		}
	}
	return found
}

func (v visited) one(name, attr, value string) *html.Node {
	v.t.Helper()
	found := v.all(name, attr, value)
	if len(found) != 1 {
		v.t.Fatalf("%d <%s %s=%q> in the page, want one", len(found), name, attr, value)
	}
	return found[0]
}

// text is what a reader sees, white space collapsed (no-break spaces are kept).
func (v visited) text() string {
	if v.tree == nil {
		return v.Body.String()
	}
	return textOf(v.tree)
}

func textOf(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			out.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune(" \n\t\r", r) }), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// shows and lacks check the words of a page.
func (v visited) shows(words ...string) {
	v.t.Helper()
	for _, w := range words {
		if !strings.Contains(v.text(), w) {
			v.t.Errorf("the page does not show %q:\n%s", w, v.text())
		}
	}
}

func (v visited) lacks(words ...string) {
	v.t.Helper()
	for _, w := range words {
		if strings.Contains(v.text(), w) {
			v.t.Errorf("the page shows %q:\n%s", w, v.text())
		}
	}
}

// links checks that the page leads to each address.
func (v visited) links(addresses ...string) {
	v.t.Helper()
	for _, address := range addresses {
		if len(v.all("a", "href", address)) == 0 {
			v.t.Errorf("no link to %s", address)
		}
	}
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := instance.ParseDay(s, "")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var atBrest = &instance.Point{Lat: 48.3904, Lon: -4.4861}

// populated is a site with one thing of each kind.
func populated(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	s.actor(instance.Actor{Kind: instance.KindPerson, Slug: "ada", Name: "Une contributrice"})
	s.event("cartopartie", "Cartopartie du port", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	publish(s, instance.KindRecipe, "cartopartie", "Tenir une cartopartie", func(r *instance.Recipe) {
		r.Licence, r.Steps = "CC-BY-SA-4.0", []instance.Step{{Title: "Repérer", When: "J-7", What: "À pied."}}
	})
	s.partner("osm", "OpenStreetMap France", nil)
	publish(s, instance.KindAnnouncement, "bonjour", "", func(a *instance.Announcement) { a.Content = "<p>Bonjour à tous</p>" })
	s.reindex()
	return s
}

var allPages = []string{
	"/", "/carte", "/agenda", "/agenda?periode=passes", "/recettes", "/annuaire", "/territoires", "/personnes", "/annonces", "/recherche",
	"/recherche?q=cartopartie", "/a-propos", "/suivre", "/suivre?compte=@brest", "/evenements/cartopartie", "/recettes/cartopartie",
	"/annuaire/osm", "/annonces/bonjour", "/territoires/brest", "/organisations/tiriad", "/personnes/ada",
}

func TestEveryPageIsComplete(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for _, target := range allPages {
		for _, lang := range languages {
			v := s.get(target, "Accept-Language", lang)
			name := fmt.Sprintf("%s in %s", target, lang)
			if got := attribute(v.one("html", "", ""), "lang"); got != lang {
				t.Errorf("%s: lang=%q", name, got)
			}
			v.one("main", "id", "contenu")
			v.one("h1", "", "")
			v.one("a", "href", "#contenu")
			v.one("link", "rel", "canonical")
			if title := textOf(v.one("title", "", "")); !strings.Contains(title, "Tiriad") {
				t.Errorf("%s: title %q", name, title)
			}
			ids := map[string]bool{}
			for n := range v.tree.Descendants() {
				if id := attribute(n, "id"); id != "" && ids[id] {
					t.Errorf("%s: id %q twice", name, id)
				} else {
					ids[id] = true
				}
			}
			if strings.Contains(v.Body.String(), "ZgotmplZ") || strings.Contains(v.Body.String(), "%!") {
				t.Errorf("%s: a value was not meant for its place", name)
			}
			for _, want := range []string{"Accept", "Accept-Language", "Cookie"} {
				if !strings.Contains(strings.Join(v.Header().Values("Vary"), ","), want) {
					t.Errorf("%s: Vary lacks %s", name, want)
				}
			}
			if policy := v.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %q", name, policy)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for header, want := range map[string]string{
		"": "fr", "en-GB,en;q=0.8": "en", "de,en;q=0.5": "en", "de": "fr", "fr-CA,en;q=0.9": "fr", ";;;": "fr", "en;q=0.2, fr;q=0.9": "fr",
	} {
		if got := attribute(s.get("/", "Accept-Language", header).one("html", "", ""), "lang"); got != want {
			t.Errorf("Accept-Language %q: %s, want %s", header, got, want)
		}
	}

	v := s.do(http.MethodGet, "/agenda?periode=passes&lang=en", nil)
	if v.Code != http.StatusSeeOther || v.Header().Get("Location") != "/agenda?periode=passes" {
		t.Fatalf("switch: %d to %q", v.Code, v.Header().Get("Location"))
	}
	cookie, _, _ := strings.Cut(v.Header().Get("Set-Cookie"), ";")
	if got := attribute(s.get("/agenda", "Cookie", cookie, "Accept-Language", "fr").one("html", "", ""), "lang"); got != "en" {
		t.Errorf("the choice is not kept: %s", got)
	}

	for _, target := range []string{"//evil.example/?lang=en", "///evil.example/?lang=en", `/\evil.example/?lang=en`} {
		to, err := url.Parse(s.do(http.MethodGet, "http://a.example"+target, nil).Header().Get("Location"))
		if err != nil || to.Host != "" || strings.HasPrefix(to.String(), "//") {
			t.Errorf("%s leads out to %s", target, to)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := populated(t)
	s.must(s.node.Withdraw(t.Context(), s.org.ID, "https://a.example/evenements/cartopartie"))
	for target, want := range map[string]int{
		"/nulle-part": http.StatusNotFound, "/evenements/inconnu": http.StatusNotFound, "/evenements/../../etc": http.StatusNotFound,
		"/reseau/inconnu": http.StatusNotFound, "/static/nope.css": http.StatusNotFound, "/evenements/cartopartie": http.StatusGone,
	} {
		v := s.do(http.MethodGet, target, nil)
		if v.Code != want {
			t.Errorf("%s = %d, want %d", target, v.Code, want)
		}
		v.one("h1", "", "")
		v.links("/", "/agenda")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the database does not answer
	v := visited{ResponseRecorder: httptest.NewRecorder(), t: t}
	s.echo.ServeHTTP(v, httptest.NewRequestWithContext(ctx, http.MethodGet, "/agenda", nil))
	if v.Code != http.StatusInternalServerError {
		t.Fatalf("without its database: %d", v.Code)
	}
	if body := v.Body.String(); !strings.Contains(body, "de notre côté") || strings.Contains(body, "canceled") {
		t.Errorf("the page of an internal error: %s", body)
	}
}

// Robots may read every page and every list; not what combinations of filters make.
func TestRobots(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.get("/robots.txt")
	if got := v.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		t.Errorf("sent as %s", got)
	}
	rules := strings.Split(strings.TrimSpace(v.Body.String()), "\n")
	if rules[0] != "User-agent: *" {
		t.Fatalf("rules %q", rules)
	}
	refused := func(target string) bool {
		for _, rule := range rules[1:] {
			if path, ok := strings.CutPrefix(rule, "Disallow: "); ok && strings.HasPrefix(target, path) {
				return true
			}
		}
		return false
	}
	for _, target := range allPages {
		want := strings.HasPrefix(target, "/recherche") || strings.HasPrefix(target, "/suivre?")
		if refused(target) != want {
			t.Errorf("%s: refused=%t", target, !want)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sheet := attribute(s.get("/").one("link", "rel", "stylesheet"), "href")
	v := s.get(sheet, "Accept-Encoding", "gzip")
	if v.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(v.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %v", sheet, v.Header())
	}
	if v := s.get("/static/app.css"); strings.Contains(v.Header().Get("Cache-Control"), "immutable") || v.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("without a version: %v", v.Header())
	}
	if v := s.do(http.MethodGet, sheet, nil, "If-None-Match", s.get(sheet).Header().Get("ETag")); v.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", v.Code)
	}
	if got := len(s.get("/static/app.css").Body.String()); got > 36_000 {
		t.Errorf("app.css has grown to %d bytes", got)
	}
	icon := s.get("/favicon.ico")
	if got := http.DetectContentType(icon.Body.Bytes()); got != "image/x-icon" || icon.Header().Get("Content-Type") != "image/vnd.microsoft.icon" {
		t.Errorf("/favicon.ico is %s, sent as %s", got, icon.Header().Get("Content-Type"))
	}
	if v := s.do(http.MethodHead, sheet, nil); v.Code != http.StatusOK {
		t.Errorf("HEAD: %d", v.Code)
	}
}
