package as2

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
)

// The limits of texts that end up in lists of a stranger's object, in runes.
const (
	maxLine = 500
	maxText = 20_000
)

// fields is a JSON object of a stranger: each method reads one member, in the few
// shapes that peers give it, and returns the zero value for anything else.
//
// Texts and references are read here rather than through go-fed's vocabulary: it
// takes any text with a colon after its first word for an IRI ("Atelier: vélo"),
// and writes IRIs back percent-encoded, which changes who they identify.
type fields map[string]any

// text is a string, at most limit runes.
func (f fields) text(key string, limit int) string {
	s, _ := first(f[key]).(string)
	if len(s) <= limit {
		return s
	}
	return instance.Truncate(s, limit)
}

func (f fields) line(key string) string { return f.text(key, maxLine) }

// lines is a list of strings, or a lone one.
func (f fields) lines(key string) []string {
	var out []string
	for _, v := range all(f[key]) {
		if s, ok := v.(string); ok && s != "" {
			out = append(out, instance.Truncate(s, maxText))
		}
	}
	return out
}

// natural is a text that may be given by language only ("nameMap"), as Mobilizon
// and Mastodon do beside the plain one. French first: it is what our readers read.
func (f fields) natural(key string) string {
	if s, ok := first(f[key]).(string); ok && s != "" {
		return s
	}
	texts, _ := f[key+"Map"].(map[string]any)
	s, _ := texts[preferred(texts)].(string)
	return s
}

// language is that of the content, else of the name.
func (f fields) language() string {
	for _, key := range []string{"contentMap", "nameMap", "summaryMap"} {
		texts, _ := f[key].(map[string]any)
		if lang := preferred(texts); lang != "" && lang != "und" && len(lang) <= 35 { // RFC 5646 §4.4.1
			return lang
		}
	}
	if s := f.line("inLanguage"); len(s) <= 35 {
		return s
	}
	return ""
}

// preferred picks a language: French, English, else the first in the alphabet,
// since the order of a JSON object means nothing.
func preferred(texts map[string]any) string {
	best := ""
	for lang := range texts {
		if best == "" || rank(lang) < rank(best) || (rank(lang) == rank(best) && lang < best) {
			best = lang
		}
	}
	return best
}

func rank(lang string) int {
	switch base, _, _ := strings.Cut(lang, "-"); base {
	case "fr":
		return 0
	case "en":
		return 1
	case "und":
		return 3
	}
	return 2
}

func (f fields) iri(key string) string    { return iri(f[key]) }
func (f fields) iris(key string) []string { return iris(f[key]) }

// object is an embedded object, or the first of a list of them.
func (f fields) object(key string) fields {
	m, _ := first(f[key]).(map[string]any)
	return m
}

// objects is a list of embedded objects, at most limit; what is none is left out.
func (f fields) objects(key string, limit int) []fields {
	var out []fields
	for _, v := range all(f[key]) {
		if m, ok := v.(map[string]any); ok && len(out) < limit {
			out = append(out, m)
		}
	}
	return out
}

func (f fields) flag(key string) bool {
	b, _ := f[key].(bool)
	return b
}

func (f fields) count(key string) int { return count(f[key]) }

// number is a number, or a string that spells one.
func (f fields) number(key string) (float64, bool) {
	switch v := first(f[key]).(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// slug reads a term of a vocabulary by its IRI.
func (f fields) slug(list, key string) string {
	slug, ok := instance.Vocabularies().Slug(list, iri(f[key]))
	if !ok {
		return ""
	}
	return slug
}

// slugs reads several terms of a vocabulary by their IRIs; unknown ones are left out.
func (f fields) slugs(list, key string) []string {
	var out []string
	for _, uri := range f.iris(key) {
		if slug, ok := instance.Vocabularies().Slug(list, uri); ok {
			out = append(out, slug)
		}
	}
	return out
}

// first is the value itself, or the first of a list; nil for an empty list.
func first(v any) any {
	list, ok := v.([]any)
	switch {
	case !ok:
		return v
	case len(list) == 0:
		return nil
	}
	return list[0]
}

// all is the value as a list.
func all(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// iri reads a reference: an IRI, an object with an id, a Link, or the first of a
// list of them. "" for anything else.
func iri(v any) string {
	switch v := first(v).(type) {
	case string:
		return checkedIRI(v)
	case map[string]any:
		for _, key := range []string{"id", "href"} {
			if s, ok := v[key].(string); ok {
				return checkedIRI(s)
			}
		}
	}
	return ""
}

// iris reads a list of references, leaving out what is none.
func iris(v any) []string {
	var out []string
	for _, entry := range all(v) {
		if s := iri(entry); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// checkedIRI returns the http(s) IRI, or "". Public is written in full.
func checkedIRI(s string) string {
	if s == "as:Public" || s == "Public" {
		return Public
	}
	if len(s) > maxURL || strings.ContainsAny(s, " <>\"\\\n\r\t") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || !plainHost(u) || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s
}

// plainHost says that the host is spelt in the one way that names it: ASCII, no
// trailing dot, no default port. Servers are told apart, and blocked, by their names.
func plainHost(u *url.URL) bool {
	for i := range len(u.Host) {
		if u.Host[i] >= utf8.RuneSelf {
			return false
		}
	}
	defaultPort := u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80"
	return u.Hostname() != "" && !strings.HasSuffix(u.Hostname(), ".") && !strings.HasSuffix(u.Host, ":") && !defaultPort
}

// timeOf reads an RFC 3339 time within reason, in UTC; zero for anything else. The
// envelope is read without the vocabulary.
func timeOf(v any) time.Time {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !sensible(t) {
		return time.Time{}
	}
	return t.UTC()
}

func sensible(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 2200 }
