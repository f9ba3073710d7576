package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// tries is how many requests are made of each operation.
const tries = 60

// Requests made from the document, good and bad, against the whole API: every answer
// is one that the document announces, and is what it announces.
func TestEveryAnswerIsDocumented(t *testing.T) {
	t.Parallel()
	var document map[string]any
	if err := json.Unmarshal(openapi, &document); err != nil {
		t.Fatal(err)
	}
	g := &generator{document: document, rand: rand.New(rand.NewPCG(2026, 11)), apiWorld: setupAPI(t)}
	g.known = append(g.known, "inconnu", "été", strings.Repeat("a", 26), "1", "2")
	g.peers()
	g.people()
	paths := document["paths"].(map[string]any)
	statuses := map[int]int{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(map[string]any)
		for _, method := range []string{"post", "get", "put", "delete"} { // there is something to read once something is written
			operation, ok := item[method].(map[string]any)
			if !ok {
				continue
			}
			for range tries {
				statuses[g.try(path, method, operation)]++
			}
		}
	}
	for _, want := range []int{200, 201, 202, 204, 400, 401, 403, 404, 409, 410, 412, 415, 422} {
		if statuses[want] == 0 {
			t.Errorf("no request was answered by %d: %v", want, statuses)
		}
	}
}

// generator makes requests from the document, the same at each run.
type generator struct {
	*apiWorld
	document map[string]any
	rand     *rand.Rand
	known    []string // what may stand for {id}
	tags     []string // ETags that were read
	sheet    string   // IRI of a sheet of ours
	tokens   map[string]string
}

func pick[T any](g *generator, list []T) T { return list[g.rand.IntN(len(list))] }

func (g *generator) one(in int) bool { return g.rand.IntN(in) == 0 }

// resolve follows a $ref.
func (g *generator) resolve(schema map[string]any) map[string]any {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	var at any = g.document
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[step]
	}
	return g.resolve(at.(map[string]any))
}

func (g *generator) try(path, method string, operation map[string]any) int {
	g.Helper()
	target := placeholder.ReplaceAllStringFunc(path, func(string) string { return url.PathEscape(pick(g, g.known)) })
	header := []string{}
	query := url.Values{}
	for _, p := range anys(operation["parameters"]) {
		parameter := g.resolve(p.(map[string]any))
		if !g.one(4) && parameter["in"] == "query" || parameter["in"] == "path" {
			continue
		}
		name, value := parameter["name"].(string), fmt.Sprint(g.value(parameter["schema"].(map[string]any), 0))
		switch {
		case name == "If-Match" && len(g.tags) > 0 && !g.one(3):
			header = append(header, name, pick(g, g.tags))
		case parameter["in"] == "header" && g.one(3):
			header = append(header, name, strings.Map(func(r rune) rune { return max(r, ' ') }, value))
		case parameter["in"] == "query":
			query.Set(name, strings.Trim(value, "[]"))
		}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	body := ""
	if operation["requestBody"] != nil {
		content := operation["requestBody"].(map[string]any)["content"].(map[string]any)
		mediaType := "application/json"
		if content["*/*"] != nil {
			mediaType, body = "text/csv", pick(g, []string{partnersCSV, partnersCSV, "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "bonjour", ""})
		} else if content[mediaType] == nil {
			mediaType, body = "image/png", pick(g, []string{onePixel, "GIF89a", ""})
		} else {
			body = g.body(content[mediaType].(map[string]any)["schema"].(map[string]any))
		}
		header = append(header, "Content-Type", pick(g, []string{mediaType, mediaType, mediaType, mediaType, "text/plain", ""}))
	}
	if operation["security"] != nil && !g.one(8) {
		header = append(header, "Authorization", "Bearer "+g.token(operation))
	} else if g.one(8) {
		header = append(header, "Authorization", "Bearer "+fmt.Sprint(g.rand.Int()))
	}
	answer := g.do(strings.ToUpper(method), target, body, header...)
	g.check(method, target, body, operation, answer)
	if at := answer.Header().Get("Location"); at != "" {
		g.known = append(g.known, at[strings.LastIndexByte(at, '/')+1:])
	}
	if id, ok := answer.body["id"].(string); ok && !strings.Contains(id, "/") { // of a participant, of a proposal
		g.known = append(g.known, id)
	}
	if tag := answer.Header().Get("ETag"); tag != "" && answer.Code < 300 {
		g.tags = append(g.tags, tag)
	}
	return answer.Code
}

// token is one of a scope that an operation accepts, or, once in a while, of another.
func (g *generator) token(operation map[string]any) string {
	var scopes []string
	for _, one := range anys(operation["security"]) {
		scopes = append(scopes, anys(one.(map[string]any)["token"])[0].(string))
	}
	if g.one(8) {
		scopes = slices.Sorted(maps.Keys(g.tokens))
	}
	return g.tokens[pick(g, scopes)]
}

// people opens accounts, each with a token of another scope.
func (g *generator) people() {
	g.Helper()
	g.tokens = map[string]string{string(instance.TokenPublishes): testToken}
	for _, scope := range []instance.TokenScope{instance.TokenReads, instance.TokenSelf, instance.TokenModerates, instance.TokenHosts} {
		g.tokens[string(scope)] = g.holder(string(scope)+"@exemple.org", instance.RoleHost, instance.Token{Scope: scope})
	}
	member := g.account("membre@exemple.org", instance.RoleContributor)
	link, err := g.node.Invite(g.Context(), instance.Operator(), "", instance.RoleContributor, g.org.ID)
	g.must(err)
	invitation, err := g.node.TicketFor(g.Context(), link, instance.PurposeInvite)
	g.must(err)
	g.known = append(g.known, member, invitation.ID, "moi")
}

// check compares an answer with what the document says of the operation.
func (g *generator) check(method, target, body string, operation map[string]any, answer answered) {
	g.Helper()
	documented, ok := operation["responses"].(map[string]any)[fmt.Sprint(answer.Code)].(map[string]any)
	if !ok {
		g.Errorf("%s %s answers %d, which is not documented\nsent %.300s\ngot %.300s", method, target, answer.Code, body, answer.Body)
		return
	}
	documented = g.resolve(documented)
	content, _ := documented["content"].(map[string]any)
	mediaType, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";")
	if len(content) == 0 {
		if answer.Body.Len() > 0 {
			g.Errorf("%s %s: %d has a body: %.200s", method, target, answer.Code, answer.Body)
		}
		return
	}
	described, ok := content[mediaType].(map[string]any)
	if !ok {
		g.Errorf("%s %s: %d is of type %q", method, target, answer.Code, mediaType)
		return
	}
	if mediaType == "text/csv" {
		return
	}
	var value any
	if err := json.Unmarshal(answer.Body.Bytes(), &value); err != nil {
		g.Errorf("%s %s: %v", method, target, err)
		return
	}
	if schema, ok := described["schema"].(map[string]any); ok {
		if wrong := g.mismatch(schema, value, "$"); wrong != "" {
			g.Errorf("%s %s: %d: %s", method, target, answer.Code, wrong)
		}
	}
}

// mismatch says where a value is not what a schema says, "" when it is.
func (g *generator) mismatch(schema map[string]any, value any, at string) string {
	schema = g.resolve(schema)
	if enum := anys(schema["enum"]); len(enum) > 0 && !slices.Contains(enum, value) {
		return fmt.Sprintf("%s: %v is not in %v", at, value, enum)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range anys(schema["required"]) {
			if _, ok := v[name.(string)]; !ok {
				return fmt.Sprintf("%s: no %s", at, name)
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, member := range v {
			if property, ok := properties[name].(map[string]any); ok {
				if wrong := g.mismatch(property, member, at+"."+name); wrong != "" {
					return wrong
				}
			} else if schema["additionalProperties"] == nil && properties != nil {
				return fmt.Sprintf("%s: %s is not described", at, name)
			}
		}
		return ofType(schema, "object", at)
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, member := range v {
			if wrong := g.mismatch(items, member, fmt.Sprintf("%s[%d]", at, i)); wrong != "" {
				return wrong
			}
		}
		return ofType(schema, "array", at)
	case string:
		return ofType(schema, "string", at)
	case bool:
		return ofType(schema, "boolean", at)
	case float64:
		if schema["type"] == "integer" && v == float64(int64(v)) {
			return ""
		}
		return ofType(schema, "number", at)
	}
	return ""
}

func ofType(schema map[string]any, got, at string) string {
	types, _ := schema["type"].([]any)
	if t, ok := schema["type"].(string); ok {
		types = []any{t}
	}
	if len(types) == 0 || slices.Contains(types, any(got)) {
		return ""
	}
	return fmt.Sprintf("%s is a %s, not a %v", at, got, types)
}

func anys(v any) []any {
	l, _ := v.([]any)
	return l
}

// body is a body as the document wants it, or spoilt.
func (g *generator) body(schema map[string]any) string {
	var value any
	if g.one(2) {
		value = g.good(g.resolve(schema)["properties"].(map[string]any))
	} else {
		value = g.value(schema, 0)
	}
	data, err := json.Marshal(value)
	if err != nil {
		g.Fatal(err)
	}
	switch g.rand.IntN(12) {
	case 0:
		return string(data[:len(data)/2])
	case 1:
		return strings.Replace(string(data), "{", `{"inconnu":1,`, 1)
	case 2:
		return pick(g, []string{"", "null", "[]", `"texte"`, "12", string(data) + "{}"})
	}
	return string(data)
}

// good is a body that is likely to be taken: of a publication of any kind, unless its
// properties are those of another.
func (g *generator) good(properties map[string]any) map[string]any {
	name := "Cartopartie " + fmt.Sprint(g.rand.IntN(1000))
	event := map[string]any{"name": name, "content": "<p>Bonjour</p>", "licence": "CC-BY-SA-4.0", "join_mode": "restricted", "when": map[string]any{"start": "2027-03-14"}}
	switch {
	case properties["teaches"] != nil:
		return map[string]any{"name": name, "slug": "moi", "letters": true}
	case properties["codes"] != nil:
		return map[string]any{"name": name, "subkind": "commune"}
	case properties["address"] != nil:
		return map[string]any{"name": name, "website": "https://exemple.org"}
	case properties["edits"] != nil:
		return map[string]any{"object": map[string]any{"kind": "event", "name": name, "when": map[string]any{"start": "2027-03-14"}}}
	case properties["language"] != nil && len(properties) == 2:
		return map[string]any{"name": name, "language": "fr"}
	case properties["text"] != nil && len(properties) == 1:
		return map[string]any{"text": "Bonjour"}
	case properties["rhythm"] != nil:
		return map[string]any{"event": event, "rhythm": "week", "until": "2027-04-14"}
	case properties["seats"] != nil:
		return map[string]any{"name": "Une voisine", "phone": "au guichet"}
	case properties["state"] != nil:
		return map[string]any{"state": pick(g, []string{"accepted", "refused"})}
	case properties["reason"] != nil:
		return pick(g, []map[string]any{
			{"kind": "correct", "object": g.sheet, "changes": []any{map[string]any{"field": "name", "now": name}}},
			{"kind": "report", "object": g.sheet, "reason": "error", "message": "Déménagé"},
		})
	case properties["send"] != nil:
		return map[string]any{"email": "ana@exemple.org", "organisations": []any{g.org.ID}}
	case properties["role"] != nil && properties["organisations"] != nil:
		return map[string]any{"role": pick(g, []string{"contributor", "moderator"}), "organisations": []any{}}
	case properties["remedy"] != nil:
		return map[string]any{"remedy": pick(g, []string{"none", "none", "withdraw", "hide", "forward"}), "answer": "Merci"}
	case properties["ids"] != nil:
		return map[string]any{"ids": []any{pick(g, g.known)}}
	case properties["key"] != nil && len(properties) == 1:
		return map[string]any{"key": pick(g, g.known)}
	case properties["answer"] != nil:
		return map[string]any{"answer": "Merci"}
	case properties["when"] != nil:
		return event
	}
	delete(event, "when")
	delete(event, "join_mode")
	return event
}

// peers has another organisation publish here, and another node elsewhere.
func (g *generator) peers() {
	g.sheet = g.partner("fablab", "Le fablab", nil).Common().ID
	other := g.actor(instance.KindOrganisation, "autre", "Autre")
	theirs, err := g.node.Publish(g.Context(), other.ID, &instance.Event{Base: instance.Base{Kind: instance.KindEvent, Slug: "autre-fete", Name: "Fête d'à côté"}, When: instance.When{Start: time.Date(2027, 3, 14, 9, 0, 0, 0, time.UTC)}})
	g.must(err)
	g.foreign("https://b.example/e", "Fest-noz")
	g.must(g.store.Write(g.Context(), func(tx instance.Tx) error {
		o, err := tx.Object(g.Context(), "https://b.example/e")
		if err != nil {
			return err
		}
		o.(*instance.Event).JoinMode = instance.JoinFree
		return tx.SaveObject(g.Context(), o, []byte("{}"))
	}))
	g.known = append(g.known, theirs.Common().Slug, instance.Key("https://b.example/e"), "fablab", "tiriad")
	g.replied(g.sheet)
	g.known = append(g.known, pathID("https://b.example/notes/1"))
}

// placeholder is what stands for an identifier in a path.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// onePixel is a picture.
var onePixel = func() string {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))) // to memory: never fails
	return out.String()
}()

// strange are values that programs send by mistake, or on purpose.
var strange = []any{
	"", " ", "é\u202e", "-1", "0", "1e309", "NaN", "2027-02-30", "2027-03-14", "2027-03-14T09:00:00Z", "javascript:alert(1)",
	"https://exemple.org/x", "libre-savoir", "' OR 1=1 --", "<script>", strings.Repeat("x", 300), "0,0,1,1", "event", "free", "id",
	-1.0, 0.0, 1.0, 12.5, 1e12, true, nil,
}

// value makes a value of a schema, or, once in a while, anything.
func (g *generator) value(schema map[string]any, depth int) any {
	schema = g.resolve(schema)
	if g.one(6) || depth > 5 {
		return pick(g, strange)
	}
	if enum := anys(schema["enum"]); len(enum) > 0 {
		return pick(g, enum)
	}
	switch schema["type"] {
	case "object":
		out := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		required := anys(schema["required"])
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if slices.Contains(required, any(name)) || g.one(4) {
				out[name] = g.value(properties[name].(map[string]any), depth+1)
			}
		}
		return out
	case "array":
		out := []any{}
		items, _ := schema["items"].(map[string]any)
		for range g.rand.IntN(3) {
			out = append(out, g.value(items, depth+1))
		}
		return out
	case "integer":
		return g.rand.IntN(100)
	case "number":
		return g.rand.Float64() * 40
	case "boolean":
		return g.one(2)
	case "string":
		switch schema["format"] {
		case "uri":
			return "https://exemple.org/" + fmt.Sprint(g.rand.IntN(9))
		case "date-time":
			return "2027-03-14T09:00:00Z"
		}
		return "texte " + fmt.Sprint(g.rand.IntN(1000))
	}
	return pick(g, strange)
}
