package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// text is a document as tables ft and beginning hold it: words separated by spaces.
type text struct {
	name, place, summary, body string   // stems
	title, words               string   // as written, folded; words are those not in title
	vocabulary                 []string // every word that a typo may mean
}

func analyse(d *instance.Document) text {
	var t text
	var name, words, more []string
	t.name, name = terms(d.Name)
	t.place, words = terms(d.Locality + "\n" + strings.Join(d.Keywords, "\n"))
	t.summary, more = terms(d.Summary)
	words = append(words, more...)
	t.body, more = terms(d.Text + "\n" + d.When.Text)
	words = append(words, more...)
	t.title = title(d, name)
	t.words = strings.Join(words, " ")
	t.vocabulary = slices.Concat(name, words)
	return t
}

// title is what completes a name: all its words, little ones too ("la ro" is on
// the way to La Roche), its hyphenated words in one piece, a territory's codes.
func title(d *instance.Document, name []string) string {
	words := strings.Fields(complete.NameKey(d.Name))
	for _, w := range name {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	_, codes := terms(strings.Join(complete.Codes(d), " "))
	return strings.Join(append(words, codes...), " ")
}

func terms(s string) (stems string, words []string) {
	list, words := french.Terms(s)
	return strings.Join(list, " "), words
}

// found is a document that matches: how well, with how many words of the query
// (when not all were asked for), and how far from the centre.
type found struct {
	slot  uint32
	words int32
	score float64 // greater is better
	km    float64
}

// match finds the documents that a query's text matches. Without any it corrects
// words that nothing knows, then makes do with some of the words. understood is
// the query that was answered in the end.
func (c *content) match(ctx context.Context, q french.Query, scored bool) (hits []found, understood french.Query, err error) {
	hits, err = c.matchAll(ctx, q, scored)
	if err != nil || len(hits) > 0 || len(q.All) == 0 {
		return hits, q, err
	}
	if corrected, changed := c.words.correct(q); changed {
		q = corrected
		if hits, err = c.matchAll(ctx, q, scored); err != nil || len(hits) > 0 {
			return hits, q, err
		}
	}
	hits, err = c.matchSome(ctx, q)
	return hits, q, err
}

// matchAll finds what every clause matches.
func (c *content) matchAll(ctx context.Context, q french.Query, scored bool) ([]found, error) {
	if len(q.All) == 0 {
		return c.exclude(ctx, c.all(), q.None)
	}
	slots, err := c.everyClause(ctx, q.All)
	if err != nil {
		return nil, err
	}
	hits := foundAt(slots)
	if scored && len(hits) > 0 {
		for _, clause := range q.All {
			if err := c.score(ctx, hits, clause, 1); err != nil {
				return nil, err
			}
		}
	}
	return c.exclude(ctx, hits, q.None)
}

// everyClause lists the slots where all the clauses match. Finished words are one
// expression, so that FTS5 skips through the list of the commonest.
func (c *content) everyClause(ctx context.Context, clauses []french.Clause) (slots []uint32, err error) {
	var finished []string
	for _, clause := range clauses {
		if !clause.Prefix {
			finished = append(finished, allFields+" : ("+expression(clause)+")")
		}
	}
	if len(finished) > 0 {
		if slots, err = c.slots(ctx, "ft", strings.Join(finished, " AND ")); err != nil {
			return nil, err
		}
	}
	last := clauses[len(clauses)-1] // the only one that can be unfinished
	if !last.Prefix {
		return slots, nil
	}
	begun, err := c.clause(ctx, last, allFields)
	if len(finished) == 0 {
		return begun, err
	}
	return intersect(slots, begun), err
}

// matchSome finds what some clause matches, those that match more clauses first;
// rare words weigh more than common ones.
func (c *content) matchSome(ctx context.Context, q french.Query) ([]found, error) {
	if len(q.All) < 2 {
		return nil, nil
	}
	lists := make([][]uint32, len(q.All))
	var slots []uint32
	for i, clause := range q.All {
		var err error
		if lists[i], err = c.clause(ctx, clause, allFields); err != nil {
			return nil, err
		}
		slots = append(slots, lists[i]...)
	}
	slices.Sort(slots)
	hits := foundAt(slices.Compact(slots))
	for i, clause := range q.All {
		eachOf(hits, lists[i], func(h *found) { h.words++ })
		rarity := math.Log(1 + float64(c.cols.live)/float64(len(lists[i])+1))
		if err := c.score(ctx, hits, clause, rarity); err != nil {
			return nil, err
		}
	}
	return c.exclude(ctx, hits, q.None)
}

// exclude drops what any of the clauses matches.
func (c *content) exclude(ctx context.Context, hits []found, none []french.Clause) ([]found, error) {
	for _, clause := range none {
		clause.Prefix = false
		unwanted, err := c.clause(ctx, clause, allFields)
		if err != nil {
			return nil, err
		}
		eachOf(hits, unwanted, func(h *found) { h.slot = 0 }) // no document has slot 0
		hits = slices.DeleteFunc(hits, func(h found) bool { return h.slot == 0 })
	}
	return hits, nil
}

// allFields, and below the fields that weigh more than the plain text.
const allFields = "{name place summary body}"

// weights order hits by where a word stands. Adding them up in Go is why FTS5's
// own bm25() is not asked: it reads the whole list of each word again, which takes
// thirty times longer than finding them.
var weights = []struct {
	field  string
	weight float64
}{{"name", 10}, {"place", 4}, {"summary", 3}}

// score adds what a clause is worth in each hit: a short name above a long one.
func (c *content) score(ctx context.Context, hits []found, clause french.Clause, factor float64) error {
	for _, w := range weights {
		slots, err := c.clause(ctx, clause, w.field)
		if err != nil {
			return err
		}
		eachOf(hits, slots, func(h *found) {
			h.score += factor * w.weight
			if w.field == "name" {
				h.score += factor * 40 / float64(10+len(c.cols.rows[h.slot].nameKey))
			}
		})
	}
	return nil
}

// clause lists the slots where a clause matches, in order: its stems in the fields
// or, while it is typed, words that begin so (of the name, when only that is asked).
func (c *content) clause(ctx context.Context, clause french.Clause, fields string) ([]uint32, error) {
	var slots []uint32
	if expr := expression(clause); expr != "" {
		var err error
		if slots, err = c.slots(ctx, "ft", fields+" : ("+expr+")"); err != nil {
			return nil, err
		}
	}
	column, ok := map[string]string{allFields: "{title words}", "name": "title"}[fields]
	if !clause.Prefix || !ok {
		return slots, nil
	}
	begun, err := c.slots(ctx, "beginning", column+" : ("+beginning(clause.Words)+")")
	if err != nil {
		return nil, err
	}
	slots = append(slots, begun...)
	slices.Sort(slots)
	return slices.Compact(slots), nil
}

// slots runs an FTS5 expression on a table. All rowids come in one string: a row
// for each would take six times as long.
func (c *content) slots(ctx context.Context, table, expr string) ([]uint32, error) {
	var list sql.NullString
	err := c.file.read.QueryRowContext(ctx, "SELECT group_concat(rowid) FROM "+table+" WHERE "+table+" MATCH ?", expr).Scan(&list)
	if err != nil {
		return nil, fmt.Errorf("full text %q: %w", expr, err)
	}
	var slots []uint32
	slot, sorted := uint32(0), true
	for i := range len(list.String) {
		if digit := list.String[i]; digit != ',' {
			slot = 10*slot + uint32(digit-'0')
			continue
		}
		sorted = sorted && (len(slots) == 0 || slots[len(slots)-1] < slot)
		slots = append(slots, slot)
		slot = 0
	}
	if list.Valid {
		slots = append(slots, slot)
	}
	if !sorted || !slices.IsSorted(slots) { // FTS5 gives them in order, but promises nothing
		slices.Sort(slots)
	}
	return slots, nil
}

func (c *content) all() []found {
	hits := make([]found, 0, c.cols.live)
	for slot := range c.cols.rows {
		if c.cols.rows[slot].live {
			hits = append(hits, found{slot: uint32(slot)})
		}
	}
	return hits
}

func foundAt(slots []uint32) []found {
	hits := make([]found, len(slots))
	for i, slot := range slots {
		hits[i].slot = slot
	}
	return hits
}

// intersect keeps what two sorted lists share, in the place of the first.
func intersect(a, b []uint32) []uint32 {
	kept := a[:0]
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			kept = append(kept, a[i])
			i, j = i+1, j+1
		}
	}
	return kept
}

// eachOf calls do for the hits that are in the sorted list; hits are sorted too.
func eachOf(hits []found, slots []uint32, do func(*found)) {
	for i, j := 0, 0; i < len(hits) && j < len(slots); {
		switch {
		case hits[i].slot < slots[j]:
			i++
		case hits[i].slot > slots[j]:
			j++
		default:
			do(&hits[i])
			i, j = i+1, j+1
		}
	}
}

// expression says a clause's stems in FTS5's language. Words hold letters and
// digits only, so nothing in them needs escaping.
func expression(clause french.Clause) string {
	var ways []string
	for _, phrase := range clause.Any {
		ways = append(ways, `"`+strings.Join(phrase, " ")+`"`)
	}
	if len(clause.Each) > 0 {
		ways = append(ways, `("`+strings.Join(clause.Each, `" AND "`)+`")`)
	}
	return strings.Join(ways, " OR ")
}

// beginning says words of which the last is not finished.
func beginning(words []string) string {
	return `"` + strings.Join(words, `" AND "`) + `" *`
}
