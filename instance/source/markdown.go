package source

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	// special are the characters that Markdown could take for markup.
	special   = regexp.MustCompile("[\\\\`*_\\[\\]<>#]")
	lineStart = regexp.MustCompile(`(?m)^(\s*)([-+=~]|\d+[.)])(\s|$)`)
	blanks    = regexp.MustCompile(`\n[ \t\x{00a0}]*(?:\n[ \t\x{00a0}]*)+`)
	addresses = regexp.MustCompile(`https?://[^\s<>"]+`)
	markup    = regexp.MustCompile(`(?i)</?(?:p|br|div|a|b|i|em|strong|ul|ol|li|h[1-6]|span|table|blockquote|html)\b[^>]*>`)
)

// markdownOf turns a text of unknown nature into Markdown: HTML when it has markup,
// else plain text.
func markdownOf(s string) string {
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField], "")
	}
	if markup.MatchString(s) {
		return markdownFromHTML(s)
	}
	return markdownFromText(html.UnescapeString(s))
}

// markdownFromText keeps plain text as it is: its lines, its addresses, and no markup
// that its author did not mean.
func markdownFromText(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
	var out strings.Builder
	last := 0
	for _, at := range addresses.FindAllStringIndex(s, -1) {
		out.WriteString(escapeMarkdown(s[last:at[0]]))
		out.WriteString(s[at[0]:at[1]]) // an address with an underscore stays one
		last = at[1]
	}
	out.WriteString(escapeMarkdown(s[last:]))
	text := lineStart.ReplaceAllString(out.String(), `$1$2$3`)
	text = blanks.ReplaceAllString(text, "\n\n")
	// A line break is meant in a description, and Markdown would join the lines.
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		lines := strings.Split(p, "\n")
		for j := range lines {
			lines[j] = strings.TrimSpace(lines[j])
		}
		paragraphs[i] = joinLines(lines)
	}
	return strings.Join(paragraphs, "\n\n")
}

// joinLines keeps the breaks between lines, except around the items of a list.
func joinLines(lines []string) string {
	var out strings.Builder
	for i, line := range lines {
		if i > 0 {
			if !isItem(line) && !isItem(lines[i-1]) {
				out.WriteString("\\")
			}
			out.WriteString("\n")
		}
		out.WriteString(line)
	}
	return out.String()
}

func isItem(line string) bool { return strings.HasPrefix(line, "- ") }

func escapeMarkdown(s string) string { return special.ReplaceAllString(s, `\$0`) }

// markdownFromHTML keeps what a description is made of: paragraphs, lists, links,
// emphasis, headings. Scripts, styles and pictures are left out.
func markdownFromHTML(s string) string {
	context := &xhtml.Node{Type: xhtml.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := xhtml.ParseFragment(strings.NewReader(s), context)
	if err != nil {
		return markdownFromText(s)
	}
	w := &markdownWriter{}
	for _, n := range nodes {
		w.node(n, 0)
	}
	return strings.TrimSpace(blanks.ReplaceAllString(w.out.String(), "\n\n"))
}

// markdownWriter writes HTML nodes as Markdown.
type markdownWriter struct {
	out   strings.Builder
	lists []int // of each open list, the number of its next item; 0 for bullets
}

func (w *markdownWriter) node(n *xhtml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	if n.Type == xhtml.TextNode {
		w.out.WriteString(escapeMarkdown(spaced(n.Data)))
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Template, atom.Img, atom.Iframe, atom.Object:
	case atom.Br:
		w.out.WriteString("\\\n")
	case atom.Hr:
		w.out.WriteString("\n\n---\n\n")
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Blockquote, atom.Table, atom.Tr, atom.Pre:
		w.around(n, depth, "\n\n", "\n\n")
	case atom.H1, atom.H2:
		w.around(n, depth, "\n\n## ", "\n\n")
	case atom.H3, atom.H4, atom.H5, atom.H6:
		w.around(n, depth, "\n\n### ", "\n\n")
	case atom.Ul:
		w.list(n, depth, 0)
	case atom.Ol:
		w.list(n, depth, 1)
	case atom.Li:
		w.item(n, depth)
	case atom.Strong, atom.B:
		w.wrapped(n, depth, "**")
	case atom.Em, atom.I:
		w.wrapped(n, depth, "*")
	case atom.A:
		w.link(n, depth)
	case atom.Td, atom.Th:
		w.around(n, depth, "", " ")
	default:
		w.children(n, depth)
	}
}

func (w *markdownWriter) children(n *xhtml.Node, depth int) {
	for c := range n.ChildNodes() {
		w.node(c, depth+1)
	}
}

func (w *markdownWriter) around(n *xhtml.Node, depth int, before, after string) {
	w.out.WriteString(before)
	w.children(n, depth)
	w.out.WriteString(after)
}

// inner is what the children of a node are in Markdown.
func (w *markdownWriter) inner(n *xhtml.Node, depth int) string {
	sub := &markdownWriter{lists: w.lists}
	sub.children(n, depth)
	return strings.TrimSpace(sub.out.String())
}

// wrapped puts marks around words; Markdown knows them only against a word.
func (w *markdownWriter) wrapped(n *xhtml.Node, depth int, mark string) {
	if text := w.inner(n, depth); text != "" && !strings.Contains(text, "\n") {
		w.out.WriteString(mark + text + mark)
		return
	}
	w.children(n, depth)
}

func (w *markdownWriter) list(n *xhtml.Node, depth, first int) {
	w.lists = append(w.lists, first)
	w.around(n, depth, "\n\n", "\n\n")
	w.lists = w.lists[:len(w.lists)-1]
}

func (w *markdownWriter) item(n *xhtml.Node, depth int) {
	mark, indent := "- ", ""
	if last := len(w.lists) - 1; last >= 0 {
		indent = strings.Repeat("   ", last)
		if w.lists[last] > 0 {
			mark = strconv.Itoa(w.lists[last]) + ". "
			w.lists[last]++
		}
	}
	text := blanks.ReplaceAllString(w.inner(n, depth), "\n")
	w.out.WriteString("\n" + indent + mark + text)
}

func (w *markdownWriter) link(n *xhtml.Node, depth int) {
	text := w.inner(n, depth)
	href := attr(n, "href")
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.ContainsAny(href, "<>\n") {
		w.out.WriteString(text)
		return
	}
	if text == "" || strings.Contains(text, "\n") {
		text = escapeMarkdown(u.Host)
	}
	w.out.WriteString("[" + text + "](<" + u.String() + ">)")
}

func attr(n *xhtml.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

var whitespace = regexp.MustCompile(`[\s\x{00a0}]+`)

func spaced(s string) string { return whitespace.ReplaceAllString(s, " ") }
