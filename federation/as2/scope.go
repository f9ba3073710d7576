package as2

import (
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// The limits of the contexts of one document.
const (
	maxContexts  = 50  // objects: a page of a collection may repeat one in each item
	maxTerms     = 500 // in all of them
	maxTermBytes = 160 // of a term and of what it is defined as
	maxPrefixes  = 1   // terms that one is defined by way of
)

// scope is a JSON-LD context: what names mean in a part of a document.
type scope struct {
	around   *scope
	terms    map[string]term
	vocab    string // prefix of the names that no term defines
	language string // of texts, unless they say otherwise
	base     string // what relative references start from
}

// term is what a name is defined as. One that is not read here has no IRI.
type term struct {
	iri        string
	reference  bool // its values are IRIs
	vocabulary bool // its values are IRIs, or names that stand for some
	byLanguage bool // its value is a map of texts by language
}

// standard is the scope that every document starts in. A name that no context defines
// is ActivityStreams', or that of an extension that goes by the same.
var standard = func() *scope {
	s := &scope{vocab: asNamespace, terms: map[string]term{
		"id": {iri: "@id"}, "type": {iri: "@type"}, "as": {iri: asNamespace}, "maillage": {iri: instance.Namespace},
	}}
	for _, name := range strings.Fields(`attachment content deleted endTime formerType height icon image latitude location longitude
		mediaType name preferredUsername published startTime summary tag totalItems updated width`) {
		s.terms[name] = term{iri: asNamespace + name}
	}
	for _, name := range strings.Fields(`actor alsoKnownAs attributedTo audience cc endpoints first followers following href inReplyTo inbox
		items movedTo next object orderedItems origin outbox partOf prev replies sharedInbox target to url`) {
		s.terms[name] = term{iri: asNamespace + name, reference: true}
	}
	for name := range knownTypes {
		s.terms[name] = term{iri: asNamespace + name}
	}
	for _, name := range strings.Fields(`Document Hashtag Image Link Mention Place Video`) {
		s.terms[name] = term{iri: asNamespace + name}
	}
	for _, name := range texts {
		s.terms[name+"Map"] = term{iri: asNamespace + name, byLanguage: true}
	}
	return s
}()

// with is the scope inside one more context.
func (s *scope) with(definitions map[string]any) (*scope, error) {
	in := &scope{around: s, terms: make(map[string]term, len(definitions)), vocab: s.vocab, language: s.language, base: s.base}
	for name, definition := range definitions {
		text, _ := definition.(string)
		switch name {
		case "@vocab":
			if text != "" && text != "_:" && len(text) <= maxTermBytes {
				in.vocab = text
			}
		case "@language":
			in.language = text
		case "@base":
			in.base = text
		case "@import", "@propagate":
			return nil, malformed("%s in a @context is not read here", name)
		}
	}
	for name := range definitions {
		if strings.HasPrefix(name, "@") {
			continue
		}
		if err := in.define(name, definitions, 0); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// define adds a term, after the one that its IRI is written with.
func (s *scope) define(name string, definitions map[string]any, depth int) error {
	definition := definitions[name]
	as := definedAs(definition)
	switch {
	case len(name) > maxTermBytes, len(as) > maxTermBytes:
		return malformed("a term or its IRI is over %d bytes", maxTermBytes)
	case depth > maxPrefixes:
		return malformed("term %q is defined by way of too many others", name)
	}
	if _, done := s.terms[name]; done {
		return nil
	}
	prefix, _, compact := strings.Cut(as, ":")
	if _, here := definitions[prefix]; here && compact && prefix != name {
		if err := s.define(prefix, definitions, depth+1); err != nil {
			return err
		}
	}
	t, ok := readDefinition(definition)
	switch {
	case !ok: // a name for nothing that is read here
	case as == "":
		t.iri = s.vocab + name
	case strings.HasPrefix(as, "@"):
		if readable[as] {
			t.iri = as
		}
	default:
		t.iri = s.expand(as)
	}
	if len(t.iri) > maxURL {
		return malformed("the IRI of term %q is over %d bytes", name, maxURL)
	}
	s.terms[name] = t
	return nil
}

// readable are the keywords that a key or a term may stand for.
var readable = map[string]bool{"@id": true, "@type": true, "@value": true, "@language": true, "@list": true, "@set": true, "@index": true, "@direction": true}

// readDefinition reads all of a definition but its IRI. It is not read at all if it
// rearranges the document or has a context of its own.
func readDefinition(definition any) (t term, ok bool) {
	parts, isMap := definition.(map[string]any)
	if !isMap {
		_, ok = definition.(string)
		return t, ok
	}
	for part, value := range parts {
		switch part {
		case "@id", "@language", "@direction", "@prefix", "@protected":
		case "@type":
			t.reference, t.vocabulary = value == "@id", value == "@vocab"
		case "@container":
			for _, container := range all(value) {
				switch container {
				case "@language":
					t.byLanguage = true
				case "@list", "@set":
				default:
					return term{}, false
				}
			}
		default:
			return term{}, false
		}
	}
	return t, true
}

// definedAs is the IRI, whole or compact, or the keyword that a term stands for.
func definedAs(definition any) string {
	switch definition := definition.(type) {
	case string:
		return definition
	case map[string]any:
		iri, _ := definition["@id"].(string)
		return iri
	}
	return ""
}

func (s *scope) term(name string) term {
	for ; s != nil; s = s.around {
		if t, ok := s.terms[name]; ok {
			return t
		}
	}
	return term{}
}

func (s *scope) defines(name string) bool {
	for ; s != nil; s = s.around {
		if _, ok := s.terms[name]; ok {
			return true
		}
	}
	return false
}

// iri is what a key stands for: an IRI, a keyword, or "" for nothing.
func (s *scope) iri(key string) string {
	switch {
	case strings.HasPrefix(key, "@"):
		if !readable[key] {
			return ""
		}
		return key
	case s.defines(key):
		return s.term(key).iri
	case strings.IndexByte(key, ':') > 0:
		return s.expand(key)
	}
	return s.vocab + key
}

// expand writes a compact IRI whole; any other is left as it is.
func (s *scope) expand(iri string) string {
	prefix, suffix, compact := strings.Cut(iri, ":")
	if !compact || strings.HasPrefix(suffix, "//") {
		return iri
	}
	if space := s.term(prefix).iri; space != "" && !strings.HasPrefix(space, "@") {
		return space + suffix
	}
	return iri
}

// resolved writes the values of a term that are IRIs whole.
func (t term) resolved(s *scope, v any) any {
	if !t.reference && !t.vocabulary {
		return v
	}
	switch v := v.(type) {
	case string:
		if !t.vocabulary {
			return s.absolute(v)
		}
		iri := s.expand(v)
		if short := meaning(iri); short != "" {
			return short
		}
		return iri
	case []any:
		for i, entry := range v {
			if _, isText := entry.(string); isText {
				v[i] = t.resolved(s, entry)
			}
		}
	}
	return v
}

// absolute writes a reference whole.
func (s *scope) absolute(reference string) string {
	if iri := s.expand(reference); iri != reference || s.base == "" || strings.Contains(reference, ":") {
		return iri
	}
	base, err := url.Parse(s.base)
	if err != nil {
		return reference
	}
	resolved, err := base.Parse(reference)
	if err != nil {
		return reference
	}
	return resolved.String()
}

// identified gives a node its id and its types. One that has nothing but an id is a
// reference.
func (s *scope) identified(node, keywords map[string]any) any {
	if id, ok := keywords["@id"].(string); ok {
		id = s.absolute(id)
		if len(node) == 0 && keywords["@type"] == nil {
			return id
		}
		node["id"] = id
	}
	var types []any
	for _, entry := range all(keywords["@type"]) {
		name, ok := entry.(string)
		if !ok {
			continue
		}
		if iri := s.iri(name); iri != "" {
			name = iri
		}
		if short := meaning(name); short != "" {
			name = short
		}
		types = append(types, name)
	}
	switch len(types) {
	case 0:
	case 1:
		node["type"] = types[0]
	default:
		node["type"] = types
	}
	return node
}
