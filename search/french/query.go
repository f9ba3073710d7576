package french

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Query is what someone typed. A document answers it when every clause of All
// matches and none of None does.
type Query struct {
	All  []Clause
	None []Clause
}

// Clause is one word, one phrase in quotes or one known expression.
type Clause struct {
	// Any lists sequences of stems; one of them is enough.
	Any [][]string
	// Each lists stems that will do too if all are there, wherever: the words of an
	// expression that was not typed in quotes.
	Each []string
	// Words are the folded words as typed, to complete and to correct; nil for a
	// phrase in quotes, which means itself.
	Words []string
	// Prefix says that the last of Words may still be growing.
	Prefix bool
}

// maxClauses bounds the work that one query can ask for.
const maxClauses = 16

// Empty says that there is nothing to search for.
func (q Query) Empty() bool { return len(q.All) == 0 && len(q.None) == 0 }

// Parse reads a query: words, "phrases" or « phrases », and -words to leave out.
func Parse(text string) Query {
	var q Query
	var plain strings.Builder
	flush := func(after string) {
		q.All = append(q.All, wordClauses(plain.String()+after)...)
		plain.Reset()
	}
	previous := ' '
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		unit, exclude := at, false
		if r == '-' && unicode.IsSpace(previous) {
			unit, exclude = at+size, true
		}
		opening := runeAt(text, unit)
		switch closing := closingQuote(opening); {
		case closing != 0:
			flush(" ") // what precedes is finished
			start := unit + utf8.RuneLen(opening)
			phrase, rest := cutAt(text[start:], closing)
			q.addPhrase(phrase, exclude)
			at = start + rest
			previous = ' '
		case exclude && isWord(opening):
			flush(" ") // what precedes is finished
			word, rest := cutAt(text[unit:], ' ')
			q.None = append(q.None, wordClauses(word+" ")...)
			at = unit + rest
			previous = ' '
		default:
			plain.WriteRune(r)
			at += size
			previous = r
		}
	}
	flush("")
	q.All, q.None = q.All[:min(len(q.All), maxClauses)], q.None[:min(len(q.None), maxClauses)]
	return q
}

func (q *Query) addPhrase(phrase string, exclude bool) {
	stems := stemsOf(Tokens(phrase))
	switch {
	case len(stems) == 0:
	case exclude:
		q.None = append(q.None, Clause{Any: [][]string{stems}})
	default:
		q.All = append(q.All, Clause{Any: [][]string{stems}})
	}
}

// closingQuote is the quote that ends what r opens, 0 when r opens nothing.
func closingQuote(r rune) rune {
	switch r {
	case '"':
		return '"'
	case '«':
		return '»'
	case '“':
		return '”'
	}
	return 0
}

// cutAt returns what precedes the mark, and the offset after it. A space stands
// for any white space; a missing mark is as good as one at the end.
func cutAt(s string, mark rune) (before string, next int) {
	for i, r := range s {
		if r == mark || mark == ' ' && unicode.IsSpace(r) {
			return s[:i], i + utf8.RuneLen(r)
		}
	}
	return s, len(s)
}

// wordClauses makes a clause of each word or known expression. When the text ends
// inside a word, that word is a prefix.
func wordClauses(text string) []Clause {
	var clauses []Clause
	tokens := Tokens(text)
	growing := len(tokens) > 0 && tokens[len(tokens)-1].End == len(text)
	for len(tokens) > 0 {
		n := 1
		phrases, used := synonyms().match(tokens)
		if used > 0 {
			n = used
		} else {
			for n < len(tokens) && tokens[n].Joined {
				n++
			}
		}
		clause := Clause{Any: phrases, Prefix: growing && n == len(tokens)}
		for _, t := range tokens[:n] {
			if !t.Stop {
				clause.Words = append(clause.Words, t.Word)
			}
		}
		switch {
		case used == 0:
			clause.Any = spellings(tokens[:n])
		case n > 1 && !tokens[1].Joined:
			clause.Each = stemsOf(tokens[:n])
		}
		lonely := tokens[n-1].Stop && clause.Prefix && len(clauses) == 0
		if lonely && len(clause.Words) == 0 { // "le" may become "légumes"
			clause.Words = []string{tokens[n-1].Word}
		}
		if len(clause.Words) > 0 {
			clauses = append(clauses, clause)
		}
		tokens = tokens[n:]
	}
	return clauses
}

// spellings of a word: itself; of a hyphenated one, its parts in a row or glued.
func spellings(tokens []Token) [][]string {
	stems := stemsOf(tokens)
	if len(stems) == 0 {
		return nil
	}
	if len(tokens) == 1 {
		return [][]string{stems}
	}
	return [][]string{stems, {Stem(compound(tokens))}}
}

// Respelled is the clause with other words in the place of those typed.
func (c Clause) Respelled(words []string) Clause {
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = Stem(w)
	}
	return Clause{Any: [][]string{stems}, Words: words}
}
