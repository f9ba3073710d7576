package french

import (
	"strings"

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
