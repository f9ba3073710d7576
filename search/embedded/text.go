package embedded

import (
	"context"
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
	t.place, words = terms(complete.PlaceText(d))
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

// match finds the documents that a query's text matches, among the slots of within
// unless it is nil. When there are none anywhere, it corrects words that nothing
// knows, then makes do with some of the words, everywhere. understood is the query
// that was answered in the end.
func (c *content) match(ctx context.Context, q french.Query, within []uint32, scored bool) (hits []found, understood french.Query, err error) {
	if len(q.All) == 0 {
		hits, err = c.exclude(ctx, c.all(), q.None)
		return hits, q, err
	}
	hits, some, err := c.matchAll(ctx, q, within, scored)
	if err != nil || some {
		return hits, q, err
	}
	if corrected, changed := c.words.correct(q); changed {
		q = corrected
		if hits, some, err = c.matchAll(ctx, q, within, scored); err != nil || some {
			return hits, q, err
		}
	}
	hits, err = c.matchSome(ctx, q)
	return hits, q, err
}

// matchAll finds what every clause matches; some says that there is such a document,
// if not within.
func (c *content) matchAll(ctx context.Context, q french.Query, within []uint32, scored bool) (hits []found, some bool, err error) {
	slots, err := c.everyClause(ctx, q.All, within)
	if err != nil {
		return nil, false, err
	}
	if some = len(slots) > 0; !some && within != nil {
		anywhere, err := c.everyClause(ctx, q.All, nil)
		return nil, len(anywhere) > 0, err
	}
	if hits, err = c.exclude(ctx, foundAt(slots), q.None); err != nil || !scored {
		return hits, some, err
	}
	return hits, some, c.score(ctx, hits, q.All, nil)
}

// everyClause lists the slots where all the clauses match.
func (c *content) everyClause(ctx context.Context, clauses []french.Clause, within []uint32) (slots []uint32, err error) {
	slots = within
	for _, clause := range clauses {
		if slots, _, err = c.clause(ctx, clause, allFields, slots); err != nil || len(slots) == 0 {
			return nil, err
		}
	}
	return slots, nil
}

// matchSome finds what some clause matches, those that match more clauses first.
func (c *content) matchSome(ctx context.Context, q french.Query) ([]found, error) {
	if len(q.All) < 2 {
		return nil, nil
	}
	lists := make([][]uint32, len(q.All))
	var slots []uint32
	for i, clause := range q.All {
		var err error
		if lists[i], _, err = c.clause(ctx, clause, allFields, nil); err != nil {
			return nil, err
		}
		slots = append(slots, lists[i]...)
	}
	slices.Sort(slots)
	hits, err := c.exclude(ctx, foundAt(slices.Compact(slots)), q.None)
	if err != nil {
		return nil, err
	}
	for i, clause := range q.All {
		words := int32(1)
		if c.cols.namesPlace(clause) { // another place will not do
			words = 2
		}
		eachOf(hits, lists[i], func(h int) { hits[h].words += words })
	}
	return hits, c.score(ctx, hits, q.All, lists)
}

// exclude drops what any of the clauses matches.
func (c *content) exclude(ctx context.Context, hits []found, none []french.Clause) ([]found, error) {
	for _, clause := range none {
		clause.Prefix = false
		unwanted, _, err := c.clause(ctx, clause, allFields, nil)
		if err != nil {
			return nil, err
		}
		eachOf(hits, unwanted, func(h int) { hits[h].slot = 0 }) // no document has slot 0
		hits = slices.DeleteFunc(hits, func(h found) bool { return h.slot == 0 })
	}
	return hits, nil
}

// allFields are the columns of ft.
const allFields = "{name place summary body}"

// clause lists the slots where a clause matches, in order: its stems in the fields
// or, while it is typed, words that begin so (of the name, when only that is asked).
// With within it keeps to these; total is about how many there are in all.
func (c *content) clause(ctx context.Context, clause french.Clause, fields string, within []uint32) (slots []uint32, total int, err error) {
	if len(clause.Any)+len(clause.Each) > 0 {
		whole := question{table: "ft", columns: fields, any: clause.Any, each: clause.Each}
		if slots, total, err = c.ask(ctx, whole, within); err != nil {
			return nil, 0, err
		}
	}
	columns, ok := map[string]string{allFields: "{title words}", "name": "title"}[fields]
	if !clause.Prefix || !ok {
		return slots, total, nil
	}
	begun, more, err := c.ask(ctx, question{table: "beginning", columns: columns, words: clause.Words}, within)
	if err != nil {
		return nil, 0, err
	}
	return union(slots, begun), max(total, more), nil
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

// eachOf calls do for the places of the hits that are in the sorted list; hits are
// sorted too.
func eachOf(hits []found, slots []uint32, do func(hit int)) {
	for i, j := 0, 0; i < len(hits) && j < len(slots); {
		switch {
		case hits[i].slot < slots[j]:
			i++
		case hits[i].slot > slots[j]:
			j++
		default:
			do(i)
			i, j = i+1, j+1
		}
	}
}

// union merges two sorted lists.
func union(a, b []uint32) []uint32 {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := make([]uint32, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] < b[j]:
			all = append(all, a[i])
			i++
		case a[i] > b[j]:
			all = append(all, b[j])
			j++
		default:
			all = append(all, a[i])
			i, j = i+1, j+1
		}
	}
	return append(append(all, a[i:]...), b[j:]...)
}
