package web

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// The gazetteer of these tests: three communes, of which one has nobody around, and one
// whose position is not known.
type threeCommunes struct{ instance.Gazetteer }

var (
	redon     = instance.Commune{Kind: instance.CommuneToday, INSEE: "35236", Name: "Redon", PostalCodes: []string{"35600"}, Departement: "35", Region: "Bretagne", Population: 9000, Point: &instance.Point{Lat: 47.6514, Lon: -2.0845}}
	brestCity = instance.Commune{Kind: instance.CommuneToday, INSEE: "29019", Name: "Brest", PostalCodes: []string{"29200"}, Departement: "29", Region: "Bretagne", Population: 140000, Point: &instance.Point{Lat: 48.39, Lon: -4.486}}
	renac     = instance.Commune{Kind: instance.CommuneToday, INSEE: "35237", Name: "Renac", PostalCodes: []string{"35600"}, Departement: "35", Region: "Bretagne", Population: 900}
	gueret    = instance.Commune{Kind: instance.CommuneToday, INSEE: "23096", Name: "Guéret", PostalCodes: []string{"23000"}, Departement: "23", Region: "Nouvelle-Aquitaine", Population: 12000, Point: &instance.Point{Lat: 46.17, Lon: 1.87}}
)

func (threeCommunes) Communes() []instance.Commune {
	return []instance.Commune{gueret, brestCity, redon}
}

func (g threeCommunes) find(ok func(instance.Commune) bool) (found []instance.Commune) {
	for _, c := range append(g.Communes(), renac) {
		if ok(c) {
			found = append(found, c)
		}
	}
	return found
}

func (g threeCommunes) ByINSEE(code string) (instance.Commune, bool) {
	found := g.find(func(c instance.Commune) bool { return c.INSEE == code })
	return append(found, instance.Commune{})[0], len(found) > 0
}

func (g threeCommunes) ByPostalCode(code string) []instance.Commune {
	return g.find(func(c instance.Commune) bool { return c.PostalCodes[0] == code })
}

func (g threeCommunes) ByName(name, departement string) []instance.Commune {
	return g.find(func(c instance.Commune) bool {
		return instance.Slugify(c.Name) == instance.Slugify(name) && (departement == "" || departement == c.Departement)
	})
}

func (g threeCommunes) Suggest(text string, limit int) []instance.Commune {
	found := g.find(func(c instance.Commune) bool {
		return strings.HasPrefix(instance.Slugify(c.Name), instance.Slugify(text)) || strings.HasPrefix(c.PostalCodes[0], text)
	})
	return found[:min(limit, len(found))]
}

func (g threeCommunes) Nearest(p instance.Point) (nearest instance.Commune, km float64, ok bool) {
	for _, c := range g.Communes() {
		if d := c.Point.DistanceKm(p); !ok || d < km {
			nearest, km, ok = c, d, true
		}
	}
	return nearest, km, ok
}

func (threeCommunes) Departements() []instance.Departement {
	return []instance.Departement{{Code: "23", Name: "Creuse"}, {Code: "29", Name: "Finistère"}, {Code: "35", Name: "Ille-et-Vilaine"}}
}

func (g threeCommunes) WhiteZones(actors []instance.Point, km float64) (zones []instance.WhiteZone) {
	for _, c := range g.Communes() {
		nearest := 1e9
		for _, p := range actors {
			nearest = min(nearest, c.Point.DistanceKm(p))
		}
		if nearest > km {
			zones = append(zones, instance.WhiteZone{Commune: c, NearestKm: nearest})
		}
	}
	return zones
}

func TestWhiteZones(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	for slug, c := range map[string]instance.Commune{"a-brest": brestCity, "a-redon": redon} {
		s.partner(slug, slug, func(p *instance.Partner) { p.Place = &instance.Place{Locality: c.Name, Point: c.Point} })
	}
	s.reindex()
	var got whiteZoneCollection
	if err := json.Unmarshal(s.get("/api/v1/white-zones?km=20").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total != 1 || got.Population != 12000 || got.Features[0].Properties.Name != "Guéret" || got.Attribution == "" {
		t.Errorf("got %+v", got)
	}
	if body := s.get("/api/v1/white-zones?km=20&departement=29").Body.String(); !strings.Contains(body, `"total":0`) {
		t.Errorf("Finistère: %s", body)
	}
	if code := s.do(http.MethodGet, "/api/v1/white-zones?km=21", nil).Code; code != http.StatusBadRequest {
		t.Errorf("21 km: %d", code)
	}
	for _, path := range []string{"/carte/zones-blanches", "/carte?couche=zones-blanches", "/carte?couche=zones-blanches&km=50&bbox=1,46,2,47"} {
		if body := s.get(path).Body.String(); !strings.Contains(body, "Guéret") || !strings.Contains(body, "12\u202f000") {
			t.Errorf("%s does not tell of Guéret", path)
		}
	}
	if body := s.get("/carte?couche=zones-blanches&bbox=-5,48,-4,49").Body.String(); strings.Contains(body, "Guéret (23)") {
		t.Error("the list is that of the view")
	}
}

func TestMapDatesLeaveTheRestOfTheMap(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := &instance.Place{Locality: "Brest", Point: brestCity.Point}
	s.event("vieux", "Vieil atelier", instance.When{Start: time.Date(2019, 5, 1, 8, 0, 0, 0, time.UTC)}, func(e *instance.Event) { e.Place = place })
	s.event("neuf", "Nouvel atelier", instance.When{Start: time.Date(2027, 5, 1, 8, 0, 0, 0, time.UTC)}, func(e *instance.Event) { e.Place = place })
	s.partner("fablab", "Le fablab", func(p *instance.Partner) { p.Place = place })
	s.reindex()
	page := s.get("/carte?from=2027-01-01&to=2027-12-31").Body.String()
	if !strings.Contains(page, "Nouvel atelier") || !strings.Contains(page, "Le fablab") || strings.Contains(page, "Vieil atelier") {
		t.Error("dates choose among events, and leave actors")
	}
	if !strings.Contains(page, `data-first="2019-05"`) || !strings.Contains(page, `data-last="2027-05"`) {
		t.Error("the slider reaches from the first event to the last")
	}
	points := s.get("/api/v1/map?undated=true&from=2027-01-01&zoom=12").Body.String()
	if !strings.Contains(points, `"total":2`) {
		t.Errorf("drawn: %s", points)
	}
	if !strings.Contains(s.get("/api/v1/map?from=2027-01-01&zoom=12").Body.String(), `"total":1`) {
		t.Error("as ever without undated")
	}
}

func TestPrintSheet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.partner("mediatheque", "La médiathèque", func(p *instance.Partner) {
		p.Place = &instance.Place{Street: "3 rue du Port", PostalCode: "35600", Locality: "Redon", Point: redon.Point}
		p.Content = "<p>Accueil au 02 99 00 00 00, du lundi au samedi.</p>"
	})
	s.reindex()
	page := s.get("/carte/imprimer?kind=partner").Body.String()
	for _, want := range []string{"<h2>Redon</h2>", "La médiathèque", "3 rue du Port", "02 99 00 00 00", `class="qr"`, "https://a.example/carte?kind=partner"} {
		if !strings.Contains(page, want) {
			t.Errorf("the sheet lacks %s", want)
		}
	}
}

func ticked(box *html.Node) bool {
	return slices.ContainsFunc(box.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
}

func TestNoLayerShowsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.partner("fablab", "Le fablab", func(p *instance.Partner) { p.Place = &instance.Place{Point: redon.Point} })
	s.reindex()
	none := s.get("/carte?kind=none")
	none.shows("Aucune couche n’est cochée")
	none.lacks("Le fablab")
	if boxes := none.all("input", "name", "kind"); len(boxes) != 1+len(indexedKinds) || slices.ContainsFunc(boxes, ticked) {
		t.Errorf("%d boxes, one of them ticked", len(boxes))
	}
	for _, query := range []string{"", "?kind=none&kind=partner", "?kind=none&kind=event&kind=recipe&kind=partner&kind=territory&kind=announcement"} {
		s.get("/carte" + query).shows("Le fablab")
	}
	if body := s.get("/api/v1/map?kind=none").Body.String(); !strings.Contains(body, `"total":0`) {
		t.Errorf("points: %s", body)
	}
	s.get("/carte/imprimer?kind=none").lacks("Le fablab")
}

func TestSuggestCompletesPostalCodes(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	s.reindex()
	body := s.get("/api/v1/suggest?q=356").Body.String()
	if !strings.Contains(body, `"Redon"`) || !strings.Contains(body, "/recherche?pres=Redon") {
		t.Errorf("356: %s", body)
	}
	if page := s.get("/recherche?pres=35600").Body.String(); !strings.Contains(page, "Redon (35)") {
		t.Error("says what a postal code was taken for")
	}
	page := s.get("/territoires?commune=35600").Body.String()
	if !strings.Contains(page, "Redon (35)") || !strings.Contains(page, "/recherche?pres=Redon") {
		t.Error("leads to what is near Redon")
	}
}

func TestNearACommuneOfUnknownPosition(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, instance.Options{Gazetteer: threeCommunes{}})
	s.partner("mediatheque", "La médiathèque", func(p *instance.Partner) { p.Place = &instance.Place{Locality: "Redon", Point: redon.Point} })
	s.partner("brest", "Le fablab", func(p *instance.Partner) { p.Place = &instance.Place{Locality: "Brest", Point: brestCity.Point} })
	s.reindex()
	page := s.get("/recherche?pres=Renac&radius_km=10")
	page.shows("La position de Renac (35) n’est pas connue", "partent de Redon (35)", "La médiathèque")
	page.lacks("Le fablab")
	s.get("/recherche?pres=Redon").lacks("n’est pas connue")
}

func TestWorkerIsForTheMapOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	res := s.do(http.MethodGet, "/carte/sw.js", nil)
	if res.Code != http.StatusOK || res.Header().Get("Service-Worker-Allowed") != "/carte" || !strings.HasPrefix(res.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("%d %v", res.Code, res.Header())
	}
	if page := s.get("/carte").Body.String(); !strings.Contains(page, `data-worker="/carte/sw.js?v=`) {
		t.Error("the map names its worker")
	}
}

func TestBasemap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tiles, credit, kind, origin string }{
		{"", "", "", ""},
		{"https://t.example/{z}/{x}/{y}.png", "© OSM", "raster", "https://t.example"},
		{"https://t.example:8443/{z}/{x}/{y}.pbf", "© OSM", "vector", "https://t.example:8443"},
	} {
		b, err := openBasemap(Basemap{c.tiles, c.credit})
		if err != nil || (b == nil) != (c.kind == "") || b != nil && (b.Kind != c.kind || b.origin != c.origin) {
			t.Errorf("%s: %+v, %v", c.tiles, b, err)
		}
	}
	for _, wrong := range []Basemap{
		{"https://t.example/{z}/{x}/{y}.png", " "},
		{"https://t.example/tiles.png", "© OSM"},
		{"https://t.example;script-src *//{z}/{x}/{y}", "© OSM"},
		{"https://me:pw@t.example/{z}/{x}/{y}", "© OSM"},
		{filepath.Join(t.TempDir(), "absent.pmtiles"), "© OSM"},
	} {
		if b, err := openBasemap(wrong); err == nil {
			t.Errorf("%+v: %+v", wrong, b)
		}
	}
}

// pmArchive is a PMTiles file of pictures: the world, and a leaf directory for zoom 1.
func pmArchive(t *testing.T) string {
	t.Helper()
	directory := func(entries ...pmEntry) []byte {
		var raw []byte
		add := func(n uint64) { raw = binary.AppendUvarint(raw, n) }
		add(uint64(len(entries)))
		before := uint64(0)
		for _, e := range entries {
			add(e.tile - before)
			before = e.tile
		}
		for _, e := range entries {
			add(e.run)
		}
		for _, e := range entries {
			add(e.length)
		}
		for _, e := range entries {
			add(e.offset + 1)
		}
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, _ = z.Write(raw)
		_ = z.Close()
		return out.Bytes()
	}
	leaf := directory(pmEntry{1, 2, 5, 4}, pmEntry{4, 1, 0, 5})
	root := directory(pmEntry{0, 1, 0, 5}, pmEntry{1, 0, 0, uint64(len(leaf))})
	data := []byte("worldsea!")
	h := make([]byte, pmHeader)
	copy(h, "PMTiles\x03")
	put := func(at int, n int) { binary.LittleEndian.PutUint64(h[at:], uint64(n)) }
	put(8, pmHeader)
	put(16, len(root))
	put(40, pmHeader+len(root))
	put(48, len(leaf))
	put(56, pmHeader+len(root)+len(leaf))
	put(64, len(data))
	h[97], h[98], h[99], h[100], h[101] = pmGzip, pmNone, 2, 0, 1
	name := filepath.Join(t.TempDir(), "map.pmtiles")
	if err := os.WriteFile(name, bytes.Join([][]byte{h, root, leaf, data}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestPMTiles(t *testing.T) {
	t.Parallel()
	p, err := openPMTiles(pmArchive(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		z, x, y int
		want    string
	}{{0, 0, 0, "world"}, {1, 0, 0, "sea!"}, {1, 0, 1, "sea!"}, {1, 1, 1, ""}, {1, 1, 0, "world"}, {2, 0, 0, ""}, {1, 2, 0, ""}, {1, -1, 0, ""}} {
		got, err := p.tile(c.z, c.x, c.y)
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%d/%d/%d: %q, %v; want %q", c.z, c.x, c.y, got, err, c.want)
		}
	}
	if id := pmTileID(12, 3423, 1763); id != 19078479 { // from the specification's own tests
		t.Errorf("12/3423/1763 is tile %d", id)
	}
}

func FuzzPMDirectory(f *testing.F) {
	f.Add([]byte{1, 0, 1, 5, 1})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parsePMDirectory(data)
		if err == nil && len(entries) > len(data) {
			t.Errorf("%d entries of %d bytes", len(entries), len(data))
		}
	})
}
