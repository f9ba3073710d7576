package instance

import "context"

// Geocoder finds where an address is, by asking a service that the host chose.
// What people typed leaves the node: there is none unless the configuration names
// one. search/geocode implements it.
type Geocoder interface {
	// Geocode returns the places that an address may be, the best first; none is no
	// error. An error means that the service did not answer: try again later.
	Geocode(ctx context.Context, q AddressQuery) ([]Located, error)
	// Attribution is what the service asks to be shown beside its answers.
	Attribution() string
}

// AddressQuery is an address as somebody wrote it. Everything but Text narrows
// the search and may be empty.
type AddressQuery struct {
	Text       string // "12 rue de Siam, Brest"
	PostalCode string
	INSEE      string // code of the commune
	Limit      int    // at most 20; 0 = 5
}

// Located is an answer of a geocoder.
type Located struct {
	Label      string // the whole address, as the service writes it
	Street     string // with its number
	PostalCode string
	Locality   string
	INSEE      string // of the commune; "" when the service does not know it
	Point      Point
	Precision  Precision
	Score      float64 // from 0 to 1, how well it matches; comparable within one service only
}

// Place is the answer as the place of something.
func (l Located) Place() *Place {
	point := l.Point
	return &Place{
		Street: l.Street, PostalCode: l.PostalCode, Locality: l.Locality, INSEE: l.INSEE,
		Point: &point, Precision: l.Precision,
	}
}
