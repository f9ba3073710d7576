package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
	"github.com/maillage/maillage/instance/store/storetest"
	"github.com/maillage/maillage/search/embedded"
)

// apiWorld is a node with one organisation, its API and a peer's things.
type apiWorld struct {
	*testing.T
	node  *instance.Node
	store instance.Store
	org   *instance.Actor
	echo  *echo.Echo
}

const testToken = "jeton-de-tiriad"

func setupAPI(t *testing.T, with ...func(*instance.Options)) *apiWorld {
	t.Helper()
	clock := func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }
	log := slog.New(slog.DiscardHandler)
	index, err := embedded.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"), embedded.Options{Now: clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	o := instance.Options{BaseURL: "https://a.example", Store: storetest.Open(t), Index: index, Now: clock, Log: log, Media: instance.MediaFolder(t.TempDir())}
	for _, change := range with {
		change(&o)
	}
	w := &apiWorld{T: t, store: o.Store, echo: echo.New()}
	w.node, err = instance.New(t.Context(), o)
	w.must(err)
	w.org = w.actor(instance.KindOrganisation, "tiriad", "Tiriad")
	w.token(testToken, w.org)
	api := &apiV1{node: w.node, log: log, white: newWhiteZones(w.node), attempts: newAttempts(clock)}
	api.importer = w.importer(log)
	api.register(w.echo.Group("/api/v1", api.shield))
	return w
}

// importer imports what other software writes; no address answers it.
func (w *apiWorld) importer(log *slog.Logger) *importer {
	w.Helper()
	fetch := func(context.Context, string, string) ([]byte, string, error) {
		return nil, "", errors.New("unreachable")
	}
	locales, err := loadLocales()
	w.must(err)
	im, err := newImporter(&Importing{
		Reader: source.Files{}, Fetch: fetch, Feeder: instance.NewFeeder(w.node, feedsOf(w.T, w.store), fetch, source.Read), Log: w.store, Dir: w.TempDir(),
	}, w.node, log, locales[languages[0]])
	w.must(err)
	w.Cleanup(im.close)
	return im
}

func (w *apiWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *apiWorld) actor(kind instance.Kind, slug, name string) *instance.Actor {
	w.Helper()
	a := instance.Actor{Kind: kind, Slug: slug, Name: name}
	if kind == instance.KindTerritory {
		a.Territory = &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}}
		a.Place = &instance.Place{Locality: name, Point: &instance.Point{Lat: 48.39, Lon: -4.486}}
	}
	created, err := w.node.CreateActor(w.Context(), a)
	w.must(err)
	return created
}

func (w *apiWorld) token(token string, a *instance.Actor) {
	w.Helper()
	sum := sha256.Sum256([]byte(token))
	w.must(w.store.Write(w.Context(), func(tx instance.Tx) error {
		return tx.SaveToken(w.Context(), instance.Token{Hash: hex.EncodeToString(sum[:]), Scope: instance.TokenPublishes, Actor: a.ID, Label: "test"})
	}))
}

// partner publishes a sheet; point may be nil.
func (w *apiWorld) partner(slug, name string, point *instance.Point, themes ...string) instance.Object {
	w.Helper()
	p := &instance.Partner{Base: instance.Base{Kind: instance.KindPartner, Slug: slug, Name: name, Themes: themes}, ActorKind: "association", Roles: []string{"facilitateur"}}
	if point != nil {
		p.Place = &instance.Place{Locality: "Brest", Point: point, Precision: instance.PrecisionCommune}
	}
	o, err := w.node.Publish(w.Context(), w.org.ID, p)
	w.must(err)
	return o
}

// foreign keeps an event of another node, as if it had been received.
func (w *apiWorld) foreign(id, name string) {
	w.Helper()
	start := time.Date(2026, 12, 5, 13, 0, 0, 0, time.UTC)
	e := &instance.Event{Base: instance.Base{
		ID: id, URL: id, Kind: instance.KindEvent, Origin: instance.Origin(id), Owner: "https://b.example/organisations/asso", Name: name,
		Content: `<p>ok</p><script>alert(1)</script>`, Updated: start,
		Place: &instance.Place{Locality: "Nantes", Point: &instance.Point{Lat: 47.218, Lon: -1.554}},
	}, When: instance.When{Start: start}}
	w.must(w.store.Write(w.Context(), func(tx instance.Tx) error { return tx.SaveObject(w.Context(), e, []byte("{}")) }))
}

func (w *apiWorld) index() {
	w.Helper()
	w.must(w.node.Reindex(w.Context(), nil))
}

// answered is what came back, decoded.
type answered struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func (w *apiWorld) do(method, target, body string, header ...string) answered {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a := answered{ResponseRecorder: httptest.NewRecorder()}
	w.echo.ServeHTTP(a, r)
	if a.Body.Len() > 0 && strings.Contains(a.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.Body.Bytes(), &a.body); err != nil {
			w.Fatalf("%s %s answered %q: %v", method, target, a.Body, err)
		}
	}
	return a
}

func (w *apiWorld) get(target string) answered {
	w.Helper()
	a := w.do(http.MethodGet, target, "")
	if a.Code != http.StatusOK {
		w.Fatalf("GET %s = %d %s", target, a.Code, a.Body)
	}
	return a
}

func (w *apiWorld) write(method, target, body string) answered {
	w.Helper()
	return w.do(method, target, body, "Authorization", "Bearer "+testToken, "Content-Type", "application/json; charset=utf-8")
}

// refused checks the status and that the answer is a problem document about it.
func (w *apiWorld) refused(a answered, status int) {
	w.Helper()
	if a.Code != status || a.Header().Get("Content-Type") != mimeProblem {
		w.Fatalf("got %d %s %s, want a problem %d", a.Code, a.Header().Get("Content-Type"), a.Body, status)
	}
	if a.body["status"] != float64(status) || a.body["title"] == "" || a.body["type"] != "about:blank" {
		w.Errorf("problem %s", a.Body)
	}
	if got := a.Header().Get("Cache-Control"); got != "no-store" {
		w.Errorf("Cache-Control = %q", got)
	}
	if strings.Contains(a.Body.String(), "'") {
		w.Errorf("its French has straight apostrophes: %s", a.Body)
	}
}

// items and at read decoded JSON; what is not there is nil.
func items(v any) []any { l, _ := v.([]any); return l }

func at(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

var brest = &instance.Point{Lat: 48.3904, Lon: -4.4861}

func TestAPISearch(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.actor(instance.KindTerritory, "brest", "Brest")
	w.partner("maison-du-libre", "Maison du libre", brest, "logiciels-libres")
	w.foreign("https://b.example/evenements/carto", "Cartopartie à vélo")
	w.index()

	t.Run("local and network", func(t *testing.T) {
		t.Parallel()
		w := w.with(t)
		got := w.get("/api/v1/search?per_page=10")
		origins := map[any]string{}
		for _, hit := range items(got.body["hits"]) {
			origins[at(hit, "origin")] += fmt.Sprint(at(hit, "kind"), " ")
		}
		if got.body["total"] != 3.0 || got.body["page"] != 1.0 || got.body["per_page"] != 10.0 || origins["b.example"] != "event " {
			t.Errorf("got %s", got.Body)
		}
	})
	t.Run("around Nantes", func(t *testing.T) {
		t.Parallel()
		w := w.with(t)
		hits := items(w.get("/api/v1/search?lat=47.2&lon=-1.5&radius_km=20").body["hits"])
		if len(hits) != 1 || at(hits[0], "name") != "Cartopartie à vélo" {
			t.Fatalf("hits %v", hits)
		}
		km, _ := at(hits[0], "distance_km").(float64)
		if km < 4 || km > 5 || at(hits[0], "lat") != 47.218 {
			t.Errorf("hit %v", hits[0])
		}
		if path := at(hits[0], "path"); path != "/reseau/"+instance.Key("https://b.example/evenements/carto") {
			t.Errorf("path = %v", path)
		}
	})
	t.Run("words, with an extract", func(t *testing.T) {
		t.Parallel()
		w := w.with(t)
		hits := items(w.get("/api/v1/search?q=libre&kind=partner").body["hits"])
		if len(hits) != 1 || at(hits[0], "origin") != "local" || at(hits[0], "url") != "https://a.example/annuaire/maison-du-libre" {
			t.Errorf("hits %v", hits)
		}
	})
	t.Run("facets have words", func(t *testing.T) {
		t.Parallel()
		w := w.with(t)
		facets := w.get("/api/v1/search").body["facets"]
		labels := map[string]string{}
		for _, name := range []string{"kind", "theme", "origin", "role"} {
			for _, v := range items(at(facets, name)) {
				labels[fmt.Sprint(at(v, "value"))] = fmt.Sprint(at(v, "label"), at(v, "count"))
			}
		}
		for value, want := range map[string]string{"event": "Événements1", "logiciels-libres": "Logiciels libres1", "local": "Ce nœud2", "b.example": "b.example1", "facilitateur": "Facilitateur d’ouverture1"} {
			if !strings.EqualFold(labels[value], want) {
				t.Errorf("%s: %q, want %q", value, labels[value], want)
			}
		}
	})
	t.Run("faulty parameters", func(t *testing.T) {
		t.Parallel()
		w := w.with(t)
		got := w.do(http.MethodGet, "/api/v1/search?lat=abc&lon=0&kind=moon", "")
		w.refused(got, http.StatusBadRequest)
		errors := items(got.body["errors"])
		if len(errors) != 2 || at(errors[0], "field") != "kind" || at(errors[1], "field") != "lat" {
			t.Errorf("errors %v", errors)
		}
	})
}

// with reports to a subtest.
func (w *apiWorld) with(t *testing.T) *apiWorld {
	sub := *w
	sub.T = t
	return &sub
}

func TestAPIAnswersAreSharedAndRevalidated(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.index()
	got := w.get("/api/v1/search")
	if got.Header().Get("Access-Control-Allow-Origin") != "*" || got.Header().Get("Set-Cookie") != "" {
		t.Errorf("headers %v", got.Header())
	}
	etag := got.Header().Get("ETag")
	again := w.do(http.MethodGet, "/api/v1/search", "", "If-None-Match", `"other", `+etag)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("got %d %s", again.Code, again.Body)
	}
	w.partner("nouveau", "Nouveau", nil)
	w.index()
	if changed := w.do(http.MethodGet, "/api/v1/search", "", "If-None-Match", etag); changed.Code != http.StatusOK {
		t.Errorf("after a change: %d", changed.Code)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/nothing", ""), http.StatusNotFound)
	w.refused(w.do(http.MethodPatch, "/api/v1/search", ""), http.StatusMethodNotAllowed)
}

func TestAPIMap(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	for i := range 35 {
		w.partner(fmt.Sprintf("p%d", i), fmt.Sprintf("Partenaire %d", i), brest)
	}
	w.partner("sans-lieu", "Sans lieu", nil)
	w.foreign("https://b.example/evenements/carto", "Cartopartie à vélo")
	w.index()

	got := w.get("/api/v1/map?bbox=-5,47,0,49&zoom=12")
	if got.Header().Get("Content-Type") != mimeGeoJSON || got.body["type"] != "FeatureCollection" || got.body["total"] != 36.0 {
		t.Fatalf("%s %s", got.Header().Get("Content-Type"), got.Body)
	}
	var stacks, singles int
	for _, f := range items(got.body["features"]) {
		props := at(f, "properties")
		switch {
		case at(props, "count") == 35.0:
			stacks++
			if members := items(at(props, "members")); at(props, "cluster") != false || len(members) != 35 || at(members[0], "path") == "" {
				t.Errorf("stack %v", props)
			}
		case at(props, "count") == 1.0:
			singles++
			if point := items(at(f, "geometry", "coordinates")); point[0] != -1.554 || point[1] != 47.218 || at(props, "name") != "Cartopartie à vélo" {
				t.Errorf("single %v", f)
			}
		}
	}
	if stacks != 1 || singles != 1 {
		t.Errorf("%d stacks, %d singles in %s", stacks, singles, got.Body)
	}
	if inBrest := w.get("/api/v1/map?bbox=-5,48,-4,49&kind=partner"); inBrest.body["total"] != 35.0 {
		t.Errorf("in Brest: %s", inBrest.Body)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/map?bbox=1,2,3&zoom=x", ""), http.StatusBadRequest)
}

func TestAPISuggest(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.partner("maison-du-libre", "Maison du libre", brest)
	w.index()
	found := items(w.get("/api/v1/suggest?q=mais").body["suggestions"])
	if len(found) == 0 || at(found[0], "path") != "/annuaire/maison-du-libre" {
		t.Errorf("suggestions %v", found)
	}
	if none := w.get("/api/v1/suggest?q="); items(none.body["suggestions"]) == nil {
		t.Errorf("an empty list is [], not null: %s", none.Body)
	}
}

func TestAPICollections(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.actor(instance.KindTerritory, "brest", "Brest")
	w.partner("b", "Beta", nil, "communs")
	w.partner("a", "Alpha", nil)
	w.foreign("https://b.example/evenements/carto", "Cartopartie à vélo")

	page := w.get("/api/v1/partners?sort=name&per_page=1&page=2")
	if page.body["total"] != 2.0 || page.body["page"] != 2.0 || len(items(page.body["items"])) != 1 || at(items(page.body["items"])[0], "name") != "Beta" {
		t.Errorf("page %s", page.Body)
	}
	if themed := w.get("/api/v1/partners?theme=communs"); themed.body["total"] != 1.0 {
		t.Errorf("themed %s", themed.Body)
	}
	if ours := w.get("/api/v1/events?origin=local"); ours.body["total"] != 0.0 || items(ours.body["items"]) == nil {
		t.Errorf("ours %s", ours.Body)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/events?theme=communs,culture", ""), http.StatusBadRequest)

	ours := w.get("/api/v1/partners/a")
	if ours.body["origin"] != "local" || ours.body["owner"] != w.org.ID {
		t.Errorf("ours %s", ours.Body)
	}
	key := instance.Key("https://b.example/evenements/carto")
	theirs := w.get("/api/v1/events/" + key)
	if theirs.body["origin"] != "b.example" || theirs.body["content"] != "<p>ok</p>" {
		t.Errorf("theirs %s", theirs.Body)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/recipes/"+key, ""), http.StatusNotFound)
	w.refused(w.do(http.MethodGet, "/api/v1/events/rien", ""), http.StatusNotFound)

	territory := w.get("/api/v1/territories/brest")
	if territory.body["address"] != "@brest@a.example" || territory.body["subkind"] != "commune" || territory.body["key_pem"] != nil {
		t.Errorf("territory %s", territory.Body)
	}
	if all := w.get("/api/v1/territories"); all.body["total"] != 1.0 {
		t.Errorf("territories %s", all.Body)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/territories/tiriad", ""), http.StatusNotFound)
}

const eventBody = `{"name":"Cartopartie de Noël","source":"Venez **nombreux**.","when":{"start":"2026-12-20T13:00:00Z"},"themes":["cartographie"]}`

func TestAPIWrite(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	created := w.write(http.MethodPost, "/api/v1/events", eventBody)
	if created.Code != http.StatusCreated || created.body["owner"] != w.org.ID || !strings.Contains(fmt.Sprint(created.body["content"]), "<strong>nombreux</strong>") {
		t.Fatalf("created %d %s", created.Code, created.Body)
	}
	url := created.Header().Get("Location")
	read := w.get(url)

	// What was read can be sent back, with one thing changed.
	edited := w.write(http.MethodPut, url, strings.Replace(read.Body.String(), "Cartopartie de Noël", "Cartopartie de l'Avent", 1))
	if edited.Code != http.StatusOK || edited.body["name"] != "Cartopartie de l'Avent" || edited.body["id"] != read.body["id"] || edited.body["published"] != read.body["published"] {
		t.Fatalf("edited %d %s", edited.Code, edited.Body)
	}
	if gone := w.write(http.MethodDelete, url, ""); gone.Code != http.StatusNoContent || gone.Body.Len() != 0 {
		t.Fatalf("deleted %d %s", gone.Code, gone.Body)
	}
	w.refused(w.do(http.MethodGet, url, ""), http.StatusGone)
	w.refused(w.write(http.MethodDelete, url, ""), http.StatusGone)
	w.refused(w.write(http.MethodPut, url, eventBody), http.StatusGone)
	w.refused(w.write(http.MethodPut, "/api/v1/events/rien", eventBody), http.StatusNotFound)
	if h := created.Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Set-Cookie") != "" {
		t.Errorf("headers of a write: %v", h)
	}
}

func TestAPIDraftCannotDecideWhatIsTheNodes(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	created := w.write(http.MethodPost, "/api/v1/partners", `{"name":"Fab de Brest","slug":"fab","id":"https://evil.example/x","origin":"evil.example",
		"owner":"https://evil.example/actor","deleted":"2020-01-01T00:00:00Z","published":"2001-01-01T00:00:00Z","kind":"partner"}`)
	if created.Code != http.StatusCreated || created.body["id"] != "https://a.example/annuaire/fab" || created.body["owner"] != w.org.ID ||
		created.body["origin"] != "local" || created.body["deleted"] != nil || created.body["published"] != "2026-11-22T10:00:00Z" {
		t.Errorf("created %d %s", created.Code, created.Body)
	}
	w.refused(w.write(http.MethodPost, "/api/v1/partners", `{"name":"Un autre fab","slug":"fab"}`), http.StatusConflict)
}

func TestAPIAnnouncement(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	w.refused(w.write(http.MethodPost, "/api/v1/announcements", `{}`), http.StatusUnprocessableEntity)
	created := w.write(http.MethodPost, "/api/v1/announcements", `{"source":"La salle **change** : rendez-vous à la médiathèque."}`)
	if created.Code != http.StatusCreated || created.body["content"] != "<p>La salle <strong>change</strong> : rendez-vous à la médiathèque.</p>" {
		t.Fatalf("created %d %s", created.Code, created.Body)
	}
	if list := w.get("/api/v1/announcements"); list.body["total"] != 1.0 {
		t.Errorf("listed %s", list.Body)
	}
}

func TestAPIRefusesBadBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   string
		status int
		field  string
	}{
		"nothing":         {``, http.StatusBadRequest, ""},
		"not JSON":        {`{"name"`, http.StatusBadRequest, ""},
		"two values":      {`{"name":"Abc"} {}`, http.StatusBadRequest, ""},
		"unknown field":   {`{"nom":"Abc"}`, http.StatusUnprocessableEntity, "nom"},
		"wrong type":      {`{"name":12}`, http.StatusUnprocessableEntity, "name"},
		"another kind":    {`{"name":"Abc","kind":"recipe"}`, http.StatusUnprocessableEntity, "kind"},
		"no date":         {`{"name":"Cartopartie"}`, http.StatusUnprocessableEntity, "when.start"},
		"words as a date": {`{"name":"Cartopartie","when":{"start":"demain"}}`, http.StatusUnprocessableEntity, "when.start"},
		"impossible end":  {`{"name":"Cartopartie","when":{"start":"2027-03-14","end":"2027-02-30"}}`, http.StatusUnprocessableEntity, "when.end"},
		"end before":      {`{"name":"Cartopartie","when":{"start":"2027-03-14","end":"2027-03-13"}}`, http.StatusUnprocessableEntity, "when.end"},
		"a day, a moment": {`{"name":"Cartopartie","when":{"start":"2027-03-14","end":"2027-03-14T18:00:00Z"}}`, http.StatusUnprocessableEntity, "when.end"},
		"number as date":  {`{"name":"Cartopartie","when":{"start":2027}}`, http.StatusUnprocessableEntity, "when.start"},
		"unknown zone":    {`{"name":"Cartopartie","when":{"start":"2027-03-14","zone":"Mars/Olympus"}}`, http.StatusUnprocessableEntity, "when.zone"},
		"vague month":     {`{"name":"Cartopartie","when":{"text":"un jour","approx":"2027-13"}}`, http.StatusUnprocessableEntity, "when.approx"},
		"off the Earth":   {`{"name":"Cartopartie","when":{"text":"un jour"},"place":{"point":{"lat":91,"lon":0}}}`, http.StatusUnprocessableEntity, "place.point"},
		"bad picture":     {`{"name":"Cartopartie","when":{"text":"un jour"},"image":{"url":"x"}}`, http.StatusUnprocessableEntity, "image.url"},
		"unknown in when": {`{"name":"Cartopartie","when":{"starts":"2027-03-14"}}`, http.StatusUnprocessableEntity, "starts"},
		"bad published":   {`{"name":"Cartopartie","published":"hier","when":{"text":"un jour"}}`, http.StatusUnprocessableEntity, ""},
		"unknown theme":   {`{"name":"Cartopartie","when":{"text":"2027"},"themes":["x"]}`, http.StatusUnprocessableEntity, "themes"},
		"too large":       {`{"name":"` + strings.Repeat("a", maxBody) + `"}`, http.StatusRequestEntityTooLarge, ""},
		"null":            {`null`, http.StatusUnprocessableEntity, "name"},
		"bad slug":        {`{"name":"Cartopartie","slug":"Été !","when":{"text":"2027"}}`, http.StatusUnprocessableEntity, "slug"},
		"list not object": {`[]`, http.StatusBadRequest, ""},
	}
	w := setupAPI(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.with(t)
			got := w.write(http.MethodPost, "/api/v1/events", test.body)
			w.refused(got, test.status)
			if test.field != "" && at(items(got.body["errors"])[0], "field") != test.field {
				t.Errorf("got %s, want an error about %s", got.Body, test.field)
			}
		})
	}
	w.refused(w.do(http.MethodPost, "/api/v1/events", eventBody, "Authorization", "Bearer "+testToken, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType)
}

// A day is written as a day, as the message about a missing date says.
func TestAPITakesDays(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	for name, test := range map[string]struct{ when, start, end string }{
		"a day":         {`{"start":"2027-03-14"}`, "2027-03-13T23:00:00Z", ""},
		"two days":      {`{"start":"2027-03-27","end":"2027-03-28"}`, "2027-03-26T23:00:00Z", "2027-03-27T23:00:00Z"},
		"far from here": {`{"start":"2027-03-14","zone":"Indian/Reunion"}`, "2027-03-13T20:00:00Z", ""},
		"as read":       {`{"start":"2027-03-13T23:00:00Z","all_day":true}`, "2027-03-13T23:00:00Z", ""},
	} {
		got := w.write(http.MethodPost, "/api/v1/events", `{"name":"Cartopartie","when":`+test.when+`}`)
		end, _ := at(got.body, "when", "end").(string)
		if got.Code != http.StatusCreated || at(got.body, "when", "start") != test.start || end != test.end || at(got.body, "when", "all_day") != true {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	moment := w.write(http.MethodPost, "/api/v1/events", `{"name":"Cartopartie","when":{"start":"2027-03-14T10:00:00+01:00","end":"2027-03-14T12:00:00+01:00"}}`)
	if at(moment.body, "when", "start") != "2027-03-14T09:00:00Z" || at(moment.body, "when", "all_day") != nil {
		t.Errorf("a moment: %s", moment.Body)
	}
	url := moment.Header().Get("Location")
	if edited := w.write(http.MethodPut, url, `{"name":"Cartopartie","when":{"start":"2027-03-15"}}`); at(edited.body, "when", "start") != "2027-03-14T23:00:00Z" {
		t.Errorf("edited: %d %s", edited.Code, edited.Body)
	}
	refused := w.write(http.MethodPut, url, `{"name":"Cartopartie","when":{}}`)
	w.refused(refused, http.StatusUnprocessableEntity)
	if field := at(items(refused.body["errors"])[0], "field"); field != "when.start" || !strings.Contains(refused.body["detail"].(string), "when.start") {
		t.Errorf("refused: %s", refused.Body)
	}
}

func TestAPIAsksForAToken(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	url := "/api/v1/events/" + w.write(http.MethodPost, "/api/v1/events", strings.Replace(eventBody, "{", `{"slug":"noel",`, 1)).body["slug"].(string)
	first := ""
	for name, authorization := range map[string]string{"none": "", "unknown": "Bearer xyz", "basic": "Basic dGlyaWFkOg==", "empty": "Bearer "} {
		for _, target := range []string{url, "/api/v1/events/rien"} {
			got := w.do(http.MethodDelete, target, "", "Authorization", authorization, "Cookie", "session="+testToken)
			w.refused(got, http.StatusUnauthorized)
			if got.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no challenge", name)
			}
			if first == "" {
				first = got.Body.String()
			} else if got.Body.String() != first {
				t.Errorf("%s: the answer tells tokens apart: %s", name, got.Body)
			}
		}
	}

	other := w.actor(instance.KindOrganisation, "libertic", "LiberTIC")
	w.token("jeton-de-libertic", other)
	for method, body := range map[string]string{http.MethodDelete: "", http.MethodPut: eventBody} {
		got := w.do(method, url, body, "Authorization", "bearer jeton-de-libertic", "Content-Type", "application/json")
		w.refused(got, http.StatusForbidden)
	}
	w.foreign("https://b.example/evenements/carto", "Cartopartie à vélo")
	w.refused(w.write(http.MethodDelete, "/api/v1/events/"+instance.Key("https://b.example/evenements/carto"), ""), http.StatusForbidden)
}
