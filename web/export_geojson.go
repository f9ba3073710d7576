package web

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/maillage/maillage/instance"
)

// geoJSONFormat is GeoJSON (RFC 7946), for uMap, QGIS and others.
var geoJSONFormat = &format{
	extension: ".geojson", mediaType: mimeGeoJSON, label: "files.geojson",
	encoder: func(w io.Writer, x *export) encoder { return &geoJSONEncoder{export: x, out: jsonList{w: w}} },
}

// placedThing is a thing with a position.
type placedThing struct {
	Type       string           `json:"type"` // "Feature"
	ID         string           `json:"id"`   // IRI
	Geometry   geometry         `json:"geometry"`
	Properties placedProperties `json:"properties"`
}

// placedProperties are read by uMap under these names: name and description are
// what it shows first.
type placedProperties struct {
	Name        string             `json:"name"`
	Description string             `json:"description,omitempty"`
	Kind        instance.Kind      `json:"kind"`
	Subkind     string             `json:"subkind,omitempty"` // in words
	URL         string             `json:"url,omitempty"`
	Website     string             `json:"website,omitempty"`
	Start       string             `json:"start,omitempty"` // a day, or an instant with its offset
	End         string             `json:"end,omitempty"`
	Status      string             `json:"status,omitempty"`
	Locality    string             `json:"locality,omitempty"`
	Precision   instance.Precision `json:"precision,omitempty"` // what the position stands for
	Themes      []string           `json:"themes,omitempty"`    // in words
	Roles       []string           `json:"roles,omitempty"`     // in words
	Licence     string             `json:"licence,omitempty"`
	Origin      string             `json:"origin"` // domain of the node that answers for it
	Updated     string             `json:"updated,omitempty"`
}

type geoJSONEncoder struct {
	*export
	out      jsonList
	unplaced int
}

func (e *geoJSONEncoder) begin() error {
	title, err := json.Marshal(e.title)
	if err != nil {
		return err
	}
	return e.out.open(`{"type":"FeatureCollection","name":` + string(title) + `,"features":[`)
}

// add writes a thing that has a position, and counts one that has none.
func (e *geoJSONEncoder) add(it *item) error {
	p := it.point()
	if p == nil {
		e.unplaced++
		return nil
	}
	props := placedProperties{
		Name: it.Name, Description: e.extract(it), Kind: it.Kind, Subkind: e.subkind(it), URL: it.link(),
		Locality: it.Place.Locality, Precision: it.Place.Precision, Themes: e.labels("themes", it.Themes),
		Licence: e.label("licences", it.Licence), Origin: e.origin(it), Updated: timeLD(it.changed()),
	}
	if event := it.event(); event != nil {
		props.Start, props.End, props.Status = machineTime(event.When), machineEnd(event.When), string(event.Status)
	}
	if partner := it.partner(); partner != nil {
		props.Website, props.Roles = webURL(partner.Website), e.labels("ecosystem_roles", partner.Roles)
	}
	return e.out.add(placedThing{
		Type: "Feature", ID: it.ID, Properties: props,
		Geometry: geometry{Type: "Point", Coordinates: [2]float64{p.Lon, p.Lat}},
	})
}

// end adds a foreign member (RFC 7946, 6.1): how many things have no position and
// are not in the file.
func (e *geoJSONEncoder) end() error {
	return e.out.close(fmt.Sprintf("],\"unplaced\":%d}\n", e.unplaced))
}

// jsonList writes the members of an array one by one.
type jsonList struct {
	w    io.Writer
	some bool
}

func (l *jsonList) open(before string) error {
	_, err := io.WriteString(l.w, before)
	return err
}

func (l *jsonList) add(value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	separator := "\n"
	if l.some {
		separator = ",\n"
	}
	l.some = true
	_, err = io.WriteString(l.w, separator+string(data))
	return err
}

func (l *jsonList) close(after string) error { return l.open("\n" + after) }
