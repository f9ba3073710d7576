package instance

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/text/unicode/norm"
)

// sanitiser allows what people use to write an agenda or a guide, and nothing
// that runs, styles or tracks. Images are left out: a stranger's picture is shown
// only as an attachment.
var sanitiser = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em",
		"ul", "ol", "li", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td", "ruby", "rt", "rp")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "geo")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(mention|hashtag|ellipsis|invisible|u-url|h-card)( (mention|hashtag|ellipsis|invisible|u-url|h-card))*$`)).OnElements("a", "span", "p")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}()

// SanitiseHTML keeps only harmless markup. It is applied to strangers' HTML on the
// way in, and again on the way out.
func SanitiseHTML(s string) string { return strings.TrimSpace(sanitiser.Sanitize(s)) }

var (
	markdown       = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table))
	markdownNoGrid = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough))
)

// maxCells bounds a Markdown table: its rows are filled up to its widest, so that a
// few kilobytes of bars could become many megabytes of empty cells.
const maxCells = 5_000

// RenderMarkdown turns an author's Markdown into harmless HTML.
func RenderMarkdown(source string) string {
	var out bytes.Buffer
	markdown, widest := markdown, 0
	for line := range strings.Lines(source) {
		widest = max(widest, strings.Count(line, "|"))
	}
	if widest*strings.Count(source, "\n") > maxCells {
		markdown = markdownNoGrid
	}
	if err := markdown.Convert([]byte(source), &out); err != nil {
		return "<p>" + html.EscapeString(source) + "</p>"
	}
	return SanitiseHTML(out.String())
}

var (
	blockEnd = regexp.MustCompile(`(?i)</(p|li|h[1-6]|blockquote|tr|div)>|<br ?/?>`)
	noMarkup = bluemonday.StrictPolicy()
	spaces   = regexp.MustCompile(`\s+`)
)

// PlainText strips the markup of HTML and decodes its entities, for names, search and extracts.
func PlainText(s string) string {
	s = blockEnd.ReplaceAllString(s, "$0 ")
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(noMarkup.Sanitize(s)), " "))
}

// CleanName makes a stranger's text fit for one line: no markup, NFC, no hidden
// characters, at most limit runes.
func CleanName(s string, limit int) string {
	s = withoutHidden(norm.NFC.String(PlainText(s)))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	return Truncate(strings.TrimSpace(s), limit)
}

// withoutHidden drops what is not seen and changes how the rest is: overrides of the
// writing direction, zero-width letters. The joiner stays: emoji are made with it.
func withoutHidden(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return -1
		}
		return r
	}, s)
}

// Truncate cuts at a limit of runes, with an ellipsis when something was cut.
func Truncate(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return strings.TrimRightFunc(string(runes[:limit-1]), unicode.IsSpace) + "…"
}
