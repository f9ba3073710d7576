package gazetteer

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// WhiteZones returns the communes with none of the actors within km of their
// centre, the most populated first. Communes without a position cannot be judged,
// and communes without inhabitants need nobody: both are left out. Points that are
// not on Earth are no actors.
func WhiteZones(communes []instance.Commune, actors []instance.Point, km float64) []instance.WhiteZone {
	around := newTree(slices.DeleteFunc(slices.Clone(actors), func(p instance.Point) bool { return !p.Valid() }))
	var zones []instance.WhiteZone
	for i := range communes {
		c := &communes[i]
		if c.Point == nil || c.Population == 0 {
			continue
		}
		nearest := math.Inf(1)
		if _, d, ok := around.nearest(*c.Point); ok {
			nearest = d
		}
		if nearest > km {
			zones = append(zones, instance.WhiteZone{Commune: *c, NearestKm: nearest})
		}
	}
	slices.SortFunc(zones, func(a, b instance.WhiteZone) int {
		return cmp.Or(cmp.Compare(b.Population, a.Population), strings.Compare(a.INSEE, b.INSEE))
	})
	return zones
}

// WhiteZones implements instance.Gazetteer.
func (g *Gazetteer) WhiteZones(actors []instance.Point, km float64) []instance.WhiteZone {
	return WhiteZones(g.Communes(), actors, km)
}
