package as2

import (
	"encoding/json"
	"time"
)

// Public is the audience of everyone.
const Public = asNamespace + "Public"

// Activity is the envelope of what a peer sent: enough to decide who may have
// sent it and who handles it, without reading what it carries.
type Activity struct {
	ID         string          // IRI
	Type       string          // "Create", "Follow"...
	Actor      string          // IRI
	ObjectID   string          // IRI of the object; "" if it has none
	ObjectType string          // "" when the object is a bare IRI
	ObjectRaw  json.RawMessage // the embedded object as received, nil for a bare IRI
	Target     string          // IRI
	Published  time.Time       // zero when absent
	To, Cc     []string        // IRIs; Public is written in full
}

// ParseActivity reads the envelope of an activity. It is quick, as it runs before
// the inbox answers. ErrMalformed: not strict JSON, or no id, type or actor.
func ParseActivity(body []byte) (*Activity, error) {
	a, err := ParseInner(body)
	switch {
	case err != nil:
		return nil, err
	case a.ID == "":
		return nil, malformed("activity without id")
	case a.Actor == "":
		return nil, malformed("activity without actor")
	}
	return a, nil
}

// ParseInner reads the activity embedded in an Accept, an Undo or an Announce,
// which may lack an id or an actor: Gancio's Undo does not repeat the actor.
func ParseInner(raw []byte) (*Activity, error) {
	doc, err := decode(raw)
	if err != nil {
		return nil, err
	}
	m := doc.fields
	a := &Activity{
		ID: iri(m["id"]), Type: typeOf(m), Actor: iri(m["actor"]), Target: iri(m["target"]),
		Published: timeOf(m["published"]), To: iris(m["to"]), Cc: iris(m["cc"]),
	}
	if a.Type == "" {
		return nil, malformed("activity without type")
	}
	a.ObjectID = iri(m["object"])
	object := first(m["object"])
	if embedded, ok := object.(map[string]any); ok {
		a.ObjectType = typeOf(embedded)
		if a.ObjectRaw, err = firstRaw(doc.raw["object"]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// firstRaw is the document itself, or the first of a list of them: GoToSocial's
// Flag lists its objects.
func firstRaw(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return raw, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, malformed("%v", err)
	}
	return list[0], nil
}
