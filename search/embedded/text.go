package embedded

import (
	"context"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// text is a document analysed.
type text struct {
	rows   [4][]string       // the stems of each field, in the order they are read
	stems  map[string]fields // and known expressions, with the fields that have them
	titles map[string]fields // what completes a name, with the part it has in it
	forms  []string          // words as written, folded: what a typo or a beginning may mean
}

func analyse(d *instance.Document) *text {
	t := &text{stems: make(map[string]fields, 64)}
	var name []string
	for i, field := range [...]string{d.Name, complete.PlaceText(d), d.Summary, d.Text + "\n" + d.When.Text} {
		stems, words := french.Terms(field)
		t.rows[i], t.forms = stems, append(t.forms, words...)
		if i == 0 {
			name = words
		}
		for _, stem := range stems {
			t.stems[stem] |= 1 << i
		}
		for _, expression := range french.Expressions(stems) {
			t.stems[expression] |= 1 << i
		}
	}
	t.titles = titles(d, name)
	return t
}

// hasRow says that stems stand in a row in some field.
func (t *text) hasRow(stems []string) bool {
	for _, row := range t.rows {
		for at := 0; at+len(stems) <= len(row); at++ {
			if slices.Equal(row[at:at+len(stems)], stems) {
				return true
			}
		}
	}
	return false
}

// What a word is in a title.
const (
	beginsName fields = 1 << iota
	insideName
	isCode
	isCompound // a hyphenated word in one piece
)

// titles are what completes a name: all its words, little ones too ("la ro" is on
// the way to La Roche), its hyphenated words in one piece, a territory's codes.
func titles(d *instance.Document, name []string) map[string]fields {
	words := map[string]fields{}
	for i, w := range strings.Fields(complete.NameKey(d.Name)) {
		if i == 0 {
			words[w] |= beginsName
		} else {
			words[w] |= insideName
		}
	}
	for _, w := range name {
		if words[w] == 0 {
			words[w] = isCompound
		}
	}
	_, codes := french.Terms(strings.Join(complete.Codes(d), " "))
	for _, w := range codes {
		words[w] |= isCode
	}
	return words
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
	slots, answers, err := c.everyClause(ctx, q.All, within)
	if err != nil {
		return nil, false, err
	}
	if some = len(slots) > 0; !some && within != nil {
		anywhere, _, err := c.everyClause(ctx, q.All, nil)
		return nil, len(anywhere) > 0, err
	}
	if hits, err = c.exclude(ctx, foundAt(slots), q.None); err == nil && scored {
		c.score(hits, q.All, answers)
	}
	return hits, some, err
}

// everyClause lists the slots where all the clauses match, and what each of them
// finds, which may be more.
func (c *content) everyClause(ctx context.Context, clauses []french.Clause, within []uint32) (slots []uint32, answers []answer, err error) {
	slots = within
	for _, clause := range clauses {
		a, err := c.clause(ctx, clause, slots)
		if err != nil || len(a.postings) == 0 {
			return nil, nil, err
		}
		slots, answers = a.slots(), append(answers, a)
	}
	return slots, answers, nil
}

// matchSome finds what some clause matches, those that match more clauses first.
func (c *content) matchSome(ctx context.Context, q french.Query) ([]found, error) {
	if len(q.All) < 2 {
		return nil, nil
	}
	answers := make([]answer, len(q.All))
	var slots []uint32
	for i, clause := range q.All {
		var err error
		if answers[i], err = c.clause(ctx, clause, nil); err != nil {
			return nil, err
		}
		slots = append(slots, answers[i].slots()...)
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
		eachOf(hits, answers[i].postings, func(h int, _ fields) { hits[h].words += words })
	}
	c.score(hits, q.All, answers)
	return hits, nil
}

// exclude drops what any of the clauses matches.
func (c *content) exclude(ctx context.Context, hits []found, none []french.Clause) ([]found, error) {
	for _, clause := range none {
		clause.Prefix = false
		unwanted, err := c.clause(ctx, clause, nil)
		if err != nil {
			return nil, err
		}
		eachOf(hits, unwanted.postings, func(h int, _ fields) { hits[h].slot = 0 }) // no document has slot 0
		hits = slices.DeleteFunc(hits, func(h found) bool { return h.slot == 0 })
	}
	return hits, nil
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

// eachOf calls do for the places of the hits that are in an answer; both are in order.
func eachOf(hits []found, postings []posting, do func(hit int, in fields)) {
	for i, j := 0, 0; i < len(hits) && j < len(postings); {
		switch {
		case hits[i].slot < postings[j].slot:
			i++
		case hits[i].slot > postings[j].slot:
			j++
		default:
			do(i, postings[j].in)
			i, j = i+1, j+1
		}
	}
}
