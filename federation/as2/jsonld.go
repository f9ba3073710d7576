package as2

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The limits of a document that is not in the common shape, beside those of all.
const (
	maxLinkedBytes = 256 << 10
	maxLinkedNodes = 10_000
)

// parse reads a document in the common shape, where things have ActivityStreams' own
// names, or in any other that JSON-LD allows, which is brought to the common shape
// first. No context is ever loaded: a document says itself what its names mean, and
// those that it leaves to somebody else's context keep the meaning they have here.
func parse(body []byte) (*document, error) {
	doc, err := decode(body)
	if err != nil || !doc.foreign() {
		return doc, err
	}
	switch {
	case len(body) > maxLinkedBytes:
		return nil, malformed("%d bytes of JSON-LD in an uncommon shape: at most %d", len(body), maxLinkedBytes)
	case doc.nodes > maxLinkedNodes:
		return nil, malformed("%d values of JSON-LD in an uncommon shape: at most %d", doc.nodes, maxLinkedNodes)
	}
	m, err := common(doc.fields)
	if err != nil {
		return nil, err
	}
	out := &document{fields: m, raw: map[string]json.RawMessage{}}
	for key, value := range m {
		if out.raw[key], err = encode(value); err != nil {
			return nil, malformed("%v", err)
		}
	}
	return out, nil
}

// ID is the id of a document, in whatever shape it is written; "" when it has none.
func ID(raw []byte) string {
	doc, err := parse(raw)
	if err != nil {
		return ""
	}
	return doc.fields.iri("id")
}

// foreign says that the names in the document do not say by themselves what they
// mean. Most documents that define terms are not: they name things as everyone does.
func (d *document) foreign() bool {
	if d.keywords {
		return true
	}
	if len(d.prefixed) == 0 && len(d.contexts) == 0 {
		return false
	}
	aliases, prefixes := d.aliases()
	for _, name := range d.prefixed {
		prefix, suffix, _ := strings.Cut(name, ":")
		if space, ok := prefixes[prefix]; ok {
			name = space + suffix
		}
		if meaning(name) != "" {
			return true
		}
	}
	return len(aliases) > 0 && uses(map[string]any(d.fields), aliases)
}

// aliases are the terms of the document's contexts that are another name of something
// that is read here, and the prefixes they define.
func (d *document) aliases() (aliases map[string]bool, prefixes map[string]string) {
	aliases, prefixes = map[string]bool{}, map[string]string{}
	for _, context := range d.contexts {
		for _, entry := range all(context) {
			definitions, _ := entry.(map[string]any)
			for term, definition := range definitions {
				if iri, ok := definition.(string); ok && strings.Contains(iri, "://") {
					prefixes[term] = iri
				}
			}
		}
	}
	for _, context := range d.contexts {
		for _, entry := range all(context) {
			definitions, _ := entry.(map[string]any)
			for term, definition := range definitions {
				if short := shortOf(definedAs(definition), prefixes); short != "" && short != term {
					aliases[term] = true
				}
			}
		}
	}
	return aliases, prefixes
}

// shortOf is the name by which what a term is defined as is read here.
func shortOf(iri string, prefixes map[string]string) string {
	if keyword, ok := strings.CutPrefix(iri, "@"); ok {
		return keyword
	}
	prefix, suffix, compact := strings.Cut(iri, ":")
	if space, ok := prefixes[prefix]; ok && compact {
		iri = space + suffix
	} else if prefix == "as" {
		return suffix
	}
	return meaning(iri)
}

// uses says whether one of the names is a key anywhere in v.
func uses(v any, names map[string]bool) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(entry any) bool { return uses(entry, names) })
	case map[string]any:
		for key, value := range v {
			if key != "@context" && (names[key] || uses(value, names)) {
				return true
			}
		}
	}
	return false
}

// common brings a whole document to the common shape.
func common(m fields) (map[string]any, error) {
	r := reader{}
	in, err := r.enter(standard, m)
	if err != nil {
		return nil, err
	}
	entries, isGraph := m["@graph"]
	if !isGraph {
		entries = map[string]any(m)
	} else if err := alone(m); err != nil {
		return nil, err
	}
	var nodes []map[string]any
	for _, entry := range all(entries) {
		v, err := r.value(in, entry)
		if err != nil {
			return nil, err
		}
		if node, ok := v.(map[string]any); ok {
			nodes = append(nodes, node)
		}
	}
	return rooted(nodes)
}

// alone checks that a @graph is all there is: else it would be a graph within a thing.
func alone(m fields) error {
	for key := range m {
		if key != "@graph" && key != "@context" {
			return malformed("@graph beside %q", key)
		}
	}
	return nil
}

// reader rewrites a document in the common shape: short names, bare values, a list
// only where there are several.
type reader struct{ contexts, terms int }

// enter is the context inside m: the one around it and its own.
func (r *reader) enter(in *scope, m map[string]any) (*scope, error) {
	var err error
	for _, entry := range all(m["@context"]) {
		definitions, ok := entry.(map[string]any)
		if !ok {
			continue // an address, which is not loaded; or null, for a context that says nothing
		}
		r.contexts++
		r.terms += len(definitions)
		if r.contexts > maxContexts || r.terms > maxTerms {
			return nil, malformed("more than %d contexts or %d terms", maxContexts, maxTerms)
		}
		if in, err = in.with(definitions); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (r *reader) value(in *scope, v any) (any, error) {
	switch v := v.(type) {
	case []any:
		return r.list(in, v)
	case map[string]any:
		return r.node(in, v)
	}
	return v, nil
}

func (r *reader) list(in *scope, entries []any) (any, error) {
	list := make([]any, 0, len(entries))
	for _, entry := range entries {
		v, err := r.value(in, entry)
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case nil:
		case []any:
			list = append(list, v...) // a @set or a @list
		default:
			list = append(list, v)
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

// node rewrites an object: a thing, or a value with its type or its language.
func (r *reader) node(in *scope, m map[string]any) (any, error) {
	in, err := r.enter(in, m)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	keywords := map[string]any{}
	said := map[string]any{}
	var others [][2]string // key, IRI
	for _, key := range slices.Sorted(maps.Keys(m)) {
		iri := in.iri(key)
		switch {
		case key == "@context", key == "@graph", iri == "":
			continue
		case said[iri] != nil && !in.term(key).byLanguage:
			if !reflect.DeepEqual(said[iri], m[key]) { // Mobilizon says its status twice
				return nil, malformed("%s under two names", iri)
			}
			continue
		case strings.HasPrefix(iri, "@"):
			keywords[iri] = m[key]
		case strings.HasPrefix(iri, asNamespace) && meaning(iri) != "":
			err = r.set(in, out, meaning(iri), key, m[key])
		case len(iri) <= maxTermBytes:
			others = append(others, [2]string{key, iri})
		}
		if err != nil {
			return nil, err
		}
		if !in.term(key).byLanguage {
			said[iri] = m[key]
		}
	}
	for _, keyword := range []string{"@value", "@list", "@set"} {
		if v, ok := keywords[keyword]; ok {
			return r.value(in, v)
		}
	}
	// ActivityStreams' own names win over those of others that mean the same.
	for _, other := range others {
		key, name := other[0], other[1]
		if short := meaning(name); short != "" {
			name = short
		}
		if _, taken := out[name]; !taken {
			if err := r.set(in, out, name, key, m[key]); err != nil {
				return nil, err
			}
		}
	}
	return in.identified(out, keywords), nil
}

// set writes a member under its short name.
func (r *reader) set(in *scope, out map[string]any, name, key string, v any) error {
	if slices.Contains(texts, name) {
		return r.setText(in, out, name, key, v)
	}
	v, err := r.value(in, v)
	if err != nil {
		return err
	}
	if v = in.term(key).resolved(in, v); v != nil {
		out[name] = v
	}
	return nil
}

// texts are the properties whose languages are kept apart, in a map.
var texts = []string{"name", "summary", "content"}

// setText writes a text, and the same by language as far as it is known.
func (r *reader) setText(in *scope, out map[string]any, name, key string, v any) error {
	byLanguage, ok := out[name+"Map"].(map[string]any)
	if !ok {
		byLanguage = map[string]any{}
	}
	if translations, ok := v.(map[string]any); ok && in.term(key).byLanguage {
		for lang, text := range translations {
			if s, ok := first(text).(string); ok && byLanguage[lang] == nil {
				byLanguage[lang] = s
			}
		}
		v = nil
	}
	for _, entry := range all(v) {
		text, lang, tagged, err := r.text(in, entry)
		if err != nil {
			return err
		}
		if _, has := out[name]; !has && !tagged && text != "" {
			out[name] = text
		}
		if lang != "" && byLanguage[lang] == nil {
			byLanguage[lang] = text
		}
	}
	if len(byLanguage) > 0 {
		out[name+"Map"] = byLanguage
	}
	return nil
}

// text reads a text and its language; tagged says that it states the language itself,
// so that it is one of several translations.
func (r *reader) text(in *scope, v any) (text, lang string, tagged bool, err error) {
	lang = in.language
	if m, ok := v.(map[string]any); ok {
		for key, value := range m {
			if s, ok := value.(string); ok && in.iri(key) == "@language" {
				lang, tagged = s, true
			}
		}
	}
	if v, err = r.value(in, v); err != nil {
		return "", "", false, err
	}
	text, _ = first(v).(string)
	return text, lang, tagged, nil
}
