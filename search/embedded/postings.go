package embedded

import (
	"context"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
)

// question is what the full text is asked: which documents have some words in some
// columns.
type question struct {
	table   string     // "ft", "beginning"
	columns string     // in FTS5's language: "name", "{title words}"
	any     [][]string // of ft: rows of stems, of which one is enough
	each    []string   // of ft: or all of these stems, wherever
	words   []string   // of beginning: all of these, the last one unfinished
}

// expression says a question in FTS5's language. Words hold letters and digits only,
// so nothing in them needs escaping.
func (q question) expression() string {
	var ways []string
	for _, phrase := range q.any {
		ways = append(ways, `"`+strings.Join(phrase, " ")+`"`)
	}
	if len(q.each) > 0 {
		ways = append(ways, `("`+strings.Join(q.each, `" AND "`)+`")`)
	}
	if len(q.words) > 0 {
		ways = append(ways, `"`+strings.Join(q.words, `" AND "`)+`" *`)
	}
	return q.columns + " : (" + strings.Join(ways, " OR ") + ")"
}

func (q question) key() string { return q.table + " " + q.expression() }

// answeredBy says what FTS5 would, of one document. in are the question's columns.
func (q question) answeredBy(d *tokens, in []int) bool {
	if len(q.words) > 0 {
		return d.beginsAll(in, q.words)
	}
	for _, phrase := range q.any {
		for _, column := range in {
			if containsRow(d[column], phrase) {
				return true
			}
		}
	}
	for _, stem := range q.each {
		if !d.any(in, func(word string) bool { return word == stem }) {
			return false
		}
	}
	return len(q.each) > 0
}

func containsRow(column, row []string) bool {
	for at := 0; at+len(row) <= len(column); at++ {
		if slices.Equal(column[at:at+len(row)], row) {
			return true
		}
	}
	return false
}

// tokens are the words of each column of a document, in the order of columnNames.
type tokens [6][]string

var columnNames = []string{"name", "place", "summary", "body", "title", "words"}

func tokensOf(t *text) *tokens {
	var d tokens
	for i, words := range [...]string{t.name, t.place, t.summary, t.body, t.title, t.words} {
		d[i] = strings.Fields(words)
	}
	return &d
}

// numbered are the numbers of columns named in FTS5's language.
func numbered(columns string) []int {
	var in []int
	for name := range strings.FieldsSeq(strings.Trim(columns, "{}")) {
		in = append(in, slices.Index(columnNames, name))
	}
	return in
}

func (d *tokens) any(in []int, is func(word string) bool) bool {
	for _, column := range in {
		if slices.ContainsFunc(d[column], is) {
			return true
		}
	}
	return false
}

// beginsAll says that all the words are there, the last as the beginning of one.
func (d *tokens) beginsAll(in []int, words []string) bool {
	last := len(words) - 1
	for i, word := range words {
		if !d.any(in, func(w string) bool { return w == word || i == last && strings.HasPrefix(w, word) }) {
			return false
		}
	}
	return true
}

const (
	// maxPostingBytes bounds the memory of the answers that are kept: 700 with a
	// million documents, far more than a node asks for with ten thousand.
	maxPostingBytes = 88 << 20
	// slow is which answers are worth keeping: those that FTS5 takes long to give,
	// because a word is common, if not in the columns asked. leastPosted keeps the
	// long ones on any machine.
	slow        = 2 * time.Millisecond
	leastPosted = 2000
)

// postings keep the answers to questions about common words, up to date: a write
// changes them, so they never have to be asked again.
type postings struct {
	mu    sync.Mutex
	lists map[string]*posting
	bytes int // of all of them, about
	asked int // counts the questions
}

// posting is an answer: a bit for each slot, or their list when that is smaller.
type posting struct {
	question
	in   []int    // the question's columns
	bits []uint64 // nil when few has them
	few  []uint32 // in order
	n    int
	last int      // when it was last asked for
	best []uint32 // those that Suggest offers, nil when not known
}

func newPostings() *postings { return &postings{lists: map[string]*posting{}} }

func (p *postings) get(key string) *posting {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.lists[key]
	if list != nil {
		p.asked++
		list.last = p.asked
	}
	return list
}

// keep adds an answer; when full, those that nobody asked for of late make room.
func (p *postings) keep(q question, slots []uint32) *posting {
	list := newPosting(q, slots)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	list.last = p.asked
	p.bytes += list.size()
	if p.bytes > maxPostingBytes {
		p.makeRoom()
	}
	p.lists[q.key()] = list
	return list
}

// makeRoom drops the half that was not asked for the longest.
func (p *postings) makeRoom() {
	var lasts []int
	for _, list := range p.lists {
		lasts = append(lasts, list.last)
	}
	slices.Sort(lasts)
	p.bytes = 0
	for key, list := range p.lists {
		if list.last < lasts[len(lasts)/2] {
			delete(p.lists, key)
			continue
		}
		p.bytes += list.size()
	}
}

// update says that a slot now holds a document, or with nil none. Writers call it
// under the lock that readers share.
func (p *postings) update(slot uint32, t *text) {
	if len(p.lists) == 0 {
		return
	}
	var d *tokens
	if t != nil {
		d = tokensOf(t)
	}
	for _, list := range p.lists {
		list.set(slot, d != nil && list.answeredBy(d, list.in))
	}
}

func newPosting(q question, slots []uint32) *posting {
	p := &posting{question: q, in: numbered(q.columns), n: len(slots)}
	if len(slots) == 0 || 32*len(slots) < int(slots[len(slots)-1]) {
		p.few = slices.Clone(slots)
		return p
	}
	p.bits = make([]uint64, slots[len(slots)-1]/64+1)
	for _, slot := range slots {
		p.bits[slot/64] |= 1 << (slot % 64)
	}
	return p
}

// size is about how many bytes it takes.
func (p *posting) size() int { return 8*len(p.bits) + 4*len(p.few) + 200 }

func (p *posting) has(slot uint32) bool {
	if p.bits == nil {
		_, found := slices.BinarySearch(p.few, slot)
		return found
	}
	return int(slot/64) < len(p.bits) && p.bits[slot/64]&(1<<(slot%64)) != 0
}

func (p *posting) set(slot uint32, answers bool) {
	had := p.has(slot)
	if had || answers {
		p.best = nil
	}
	switch {
	case had == answers:
		return
	case answers:
		p.n++
	default:
		p.n--
	}
	if p.bits == nil {
		at, _ := slices.BinarySearch(p.few, slot)
		if answers {
			p.few = slices.Insert(p.few, at, slot)
		} else {
			p.few = slices.Delete(p.few, at, at+1)
		}
		return
	}
	for len(p.bits) <= int(slot/64) {
		p.bits = append(p.bits, 0)
	}
	p.bits[slot/64] ^= 1 << (slot % 64)
}

// slots lists the answer in order.
func (p *posting) slots() []uint32 {
	if p.bits == nil {
		return slices.Clone(p.few)
	}
	slots := make([]uint32, 0, p.n)
	for i, word := range p.bits {
		for ; word != 0; word &= word - 1 {
			slots = append(slots, uint32(64*i+bits.TrailingZeros64(word)))
		}
	}
	return slots
}

// among keeps the slots that are in the answer.
func (p *posting) among(slots []uint32) []uint32 {
	if p.bits == nil && len(p.few) < len(slots) {
		return intersect(slices.Clone(p.few), slots)
	}
	kept := make([]uint32, 0, len(slots))
	for _, slot := range slots {
		if p.has(slot) {
			kept = append(kept, slot)
		}
	}
	return kept
}

// ask answers a question, in order: with within only those of its slots, which are
// in order too. total is how many answer in all.
func (c *content) ask(ctx context.Context, q question, within []uint32) (slots []uint32, total int, err error) {
	list := c.postings.get(q.key())
	if list == nil {
		start := time.Now()
		if slots, err = c.file.matching(ctx, q.table, q.expression()); err != nil {
			return nil, 0, err
		}
		if len(slots) < leastPosted && (time.Since(start) < slow || c.cols.live < 10*leastPosted) {
			if within == nil {
				return slots, len(slots), nil
			}
			return intersect(slots, within), len(slots), nil
		}
		list = c.postings.keep(q, slots)
	}
	switch {
	case within != nil:
		return list.among(within), list.n, nil
	case slots != nil:
		return slots, list.n, nil
	}
	return list.slots(), list.n, nil
}
