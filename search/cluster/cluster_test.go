package cluster_test

import (
	"math"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/cluster"
)

func TestProjectIsWebMercator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    instance.Point
		x, y float64 // share of the world's side
	}{
		{instance.Point{Lat: 0, Lon: 0}, 0.5, 0.5},
		{instance.Point{Lat: 85.05112878, Lon: -180}, 0, 0},
		{instance.Point{Lat: 66.51326044, Lon: 90}, 0.75, 0.25},
		{instance.Point{Lat: 90, Lon: 180}, 1, 0},
		{instance.Point{Lat: -90, Lon: 180}, 1, 1},
	} {
		x, y := cluster.Project(c.p)
		if math.Abs(float64(x)/(1<<32)-c.x) > 1e-6 || math.Abs(float64(y)/(1<<32)-c.y) > 1e-6 {
			t.Errorf("%+v: %f, %f, want %f, %f", c.p, float64(x)/(1<<32), float64(y)/(1<<32), c.x, c.y)
		}
	}
	brest := instance.Point{Lat: 48.3904, Lon: -4.4861}
	if back := cluster.Unproject(cluster.Project(brest)); back.DistanceKm(brest) > 0.0001 {
		t.Errorf("there and back: %+v", back)
	}
}

// A cell is 64 pixels of a map with tiles of 512: eight to a tile.
func TestCellsHalveAtEachZoom(t *testing.T) {
	t.Parallel()
	for zoom := range cluster.Open {
		if across := uint64(1) << (32 - cluster.CellBits(zoom)); across != 8<<zoom {
			t.Errorf("zoom %d: %d cells across the world, want %d", zoom, across, 8<<zoom)
		}
	}
	if cluster.CellBits(-3) != cluster.CellBits(0) || cluster.CellBits(99) != cluster.CellBits(cluster.Open) {
		t.Error("zoom levels out of range")
	}
}

func TestAStackListsItsFirstHundred(t *testing.T) {
	t.Parallel()
	grid := cluster.NewGrid(10, []instance.Kind{instance.KindPartner})
	p := instance.Point{Lat: 47.2184, Lon: -1.5536}
	x, y := cluster.Project(p)
	for i := range uint32(250) {
		grid.Add(i, 0, p, x, y)
	}
	points := grid.Points()
	if len(points) != 1 || points[0].Count != 250 || len(points[0].Refs) != cluster.MaxStack || points[0].Box != nil || points[0].MapPoint.Point != p {
		t.Errorf("%+v", points)
	}
}
