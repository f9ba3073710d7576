package instance

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
)

// discreet leaves of a person's place what they chose to show, before anything is
// kept: their commune, or the middle of a square of 5 km or 1 km. Positions are
// snapped to a grid that is the same for everybody, never moved at random: chance
// could be averaged out by whoever sees several.
func (n *Node) discreet(a *Actor) {
	if a.Place == nil {
		return
	}
	switch p := *a.Place; {
	case p.Point != nil && (p.Precision == Precision1Km || p.Precision == Precision5Km):
		a.Place = n.square(*p.Point, p.Precision)
	default:
		a.Place = n.communeOf(p)
	}
}

// square is a place that says no more than the square of the grid a point is in: its
// commune is that of the middle.
func (n *Node) square(p Point, precision Precision) *Place {
	middle := p.snapped(precision.blurKm())
	place := &Place{Point: &middle, Precision: precision}
	if c, _, ok := n.gazetteer.Nearest(middle); ok {
		place.Locality, place.Departement, place.Region = c.Name, c.Departement, c.Region
	}
	return place
}

// communeOf is a place reduced to its commune, from its code, its name or the point
// nearest to it. Unknown to the gazetteer, it keeps its name, and its point only to
// 10 km.
func (n *Node) communeOf(p Place) *Place {
	c, ok := n.gazetteer.ByINSEE(p.INSEE)
	if !ok && p.Locality != "" {
		c, ok = n.FindCommune(p.Locality + " " + p.Departement)
		if !ok {
			c, ok = n.FindCommune(p.Locality)
		}
	}
	if !ok && p.Locality == "" && p.Point != nil {
		c, _, ok = n.gazetteer.Nearest(*p.Point)
	}
	if ok {
		return &Place{
			Locality: c.Name, INSEE: c.INSEE, Departement: c.Departement, Region: c.Region, Country: p.Country,
			Point: c.Point, Precision: PrecisionCommune,
		}
	}
	kept := &Place{Locality: p.Locality, Departement: p.Departement, Region: p.Region, Country: p.Country, Precision: PrecisionCommune}
	if p.Point != nil {
		middle := p.Point.snapped(10)
		kept.Point = &middle
	}
	return kept
}

// blurKm is how far a person may be from their point, in kilometres: the side of the
// square, or about the size of a commune.
func (p Precision) blurKm() float64 {
	switch p {
	case Precision1Km:
		return 1
	case Precision5Km, PrecisionCommune:
		return 5
	}
	return 0
}

// kmPerDegree of latitude.
const kmPerDegree = earthRadius * math.Pi / 180

// snapped is the middle of the square of a grid that holds the point; squares are of
// so many kilometres, everywhere on Earth. To snap twice changes nothing.
func (p Point) snapped(km float64) Point {
	middle := func(degrees, step float64) float64 {
		return math.Round((math.Floor(degrees/step)+0.5)*step*1e5) / 1e5
	}
	step := km / kmPerDegree
	lat := min(max(middle(p.Lat, step), -90), 90)
	lon := middle(p.Lon, step/math.Max(math.Cos(lat*math.Pi/180), 0.01))
	return Point{Lat: lat, Lon: min(max(lon, -180), 180)}
}

// FindCommune finds the commune that somebody means by a name, a postal code, an
// INSEE code, or a name and a département: "Redon", "35600", "Saint-Denis (974)".
func (n *Node) FindCommune(text string) (Commune, bool) {
	text = strings.Join(strings.Fields(strings.NewReplacer("(", " ", ")", " ", ",", " ").Replace(text)), " ")
	if found := n.gazetteer.ByPostalCode(text); len(found) > 0 {
		return found[0], true
	}
	if c, ok := n.gazetteer.ByINSEE(text); ok {
		return c, true
	}
	if found := n.gazetteer.ByName(text, ""); len(found) > 0 {
		return found[0], true
	}
	if i := strings.LastIndexByte(text, ' '); i > 0 {
		departement := text[i+1:]
		if len(departement) == 5 { // "Redon 35600"
			departement = departementOf(departement)
		}
		if found := n.gazetteer.ByName(text[:i], departement); len(found) > 0 && departement != "" {
			return found[0], true
		}
	}
	return Commune{}, false
}

// Around is the commune from which to measure what is near another: itself when it is
// placed; else the most populated that is placed and shares a postal code with it,
// which must then be named, for the distances are its own. ok is false when there is
// none.
func (n *Node) Around(c Commune) (from Commune, ok bool) {
	if c.Point != nil {
		return c, true
	}
	for _, code := range c.PostalCodes {
		for _, neighbour := range n.gazetteer.ByPostalCode(code) {
			if neighbour.Point != nil {
				return neighbour, true
			}
		}
	}
	return Commune{}, false
}

// departementOf is the département of a postal code, as far as it tells.
func departementOf(postalCode string) string {
	if strings.HasPrefix(postalCode, "97") || strings.HasPrefix(postalCode, "98") {
		return postalCode[:3]
	}
	return postalCode[:2]
}

// AreaCount is how many people appear in an area.
type AreaCount struct {
	Area  Area
	Name  string
	Count int
}

// Area is the size of an area.
type Area string

// The areas, from the smallest.
const (
	AreaCommune     Area = "commune"
	AreaDepartement Area = "departement"
	AreaRegion      Area = "region"
	AreaCountry     Area = "pays"
)

// LeastCounted is the smallest number of people that is told of an area: fewer are
// counted in a larger one.
const LeastCounted = 3

// CountPeople counts people by commune; where there are fewer than LeastCounted, by
// département, by region, then together. What is counted in a smaller area is not
// counted again in the larger one: nobody can be found by subtracting.
func (n *Node) CountPeople(people []Person) []AreaCount {
	departements := map[string]string{}
	for _, d := range n.gazetteer.Departements() {
		departements[d.Code] = d.Name
	}
	left := make([]*Place, 0, len(people))
	for _, p := range people {
		if p.Place != nil {
			left = append(left, p.Place)
		}
	}
	var counts []AreaCount
	for _, level := range []struct {
		area Area
		name func(*Place) string
	}{
		{AreaCommune, func(p *Place) string {
			if p.Precision != PrecisionCommune {
				return ""
			}
			return Commune{Name: p.Locality, Departement: p.Departement}.Label()
		}},
		{AreaDepartement, func(p *Place) string { return cmp.Or(departements[p.Departement], p.Departement) }},
		{AreaRegion, func(p *Place) string { return p.Region }},
		{AreaCountry, func(*Place) string { return "France" }},
	} {
		var told []AreaCount
		told, left = countLevel(left, level.area, level.name)
		counts = append(counts, told...)
	}
	return counts
}

// countLevel counts the places that are enough in one area, and returns the others.
func countLevel(places []*Place, area Area, name func(*Place) string) (told []AreaCount, left []*Place) {
	by := map[string][]*Place{}
	for _, p := range places {
		by[name(p)] = append(by[name(p)], p)
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		if group := by[key]; key != "" && len(group) >= LeastCounted {
			told = append(told, AreaCount{area, key, len(group)})
		} else {
			left = append(left, group...)
		}
	}
	slices.SortStableFunc(told, func(a, b AreaCount) int { return cmp.Compare(b.Count, a.Count) })
	return told, left
}

// WhiteZones returns the communes with no sheet of the directory, ours or a peer's,
// within km of their centre, the most populated first. See Gazetteer.WhiteZones.
func (n *Node) WhiteZones(ctx context.Context, km float64) ([]WhiteZone, error) {
	const street = 20
	drawn, err := n.index.Map(ctx, Query{Kinds: []Kind{KindPartner}}, street)
	if err != nil {
		return nil, err
	}
	actors := make([]Point, len(drawn.Points))
	for i, p := range drawn.Points {
		actors[i] = p.Point
	}
	return n.gazetteer.WhiteZones(actors, km), nil
}
