package as2

import (
	"strconv"
	"strings"

	"github.com/go-fed/activity/streams/vocab"

	"github.com/maillage/maillage/instance"
)

// degrees always has a decimal point: Mobilizon takes 47 for no number.
type degrees float64

// MarshalJSON implements json.Marshaler.
func (d degrees) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return []byte(s), nil
}

type place struct {
	Type        string             `json:"type"` // Place
	ID          string             `json:"id,omitempty"`
	Name        string             `json:"name,omitempty"`
	Unnamed     bool               `json:"maillage:unnamed,omitempty"` // Name is only the locality again
	Latitude    *degrees           `json:"latitude,omitempty"`
	Longitude   *degrees           `json:"longitude,omitempty"`
	Precision   instance.Precision `json:"maillage:precision,omitempty"`
	Departement string             `json:"maillage:departement,omitempty"`
	INSEE       string             `json:"maillage:insee,omitempty"`
	Address     *postalAddress     `json:"address,omitempty"`
}

type postalAddress struct {
	Type       string `json:"type"` // PostalAddress
	Street     string `json:"streetAddress,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Locality   string `json:"addressLocality,omitempty"`
	Region     string `json:"addressRegion,omitempty"`
	Country    string `json:"addressCountry,omitempty"`
}

// wirePlace gives every place a name, as Gancio refuses an event whose place has none.
func wirePlace(p *instance.Place) *place {
	if p == nil {
		return nil
	}
	out := &place{Type: "Place", ID: p.ID, Name: p.Name, Precision: p.Precision, Departement: p.Departement, INSEE: p.INSEE}
	if p.Name == "" && p.Locality != "" {
		out.Name, out.Unnamed = p.Locality, true
	}
	if p.Point != nil {
		lat, lon := degrees(p.Point.Lat), degrees(p.Point.Lon)
		out.Latitude, out.Longitude = &lat, &lon
	}
	address := postalAddress{Street: p.Street, PostalCode: p.PostalCode, Locality: p.Locality, Region: p.Region, Country: p.Country}
	if address != (postalAddress{}) {
		address.Type = "PostalAddress"
		out.Address = &address
	}
	return out
}

// placeOf reads the location: a Place, a list of them, or just words, whose address
// is a PostalAddress or words again. nil when nothing is known of it.
func placeOf(m fields, t vocab.Type) *instance.Place {
	location := physical(m)
	if location == nil {
		if words := m.line("location"); words != "" {
			return &instance.Place{Name: words}
		}
		return nil
	}
	p := &instance.Place{
		ID: location.iri("id"), Name: location.natural("name"), Departement: location.line("maillage:departement"),
		Precision: precision(location.line("maillage:precision")), INSEE: location.line("maillage:insee"),
	}
	if words, ok := location["address"].(string); ok {
		p.Street = instance.Truncate(words, maxLine)
	}
	if address := location.object("address"); address != nil {
		p.Street, p.PostalCode = address.line("streetAddress"), address.line("postalCode")
		p.Locality, p.Region, p.Country = address.line("addressLocality"), address.line("addressRegion"), address.line("addressCountry")
	}
	if location.flag("maillage:unnamed") {
		p.Name = ""
	}
	if lat, lon, ok := coordinates(t); ok {
		p.Point = pointOf(lat, lon)
	}
	if *p == (instance.Place{ID: p.ID}) && location["maillage:precision"] == nil { // Mobilizon's groups without an address
		return nil
	}
	return p
}

// pointOf is nil for what is not on Earth, and for 0,0: that is what software
// writes when it does not know.
func pointOf(lat, lon float64) *instance.Point {
	p := &instance.Point{Lat: lat, Lon: lon}
	if !p.Valid() || *p == (instance.Point{}) {
		return nil
	}
	return p
}

func precision(s string) instance.Precision {
	switch p := instance.Precision(s); p {
	case instance.PrecisionPlace, instance.PrecisionQuartier, instance.Precision1Km, instance.Precision5Km,
		instance.PrecisionCommune, instance.PrecisionPays, instance.PrecisionDepartement:
		return p
	}
	return ""
}
