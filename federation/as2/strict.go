package as2

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a document, besides its size, which the caller bounds.
const (
	maxDepth = 32     // of nested objects and arrays
	maxArray = 1000   // elements of any array, members of any object
	maxNodes = 20_000 // values of all kinds: each takes far more memory than bytes
	maxURL   = 2048   // bytes
)

var (
	// ErrMalformed says that a document is not what it must be: not JSON, ambiguous
	// JSON, or without what its type cannot do without.
	ErrMalformed = errors.New("malformed ActivityStreams document")
	// ErrUnsupported says that a document is well formed and of a type that means
	// nothing here.
	ErrUnsupported = errors.New("unsupported ActivityStreams type")
	// ErrTooLarge says that an activity of ours would not fit in the inboxes of the
	// peers with the smallest limit (Misskey: 64 KiB).
	ErrTooLarge = errors.New("activity too large to deliver")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// asNamespace prefixes the IRIs of the standard vocabulary.
const asNamespace = "https://www.w3.org/ns/activitystreams#"

// shortName compacts the name of a standard term: "as:name" -> "name". No name so
// written is a keyword of JSON-LD.
func shortName(name string) string {
	short, ok := strings.CutPrefix(name, "as:")
	if !ok {
		short = strings.TrimPrefix(name, asNamespace)
	}
	if strings.HasPrefix(short, "@") {
		return name
	}
	return short
}

// document is a JSON object read strictly. raw keeps the bytes of its direct members;
// the rest tells whether it takes JSON-LD to understand it (jsonld.go).
type document struct {
	fields       fields
	raw          map[string]json.RawMessage
	nodes        int      // values of all kinds
	keywords     bool     // JSON-LD keywords are among its keys
	prefixed     []string // the keys with a colon that are not read as they are
	contexts     []any    // those of the document and of all that it embeds
	contextBytes int
}

// decode reads one JSON object. Whatever two parsers could read differently is
// refused: invalid UTF-8, repeated keys, keys that differ by case only, as are
// the keywords that rearrange a JSON-LD document. A @graph is left to those who can
// tell what it is about.
func decode(body []byte) (*document, error) {
	switch {
	case !utf8.Valid(body):
		return nil, malformed("not UTF-8")
	case !json.Valid(body):
		return nil, malformed("not JSON")
	}
	d := decoder{src: body}
	value, err := d.value()
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, malformed("not a JSON object")
	}
	d.doc.fields, d.doc.nodes = members, d.nodes
	return &d.doc, nil
}

// decoder walks JSON that is known to be valid, so that it never meets the end or
// an unexpected byte. It is several times quicker than the
// tokens of json.Decoder, and runs before every answer of the inbox.
type decoder struct {
	src   []byte
	pos   int
	depth int
	nodes int
	terms int // how many @context we are in: their terms are not read, and Fedify's differ by case alone
	doc   document
}

func (d *decoder) value() (any, error) {
	d.space()
	if d.nodes++; d.nodes > maxNodes {
		return nil, malformed("more than %d values", maxNodes)
	}
	switch d.src[d.pos] {
	case '{', '[':
		if d.depth++; d.depth > maxDepth {
			return nil, malformed("nested more than %d deep", maxDepth)
		}
		defer func() { d.depth-- }()
		if d.src[d.pos] == '[' {
			return d.array()
		}
		return d.object()
	case '"':
		return d.text()
	case 't':
		d.pos += len("true")
		return true, nil
	case 'f':
		d.pos += len("false")
		return false, nil
	case 'n':
		d.pos += len("null")
		return nil, nil
	}
	return d.number()
}

func (d *decoder) array() ([]any, error) {
	list := []any{}
	for more := d.open(']'); more; more = d.next() {
		if len(list) == maxArray {
			return nil, malformed("an array of more than %d", maxArray)
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (d *decoder) object() (map[string]any, error) {
	members := map[string]any{}
	folded := map[string]bool{}
	outermost := d.depth == 1
	if outermost {
		d.doc.raw = map[string]json.RawMessage{}
	}
	for more := d.open('}'); more; more = d.next() {
		d.space()
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if len(members) == maxArray {
			return nil, malformed("an object of more than %d members", maxArray)
		}
		key, fold := name, name
		if d.terms == 0 {
			key = shortName(name)
			fold = strings.ToLower(key)
		}
		if err := d.note(key, outermost); err != nil {
			return nil, err
		}
		if folded[fold] {
			return nil, malformed("key %q twice", key)
		}
		folded[fold] = true
		d.space()
		d.pos++ // the colon
		d.space()
		start := d.pos
		if key == "@context" {
			d.terms++
		}
		members[key], err = d.value()
		if err != nil {
			return nil, err
		}
		if key == "@context" {
			if d.terms--; d.terms == 0 {
				d.doc.contexts = append(d.doc.contexts, members[key])
				d.doc.contextBytes += d.pos - start
			}
		}
		if outermost {
			d.doc.raw[key] = d.src[start:d.pos:d.pos]
		}
	}
	return members, nil
}

// note remembers what a key says of the document.
func (d *decoder) note(key string, outermost bool) error {
	switch key {
	case "@included", "@reverse":
		return malformed("%s is not read here", key)
	case "@graph":
		if !outermost {
			return malformed("%s is not read here", key)
		}
	case "@context", "ical:status":
		return nil
	}
	switch {
	case d.terms > 0:
	case strings.HasPrefix(key, "@"):
		d.doc.keywords = true
	case strings.IndexByte(key, ':') > 0 && !strings.HasPrefix(key, "maillage:"):
		d.doc.prefixed = append(d.doc.prefixed, key)
	}
	return nil
}

// open steps into an array or an object, and says whether it has anything in it.
func (d *decoder) open(end byte) bool {
	d.pos++
	d.space()
	if d.src[d.pos] == end {
		d.pos++
		return false
	}
	return true
}

// next steps over a comma, or over the end of the array or object.
func (d *decoder) next() bool {
	d.space()
	d.pos++
	return d.src[d.pos-1] == ','
}

func (d *decoder) space() {
	for strings.IndexByte(" \t\r\n", d.src[d.pos]) >= 0 {
		d.pos++
	}
}

// text reads a string. NUL is left out: PostgreSQL keeps none.
func (d *decoder) text() (string, error) {
	start, escaped := d.pos, false
	for d.pos++; d.src[d.pos] != '"'; d.pos++ {
		if d.src[d.pos] == '\\' {
			escaped = true
			d.pos++
		}
	}
	d.pos++
	if !escaped {
		return string(d.src[start+1 : d.pos-1]), nil
	}
	var s string
	if err := json.Unmarshal(d.src[start:d.pos], &s); err != nil {
		return "", malformed("%v", err)
	}
	return strings.ReplaceAll(s, "\x00", ""), nil
}

func (d *decoder) number() (float64, error) {
	start := d.pos
	for d.pos < len(d.src) && strings.IndexByte("+-.0123456789eE", d.src[d.pos]) >= 0 {
		d.pos++
	}
	n, err := strconv.ParseFloat(string(d.src[start:d.pos]), 64)
	if err != nil {
		return 0, malformed("number out of range")
	}
	return n, nil
}
