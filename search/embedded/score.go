package embedded

import (
	"context"
	"math"
	"slices"
	"strings"

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
// common ones: from 0 to a little more than 1.
func (c *content) score(hits []found, clauses []french.Clause, answers []answer) {
	if len(hits) == 0 {
		return
	}
	total := 0.0
	for i, clause := range clauses {
		rarity := math.Log(1 + float64(c.cols.live)/float64(answers[i].seen+1))
		total += rarity
		place := rank.WorthPlace
		if c.cols.namesPlace(clause) {
			place = rank.WorthName
		}
		worths := worthsOf(place)
		code := len(clause.Words) == 1 && strings.ContainsAny(clause.Words[0], "0123456789")
		territory, known := c.cols.kinds.ids[string(instance.KindTerritory)]
		eachOf(hits, answers[i].postings, func(h int, in fields) {
			worth := worths[in&(itself-1)]
			if code && known && uint32(c.cols.rows[hits[h].slot].kind) == territory {
				worth = max(worth, rank.WorthName) // else all that is there would come first
			}
			if in&inName != 0 {
				worth += worthShort * 10 / float64(10+c.cols.names[hits[h].slot].length())
			}
			if in&itself == 0 {
				worth *= worthSynonym
			}
			hits[h].score += rarity * worth
		})
	}
	for h := range hits {
		hits[h].score /= total
	}
}

// worthsOf is what a clause is worth by the fields that have it.
func worthsOf(place float64) (worths [1 << fieldBits]float64) {
	for in := range worths {
		worths[in] = rank.WorthText
		for i, worth := range [...]float64{rank.WorthName, place, rank.WorthSummary} {
			if in&(1<<i) != 0 {
				worths[in] = max(worths[in], worth) + worthMore
			}
		}
	}
	return worths
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
