package french

import (
	"strings"
	"sync"
)

// What people of the Opérations Libres and of tiers-lieux call by several names:
// each line is one group, any of which finds the others.
const synonymLines = `
fablab, fab lab, makerspace, hackerspace, atelier de fabrication numérique, laboratoire de fabrication
cartopartie, carto partie, mapping party, mapathon
logiciel libre, open source, opensource
GULL, LUG, groupe d'utilisateurs de logiciels libres
tiers-lieu, tierslieu, coworking, espace de travail partagé
opération libre, OPL
OpenStreetMap, open street map, OSM
install party, installparty, fête d'installation
données ouvertes, open data, opendata
médiathèque, bibliothèque
ESS, économie sociale et solidaire
wikipartie, wikipédia, atelier wikipédia
saint, st
sainte, ste
ordinateur, ordi
`

// Synonyms lists the groups as written above, for engines that have their own.
func Synonyms() [][]string {
	var groups [][]string
	for line := range strings.Lines(strings.TrimSpace(synonymLines)) {
		var group []string
		for word := range strings.SplitSeq(strings.TrimSpace(line), ", ") {
			group = append(group, word)
		}
		groups = append(groups, group)
	}
	return groups
}

// StopWords lists the words that are not searched, folded, for engines that have
// their own analyser: elided letters (l, d, qu) included.
func StopWords() []string {
	all := make([]string, 0, len(stopWords)+len(elisions))
	for w := range stopWords {
		all = append(all, w)
	}
	for w := range elisions {
		if !stopWords[w] {
			all = append(all, w)
		}
	}
	return all
}

// thesaurus maps an analysed phrase ("tier lieu") to every phrase of its group.
type thesaurus struct {
	groups  map[string][][]string
	longest int // words of the longest phrase
}

var synonyms = sync.OnceValue(func() thesaurus {
	t := thesaurus{groups: map[string][][]string{}}
	for _, words := range Synonyms() {
		var phrases [][]string
		for _, w := range words {
			phrases = append(phrases, stemsOf(Tokens(w)))
		}
		for _, phrase := range phrases {
			t.longest = max(t.longest, len(phrase))
			t.groups[strings.Join(phrase, " ")] = phrases
		}
	}
	return t
})

// match finds the longest synonym that the tokens begin with.
func (t thesaurus) match(tokens []Token) (phrases [][]string, used int) {
	for n := min(t.longest, len(tokens)); n > 0; n-- {
		if phrases = t.groups[strings.Join(stemsOf(tokens[:n]), " ")]; phrases != nil {
			return phrases, n
		}
	}
	return nil, 0
}

func stemsOf(tokens []Token) []string {
	stems := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if !t.Stop {
			stems = append(stems, t.Stem)
		}
	}
	return stems
}

// Phrase is a text as a row of stems, the form that synonyms are compared in.
func Phrase(text string) string { return strings.Join(stemsOf(Tokens(text)), " ") }
