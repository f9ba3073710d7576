package as2

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// reading is all that one document means here.
type reading struct {
	Activity   *Activity       `json:"activity,omitempty"`
	Inner      *Activity       `json:"inner,omitempty"` // what the activity embeds, when it is an activity
	Object     instance.Object `json:"object,omitempty"`
	Actor      *instance.Actor `json:"actor,omitempty"`
	Collection *Collection     `json:"collection,omitempty"`
	Mentions   []string        `json:"mentions,omitempty"`
	Error      string          `json:"error,omitempty"`
}

// read reads a document as the inbox and the fetcher would: by its type.
func read(raw []byte) reading {
	if c, err := ParseCollection(raw); err == nil {
		return reading{Collection: c}
	}
	if a, err := ParseActor(raw); err == nil {
		return reading{Actor: a}
	}
	r := readObject(raw)
	a, err := ParseActivity(raw)
	if err != nil || r.Object != nil { // Mobilizon's objects have an actor, too
		return r
	}
	r = reading{}
	if a.ObjectRaw != nil {
		r.Mentions, _ = Mentions(a.ObjectRaw)
		if inner, err := a.Inner(); err == nil {
			r.Inner = inner
			if inner.ObjectRaw != nil {
				r.Object = readObject(inner.ObjectRaw).Object
			}
		} else {
			r = reading{}
			if r.Object, err = ParseCarried(a); err != nil {
				r.Error = err.Error()
			}
			r.Mentions, _ = Mentions(a.ObjectRaw)
			if actor, err := ParseActor(a.ObjectRaw); err == nil {
				r.Actor, r.Error = actor, ""
			}
		}
	}
	r.Activity = a
	return r
}

func readObject(raw []byte) reading {
	o, err := ParseObject(raw)
	if err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Object: o}
}

// forgetBytes leaves out what is in the document already.
func (r *reading) forgetBytes() {
	for _, a := range []*Activity{r.Activity, r.Inner} {
		if a != nil {
			a.ObjectRaw = nil
		}
	}
	if r.Collection != nil {
		for i := range r.Collection.Items {
			r.Collection.Items[i].Raw = nil
		}
	}
}

// eachDocument runs a test on every document of a peer under testdata/<software>/.
func eachDocument(t *testing.T, test func(t *testing.T, file string, raw []byte)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden.json") || strings.HasPrefix(file, "testdata/maillage/") {
			continue
		}
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			test(t, file, raw)
		})
	}
}

// TestPeers reads documents of the shapes that each software sends, kept under
// testdata/<software>/, and compares what they mean with the golden beside each.
func TestPeers(t *testing.T) {
	t.Parallel()
	eachDocument(t, func(t *testing.T, file string, raw []byte) {
		r := read(raw)
		r.forgetBytes()
		golden(t, strings.TrimSuffix(file, ".json")+".golden.json", indented(t, r))
	})
}

// TestOurDocuments keeps what we write under watch: a change here is a change for
// every peer.
func TestOurDocuments(t *testing.T) {
	t.Parallel()
	e := testEnv(t)
	vague := fullEvent()
	vague.When = instance.When{Text: "octobre 2017", Approx: "2017-10"}
	territory := fullActor(instance.KindTerritory, "/territoires/brest", "brest")
	territory.Territory = &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}, Departements: []string{"29"}}
	node := fullActor(instance.KindNode, "/actor", "opl.example.org")
	node.Directory, node.Territories = "https://opl.example.org/annuaire", "https://opl.example.org/territoires"
	for name, write := range map[string]func() ([]byte, error){
		"event":        func() ([]byte, error) { return MarshalObject(fullEvent(), e) },
		"vague_event":  func() ([]byte, error) { return MarshalObject(vague, e) },
		"recipe":       func() ([]byte, error) { return MarshalObject(fullRecipe(), e) },
		"sheet":        func() ([]byte, error) { return MarshalObject(fullPartner(), e) },
		"announcement": func() ([]byte, error) { return MarshalObject(fullAnnouncement(), e) },
		"territory":    func() ([]byte, error) { return MarshalActor(territory, e) },
		"person":       func() ([]byte, error) { return MarshalActor(fullPerson(), e) },
		"node":         func() ([]byte, error) { return MarshalActor(node, e) },
		"context":      func() ([]byte, error) { return Context(), nil },
		"announce": func() ([]byte, error) {
			return MarshalActivity(instance.VerbAnnounce, "https://opl.example.org/activites/1", territory, fullEvent(), e)
		},
		"create": func() ([]byte, error) {
			return MarshalActivity(instance.VerbCreate, "https://opl.example.org/activites/2", territory, fullEvent(), e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := write()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/maillage/"+name+".json", indented(t, json.RawMessage(data)))
		})
	}
}

// TestEveryTermIsInTheContext checks that a JSON-LD processor would understand all
// that we write, from the document alone.
func TestEveryTermIsInTheContext(t *testing.T) {
	t.Parallel()
	standard := strings.Fields(`id type name nameMap summary content contentMap mediaType url href attributedTo published updated following
		to cc audience location latitude longitude image icon attachment tag width height startTime endTime inReplyTo context
		totalItems items inbox outbox followers preferredUsername endpoints sharedInbox
		publicKey owner publicKeyPem`) // the last three are of the security vocabulary
	known := map[string]bool{}
	for _, term := range standard {
		known[term] = true
	}
	territory := fullActor(instance.KindTerritory, "/territoires/brest", "brest")
	territory.Territory = &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}}
	for _, o := range []any{fullEvent(), fullRecipe(), fullPartner(), fullAnnouncement(), territory, fullPerson()} {
		var data []byte
		var err error
		switch o := o.(type) {
		case instance.Object:
			data, err = MarshalObject(o, testEnv(t))
		case *instance.Actor:
			data, err = MarshalActor(o, testEnv(t))
		}
		if err != nil {
			t.Fatal(err)
		}
		doc, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		context := doc.fields["@context"].([]any)
		inline := context[len(context)-1].(map[string]any)
		var check func(v any)
		check = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, entry := range v {
					check(entry)
				}
			case map[string]any:
				for key, value := range v {
					if key == "@context" || key == "nameMap" || key == "contentMap" {
						continue
					}
					if !known[key] && inline[key] == nil && !strings.HasPrefix(key, "maillage:") {
						t.Errorf("%T: %q is in no context", o, key)
					}
					check(value)
				}
			}
		}
		check(map[string]any(doc.fields))
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	data, err := encode(v)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
