package embedded

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// text is a document as table ft holds it: words separated by spaces.
type text struct {
	name, place, summary, body string   // stems
	title, words               string   // as written, folded
	vocabulary                 []string // every word that a typo may mean
}

func analyse(d *instance.Document) text {
	var t text
	var name, words, more []string
	t.name, name = terms(d.Name)
	t.place, words = terms(d.Locality + "\n" + strings.Join(d.Keywords, "\n"))
	t.summary, more = terms(d.Summary)
	words = append(words, more...)
	t.body, more = terms(d.Text + "\n" + d.DateText)
	words = append(words, more...)
	t.title = title(d, name)
	t.words = strings.Join(words, " ")
	t.vocabulary = append(name, words...)
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

// The weight of a match by column of ft: the name first, then place and keywords,
// summary, text; then beginnings of words in the name and elsewhere.
const relevance = "bm25(ft, 10.0, 4.0, 3.0, 1.0, 5.0, 0.5)"

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
	exprs := make([]string, len(q.All))
	for i, clause := range q.All {
		exprs[i] = expression(clause)
	}
	hits, err := c.query(ctx, strings.Join(exprs, " AND "), scored)
	if err != nil {
		return nil, err
	}
	return c.exclude(ctx, hits, q.None)
}

// matchSome finds what some clause matches, those that match more clauses first.
func (c *content) matchSome(ctx context.Context, q french.Query) ([]found, error) {
	if len(q.All) < 2 {
		return nil, nil
	}
	var hits []found
	place := map[uint32]int{}
	for _, clause := range q.All {
		some, err := c.query(ctx, expression(clause), true)
		if err != nil {
			return nil, err
		}
		for _, h := range some {
			i, ok := place[h.slot]
			if !ok {
				i = len(hits)
				place[h.slot] = i
				hits = append(hits, found{slot: h.slot})
			}
			hits[i].words++
			hits[i].score += h.score
		}
	}
	slices.SortFunc(hits, func(a, b found) int { return cmp.Compare(a.slot, b.slot) })
	return c.exclude(ctx, hits, q.None)
}

// exclude drops what any of the clauses matches.
func (c *content) exclude(ctx context.Context, hits []found, none []french.Clause) ([]found, error) {
	if len(none) == 0 || len(hits) == 0 {
		return hits, nil
	}
	exprs := make([]string, len(none))
	for i, clause := range none {
		exprs[i] = expression(clause)
	}
	unwanted, err := c.query(ctx, strings.Join(exprs, " OR "), false)
	if err != nil {
		return nil, err
	}
	out := make(map[uint32]bool, len(unwanted))
	for _, h := range unwanted {
		out[h.slot] = true
	}
	return slices.DeleteFunc(hits, func(h found) bool { return out[h.slot] }), nil
}

// query runs an FTS5 expression; "" is every document.
func (c *content) query(ctx context.Context, expr string, scored bool) ([]found, error) {
	if expr == "" {
		return c.all(), nil
	}
	columns := "rowid, 0.0"
	if scored {
		columns = "rowid, " + relevance
	}
	rows, err := c.file.read.QueryContext(ctx, "SELECT "+columns+" FROM ft WHERE ft MATCH ?", expr)
	if err != nil {
		return nil, fmt.Errorf("full text %q: %w", expr, err)
	}
	defer rows.Close()
	var hits []found
	for rows.Next() {
		var h found
		if err := rows.Scan(&h.slot, &h.score); err != nil {
			return nil, err
		}
		h.score = -h.score // FTS5 ranks the best lowest
		hits = append(hits, h)
	}
	return hits, rows.Err()
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

// expression says a clause in FTS5's language. Words hold letters and digits only,
// so nothing in them needs escaping.
func expression(clause french.Clause) string {
	var any []string
	for _, phrase := range clause.Any {
		any = append(any, `{name place summary body} : "`+strings.Join(phrase, " ")+`"`)
	}
	if len(clause.Each) > 0 {
		any = append(any, `("`+strings.Join(clause.Each, `" AND "`)+`")`)
	}
	if clause.Prefix {
		any = append(any, `{title words} : "`+strings.Join(clause.Words, " ")+`" *`)
	}
	return "(" + strings.Join(any, " OR ") + ")"
}
