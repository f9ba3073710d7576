package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// elision is a French one with the apostrophe of a keyboard; no English word has it.
var elision = regexp.MustCompile(`(?i)(?:^|[^\pL%])(?:[ldnscjmt]|qu|jusqu|lorsqu|puisqu|quelqu|presqu|aujourd|entr)'[\pL%«$]`)

// What the program says in French is typographic where it is written: the command line
// and the API say it as it is.
func TestFrenchInTheSourcesIsTypographic(t *testing.T) {
	t.Parallel()
	domain, err := filepath.Glob("../instance/*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	for _, name := range slices.Concat(domain, pages) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if said, err := strconv.Unquote(literal.Value); err == nil && elision.MatchString(said) {
					t.Errorf("%s: a straight apostrophe in %q", files.Position(literal.Pos()), said)
				}
			}
			return true
		})
	}
}
