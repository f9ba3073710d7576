package source

import (
	"math"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestAddressesAbroad(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]instance.Place{
		"5500 Campanile Dr #320, San Diego, CA 92182, USA":  {Name: "5500 Campanile Dr #320, San Diego, CA 92182, USA", Country: "US"},
		"250 Gateway Blvd, South San Francisco, CA, 94080":  {Name: "250 Gateway Blvd, South San Francisco, CA, 94080", Country: "US"},
		"Café, Alexanderplatz 1, 10178 Berlin, Deutschland": {Name: "Café, Alexanderplatz 1, 10178 Berlin, Deutschland", Country: "DE"},
		"Grand-Place 1, 1000 Bruxelles, Belgique":           {Name: "Grand-Place 1, 1000 Bruxelles, Belgique", Country: "BE"},
		"12 rue du Port, 29200 Brest, France":               {Street: "12 rue du Port", PostalCode: "29200", Locality: "Brest", Departement: "29"},
		"Café de la Suisse, 29200 Brest":                    {Name: "Café de la Suisse", PostalCode: "29200", Locality: "Brest", Departement: "29"},
	} {
		if got := addressOf(text); *got != want {
			t.Errorf("%q: %+v", text, *got)
		}
	}
	for _, text := range []string{"Mairie, place de la République, Rennes, CS 63126", "12 rue du Port, Brest, BP 40512"} {
		if got := addressOf(text); got.Country != "" {
			t.Errorf("%q is in %s", text, got.Country)
		}
	}
	there := place(instance.Place{PostalCode: "94080", Point: &instance.Point{Lat: 37.65, Lon: -122.4}})
	if there.Departement != "" {
		t.Errorf("a position in California is in the département %s", there.Departement)
	}
	for _, here := range []*instance.Place{
		place(instance.Place{PostalCode: "97400", Country: "La Réunion", Point: &instance.Point{Lat: -20.9, Lon: 55.45}}), place(instance.Place{PostalCode: "97400"}),
	} {
		if here.Departement != "974" {
			t.Errorf("Saint-Denis is in %q", here.Departement)
		}
	}
}

// The origin of the projection, and where three cities are in it.
func TestLambert93(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ x, y, lat, lon float64 }{
		{700_000, 6_600_000, 46.5, 3}, // the origin
		{652_469.02, 6_862_035.26, 48.8566, 2.3522},
		{704_061, 7_059_136, 50.6292, 3.0573},
		{892_390, 6_247_035, 43.2965, 5.3698},
	} {
		p := point(c.y, c.x)
		if p == nil || math.Abs(p.Lat-c.lat) > 0.002 || math.Abs(p.Lon-c.lon) > 0.002 {
			t.Errorf("%.0f, %.0f is at %+v, want %v, %v", c.x, c.y, p, c.lat, c.lon)
		}
	}
	if p := point(6_862_035, 12); p != nil {
		t.Errorf("half of it: %+v", p)
	}
}
