package as2

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

const follow = `"id":"https://a.example/f","type":"Follow","actor":"https://a.example/u","object":"https://b.example/u"`

func TestHostileJSONIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":                   ``,
		"not JSON":                `{`,
		"a list":                  `[{` + follow + `}]`,
		"text":                    `"https://a.example/f"`,
		"two documents":           `{` + follow + `}{}`,
		"invalid UTF-8":           "{" + follow + ",\"name\":\"\xff\"}",
		"a key twice":             `{` + follow + `,"actor":"https://evil.example/u"}`,
		"a key twice, escaped":    `{` + follow + `,"act\u006fr":"https://evil.example/u"}`,
		"a key in another case":   `{` + follow + `,"Actor":"https://evil.example/u"}`,
		"a key and its long name": `{` + follow + `,"https://www.w3.org/ns/activitystreams#actor":"https://evil.example/u"}`,
		"a nested key twice":      `{` + follow + `,"x":[{"a":1,"a":2}]}`,
		"@graph":                  `{` + follow + `,"@graph":[]}`,
		"nested @included":        `{` + follow + `,"x":{"@included":[]}}`,
		"@reverse":                `{` + follow + `,"x":{"@reverse":{}}}`,
		"too deep":                `{` + follow + `,"x":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`,
		"too long an array":       `{` + follow + `,"to":[0` + strings.Repeat(",0", maxArray) + `]}`,
		"no actor":                `{"id":"https://a.example/f","type":"Follow"}`,
		"no type":                 `{"id":"https://a.example/f","actor":"https://a.example/u"}`,
		"an id that is no IRI":    `{"id":"javascript:alert(1)","type":"Follow","actor":"https://a.example/u"}`,
		"an IRI with a password":  `{"id":"https://u:p@a.example/f","type":"Follow","actor":"https://a.example/u"}`,
		"a number out of range":   `{` + follow + `,"x":1e999}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, err := ParseActivity([]byte(body)); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %+v, %v", a, err)
			}
		})
	}
}

func TestEnvelopesInManyShapes(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"plain":              `{` + follow + `}`,
		"prefixed":           `{"as:id":"https://a.example/f","as:type":"as:Follow","as:actor":"https://a.example/u","as:object":"https://b.example/u"}`,
		"embedded actor":     `{"id":"https://a.example/f","type":"Follow","actor":{"type":"Person","id":"https://a.example/u"},"object":{"id":"https://b.example/u"}}`,
		"lists":              `{"id":"https://a.example/f","type":["x:Odd","Follow"],"actor":["https://a.example/u"],"object":["https://b.example/u"]}`,
		"at the depth limit": `{` + follow + `,"x":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := ParseActivity([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if a.ID != "https://a.example/f" || a.Type != "Follow" || a.Actor != "https://a.example/u" || a.ObjectID != "https://b.example/u" {
				t.Errorf("got %+v", a)
			}
		})
	}
}

// event is a valid one with more members.
func eventWith(members string) []byte {
	return []byte(`{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":"as:Public","name":"Fête"` + members + `}`)
}

func parseEvent(t *testing.T, members string) *instance.Event {
	t.Helper()
	o, err := ParseObject(eventWith(members))
	if err != nil {
		t.Fatal(err)
	}
	return o.(*instance.Event)
}

func TestWhatCannotBeReadIsMissingNotZero(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`null`, `12`, `"demain"`, `"0001-01-01T00:00:00Z"`, `"9999-01-01T00:00:00Z"`, `{}`, `[]`, `[null]`, `true`, `"https://a.example/"`} {
		ev := parseEvent(t, fmt.Sprintf(`,"startTime":%[1]s,"endTime":%[1]s,"published":%[1]s,"updated":%[1]s`, bad))
		if !ev.When.Start.IsZero() || !ev.When.End.IsZero() || !ev.Published.IsZero() || !ev.Updated.IsZero() {
			t.Errorf("%s: got %+v", bad, ev)
		}
	}
	for _, bad := range []string{
		`{"latitude":48}`, `{"latitude":"nord","longitude":1}`, `{"latitude":0,"longitude":0}`, `{"latitude":91,"longitude":0}`,
		`{"latitude":null,"longitude":null}`, `{"latitude":{},"longitude":[]}`, `{"latitude":"NaN","longitude":"1"}`,
	} {
		if ev := parseEvent(t, `,"location":{"type":"Place","name":"Ici",`+bad[1:]); ev.Place == nil || ev.Place.Point != nil {
			t.Errorf("%s: got %+v", bad, ev.Place)
		}
	}
	for _, bad := range []string{`null`, `[]`, `{}`, `""`, `12`, `[{"type":"VirtualLocation","url":"https://a.example/"}]`} {
		if ev := parseEvent(t, `,"location":`+bad); ev.Place != nil {
			t.Errorf("%s: got %+v", bad, ev.Place)
		}
	}
}

func TestTextsThatLookLikeIRIsStayTexts(t *testing.T) {
	t.Parallel()
	o, err := ParseObject([]byte(`{"id":"https://a.example/e","type":"Event","attributedTo":"https://a.example/u","to":["Public"],"name":"Atelier: vélo","summary":"a:b"}`))
	if err != nil || o.Common().Name != "Atelier: vélo" || o.Common().Summary != "a:b" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestIRIsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	const id = "https://a.example/événements/%C3%A9t%C3%A9?x=é"
	o, err := ParseObject([]byte(`{"id":"` + id + `","type":"Event","attributedTo":"https://a.example/é","to":"as:Public"}`))
	if err != nil || o.Common().ID != id || o.Common().Owner != "https://a.example/é" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestShapesOfAStrangersEvent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		members string
		ok      func(*instance.Event) bool
	}{
		"place in words":         {`,"location":"Salle X: Brest"`, func(e *instance.Event) bool { return e.Place.Name == "Salle X: Brest" }},
		"whole coordinates":      {`,"location":{"type":"Place","latitude":48,"longitude":-4}`, func(e *instance.Event) bool { return *e.Place.Point == instance.Point{Lat: 48, Lon: -4} }},
		"spelt coordinates":      {`,"location":{"latitude":"48.5","longitude":"-4.5"}`, func(e *instance.Event) bool { return *e.Place.Point == instance.Point{Lat: 48.5, Lon: -4.5} }},
		"lone attachment":        {`,"attachment":{"type":"Link","href":"https://a.example/web"}`, func(e *instance.Event) bool { return e.OnlineURL == "https://a.example/web" }},
		"list of urls":           {`,"url":["https://a.example/json",{"type":"Link","mediaType":"text/html","href":"https://a.example/html"}]`, func(e *instance.Event) bool { return e.URL == "https://a.example/html" }},
		"no url":                 {``, func(e *instance.Event) bool { return e.URL == e.ID }},
		"status in lower case":   {`,"status":"cancelled"`, func(e *instance.Event) bool { return e.Status == instance.StatusCancelled }},
		"tentative":              {`,"eventStatus":"EventTentative","status":"CONFIRMED"`, func(e *instance.Event) bool { return e.Status == instance.StatusProposed }},
		"postponed":              {`,"eventStatus":"EventPostponed"`, func(e *instance.Event) bool { return e.When.Vague() && e.When.Text != "" }},
		"end not to be shown":    {`,"startTime":"2027-03-14T14:00:00Z","endTime":"2027-03-14T15:00:00Z","displayEndTime":false`, func(e *instance.Event) bool { return e.When.End.IsZero() }},
		"end before start":       {`,"startTime":"2027-03-14T14:00:00Z","endTime":"2027-03-14T13:00:00Z"`, func(e *instance.Event) bool { return !e.When.Start.IsZero() && e.When.End.IsZero() }},
		"time without seconds":   {`,"startTime":"2027-03-14T14:00Z"`, func(e *instance.Event) bool { return e.When.Start.Hour() == 14 }},
		"unknown zone":           {`,"startTime":"2027-03-14T14:00:00Z","timezone":"../../etc/passwd"`, func(e *instance.Event) bool { return e.When.Zone == "" }},
		"the machine's zone":     {`,"timezone":"Local"`, func(e *instance.Event) bool { return e.When.Zone == "" }},
		"script as a link":       {`,"externalParticipationUrl":"javascript:alert(1)","url":"data:text/html,x"`, func(e *instance.Event) bool { return e.ParticipationURL == "" && e.URL == e.ID }},
		"organisers":             {`,"organizers":{"type":"Collection","items":["https://a.example/u",{"id":"https://b.example/u","name":"B"}]}`, func(e *instance.Event) bool { return len(e.Organisers) == 1 && e.Organisers[0].Name == "B" }},
		"organisers undisclosed": {`,"organizers":null`, func(e *instance.Event) bool { return e.Organisers == nil }},
		"text span out of range": {`,"content":"été","maillage:text":[1,99]`, func(e *instance.Event) bool { return e.Content == "été" }},
		"text span in a letter":  {`,"content":"été","maillage:text":[1,3]`, func(e *instance.Event) bool { return e.Content == "été" }},
		"foreign vocabulary":     {`,"license":"https://evil.example/x#CC0","theme":["https://w3id.org/maillage/v1/themes#rien"]`, func(e *instance.Event) bool { return e.Licence == "" && e.Themes == nil }},
		"approximate nonsense":   {`,"maillage:dateApprox":"bientôt"`, func(e *instance.Event) bool { return e.When.Approx == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ev := parseEvent(t, test.members); !test.ok(ev) {
				t.Errorf("got %+v, place %+v", ev, ev.Place)
			}
		})
	}
}

func TestWhatIsNotForUsIsSaidSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"unlisted":      {`{"id":"https://a.example/e","type":"Note","attributedTo":"https://a.example/u","to":["https://a.example/u/followers"],"cc":["as:Public"]}`, ErrPrivate},
		"no addressees": {`{"id":"https://a.example/e","type":"Note","attributedTo":"https://a.example/u"}`, ErrUnsupported},
		"no owner":      {`{"id":"https://a.example/e","type":"Note","to":"as:Public"}`, ErrMalformed},
		"no id":         {`{"type":"Note","to":"as:Public"}`, ErrMalformed},
		"a place":       {`{"id":"https://a.example/e","type":"Place"}`, ErrUnsupported},
		"an unknown":    {`{"id":"https://a.example/e","type":"schema:Recipe"}`, ErrUnsupported},
		"no type":       {`{"id":"https://a.example/e"}`, ErrUnsupported},
	} {
		if _, err := ParseObject([]byte(test.body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, body := range []string{`{"id":"https://a.example/e","type":"Note"}`, `{"id":"https://a.example/e"}`} {
		if _, err := ParseActor([]byte(body)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("got %v", err)
		}
		if _, err := ParseCollection([]byte(body)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAKeyOfAnotherIsNotTheActors(t *testing.T) {
	t.Parallel()
	a, err := ParseActor([]byte(`{"id":"https://a.example/u","type":"Person","publicKey":{"id":"https://a.example/u#k","owner":"https://b.example/u","publicKeyPem":"x"}}`))
	if err != nil || a.KeyID != "" || a.KeyPEM != "" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestEmbeddedFirstPage(t *testing.T) {
	t.Parallel()
	c, err := ParseCollection([]byte(`{"id":"https://a.example/o","type":"OrderedCollection","first":{"id":"https://a.example/o?1","type":"OrderedCollectionPage","next":"https://a.example/o?2","orderedItems":{"id":"https://a.example/1","type":"Note"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	page := c.FirstPage
	if c.First != "https://a.example/o?1" || page == nil || page.Next != "https://a.example/o?2" || len(page.Items) != 1 || string(page.Items[0].Raw) != `{"id":"https://a.example/1","type":"Note"}` {
		t.Errorf("got %+v, %+v", c, page)
	}
}

// TestContextTermsDifferByCase: Fedify defines QuoteAuthorization and
// quoteAuthorization in the context of everything it sends. Elsewhere two keys that
// differ by case alone could be read differently by two readers.
func TestContextTermsDifferByCase(t *testing.T) {
	t.Parallel()
	const activity = `{"@context":["https://www.w3.org/ns/activitystreams",{"QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization","quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"}}],
		"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":{"id":"https://a.example/e","type":"Event"%s}%s}`
	proof := `,"proof":{"@context":{"Aa":"https://a.example/1","aA":"https://a.example/2"},"type":"DataIntegrityProof"}`
	if _, err := ParseActivity(fmt.Appendf(nil, activity, "", proof)); err != nil {
		t.Errorf("an activity of Fedify: %v", err)
	}
	for name, body := range map[string][]byte{
		"in the object":           fmt.Appendf(nil, activity, `,"name":"a","Name":"b"`, ""),
		"in the activity":         fmt.Appendf(nil, activity, "", `,"Actor":"https://b.example/u"`),
		"the same twice, context": fmt.Appendf(nil, activity, "", `,"proof":{"@context":{"a":"b","a":"c"}}`),
	} {
		if _, err := ParseActivity(body); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
