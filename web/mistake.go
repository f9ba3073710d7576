package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// mistakes gathers what is wrong with what somebody sent, in French.
type mistakes struct{ fields []instance.FieldError }

func (m *mistakes) fail(name, format string, args ...any) {
	m.fields = append(m.fields, instance.FieldError{Field: name, Message: fmt.Sprintf(format, args...)})
}

func (m *mistakes) err() error {
	if len(m.fields) == 0 {
		return nil
	}
	return &instance.ValidationError{Fields: m.fields}
}

// problems is what is wrong with a request, in the language of the page and with its
// typography. The domain writes French with the spaces of a keyboard.
func (l *locale) problems(err error) []instance.FieldError {
	var invalid *instance.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	fields := make([]instance.FieldError, len(invalid.Fields))
	for i, f := range invalid.Fields {
		fields[i] = instance.FieldError{Field: f.Field, Message: l.mistake(f.Message)}
	}
	return fields
}

// mistake translates what is wrong with a field. What has no translation stays in
// French, which a test forbids for the messages of this program.
func (l *locale) mistake(french string) string {
	if l.lang != languages[0] {
		for _, s := range l.sentences {
			if translated, ok := s.translate(french); ok {
				return translated
			}
		}
	}
	return typographic.Replace(french)
}

// typographic gives French text its no-break spaces.
var typographic = strings.NewReplacer(
	"« ", "«"+nbsp, " »", nbsp+"»", " :", nbsp+":", " ;", nbsp+";", " !", nbsp+"!", " ?", nbsp+"?", " 000", "\u202f000",
)

// sentence is a French message and its translation. Its verbs (%s, %d, %g) are in the
// same order in both.
type sentence struct {
	french []string // what is around the verbs
	other  []string
}

var verbs = regexp.MustCompile(`%[a-z]`)

// loadSentences reads the translations of French messages into a language; French
// has none.
func loadSentences(lang string) ([]sentence, error) {
	if lang == languages[0] {
		return nil, nil
	}
	name := "locales/mistakes." + lang + ".json"
	data, err := localeFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var table map[string]string
	if err := json.Unmarshal(data, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var sentences []sentence
	for _, french := range slices.Sorted(maps.Keys(table)) {
		s := sentence{verbs.Split(french, -1), verbs.Split(table[french], -1)}
		if len(s.french) != len(s.other) {
			return nil, fmt.Errorf("%s: %q is not translated with its values", name, french)
		}
		sentences = append(sentences, s)
	}
	return sentences, nil
}

// translate recognises a message by the words around its values. These are a
// stranger's and of any length: no regular expression reads them.
func (s sentence) translate(message string) (string, bool) {
	rest, ok := strings.CutPrefix(message, s.french[0])
	if !ok {
		return "", false
	}
	var out strings.Builder
	out.WriteString(s.other[0])
	last := len(s.french) - 1
	for i := 1; i <= last; i++ {
		var value string
		if i == last {
			value, ok = strings.CutSuffix(rest, s.french[i])
			rest = ""
		} else {
			value, rest, ok = strings.Cut(rest, s.french[i])
		}
		if !ok {
			return "", false
		}
		out.WriteString(value + s.other[i])
	}
	return out.String(), last == 0 && rest == "" || last > 0
}
