package instance

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// MarkdownOf is the Markdown of HTML that came without its own: what an import or
// the API wrote, to be corrected in a form.
func MarkdownOf(content string) string {
	nodes, err := html.ParseFragment(strings.NewReader(SanitiseHTML(content)), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return PlainText(content)
	}
	var out strings.Builder
	for _, n := range nodes {
		writeMarkdown(&out, n, "")
	}
	return strings.TrimSpace(manyLines.ReplaceAllString(out.String(), "\n\n"))
}

var (
	manyLines = regexp.MustCompile(`[ \t]*\n[ \t]*\n\s*`)
	markup    = regexp.MustCompile("[\\\\`*_\\[\\]<>]")
	anySpace  = regexp.MustCompile(`\s+`)
)

// around is what Markdown writes around the inside of an element.
var around = map[atom.Atom][2]string{
	atom.P: {"\n\n", "\n\n"}, atom.Div: {"\n\n", "\n\n"}, atom.Ul: {"\n\n", "\n\n"}, atom.Ol: {"\n\n", "\n\n"},
	atom.H2: {"\n\n## ", "\n\n"}, atom.H3: {"\n\n### ", "\n\n"}, atom.H4: {"\n\n#### ", "\n\n"}, atom.H5: {"\n\n##### ", "\n\n"}, atom.H6: {"\n\n###### ", "\n\n"},
	atom.B: {"**", "**"}, atom.Strong: {"**", "**"}, atom.I: {"*", "*"}, atom.Em: {"*", "*"}, atom.Del: {"~~", "~~"}, atom.S: {"~~", "~~"},
	atom.Code: {"`", "`"}, atom.Blockquote: {"\n\n> ", "\n\n"}, atom.Tr: {"\n", "\n"}, atom.Td: {"", " "}, atom.Th: {"", " "},
}

func writeMarkdown(out *strings.Builder, n *html.Node, bullet string) {
	if n.Type == html.TextNode {
		out.WriteString(markup.ReplaceAllString(anySpace.ReplaceAllString(n.Data, " "), `\$0`))
		return
	}
	inside := func(bullet string) {
		for child := range n.ChildNodes() {
			writeMarkdown(out, child, bullet)
		}
	}
	switch n.DataAtom {
	case atom.Br:
		out.WriteString("  \n")
	case atom.Hr:
		out.WriteString("\n\n---\n\n")
	case atom.A:
		out.WriteString("[")
		inside("")
		out.WriteString("](" + hrefOf(n) + ")")
	case atom.Li:
		out.WriteString("\n" + bullet)
		inside("")
	case atom.Ol:
		out.WriteString("\n\n")
		i := 0
		for child := range n.ChildNodes() {
			if child.DataAtom == atom.Li {
				i++
				writeMarkdown(out, child, strconv.Itoa(i)+". ")
			}
		}
		out.WriteString("\n\n")
	default:
		marks := around[n.DataAtom]
		out.WriteString(marks[0])
		inside("- ")
		out.WriteString(marks[1])
	}
}

func hrefOf(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "href" {
			return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(a.Val)
		}
	}
	return ""
}
