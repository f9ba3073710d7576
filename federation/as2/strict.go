package as2

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The limits of a document, besides its size, which the caller bounds.
const (
	maxDepth = 32   // of nested objects and arrays
	maxArray = 1000 // elements of any array
	maxURL   = 2048 // bytes
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

// shortName compacts the name of a standard term: "as:name" -> "name".
func shortName(name string) string {
	if short, ok := strings.CutPrefix(name, "as:"); ok {
		return short
	}
	return strings.TrimPrefix(name, asNamespace)
}

// document is a JSON object read strictly. raw keeps the bytes of its direct members.
type document struct {
	fields fields
	raw    map[string]json.RawMessage
}

// decode reads one JSON object. Whatever two parsers could read differently is
// refused: invalid UTF-8, repeated keys, keys that differ by case only, as are
// the keywords that rearrange a JSON-LD document.
func decode(body []byte) (*document, error) {
	switch {
	case !utf8.Valid(body):
		return nil, malformed("not UTF-8")
	case !json.Valid(body):
		return nil, malformed("not JSON")
	}
	d := decoder{tokens: json.NewDecoder(bytes.NewReader(body)), src: body}
	value, err := d.value()
	if err != nil {
		return nil, err
	}
	if _, err := d.tokens.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("text after the document")
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, malformed("not a JSON object")
	}
	return &document{fields: members, raw: d.raw}, nil
}

type decoder struct {
	tokens *json.Decoder
	src    []byte
	depth  int
	raw    map[string]json.RawMessage // of the outermost object
}

func (d *decoder) value() (any, error) {
	token, err := d.tokens.Token()
	if err != nil {
		return nil, malformed("%v", err)
	}
	switch t := token.(type) {
	case json.Delim:
		if d.depth++; d.depth > maxDepth {
			return nil, malformed("nested more than %d deep", maxDepth)
		}
		defer func() { d.depth-- }()
		if t == '[' {
			return d.array()
		}
		return d.object()
	case string:
		return strings.ReplaceAll(t, "\x00", ""), nil // PostgreSQL keeps no NUL
	}
	return token, nil
}

func (d *decoder) array() ([]any, error) {
	list := []any{}
	for d.tokens.More() {
		if len(list) == maxArray {
			return nil, malformed("an array of more than %d", maxArray)
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, d.close()
}

func (d *decoder) object() (map[string]any, error) {
	members := map[string]any{}
	folded := map[string]bool{}
	outermost := d.depth == 1
	if outermost {
		d.raw = map[string]json.RawMessage{}
	}
	for d.tokens.More() {
		token, err := d.tokens.Token()
		if err != nil {
			return nil, malformed("%v", err)
		}
		key := shortName(token.(string)) // the tokeniser lets only strings be keys
		switch key {
		case "@graph", "@included", "@reverse":
			return nil, malformed("%s is not read here", key)
		}
		fold := strings.ToLower(key)
		if folded[fold] {
			return nil, malformed("key %q twice", key)
		}
		folded[fold] = true
		start := d.tokens.InputOffset()
		if members[key], err = d.value(); err != nil {
			return nil, err
		}
		if outermost {
			d.raw[key] = bytes.TrimLeft(d.src[start:d.tokens.InputOffset()], ": \t\r\n")
		}
	}
	return members, d.close()
}

func (d *decoder) close() error {
	if _, err := d.tokens.Token(); err != nil {
		return malformed("%v", err)
	}
	return nil
}
