package french

import (
	"slices"
	"strings"
	"sync"
)

// What people of the Opérations Libres and of tiers-lieux call by several names:
// each line is one group, any of which finds the others.
const synonymLines = `
fablab, fab lab, makerspace, hackerspace, atelier de fabrication numérique, laboratoire de fabrication
cartopartie, carto partie, mapping party, mapathon, balade cartographique
logiciel libre, open source, opensource
GULL, LUG, groupe d'utilisateurs de logiciels libres, groupe d'utilisateurs de linux
tiers-lieu, tierslieu, coworking, co-working, espace de travail partagé, bureaux partagés
opération libre, OPL
OpenStreetMap, open street map, OSM
install party, installparty, fête d'installation
données ouvertes, open data, opendata
médiathèque, bibliothèque
ESS, économie sociale et solidaire
wikipartie, atelier wikipédia
café vie privée, chiffrofête, cryptopartie, crypto party
repair café, café réparation, atelier de réparation
recyclerie, ressourcerie
espace public numérique, EPN
conseiller numérique, médiateur numérique
données personnelles, RGPD, vie privée
travail social, travailleur social, action sociale
ordinateur, ordi
podcast, baladodiffusion
vélo, bicyclette
organiser, animer, monter, lancer, créer, ouvrir, tenir
entretenir, faire vivre, faire durer
saint, st
sainte, ste
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
	longest int             // words of the longest phrase
	begin   map[string]bool // the first words of phrases of several
}

var synonyms = sync.OnceValue(func() thesaurus {
	t := thesaurus{groups: map[string][][]string{}, begin: map[string]bool{}}
	for _, words := range Synonyms() {
		var phrases [][]string
		for _, w := range words {
			phrases = append(phrases, stemsOf(Tokens(w)))
		}
		for _, phrase := range phrases {
			t.longest = max(t.longest, len(phrase))
			t.groups[strings.Join(phrase, " ")] = phrases
			if len(phrase) > 1 {
				t.begin[phrase[0]] = true
			}
		}
	}
	return t
})

// match finds the longest synonym that the tokens begin with. What was typed comes
// first.
func (t thesaurus) match(tokens []Token) (phrases [][]string, used int) {
	for n := min(t.longest, len(tokens)); n > 0; n-- {
		typed := stemsOf(tokens[:n])
		group := t.groups[strings.Join(typed, " ")]
		if group == nil {
			continue
		}
		phrases = [][]string{typed}
		for _, phrase := range group {
			if !slices.Equal(phrase, typed) {
				phrases = append(phrases, phrase)
			}
		}
		return phrases, n
	}
	return nil, 0
}

// Expression says that a row of stems is one of the expressions that have synonyms.
func Expression(stems []string) bool {
	return len(stems) > 1 && synonyms().groups[strings.Join(stems, " ")] != nil
}

// Expressions lists the expressions that have synonyms in a text of which these are
// the stems: "logiciel libr". An index keeps them like words.
func Expressions(stems []string) []string {
	t := synonyms()
	var found []string
	for i, first := range stems {
		if !t.begin[first] {
			continue
		}
		for n := 2; n <= min(t.longest, len(stems)-i); n++ {
			if phrase := strings.Join(stems[i:i+n], " "); t.groups[phrase] != nil {
				found = append(found, phrase)
			}
		}
	}
	return found
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
