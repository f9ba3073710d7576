package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"github.com/maillage/maillage/instance"
)

//go:embed locales/*.json
var localeFiles embed.FS

// languages the pages speak, the default first.
var languages = []string{"fr", "en"}

var languageMatcher = language.NewMatcher([]language.Tag{language.French, language.English})

const languageCookie = "lang"

// locale is one language: its messages and its habits.
type locale struct {
	lang      string
	messages  map[string]string
	sentences []sentence // of the domain, which speaks French
}

func loadLocales() (map[string]*locale, error) {
	locales := map[string]*locale{}
	for _, lang := range languages {
		messages, err := loadMessages(lang)
		if err != nil {
			return nil, err
		}
		l := &locale{lang: lang, messages: messages}
		if l.sentences, err = loadSentences(lang); err != nil {
			return nil, err
		}
		locales[lang] = l
	}
	return locales, nil
}

// loadMessages gathers a language's files: fr.json, and one for each part of the site
// that has its own, such as account.fr.json. A key twice is an error.
func loadMessages(lang string) (map[string]string, error) {
	files, err := fs.Glob(localeFiles, "locales/*"+lang+".json")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, file := range files {
		if strings.HasPrefix(path.Base(file), "mistakes.") {
			continue
		}
		data, err := localeFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var messages map[string]string
		if err := json.Unmarshal(data, &messages); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for key, message := range messages {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: %q is in another file too", file, key)
			}
			all[key] = message
		}
	}
	return all, nil
}

// T is the message of a key, with its %s filled in.
func (l *locale) T(key string, args ...any) string {
	message, ok := l.messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return message
	}
	return fmt.Sprintf(message, args...)
}

// N is a message that counts: key.one or key.other, whose %s, if any, is the
// number. In French zero is singular, in English it is not.
func (l *locale) N(key string, n int) string {
	form := ".other"
	if n == 1 || (n == 0 && l.lang == "fr") {
		form = ".one"
	}
	return strings.ReplaceAll(l.T(key+form), "%s", l.number(n))
}

// number groups thousands: 12 345 in French (with a narrow no-break space), 12,345 in English.
func (l *locale) number(n int) string {
	separator := ","
	if l.lang == "fr" {
		separator = "\u202f"
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && n >= 1000; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}

// distance is a length in kilometres, in words.
func (l *locale) distance(km float64) string {
	if km < 1 {
		return l.T("distance.near")
	}
	decimals := 0
	if km < 10 {
		decimals = 1
	}
	s := strconv.FormatFloat(km, 'f', decimals, 64)
	if l.lang == "fr" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return l.T("distance.km", s)
}

// label is the words of a vocabulary's slug.
func (l *locale) label(list, slug string) string {
	if slug == "" {
		return ""
	}
	return instance.Vocabularies().Label(list, slug, l.lang)
}

// negotiate chooses a language: the reader's choice, then the browser's, then French.
func (s *Server) negotiate(r *http.Request) *locale {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := s.locales[cookie.Value]; l != nil {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return s.locales[languages[0]]
	}
	_, index, _ := languageMatcher.Match(tags...)
	return s.locales[languages[index]]
}

// switchLanguage keeps the choice for a year and comes back to the same page.
func switchLanguage(c echo.Context, lang string) error {
	c.SetCookie(&http.Cookie{
		Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.IsTLS(),
	})
	query := c.QueryParams()
	query.Del("lang")
	return c.Redirect(http.StatusSeeOther, localURL(c.Request().URL.Path, query))
}

// localURL never leaves this site: a path such as //evil.example is a host to a browser.
func localURL(path string, query url.Values) string {
	u := url.URL{Path: "/" + strings.TrimLeft(path, `/\`), RawQuery: query.Encode()}
	return u.String()
}
