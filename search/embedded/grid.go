package embedded

import (
	"math"
	"slices"

	"github.com/maillage/maillage/instance"
)

// grid holds the slots in each cell of 0.1 degree (about 11 km by 8 in France).
type grid map[int32][]uint32

const (
	cellsPerDegree = 10
	gridWidth      = 360*cellsPerDegree + 1
)

func gridX(lon float64) int32 { return int32(math.Floor((lon + 180) * cellsPerDegree)) }
func gridY(lat float64) int32 { return int32(math.Floor((lat + 90) * cellsPerDegree)) }

func gridCell(p instance.Point) int32 { return gridY(p.Lat)*gridWidth + gridX(p.Lon) }

func (g grid) add(slot uint32, p instance.Point) {
	cell := gridCell(p)
	g[cell] = append(g[cell], slot)
}

func (g grid) remove(slot uint32, p instance.Point) {
	cell := gridCell(p)
	slots := g[cell]
	i := slices.Index(slots, slot)
	last := len(slots) - 1
	slots[i] = slots[last]
	if last == 0 {
		delete(g, cell)
	} else {
		g[cell] = slots[:last]
	}
}

// within returns the slots of every cell that the box touches. ok is false when
// so many cells are concerned that looking at every document is quicker.
func (g grid) within(b instance.BBox, documents int) (slots []uint32, ok bool) {
	if b.West > b.East { // across the 180th meridian
		west, okWest := g.within(instance.BBox{West: b.West, East: 180, South: b.South, North: b.North}, documents)
		east, okEast := g.within(instance.BBox{West: -180, East: b.East, South: b.South, North: b.North}, documents)
		return append(west, east...), okWest && okEast
	}
	x0, x1 := gridX(max(b.West, -180)), gridX(min(b.East, 180))
	y0, y1 := gridY(max(b.South, -90)), gridY(min(b.North, 90))
	if x1 < x0 || y1 < y0 {
		return nil, true
	}
	if cells := int(x1-x0+1) * int(y1-y0+1); cells > max(documents/4, 64) {
		return nil, false
	}
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			slots = append(slots, g[y*gridWidth+x]...)
		}
	}
	return slots, true
}

// around is the smallest box that holds a circle. Near a pole it takes every
// longitude.
func around(center instance.Point, radiusKm float64) instance.BBox {
	const kmPerDegree = 111.19 // of latitude, on a sphere of mean radius
	dLat := radiusKm/kmPerDegree + 1e-6
	box := instance.BBox{West: -180, East: 180, South: max(center.Lat-dLat, -90), North: min(center.Lat+dLat, 90)}
	if box.South <= -89 || box.North >= 89 {
		return box
	}
	// The widest parallel of a circle is poleward of its centre.
	sin := math.Sin(radiusKm/6371.0088) / math.Cos(center.Lat*math.Pi/180)
	if math.Abs(sin) >= 1 || radiusKm > 5000 {
		return box
	}
	dLon := math.Asin(sin)*180/math.Pi + 1e-6
	box.West, box.East = wrap(center.Lon-dLon), wrap(center.Lon+dLon)
	return box
}

func wrap(lon float64) float64 {
	switch {
	case lon < -180:
		return lon + 360
	case lon > 180:
		return lon - 360
	}
	return lon
}
