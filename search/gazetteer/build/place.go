package main

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/gazetteer"
)

// placer finds the place of GeoNames that is the centre of each locality.
//
// A commune without any stays without a position: its neighbours' would be a lie.
type placer struct {
	byCode map[string][]*geoPlace // by INSEE code
	byName map[inDepartement][]*geoPlace
	known  map[string]*locality   // communes of today, by code
	named  map[inDepartement]int  // how many localities bear a name
	parts  map[string][]*locality // of a commune of today
}

type inDepartement struct{ departement, name string }

// place gives every locality that GeoNames knows its point.
func place(localities []*locality, places []geoPlace) {
	p := newPlacer(localities, places)
	for _, l := range localities {
		if found := p.find(l); found != nil {
			point := found.point
			l.point = &point
		}
	}
	dropStrays(localities)
}

// stray is how far from the other communes of its postal code a position is wrong:
// GeoNames has a few with a degree too many, or of a namesake.
const stray = 30 // km

// dropStrays takes back the positions that cannot be right. Overseas, a postal code
// may cover an archipelago.
func dropStrays(localities []*locality) {
	sharing := map[string][]*locality{}
	for _, l := range localities {
		if l.parent == "" && l.point != nil && len(l.departement) == 2 {
			for _, code := range l.postal {
				sharing[code] = append(sharing[code], l)
			}
		}
	}
	var strays []*locality
	for _, together := range sharing {
		if len(together) < 4 { // no majority to be wrong against
			continue
		}
		middle := instance.Point{
			Lat: median(together, func(l *locality) float64 { return l.point.Lat }),
			Lon: median(together, func(l *locality) float64 { return l.point.Lon }),
		}
		for _, l := range together {
			if l.point.DistanceKm(middle) > stray {
				strays = append(strays, l)
			}
		}
	}
	for _, l := range strays {
		if l.point == nil { // it has two postal codes
			continue
		}
		fmt.Printf("%s %s cannot be at %v\n", l.code, l.name, *l.point)
		l.point = nil
	}
}

func median(localities []*locality, of func(*locality) float64) float64 {
	values := make([]float64, len(localities))
	for i, l := range localities {
		values[i] = of(l)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func newPlacer(localities []*locality, places []geoPlace) *placer {
	p := &placer{
		byCode: map[string][]*geoPlace{}, byName: map[inDepartement][]*geoPlace{},
		known: map[string]*locality{}, named: map[inDepartement]int{}, parts: map[string][]*locality{},
	}
	for _, l := range localities {
		p.named[l.key()]++
		if l.parent == "" {
			p.known[l.code] = l
		} else {
			p.parts[l.parent] = append(p.parts[l.parent], l)
		}
	}
	for i := range places {
		at := &places[i]
		for _, code := range at.codes {
			if len(code) == 5 {
				p.byCode[code] = append(p.byCode[code], at)
			}
		}
		key := inDepartement{at.departement, gazetteer.Fold(at.names[0])}
		p.byName[key] = append(p.byName[key], at)
	}
	return p
}

func (l *locality) key() inDepartement { return inDepartement{l.departement, gazetteer.Fold(l.name)} }

// find tries, in this order: the place with the locality's code and name; for a part
// of a commune, the place with that commune's code and the part's name; the only
// place of that name in the département; and for a commune whose name is no
// place's, its seat.
func (p *placer) find(l *locality) *geoPlace {
	if at := withName(p.byCode[l.code], l.name); at != nil {
		return at
	}
	if at := withName(p.byCode[l.parent], l.name); at != nil {
		return at
	}
	if at := p.onlyOne(l); at != nil {
		return at
	}
	if l.parent == "" {
		return p.seat(l)
	}
	return nil
}

// onlyOne is the place that bears the locality's name in its département, when
// neither has a namesake there and it is not said to lie in another commune.
func (p *placer) onlyOne(l *locality) *geoPlace {
	found := p.byName[l.key()]
	if p.named[l.key()] != 1 || len(found) == 0 {
		return nil
	}
	for _, at := range found { // the same place may be in both lists
		if at.point.DistanceKm(found[0].point) > 1 {
			return nil
		}
		for _, code := range at.codes {
			if p.known[code] != nil && code != l.code && code != l.parent {
				return nil
			}
		}
	}
	return found[0]
}

// seat is where the town hall of a commune is likely to be: in its part that has
// the same code, as INSEE gives a commune nouvelle that of its seat, else in its
// largest town. An island territory of one commune has its capital.
func (p *placer) seat(l *locality) *geoPlace {
	for _, part := range p.parts[l.code] {
		if part.code == l.code {
			if at := p.find(part); at != nil {
				return at
			}
		}
	}
	inside := p.byCode[l.code]
	if capital, ok := capitals[l.code]; ok {
		inside = p.byName[inDepartement{l.departement, gazetteer.Fold(capital)}]
	}
	if len(inside) == 0 {
		return nil
	}
	return slices.MaxFunc(inside, func(a, b *geoPlace) int {
		if a.section != b.section { // a town before a part of one
			if a.section {
				return -1
			}
			return 1
		}
		return a.population - b.population
	})
}

// capitals of the communes that have neither a place of their name nor a place
// with their code: GeoNames knows the town.
var capitals = map[string]string{"97701": "Gustavia", "97801": "Marigot"}

// withName returns the first place that has the name, its own before its other ones.
func withName(places []*geoPlace, name string) *geoPlace {
	want := gazetteer.Fold(name)
	for _, at := range places {
		if gazetteer.Fold(at.names[0]) == want {
			return at
		}
	}
	for _, at := range places {
		if slices.ContainsFunc(at.names[1:], func(n string) bool { return gazetteer.Fold(n) == want }) {
			return at
		}
	}
	return nil
}
