package federation

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// This file reads structured fields (RFC 8941), as much of them as signatures and
// digests need: dictionaries of byte sequences, and of lists of strings with
// parameters.
//
// It is our own because a library for RFC 9421 costs more than it saves. It brings a
// general parser of structured fields and a JOSE stack, guesses scheme and host from
// the request where ours are configured, and keeps the signed text to itself, where
// we need it to know a replay. And it is as liberal as the RFC, where the last of two
// equal keys wins, while a door wants a reader that knows few shapes and refuses the
// rest: doubled keys, types and parameters without use in a signature.

// sfMember is one key of a dictionary and its value.
type sfMember[V any] struct {
	key   string
	value V
}

// innerList is a list of strings and its parameters, which are integers (int64) and
// strings, in their order.
type innerList struct {
	items  []string
	params []sfMember[any]
}

// String writes the list in its one canonical form, whatever spaces it was read with.
func (l innerList) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, item := range l.items {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(sfQuote(item))
	}
	b.WriteByte(')')
	for _, p := range l.params {
		b.WriteString(";" + p.key + "=")
		switch value := p.value.(type) {
		case int64:
			b.WriteString(strconv.FormatInt(value, 10))
		case string:
			b.WriteString(sfQuote(value))
		}
	}
	return b.String()
}

var sfEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func sfQuote(s string) string { return `"` + sfEscaper.Replace(s) + `"` }

// sfReader holds what is left to read.
type sfReader struct{ rest string }

// parseDictionary reads a dictionary, whose header may be on several lines, with
// the reader of its values.
func parseDictionary[V any](name string, lines []string, value func(*sfReader) (V, error)) ([]sfMember[V], error) {
	text := strings.Join(lines, ", ")
	if len(text) > maxSignatureHeader {
		return nil, badSignature("%s is too long", name)
	}
	p := &sfReader{strings.Trim(text, " ")}
	var members []sfMember[V]
	for {
		key := p.key()
		if key == "" || !p.next('=') {
			return nil, badSignature("%s is malformed", name)
		}
		if slices.ContainsFunc(members, func(m sfMember[V]) bool { return m.key == key }) {
			return nil, badSignature("%s has %s twice", name, key)
		}
		v, err := value(p)
		if err != nil {
			return nil, err
		}
		members = append(members, sfMember[V]{key, v})
		p.rest = strings.TrimLeft(p.rest, " \t")
		if p.rest == "" {
			return members, nil
		}
		if !p.next(',') {
			return nil, badSignature("%s is malformed after %s", name, key)
		}
		p.rest = strings.TrimLeft(p.rest, " \t")
	}
}

// next reads one character, if it is the one.
func (p *sfReader) next(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// key reads a key, "" if there is none.
func (p *sfReader) key() string {
	n := 0
	for n < len(p.rest) {
		c := p.rest[n]
		if !(c >= 'a' && c <= 'z' || c == '*' || n > 0 && (c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')) {
			break
		}
		n++
	}
	key := p.rest[:n]
	p.rest = p.rest[n:]
	return key
}

// bytes reads a byte sequence, :base64:.
func (p *sfReader) bytes() ([]byte, error) {
	if !p.next(':') {
		return nil, badSignature("a byte sequence is expected")
	}
	text, rest, closed := strings.Cut(p.rest, ":")
	value, err := base64.StdEncoding.Strict().DecodeString(text)
	if !closed || err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, badSignature("not a byte sequence")
	}
	p.rest = rest
	return value, nil
}

// text reads a string, "like \"this\"".
func (p *sfReader) text() (string, error) {
	if !p.next('"') {
		return "", badSignature("a string is expected")
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case c == '\\':
			if i++; i == len(p.rest) || p.rest[i] != '"' && p.rest[i] != '\\' {
				return "", badSignature("bad escape in a string")
			}
			b.WriteByte(p.rest[i])
		case c < ' ' || c > '~':
			return "", badSignature("a string holds more than ASCII")
		default:
			b.WriteByte(c)
		}
	}
	return "", badSignature("unclosed string")
}

// integer reads at most the fifteen digits that the RFC allows.
func (p *sfReader) integer() (int64, error) {
	digits := p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || len(digits) > 15 || strings.HasPrefix(p.rest[len(digits):], ".") {
		return 0, badSignature("a number is expected")
	}
	p.rest = p.rest[len(digits):]
	return n, nil
}

// innerList reads ("a" "b");p=1;q="x".
func (p *sfReader) innerList() (innerList, error) {
	var list innerList
	if !p.next('(') {
		return list, badSignature("a list is expected")
	}
	for {
		spaced := strings.TrimLeft(p.rest, " ")
		apart := len(list.items) == 0 || len(spaced) < len(p.rest)
		p.rest = spaced
		if p.next(')') {
			break
		}
		item, err := p.text()
		if err != nil {
			return list, err
		}
		if !apart || strings.HasPrefix(p.rest, ";") { // @query-param, and parts of fields
			return list, badSignature("malformed list, or a parameter of %q", item)
		}
		list.items = append(list.items, item)
	}
	return list, p.params(&list)
}

// params reads the parameters of a list.
func (p *sfReader) params(list *innerList) error {
	for p.next(';') {
		p.rest = strings.TrimLeft(p.rest, " ")
		key := p.key()
		if key == "" || !p.next('=') {
			return badSignature("malformed parameter")
		}
		if slices.ContainsFunc(list.params, func(m sfMember[any]) bool { return m.key == key }) {
			return badSignature("parameter %s is there twice", key)
		}
		var value any
		var err error
		if strings.HasPrefix(p.rest, `"`) {
			value, err = p.text()
		} else {
			value, err = p.integer()
		}
		if err != nil {
			return err
		}
		list.params = append(list.params, sfMember[any]{key, value})
	}
	return nil
}
