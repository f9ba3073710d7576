package embedded

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
)

// hitLists are lists to gather hits in, used again: without words a question may find
// every document, at each move of a map.
var hitLists = sync.Pool{New: func() any { return new([]found) }}

// Search implements instance.Index.
func (x *Index) Search(ctx context.Context, q instance.Query) (instance.Result, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.content
	parsed := french.Parse(q.Text)
	order := sortOf(&q, parsed)
	list := hitLists.Get().(*[]found)
	defer hitLists.Put(list)
	hits, understood, err := c.find(ctx, &q, parsed, order == instance.SortRelevance, list)
	if err != nil {
		return instance.Result{}, err
	}
	page, perPage := bounds(&q)
	result := instance.Result{Total: len(hits), Page: page, PerPage: perPage, Facets: c.cols.facets(hits)}
	first := min((page-1)*perPage, len(hits))
	last := min(first+perPage, len(hits))
	if order == instance.SortRelevance {
		hits, err = c.mostRelevant(ctx, hits, last, &q, understood, x.now().Unix())
	} else {
		hits = best(hits, last, c.cols.less(order, x.now().Unix()))
	}
	if err != nil {
		return instance.Result{}, err
	}
	result.Hits, err = c.hits(ctx, hits[first:], understood)
	return result, err
}

// bounds are the page asked for, from 1, and its size.
func bounds(q *instance.Query) (page, perPage int) {
	perPage = q.PerPage
	if perPage <= 0 {
		perPage = defaultPerPage
	}
	return min(max(q.Page, 1), 1<<20), min(perPage, maxPerPage)
}

// sortOf is the order that a query means; SortDefault is "soonest, then newest".
func sortOf(q *instance.Query, text french.Query) instance.Sort {
	switch {
	case q.Sort == instance.SortDate || q.Sort == instance.SortName:
		return q.Sort
	case q.Sort == instance.SortDistance && q.Near != nil:
		return instance.SortDistance
	case len(text.All) > 0:
		return instance.SortRelevance
	case q.Near != nil && q.Sort != instance.SortRelevance:
		return instance.SortDistance
	}
	return instance.SortDefault
}

// find lists every document that a query finds, in no order; without words, in list.
func (c *content) find(ctx context.Context, q *instance.Query, text french.Query, scored bool, list *[]found) ([]found, french.Query, error) {
	f := c.cols.filter(q)
	if text.Empty() {
		*list = c.cols.scan(f, (*list)[:0])
		return *list, text, nil
	}
	hits, understood, err := c.match(ctx, text, c.cols.within(f), scored)
	if err != nil {
		return nil, text, err
	}
	kept := hits[:0]
	for _, h := range hits {
		if km, ok := f.accepts(&c.cols.rows[h.slot]); ok {
			h.km = km
			kept = append(kept, h)
		}
	}
	return kept, understood, nil
}

// within lists the slots of a small region, in order, so that common words are only
// looked for there; nil when the filter asks for a large one or for none.
func (c *columns) within(f *filter) []uint32 {
	box, spatial := f.spatial()
	if !spatial {
		return nil
	}
	slots, ok := c.grid.within(box, c.live)
	if !ok || len(slots) > c.live/4 {
		return nil
	}
	slices.Sort(slots)
	if slots == nil {
		slots = []uint32{} // nowhere is not everywhere
	}
	return slots
}

// scan adds to hits the documents that pass a filter.
func (c *columns) scan(f *filter, hits []found) []found {
	keep := func(slot uint32) {
		if km, ok := f.accepts(&c.rows[slot]); ok {
			hits = append(hits, found{slot: slot, km: km})
		}
	}
	if box, spatial := f.spatial(); spatial {
		if slots, ok := c.grid.within(box, c.live); ok {
			for _, slot := range slots {
				keep(slot)
			}
			return hits
		}
	}
	if f.everything() {
		hits = slices.Grow(hits, c.live)
	}
	for slot := range c.rows {
		keep(uint32(slot))
	}
	return hits
}

// less compares hits in an order. Equal hits are told apart by name, then slot.
func (c *columns) less(order instance.Sort, now int64) func(a, b found) int {
	var first func(a, b found, ra, rb *row) int
	switch order {
	case instance.SortRelevance:
		first = func(a, b found, ra, rb *row) int {
			return cmp.Or(cmp.Compare(b.words, a.words), cmp.Compare(b.score, a.score), cmp.Compare(rb.updated, ra.updated))
		}
	case instance.SortDistance:
		first = func(a, b found, _, _ *row) int { return byDistance(a, b) }
	case instance.SortDate:
		first = func(_, _ found, ra, rb *row) int { return byDate(ra, rb, now) }
	case instance.SortName:
		first = func(_, _ found, _, _ *row) int { return 0 }
	default:
		first = func(_, _ found, ra, rb *row) int { return bySoonest(ra, rb, now) }
	}
	return func(a, b found) int {
		ra, rb := &c.rows[a.slot], &c.rows[b.slot]
		if order := first(a, b, ra, rb); order != 0 {
			return order
		}
		return cmp.Or(strings.Compare(ra.nameKey, rb.nameKey), cmp.Compare(a.slot, b.slot))
	}
}

// byDistance puts what has no place last.
func byDistance(a, b found) int {
	if (a.km < 0) != (b.km < 0) {
		return cmp.Compare(b.km, a.km)
	}
	return cmp.Compare(a.km, b.km)
}

// upcoming says that something is still to come, or goes on.
func (r *row) upcoming(now int64) bool {
	return r.start != unknown && (r.stop > now || r.start >= now)
}

// bySoonest is for browsing: what comes, soonest first, then the rest, newest first.
func bySoonest(a, b *row, now int64) int {
	switch soonA, soonB := a.upcoming(now), b.upcoming(now); {
	case soonA && soonB:
		return cmp.Compare(a.start, b.start)
	case soonA != soonB:
		return preferring(soonA)
	}
	return cmp.Compare(b.updated, a.updated)
}

// byDate puts what comes first, soonest first, then what is past, last first,
// then what has no date, newest first.
func byDate(a, b *row, now int64) int {
	soonA, soonB := a.upcoming(now), b.upcoming(now)
	datedA, datedB := a.start != unknown, b.start != unknown
	switch {
	case soonA && soonB:
		return cmp.Compare(a.start, b.start)
	case soonA != soonB:
		return preferring(soonA)
	case datedA != datedB:
		return preferring(datedA)
	case datedA:
		return cmp.Compare(b.start, a.start)
	}
	return cmp.Compare(b.updated, a.updated)
}

func preferring(a bool) int {
	if a {
		return -1
	}
	return 1
}

// best returns the first n hits in order, without sorting the others.
func best[T any](hits []T, n int, less func(a, b T) int) []T {
	if n == 0 || 4*n > len(hits) {
		slices.SortFunc(hits, less)
		return hits[:n]
	}
	kept := slices.Clone(hits[:n])
	slices.SortFunc(kept, less)
	worst := kept[n-1]
	for _, h := range hits[n:] {
		if less(h, worst) >= 0 {
			continue
		}
		if kept = append(kept, h); len(kept) >= 2*n+64 {
			slices.SortFunc(kept, less)
			kept = kept[:n]
			worst = kept[n-1]
		}
	}
	slices.SortFunc(kept, less)
	return kept[:n]
}

// hits reads the documents of a page.
func (c *content) hits(ctx context.Context, page []found, text french.Query) ([]instance.Hit, error) {
	slots := make([]uint32, len(page))
	for i, h := range page {
		slots[i] = h.slot
	}
	docs, err := c.documents(ctx, slots)
	if err != nil {
		return nil, err
	}
	hits := make([]instance.Hit, 0, len(page))
	for _, h := range page {
		hit := instance.Hit{Document: *docs[h.slot], Highlight: text.Highlight(docs[h.slot].Summary, docs[h.slot].Text)}
		if h.km >= 0 {
			hit.DistanceKm = &h.km
		}
		hits = append(hits, hit)
	}
	return hits, nil
}
