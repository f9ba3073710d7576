package web

import (
	"context"
	"math"
	"net/http"
	"path"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// searchAnswer is one page of hits and the facets of all of them.
type searchAnswer struct {
	Total   int                     `json:"total"`
	Page    int                     `json:"page"`
	PerPage int                     `json:"per_page"`
	Hits    []hitJSON               `json:"hits"`
	Facets  map[string][]facetValue `json:"facets"`
}

// facetValue counts one value of a facet over all hits.
type facetValue struct {
	Value string `json:"value"`
	Label string `json:"label"` // in French
	Count int    `json:"count"`
}

// briefJSON is what a list or a map says of a thing.
type briefJSON struct {
	ID        string             `json:"id"`   // IRI
	Path      string             `json:"path"` // page on this node
	Kind      instance.Kind      `json:"kind"`
	Subkind   string             `json:"subkind,omitempty"`
	Name      string             `json:"name"`
	Start     time.Time          `json:"start,omitzero"`
	End       time.Time          `json:"end,omitzero"`
	AllDay    bool               `json:"all_day,omitempty"`
	DateText  string             `json:"date_text,omitempty"`
	Zone      string             `json:"zone,omitempty"`
	Status    string             `json:"status,omitempty"`
	Locality  string             `json:"locality,omitempty"`
	Precision instance.Precision `json:"precision,omitempty"`
	Origin    string             `json:"origin"` // "local" or a domain
}

// hitJSON is a thing found.
type hitJSON struct {
	briefJSON
	URL         string    `json:"url"` // page on its own node
	Summary     string    `json:"summary,omitempty"`
	Lat         *float64  `json:"lat,omitempty"`
	Lon         *float64  `json:"lon,omitempty"`
	DistanceKm  *float64  `json:"distance_km,omitempty"`
	Territory   string    `json:"territory,omitempty"` // the most precise
	Territories []string  `json:"territories,omitempty"`
	Themes      []string  `json:"themes,omitempty"`
	Roles       []string  `json:"roles,omitempty"`
	Updated     time.Time `json:"updated,omitzero"`
	Highlight   string    `json:"highlight,omitempty"`
}

func (a *apiV1) search(c echo.Context) error {
	q, err := a.query(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	found, err := a.node.Index().Search(ctx, q)
	if err != nil {
		return err
	}
	out := searchAnswer{Total: found.Total, Page: found.Page, PerPage: found.PerPage, Hits: make([]hitJSON, len(found.Hits))}
	for i, hit := range found.Hits {
		out.Hits[i] = newHit(hit)
	}
	if out.Facets, err = a.facets(ctx, found.Facets); err != nil {
		return err
	}
	a.linkPages(c, found.Total, found.Page, found.PerPage)
	return answer(c, echo.MIMEApplicationJSON, out)
}

func newBrief(d instance.Document) briefJSON {
	return briefJSON{
		ID: d.ID, Path: d.Path, Kind: d.Kind, Subkind: d.Subkind, Name: d.Name,
		Start: d.When.Start, End: d.When.End, AllDay: d.When.AllDay, DateText: d.When.Text, Zone: d.When.Zone, Status: d.Status,
		Locality: d.Locality, Precision: d.Precision, Origin: originLabel(d.Origin),
	}
}

func newHit(hit instance.Hit) hitJSON {
	h := hitJSON{
		briefJSON: newBrief(hit.Document), URL: hit.URL, Summary: hit.Summary,
		Territories: hit.Territories, Themes: hit.Themes, Roles: hit.Roles,
		Updated: hit.Updated, Highlight: hit.Highlight,
	}
	if len(hit.Territories) > 0 {
		h.Territory = hit.Territories[0]
	}
	if p := hit.Point; p != nil {
		h.Lat, h.Lon = &p.Lat, &p.Lon
	}
	if hit.DistanceKm != nil {
		km := math.Round(*hit.DistanceKm*10) / 10
		h.DistanceKm = &km
	}
	return h
}

// originLabel is how the API says where a thing comes from: "local" or a domain.
func originLabel(origin string) string {
	if origin == "" {
		return string(instance.ScopeLocal)
	}
	return origin
}

// facets puts words on the values that the index counted.
func (a *apiV1) facets(ctx context.Context, counted map[string][]instance.FacetValue) (map[string][]facetValue, error) {
	territories, err := a.territoryNames(ctx, counted["territory"])
	if err != nil {
		return nil, err
	}
	out := make(map[string][]facetValue, len(counted))
	for facet, values := range counted {
		out[facet] = make([]facetValue, len(values))
		for i, v := range values {
			label := facetLabel(facet, v.Value)
			if name, ok := territories[v.Value]; ok && facet == "territory" {
				label = name
			}
			out[facet][i] = facetValue{Value: v.Value, Label: label, Count: v.Count}
		}
	}
	return out, nil
}

// kindLabels are the kinds in words, in French: "Événements (12)".
var kindLabels = map[instance.Kind]string{
	instance.KindEvent:        "Événements",
	instance.KindRecipe:       "Recettes",
	instance.KindPartner:      "Partenaires",
	instance.KindAnnouncement: "Annonces",
	instance.KindTerritory:    "Territoires",
}

func facetLabel(facet, value string) string {
	switch facet {
	case "kind":
		if label, ok := kindLabels[instance.Kind(value)]; ok {
			return label
		}
	case "theme":
		return instance.Vocabularies().Label("themes", value, "fr")
	case "role":
		return instance.Vocabularies().Label("ecosystem_roles", value, "fr")
	case "subkind":
		for _, list := range subkindLists {
			if instance.Vocabularies().Has(list, value) {
				return instance.Vocabularies().Label(list, value, "fr")
			}
		}
	case "origin":
		if value == string(instance.ScopeLocal) {
			return "Ce nœud"
		}
	}
	return value
}

// territoryNames maps the slugs of a facet to names. A peer's territory keeps its
// slug at the end of its IRI.
func (a *apiV1) territoryNames(ctx context.Context, values []instance.FacetValue) (map[string]string, error) {
	if len(values) == 0 {
		return nil, nil
	}
	actors, _, err := a.node.Actors(ctx, instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Limit: 500})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(actors))
	for _, t := range actors {
		slug := t.Slug
		if slug == "" {
			slug = path.Base(t.ID)
		}
		if _, known := names[slug]; !known || t.Local() {
			names[slug] = t.Name
		}
	}
	return names, nil
}

// featureCollection is a GeoJSON answer (RFC 7946) with one foreign member.
type featureCollection struct {
	Type     string    `json:"type"` // "FeatureCollection"
	Total    int       `json:"total"`
	Features []feature `json:"features"`
}

type feature struct {
	Type       string        `json:"type"` // "Feature"
	Geometry   geometry      `json:"geometry"`
	Properties mapProperties `json:"properties"`
}

type geometry struct {
	Type        string     `json:"type"`        // "Point"
	Coordinates [2]float64 `json:"coordinates"` // longitude, latitude
}

// mapProperties describe a cluster (Cluster, BBox), a stack of things at one
// position (Members), or one thing (its own fields).
type mapProperties struct {
	Cluster bool                  `json:"cluster"`
	Count   int                   `json:"count"`
	Kinds   map[instance.Kind]int `json:"kinds"`
	BBox    *[4]float64           `json:"bbox,omitempty"`
	*briefJSON
	Members []briefJSON `json:"members,omitempty"`
}

func (a *apiV1) mapPoints(c echo.Context) error {
	p := newParams(c.QueryParams())
	q, zoom := p.mapQuery()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	found, err := a.node.Index().Map(c.Request().Context(), q, zoom)
	if err != nil {
		return err
	}
	out := featureCollection{Type: "FeatureCollection", Total: found.Total, Features: make([]feature, len(found.Points))}
	for i, point := range found.Points {
		out.Features[i] = newFeature(point)
	}
	return answer(c, mimeGeoJSON, out)
}

// mapQuery reads a search and a zoom level; without one, the level at which the
// box fills a screen about 500 pixels wide.
func (p *params) mapQuery() (instance.Query, int) {
	q := p.query()
	q.Undated = choice(p, "undated", "true") != ""
	const world, street = 0, 20
	if zoom, ok := p.number("zoom", world, 24); ok {
		return q, min(int(zoom), street)
	}
	if q.BBox == nil {
		return q, world
	}
	width := q.BBox.East - q.BBox.West
	if width < 0 {
		width += 360
	}
	return q, min(max(int(math.Log2(360/max(width, 1e-6))), world), street)
}

func newFeature(p instance.MapPoint) feature {
	f := feature{
		Type:       "Feature",
		Geometry:   geometry{Type: "Point", Coordinates: [2]float64{degrees(p.Point.Lon), degrees(p.Point.Lat)}},
		Properties: mapProperties{Cluster: p.Box != nil, Count: p.Count, Kinds: p.Kinds},
	}
	switch props := &f.Properties; {
	case p.Box != nil:
		props.BBox = &[4]float64{p.Box.West, p.Box.South, p.Box.East, p.Box.North}
	case p.Count == 1 && len(p.Docs) == 1:
		brief := newBrief(p.Docs[0])
		props.briefJSON = &brief
	default:
		for _, doc := range p.Docs {
			props.Members = append(props.Members, newBrief(doc))
		}
	}
	return f
}

// degrees keeps five decimals, about a metre: the middle of a cluster has more
// digits than meaning.
func degrees(x float64) float64 { return math.Round(x*1e5) / 1e5 }
