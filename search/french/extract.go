package french

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// Extract is the stretch of about size bytes of a plain text where most of the
// query's words meet, as HTML: everything escaped, matches in <mark>. matched
// counts the distinct clauses found there; without any, the text's beginning is
// returned.
func (q Query) Extract(text string, size int) (extract string, matched int) {
	marks := q.marks(text)
	from, to, matched := bestWindow(marks, len(text), size)
	from, to = wordBounds(text, from, to)
	var out strings.Builder
	if from > 0 {
		out.WriteString("… ")
	}
	at := from
	for _, m := range marks {
		if m.start < at || m.end > to {
			continue
		}
		out.WriteString(html.EscapeString(text[at:m.start]))
		out.WriteString("<mark>")
		out.WriteString(html.EscapeString(text[m.start:m.end]))
		out.WriteString("</mark>")
		at = m.end
	}
	out.WriteString(html.EscapeString(text[at:to]))
	if to < len(text) {
		out.WriteString(" …")
	}
	return out.String(), matched
}

// extractSize is about how many bytes of text a hit shows.
const extractSize = 220

// Highlight is the better extract of a summary and a longer text; "" when nothing
// is searched for.
func (q Query) Highlight(summary, text string) string {
	if len(q.All) == 0 {
		return ""
	}
	short, inShort := q.Extract(summary, extractSize)
	if inShort == len(q.All) || text == "" {
		return short
	}
	if long, inLong := q.Extract(text, extractSize); inLong > inShort || summary == "" {
		return long
	}
	return short
}

// mark is a match: a stretch of text and the clause that it answers.
type mark struct{ start, end, clause int }

// marks finds the matches in reading order, none overlapping.
func (q Query) marks(text string) []mark {
	tokens := searched(text)
	var marks []mark
	for _, s := range q.spotsIn(tokens) {
		marks = append(marks, mark{tokens[s.from].Start, tokens[s.to-1].End, s.clause})
	}
	return marks
}

// matchAt says how many of the tokens, from the first one, satisfy the clause.
func (c Clause) matchAt(tokens []Token) int {
	longest := 0
	for _, phrase := range c.Any {
		n := 0
		for n < len(phrase) && n < len(tokens) && tokens[n].Stem == phrase[n] {
			n++
		}
		if n == len(phrase) {
			longest = max(longest, n)
		}
	}
	if longest == 0 && slices.Contains(c.Each, tokens[0].Stem) {
		return 1
	}
	if c.Prefix && longest == 0 && len(c.Words) == 1 && strings.HasPrefix(tokens[0].Word, c.Words[0]) {
		return 1
	}
	return longest
}

// bestWindow is the stretch of size bytes with the most distinct clauses, the
// earliest of the best.
func bestWindow(marks []mark, length, size int) (from, to, matched int) {
	for i, first := range marks {
		seen := map[int]bool{}
		for _, m := range marks[i:] {
			if m.end > first.start+size {
				break
			}
			seen[m.clause] = true
		}
		if len(seen) > matched {
			matched, from = len(seen), max(0, first.start-size/4)
		}
		if i == 200 { // a long text repeats itself
			break
		}
	}
	if matched == 0 || length <= size {
		from = 0
	}
	return from, min(length, from+size), matched
}

// wordBounds moves both ends of a window out of the middle of a word.
func wordBounds(text string, from, to int) (int, int) {
	for from > 0 && from < len(text) && isWord(lastRune(text[:from])) {
		from--
		for !utf8.RuneStart(text[from]) {
			from--
		}
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	for to < len(text) && to > from && isWord(runeAt(text, to)) && isWord(lastRune(text[:to])) {
		_, size := utf8.DecodeLastRuneInString(text[:to])
		to -= size
	}
	return from, to
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
