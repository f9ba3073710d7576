// Package complete ranks what is offered to someone who is typing. It is what the
// search engines share of instance.Index.Suggest.
package complete

import (
	"cmp"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
)

// Input is what was typed, analysed.
type Input struct {
	text  string
	words []string
	inner []string // the words, each after a space: not the first of a name
}

// Parse reads what was typed.
func Parse(text string) Input {
	var in Input
	for _, t := range french.Tokens(text) {
		in.words = append(in.words, t.Word)
	}
	in.words = in.words[:min(len(in.words), 8)]
	in.text = strings.Join(in.words, " ")
	for _, w := range in.words {
		in.inner = append(in.inner, " "+w)
	}
	return in
}

// Empty says that nothing was typed yet.
func (in Input) Empty() bool { return len(in.words) == 0 }

// Words are the folded words typed.
func (in Input) Words() []string { return in.words }

// NameKey is the form names are compared and sorted in.
func NameKey(name string) string {
	tokens := french.Tokens(name)
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Word
	}
	return strings.Join(words, " ")
}

// Match compares the input with a NameKey: 0 when it is the whole name, 1 its
// beginning, 2 when every word typed begins a word of it; ok is false otherwise.
func (in Input) Match(nameKey string) (rank int, ok bool) {
	switch {
	case nameKey == in.text:
		return 0, true
	case strings.HasPrefix(nameKey, in.text):
		return 1, true
	}
	for i, w := range in.words {
		if !strings.HasPrefix(nameKey, w) && !strings.Contains(nameKey, in.inner[i]) {
			return 0, false
		}
	}
	return 2, true
}

// List gathers suggestions and gives the best.
type List struct{ items []item }

type item struct {
	instance.Suggestion
	rank int
	key  string
}

// NewList makes an empty list.
func NewList() *List { return &List{} }

// Len is how many suggestions were gathered, duplicates included.
func (l *List) Len() int { return len(l.items) }

// AddThemes offers the themes of the vocabulary that match.
func (l *List) AddThemes(in Input) {
	for _, term := range instance.Vocabularies().Terms("themes") {
		if rank, ok := in.Match(NameKey(term.FR)); ok {
			l.add(instance.Suggestion{Text: term.FR, Theme: term.Slug, Detail: "Thème"}, 10*rank+3)
		}
	}
}

// AddLocality offers a commune that documents name, whether or not a territory
// stands for it. It has no page of its own: Path is "", its Text is to be searched.
func (l *List) AddLocality(in Input, name, nameKey string) {
	if rank, ok := in.Match(nameKey); ok {
		l.add(instance.Suggestion{Text: name, Kind: instance.KindTerritory, Detail: "Commune"}, 10*rank+2)
	}
}

// AddDocument offers a document, whatever found it (its name, a postal code, a
// corrected spelling).
func (l *List) AddDocument(in Input, d *instance.Document) {
	rank, ok := in.Match(NameKey(d.Name))
	if !ok {
		rank = 3
		if slices.ContainsFunc(Codes(d), func(code string) bool { return strings.HasPrefix(french.Fold(code), in.text) }) {
			rank = 0
		}
	}
	order := 10 * rank
	if d.Kind != instance.KindTerritory {
		order += 4
	}
	if d.Origin != "" {
		order++
	}
	l.add(instance.Suggestion{Text: d.Name, Kind: d.Kind, ID: d.ID, Path: d.Path, Detail: Detail(d)}, order)
}

func (l *List) add(s instance.Suggestion, rank int) {
	l.items = append(l.items, item{s, rank, NameKey(s.Text)})
}

// Best returns the best suggestions, none twice.
func (l *List) Best(limit int) []instance.Suggestion {
	slices.SortStableFunc(l.items, func(a, b item) int {
		return cmp.Or(a.rank-b.rank, len(a.key)-len(b.key), strings.Compare(a.key, b.key), strings.Compare(a.ID, b.ID))
	})
	type offer struct{ key, kind, detail string }
	seen := map[offer]bool{}
	best := make([]instance.Suggestion, 0, limit)
	for _, it := range l.items {
		if len(best) == limit {
			break
		}
		o := offer{key: it.key, kind: string(it.Kind), detail: it.Detail}
		if it.Kind == instance.KindTerritory {
			o.detail = ""
		}
		if !seen[o] {
			seen[o] = true
			best = append(best, it.Suggestion)
		}
	}
	return best
}

var kindLabels = map[instance.Kind]string{
	instance.KindEvent:        "Événement",
	instance.KindRecipe:       "Recette",
	instance.KindPartner:      "Acteur",
	instance.KindAnnouncement: "Annonce",
	instance.KindTerritory:    "Territoire",
	instance.KindOrganisation: "Organisation",
	instance.KindPerson:       "Personne",
	instance.KindNode:         "Nœud",
}

// PlaceText is where a document is and what it is called in the controlled lists, to
// be searched: its commune, its kind, its keywords, and the names of what these are
// the codes of.
func PlaceText(d *instance.Document) string {
	parts := append([]string{d.Locality, kindLabels[d.Kind]}, d.Keywords...)
	for _, k := range d.Keywords {
		if name := french.Departement(k); name != "" {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, "\n")
}

// Detail is the line under a suggestion: where it is or, failing that, what it is.
func Detail(d *instance.Document) string {
	switch {
	case d.Kind == instance.KindTerritory && d.Subkind != "":
		return instance.Vocabularies().Label("territory_kinds", d.Subkind, "fr")
	case d.Kind != instance.KindTerritory && d.Locality != "":
		return d.Locality
	}
	return kindLabels[d.Kind]
}

// Codes are the keywords of a territory that people type instead of its name:
// postal and INSEE codes.
func Codes(d *instance.Document) []string {
	var codes []string
	if d.Kind == instance.KindTerritory {
		for _, k := range d.Keywords {
			if strings.ContainsAny(k, "0123456789") {
				codes = append(codes, k)
			}
		}
	}
	return codes
}
