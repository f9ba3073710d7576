package french

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold puts text in the form words are compared in: lower case, without accents,
// ligatures opened.
func Fold(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for _, r := range s {
		appendFolded(&out, r)
	}
	return out.String()
}

func appendFolded(out *strings.Builder, r rune) {
	switch {
	case 'A' <= r && r <= 'Z':
		out.WriteByte(byte(r) + 'a' - 'A')
	case r < unicode.MaxASCII:
		out.WriteByte(byte(r))
	case r < latinEnd:
		out.WriteString(latinFold()[r])
	default:
		out.WriteString(foldRune(r))
	}
}

// latinEnd closes the Unicode blocks that hold the letters of European languages
// (Latin Extended Additional ends there): their foldings are computed once.
const latinEnd = 0x1f00

var latinFold = sync.OnceValue(func() []string {
	table := make([]string, latinEnd)
	for r := range rune(latinEnd) {
		table[r] = foldRune(r)
	}
	return table
})

// What decomposition does not open: ligatures and barred letters.
var ligatures = map[rune]string{'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th"}

func foldRune(r rune) string {
	var out strings.Builder
	for _, d := range norm.NFKD.String(string(unicode.ToLower(r))) {
		if open, ok := ligatures[d]; ok {
			out.WriteString(open)
		} else if !unicode.Is(unicode.Mn, d) && isWord(d) == isWord(r) { // ½ holds a slash
			out.WriteRune(unicode.ToLower(d))
		}
	}
	return out.String()
}
