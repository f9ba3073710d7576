package embedded

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/maillage/maillage/search/french"
)

// vocabulary is every word of every document, to tell what a mistyped one may
// mean, or one that is being typed. It only grows: a word that no document has any more finds nothing, and a
// rebuild forgets it.
//
// Candidates share pairs of letters with what was typed, not triplets: swapping
// two letters of "fête" leaves no triplet in common.
type vocabulary struct {
	forms wordList
	known map[string]bool
	words []string          // those that may be meant by a mistyped one
	pairs map[pair][]uint32 // words that contain two letters in a row
}

// pair is two bytes; the first of a word is preceded by edge.
type pair [2]byte

const edge = '^'

func newVocabulary() *vocabulary {
	return &vocabulary{known: map[string]bool{}, pairs: map[pair][]uint32{}}
}

// correctable says that a word is one people mistype: letters only (a wrong
// digit makes another code, not a typo), neither tiny nor endless.
func correctable(word string) bool {
	return len(word) >= 3 && len(word) <= 32 && !strings.ContainsAny(word, "0123456789")
}

func (v *vocabulary) load(ctx context.Context, f *file) error {
	rows, err := f.read.QueryContext(ctx, "SELECT word FROM vocabulary")
	if err != nil {
		return err
	}
	defer rows.Close()
	var words []string
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return err
		}
		words = append(words, word)
	}
	v.add(words)
	return rows.Err()
}

// missing lists the words of a batch that are new.
func (v *vocabulary) missing(ch *change) []string {
	var words []string
	seen := map[string]bool{}
	for _, e := range ch.entries {
		if e.doc == nil {
			continue
		}
		for _, w := range e.text.forms {
			if !v.known[w] && !seen[w] {
				seen[w] = true
				words = append(words, strings.Clone(w)) // not the text it was cut from
			}
		}
	}
	return words
}

func storeWords(ctx context.Context, tx *sql.Tx, words []string) error {
	for batch := range slices.Chunk(words, 200) {
		args := make([]any, len(batch))
		for i, w := range batch {
			args[i] = w
		}
		values := strings.TrimSuffix(strings.Repeat("(?),", len(batch)), ",")
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO vocabulary (word) VALUES "+values, args...); err != nil {
			return err
		}
	}
	return nil
}

func (v *vocabulary) add(words []string) {
	v.forms.add(words)
	for _, w := range words {
		v.known[w] = true
		if !correctable(w) {
			continue
		}
		id := uint32(len(v.words))
		v.words = append(v.words, w)
		for _, p := range pairsOf(w) {
			v.pairs[p] = append(v.pairs[p], id)
		}
	}
}

// pairsOf lists the distinct pairs of a word.
func pairsOf(word string) []pair {
	pairs := make([]pair, 0, len(word))
	last := byte(edge)
	for i := range len(word) {
		p := pair{last, word[i]}
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
		last = word[i]
	}
	return pairs
}

// neighbour is a known word near a typed one. Levels go up with the distance: 2
// for each mistake, 1 more when only the beginning of the word is near.
type neighbour struct {
	word  string
	level int
}

// neighbours lists the known words within the tolerance for the typed one, nearest
// first; with prefix also those that begin like it.
func (v *vocabulary) neighbours(typed string, prefix bool) []neighbour {
	limit := french.Tolerance(len(typed))
	if limit == 0 || !correctable(typed) {
		return nil
	}
	typedPairs := pairsOf(typed)
	shared := make([]uint8, len(v.words))
	var touched []uint32
	for _, p := range typedPairs {
		for _, id := range v.pairs[p] {
			if shared[id] == 0 {
				touched = append(touched, id)
			}
			shared[id]++
		}
	}
	least := uint8(max(1, len(typedPairs)-3*limit)) // a swap spoils three pairs, other mistakes two
	var near []neighbour
	for _, id := range touched {
		word := v.words[id]
		if shared[id] < least || len(word) < len(typed)-limit || !prefix && len(word) > len(typed)+limit {
			continue
		}
		whole, start := french.Edits(typed, word, limit)
		level := 2 * whole
		if prefix {
			level = min(level, 2*start+1)
		}
		if level <= 2*limit+1 && (prefix || whole <= limit) {
			near = append(near, neighbour{word, level})
		}
	}
	slices.SortFunc(near, func(a, b neighbour) int {
		return cmp.Or(a.level-b.level, len(a.word)-len(b.word), strings.Compare(a.word, b.word))
	})
	return near
}

// nearest keeps the neighbours of the best level, a dozen at most.
func nearest(near []neighbour) []string {
	var words []string
	for _, n := range near {
		if n.level > near[0].level || len(words) == 12 {
			break
		}
		words = append(words, n.word)
	}
	return words
}

// correct replaces the words of a query that nothing knows by their neighbours.
func (v *vocabulary) correct(q french.Query) (corrected french.Query, changed bool) {
	corrected = french.Query{None: q.None}
	for _, clause := range q.All {
		c, ok := v.correctClause(clause)
		changed = changed || ok
		corrected.All = append(corrected.All, c)
	}
	return corrected, changed
}

func (v *vocabulary) correctClause(clause french.Clause) (french.Clause, bool) {
	choices := make([][]string, len(clause.Words))
	changed := false
	for i, word := range clause.Words {
		choices[i] = []string{word}
		growing := clause.Prefix && i == len(clause.Words)-1
		if v.known[word] {
			continue
		}
		near := v.neighbours(word, growing)
		if len(near) > 0 && near[0].level > 1 { // 1: a known word begins just so
			choices[i], changed = nearest(near), true
		}
	}
	if !changed {
		return clause, false
	}
	if len(choices) > 1 { // a hyphenated word: the nearest of each part
		words := make([]string, len(choices))
		for i, c := range choices {
			words[i] = c[0]
		}
		return clause.Respelled(words), true
	}
	respelled := french.Clause{Words: choices[0]}
	for _, word := range choices[0] {
		respelled.Any = append(respelled.Any, french.Parse(word + " ").All[0].Any...) // with its synonyms
	}
	return respelled, true
}
