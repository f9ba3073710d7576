package geocode

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/maillage/maillage/instance"
)

// feature is a GeoJSON feature of BAN or Photon.
type feature[P any] struct {
	Geometry struct {
		Type        string    `json:"type"`
		Coordinates []float64 `json:"coordinates"` // longitude, then latitude
	} `json:"geometry"`
	Properties P `json:"properties"`
}

type collection[P any] struct {
	Type     string       `json:"type"`
	Features []feature[P] `json:"features"`
}

func parseCollection[P any](body []byte) ([]feature[P], error) {
	var c collection[P]
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	if c.Type != "FeatureCollection" {
		return nil, errNotGeoJSON
	}
	return c.Features, nil
}

// point is where a feature is; ok is false for anything but a point on Earth.
func (f feature[P]) point() (p instance.Point, ok bool) {
	if f.Geometry.Type != "Point" || len(f.Geometry.Coordinates) < 2 {
		return p, false
	}
	p = instance.Point{Lon: f.Geometry.Coordinates[0], Lat: f.Geometry.Coordinates[1]}
	return p, onEarth(p)
}

// onEarth says whether a position is one: 0,0 is what a service without one sends.
func onEarth(p instance.Point) bool { return p.Valid() && p != instance.Point{} }

func banQuery(q instance.AddressQuery) url.Values {
	v := url.Values{"q": {q.Text}, "limit": {strconv.Itoa(q.Limit)}, "index": {"address"}}
	if q.PostalCode != "" {
		v.Set("postcode", q.PostalCode)
	}
	if q.INSEE != "" {
		v.Set("citycode", q.INSEE)
	}
	return v
}

type banProperties struct {
	Label    string  `json:"label"`
	Score    float64 `json:"score"`
	Type     string  `json:"type"` // housenumber, street, locality or municipality
	Name     string  `json:"name"` // number and street; of a municipality, its own
	PostCode string  `json:"postcode"`
	CityCode string  `json:"citycode"` // INSEE
	City     string  `json:"city"`
}

// banPrecisions of each type. A street has no point of its own: BAN gives its
// middle.
var banPrecisions = map[string]instance.Precision{
	"housenumber":  instance.PrecisionPlace,
	"street":       instance.PrecisionQuartier,
	"locality":     instance.PrecisionQuartier,
	"municipality": instance.PrecisionCommune,
}

func parseBAN(body []byte) ([]instance.Located, error) {
	features, err := parseCollection[banProperties](body)
	if err != nil {
		return nil, err
	}
	var found []instance.Located
	for _, f := range features {
		precision, known := banPrecisions[f.Properties.Type]
		point, ok := f.point()
		if !known || !ok {
			continue
		}
		l := instance.Located{
			Label: f.Properties.Label, PostalCode: f.Properties.PostCode, Locality: f.Properties.City,
			INSEE: f.Properties.CityCode, Point: point, Precision: precision, Score: score(f.Properties.Score),
		}
		if precision != instance.PrecisionCommune {
			l.Street = f.Properties.Name
		}
		found = append(found, tidy(l))
	}
	return found, nil
}
