package web

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// misprints are what French typography forbids, in texts that people read.
var misprints = map[string]*regexp.Regexp{
	"a straight apostrophe":                regexp.MustCompile(`\pL'\pL`),
	"an ordinary space before ; : ! ? »":   regexp.MustCompile(`\S [;:!?»](\s|$)`),
	"an ordinary space after «":            regexp.MustCompile(`« `),
	"no space before ; ! ?":                regexp.MustCompile(`\pL[;!?](\s|$)`),
	"three dots":                           regexp.MustCompile(`\.\.\.`),
	"English quotation marks":              regexp.MustCompile(`[“”]`),
	"an hour without spaces (10 h 30)":     regexp.MustCompile(`\b\d{1,2}h\d`),
	"an ordinal (1re, 2e)":                 regexp.MustCompile(`\d(ère|ème|ième|nd)\b`),
	"a capital without its accent":         regexp.MustCompile(`\b(A|Etat|Etape|Etes|Etre|Ecrire|Ecrivez|Editer|Evénement|Evènement|Echec|Equipe|Etablissement)s?\b[^.’]`),
	"two ordinary spaces":                  regexp.MustCompile(`[^\n]  `),
	"an English word where French has one": regexp.MustCompile(`(?i)\b(login|password|upload|download|settings|feedback|submit|cancel|email)\b`),
}

// machine is what no typography applies to: addresses, fields of templates, code, and
// the names of forms and of the program's own words.
var machine = regexp.MustCompile(`https?://\S+|\{\{[^}]*\}\}|<[^>]*>|\S+@\S+|%\w`)

// vocabularyTexts are the words of the controlled lists in a language.
func vocabularyTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../instance/vocabularies.json")
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string]struct{ Items []instance.Term }
	if err := json.Unmarshal(data, &lists); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for list, content := range lists {
		for _, term := range content.Items {
			texts["vocabulary "+list+"/"+term.Slug] = term.Label(lang)
		}
	}
	return texts
}

// frenchTexts are the texts in French that a reader sees, by where they are.
func frenchTexts(t *testing.T) map[string]string {
	t.Helper()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for key, message := range locales["fr"].messages {
		texts["message "+key] = message
	}
	maps.Copy(texts, vocabularyTexts(t, "fr"))
	letters, err := fs.Glob(os.DirFS("../instance/letters"), "*.fr.txt")
	if err != nil || len(letters) == 0 {
		t.Fatalf("no letters: %v", err)
	}
	for _, name := range letters {
		text, err := os.ReadFile(path.Join("../instance/letters", name))
		if err != nil {
			t.Fatal(err)
		}
		texts["letter "+name] = string(text)
	}
	return texts
}

func TestFrenchTypography(t *testing.T) {
	t.Parallel()
	for where, text := range frenchTexts(t) {
		text = machine.ReplaceAllString(text, "x")
		for what, misprint := range misprints {
			if found := misprint.FindString(text); found != "" {
				t.Errorf("%s has %s: %q", where, what, found)
			}
		}
	}
}

// frenchWords are words that no English text has.
var frenchWords = regexp.MustCompile(`(?i)\b(le|la|les|des|une|du|est|sont|pour|avec|dans|sur|vous|nous|votre|vos|cette|ces|qui|que|ou|et|pas|aucun|aucune|événements?|recettes?|fiches?|annuaire|personnes|nœud)\b|[«»]|\b[ldnjsc]’`)

// foreign are French words that English texts rightly have: names of things of here.
var foreign = strings.NewReplacer("Région Bretagne", "", "La Poste", "", "La Réunion", "", "Opérations Libres", "", "Opération Libre", "", "Licence Ouverte", "", "des communs", "")

func TestEnglishIsEnglish(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for key, message := range locales["en"].messages {
		if key != "language.name" {
			texts["message "+key] = message
		}
	}
	maps.Copy(texts, vocabularyTexts(t, "en"))
	data, err := localeFiles.ReadFile("locales/mistakes.en.json")
	if err != nil {
		t.Fatal(err)
	}
	var mistakes map[string]string
	if err := json.Unmarshal(data, &mistakes); err != nil {
		t.Fatal(err)
	}
	for said, translated := range mistakes {
		texts["mistake "+said] = translated
	}
	for where, text := range texts {
		if found := frenchWords.FindString(foreign.Replace(machine.ReplaceAllString(text, ""))); found != "" {
			t.Errorf("%s: %q in the English %q", where, found, text)
		}
	}
}

// A template has no words of its own: they would be in one language for everybody.
func TestTemplatesHaveNoWords(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	tag := regexp.MustCompile(`(?s)<[^>]*>`)
	spoken := regexp.MustCompile(`\b(?:title|alt|placeholder|aria-label|aria-description|content|value)="([^"]*)"`)
	words := regexp.MustCompile(`\pL{3,}`)
	allowed := regexp.MustCompile(`(?i)&\w+;|maillage|\bmoi@mastodon\.example|width=device-width.*|light dark|noindex|website|\d+:\d+|\b[a-z-]+="[^"]*"|\b(?:required|autofocus|checked|selected)\b|(?:^|\b)https?://\S+`)
	for _, file := range files {
		data, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := action.ReplaceAllString(string(data), "")
		for _, found := range words.FindAllString(allowed.ReplaceAllString(tag.ReplaceAllString(text, " "), ""), -1) {
			t.Errorf("%s says %q to everybody", file, found)
		}
		for _, attribute := range spoken.FindAllStringSubmatch(text, -1) {
			if found := words.FindString(allowed.ReplaceAllString(attribute[1], "")); found != "" && !strings.HasPrefix(attribute[0], "value") {
				t.Errorf("%s says %q to everybody", file, attribute[0])
			}
		}
	}
}
