package meili

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/cluster"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// record is a document as the server stores it.
type record struct {
	Key         string            `json:"key"` // instance.Key of its IRI, which is no valid id itself
	Doc         string            `json:"doc"` // the whole instance.Document as JSON
	Kind        string            `json:"kind"`
	Subkind     string            `json:"subkind,omitempty"`
	Origin      string            `json:"origin"` // "local" or a domain
	Themes      []string          `json:"theme"`
	Roles       []string          `json:"role"`
	Territories []string          `json:"territory"`       // slugs
	Places      []string          `json:"territories"`     // slugs and IRIs
	Start       *int64            `json:"start,omitempty"` // Unix seconds
	Stop        *int64            `json:"stop,omitempty"`
	Updated     int64             `json:"updated"`
	NameKey     string            `json:"name_key"`
	Geo         *geo              `json:"_geo,omitempty"`
	GeoJSON     *feature          `json:"_geojson,omitempty"`
	Cells       map[string]string `json:"cell,omitempty"` // by zoom: "z06": "12_34"
	Locality    string            `json:"locality,omitempty"`

	// What is searched: stems, and for completion the words of the name.
	Name    string `json:"name"`
	Place   string `json:"place"`
	Summary string `json:"summary"`
	Body    string `json:"body"`
	Title   string `json:"title"`
}

type geo struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// feature is a position as GeoJSON, for whatever else the host reads the server with:
// its own filters by shape, a map. Nothing here filters by it, which is why it is no
// filterable attribute: where both are, a circle is also matched as a polygon, and
// "_geo" alone is exact.
type feature struct {
	Type       string         `json:"type"` // "Feature"
	Geometry   point          `json:"geometry"`
	Properties map[string]any `json:"properties"` // RFC 7946 requires it; null
}

type point struct {
	Type        string     `json:"type"`        // "Point"
	Coordinates [2]float64 `json:"coordinates"` // longitude, latitude
}

// searched are the attributes that a query's text is looked for in, the weightiest first.
var searched = []string{"name", "place", "summary", "body"}

// cellStep is how many zoom levels share a cell field: fields cost indexing time,
// and they only serve maps of more than maxExact documents.
const cellStep = 2

func cellField(zoom int) string {
	zoom = min(max(zoom, 0), cluster.Open-1)
	return fmt.Sprintf("z%02d", zoom-zoom%cellStep)
}

func cellZooms() []int {
	var zooms []int
	for zoom := 0; zoom < cluster.Open; zoom += cellStep {
		zooms = append(zooms, zoom)
	}
	return zooms
}

// settings are given before any document: changing them indexes everything again.
// Stop words are not among them: queries and texts come without.
func settings() *meilisearch.Settings {
	filterable := []string{"key", "kind", "subkind", "origin", "theme", "role", "territory", "territories", "start", "stop", "locality", "_geo"}
	for _, zoom := range cellZooms() {
		filterable = append(filterable, "cell."+cellField(zoom))
	}
	return &meilisearch.Settings{
		RankingRules:         []string{"sort", "words", "typo", "proximity", "attribute", "exactness"},
		SearchableAttributes: append(append([]string{}, searched...), "title", "locality"),
		DisplayedAttributes:  []string{"key", "doc", "kind", "_geo", "_geojson"},
		FilterableAttributes: filterable,
		SortableAttributes:   []string{"start", "updated", "name_key", "_geo"},
		Synonyms:             synonyms(),
		LocalizedAttributes:  []*meilisearch.LocalizedAttributes{{Locales: []string{"fra"}, AttributePatterns: []string{"*"}}},
		TypoTolerance: &meilisearch.TypoTolerance{
			Enabled:             true,
			MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 4, TwoTypos: 8},
			DisableOnWords:      []string{}, DisableOnAttributes: []string{}, DisableOnNumbers: true,
		},
		Pagination: &meilisearch.Pagination{MaxTotalHits: maxTotal},
		Faceting:   &meilisearch.Faceting{MaxValuesPerFacet: cluster.MaxPoints, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeCount}},
	}
}

// synonyms are the field's, as stems: each names the others of its group.
func synonyms() map[string][]string {
	all := map[string][]string{}
	for _, group := range french.Synonyms() {
		phrases := make([]string, len(group))
		for i, words := range group {
			phrases[i] = french.Phrase(words)
		}
		for i, phrase := range phrases {
			for j, other := range phrases {
				if i != j && phrase != other {
					all[phrase] = append(all[phrase], other)
				}
			}
		}
	}
	return all
}

// encode makes the records of one task of the first documents.
func (x *Index) encode(docs []instance.Document) []record {
	var records []record
	bytes := 0
	for i := range docs[:min(len(docs), batchSize)] {
		r := newRecord(docs[i], x.geojson)
		bytes += 2 * len(r.Doc) // its text travels twice: to show, and to search
		if i > 0 && bytes > batchBytes {
			break
		}
		records = append(records, r)
	}
	return records
}

func newRecord(d instance.Document, geojson bool) record {
	if d.Point != nil && !d.Point.Valid() { // one bad position fails the whole batch
		d.Point = nil
	}
	data, _ := json.Marshal(d) // strings, times and finite numbers: cannot fail
	r := record{
		Key: instance.Key(d.ID), Doc: string(data), Kind: string(d.Kind), Subkind: d.Subkind, Origin: d.Origin,
		Themes: d.Themes, Roles: d.Roles, Places: d.Territories, Start: unix(d.Start), Stop: unix(d.End),
		Updated: d.Updated.Unix(), NameKey: complete.NameKey(d.Name), Locality: d.Locality,
		Name: stems(d.Name), Place: stems(complete.PlaceText(&d)),
		Summary: stems(d.Summary), Body: stems(d.Text + "\n" + d.When.Text),
	}
	r.Title = strings.Join(append([]string{r.NameKey}, complete.Codes(&d)...), " ")
	if r.Origin == "" {
		r.Origin = "local"
	}
	for _, t := range d.Territories {
		if !strings.Contains(t, "://") {
			r.Territories = append(r.Territories, t)
		}
	}
	if d.Point != nil {
		r.Geo = &geo{Lat: d.Point.Lat, Lng: d.Point.Lon}
		if geojson {
			r.GeoJSON = &feature{Type: "Feature", Geometry: point{"Point", [2]float64{d.Point.Lon, d.Point.Lat}}}
		}
		r.Cells = map[string]string{}
		x, y := cluster.Project(*d.Point)
		for _, zoom := range cellZooms() {
			bits := cluster.CellBits(zoom)
			r.Cells[cellField(zoom)] = fmt.Sprintf("%d_%d", x>>bits, y>>bits)
		}
	}
	return r
}

func stems(text string) string {
	list, _ := french.Terms(text)
	return strings.Join(list, " ")
}

func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}
