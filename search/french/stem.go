package french

import (
	"strings"
	"sync"

	snowball "github.com/kljensen/snowball/french"
)

// Stem is the part of a folded word that its plural, feminine and verb share.
// Words with a digit (postal codes, versions) and very short ones are kept.
//
// Snowball's French stemmer is mended where people would notice: "cartographier"
// keeps an i that "cartographie" loses, "lieux" keeps its x, and "commune",
// "communs" and "communication" would be one, which here they must not be.
func Stem(word string) string {
	if len(word) < 3 || strings.ContainsAny(word, "0123456789") {
		return word
	}
	if stem, ok := stems.get(word); ok {
		return stem
	}
	stem := stemOf(word)
	stems.put(word, stem)
	return stem
}

func stemOf(word string) string {
	switch {
	case word == "commune" || word == "communes":
		return "commune"
	case strings.HasPrefix(word, "communic"):
		return "communic"
	}
	for _, plural := range [...]string{"lieux", "jeux", "feux", "voeux"} {
		if strings.HasSuffix(word, plural) {
			word = word[:len(word)-1]
			break
		}
	}
	stem := snowball.Stem(word, true)
	if len(stem) >= 8 && strings.HasSuffix(stem, "i") {
		stem = stem[:len(stem)-1]
	}
	if stem == "" {
		return word
	}
	return Fold(stem) // snowball may write accents of its own (-iqUe, è)
}

// stems remembers the stems of the words met: a language repeats itself, and
// stemming takes far longer than looking up.
var stems = memo{known: map[string]string{}}

// memo is a bounded map that any goroutine may use.
type memo struct {
	mu    sync.RWMutex
	known map[string]string
}

// memoSize bounds the memory to about 5 MiB; strangers' texts may hold any word.
const memoSize = 50_000

func (m *memo) get(word string) (stem string, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	stem, ok = m.known[word]
	return stem, ok
}

func (m *memo) put(word, stem string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= memoSize {
		clear(m.known)
	}
	m.known[strings.Clone(word)] = strings.Clone(stem) // not the texts they were cut from
}
