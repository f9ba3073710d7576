package gazetteer_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/gazetteer"
)

func TestReadPoints(t *testing.T) {
	t.Parallel()
	at := instance.Point{Lat: -21.3785, Lon: 55.619}
	file := gazetteer.PointsHeader + "# found by hand\n34079, 43.628,3.43\n" + gazetteer.PointLine("97412", at)
	points, err := gazetteer.ReadPoints(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != 2 || points["97412"] != at || points["34079"] != (instance.Point{Lat: 43.628, Lon: 3.43}) {
		t.Errorf("%v", points)
	}
	for _, line := range []string{"34079,43.6", "34079,,", "34079,43.6,x", "34079,943.6,3", "34079,NaN,3", `34079,"43`} {
		if _, err := gazetteer.ReadPoints(strings.NewReader(gazetteer.PointsHeader + line)); err == nil {
			t.Errorf("%q was read", line)
		}
	}
	if points, err := gazetteer.ReadPoints(strings.NewReader("")); err != nil || len(points) != 0 {
		t.Errorf("an empty file: %v %v", points, err)
	}
}

// geocoder gives the same answers whatever it is asked.
type geocoder struct {
	found []instance.Located
	err   error
}

func (g geocoder) Geocode(context.Context, instance.AddressQuery) ([]instance.Located, error) {
	return g.found, g.err
}

func (geocoder) Attribution() string { return "" }

func TestLocate(t *testing.T) {
	t.Parallel()
	commune, _ := france.ByINSEE("34079")
	at := instance.Point{Lat: 43.628, Lon: 3.43}
	answer := instance.Located{Point: at, Precision: instance.PrecisionCommune, INSEE: "34079", Locality: "Clermont-l'Hérault", PostalCode: "34800"}
	with := func(change func(*instance.Located)) geocoder {
		l := answer
		change(&l)
		return geocoder{found: []instance.Located{l}}
	}
	for name, test := range map[string]struct {
		geocoder geocoder
		want     error
	}{
		"itself":               {with(func(*instance.Located) {}), nil},
		"by name, no code":     {with(func(l *instance.Located) { l.INSEE = "" }), nil},
		"another commune":      {with(func(l *instance.Located) { l.INSEE = "63113" }), instance.ErrNotFound},
		"a namesake elsewhere": {with(func(l *instance.Located) { l.INSEE, l.PostalCode = "", "60600" }), instance.ErrNotFound},
		"a street in it":       {with(func(l *instance.Located) { l.Precision = instance.PrecisionQuartier }), instance.ErrNotFound},
		"nothing":              {geocoder{}, instance.ErrNotFound},
		"no answer":            {geocoder{err: context.DeadlineExceeded}, context.DeadlineExceeded},
	} {
		p, err := gazetteer.Locate(t.Context(), test.geocoder, commune)
		if !errors.Is(err, test.want) || err == nil && p != at {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}
