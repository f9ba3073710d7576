package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// geoDocument is any of the documents that maps export: a FeatureCollection, one
// Feature, or uMap's .umap with its layers.
type geoDocument struct {
	Type       string         `json:"type"`
	Features   []geoFeature   `json:"features"`
	Layers     []geoLayer     `json:"layers"`
	Properties map[string]any `json:"properties"`
	Geometry   *geoGeometry   `json:"geometry"`
	ID         any            `json:"id"`
	Licence    any            `json:"license"`
	Name       any            `json:"name"`
}

// geoLayer is a layer of a uMap, itself a FeatureCollection. Its options are under
// one of two names, by version.
type geoLayer struct {
	Features []geoFeature `json:"features"`
	Options  struct {
		Name string `json:"name"`
	} `json:"_umap_options"`
	Storage struct {
		Name string `json:"name"`
	} `json:"_storage"`
}

type geoFeature struct {
	ID         any            `json:"id"`
	Geometry   *geoGeometry   `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type geoGeometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	Geometries  []geoGeometry   `json:"geometries"`
}

// readGeoJSON reads the features of a map, each as a sheet, or as an event when it
// has a date.
func readGeoJSON(r *reading) error {
	var doc geoDocument
	if err := readJSON(r.data, &doc); err != nil {
		return err
	}
	switch doc.Type {
	case "umap":
		return r.umap(doc)
	case "FeatureCollection":
		r.harvest.Licence = licenceOf(textOf(doc.Licence))
		r.harvest.Title = instance.CleanName(textOf(doc.Name), 200)
		r.features(doc.Features, "")
	case "Feature":
		r.features([]geoFeature{{ID: doc.ID, Geometry: doc.Geometry, Properties: doc.Properties}}, "")
	default:
		return invalid("ce n’est ni du GeoJSON ni une carte uMap : « type » vaut « %s »", instance.CleanName(doc.Type, 40))
	}
	return nil
}

func (r *reading) umap(doc geoDocument) error {
	r.harvest.Title = instance.CleanName(textOf(doc.Properties["name"]), 200)
	switch licence := doc.Properties["licence"].(type) {
	case map[string]any:
		r.harvest.Licence = firstOf(licenceOf(textOf(licence["name"])), licenceOf(textOf(licence["url"])))
	case string:
		r.harvest.Licence = licenceOf(licence)
	}
	for _, layer := range doc.Layers {
		r.features(layer.Features, firstOf(layer.Options.Name, layer.Storage.Name))
	}
	return nil
}

// features adds features; layer names their category.
func (r *reading) features(features []geoFeature, layer string) {
	for _, f := range features {
		if r.full() {
			return
		}
		rec := record{line: len(r.harvest.Rows) + 1, fields: map[string]string{}, point: f.Geometry.centre(0)}
		for _, name := range slices.Sorted(maps.Keys(f.Properties)) {
			value := textOf(f.Properties[name])
			if value == "" || strings.HasPrefix(name, "_") {
				continue // _umap_options: how it is drawn
			}
			field, note := guess(name)
			if wanted, ok := r.options.Mapping[name]; ok {
				field, note = wanted, ""
			}
			r.column(name, field, note)
			if field != "" && field != skip && rec.fields[field] == "" {
				rec.fields[field] = value
			}
		}
		rec.fields["themes"] = strings.Trim(rec.fields["themes"]+"|"+layer, "|")
		rec.fields["key"] = firstOf(textOf(f.ID), rec.fields["key"])
		rec.fields["content"], rec.fields["website"] = umapText(rec.fields["content"], rec.fields["website"])
		r.addRecord(rec)
	}
}

// umapText turns the markup that uMap writes in descriptions into Markdown: links
// [[address|words]], pictures {{address}}, titles. The first link is the website when
// there is none.
func umapText(text, website string) (content, site string) {
	if !strings.Contains(text, "[[") && !strings.Contains(text, "{{") {
		return text, website
	}
	var out strings.Builder
	for text != "" {
		open := strings.IndexAny(text, "[{")
		if open < 0 || open+1 >= len(text) {
			break
		}
		end := map[string]string{"[[": "]]", "{{": "}}"}[text[open:open+2]]
		inner, rest, ok := strings.Cut(text[open+2:], firstOf(end, "\x00"))
		if end == "" || !ok {
			out.WriteString(text[:open+1])
			text = text[open+1:]
			continue
		}
		out.WriteString(text[:open])
		text = rest
		if end == "}}" { // a picture or a frame
			continue
		}
		address, words, _ := strings.Cut(inner, "|")
		website = firstOf(website, address)
		out.WriteString(strings.TrimSpace(words + " " + address))
	}
	return out.String() + text, website
}

// centre is where a geometry is: a point itself, the middle of the box around
// anything else; nil when it has no position.
func (g *geoGeometry) centre(depth int) *instance.Point {
	if g == nil || depth > 4 {
		return nil
	}
	if len(g.Geometries) > 0 {
		return g.Geometries[0].centre(depth + 1)
	}
	var coordinates any
	if json.Unmarshal(g.Coordinates, &coordinates) != nil {
		return nil
	}
	box := &extent{}
	box.walk(coordinates, 0)
	if box.n == 0 {
		return nil
	}
	return point((box.south+box.north)/2, (box.west+box.east)/2)
}

// extent is the box around positions.
type extent struct {
	n                        int
	west, south, east, north float64
}

func (e *extent) walk(v any, depth int) {
	list, ok := v.([]any)
	if !ok || depth > 5 {
		return
	}
	if len(list) >= 2 {
		lon, okLon := list[0].(float64)
		lat, okLat := list[1].(float64)
		if okLon && okLat {
			if e.n == 0 {
				e.west, e.east, e.south, e.north = lon, lon, lat, lat
			}
			e.west, e.east = min(e.west, lon), max(e.east, lon)
			e.south, e.north = min(e.south, lat), max(e.north, lat)
			e.n++
			return
		}
	}
	for _, item := range list {
		e.walk(item, depth+1)
	}
}

// readJSON decodes a document whose depth is bounded.
func readJSON(data []byte, v any) error {
	text := decode(data)
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return invalid("ce fichier est trop imbriqué pour être une liste de lieux ou d’événements")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		var where string
		if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
			where = fmt.Sprintf(", vers le caractère %d", syntax.Offset)
		}
		return invalid("ce fichier n’est pas du JSON que l’on puisse lire%s", where)
	}
	return nil
}

// textOf is a JSON value as text: numbers as they are written, lists joined.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		if len(v) > maxField {
			v = strings.ToValidUTF8(v[:maxField], "")
		}
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		parts := make([]string, 0, len(v))
		for _, item := range v {
			if s := textOf(item); s != "" && len(parts) < 100 {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "|")
	}
	return ""
}
