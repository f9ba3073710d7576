package instance

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

// Namespace is the prefix of our terms' IRIs. It identifies and is never
// fetched; every node serves the same document at /ns/v1.
const Namespace = "https://w3id.org/maillage/v1#"

// vocabularyBase is the prefix of the IRIs of controlled terms:
// https://w3id.org/maillage/v1/themes#cartographie
const vocabularyBase = "https://w3id.org/maillage/v1/"

//go:embed vocabularies.json
var vocabulariesJSON []byte

// Term is one entry of a controlled list.
type Term struct {
	Slug string `json:"slug"`
	FR   string `json:"fr"`
	EN   string `json:"en"`
	Note string `json:"note_fr,omitempty"`
}

// Label is the term in a language ("fr" or "en").
func (t Term) Label(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.FR
}

// Vocabulary holds the controlled lists: themes, kinds, roles, licences...
type Vocabulary struct {
	lists map[string][]Term
	terms map[string]map[string]Term
}

// Vocabularies returns the lists that ship with this version.
var Vocabularies = sync.OnceValue(func() *Vocabulary {
	var file map[string]struct {
		Items []Term `json:"items"`
	}
	if err := json.Unmarshal(vocabulariesJSON, &file); err != nil {
		panic("vocabularies.json: " + err.Error())
	}
	v := &Vocabulary{lists: map[string][]Term{}, terms: map[string]map[string]Term{}}
	for list, content := range file {
		v.lists[list] = content.Items
		v.terms[list] = make(map[string]Term, len(content.Items))
		for _, term := range content.Items {
			v.terms[list][term.Slug] = term
		}
	}
	return v
})

// Terms returns a list in its order; nil for an unknown list.
func (v *Vocabulary) Terms(list string) []Term { return v.lists[list] }

// Has says whether the list has the slug.
func (v *Vocabulary) Has(list, slug string) bool {
	_, ok := v.terms[list][slug]
	return ok
}

// listed refuses what a controlled list does not have, and says what it has.
func (c *checks) listed(list, field string, slugs ...string) {
	for _, slug := range slugs {
		if slug == "" || Vocabularies().Has(list, slug) {
			continue
		}
		known := make([]string, 0, len(Vocabularies().lists[list]))
		for _, term := range Vocabularies().lists[list] {
			known = append(known, term.Slug)
		}
		c.require(false, field, "« %s » n’est pas dans la liste : %s", slug, strings.Join(known, ", "))
	}
}

// Label returns the words for a slug, or the slug itself when it is not in the list.
func (v *Vocabulary) Label(list, slug, lang string) string {
	if term, ok := v.terms[list][slug]; ok {
		return term.Label(lang)
	}
	return slug
}

// URI is the stable IRI of a term; "" for an empty slug.
func (v *Vocabulary) URI(list, slug string) string {
	if slug == "" {
		return ""
	}
	return vocabularyBase + list + "#" + slug
}

// Slug reads a term's IRI back; ok is false for what is not in the list.
func (v *Vocabulary) Slug(list, uri string) (slug string, ok bool) {
	slug, found := strings.CutPrefix(uri, vocabularyBase+list+"#")
	return slug, found && v.Has(list, slug)
}
