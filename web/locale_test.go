package web

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestLocalesHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	reference := locales[languages[0]].messages
	for lang, l := range locales {
		for key, message := range l.messages {
			other, ok := reference[key]
			if !ok {
				t.Errorf("%s.json alone has %q", lang, key)
			}
			if strings.Count(message, "%") != strings.Count(other, "%") {
				t.Errorf("%s: %q does not take the values that %q takes", key, message, other)
			}
			if strings.TrimSpace(message) == "" {
				t.Errorf("%s.json: %q is empty", lang, key)
			}
		}
		if len(l.messages) != len(reference) {
			t.Errorf("%s.json has %d messages, %s.json %d", lang, len(l.messages), languages[0], len(reference))
		}
	}
}

// Keys that are made at run time, by their prefix.
var builtKeys = []string{
	"join.group.", "join.mode.", "join.state.", "join.there.", "join.via.", "done.join.", "map.layer.", "people.area.", "profile.precision.", "kind.", "kinds.", "count.", "filter.", "sort.", "precision.", "code.", "licence.means.", "edit.title.", "edit.status.", "actor.new.", "actor.lead.",
	"territories.all.",
	"account.field.", "account.role.", "dcat.", "embed.fallback.",
	"import.csv.", "import.feed.every.", "import.field.", "import.format.", "import.kind.", "import.past.", "import.progress.", "import.tab.", "import.via.", "import.was.", "import.would.",
	"zone.",
}

var quoted = regexp.MustCompile(`"([a-z0-9-]+(?:\.[a-z0-9-]+)+)"`)

func TestEveryMessageIsUsedAndExists(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	messages := locales["fr"].messages
	used := map[string]bool{}
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
			}
			for _, m := range regexp.MustCompile(`\{\{-? ?t "([^"]+)"|\(t "([^"]+)"|r\.T\("([^"]+[^.])"`).FindAllStringSubmatch(string(text), -1) {
				if key := m[1] + m[2] + m[3]; messages[key] == "" && !strings.HasSuffix(key, ".") {
					t.Errorf("%s asks for %q, which has no words", file, key)
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(messages)) {
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		built := slices.ContainsFunc(builtKeys, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if !used[key] && !used[base] && !built {
			t.Errorf("nothing uses %q", key)
		}
	}
	for _, kind := range indexedKinds {
		for _, key := range []string{"kind." + string(kind), "kinds." + string(kind), "count." + string(kind) + ".one", "count." + string(kind) + ".other"} {
			if messages[key] == "" {
				t.Errorf("no words for %q", key)
			}
		}
	}
}

func TestDatesInWords(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	for _, test := range []struct {
		name   string
		when   instance.When
		fr, en string
	}{
		{"an afternoon", instance.When{Start: at("2027-03-13T14:00:00+01:00"), End: at("2027-03-13T18:00:00+01:00")}, "samedi 13 mars 2027, 14 h –\u2060 18 h", "Saturday 13 March 2027, 14:00 –\u2060 18:00"},
		{"an open end, in summer time", instance.When{Start: at("2027-07-01T18:30:00+02:00")}, "jeudi 1er juillet 2027, 18 h 30", "Thursday 1 July 2027, 18:30"},
		{"overnight", instance.When{Start: at("2027-03-13T22:00:00+01:00"), End: at("2027-03-14T02:00:00+01:00")}, "du samedi 13 mars 2027, 22 h au dimanche 14 mars 2027, 2 h", "Saturday 13 March 2027, 22:00 to Sunday 14 March 2027, 02:00"},
		{"a day", instance.When{Start: day(t, "2013-04-06"), AllDay: true}, "samedi 6 avril 2013", "Saturday 6 April 2013"},
		{"two days", instance.When{Start: day(t, "2013-04-06"), End: day(t, "2013-04-07"), AllDay: true}, "6 et 7 avril 2013", "6 and 7 April 2013"},
		{"three weeks", instance.When{Start: day(t, "2010-12-04"), End: day(t, "2010-12-24"), AllDay: true}, "du 4 au 24 décembre 2010", "4 to 24 December 2010"},
		{"across months", instance.When{Start: day(t, "2013-03-31"), End: day(t, "2013-04-01"), AllDay: true}, "du 31 mars au 1er avril 2013", "31 March to 1 April 2013"},
		{"across years", instance.When{Start: day(t, "2013-12-31"), End: day(t, "2014-01-01"), AllDay: true}, "du 31 décembre 2013 au 1er janvier 2014", "31 December 2013 to 1 January 2014"},
		{"overseas", instance.When{Start: at("2027-03-13T14:00:00+04:00"), Zone: "Indian/Reunion"}, "samedi 13 mars 2027, 14 h (heure locale)", "Saturday 13 March 2027, 14:00 (local time)"},
		{"vague", instance.When{Text: "octobre 2017", Approx: "2017-10"}, "octobre 2017", "octobre 2017"},
	} {
		if got := strings.ReplaceAll(locales["fr"].when(test.when), nbsp, " "); got != test.fr {
			t.Errorf("%s: %q, want %q", test.name, got, test.fr)
		}
		if got := strings.ReplaceAll(locales["en"].when(test.when), nbsp, " "); got != test.en {
			t.Errorf("%s: %q, want %q", test.name, got, test.en)
		}
	}
	if got := locales["fr"].when(instance.When{Start: at("2027-03-13T14:00:00+01:00")}); got != "samedi 13\u00a0mars\u00a02027, 14\u00a0h" {
		t.Errorf("the line may break inside %q", got)
	}
}

func TestNumbersInWords(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	fr, en := locales["fr"], locales["en"]
	for got, want := range map[string]string{
		fr.number(0): "0", fr.number(999): "999", fr.number(12345): "12\u202f345", en.number(1234567): "1,234,567",
		fr.N("count.results", 0): "0 résultat", en.N("count.results", 0): "0 results", fr.N("count.results", 1): "1 résultat",
		fr.N("count.results", 2): "2 résultats", fr.distance(0.2): "à moins de 1\u00a0km", fr.distance(3.14): "à 3,1\u00a0km", en.distance(31.4): "31 km away",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
