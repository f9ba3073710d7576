package as2

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/instance"
)

// Public is the audience of everyone.
const Public = asNamespace + "Public"

// Activity is the envelope of what a peer sent: enough to decide who may have
// sent it and who handles it, without reading what it carries.
type Activity struct {
	ID         string          // IRI; made from its bytes when it has none, as Mastodon's Add
	Type       string          // "Create", "Follow"...
	Actor      string          // IRI
	ObjectID   string          // IRI of the object, the first of several; "" if it has none
	Objects    []string        // IRIs of all the objects, when there are several: a Flag lists the account and its posts
	ObjectType string          // "" when the object is a bare IRI
	ObjectRaw  json.RawMessage // the embedded object as received, nil for a bare IRI
	Target     string          // IRI: the collection of an Add or a Remove, the new account of a Move
	Audience   string          // IRI of the group it is said in (FEP-1b12)
	Content    string          // plain text: why a Flag, what one who joins says, the emoji of a reaction
	Published  time.Time       // zero when absent
	To, Cc     []string        // IRIs; Public is written in full

	proven bool // it has a proof (FEP-8b32), whether right or wrong
}

// maxObjects bounds what one activity is about.
const maxObjects = 50

// Likes says that somebody likes the object, in any of the ways to say so: Pleroma's
// EmojiReact is a Like with its emoji in Content, as Misskey's Like is.
func (a *Activity) Likes() bool { return a.Type == "Like" || a.Type == "EmojiReact" }

// Inner is the activity that this one embeds: what is undone, accepted, announced. It
// may lack an id or an actor. ErrMalformed when there is none; ErrUnsupported when
// the object embedded is no activity.
func (a *Activity) Inner() (*Activity, error) {
	if a.ObjectRaw == nil {
		return nil, malformed("no activity embedded")
	}
	inner, err := ParseInner(a.ObjectRaw)
	switch {
	case err != nil:
		return nil, err
	case !activityTypes[inner.Type]:
		return nil, unsupported(inner.Type)
	}
	return inner, nil
}

// ParseActivity reads the envelope of an activity. It is quick, as it runs before
// the inbox answers. ErrMalformed: not strict JSON, no type or actor, or an id that is
// no IRI.
func ParseActivity(body []byte) (*Activity, error) {
	doc, err := parse(body)
	if err != nil {
		return nil, err
	}
	a, err := activityOf(doc)
	switch {
	case err != nil:
		return nil, err
	case a.Actor == "":
		return nil, malformed("activity without actor")
	case a.ID == "" && doc.fields["id"] != nil:
		return nil, malformed("activity whose id is no IRI")
	case a.ID == "": // Mastodon gives none to an Add
		a.ID = a.Actor + "#" + digest(body)
	}
	return a, nil
}

// Key tells an activity from all others of its actor. Its id does not always: Mobilizon
// names each Update of an event as its Create, and Gancio did so of its Delete too. Of
// these, other bytes are another activity; but not of one that others may hand on, and
// write otherwise.
func (a *Activity) Key(body []byte) string {
	if (a.Type == "Update" || a.Type == "Delete") && !a.proven {
		return a.ID + " " + digest(body)
	}
	return a.ID
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// ParseInner reads the activity embedded in an Accept, an Undo or an Announce,
// which may lack an id or an actor: Gancio's Undo does not repeat the actor.
func ParseInner(raw []byte) (*Activity, error) {
	doc, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return activityOf(doc)
}

func activityOf(doc *document) (*Activity, error) {
	m := doc.fields
	a := &Activity{
		ID: iri(m["id"]), Type: typeOf(m), Actor: iri(m["actor"]), Target: iri(m["target"]),
		Audience: iri(m["audience"]), Content: messageOf(m), Published: timeOf(m["published"]), To: iris(m["to"]), Cc: iris(m["cc"]),
		proven: m["proof"] != nil,
	}
	if a.Type == "" {
		return nil, malformed("activity without type")
	}
	if a.Target == "" {
		a.Target = iri(m["origin"]) // where a Remove takes from, in the vocabulary
	}
	a.ObjectID = iri(m["object"])
	if objects := iris(m["object"]); len(objects) > 1 {
		a.Objects = objects[:min(len(objects), maxObjects)]
	}
	object := first(m["object"])
	if embedded, ok := object.(map[string]any); ok && !onlyNamed(embedded) {
		a.ObjectType = typeOf(embedded)
		var err error
		if a.ObjectRaw, err = firstRaw(doc.raw["object"]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// onlyNamed says that an object has no more than its id: to JSON-LD that is the same
// as the bare IRI.
func onlyNamed(m map[string]any) bool {
	for key := range m {
		if key != "id" && key != "@context" {
			return false
		}
	}
	return true
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

// messageOf is what the actor says in the activity itself, without markup. Mobilizon
// has a name of its own for it in a Join, and Misskey for its reactions; Lemmy says in
// the summary why it reports something.
func messageOf(m fields) string {
	keys := []string{"content", "participationMessage", "_misskey_reaction"}
	if typeOf(m) == "Flag" { // of another activity, the summary is what a program says of it
		keys = append(keys, "summary")
	}
	for _, key := range keys {
		if s := m.natural(key); s != "" {
			return instance.PlainText(instance.Truncate(s, maxMessage))
		}
	}
	return ""
}

// maxMessage bounds, in runes, what is read of such a message.
const maxMessage = 5_000

// InReplyTo is the IRI of what an object answers to; "" when it answers to nothing, or
// cannot be read.
func InReplyTo(raw []byte) string {
	doc, err := parse(raw)
	if err != nil {
		return ""
	}
	return doc.fields.iri("inReplyTo")
}

// Mentions are the IRIs of the actors that an object mentions. ErrMalformed.
func Mentions(raw []byte) ([]string, error) {
	doc, err := parse(raw)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, tag := range doc.fields.objects("tag", maxTags) {
		if href := tag.iri("href"); typeOf(tag) == "Mention" && href != "" {
			out = append(out, href)
		}
	}
	return out, nil
}
