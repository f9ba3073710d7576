package embedded

import (
	"context"
	"math"
	"slices"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
	"github.com/maillage/maillage/search/rank"
)

const (
	worthMore    = 0.1  // of each other field that has the word too
	worthShort   = 0.15 // of the name, shared with its other words
	worthSynonym = 0.6  // times this, where only a synonym stands
)

// score gives every hit the worth of each clause, rare words counting more than
// common ones: from 0 to a little more than 1. Adding fields up in Go is why FTS5's
// own bm25() is not asked: it reads the whole list of each word again, which takes
// thirty times longer than finding them. matched lists the hits of each clause; nil
// when all of them answer all the clauses.
func (c *content) score(ctx context.Context, hits []found, clauses []french.Clause, matched [][]uint32) error {
	worth, slots := make([]float64, len(hits)), make([]uint32, len(hits))
	for h := range hits {
		slots[h] = hits[h].slot
	}
	total := 0.0
	for i, clause := range clauses {
		if matched == nil {
			fillWith(worth, rank.WorthText)
		} else {
			fillWith(worth, 0)
			eachOf(hits, matched[i], func(h int) { worth[h] = rank.WorthText })
		}
		seen, err := c.worth(ctx, hits, slots, clause, worth)
		if err != nil {
			return err
		}
		rarity := math.Log(1 + float64(c.cols.live)/float64(seen+1))
		total += rarity
		for h := range hits {
			hits[h].score += rarity * worth[h]
		}
	}
	for h := range hits {
		hits[h].score /= total
	}
	return nil
}

func fillWith(values []float64, value float64) {
	for i := range values {
		values[i] = value
	}
}

// worth adds what the fields give a clause in each hit; seen is about how many
// documents have it there.
func (c *content) worth(ctx context.Context, hits []found, within []uint32, clause french.Clause, worth []float64) (seen int, err error) {
	place := rank.WorthPlace
	if c.cols.namesPlace(clause) {
		place = rank.WorthName
	}
	for _, field := range [...]struct {
		name  string
		worth float64
	}{{"name", rank.WorthName}, {"place", place}, {"summary", rank.WorthSummary}} {
		slots, total, err := c.clause(ctx, clause, field.name, within)
		if err != nil {
			return 0, err
		}
		seen = max(seen, total)
		eachOf(hits, slots, func(h int) {
			worth[h] = max(worth[h], field.worth) + worthMore
			if field.name == "name" {
				worth[h] += worthShort * 10 / float64(10+len(c.cols.rows[hits[h].slot].nameKey))
			}
		})
	}
	return seen, c.demoteSynonyms(ctx, hits, within, clause, worth)
}

// demoteSynonyms puts what answers a clause in its own words before what answers it
// in others.
func (c *content) demoteSynonyms(ctx context.Context, hits []found, within []uint32, clause french.Clause, worth []float64) error {
	if len(clause.Any) < 2 {
		return nil
	}
	typed := clause
	typed.Any, typed.Each = clause.Any[:1], nil
	slots, _, err := c.clause(ctx, typed, allFields, within)
	itself := make([]bool, len(hits))
	eachOf(hits, slots, func(h int) { itself[h] = true })
	for h := range worth {
		if !itself[h] {
			worth[h] *= worthSynonym
		}
	}
	return err
}

// namesPlace says that a clause is a word of some commune's name.
func (c *columns) namesPlace(clause french.Clause) bool {
	return len(clause.Words) > 0 && !slices.ContainsFunc(clause.Words, func(w string) bool { return !c.localityWords[w] })
}

// facts of a hit, for its prior.
func (c *columns) facts(h *found, placed bool) rank.Facts {
	r := &c.rows[h.slot]
	f := rank.Facts{Kind: instance.Kind(c.kinds.names[r.kind]), Updated: r.updated, Km: h.km, Placed: placed}
	if r.start != unknown {
		f.Start, f.Stop = r.start, r.stop
	}
	return f
}

// mostRelevant returns the first n hits. Those that a close look concerns are
// always the same, so that pages follow each other.
func (c *content) mostRelevant(ctx context.Context, hits []found, n int, q *instance.Query, understood french.Query, now int64) ([]found, error) {
	for i := range hits {
		hits[i].score *= rank.Prior(c.cols.facts(&hits[i], q.Near != nil), now)
	}
	less := c.cols.less(instance.SortRelevance, now)
	hits = best(hits, min(len(hits), max(n, rank.CloseLook)), less)
	first := hits[:min(len(hits), rank.CloseLook)]
	slots := make([]uint32, len(first))
	for i, h := range first {
		slots[i] = h.slot
	}
	docs, err := c.documents(ctx, slots)
	if err != nil {
		return nil, err
	}
	for i := range first {
		prior := rank.Prior(c.cols.facts(&first[i], q.Near != nil), now)
		first[i].score += prior * rank.Closeness(understood, docs[first[i].slot])
	}
	slices.SortFunc(first, less)
	return hits[:n], nil
}
