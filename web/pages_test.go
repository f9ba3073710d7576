package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// The thread: from an event to who organised it, what it belongs to, where it
// is, what it produced.
func TestEventLeadsToTheRestOfTheThread(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	brest := s.territory("brest", "Brest", atBrest)
	here := []instance.Ref{{ID: brest.ID, Slug: brest.Slug, Name: brest.Name}}
	sheet := s.partner("osm", "OpenStreetMap France", nil)
	parent := s.event("opl", "Opération Libre", instance.When{Start: day(t, "2027-04-03"), End: day(t, "2027-04-04"), AllDay: true}, nil)
	s.event("restitution", "Restitution publique", instance.When{Start: day(t, "2027-04-04"), AllDay: true}, func(e *instance.Event) {
		e.PartOf = &instance.Ref{ID: parent.ID, Name: "Opération Libre"}
		e.Organisers = []instance.Ref{{ID: sheet.ID, Name: "x"}, {Slug: "osm", Name: "x"}, {Name: "Groupe informel"}, {URL: "https://c.example/a", Name: "Ailleurs"}}
		e.Territories, e.Inferred = here, []string{"organisers"}
		e.Contributions = []instance.Contribution{{Type: "osm-edition", Count: 1200}, {Type: "wikipedia-article", Name: "Le port", URL: "https://fr.wikipedia.example/port"}}
		e.Participants, e.Place = 200, &instance.Place{Locality: "Brest", Point: atBrest, Precision: instance.PrecisionCommune}
	})
	s.reindex()

	v := s.get("/evenements/restitution")
	v.links("/annuaire/osm", "/evenements/opl", "/territoires/brest", "https://c.example/a", "https://fr.wikipedia.example/port")
	v.shows("OpenStreetMap France", "Groupe informel", "Organisateurs déduits", "Ailleurs", "1\u202f200", "200 personnes", "Modification OpenStreetMap", "Position du centre de la commune")
	if n := len(v.all("a", "href", "/annuaire/osm")); n != 2 {
		t.Errorf("%d organisers lead to the sheet, want the one named by IRI and the one named by slug", n)
	}
	if rel := attribute(v.one("a", "href", "https://c.example/a"), "rel"); rel != "nofollow noopener ugc" {
		t.Errorf("link out: rel=%q", rel)
	}
	s.get("/evenements/opl").links("/evenements/restitution")
	s.get("/annuaire/osm").links("/evenements/restitution")
	territory := s.get("/territoires/brest")
	territory.links("/evenements/restitution")
	territory.shows("@brest@a.example", "29019")
	s.get("/organisations/tiriad").links("/evenements/restitution", "/evenements/opl")
}

// The page shows what its files hold: the same filters, kept from tab to tab.
func TestAgendaIsFiltered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.event("carte", "Cartopartie", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(e *instance.Event) {
		e.Themes = []string{"cartographie"}
		e.Territories = []instance.Ref{{Slug: "brest", Name: "Brest"}}
	})
	s.event("autre", "Disco-soupe", instance.When{Start: day(t, "2027-03-15"), AllDay: true}, nil)
	for _, query := range []string{"theme=cartographie", "territory=brest"} {
		v := s.get("/agenda?" + query)
		v.shows("Cartopartie")
		v.lacks("Disco-soupe")
		v.links("/agenda?periode=passes&" + query)
	}
}

func TestVagueDatesKeepTheirWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.event("redon", "Opération Libre de Redon", instance.When{Text: "octobre 2017", Approx: "2017-10"}, nil)
	s.event("suite", "Suite à Saint-Marc", instance.When{Text: "premier semestre 2027"}, nil)
	s.event("vieux", "Rencontre oubliée", instance.When{Text: "date inconnue"}, func(e *instance.Event) { e.Status = instance.StatusPast })
	s.event("prevu", "Bilan annoncé", instance.When{Text: "début 2019", Approx: "2019"}, func(e *instance.Event) {
		e.Status, e.StatusAsOf = instance.StatusPlanned, "2018"
	})
	s.event("date", "Cartopartie", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	s.reindex()

	v := s.get("/evenements/redon")
	v.shows("octobre 2017", "Le jour n’est pas connu", "La date est passée.")
	v.lacks("a eu lieu")
	s.get("/evenements/vieux").shows("Cet événement a eu lieu.")
	s.get("/evenements/prevu").shows("Dernier état connu\u00a0: Prévu (2018).")
	if when := attribute(v.one("time", "", ""), "datetime"); when != "2017-10" {
		t.Errorf("datetime=%q", when)
	}
	coming, past := s.get("/agenda"), s.get("/agenda?periode=passes")
	coming.shows("Mars 2027", "14 mars", "Date à préciser", "premier semestre 2027")
	coming.lacks("octobre 2017", "Rencontre oubliée")
	past.shows("octobre 2017", "date inconnue", "Date à préciser")
	past.lacks("premier semestre", "Cartopartie")
	for _, v := range []visited{coming, past, s.get("/recherche"), s.get("/")} {
		v.lacks("1er octobre", "1 octobre", "janvier 1", "0001")
	}
}

func TestWhatHasNoPositionIsListedBesideTheMap(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.partner("ici", "Fablab d'ici", func(p *instance.Partner) { p.Place = &instance.Place{Locality: "Brest", Point: atBrest} })
	s.partner("nulle-part", "Collectif sans adresse", nil)
	s.reindex()
	v := s.get("/carte")
	v.links("/annuaire/ici", "/annuaire/nulle-part")
	v.shows("2 résultats", "dont 1 sur la carte", "Position inconnue")
	frame := v.one("div", "id", "map")
	if attribute(frame, "data-api") != "/api/v1/map" || strings.Count(attribute(frame, "data-bbox"), ",") != 3 {
		t.Errorf("the map's script has nothing to start from: %v", frame.Attr)
	}
	v.one("form", "id", "map-filters")
	if role := attribute(v.one("", "id", "map-status"), "role"); role != "status" {
		t.Errorf("role=%q", role)
	}
	var labels mapLabels
	s.must(json.Unmarshal([]byte(v.one("script", "id", "map-labels").FirstChild.Data), &labels))
	if labels.Kinds["event"] != "Événement" {
		t.Errorf("labels %+v", labels)
	}
}

func TestManyActorsAtOnePointAreAllReachable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const many = 35
	for i := range many {
		s.partner(fmt.Sprintf("acteur-%d", i), fmt.Sprintf("Acteur %02d", i), func(p *instance.Partner) {
			p.Place = &instance.Place{Locality: "Brest", Point: atBrest}
		})
	}
	s.reindex()
	found := map[string]bool{}
	for page := "/annuaire"; page != ""; {
		v := s.get(page)
		v.shows("35 acteurs")
		for i := range many {
			path := fmt.Sprintf("/annuaire/acteur-%d", i)
			if len(v.all("a", "href", path)) > 0 {
				found[path] = true
			}
		}
		page = ""
		if next := v.all("a", "rel", "next"); len(next) == 1 {
			page = attribute(next[0], "href")
		}
	}
	if len(found) != many {
		t.Errorf("the directory leads to %d of %d", len(found), many)
	}
}

func TestRecipeShowsItsLineage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	original := publish(s, instance.KindRecipe, "originale", "Organiser une cartopartie", func(r *instance.Recipe) {
		r.Licence = "CC-BY-SA-4.0"
		r.Ingredients = []instance.Ingredient{{Name: "Une salle", Category: "lieu", Essential: true}, {Name: "Des canapés", Category: "mobilier"}}
		r.Arguments = []instance.Argument{{Objection: "Trop petit", Answer: "Justement."}}
	})
	publish(s, instance.KindRecipe, "locale", "Une cartopartie à Brest", func(r *instance.Recipe) {
		r.Licence, r.DerivedFrom = "CC-BY-SA-4.0", original.ID
	})
	s.reindex()
	v := s.get("/recettes/originale")
	v.links("/recettes/locale")
	v.shows("Indispensables", "Une salle", "Si possible", "Des canapés", "«\u00a0Trop petit\u00a0»", "Justement.")
	s.get("/recettes/locale").links("/recettes/originale")
}

func TestPeersThingsSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	peer := s.peer("LiberTIC")
	e := &instance.Event{When: instance.When{Start: day(t, "2027-05-01"), AllDay: true}}
	e.ID, e.URL, e.Kind, e.Name, e.Owner = "https://b.example/evenements/nantes", "https://b.example/evenements/nantes?page", instance.KindEvent, "Rencontre à Nantes", peer.ID
	s.receive(e)
	s.reindex()
	path := s.node.URLs().Path(e.ID)

	v := s.get(path)
	v.shows("Cette publication vient de LiberTIC (b.example)", "chez LiberTIC")
	v.links(e.URL)
	if got := attribute(v.one("link", "rel", "canonical"), "href"); got != e.URL {
		t.Errorf("canonical %q", got)
	}
	if got := attribute(v.one("link", "type", "application/activity+json"), "href"); got != e.ID {
		t.Errorf("alternate %q", got)
	}
	if got := attribute(v.one("meta", "name", "robots"), "content"); got != "noindex" {
		t.Errorf("a copy is offered to search engines: %q", got)
	}
	for _, target := range []string{"/", "/agenda", "/carte", "/recherche?q=nantes", "/recherche?origin=" + peerDomain} {
		v := s.get(target)
		v.links(path)
		v.shows("chez LiberTIC")
	}
	s.get("/recherche?origin=local").lacks("Rencontre à Nantes")
	about := s.get("/a-propos")
	about.shows("LiberTIC", "1 publication", "@a.example@a.example", "maillage 1.2.3")
	about.links("mailto:contact@a.example", s.node.URLs().Path(peer.ID))
	s.get(s.node.URLs().Path(peer.ID)).shows("LiberTIC")

	ours := s.event("ici", "Chez nous", instance.When{Start: day(t, "2027-05-02"), AllDay: true}, nil)
	if v := s.do(http.MethodGet, "/reseau/"+instance.Key(ours.ID), nil); v.Code != http.StatusMovedPermanently || v.Header().Get("Location") != "/evenements/ici" {
		t.Errorf("one of ours under /reseau: %d %s", v.Code, v.Header().Get("Location"))
	}
}

// hostile is put in every field of a thing by fillHostile.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)></title></style><svg onload=alert(1)>`

// fillHostile sets every string that v leads to. Addresses get a script instead.
func fillHostile(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillHostile(v.Elem(), name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fillHostile(v.Field(i), field.Name)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillHostile(v.Index(0), name)
		}
	case reflect.String:
		if strings.Contains(name, "URL") || name == "Website" || name == "ID" || name == "Source" {
			v.SetString("javascript:alert(1)//" + hostile)
		} else {
			v.SetString(hostile)
		}
	case reflect.Int:
		v.SetInt(3)
	}
}

// harmless checks that a page holds no script but ours and nothing that runs.
func (v visited) harmless(where string) {
	v.t.Helper()
	for n := range v.tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && n.FirstChild != nil && !strings.Contains(attribute(n, "type"), "json") {
			v.t.Errorf("%s: an inline script: %s", where, n.FirstChild.Data)
		}
		for _, a := range n.Attr {
			address := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style":
				v.t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
			case (a.Key == "href" || a.Key == "action") && strings.HasPrefix(address, "javascript:"):
				v.t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
			case a.Key == "src" && !strings.HasPrefix(address, "/static/"):
				v.t.Errorf("%s: <%s src=%q> is not ours", where, n.Data, a.Val)
			}
		}
	}
}

func TestNothingAPeerWritesRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.peer(hostile)
	for i, kind := range []instance.Kind{instance.KindEvent, instance.KindRecipe, instance.KindPartner, instance.KindAnnouncement} {
		o, err := instance.NewObject(kind)
		s.must(err)
		fillHostile(reflect.ValueOf(o), "")
		b := o.Common()
		b.ID, b.Kind, b.Slug = fmt.Sprintf("https://b.example/%d?\"><script>alert(1)</script>", i), kind, ""
		b.Place.Point = atBrest
		if e, ok := o.(*instance.Event); ok {
			e.When.Zone, e.When.Approx = "", ""
		}
		s.receive(o)
		s.reindex()
		targets := []string{s.node.URLs().Path(b.ID), "/", "/carte", "/agenda", "/agenda?periode=passes", "/recettes", "/annuaire", "/annonces", "/recherche", "/recherche?q=script", "/a-propos"}
		for _, target := range targets {
			v := s.get(target)
			v.harmless(target)
			checkJSONLD(t, v)
		}
		s.get(s.node.URLs().Path(b.ID)).shows("alert(1)") // it is shown, as text
	}
	for i, kind := range []instance.Kind{instance.KindOrganisation, instance.KindTerritory, instance.KindPerson, instance.KindNode} {
		a := &instance.Actor{}
		fillHostile(reflect.ValueOf(a), "")
		a.ID, a.Kind, a.Origin, a.Slug = fmt.Sprintf("https://b.example/actors/%d", i), kind, peerDomain, ""
		s.must(s.store.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveActor(t.Context(), a) }))
		for _, target := range []string{s.node.URLs().Path(a.ID), "/territoires", "/personnes", "/suivre"} {
			v := s.get(target)
			v.harmless(target)
			checkJSONLD(t, v)
		}
	}
	for _, parameter := range []string{"q", "pres", "theme", "territory", "origin", "compte", "lat", "sort", "page", "bbox"} {
		for _, path := range []string{"/recherche", "/carte", "/annuaire", "/suivre"} {
			s.get(path + "?" + url.Values{parameter: {hostile}}.Encode()).harmless(path + "?" + parameter)
		}
	}
}

// checkJSONLD reads every schema.org block of a page.
func checkJSONLD(t *testing.T, v visited) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, n := range v.all("script", "type", "application/ld+json") {
		var ld map[string]any
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &ld); err != nil {
			t.Errorf("JSON-LD %q: %v", n.FirstChild.Data, err)
		}
		all = append(all, ld)
	}
	return all
}

func TestSchemaOrg(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for target, want := range map[string]string{
		"/": "WebSite", "/evenements/cartopartie": "Event", "/recettes/cartopartie": "HowTo", "/annuaire/osm": "Organization",
		"/territoires/brest": "Place", "/organisations/tiriad": "Organization", "/a-propos": "Organization",
	} {
		all := checkJSONLD(t, s.get(target))
		if len(all) != 1 || all[0]["@type"] != want || all[0]["@context"] != "https://schema.org" || all[0]["name"] == "" {
			t.Errorf("%s: %v, want one %s", target, all, want)
		}
	}
	event := checkJSONLD(t, s.get("/evenements/cartopartie"))[0]
	if event["startDate"] != "2027-03-14" || event["eventStatus"] != "https://schema.org/EventScheduled" {
		t.Errorf("event %v", event)
	}
	if geo, _ := checkJSONLD(t, s.get("/territoires/brest"))[0]["geo"].(map[string]any); geo["latitude"] != atBrest.Lat {
		t.Errorf("territory at %v", geo)
	}
	for target, iri := range map[string]string{"/evenements/cartopartie": "https://a.example/evenements/cartopartie", "/a-propos": "https://a.example/actor"} {
		if got := attribute(s.get(target).one("link", "type", "application/activity+json"), "href"); got != iri {
			t.Errorf("%s: ActivityStreams at %q", target, got)
		}
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	s.partner("osm", "OpenStreetMap Brest", func(p *instance.Partner) {
		p.Summary, p.Themes, p.ActorKind = "Association de cartographie libre.", []string{"cartographie"}, "association"
		p.Place = &instance.Place{Locality: "Brest", Point: atBrest}
	})
	s.partner("nantes", "Fablab nantais", func(p *instance.Partner) {
		p.Themes, p.ActorKind = []string{"fabrication-numerique"}, "fablab"
		p.Place = &instance.Place{Locality: "Nantes", Point: &instance.Point{Lat: 47.218, Lon: -1.554}}
	})
	s.reindex()

	v := s.get("/recherche?q=cartographie")
	v.links("/annuaire/osm")
	if len(v.all("mark", "", "")) == 0 {
		t.Error("what matched is not marked")
	}
	v = s.get("/recherche?pres=Brest&radius_km=25")
	v.links("/annuaire/osm")
	v.shows("à moins de 1\u00a0km")
	v.lacks("Fablab nantais")
	if got := attribute(v.one("input", "id", "pres"), "value"); got != "Brest" {
		t.Errorf("the commune asked for is forgotten: %q", got)
	}
	s.get("/recherche?lat=47.22&lon=-1.55&radius_km=20").links("/annuaire/nantes")
	s.get("/recherche?pres=Trifouillis").shows("«\u00a0Trifouillis\u00a0» n’est pas une commune connue", "Fablab nantais")
	s.get("/recherche?theme=inconnu").shows("n’a pas été comprise")

	v = s.get("/recherche?kind=partner")
	v.links("/recherche?kind=partner&theme=cartographie", "/recherche?kind=partner&subkind=fablab", "/recherche")
	v = s.get("/recherche?q=zzzz&theme=cartographie")
	v.shows("Aucun résultat", "Retirez un filtre")
	v.links("/agenda", "/recherche?theme=cartographie")

	v = s.get("/annuaire?subkind=fablab")
	v.links("/annuaire/nantes")
	v.lacks("OpenStreetMap Brest")
	v.shows("1 acteur")
}

func TestTerritoryFindsHelpNearby(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("guipavas", "Guipavas", &instance.Point{Lat: 48.43, Lon: -4.4})
	s.partner("fablab", "Fablab de Brest", func(p *instance.Partner) { p.Place = &instance.Place{Locality: "Brest", Point: atBrest} })
	s.reindex()
	v := s.get("/territoires/guipavas")
	v.shows("Qui peut aider, tout près", "Fablab de Brest")
	v.links("/suivre?compte=%40guipavas%40a.example")
}

func TestFollowFromAnotherServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	brest := s.territory("brest", "Brest", atBrest)
	post := func(account, server string) visited {
		return s.do(http.MethodPost, "/suivre", url.Values{"compte": {account}, "serveur": {server}})
	}
	for _, typed := range []string{"mastodon.example", " Mastodon.Example ", "https://mastodon.example/", "@moi@mastodon.example", "https://mastodon.example/@moi"} {
		if strings.HasSuffix(typed, "/@moi") {
			typed = "https://mastodon.example/home"
		}
		v := post("@brest@a.example", typed)
		want := "https://mastodon.example/authorize_interaction?uri=" + url.QueryEscape(brest.ID)
		if v.Code != http.StatusSeeOther || v.Header().Get("Location") != want {
			t.Errorf("%q: %d to %q", typed, v.Code, v.Header().Get("Location"))
		}
	}
	if v := post("@brest", "été.example"); v.Header().Get("Location") == "" || !strings.HasPrefix(v.Header().Get("Location"), "https://xn--t-9fab.example/") {
		t.Errorf("an accented name: %q", v.Header().Get("Location"))
	}
	for _, typed := range []string{
		"", "localhost", "127.0.0.1", "[::1]", "10.0.0.1", "2130706433", "mastodon", "mastodon.example:8080", "mastodon.example/path", "evil.example?x",
		"evil.example#x", "user:pass@", "https://a@b.example/", "javascript:alert(1)", "-a.example", "a..example", "a.example\r\nX: y", strings.Repeat("a", 64) + ".example", "mastodon.example\\@x",
	} {
		v := post("@brest@a.example", typed)
		if v.Code != http.StatusUnprocessableEntity || v.Header().Get("Location") != "" {
			t.Errorf("%q: %d to %q", typed, v.Code, v.Header().Get("Location"))
			continue
		}
		v.one("p", "id", "serveur-erreur")
		if attribute(v.one("input", "id", "serveur"), "aria-invalid") != "true" {
			t.Errorf("%q: the field does not say it is wrong", typed)
		}
	}
	if v := post("@inconnu@a.example", "mastodon.example"); v.Code != http.StatusUnprocessableEntity || v.Header().Get("Location") != "" {
		t.Errorf("an unknown account: %d", v.Code)
	}
	if policy := s.get("/suivre?compte=@brest").Header().Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https:") {
		t.Errorf("the browser would stop the redirect: %s", policy)
	}
	s.get("/suivre").links("/suivre?compte=%40brest%40a.example")
}

func TestMarkedHTML(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"une <mark>carte</mark> libre":                          "une <mark>carte</mark> libre",
		"a &lt;b&gt; <mark>c&amp;d</mark>":                      "a &lt;b&gt; <mark>c&amp;d</mark>",
		"<mark><script>x</script>ok</mark>":                     "<mark>ok</mark>",
		"<img src=x onerror=alert(1)>a":                         "a",
		"<mark>never closed":                                    "never closed",
		`<mark onmouseover=alert(1)>a</mark>`:                   "a",
		"&lt;script&gt;alert(1)&lt;/script&gt; <mark>a</mark>.": "&lt;script&gt;alert(1)&lt;/script&gt; <mark>a</mark>.",
	} {
		if got := string(markedHTML(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// What the search leads to has a page, even when its node is no longer followed.
func TestTerritoryOfAPeerNoLongerFollowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.peer("LiberTIC")
	a := &instance.Actor{
		ID: "https://" + peerDomain + "/territoires/nantes", Kind: instance.KindTerritory, Handle: "nantes", Name: "Nantes",
		Territory: &instance.Territory{Kind: "commune"},
	}
	s.must(s.node.ReceiveActor(t.Context(), a))
	s.must(s.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.DeleteFollow(t.Context(), s.node.Self().ID, "https://"+peerDomain+"/actor")
	}))
	s.reindex()
	path := s.node.URLs().Path(a.ID)
	s.get("/recherche?q=nantes").links(path)
	v := s.get(path)
	v.shows("Nantes")
	v.links("/suivre?compte=%40nantes%40" + peerDomain)
	s.get("/suivre?compte=@nantes@" + peerDomain).shows("Suivre Nantes")
}

func TestTerritoriesAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	s.territory("ouessant", "Ouessant", nil)
	s.peer("LiberTIC")
	nantes := &instance.Actor{
		ID: "https://" + peerDomain + "/territoires/nantes", Kind: instance.KindTerritory, Handle: "nantes", Name: "Nantes",
		Territory: &instance.Territory{Kind: "commune"},
	}
	s.must(s.node.ReceiveActor(t.Context(), nantes))
	for i := range 2 {
		s.partner(fmt.Sprint("brest-", i), fmt.Sprint("Acteur brestois ", i), func(p *instance.Partner) {
			p.Territories = []instance.Ref{{Slug: "brest", Name: "Brest"}}
		})
	}
	e := &instance.Event{When: instance.When{Text: "un jour"}}
	e.ID, e.Kind, e.Name, e.Owner = "https://b.example/evenements/x", instance.KindEvent, "Rencontre", "https://b.example/actor"
	e.Territories = []instance.Ref{{ID: nantes.ID, Slug: "nantes", Name: "Nantes"}}
	s.receive(e)
	s.reindex()
	v := s.get("/territoires")
	for path, want := range map[string]string{
		"/territoires/brest": "2 publications", s.node.URLs().Path(nantes.ID): "1 publication", "/territoires/ouessant": "",
	} {
		text := textOf(v.one("a", "href", path))
		if want == "" && strings.Contains(text, "publication") || !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", path, text, want)
		}
	}
}

func TestASlashTooManyLeadsToThePage(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for _, target := range allPages {
		path, query, _ := strings.Cut(target, "?")
		if path == "/" {
			continue
		}
		want := path
		if query != "" {
			want += "?" + strings.ReplaceAll(query, "@", "%40")
			query = "?" + query
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			v := s.do(method, path+"/"+query, nil)
			if v.Code != http.StatusMovedPermanently || v.Header().Get("Location") != want {
				t.Errorf("%s %s/%s: %d to %q, want %q", method, path, query, v.Code, v.Header().Get("Location"), want)
			}
		}
	}
	for _, target := range []string{"/nulle-part/", "//annuaire/"} {
		if v := s.do(http.MethodGet, "http://a.example"+target, nil); v.Code != http.StatusNotFound {
			t.Errorf("%s: %d to %q", target, v.Code, v.Header().Get("Location"))
		}
	}
	if v := s.do(http.MethodPost, "/suivre/", url.Values{}); v.Code == http.StatusMovedPermanently {
		t.Error("a form is sent elsewhere")
	}
}
