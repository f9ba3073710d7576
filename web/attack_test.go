package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

// cheap checks what a request costs.
func (s *site) cheap(what string, request func() *http.Request) {
	s.Helper()
	var r *http.Request
	costtest.Cheap(s.T, what, func() { s.echo.ServeHTTP(httptest.NewRecorder(), r) }, func() { r = request() })
}

func visit(target string, header ...string) func() *http.Request {
	return func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
}

// ideographs is text of which no two letters are the same, up to 20 000.
func ideographs(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteRune(rune(0x4e00 + i%20_000))
	}
	return out.String()
}

// CPU: Punycode takes a time that grows with the square of a name's length.
func TestAttackFollowFormLongServer(t *testing.T) {
	s := newSite(t)
	form := url.Values{"compte": {"@tiriad"}, "serveur": {ideographs(8_000)}}.Encode()
	s.cheap("a server's name of 24 kB", func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/suivre", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	})
}

// Memory and disk: the only form of the site takes a body of any size, files included.
func TestAttackFollowFormHugeBody(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where files of forms would go
	s := newSite(t)
	s.cheap("a form of 9 MB", func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/suivre", strings.NewReader("compte=@tiriad&serveur="+strings.Repeat("a", 9<<20)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	})
	s.cheap("a form with a file of 40 MB", func() *http.Request {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		file, err := form.CreateFormFile("f", "f")
		s.must(err)
		_, _ = file.Write(make([]byte, 40<<20))
		s.must(form.Close())
		r := httptest.NewRequest(http.MethodPost, "/suivre", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		return r
	})
}

// Memory and CPU: actors of a stranger, each of a megabyte, kept because they signed
// something; one GET then reads them all.
func TestAttackHugeStrangers(t *testing.T) {
	s := newSite(t)
	for i := range 20 {
		a := &instance.Actor{
			ID: fmt.Sprintf("https://evil.example/u%d", i), Kind: instance.KindOrganisation,
			Handle: fmt.Sprint("u", i), Name: "x", Summary: strings.Repeat("<p>a</p>", 100_000),
		}
		s.must(s.node.ReceiveActor(t.Context(), a))
	}
	s.cheap("asking for an account of theirs", visit("/suivre?compte=@x@evil.example"))
	s.cheap("asking for an account of the network", visit("/suivre?compte=@x@network"))
	s.cheap("the page of one", visit("/reseau/"+instance.Key("https://evil.example/u1")))
}

// Memory and CPU: an event of a followed peer as large as peers may send.
func TestAttackHugeEvent(t *testing.T) {
	s := newSite(t)
	peer := s.peer("Pair")
	e := &instance.Event{When: instance.When{Text: "un jour"}}
	b := e.Common()
	b.ID, b.Kind, b.Owner, b.Name, b.Content = "https://b.example/e", instance.KindEvent, peer.ID, "Gros", strings.Repeat("<b>a</b>", 110_000)
	s.must(s.node.ReceiveObject(t.Context(), peer, e, nil))
	s.cheap("its page", visit("/reseau/"+instance.Key(b.ID)))
	s.cheap("reading it by the API", visit("/api/v1/events/"+instance.Key(b.ID)))
}

// Growth: 12 kB of Markdown that make megabytes of HTML, kept and sent to peers.
func TestAttackMarkdownThatGrows(t *testing.T) {
	w := setupAPI(t)
	table := strings.Repeat("|a", 300) + "\n" + strings.Repeat("|-", 300) + "\n" + strings.Repeat("x\n", 5_000)
	body, err := json.Marshal(map[string]any{"name": "Tableau", "source": table, "when": map[string]any{"text": "un jour"}})
	w.must(err)
	costtest.Cheap(t, "a table that grows", func() {
		a := w.write(http.MethodPost, "/api/v1/events", string(body))
		if content, _ := a.body["content"].(string); a.Code == http.StatusCreated && len(content) > 60_000 {
			t.Errorf("%d bytes became %d", len(table), len(content))
		}
	})
}

// Addresses that run: an author's are refused before they leave for peers who may
// not look at them as closely as our pages do.
func TestAttackAddressesThatRun(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	for field, value := range map[string]any{
		"participation_url": "javascript:alert(1)", "online_url": "data:text/html,<script>alert(1)</script>",
		"derived_from":  "javascript:alert(1)",
		"image":         map[string]any{"url": "javascript:alert(1)"},
		"contributions": []any{map[string]any{"name": "x", "url": "javascript:alert(1)"}},
		"organisers":    []any{map[string]any{"name": "x", "url": "javascript:alert(1)"}},
		"part_of":       map[string]any{"name": "x", "id": "javascript:alert(1)"},
	} {
		body, err := json.Marshal(map[string]any{"name": "Atelier", "when": map[string]any{"text": "un jour"}, field: value})
		w.must(err)
		if a := w.write(http.MethodPost, "/api/v1/events", string(body)); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", field, a.Code)
		}
	}
}

// Log flood: a NUL in an address is a mistake of who asks, not of the server.
func TestAttackNUL(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{
		"/evenements/%00", "/reseau/%00", "/territoires/%00", "/recherche?territory=%00", "/suivre?compte=@a@%00",
		"/api/v1/events/%00", "/api/v1/events?territory=%00", "/api/v1/events?owner=%00", "/api/v1/events?part_of=%00",
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		w := httptest.NewRecorder()
		if s.echo.ServeHTTP(w, r); w.Code >= 500 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	w := setupAPI(t)
	if a := w.write(http.MethodPost, "/api/v1/events", `{"name":"a\u0000bcd","when":{"text":"un jour"}}`); a.Code >= 500 {
		t.Errorf("in a draft: %d", a.Code)
	}
}

// CVE-2024-52591, CVE-2025-25306 (Misskey): an actor whose page is another server's.
func TestAttackActorPageElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.peer("Pair")
	const elsewhere = "https://victim.example/login"
	a := &instance.Actor{ID: "https://" + peerDomain + "/u", Kind: instance.KindOrganisation, Handle: "u", Name: "Tiriad", URL: elsewhere}
	s.must(s.node.ReceiveActor(t.Context(), a))
	v := s.get("/reseau/" + instance.Key(a.ID))
	for _, n := range append(v.all("a", "href", elsewhere), v.all("link", "href", elsewhere)...) {
		t.Errorf("<%s> leads to another server", n.Data)
	}
}

// Spoofing: overrides of the writing direction, in what is not a name, and a handle
// that reads as one of another server.
func TestAttackSpoofedText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	peer := s.peer("Pair")
	const override = "\u202e"
	e := &instance.Event{When: instance.When{Text: "un jour"}, StatusAsOf: override + "2018"}
	b := e.Common()
	b.ID, b.Kind, b.Owner, b.Name, b.Content = "https://b.example/e", instance.KindEvent, peer.ID, "Atelier", "<p>"+override+"x</p>"
	b.Place = &instance.Place{Name: override + "Salle", Locality: override + "Brest", Street: override + "1"}
	s.must(s.node.ReceiveObject(t.Context(), peer, e, nil))
	a := &instance.Actor{ID: "https://" + peerDomain + "/u", Kind: instance.KindOrganisation, Handle: "brest@a.example", Name: "Brest"}
	s.must(s.node.ReceiveActor(t.Context(), a))
	if v := s.get("/reseau/" + instance.Key(b.ID)); strings.Contains(v.Body.String(), override) {
		t.Errorf("the page turns round: %q", v.Body.String()[strings.Index(v.Body.String(), override)-20:][:60])
	}
	if v := s.get("/reseau/" + instance.Key(a.ID)); strings.Contains(v.Body.String(), "@brest@a.example") {
		t.Error("it can be taken for @brest@a.example")
	}
}

// A stranger's page on our domain: whoever only signed a request has none here.
func TestAttackStrangersPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := &instance.Actor{ID: "https://evil.example/u", Kind: instance.KindOrganisation, Handle: "u", Name: "Tiriad"}
	s.must(s.node.ReceiveActor(t.Context(), a))
	if v := s.do(http.MethodGet, "/reseau/"+instance.Key(a.ID), nil); v.Code != http.StatusNotFound {
		t.Errorf("a stranger has a page here: %d", v.Code)
	}
}

// Open redirect and Host poisoning: whatever the path or the Host, we lead here.
func TestAttackRedirectsStayHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"//evil.example", "/\\evil.example", "/%5cevil.example", "/.//evil.example", "/%09/evil.example", "/%2e%2e//evil.example", "/%2f/evil.example", "/;//evil.example"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = "evil.example"
		r.URL = &url.URL{Path: path, RawQuery: "lang=en"}
		if decoded, err := url.PathUnescape(path); err == nil {
			r.URL.Path = decoded
		}
		w := httptest.NewRecorder()
		s.echo.ServeHTTP(w, r)
		to, err := url.Parse("https://a.example/x")
		s.must(err)
		if to, err = to.Parse(w.Header().Get("Location")); err != nil || to.Host != "a.example" {
			t.Errorf("%s leads to %s, %v", path, w.Header().Get("Location"), err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/?x=1", nil)
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	w := httptest.NewRecorder()
	s.echo.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "evil.example") {
		t.Error("the page names the Host of the request")
	}
}

// CSRF: what changes something takes a token that no browser sends by itself.
func TestAttackCSRF(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	const draft = `{"name":"Atelier","when":{"text":"un jour"}}`
	for _, header := range [][]string{
		{"Content-Type", "application/json", "Origin", "https://evil.example"},
		{"Content-Type", "application/json", "Cookie", "token=" + testToken},
		{"Content-Type", "application/json", "Authorization", "Basic " + testToken},
		{"Content-Type", "text/plain", "Authorization", "Bearer " + testToken},
	} {
		a := w.do(http.MethodPost, "/api/v1/events", draft, header...)
		if a.Code < 400 || a.Header().Get("Access-Control-Allow-Origin") != "" || a.Header().Get("Set-Cookie") != "" {
			t.Errorf("%v: %d", header, a.Code)
		}
	}
	if a := w.do(http.MethodPost, "/api/v1/events?access_token="+testToken, draft, "Content-Type", "application/json"); a.Code != http.StatusUnauthorized {
		t.Errorf("a token in the address: %d", a.Code)
	}
	r := httptest.NewRequest(http.MethodOptions, "/api/v1/events", nil)
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Access-Control-Request-Method", http.MethodPost)
	preflight := httptest.NewRecorder()
	if w.echo.ServeHTTP(preflight, r); preflight.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("a preflight is welcomed")
	}
}

// CPU: searches made to be slow.
func TestAttackSearchCost(t *testing.T) {
	s := newSite(t)
	for i := range 50 {
		s.event(fmt.Sprint("e", i), fmt.Sprint("Opération Libre ", i), instance.When{Text: "un jour"}, nil)
	}
	s.reindex()
	for name, q := range map[string]string{
		"10 kB": strings.Repeat("mot ", 2500), "quotes": strings.Repeat(`"a`, 100), "exclusions": strings.Repeat("-a ", 66),
		"misspelt": strings.Repeat("libr operati ", 15), "letters": strings.Repeat("a b c d e f g ", 14), "accents": strings.Repeat("\u0301", 200),
		"ideographs": ideographs(200), "operators": `" OR 1 NEAR( * ^ : {name} AND NOT`,
	} {
		for _, page := range []string{"/recherche", "/carte", "/annuaire", "/api/v1/search", "/api/v1/map", "/api/v1/suggest"} {
			for _, parameter := range []string{"q", "pres", "territory"} {
				s.cheap(page+" "+parameter+": "+name, visit(page+"?"+url.Values{parameter: {q}}.Encode()))
			}
		}
	}
	s.cheap("many values", visit("/recherche?q=a"+strings.Repeat("&theme=cartographie&territory=x", 900)))
	for _, page := range []string{"/recherche", "/agenda", "/carte", "/api/v1/search", "/agenda.csv", "/integrer/agenda"} {
		s.cheap(page+": 30 kB", visit(page+"?q="+strings.Repeat("a+", 15_000)))
		s.cheap(page+": 3 000 parameters", visit(page+"?"+strings.Repeat("theme=abc&", 3_000)))
	}
	s.cheap("no box", visit("/api/v1/map?bbox=NaN,-Inf,1e999,Inf"))
	s.cheap("languages", visit("/", "Accept-Language", strings.Repeat("de-Latn-DE-", 2500)))
}

// Memory and CPU: a node with many accounts, one of which is asked for.
func TestAttackManyAccounts(t *testing.T) {
	s := newSite(t)
	s.must(s.store.Write(t.Context(), func(tx instance.Tx) error {
		for i := range 2_000 {
			err := tx.SaveActor(t.Context(), &instance.Actor{
				ID: fmt.Sprintf("https://a.example/personnes/p%d", i), Kind: instance.KindPerson, Slug: fmt.Sprint("p", i),
				Handle: fmt.Sprint("p", i), Name: fmt.Sprint("Personne ", i), Summary: strings.Repeat("a", 5_000),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	s.get("/suivre?compte=@p1999").shows("Suivre Personne 1999")
	s.get("/suivre?compte=@P1999@A.example").shows("Personne ne s’appelle")
	s.cheap("asking for one of ours", visit("/suivre?compte=@p1999@a.example"))
}

// A stranger's name and address on our follow page: neither has them here.
func TestAttackStrangersFollowPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := &instance.Actor{ID: "https://evil.example/u", Kind: instance.KindOrganisation, Handle: "u", Name: "Tiriad"}
	s.must(s.node.ReceiveActor(t.Context(), a))
	for _, account := range []string{"@u@evil.example", "@u@network", "@tiriad@local"} {
		s.get("/suivre?compte=" + account).shows("Personne ne s’appelle")
	}
}

// at is a request that came from an address, through this machine's proxy.
func (s *site) at(address, method, target string, form url.Values) int {
	s.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Forwarded-For", address)
	w := httptest.NewRecorder()
	s.echo.ServeHTTP(w, r)
	return w.Code
}

// Denial of service: wrong passwords, from one place or from many, shut out nobody but
// those who send them.
func TestAttackOwnerShutOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	wrong, right := url.Values{"email": {lou.Email}, "password": {"autre phrase"}}, url.Values{"email": {lou.Email}, "password": {goodPassword}}
	if code := s.at("198.51.100.1", http.MethodPost, "/connexion", right); code != http.StatusSeeOther { // at home
		t.Fatal(code)
	}
	last := 0
	for range triesByEmail + 1 {
		last = s.at("203.0.113.1", http.MethodPost, "/connexion", wrong)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("one place guesses on: %d", last)
	}
	if code := s.at("203.0.113.2", http.MethodPost, "/connexion", right); code != http.StatusSeeOther {
		t.Errorf("the owner, elsewhere: %d", code)
	}
	for i := range triesByAll + 1 { // a thousand machines, each of which tries once
		last = s.at(fmt.Sprint("192.0.2.", i), http.MethodPost, "/connexion", wrong)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("many places guess on: %d", last)
	}
	for _, known := range []string{"198.51.100.1", "203.0.113.2"} {
		if code := s.at(known, http.MethodPost, "/connexion", right); code != http.StatusSeeOther {
			t.Errorf("the owner, where they were before: %d", code)
		}
	}
}

// Persistence: what somebody left behind in an account goes when its owner comes back,
// who sees all of it.
func TestAttackDoorsAreShownAtAReset(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lou := s.member("lou@exemple.org", instance.RoleContributor)
	s.must(s.node.AddPasskey(t.Context(), lou.ID, instance.Passkey{ID: "mine", Label: "Mon téléphone"}))
	s.must(s.node.AddPasskey(t.Context(), lou.ID, instance.Passkey{ID: "theirs", Label: "Un autre"}))
	_, err := s.node.CreateToken(t.Context(), lou, instance.Token{Scope: instance.TokenReads, Label: "un script"})
	s.must(err)
	secret, err := s.node.LetBackIn(t.Context(), lou.ID, time.Hour)
	s.must(err)
	b := s.browser()
	b.open("/nouveau-mot-de-passe?cle="+secret).shows("Mon téléphone", "un script", "Tous les navigateurs")
	if v := b.post(http.StatusUnprocessableEntity, "/nouveau-mot-de-passe", "cle", secret, "password", "court", "garder", "mine"); strings.Count(v.Body.String(), " checked>") != 1 {
		t.Error("what was ticked is lost when the password is refused")
	}
	b.post(http.StatusSeeOther, "/nouveau-mot-de-passe", "cle", secret, "password", "une tout autre phrase", "garder", "mine")
	b.open("/compte/connexion").shows("Mon téléphone")
	a, err := s.node.Account(t.Context(), lou.ID)
	s.must(err)
	if tokens, err := s.node.Tokens(t.Context(), lou.ID); err != nil || len(tokens) != 0 || len(a.Passkeys) != 1 {
		t.Errorf("left open: %+v, %+v, %v", a.Passkeys, tokens, err)
	}
}

// A host's page of what a person published offers to delete it, and nothing else.
func TestAttackHostRewritesAPersonsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	person := s.appear("lou@exemple.org", instance.Actor{Slug: "lou", Name: "Lou"})
	o, err := s.node.Publish(t.Context(), person.ID, &instance.Event{
		Base: instance.Base{Kind: instance.KindEvent, Slug: "balade", Name: "Balade"}, When: instance.When{Text: "un jour"},
	})
	s.must(err)
	b := s.browser().signIn(s.member("hote@exemple.org", instance.RoleHost))
	page := b.open("/evenements/balade")
	if len(page.all("a", "href", "/evenements/balade/supprimer")) != 1 || len(page.all("a", "href", "/evenements/balade/modifier")) != 0 {
		t.Error("the page offers something else than to delete it")
	}
	for _, target := range []string{"/modifier", "/annuler", "/historique", "/participants"} {
		if v := b.do(http.MethodGet, "/evenements/balade"+target, nil); v.Code != http.StatusForbidden {
			t.Errorf("%s: %d", target, v.Code)
		}
	}
	b.open("/evenements/balade/supprimer").shows("son auteur ou son autrice")
	b.post(http.StatusSeeOther, "/evenements/balade/supprimer")
	if o, err := s.node.Object(t.Context(), o.Common().ID); err != nil || o.Common().Deleted.IsZero() {
		t.Errorf("still there: %+v, %v", o, err)
	}
}
