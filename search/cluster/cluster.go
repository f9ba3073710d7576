// Package cluster gathers the things of a map into what can be drawn at a zoom
// level: single points, stacks at one position, and clusters.
//
// Cells are squares of 64 pixels of a web-mercator world of 512·2^zoom pixels, as
// MapLibre draws it. They are anchored to the world and not to the viewport, so
// clusters stay put while one pans.
package cluster

import (
	"cmp"
	"math"
	"slices"

	"github.com/maillage/maillage/instance"
)

const (
	// Open is the zoom from which nothing is clustered but stacks.
	Open = 17
	// MaxZoom is the deepest zoom level a map asks for.
	MaxZoom = 22
	// MaxStack is how many documents of a stack are listed.
	MaxStack = 100
	// MaxPoints is how many points a map is sent; beyond, cells are widened.
	MaxPoints = 2000

	// samePlace is how far apart, in degrees (about two metres), members of a stack may be.
	samePlace = 2e-5
	// spotBits drops what tells positions about a metre apart.
	spotBits = 7
)

// Project gives the position on the web-mercator square, 0 at the north-west
// corner, in 2^-32 of its side. Latitudes past 85.05° are put on the edge.
func Project(p instance.Point) (x, y uint32) {
	const side = 1 << 32
	sin := math.Sin(p.Lat * math.Pi / 180)
	fx := (p.Lon + 180) / 360
	fy := 0.5 - math.Atanh(sin)/(2*math.Pi)
	return uint32(min(max(fx*side, 0), side-1)), uint32(min(max(fy*side, 0), side-1))
}

// Unproject is the inverse of Project.
func Unproject(x, y uint32) instance.Point {
	const side = 1 << 32
	return instance.Point{
		Lat: math.Atan(math.Sinh(math.Pi*(1-2*float64(y)/side))) * 180 / math.Pi,
		Lon: float64(x)/side*360 - 180,
	}
}

// CellBits is how many low bits of a projection do not matter at a zoom level: 8
// cells to a tile of 512 pixels, 2^(zoom+3) across the world.
func CellBits(zoom int) uint {
	zoom = min(max(zoom, 0), MaxZoom)
	if zoom >= Open {
		return spotBits
	}
	return uint(29 - zoom)
}

// Grid gathers members cell by cell. Add them all, then read Points.
type Grid struct {
	bits  uint
	kinds []instance.Kind
	cells map[uint64]*cell
	total int
}

type cell struct {
	count    int
	lat, lon float64 // sums
	box      instance.BBox
	kinds    []int
	refs     []uint32
}

// NewGrid makes an empty grid for a zoom level; members name their kind by its
// place in kinds.
func NewGrid(zoom int, kinds []instance.Kind) *Grid {
	return &Grid{bits: CellBits(zoom), kinds: kinds, cells: map[uint64]*cell{}}
}

// Add puts a member in its cell. x and y are Project(p); ref is how the caller
// finds its document again.
func (g *Grid) Add(ref uint32, kind int, p instance.Point, x, y uint32) {
	key := uint64(x>>g.bits)<<32 | uint64(y>>g.bits)
	c := g.cells[key]
	if c == nil {
		c = &cell{box: instance.BBox{West: p.Lon, East: p.Lon, South: p.Lat, North: p.Lat}, kinds: make([]int, len(g.kinds))}
		g.cells[key] = c
	}
	g.total++
	c.count++
	c.kinds[kind]++
	c.lat += p.Lat
	c.lon += p.Lon
	c.box.West, c.box.East = min(c.box.West, p.Lon), max(c.box.East, p.Lon)
	c.box.South, c.box.North = min(c.box.South, p.Lat), max(c.box.North, p.Lat)
	if len(c.refs) < MaxStack {
		c.refs = append(c.refs, ref)
	}
}

// Cells is how many points there will be.
func (g *Grid) Cells() int { return len(g.cells) }

// Total is how many members were added.
func (g *Grid) Total() int { return g.total }

// Point is what to draw, with the members to list: all of them for one document,
// the first of a stack, none of a cluster.
type Point struct {
	instance.MapPoint
	Refs []uint32
}

// Points returns the cells, the most populated first, then from north-west to
// south-east.
func (g *Grid) Points() []Point {
	points := make([]Point, 0, len(g.cells))
	for _, c := range g.cells {
		points = append(points, c.point(g.kinds))
	}
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(b.Point.Lat, a.Point.Lat), cmp.Compare(a.Point.Lon, b.Point.Lon))
	})
	return points
}

func (c *cell) point(kinds []instance.Kind) Point {
	n := float64(c.count)
	p := Point{MapPoint: instance.MapPoint{
		Point: instance.Point{ // rounding could put a mean just outside
			Lat: min(max(c.lat/n, c.box.South), c.box.North),
			Lon: min(max(c.lon/n, c.box.West), c.box.East),
		},
		Count: c.count,
		Kinds: map[instance.Kind]int{},
	}}
	for k, count := range c.kinds {
		if count > 0 {
			p.Kinds[kinds[k]] = count
		}
	}
	if c.box.East-c.box.West > samePlace || c.box.North-c.box.South > samePlace {
		p.Box = &c.box
		return p
	}
	p.Point = instance.Point{Lat: c.box.South, Lon: c.box.West} // exactly where they are: an average rounds
	p.Refs = c.refs
	return p
}
