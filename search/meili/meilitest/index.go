package meilitest

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

type document map[string]any

// index is documents by id, in the order they came, with settings.
type index struct {
	primaryKey string
	settings   settings
	docs       map[string]document
	order      []string
	words      map[string]map[string][]string // id -> attribute -> words
}

// settings are those that matter here. A nil field keeps what was set before.
type settings struct {
	RankingRules         []string            `json:"rankingRules"`
	SearchableAttributes []string            `json:"searchableAttributes"`
	DisplayedAttributes  []string            `json:"displayedAttributes"`
	FilterableAttributes []string            `json:"filterableAttributes"`
	SortableAttributes   []string            `json:"sortableAttributes"`
	Synonyms             map[string][]string `json:"synonyms"`
	TypoTolerance        *struct {
		Enabled             bool `json:"enabled"`
		DisableOnNumbers    bool `json:"disableOnNumbers"`
		MinWordSizeForTypos struct {
			OneTypo  int `json:"oneTypo"`
			TwoTypos int `json:"twoTypos"`
		} `json:"minWordSizeForTypos"`
	} `json:"typoTolerance"`
	Pagination *struct {
		MaxTotalHits int `json:"maxTotalHits"`
	} `json:"pagination"`
	Faceting *struct {
		MaxValuesPerFacet int `json:"maxValuesPerFacet"`
	} `json:"faceting"`
}

func newIndex(primaryKey string) *index {
	return &index{primaryKey: primaryKey, docs: map[string]document{}, words: map[string]map[string][]string{}}
}

func (x *index) apply(patch settings) {
	data, _ := json.Marshal(patch)
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(data, &fields)
	maps.DeleteFunc(fields, func(_ string, v json.RawMessage) bool { return string(v) == "null" })
	data, _ = json.Marshal(fields)
	_ = json.Unmarshal(data, &x.settings)
}

func (x *index) maxTotalHits() int {
	if x.settings.Pagination == nil {
		return 1000
	}
	return x.settings.Pagination.MaxTotalHits
}

func (x *index) maxFacetValues() int {
	if x.settings.Faceting == nil {
		return 100
	}
	return x.settings.Faceting.MaxValuesPerFacet
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,511}$`)

func validID(id string) bool { return idPattern.MatchString(id) }

// add puts all documents or, when one is wrong, none.
func (x *index) add(docs []document) error {
	for _, d := range docs {
		id, ok := d[x.primaryKey].(string)
		if !ok {
			return fail(0, "missing_document_id", "Document doesn't have a `%s` attribute.", x.primaryKey)
		}
		if !validID(id) {
			return fail(0, "invalid_document_id", "Document identifier `%s` is invalid.", id)
		}
		if err := errors.Join(checkGeo(d), checkGeoJSON(d)); err != nil {
			return err
		}
	}
	for _, d := range docs {
		id := d[x.primaryKey].(string)
		if x.docs[id] == nil {
			x.order = append(x.order, id)
		}
		x.docs[id] = d
		x.words[id] = map[string][]string{}
		for name, value := range d {
			if text, ok := value.(string); ok && name != "doc" {
				x.words[id][name] = tokens(text)
			}
		}
	}
	return nil
}

func checkGeo(d document) error {
	raw, present := d["_geo"]
	if !present || raw == nil {
		return nil
	}
	g, _ := raw.(map[string]any)
	lat, okLat := g["lat"].(float64)
	lng, okLng := g["lng"].(float64)
	if !okLat || !okLng || lat < -90 || lat > 90 || lng < -180 || lng > 180 {
		return fail(0, "invalid_document_geo_field", "The `_geo` field in the document is not valid: %v.", raw)
	}
	return nil
}

// checkGeoJSON knows the shapes that a document may be here: points, as a Feature.
func checkGeoJSON(d document) error {
	raw, present := d["_geojson"]
	if !present || raw == nil {
		return nil
	}
	var f struct {
		Type     string
		Geometry struct {
			Type        string
			Coordinates []float64
		}
	}
	data, _ := json.Marshal(raw)
	at := &f.Geometry.Coordinates
	if json.Unmarshal(data, &f) != nil || f.Type != "Feature" || f.Geometry.Type != "Point" || len(*at) != 2 ||
		math.Abs((*at)[0]) > 180 || math.Abs((*at)[1]) > 90 {
		return fail(0, "invalid_document_geojson_field", "The `_geojson` field in the document is not valid: %v.", raw)
	}
	return nil
}

func (x *index) remove(ids []string) {
	for _, id := range ids {
		if x.docs[id] != nil {
			delete(x.docs, id)
			delete(x.words, id)
			x.order = slices.DeleteFunc(x.order, func(o string) bool { return o == id })
		}
	}
}

// values are a field's, opened when it is a list; dots go into objects.
func (d document) values(field string) []any {
	var value any = map[string]any(d)
	for part := range strings.SplitSeq(field, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[part]
	}
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
