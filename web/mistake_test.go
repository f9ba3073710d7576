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

	"github.com/maillage/maillage/instance"
)

// Where the messages about fields are written: the functions that take one, and
// which of their arguments it is.
var messageArguments = map[string]int{"require": 2, "fail": 1, "notice": 0, "invalid": 0, "warning": 2, "fatal": 2, "NewIntakeProblem": 2, "conflicting": 3}

// note says why a column of a file is not imported.
var note = regexp.MustCompile(`(?i): non importée?s?\b|^sans usage ici$|^attribut sans équivalent ici$|^laissée de côté`)

// messagesIn lists the messages about fields that a package's sources hold.
func messagesIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	keep := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if s, err := strconv.Unquote(literal.Value); err == nil {
				messages = append(messages, s)
			}
		}
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called := ""
				switch f := n.Fun.(type) {
				case *ast.SelectorExpr:
					called = f.Sel.Name
				case *ast.Ident:
					called = f.Name
				}
				if i, ok := messageArguments[called]; ok && len(n.Args) > i {
					keep(n.Args[i])
				}
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && note.MatchString(s) {
					messages = append(messages, s)
				}
			case *ast.CompositeLit: // []FieldError{{"slug", "..."}}
				for _, e := range n.Elts {
					if one, ok := e.(*ast.CompositeLit); ok && listsFieldErrors(n) && len(one.Elts) == 2 {
						keep(one.Elts[1])
					}
				}
			}
			return true
		})
	}
	slices.Sort(messages)
	return slices.Compact(messages)
}

func listsFieldErrors(n *ast.CompositeLit) bool {
	list, ok := n.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	element, ok := list.Elt.(*ast.Ident)
	return ok && element.Name == "FieldError"
}

// Every message about a field that a page can show has its English.
func TestEveryMistakeIsTranslated(t *testing.T) {
	t.Parallel()
	messages := slices.Concat(messagesIn(t, "../instance"), messagesIn(t, "../instance/source"), messagesIn(t, "."), []string{
		instantExpected, "supprimé ici pendant l’import : supprimé", "supprimé ici le %s, pas rétabli : supprimé",
	})
	if len(messages) < 40 {
		t.Fatalf("only %d messages were found in the sources: %q", len(messages), messages)
	}
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	en := locales["en"]
	for _, french := range messages {
		if got := en.mistake(french); got == typographic.Replace(french) || strings.ContainsAny(got, "«»éèê") {
			t.Errorf("no English for %q in locales/mistakes.en.json (got %q)", french, got)
		}
	}
	for _, s := range en.sentences {
		if french := strings.Join(s.french, "%"); !slices.ContainsFunc(messages, func(m string) bool { return verbs.ReplaceAllString(m, "%") == french }) {
			t.Errorf("nothing says %q", french)
		}
	}
}

func TestMistakesInBothLanguages(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ said, fr, en string }{
		{"écrivez l’adresse entière, avec https://", "écrivez l’adresse entière, avec https://", "write the whole address, with https://"},
		{"« x » n’est pas possible ici ; choisissez parmi a, b", "«\u00a0x\u00a0» n’est pas possible ici\u00a0; choisissez parmi a, b", "“x” is not possible here; choose among a, b"},
		{"écrivez un nombre de -90 à 90", "écrivez un nombre de -90 à 90", "write a number from -90 to 90"},
		{"raccourcissez le texte à 40 000 caractères", "raccourcissez le texte à 40\u202f000 caractères", "shorten the text to 40,000 characters"},
		{"« un » état de la liste » n’est pas dans la liste : prevu", "«\u00a0un\u00a0» état de la liste\u00a0» n’est pas dans la liste\u00a0: prevu", "“un » état de la liste” is not in the list: prevu"},
		{"jamais dit", "jamais dit", "jamais dit"},
	} {
		err := &instance.ValidationError{Fields: []instance.FieldError{{Field: "x", Message: test.said}}}
		if got := locales["fr"].problems(err)[0].Message; got != test.fr {
			t.Errorf("fr: %q, want %q", got, test.fr)
		}
		if got := locales["en"].problems(err)[0].Message; got != test.en {
			t.Errorf("en: %q, want %q", got, test.en)
		}
		if err.Fields[0].Message != test.said {
			t.Errorf("the error itself was changed: %q", err.Fields[0].Message)
		}
	}
}

func TestPagesSayWhatIsWrongInTheirLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, page := range []string{"/recherche", "/carte", "/annuaire", "/recettes"} {
		fr, en := s.get(page+"?theme=lune&lat=x&lon=0"), s.get(page+"?theme=lune&lat=x&lon=0", "Accept-Language", "en")
		fr.shows("«\u00a0lune\u00a0» n’est pas dans la liste\u00a0: ", "écrivez un nombre de -90 à 90")
		en.shows("“lune” is not in the list", "write a number from -90 to 90")
		en.lacks("n’est", "n'est", "écrivez")
	}
}
