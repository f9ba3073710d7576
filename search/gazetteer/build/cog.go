package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// cog is what we keep of INSEE's Code officiel géographique.
type cog struct {
	localities   []*locality
	departements []cogDivision
	regions      map[string]string // name by code
}

// locality is a commune of today, or a part of one.
type locality struct {
	code, name  string
	kind        string // its letter in communes.tsv
	parent      string // code of the commune of today; "" when it is one
	departement string
	postal      []string
	former      []string // codes that it took over
	population  int
	point       *instance.Point
}

// cogCommune is one of data/communes.json.
type cogCommune struct {
	Code        string   `json:"code"`
	Name        string   `json:"nom"`
	Type        string   `json:"type"`
	Departement string   `json:"departement"`
	ChefLieu    string   `json:"chefLieu"` // of a delegated or associated commune
	Commune     string   `json:"commune"`  // of an arrondissement
	Postal      []string `json:"codesPostaux"`
	Former      []string `json:"anciensCodes"`
	Population  int      `json:"population"`
}

// cogDivision is one of data/departements.json or data/regions.json.
type cogDivision struct {
	Code   string `json:"code"`
	Name   string `json:"nom"`
	Region string `json:"region"`
}

// The letters of communes.tsv.
var kinds = map[string]string{
	"commune-actuelle": "c", "commune-deleguee": "d", "commune-associee": "a", "arrondissement-municipal": "m",
}

func readCOG(ctx context.Context, tmp string) (*cog, error) {
	var communes []cogCommune
	var departements, regions []cogDivision
	for file, into := range map[string]any{
		"data/communes.json": &communes, "data/departements.json": &departements, "data/regions.json": &regions,
	} {
		data, err := decoupage.file(ctx, tmp, file)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, into); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	c := &cog{departements: departements, regions: map[string]string{}}
	slices.SortFunc(c.departements, func(a, b cogDivision) int { return strings.Compare(a.Code, b.Code) })
	for _, r := range regions {
		c.regions[r.Code] = r.Name
	}
	for _, commune := range communes {
		l, err := commune.locality()
		if err != nil {
			return nil, err
		}
		c.localities = append(c.localities, l)
	}
	slices.SortFunc(c.localities, func(a, b *locality) int {
		return cmp.Or(strings.Compare(a.code, b.code), strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name))
	})
	return c, nil
}

func (c cogCommune) locality() (*locality, error) {
	kind, ok := kinds[c.Type]
	if !ok {
		return nil, fmt.Errorf("%s %s is of an unknown type, %q", c.Code, c.Name, c.Type)
	}
	return &locality{
		code: c.Code, name: c.Name, kind: kind, parent: cmp.Or(c.ChefLieu, c.Commune), departement: c.Departement,
		postal: c.Postal, former: c.Former, population: c.Population,
	}, nil
}

// communesTSV writes one line for each locality, by code: code, name, kind, parent,
// postal codes, population, latitude, longitude (in 1/10000 of a degree, about ten
// metres), former codes.
func communesTSV(localities []*locality) []byte {
	var out bytes.Buffer
	for _, l := range localities {
		var population, lat, lon string
		if l.population > 0 {
			population = strconv.Itoa(l.population)
		}
		if l.point != nil {
			lat, lon = decimals(l.point.Lat), decimals(l.point.Lon)
		}
		fmt.Fprintln(&out, strings.Join([]string{
			l.code, l.name, l.kind, l.parent, strings.Join(l.postal, " "), population, lat, lon, strings.Join(l.former, " "),
		}, "\t"))
	}
	return out.Bytes()
}

func decimals(degrees float64) string { return strconv.Itoa(int(math.Round(degrees * 1e4))) }

// departementsTSV writes code, name and region of each département.
func departementsTSV(c *cog) []byte {
	var out bytes.Buffer
	for _, d := range c.departements {
		fmt.Fprintf(&out, "%s\t%s\t%s\n", d.Code, d.Name, c.regions[d.Region])
	}
	return out.Bytes()
}
