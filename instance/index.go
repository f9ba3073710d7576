package instance

import (
	"context"
	"time"
)

// Index answers searches and draws maps. It is disposable: always rebuildable
// from the store, never the only copy of anything. search/embedded and
// search/meili implement it and pass one contract suite.
type Index interface {
	// Put adds or replaces documents, by ID. They are visible when it returns.
	Put(ctx context.Context, docs ...Document) error
	// Remove forgets documents; unknown IDs are no error.
	Remove(ctx context.Context, ids ...string) error
	// Search returns one page of hits and the facets of all of them.
	Search(ctx context.Context, q Query) (Result, error)
	// Map returns the points and clusters of everything q finds that has a place,
	// for a map at the zoom level (0 = world, 20 = street). Page and sort are ignored.
	Map(ctx context.Context, q Query, zoom int) (MapResult, error)
	// Suggest completes what someone is typing.
	Suggest(ctx context.Context, text string, limit int) ([]Suggestion, error)
	// Rebuild replaces the whole content by what next yields, until it yields nothing.
	// Searches keep being answered from the old content meanwhile.
	Rebuild(ctx context.Context, next func(context.Context) ([]Document, error)) error
	// Count is the number of documents.
	Count(ctx context.Context) (int, error)
	Close() error
}

// IndexHealth says how a search engine is doing that leans on another server.
type IndexHealth struct {
	Degraded bool      // the embedded engine answers in the place of the server
	Since    time.Time // when that began
	Reason   string    // for the host, "" when it is well
}

// Document is a thing as the index knows it.
type Document struct {
	ID          string // IRI
	Kind        Kind
	URL         string // page on its own node
	Path        string // page on this node, "/evenements/x"
	Origin      string // "" = ours, else host[:port]
	Name        string
	Summary     string
	Text        string   // more words to search, plain text
	Keywords    []string // labels of themes, kinds, roles, codes, in French: searched, not shown
	Themes      []string
	Roles       []string
	Subkind     string // event kind, actor kind or territory kind
	Status      string
	Territories []string // slugs and IRIs
	Locality    string   // commune, or the territory's name
	Point       *Point
	Precision   Precision
	When        When      // of an event, to show
	Start, End  time.Time // its Bounds, to filter and sort; zero when unknown
	Updated     time.Time
}

// Sort is the order of hits.
type Sort string

// The orders. The default is relevance with a text, distance with a centre,
// else soonest upcoming first, then newest.
const (
	SortDefault   Sort = ""
	SortRelevance Sort = "relevance"
	SortDistance  Sort = "distance"
	SortDate      Sort = "date" // upcoming soonest first, then past latest first, then undated
	SortName      Sort = "name"
)

// Query selects documents; zero values do not filter, several values of one
// field mean any of them, several fields mean all of them.
type Query struct {
	Text        string // what someone typed; all words, the last one as a prefix
	Kinds       []Kind
	Subkinds    []string
	Themes      []string
	Roles       []string
	Territories []string // slugs or IRIs
	Near        *Near
	BBox        *BBox
	From, To    time.Time // events whose bounds meet [From, To); other kinds are left out
	Undated     bool      // From and To choose among events only: other kinds are not left out
	Scope       Scope
	Sort        Sort
	Page        int // from 1; 0 = 1
	PerPage     int // at most 100; 0 = 20
}

// Near is a circle.
type Near struct {
	Point    Point
	RadiusKm float64 // 0 = no limit: only sorts
}

// Result is one page.
type Result struct {
	Total   int
	Page    int
	PerPage int
	Hits    []Hit
	// Facets counts the values of "kind", "theme", "role", "subkind", "territory"
	// (slugs) and "origin" ("local" or a domain) over all hits, most frequent first,
	// at most 100 of each.
	Facets map[string][]FacetValue
}

// Hit is a document found; it is shared, and read only. DistanceKm is set when the query has a centre and the
// document a place. Highlight is the best extract of Summary or Text, HTML with
// <mark> around what matched, "" without a text.
type Hit struct {
	Document
	DistanceKm *float64
	Highlight  string
}

// FacetValue counts one value.
type FacetValue struct {
	Value string
	Count int
}

// MapResult is what a map draws.
type MapResult struct {
	Total  int // documents with a place that match
	Points []MapPoint
}

// MapPoint is one document, a stack of documents at one position, or a cluster.
// A stack (Count > 1, Box empty) cannot be told apart by zooming in: list it.
type MapPoint struct {
	Point Point
	Count int
	Box   *BBox        // of a cluster: zoom here to open it
	Kinds map[Kind]int // how many of each kind
	Docs  []Document   // the document; of a stack, the first 100
}

// Suggestion is a completion. Kind is "" for a theme.
type Suggestion struct {
	Text   string // what is offered
	Kind   Kind
	Theme  string // slug, for a theme
	ID     string
	Path   string
	Detail string // locality, or the kind in words
}
