package web

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// whiteZonePath is the page of the communes with nobody around.
const whiteZonePath = "/carte/zones-blanches"

// The distances that white zones are computed for, in kilometres, as the crow flies.
var whiteZoneKm = []int{5, 10, 20, 30, 50}

const (
	whiteZoneDefaultKm = 20
	whiteZonesKept     = 5 * time.Minute // what one answer is good for
	maxWhiteZones      = 5000            // in one answer of the API
)

// whiteZones keeps the communes with nobody around, by distance: every visitor is
// shown the same, and computing them takes a processor for some 30 ms.
type whiteZones struct {
	node *instance.Node
	lock sync.Mutex
	kept map[int]keptZones
}

type keptZones struct {
	zones []instance.WhiteZone // shared: read only
	until time.Time
}

func newWhiteZones(node *instance.Node) *whiteZones {
	return &whiteZones{node: node, kept: map[int]keptZones{}}
}

// within returns the communes with nobody within km, the most populated first.
func (w *whiteZones) within(ctx context.Context, km int) ([]instance.WhiteZone, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	now := w.node.Now()
	if kept, ok := w.kept[km]; ok && now.Before(kept.until) {
		return kept.zones, nil
	}
	zones, err := w.node.WhiteZones(ctx, float64(km))
	if err == nil {
		w.kept[km] = keptZones{zones, now.Add(whiteZonesKept)}
	}
	return zones, err
}

// whiteZoneQuery is what somebody asks about white zones.
type whiteZoneQuery struct {
	Km          int
	Departement string
	BBox        *instance.BBox
	Limit       int
}

func (p *params) whiteZones() whiteZoneQuery {
	q := whiteZoneQuery{
		Km: p.integer("km", 1, 100, whiteZoneDefaultKm), Departement: strings.ToUpper(p.text("departement")),
		BBox: p.bbox("bbox"), Limit: p.integer("limit", 1, maxWhiteZones, 500),
	}
	if !slices.Contains(whiteZoneKm, q.Km) {
		p.fail("km", "choisissez parmi 5, 10, 20, 30 et 50 kilomètres")
		q.Km = whiteZoneDefaultKm
	}
	return q
}

// pick keeps the zones that the query is about; population is that of all of them,
// and none is cut by Limit.
func (q whiteZoneQuery) pick(zones []instance.WhiteZone) (picked []instance.WhiteZone, population int) {
	for _, z := range zones {
		if q.Departement != "" && z.Departement != q.Departement || q.BBox != nil && !q.BBox.Contains(*z.Point) {
			continue
		}
		picked = append(picked, z)
		population += z.Population
	}
	return picked, population
}

// whiteZoneCollection is a GeoJSON answer with foreign members.
type whiteZoneCollection struct {
	Type        string             `json:"type"` // "FeatureCollection"
	Km          int                `json:"km"`
	Total       int                `json:"total"`
	Population  int                `json:"population"`
	Attribution string             `json:"attribution"`
	Features    []whiteZoneFeature `json:"features"`
}

type whiteZoneFeature struct {
	Type       string              `json:"type"` // "Feature"
	Geometry   geometry            `json:"geometry"`
	Properties whiteZoneProperties `json:"properties"`
}

type whiteZoneProperties struct {
	INSEE       string   `json:"insee"`
	Name        string   `json:"name"`
	Departement string   `json:"departement"`
	Population  int      `json:"population"`
	NearestKm   *float64 `json:"nearest_km"` // null: there is nobody at all
}

// gazetteerCredit is what the data on communes ask to be shown with them.
const gazetteerCredit = "GeoNames, CC BY 4.0 ; INSEE, La Poste, Licence Ouverte 2.0"

// whiteZones answers the communes with nobody around.
func (a *apiV1) whiteZones(c echo.Context) error {
	p := newParams(c.QueryParams())
	q := p.whiteZones()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	zones, err := a.white.within(c.Request().Context(), q.Km)
	if err != nil {
		return err
	}
	picked, population := q.pick(zones)
	out := whiteZoneCollection{
		Type: "FeatureCollection", Km: q.Km, Total: len(picked), Population: population, Attribution: gazetteerCredit,
		Features: make([]whiteZoneFeature, min(len(picked), q.Limit)),
	}
	for i := range out.Features {
		out.Features[i] = newWhiteZoneFeature(picked[i])
	}
	return answer(c, mimeGeoJSON, out)
}

func newWhiteZoneFeature(z instance.WhiteZone) whiteZoneFeature {
	return whiteZoneFeature{
		Type: "Feature", Geometry: geometry{Type: "Point", Coordinates: [2]float64{degrees(z.Point.Lon), degrees(z.Point.Lat)}},
		Properties: whiteZoneProperties{INSEE: z.INSEE, Name: z.Name, Departement: z.Departement, Population: z.Population, NearestKm: wholeKm(z.NearestKm)},
	}
}

// wholeKm is a distance to a kilometre; nil when there is none.
func wholeKm(km float64) *float64 {
	if math.IsInf(km, 0) {
		return nil
	}
	km = math.Round(km)
	return &km
}

type whiteZonesView struct {
	Km           int
	Choices      []option
	Departements []option
	Problems     []instance.FieldError
	Total        int
	Population   int
	Known        bool // the node knows the communes
	Rows         []whiteZoneRow
	Pages        pagination
	MapURL       string
	DataURL      string
	Credit       string
}

type whiteZoneRow struct {
	Name, Departement, Path string
	Population              int
	Nearest                 string
}

// whiteZonePage is the table of the communes with nobody around.
func (s *Server) whiteZonePage(r *request) error {
	const perPage = 100
	p := newParams(r.QueryParams())
	q := p.whiteZones()
	page1, _ := p.paging()
	zones, err := s.white.within(r.ctx(), q.Km)
	if err != nil {
		return err
	}
	picked, population := q.pick(zones)
	v := whiteZonesView{
		Km: q.Km, Problems: r.problems(p.err()), Total: len(picked), Population: population,
		Known: len(s.node.Gazetteer().Communes()) > 0, Pages: r.paginate(page1, perPage, len(picked)), Credit: gazetteerCredit,
		MapURL:  localURL("/carte", url.Values{"couche": {whiteLayer}, "km": {strconv.Itoa(q.Km)}}),
		DataURL: localURL("/api/v1/white-zones", url.Values{"km": {strconv.Itoa(q.Km)}, "departement": {q.Departement}, "limit": {strconv.Itoa(maxWhiteZones)}}),
	}
	for _, km := range whiteZoneKm {
		v.Choices = append(v.Choices, option{strconv.Itoa(km), strconv.Itoa(km) + nbsp + "km", km == q.Km})
	}
	for _, d := range s.node.Gazetteer().Departements() {
		v.Departements = append(v.Departements, option{d.Code, d.Code + " " + d.Name, d.Code == q.Departement})
	}
	first := min((page1-1)*perPage, len(picked))
	v.Rows = r.whiteZoneRows(picked[first:min(first+perPage, len(picked))])
	return r.show("white-zones", &page{Title: r.T("white.title"), Description: r.T("white.lead"), Section: "/carte", NoIndex: len(r.QueryParams()) > 0, View: v})
}

func (r *request) whiteZoneRows(zones []instance.WhiteZone) []whiteZoneRow {
	rows := make([]whiteZoneRow, len(zones))
	for i, z := range zones {
		rows[i] = whiteZoneRow{Name: z.Name, Departement: z.Departement, Population: z.Population, Path: nearCommune(z.Commune), Nearest: r.T("white.nobody")}
		if km := wholeKm(z.NearestKm); km != nil {
			rows[i].Nearest = r.distance(*km)
		}
	}
	return rows
}
