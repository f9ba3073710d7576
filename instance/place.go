package instance

import "math"

// Point is a position in degrees, WGS 84. A missing position is a nil *Point,
// never 0,0 (which is a place in the Gulf of Guinea).
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Valid says whether the point is on Earth.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// earthRadius in kilometres (mean radius, as in the haversine formula's usual use).
const earthRadius = 6371.0088

// DistanceKm is the great-circle distance in kilometres.
func (p Point) DistanceKm(q Point) float64 {
	rad := math.Pi / 180
	dLat, dLon := (q.Lat-p.Lat)*rad/2, (q.Lon-p.Lon)*rad/2
	h := math.Pow(math.Sin(dLat), 2) + math.Cos(p.Lat*rad)*math.Cos(q.Lat*rad)*math.Pow(math.Sin(dLon), 2)
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Precision says what a Point stands for.
type Precision string

// From the most to the least precise.
const (
	PrecisionPlace       Precision = "lieu" // the venue itself
	PrecisionQuartier    Precision = "quartier"
	Precision1Km         Precision = "1-km" // the middle of a square of a kilometre: of people only
	Precision5Km         Precision = "5-km"
	PrecisionCommune     Precision = "commune"
	PrecisionPays        Precision = "pays"
	PrecisionDepartement Precision = "departement"
)

// Place is where something is, as far as it is known. Every field may be empty;
// without a Point it is listed and not drawn.
type Place struct {
	ID          string    `json:"id,omitempty"` // IRI, when the place has one
	Name        string    `json:"name,omitempty"`
	Street      string    `json:"street,omitempty"`
	PostalCode  string    `json:"postal_code,omitempty"`
	Locality    string    `json:"locality,omitempty"` // commune, as people write it
	INSEE       string    `json:"insee,omitempty"`    // code of the commune; not a key, see Territory
	Departement string    `json:"departement,omitempty"`
	Region      string    `json:"region,omitempty"`
	Country     string    `json:"country,omitempty"`
	Point       *Point    `json:"point,omitempty"`
	Precision   Precision `json:"precision,omitempty"`
}

// Label is the shortest name people recognise: the venue and its commune.
func (p *Place) Label() string {
	switch {
	case p == nil:
		return ""
	case p.Name == "" || p.Name == p.Locality:
		return p.Locality
	case p.Locality == "":
		return p.Name
	}
	return p.Name + ", " + p.Locality
}

// clean makes the words of a stranger's place fit to show.
func (p *Place) clean() {
	if p == nil {
		return
	}
	for _, s := range []*string{&p.Name, &p.Street, &p.PostalCode, &p.Locality, &p.INSEE, &p.Departement, &p.Region, &p.Country} {
		*s = CleanName(*s, 200)
	}
}

// BBox is a box in degrees. West may exceed East: it then crosses the 180th meridian.
type BBox struct{ West, South, East, North float64 }

// Contains says whether the point lies in the box, edges included.
func (b BBox) Contains(p Point) bool {
	if p.Lat < b.South || p.Lat > b.North {
		return false
	}
	if b.West <= b.East {
		return p.Lon >= b.West && p.Lon <= b.East
	}
	return p.Lon >= b.West || p.Lon <= b.East
}
