package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/cluster"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// maxExact is how many positions are fetched to be gathered here. Beyond, the
// server counts its cell fields, and clusters stand in the middle of their cell.
const maxExact = 5000

// placed keeps what has a position.
const placed = "cell.z00 EXISTS"

// Map implements instance.Index.
func (x *Index) Map(ctx context.Context, q instance.Query, zoom int) (instance.MapResult, error) {
	s, err := x.scope(ctx, &q, french.Parse(q.Text))
	if err != nil {
		return instance.MapResult{}, fmt.Errorf("map: %w", err)
	}
	s.filter = both(s.filter, placed)
	r := s.request()
	perPage := int64(maxExact)
	r.HitsPerPage, r.Page, r.AttributesToRetrieve, r.Facets = &perPage, 1, []string{"key", "kind", "_geo"}, []string{"kind"}
	response, err := x.client.Index(x.uid).SearchWithContext(ctx, r.Query, r)
	if err != nil {
		return instance.MapResult{}, fmt.Errorf("map: %w", err)
	}
	var result instance.MapResult
	if response.TotalHits > maxExact {
		result, err = x.countCells(ctx, s, response, zoom)
	} else {
		result, err = x.gather(ctx, response.Hits, zoom)
	}
	if err != nil {
		return result, fmt.Errorf("map: %w", err)
	}
	return result, nil
}

// spot is what a map needs of a document.
type spot struct {
	Key  string        `json:"key"`
	Kind instance.Kind `json:"kind"`
	Geo  geo           `json:"_geo"`
}

// gather makes the same points as the embedded engine.
func (x *Index) gather(ctx context.Context, hits meilisearch.Hits, zoom int) (instance.MapResult, error) {
	spots := make([]spot, len(hits))
	for i, hit := range hits {
		if err := hit.DecodeInto(&spots[i]); err != nil {
			return instance.MapResult{}, err
		}
	}
	grid := gridOf(spots, zoom)
	for zoom = min(zoom, cluster.Open); grid.Cells() > cluster.MaxPoints && zoom > 0; {
		zoom--
		grid = gridOf(spots, zoom)
	}
	result := instance.MapResult{Total: grid.Total()}
	points := grid.Points()
	var keys []string
	for _, p := range points {
		for _, ref := range p.Refs {
			keys = append(keys, spots[ref].Key)
		}
	}
	docs, err := x.byKey(ctx, keys)
	if err != nil {
		return result, err
	}
	for _, p := range points {
		for _, ref := range p.Refs {
			if doc, ok := docs[spots[ref].Key]; ok { // else removed between the two requests
				p.Docs = append(p.Docs, doc)
			}
		}
		slices.SortFunc(p.Docs, func(a, b instance.Document) int {
			return strings.Compare(complete.NameKey(a.Name), complete.NameKey(b.Name))
		})
		result.Points = append(result.Points, p.MapPoint)
	}
	return result, nil
}

func gridOf(spots []spot, zoom int) *cluster.Grid {
	var kinds []instance.Kind
	for _, s := range spots {
		if !slices.Contains(kinds, s.Kind) {
			kinds = append(kinds, s.Kind)
		}
	}
	grid := cluster.NewGrid(zoom, kinds)
	for i, s := range spots {
		p := instance.Point{Lat: s.Geo.Lat, Lon: s.Geo.Lng}
		px, py := cluster.Project(p)
		grid.Add(uint32(i), slices.Index(kinds, s.Kind), p, px, py)
	}
	return grid
}

// byKey reads documents.
func (x *Index) byKey(ctx context.Context, keys []string) (map[string]instance.Document, error) {
	docs := map[string]instance.Document{}
	for batch := range slices.Chunk(keys, batchSize) {
		var c conditions
		c.in("key", batch)
		response, err := x.client.Index(x.uid).SearchWithContext(ctx, "", &meilisearch.SearchRequest{
			Filter: c[0], Limit: int64(len(batch)), AttributesToRetrieve: []string{"doc"},
		})
		if err != nil {
			return nil, err
		}
		read, err := documents(response.Hits)
		if err != nil {
			return nil, err
		}
		for _, doc := range read {
			docs[instance.Key(doc.ID)] = doc
		}
	}
	return docs, nil
}

// countCells asks for the number of documents in each cell, kind by kind.
func (x *Index) countCells(ctx context.Context, s scope, whole *meilisearch.SearchResponse, zoom int) (instance.MapResult, error) {
	var counted map[string]map[string]int
	if err := json.Unmarshal(whole.FacetDistribution, &counted); err != nil {
		return instance.MapResult{}, err
	}
	field := "cell." + cellField(zoom)
	none := int64(0)
	var requests []*meilisearch.SearchRequest
	var kinds []instance.Kind
	for kind := range counted["kind"] {
		r := s.request()
		r.Filter, r.HitsPerPage, r.Facets, r.IndexUID = both(s.filter, "kind = "+quote(kind)), &none, []string{field}, x.uid
		requests, kinds = append(requests, r), append(kinds, instance.Kind(kind))
	}
	response, err := x.client.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: requests})
	if err != nil {
		return instance.MapResult{}, err
	}
	cells := map[string]map[instance.Kind]int{}
	result := instance.MapResult{}
	for i, r := range response.Results {
		var distribution map[string]map[string]int
		if err := json.Unmarshal(r.FacetDistribution, &distribution); err != nil {
			return result, err
		}
		for cell, count := range distribution[field] {
			if cells[cell] == nil {
				cells[cell] = map[instance.Kind]int{}
			}
			cells[cell][kinds[i]] = count
			result.Total += count
		}
	}
	result.Points, err = x.cellPoints(ctx, s, field, cells, zoom)
	return result, err
}

// cellPoints draws counted cells: a box to open or, for one document, itself.
func (x *Index) cellPoints(ctx context.Context, s scope, field string, cells map[string]map[instance.Kind]int, zoom int) ([]instance.MapPoint, error) {
	var points []instance.MapPoint
	var single []string
	zoom = min(max(zoom, 0), cluster.Open-1)
	bits := cluster.CellBits(zoom - zoom%cellStep)
	for cell, kinds := range cells {
		count := 0
		for _, n := range kinds {
			count += n
		}
		if count == 1 {
			single = append(single, cell)
			continue
		}
		var cx, cy uint32
		if _, err := fmt.Sscanf(cell, "%d_%d", &cx, &cy); err != nil {
			return nil, fmt.Errorf("cell %q: %w", cell, err)
		}
		side := uint32(1)<<bits - 1
		northWest, southEast := cluster.Unproject(cx<<bits, cy<<bits), cluster.Unproject(cx<<bits+side, cy<<bits+side)
		points = append(points, instance.MapPoint{
			Point: cluster.Unproject(cx<<bits+side/2, cy<<bits+side/2), Count: count, Kinds: kinds,
			Box: &instance.BBox{West: northWest.Lon, North: northWest.Lat, East: southEast.Lon, South: southEast.Lat},
		})
	}
	for batch := range slices.Chunk(single, batchSize) {
		var c conditions
		c.in(field, batch)
		r := s.request()
		r.Filter, r.Limit = both(s.filter, c[0]), int64(len(batch))
		response, err := x.client.Index(x.uid).SearchWithContext(ctx, r.Query, r)
		if err != nil {
			return nil, err
		}
		docs, err := documents(response.Hits)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			points = append(points, instance.MapPoint{Point: *doc.Point, Count: 1, Kinds: map[instance.Kind]int{doc.Kind: 1}, Docs: []instance.Document{doc}})
		}
	}
	slices.SortFunc(points, func(a, b instance.MapPoint) int { return b.Count - a.Count })
	return points, nil
}
