package web

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/instance"
)

type mapView struct {
	Filters  filterForm
	BBox     string // west,south,east,north to show first
	Bounded  bool   // the list is limited to that box
	NoLayer  bool   // every layer was unticked
	More     bool   // a filter that the form folds is in use
	WideURL  string // the same without the box
	Problems []instance.FieldError
	Total    int
	Placed   int // how many of Total have a position
	Cards    []card
	Pages    pagination
	Labels   mapLabels
	Layers   []layer
	Time     timeline
	White    whiteMap
	PrintURL string
	Basemap  *basemap // nil for the map's own
	Worker   string   // script that keeps the last view; "" for signed-in people
	Credit   string   // of what the map says of communes
}

// mapLabels are the words that the map's script shares with the pages.
type mapLabels struct {
	From     string            `json:"from"` // %s: a node's name
	Close    string            `json:"close"`
	Kinds    map[string]string `json:"kinds"`
	Networks map[string]string `json:"networks"` // names of nodes by domain
}

// franceBBox is the mainland, for a map that has nothing yet to show.
const franceBBox = "-5.2,41.3,9.7,51.1"

// mapPage answers the map and its twin, the list of the same things.
func (s *Server) mapPage(r *request) error {
	q, err := parseQuery(r.QueryParams())
	v := mapView{Problems: r.problems(err), Bounded: q.BBox != nil, WideURL: r.with("bbox", "")}
	asked := q.Kinds
	if len(asked) == len(indexedKinds) {
		asked = nil // what a form without script sends of boxes that are all ticked
	}
	if len(asked) == 0 {
		q.Kinds = indexedKinds
	}
	q.Undated = true // dates choose among events; the rest of the map stays
	base := instance.Query{Kinds: indexedKinds}
	if v.Filters, err = r.filters(base, "theme", "role", "territory", "origin"); err != nil {
		return err
	}
	v.Layers = r.layers(asked)
	if v.Time, err = r.timeline(); err != nil {
		return err
	}
	if v.White, err = r.whiteMap(q.BBox); err != nil {
		return err
	}
	v.NoLayer = slices.Contains(asked, noKind) && !v.White.Shown
	v.More = v.Time.From != "" || v.Time.To != "" || slices.ContainsFunc(v.Filters.Selects, selectField.chosen)
	v.Filters.Active = v.Filters.Active || v.More || len(asked) > 0 || v.White.Shown
	if q.Text == "" && q.Sort == instance.SortDefault {
		q.Sort = instance.SortName
	}
	q.PerPage = 50
	result, err := s.node.Index().Search(r.ctx(), q)
	if err != nil {
		return err
	}
	drawn, err := s.node.Index().Map(r.ctx(), q, 4)
	if err != nil {
		return err
	}
	v.Total, v.Placed = result.Total, drawn.Total
	v.Cards, v.Pages = r.hitCards(result.Hits), r.paginate(q.Page, q.PerPage, result.Total)
	v.BBox = boundsOf(drawn.Points)
	if q.BBox != nil {
		v.BBox = fmt.Sprintf("%g,%g,%g,%g", q.BBox.West, q.BBox.South, q.BBox.East, q.BBox.North)
	}
	v.Labels = r.mapLabels()
	v.PrintURL, v.Basemap, v.Credit = localURL("/carte/imprimer", r.listQuery()), s.basemap, gazetteerCredit
	if r.account == nil {
		v.Worker = "/carte/sw.js?v=" + s.assets.version
	}
	r.allowTiles()
	return r.show("map", &page{
		Title: r.T("map.title"), Description: r.T("map.lead"), Section: "/carte", View: v,
		Scripts: []string{"js/map.js"},
	})
}

func (r *request) mapLabels() mapLabels {
	labels := mapLabels{From: r.T("card.from"), Close: r.T("map.close"), Kinds: map[string]string{}, Networks: map[string]string{}}
	for _, kind := range indexedKinds {
		labels.Kinds[string(kind)] = r.T("kind." + string(kind))
	}
	r.peerName(r.s.node.Domain()) // loads the names
	for domain, name := range r.names {
		if domain != "" {
			labels.Networks[domain] = name
		}
	}
	return labels
}

// boundsOf is the box around points and clusters, with a margin. Things overseas
// would shrink the mainland to a dot: when there is some of both, the mainland is
// what is shown first.
func boundsOf(points []instance.MapPoint) string {
	mainland := instance.BBox{West: -6, South: 41, East: 10, North: 52}
	box, count := boxAround(points, mainland.Contains)
	if count == 0 {
		box, count = boxAround(points, func(instance.Point) bool { return true })
	}
	if count == 0 {
		return franceBBox
	}
	const margin = 0.15
	return fmt.Sprintf("%.3f,%.3f,%.3f,%.3f", max(box.West-margin, -180), max(box.South-margin, -90), min(box.East+margin, 180), min(box.North+margin, 90))
}

// boxAround surrounds the points that are wanted, and counts them.
func boxAround(points []instance.MapPoint, wanted func(instance.Point) bool) (box instance.BBox, count int) {
	for _, p := range points {
		if !wanted(p.Point) {
			continue
		}
		own := instance.BBox{West: p.Point.Lon, South: p.Point.Lat, East: p.Point.Lon, North: p.Point.Lat}
		if p.Box != nil && wanted(instance.Point{Lat: p.Box.South, Lon: p.Box.West}) && wanted(instance.Point{Lat: p.Box.North, Lon: p.Box.East}) {
			own = *p.Box
		}
		if count == 0 {
			box = own
		}
		box.West, box.South = min(box.West, own.West), min(box.South, own.South)
		box.East, box.North = max(box.East, own.East), max(box.North, own.North)
		count++
	}
	return box, count
}
