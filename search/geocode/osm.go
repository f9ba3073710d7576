package geocode

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

var errNotGeoJSON = errors.New("ce n'est pas une FeatureCollection GeoJSON")

// freeText is the address for services that take no code of a commune: a postal
// code goes with the words.
func freeText(q instance.AddressQuery) string {
	if q.PostalCode == "" || strings.Contains(q.Text, q.PostalCode) {
		return q.Text
	}
	return q.Text + " " + q.PostalCode
}

func nominatimQuery(q instance.AddressQuery) url.Values {
	return url.Values{
		"q": {freeText(q)}, "limit": {strconv.Itoa(q.Limit)}, "format": {"jsonv2"}, "addressdetails": {"1"},
		"extratags": {"1"}, "accept-language": {"fr"}, "countrycodes": {"fr"}, // overseas too: OpenStreetMap has it in France
	}
}

type nominatimPlace struct {
	Lat         string  `json:"lat"`
	Lon         string  `json:"lon"`
	Label       string  `json:"display_name"`
	PlaceRank   int     `json:"place_rank"`
	AddressType string  `json:"addresstype"`
	Importance  float64 `json:"importance"`
	Address     struct {
		HouseNumber  string `json:"house_number"`
		Road         string `json:"road"`
		City         string `json:"city"`
		Town         string `json:"town"`
		Village      string `json:"village"`
		Municipality string `json:"municipality"`
		Postcode     string `json:"postcode"`
	} `json:"address"`
	ExtraTags map[string]string `json:"extratags"` // null, or the commune's "ref:INSEE"
}

// nominatimPrecisions of what is not told by its rank alone.
var nominatimPrecisions = map[string]instance.Precision{
	"city": instance.PrecisionCommune, "town": instance.PrecisionCommune, "village": instance.PrecisionCommune,
	"municipality": instance.PrecisionCommune, "county": instance.PrecisionDepartement,
}

// precision is "" for what is larger than a département: that is no position.
func (p nominatimPlace) precision() instance.Precision {
	if known, ok := nominatimPrecisions[p.AddressType]; ok {
		return known
	}
	switch { // https://nominatim.org/release-docs/latest/customize/Ranking/
	case p.PlaceRank >= 28:
		return instance.PrecisionPlace
	case p.PlaceRank >= 17:
		return instance.PrecisionQuartier
	case p.PlaceRank >= 13:
		return instance.PrecisionCommune
	}
	return ""
}

func parseNominatim(body []byte) ([]instance.Located, error) {
	var places []nominatimPlace
	if err := json.Unmarshal(body, &places); err != nil {
		return nil, err
	}
	var found []instance.Located
	for _, p := range places {
		lat, errLat := strconv.ParseFloat(p.Lat, 64)
		lon, errLon := strconv.ParseFloat(p.Lon, 64)
		point, precision := instance.Point{Lat: lat, Lon: lon}, p.precision()
		if errors.Join(errLat, errLon) != nil || !onEarth(point) || precision == "" {
			continue
		}
		a := p.Address
		found = append(found, tidy(instance.Located{
			Label: p.Label, Street: strings.TrimSpace(a.HouseNumber + " " + a.Road), PostalCode: a.Postcode,
			Locality: cmp.Or(a.City, a.Town, a.Village, a.Municipality), INSEE: p.ExtraTags["ref:INSEE"],
			Point: point, Precision: precision, Score: score(p.Importance),
		}))
	}
	return found, nil
}

func photonQuery(q instance.AddressQuery) url.Values {
	return url.Values{"q": {freeText(q)}, "limit": {strconv.Itoa(q.Limit)}, "lang": {"fr"}}
}

type photonProperties struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	HouseNumber string `json:"housenumber"`
	Street      string `json:"street"`
	PostCode    string `json:"postcode"`
	City        string `json:"city"`
	Country     string `json:"countrycode"`
}

var photonPrecisions = map[string]instance.Precision{
	"house": instance.PrecisionPlace, "street": instance.PrecisionQuartier, "locality": instance.PrecisionQuartier,
	"district": instance.PrecisionQuartier, "city": instance.PrecisionCommune, "county": instance.PrecisionDepartement,
}

// photonCountries are France: Photon searches the whole world and cannot be told
// where. Some of the overseas have codes of their own.
var photonCountries = map[string]bool{
	"FR": true, "GP": true, "MQ": true, "GF": true, "RE": true, "PM": true, "YT": true, "BL": true, "MF": true,
	"TF": true, "WF": true, "PF": true, "NC": true,
}

func parsePhoton(body []byte) ([]instance.Located, error) {
	features, err := parseCollection[photonProperties](body)
	if err != nil {
		return nil, err
	}
	var found []instance.Located
	for i, f := range features {
		p := f.Properties
		precision, known := photonPrecisions[p.Type]
		point, ok := f.point()
		if !known || !ok || !photonCountries[p.Country] {
			continue
		}
		l := instance.Located{
			Street: strings.TrimSpace(p.HouseNumber + " " + p.Street), PostalCode: p.PostCode, Locality: p.City,
			Point: point, Precision: precision, Score: 1 / float64(i+1), // it gives none, but an order
		}
		switch p.Type {
		case "street":
			l.Street = p.Name
		case "city":
			l.Locality = p.Name
		}
		l.Label = photonLabel(p, l)
		found = append(found, tidy(l))
	}
	return found, nil
}

// photonLabel writes the address, which Photon does not.
func photonLabel(p photonProperties, l instance.Located) string {
	var parts []string
	for _, part := range []string{p.Name, l.Street, strings.TrimSpace(l.PostalCode + " " + l.Locality)} {
		if part != "" && (len(parts) == 0 || parts[len(parts)-1] != part) {
			parts = append(parts, part)
		}
	}
	if len(parts) == 2 && parts[0] == l.Locality { // "Redon, 35600 Redon"
		parts = parts[1:]
	}
	return strings.Join(parts, ", ")
}

// score keeps a service's figure between 0 and 1.
func score(s float64) float64 { return min(max(s, 0), 1) }

// tidy makes a stranger's words fit to show and to store.
func tidy(l instance.Located) instance.Located {
	l.Label = instance.CleanName(l.Label, 300)
	for _, s := range []*string{&l.Street, &l.Locality} {
		*s = instance.CleanName(*s, 200)
	}
	for _, s := range []*string{&l.PostalCode, &l.INSEE} {
		*s = instance.CleanName(*s, 10)
	}
	return l
}
