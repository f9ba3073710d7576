package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// oneAnswer is a geocoder that knows one commune, and breaks after some questions.
type oneAnswer struct{ left int }

func (g *oneAnswer) Geocode(_ context.Context, q instance.AddressQuery) ([]instance.Located, error) {
	if g.left--; g.left < 0 {
		return nil, errors.New("no answer")
	}
	if q.INSEE != "01002" {
		return nil, nil
	}
	return []instance.Located{{INSEE: "01002", Point: instance.Point{Lat: 46, Lon: 5.4}, Precision: instance.PrecisionCommune}}, nil
}

func (*oneAnswer) Attribution() string { return "test" }

func TestPlaceCommunesKeepsWhatWasFound(t *testing.T) {
	t.Parallel()
	c := config{Data: t.TempDir()}
	todo := []instance.Commune{{INSEE: "01002", Name: "L'Abergement"}, {INSEE: "01003", Name: "Ailleurs"}, {INSEE: "01005", Name: "Plus loin"}}
	out, err := openPoints(c.pointsFile())
	if err != nil {
		t.Fatal(err)
	}
	placed, err := placeCommunes(t.Context(), out, &oneAnswer{left: 2}, todo)
	if placed != 1 || err == nil {
		t.Errorf("placed %d, %v", placed, err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	points, err := hostPoints(c)
	if err != nil || points["01002"] != (instance.Point{Lat: 46, Lon: 5.4}) {
		t.Errorf("read back %v, %v", points, err)
	}
	communes, err := openGazetteer(c)
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := communes.ByINSEE("01002"); found.Point == nil {
		t.Error("the host's position is taken")
	}
}

func TestGeocoderIsOffByDefault(t *testing.T) {
	t.Parallel()
	if g, err := openGeocoder(defaults()); g != nil || err != nil {
		t.Errorf("%v, %v", g, err)
	}
	c := defaults()
	c.Geocoder.Service = "google"
	if _, err := openGeocoder(c); err == nil || !strings.Contains(err.Error(), "ban, nominatim ou photon") {
		t.Errorf("%v", err)
	}
	file := filepath.Join(t.TempDir(), "communes.csv")
	if err := os.WriteFile(file, []byte("insee,latitude,longitude\n34079,nord,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openGazetteer(config{Data: filepath.Dir(file)}); err == nil || !strings.Contains(err.Error(), "ligne 2") {
		t.Errorf("%v", err)
	}
}
