package embedded

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/maillage/maillage/search/french"
)

// answer is what a clause finds, in the order of the slots, and about how many
// documents have it in a field that counts more than their text, wherever they are.
type answer struct {
	postings []posting
	seen     int
}

func (a *answer) slots() []uint32 {
	slots := make([]uint32, len(a.postings))
	for i, p := range a.postings {
		slots[i] = p.slot
	}
	return slots
}

// tally adds lists up: the fields of each slot. A byte for each document is less to
// clear and to read, even with a million, than merging lists is.
type tally struct {
	marks []fields
	seen  [1 << fieldBits]int // how many postings have just these fields
}

var tallies = sync.Pool{New: func() any { return new(tally) }}

// newTally is for n slots; release it.
func newTally(n int) *tally {
	t := tallies.Get().(*tally)
	t.marks = slices.Grow(t.marks[:0], n)[:n]
	clear(t.marks)
	clear(t.seen[:])
	return t
}

func (t *tally) release() { tallies.Put(t) }

// add adds postings, all with a mark too.
func (t *tally) add(postings iter.Seq2[uint32, fields], mark fields) {
	marks := t.marks
	for slot, in := range postings {
		marks[slot] |= in | mark
		t.seen[in]++
	}
}

// answer gives what was added up of the documents that are there, only those of
// within unless it is nil.
func (t *tally) answer(alive []bool, within []uint32) answer {
	var a answer
	for bit := inName; bit < inBody; bit <<= 1 {
		n := 0
		for in, count := range t.seen {
			if fields(in)&bit != 0 {
				n += count
			}
		}
		a.seen = max(a.seen, n)
	}
	if within != nil {
		for _, slot := range within {
			if in := t.marks[slot]; in != 0 && alive[slot] {
				a.postings = append(a.postings, posting{slot, in})
			}
		}
		return a
	}
	n := 0
	for _, count := range t.seen {
		n += count
	}
	a.postings = make([]posting, 0, min(n, len(t.marks)))
	for slot, in := range t.marks {
		if in != 0 && alive[slot] {
			a.postings = append(a.postings, posting{uint32(slot), in})
		}
	}
	return a
}

// clause finds where a clause matches: its stems or, while it is typed, words that
// begin so. With within it keeps to these slots.
func (c *content) clause(ctx context.Context, clause french.Clause, within []uint32) (answer, error) {
	t := newTally(len(c.cols.rows))
	defer t.release()
	var inOtherWords fields
	if len(clause.Any) < 2 {
		inOtherWords = itself
	}
	for i, phrase := range clause.Any {
		mark := inOtherWords
		if i == 0 {
			mark = itself
		}
		postings, err := c.phrase(ctx, phrase, within)
		if err != nil {
			return answer{}, err
		}
		t.add(postings, mark)
	}
	if len(clause.Each) > 0 {
		t.add(each(c.together(clause.Each)), inOtherWords)
	}
	if clause.Prefix {
		c.addBegun(t, clause)
	}
	return t.answer(c.cols.alive, within), nil
}

// addBegun adds what has the words of a clause, the last of which is unfinished.
func (c *content) addBegun(t *tally, clause french.Clause) {
	last := len(clause.Words) - 1
	if last < 0 {
		return
	}
	if len(clause.Any) == 0 { // a little word, which only titles keep
		for word := range c.titles.words.beginning(clause.Words[last]) {
			for slot := range c.titles.lists[word].all() {
				t.marks[slot] |= inName | itself
			}
		}
	}
	if last == 0 {
		c.addForms(t, clause.Words[0])
		return
	}
	forms := newTally(len(c.cols.rows))
	defer forms.release()
	c.addForms(forms, clause.Words[last])
	postings := forms.answer(c.cols.alive, nil).postings
	for _, word := range clause.Words[:last] {
		postings = alsoIn(postings, c.stems.lists[french.Stem(word)])
	}
	t.add(each(postings), 0)
}

// addForms adds what has a word that begins so, in any form. Unfinished, it is worth
// more in a name only.
func (c *content) addForms(t *tally, prefix string) {
	seen := map[string]bool{}
	for form := range c.words.forms.beginning(prefix) {
		if stem := french.Stem(form); !seen[stem] {
			seen[stem] = true
			for slot, in := range c.stems.lists[stem].all() {
				if in &= inName; in == 0 {
					in = inBody
				}
				t.marks[slot] |= in | itself
				t.seen[in]++
			}
		}
	}
}

func each(postings []posting) iter.Seq2[uint32, fields] {
	return func(yield func(uint32, fields) bool) {
		for _, p := range postings {
			if !yield(p.slot, p.in) {
				return
			}
		}
	}
}

// together finds what has all the words, wherever: in the fields that have them all
// or, failing that, in its text.
func (c *content) together(words []string) []posting {
	lists := make([]*list, len(words))
	for i, word := range words {
		if lists[i] = c.stems.lists[word]; lists[i] == nil {
			return nil
		}
	}
	slices.SortFunc(lists, func(a, b *list) int { return a.n - b.n })
	postings := make([]posting, 0, lists[0].n)
	for slot, in := range lists[0].all() {
		postings = append(postings, posting{slot, in})
	}
	for _, l := range lists[1:] {
		postings = alsoIn(postings, l)
	}
	return postings
}

// alsoIn keeps the postings that are in a list too, in its place.
func alsoIn(postings []posting, l *list) []posting {
	kept, i := postings[:0], 0
	for slot, in := range l.all() {
		for i < len(postings) && postings[i].slot < slot {
			i++
		}
		if i == len(postings) {
			break
		}
		if p := postings[i]; p.slot == slot {
			if p.in &= in; p.in == 0 {
				p.in = inBody
			}
			kept = append(kept, p)
		}
	}
	return kept
}

// fewPhrases is how many documents are read to see whether a phrase is in them.
const fewPhrases = 100

// phrase finds a row of stems. Known expressions are kept like words. Of others, what
// has all the words is read when that is little; else the full text is asked, which
// knows their positions.
func (c *content) phrase(ctx context.Context, stems []string, within []uint32) (iter.Seq2[uint32, fields], error) {
	if len(stems) == 1 || french.Expression(stems) {
		return c.stems.lists[strings.Join(stems, " ")].all(), nil
	}
	candidates := c.together(stems)
	candidates = slices.DeleteFunc(candidates, func(p posting) bool { return !c.cols.alive[p.slot] })
	if within != nil {
		candidates = keep(candidates, within)
	}
	var slots []uint32
	var err error
	if len(candidates) <= fewPhrases {
		slots, err = c.reading(ctx, candidates, stems)
	} else {
		slots, err = c.file.matching(ctx, `"`+strings.Join(stems, " ")+`"`)
	}
	return each(keep(candidates, slots)), err
}

// reading reads the candidates for a phrase.
func (c *content) reading(ctx context.Context, candidates []posting, stems []string) (slots []uint32, err error) {
	a := answer{postings: candidates}
	docs, err := c.documents(ctx, a.slots())
	if err != nil {
		return nil, err
	}
	for _, p := range candidates {
		if analyse(docs[p.slot]).hasRow(stems) {
			slots = append(slots, p.slot)
		}
	}
	return slots, nil
}

// keep keeps the postings of some slots, in their place.
func keep(postings []posting, slots []uint32) []posting {
	kept, j := postings[:0], 0
	for _, p := range postings {
		for j < len(slots) && slots[j] < p.slot {
			j++
		}
		if j < len(slots) && slots[j] == p.slot {
			kept = append(kept, p)
		}
	}
	return kept
}
