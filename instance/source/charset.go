package source

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// declared finds the charset that a file says it is in: XML, HTML and iCalendar have
// a place for it.
var declared = regexp.MustCompile(`(?i)(?:encoding\s*=\s*["']|charset\s*=\s*["']?)([a-z0-9_:.-]{2,40})`)

// decode returns the bytes as UTF-8 text without a byte order mark. A declared
// charset counts only for what is not UTF-8: many files are converted and still say
// what they were. Without one, Windows-1252, which French spreadsheets write.
func decode(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		if out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data); err == nil {
			return clean(out)
		}
	case utf8.Valid(data):
		return clean(data)
	}
	if m := declared.FindSubmatch(data[:min(len(data), 2048)]); m != nil {
		if enc, name := charset.Lookup(string(m[1])); enc != nil && name != "utf-8" {
			if out, err := enc.NewDecoder().Bytes(data); err == nil {
				return clean(out)
			}
		}
	}
	if mostlyUTF8(data) {
		return clean(data)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		out = data
	}
	return clean(out)
}

func clean(data []byte) string {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	s := strings.ToValidUTF8(string(data), "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "")
}

// mostlyUTF8 says that a file is UTF-8 with a few broken bytes (a line folded in the
// middle of a letter) rather than another charset.
func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		data = data[size:]
	}
	return good > 4*bad
}
