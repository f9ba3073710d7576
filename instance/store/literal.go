package store

import (
	"database/sql/driver"
	"encoding/hex"
	"strconv"
	"strings"
)

// maxLifted bounds the values lifted out of one statement. What has more, a list of
// ids or the rows of an import, is one of a kind: keeping it would gain nothing.
const maxLifted = 64

// lifter takes the values that bun wrote into a statement out of it again, so that its
// text is the same each time and needs preparing once.
//
// Left in place is what the planner decides by: empty strings and numbers of one
// digit, which partial indexes are about, and a LIMIT.
type lifter struct {
	query  string
	at     int    // how far query is read
	copied int    // how far it is in text
	word   string // the last one read

	text   []byte
	values []driver.NamedValue
}

// lift reads a query into text and values. It is false of what is to be run as it is.
func (l *lifter) lift(query string) bool {
	*l = lifter{query: query, text: l.text[:0], values: l.values[:0]}
	verb, _, _ := strings.Cut(strings.TrimLeft(query, "\n\t "), " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK":
	default:
		return false
	}
	for l.at < len(query) {
		if !l.token() || len(l.values) > maxLifted {
			return false
		}
	}
	l.text = append(l.text, query[l.copied:]...)
	return true
}

// token reads the next token. It is false of what bun does not write into a statement
// of ours: parameters, comments, a second statement, another dialect.
func (l *lifter) token() bool {
	rest := l.query[l.at:]
	switch c := rest[0]; {
	case c == '\'':
		return l.string(1)
	case c == 'X' && strings.HasPrefix(rest[1:], "'"):
		return l.string(2)
	case isLetter(c):
		l.word = rest[:span(rest, isWord)]
		l.at += len(l.word)
	case isDigit(c):
		l.number(rest[:span(rest, isNumber)])
	case c == '"':
		end := strings.IndexByte(rest[1:], '"')
		l.at += end + 2
		return end >= 0
	case strings.IndexByte("?:@$;[`#", c) >= 0, strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
		return false
	default:
		l.at++
	}
	return true
}

// number lifts an integer that is a value.
func (l *lifter) number(digits string) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil && n > 9 && l.word != "LIMIT" {
		l.lifted(len(digits), n)
		return
	}
	l.at += len(digits)
}

// string lifts a text, or a blob in hexadecimal, whose opening takes that many bytes.
func (l *lifter) string(opening int) bool {
	start := l.at + opening
	end := start
	for {
		quote := strings.IndexByte(l.query[end:], '\'')
		if quote < 0 {
			return false
		}
		end += quote
		if !strings.HasPrefix(l.query[end+1:], "'") {
			break
		}
		end += 2
	}
	size, inner := end+1-l.at, l.query[start:end]
	switch {
	case inner == "":
		l.at += size
	case opening == 1:
		l.lifted(size, strings.ReplaceAll(inner, "''", "'"))
	default:
		blob, err := hex.DecodeString(inner)
		if err != nil {
			return false
		}
		l.lifted(size, blob)
	}
	return true
}

// lifted puts a parameter in place of the next size bytes.
func (l *lifter) lifted(size int, value driver.Value) {
	l.text = append(append(l.text, l.query[l.copied:l.at]...), '?')
	l.at += size
	l.copied = l.at
	l.values = append(l.values, driver.NamedValue{Ordinal: len(l.values) + 1, Value: value})
}

// span counts the first bytes of s that are ok.
func span(s string, ok func(byte) bool) int {
	for i := range len(s) {
		if !ok(s[i]) {
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) }
func isNumber(c byte) bool { return isWord(c) || c == '.' }
