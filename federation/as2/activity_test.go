package as2

import (
	"errors"
	"strings"
	"testing"
)

// An activity without an id is named after its bytes, always alike.
func TestActivityWithoutID(t *testing.T) {
	t.Parallel()
	name := func(body string) string {
		a, err := ParseActivity([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return a.ID
	}
	add := `{"type":"Add","actor":"https://a.example/u","object":"https://a.example/1","target":"https://a.example/featured"}`
	if id := name(add); !strings.HasPrefix(id, "https://a.example/u#") || id != name(add) || id == name(strings.Replace(add, "/1", "/2", 1)) {
		t.Errorf("it is named %s", id)
	}
	if _, err := ParseActivity([]byte(`{"id":7,"type":"Add","actor":"https://a.example/u"}`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("an id that is no IRI: %v", err)
	}
}

// Updates of the same id and other words are other activities; of the rest, the id says all.
func TestKeyOfAnActivity(t *testing.T) {
	t.Parallel()
	for kind, told := range map[string]bool{"Create": false, "Announce": false, "Like": false, "Update": true, "Delete": true} {
		for more, told := range map[string]bool{"": told, `,"proof":{}`: false} {
			key := func(object string) string {
				body := []byte(`{"id":"https://a.example/1/activity","type":"` + kind + `","actor":"https://a.example/u","object":"` + object + `"` + more + `}`)
				a, err := ParseActivity(body)
				if err != nil {
					t.Fatal(err)
				}
				return a.Key(body)
			}
			const one, two = "https://a.example/1", "https://a.example/2"
			if again := key(one); again != key(one) || (again != key(two)) != told {
				t.Errorf("%s%s: %q and %q", kind, more, again, key(two))
			}
		}
	}
}

// What an object leaves unsaid, its activity says; what it says stands.
func TestParseCarried(t *testing.T) {
	t.Parallel()
	const public, private = `"to":"as:Public"`, `"to":"https://a.example/followers"`
	for name, c := range map[string]struct {
		activity, object string
		owner            string
		err              error
	}{
		"neither owner nor audience":               {public, ``, "https://a.example/u", nil},
		"its own owner":                            {public, `"attributedTo":"https://a.example/v"`, "https://a.example/v", nil},
		"Mobilizon's actor":                        {public, `"actor":"https://a.example/v"`, "https://a.example/v", nil},
		"followers only, in a public activity":     {public, private, "", ErrPrivate},
		"addressed in cc only":                     {public, `"cc":"as:Public"`, "", ErrPrivate},
		"an activity for followers":                {private, ``, "", ErrPrivate},
		"public, in an activity for its followers": {private, public, "https://a.example/u", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := `{"id":"https://a.example/1","type":"Note","content":"<p>Oui</p>"` + strings.TrimSuffix(","+c.object, ",") + `}`
			a, err := ParseActivity([]byte(`{"id":"https://a.example/1/create","type":"Create","actor":"https://a.example/u",` + c.activity + `,"object":` + object + `}`))
			if err != nil {
				t.Fatal(err)
			}
			o, err := ParseCarried(a)
			switch {
			case !errors.Is(err, c.err):
				t.Errorf("%v, want %v", err, c.err)
			case err == nil && o.Common().Owner != c.owner:
				t.Errorf("it is %s's", o.Common().Owner)
			}
		})
	}
}
