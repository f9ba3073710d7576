package embedded

import (
	"context"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/cluster"
	"github.com/maillage/maillage/search/french"
)

// Map implements instance.Index. Past cluster.MaxPoints points, cells are widened.
func (x *Index) Map(ctx context.Context, q instance.Query, zoom int) (instance.MapResult, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.content
	list := hitLists.Get().(*[]found)
	defer hitLists.Put(list)
	hits, _, err := c.find(ctx, &q, french.Parse(q.Text), false, list)
	if err != nil {
		return instance.MapResult{}, err
	}
	grid := c.cols.cluster(hits, zoom)
	for zoom = min(zoom, cluster.Open); grid.Cells() > cluster.MaxPoints && zoom > 0; {
		zoom--
		grid = c.cols.cluster(hits, zoom)
	}
	points, err := c.mapPoints(ctx, grid.Points())
	return instance.MapResult{Total: grid.Total(), Points: points}, err
}

func (c *columns) cluster(hits []found, zoom int) *cluster.Grid {
	kinds := make([]instance.Kind, len(c.kinds.names))
	for i, name := range c.kinds.names {
		kinds[i] = instance.Kind(name)
	}
	grid := cluster.NewGrid(zoom, kinds)
	for i := range hits {
		if r := &c.rows[hits[i].slot]; r.placed {
			grid.Add(hits[i].slot, int(r.kind), r.point, r.x, r.y)
		}
	}
	return grid
}

// mapPoints reads the documents that points list.
func (c *content) mapPoints(ctx context.Context, points []cluster.Point) ([]instance.MapPoint, error) {
	var slots []uint32
	for _, p := range points {
		slots = append(slots, p.Refs...)
	}
	docs, err := c.documents(ctx, slots)
	if err != nil {
		return nil, err
	}
	drawn := make([]instance.MapPoint, len(points))
	for i, p := range points {
		drawn[i] = p.MapPoint
		slices.SortFunc(p.Refs, func(a, b uint32) int { return strings.Compare(c.cols.rows[a].nameKey, c.cols.rows[b].nameKey) })
		for _, slot := range p.Refs {
			drawn[i].Docs = append(drawn[i].Docs, *docs[slot])
		}
	}
	return drawn, nil
}
