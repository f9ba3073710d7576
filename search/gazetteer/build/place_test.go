package main

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	at := func(lat float64) instance.Point { return instance.Point{Lat: lat, Lon: 2} }
	localities := []*locality{
		{code: "01001", name: "Bourg", departement: "01"},
		{code: "01002", name: "Deux-Hameaux", departement: "01"},
		{code: "01003", name: "Namesake", departement: "01"},
		{code: "01004", name: "Namesake", departement: "01", parent: "01001"},
		{code: "01005", name: "Found by Name", departement: "01"},
		{code: "01006", name: "Unknown", departement: "01"},
		{code: "01007", name: "Nouvelle", departement: "01"},
		{code: "01008", name: "Seat", departement: "01", parent: "01007"}, // by the code of its commune
		{code: "01009", name: "Taken", departement: "01"},
		{code: "98701", name: "Île", departement: "987"},
	}
	places := []geoPlace{
		{names: []string{"Bourg"}, codes: []string{"01001"}, departement: "01", point: at(46.0)},
		{names: []string{"Small"}, codes: []string{"01002"}, departement: "01", population: 10, point: at(46.1)},
		{names: []string{"Large"}, codes: []string{"01002"}, departement: "01", population: 90, point: at(46.2)},
		{names: []string{"A suburb"}, codes: []string{"01002"}, departement: "01", population: 900, section: true, point: at(46.3)},
		{names: []string{"Namesake"}, departement: "01", point: at(46.4)}, // which of the two?
		{names: []string{"FOUND-BY-NAME"}, departement: "01", point: at(46.5)},
		{names: []string{"Unknown"}, departement: "02", point: at(49.0)},
		{names: []string{"Elsewhere", "Seat"}, codes: []string{"01007"}, departement: "01", point: at(46.6)},
		{names: []string{"Taken"}, codes: []string{"01001"}, departement: "01", point: at(46.7)}, // a hamlet of Bourg
		{names: []string{"Ile"}, codes: []string{"98701"}, departement: "987", point: at(-17)},
	}
	place(localities, places)
	want := map[string]float64{"01001": 46.0, "01002": 46.2, "01005": 46.5, "01007": 46.6, "01008": 46.6, "98701": -17}
	for _, l := range localities {
		lat, known := want[l.code]
		switch {
		case known && l.point == nil:
			t.Errorf("%s %s has no position, want %v", l.code, l.name, lat)
		case l.point != nil && (!known || l.point.Lat != lat):
			t.Errorf("%s %s is at %v, want %v", l.code, l.name, l.point.Lat, lat)
		}
	}
}

func TestDropStrays(t *testing.T) {
	t.Parallel()
	var localities []*locality
	for _, lat := range []float64{46.0, 46.1, 46.2, 46.1, 48.0} {
		localities = append(localities, &locality{departement: "01", postal: []string{"01000", "01010"}, point: &instance.Point{Lat: lat, Lon: 5}})
	}
	alone := &locality{departement: "01", postal: []string{"01990"}, point: &instance.Point{Lat: 48, Lon: 5}}
	dropStrays(append(localities, alone))
	for i, l := range localities {
		if (l.point == nil) != (i == 4) {
			t.Errorf("the %dth: %v", i, l.point)
		}
	}
	if alone.point == nil {
		t.Error("a position was taken back with nothing to compare it to")
	}
}

func TestParsePlace(t *testing.T) {
	t.Parallel()
	line := "1\tBrest\tBrest\tBreśt,ブレスト\t48.39\t-4.486\tP\tPPLA2\tFR\t\t53\t29\t291\t29019\t142346\t\t40\tEurope/Paris\t2026-01-01"
	p, ok, err := parsePlace(strings.Split(line, "\t"))
	if err != nil || !ok || p.departement != "29" || p.codes[0] != "29019" || p.population != 142346 || p.point.Lat != 48.39 {
		t.Errorf("%+v %v %v", p, ok, err)
	}
	if _, ok, err := parsePlace(strings.Split(strings.Replace(line, "\tFR\t", "\tBE\t", 1), "\t")); ok || err != nil {
		t.Errorf("a place of another country: %v %v", ok, err)
	}
	for _, wrong := range []string{"1\tBrest", strings.Replace(line, "48.39", "x", 1), strings.Replace(line, "142346", "x", 1)} {
		if _, _, err := parsePlace(strings.Split(wrong, "\t")); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}
