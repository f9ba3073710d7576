package web

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// table is a CSV file read back: the cells of each row by column.
func table(t *testing.T, body string) []map[string]string {
	t.Helper()
	if strings.Count(body, "\n") != strings.Count(body, "\r\n") {
		t.Error("a line does not end with CRLF")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, name := range rows[0] {
			cells[name] = row[i]
		}
		out = append(out, cells)
	}
	return out
}

func TestCSV(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	s.event("cartopartie", "Cartopartie, \"le retour\"", instance.When{Start: day(t, "2027-04-03"), End: day(t, "2027-04-04"), AllDay: true}, func(e *instance.Event) {
		e.Licence, e.Themes, e.Place = "CC-BY-SA-4.0", []string{"cartographie", "donnees-ouvertes"}, &instance.Place{Locality: "Brest", INSEE: "29019", Point: atBrest}
	})
	s.event("vague", "Bilan", instance.When{Text: "octobre 2017", Approx: "2017-10"}, nil)
	s.partner("osm", "OpenStreetMap France", func(p *instance.Partner) { p.Website = "https://www.openstreetmap.example/" })
	s.reindex()

	rows := table(t, s.get("/agenda.csv?q=cartopartie").Body.String())
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	for name, want := range map[string]string{
		"identifiant": "https://a.example/evenements/cartopartie", "titre": `Cartopartie, "le retour"`, "début": "2027-04-03", "fin": "2027-04-04",
		"latitude": "48.3904", "longitude": "-4.4861", "origine": "a.example", "code INSEE": "29019", "thèmes": "Cartographie ; Données ouvertes",
		"licence": instance.Vocabularies().Label("licences", "CC-BY-SA-4.0", "fr"), "modifié le": "2026-11-22T10:00:00Z",
	} {
		if got := rows[0][name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	vague := table(t, s.get("/agenda.csv?q=bilan").Body.String())[0]
	if vague["début"] != "2017-10" || vague["date en toutes lettres"] != "octobre 2017" || vague["latitude"] != "" {
		t.Errorf("a vague event: %v", vague)
	}
	sheet := table(t, s.get("/annuaire.csv").Body.String())
	if len(sheet) != 1 || sheet[0]["site web"] != "https://www.openstreetmap.example/" {
		t.Errorf("directory %v", sheet)
	}
	if _, ok := sheet[0]["début"]; ok {
		t.Error("the directory has columns of events")
	}
	territory := table(t, s.get("/territoires.csv").Body.String())
	if len(territory) != 1 || territory[0]["compte à suivre"] != "brest@a.example" || territory[0]["codes"] != "insee 29019" {
		t.Errorf("territories %v", territory)
	}
	if n := len(table(t, s.get("/recherche.csv").Body.String())); n != 4 {
		t.Errorf("search: %d rows, want 4", n)
	}
	if n := len(table(t, s.get("/recherche.csv?pres=Brest").Body.String())); n != 2 {
		t.Errorf("near Brest: %d rows, want the event and the territory", n)
	}
}

func TestSpreadsheetsComputeNothing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+33": "'+33", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'=1", " =1": "' =1", "\n=1": "'\n=1",
		"＝1": "'＝1", "a=b": "a=b", "": "", " ": " ", "é": "é", "\u0000=1": "'=1", "\u00a0@x": "'\u00a0@x",
	} {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
	s := newSite(t)
	e := &instance.Event{When: instance.When{Text: "=HYPERLINK(\"https://evil.example\")"}}
	e.ID, e.Kind, e.Name, e.Owner = "https://b.example/e/1", instance.KindEvent, "=cmd|' /C calc'!A0", "https://b.example/actor"
	e.Place = &instance.Place{Name: "@x", Locality: "-1", Point: &instance.Point{Lat: -17.5, Lon: -149.5}}
	e.Summary, e.Organisers = "+1\r\n=2", []instance.Ref{{Name: "-3"}}
	s.receive(e)
	s.reindex()
	row := table(t, s.get("/agenda.csv").Body.String())[0]
	for name, value := range row {
		number := name == "latitude" || name == "longitude"
		if value != "" && strings.ContainsRune("=+-@\t", rune(value[0])) != number {
			t.Errorf("%s: %q", name, value)
		}
	}
}

// collection is a GeoJSON file read back.
type collection struct {
	Type     string `json:"type"`
	Unplaced *int   `json:"unplaced"`
	Features []struct {
		Type     string `json:"type"`
		ID       string `json:"id"`
		Geometry struct {
			Type        string    `json:"type"`
			Coordinates []float64 `json:"coordinates"`
		} `json:"geometry"`
		Properties map[string]any `json:"properties"`
	} `json:"features"`
}

func readGeoJSON(t *testing.T, body string) collection {
	t.Helper()
	var c collection
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if c.Type != "FeatureCollection" || c.Features == nil || c.Unplaced == nil {
		t.Errorf("not a collection: %s", body)
	}
	for _, f := range c.Features {
		if f.Type != "Feature" || f.Geometry.Type != "Point" || len(f.Geometry.Coordinates) != 2 || f.Properties["name"] == "" || f.Properties["url"] == "" {
			t.Errorf("feature %+v", f)
		}
	}
	return c
}

func TestGeoJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	s.event("cartopartie", "Cartopartie </script>", instance.When{Start: instant(t, "2027-03-13T14:00:00+04:00"), Zone: "Indian/Reunion"}, func(e *instance.Event) {
		e.Summary, e.Place = "À pied.", &instance.Place{Locality: "Brest", Point: atBrest, Precision: instance.PrecisionCommune}
	})
	s.event("ailleurs", "On ne sait où", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	s.partner("osm", "OpenStreetMap France", func(p *instance.Partner) {
		p.Place = &instance.Place{Point: &instance.Point{Lat: 47.2184, Lon: -1.5536}}
	})
	s.reindex()

	c := readGeoJSON(t, s.get("/agenda.geojson").Body.String())
	if len(c.Features) != 1 || *c.Unplaced != 1 {
		t.Fatalf("%d features, %d without a position", len(c.Features), *c.Unplaced)
	}
	f := c.Features[0]
	if f.ID != "https://a.example/evenements/cartopartie" || !slices.Equal(f.Geometry.Coordinates, []float64{atBrest.Lon, atBrest.Lat}) {
		t.Errorf("%+v", f)
	}
	for name, want := range map[string]any{
		"name": "Cartopartie </script>", "kind": "event", "start": "2027-03-13T14:00:00+04:00", "origin": "a.example", "precision": "commune",
		"url": "https://a.example/evenements/cartopartie", "locality": "Brest",
	} {
		if f.Properties[name] != want {
			t.Errorf("%s: %v, want %v", name, f.Properties[name], want)
		}
	}
	if description, _ := f.Properties["description"].(string); !strings.Contains(description, "(heure locale)") || !strings.HasSuffix(description, "— À pied.") {
		t.Errorf("description %q", description)
	}
	for target, want := range map[string]int{
		"/carte.geojson": 3, "/carte.geojson?bbox=-2,47,-1,48": 1, "/carte.geojson?kind=territory": 1, "/annuaire.geojson": 1, "/territoires.geojson": 1,
		"/recherche.geojson?lat=48.39&lon=-4.48&radius_km=5": 2, "/annuaire.geojson?theme=cartographie": 0,
	} {
		if got := len(readGeoJSON(t, s.get(target).Body.String()).Features); got != want {
			t.Errorf("%s: %d features, want %d", target, got, want)
		}
	}
}

func TestJSONLD(t *testing.T) {
	t.Parallel()
	s := populated(t)
	var graph struct {
		Context string           `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	types := map[string]string{}
	for _, target := range []string{"/recherche.jsonld", "/agenda.jsonld", "/annuaire.jsonld", "/recettes.jsonld", "/territoires.jsonld", "/annonces.jsonld"} {
		graph.Graph = nil
		s.must(json.Unmarshal(s.get(target).Body.Bytes(), &graph))
		if graph.Context != "https://schema.org" || len(graph.Graph) == 0 {
			t.Errorf("%s: %+v", target, graph)
		}
		for _, node := range graph.Graph {
			if _, ok := node["@context"]; ok {
				t.Errorf("%s: a context inside the graph", target)
			}
			types[node["@id"].(string)] = node["@type"].(string)
		}
	}
	for id, want := range map[string]string{
		"https://a.example/evenements/cartopartie": "Event", "https://a.example/recettes/cartopartie": "HowTo", "https://a.example/annuaire/osm": "Organization",
		"https://a.example/territoires/brest": "Place", "https://a.example/annonces/bonjour": "SocialMediaPosting",
	} {
		if types[id] != want {
			t.Errorf("%s is a %q, want %s", id, types[id], want)
		}
	}
}

func TestFilesOfEveryListing(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for _, l := range listings {
		page := s.get(l.path + "?q=cartopartie&page=1&theme=")
		for _, f := range l.formats {
			address := l.path + f.extension + "?q=cartopartie"
			page.links(address)
			v := s.get(address)
			h := v.Header()
			if h.Get("Content-Type") != f.mediaType || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "public, max-age=300" ||
				h.Get("X-Content-Type-Options") != "nosniff" || h.Get("ETag") == "" || h.Get("Set-Cookie") != "" {
				t.Errorf("%s: %v", address, h)
			}
			if name := strings.TrimPrefix(l.path, "/") + f.extension; !strings.HasSuffix(h.Get("Content-Disposition"), fmt.Sprintf("; filename=%q", name)) {
				t.Errorf("%s: %s", address, h.Get("Content-Disposition"))
			}
			if len(page.all("link", "href", address)) == 1 != f.feed {
				t.Errorf("%s in the head of the page: %t", address, !f.feed)
			}
			zipped, err := gzip.NewReader(s.get(address, "Accept-Encoding", "gzip").Body)
			s.must(err)
			if body, err := io.ReadAll(zipped); err != nil || string(body) != v.Body.String() {
				t.Errorf("%s: another content when compressed (%v)", address, err)
			}
			if english := s.get(address, "Accept-Language", "en", "Cookie", "lang=en"); english.Body.String() != v.Body.String() {
				t.Errorf("%s depends on the reader's language", address)
			}
			if head := s.do(http.MethodHead, address, nil); head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("ETag") != h.Get("ETag") {
				t.Errorf("HEAD %s: %d, %d bytes", address, head.Code, head.Body.Len())
			}
		}
	}
	s.get("/territoires/brest").links("/agenda.ics?territory=brest", "/agenda.atom?territory=brest")
}

func TestWrongFiltersAreRefused(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for _, target := range []string{
		"/agenda.ics?theme=inconnu", "/agenda.ics?periode=hier", "/annuaire.csv?bbox=1", "/recherche.atom?pres=Atlantide", "/carte.geojson?lat=48", "/recettes.jsonld?from=demain",
	} {
		v := s.do(http.MethodGet, target, nil)
		if v.Code != http.StatusBadRequest || v.Header().Get("Content-Type") != mimeProblem || !strings.Contains(v.Body.String(), `"errors":[{`) {
			t.Errorf("%s = %d %s %s", target, v.Code, v.Header().Get("Content-Type"), v.Body)
		}
	}
}

func TestConditionalDownloads(t *testing.T) {
	t.Parallel()
	s := populated(t)
	const target = "/agenda.ics"
	first := s.get(target).Header()
	etag, modified := first.Get("ETag"), first.Get("Last-Modified")
	if modified != "Sun, 22 Nov 2026 10:00:00 GMT" {
		t.Errorf("Last-Modified %q", modified)
	}
	before := "Sun, 22 Nov 2026 09:59:59 GMT"
	for name, tc := range map[string]struct {
		header []string
		want   int
	}{
		"the same tag":                {[]string{"If-None-Match", etag}, http.StatusNotModified},
		"among others, as strong":     {[]string{"If-None-Match", `"x", ` + strings.TrimPrefix(etag, "W/")}, http.StatusNotModified},
		"any tag":                     {[]string{"If-None-Match", "*"}, http.StatusNotModified},
		"another tag":                 {[]string{"If-None-Match", `"x"`}, http.StatusOK},
		"another tag, the same date":  {[]string{"If-None-Match", `"x"`, "If-Modified-Since", modified}, http.StatusOK},
		"the same date":               {[]string{"If-Modified-Since", modified}, http.StatusNotModified},
		"an earlier date":             {[]string{"If-Modified-Since", before}, http.StatusOK},
		"not a date":                  {[]string{"If-Modified-Since", "hier"}, http.StatusOK},
		"the same tag of other files": {[]string{"If-None-Match", s.get("/agenda.ics?q=port").Header().Get("ETag")}, http.StatusOK},
	} {
		v := s.do(http.MethodGet, target, nil, tc.header...)
		if v.Code != tc.want || (v.Code == http.StatusNotModified && (v.Body.Len() > 0 || v.Header().Get("ETag") != etag)) {
			t.Errorf("%s: %d, want %d", name, v.Code, tc.want)
		}
	}
	s.must(s.node.Withdraw(t.Context(), s.org.ID, "https://a.example/evenements/cartopartie"))
	s.reindex()
	if v := s.do(http.MethodGet, target, nil, "If-None-Match", etag); v.Code != http.StatusOK {
		t.Errorf("after a withdrawal: %d", v.Code)
	}
}

// A file holds the whole list, however many pages the list has.
func TestFilesAreWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const many = 2*maxPerPage + 7
	for i := range many {
		e := &instance.Event{When: instance.When{Start: today.AddDate(0, 0, i-many/2).Truncate(24 * time.Hour), AllDay: true, Zone: "UTC"}}
		e.ID, e.Kind, e.Name, e.Owner = fmt.Sprintf("https://b.example/e/%d", i), instance.KindEvent, "Atelier", "https://b.example/actor"
		s.receive(e)
	}
	s.reindex()
	if got := len(readCalendar(t, s.get("/agenda.ics").Body.String()).events()); got != many {
		t.Errorf("%d events, want %d", got, many)
	}
	past := len(table(t, s.get("/agenda.csv?periode=passes").Body.String()))
	coming := len(table(t, s.get("/agenda.csv?periode=a-venir").Body.String()))
	if past+coming != many || past != many/2 {
		t.Errorf("%d past and %d to come, of %d", past, coming, many)
	}
}

// What breaks in the middle must not look like the end.
func TestHalfAFileIsNoFile(t *testing.T) {
	t.Parallel()
	s := populated(t)
	server, err := New(Options{Node: s.node})
	s.must(err)
	s.echo.GET("/rompu.csv", server.file(func(r *request) error {
		x, err := r.export(agendaListing, csvFormat, instance.Query{Kinds: ofEvents})
		s.must(err)
		return x.send(csvFormat, "rompu.csv", `W/"x"`, today, func(encoder) error { return io.ErrUnexpectedEOF })
	}))
	for _, encoding := range []string{"identity", "gzip"} {
		func() {
			defer func() {
				if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
					t.Errorf("%s: recovered %v", encoding, got)
				}
			}()
			s.do(http.MethodGet, "/rompu.csv", nil, "Accept-Encoding", encoding)
		}()
	}
}
