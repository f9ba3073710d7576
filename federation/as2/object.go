package as2

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// Env is what writing needs to know of the node it writes for. Only URLs is required;
// the rest is what the domain's values do not say, by IRI of the value it is about.
type Env struct {
	URLs           instance.URLs
	Replies        bool                     // the node serves {object}/replies
	Upcoming       bool                     // the node serves {actor}/upcoming
	Participations map[string]Participation // of events that people join here
	Mentions       map[string][]Mention     // of notes
	Was            map[string][]byte        // of objects that another program wrote first: what it said is carried (see Carry)
}

// wireTypes is the ActivityStreams type of each kind of ours.
var wireTypes = map[instance.Kind]string{
	instance.KindEvent:        "Event",
	instance.KindRecipe:       "Article",
	instance.KindPartner:      "Page",
	instance.KindAnnouncement: "Note",
	instance.KindTerritory:    "Group",
	instance.KindOrganisation: "Organization",
	instance.KindPerson:       "Person",
	instance.KindNode:         "Application",
}

func unsupported(typeName string) error { return fmt.Errorf("%w: %q", ErrUnsupported, typeName) }

// ErrPrivate says that an object is not addressed to everyone: nothing else may be
// listed (FEP-8a8e), and nothing else is of use here. It is an ErrUnsupported.
var ErrPrivate = fmt.Errorf("%w: not addressed to everyone", ErrUnsupported)

// ParseObject reads an object: an Event; an Article that is a recipe; a Page about
// an organisation, which is a directory sheet; a Tombstone, whose object has its
// Deleted time. Any other Article, Page or Note is an announcement.
//
// ErrUnsupported: any other type; ErrPrivate; ErrMalformed: no id, or no owner.
func ParseObject(raw []byte) (instance.Object, error) {
	doc, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return objectOf(doc.fields)
}

// ParseCarried reads the object that an activity embeds, as ParseObject does. What the
// object leaves unsaid, the activity says: it is its actor's, and for the same people
// (Discourse addresses the activity alone).
func ParseCarried(a *Activity) (instance.Object, error) {
	doc, err := parse(a.ObjectRaw)
	if err != nil {
		return nil, err
	}
	m := doc.fields
	if m["attributedTo"] == nil && m["actor"] == nil {
		m["attributedTo"] = a.Actor
	}
	if m["to"] == nil && m["cc"] == nil {
		for _, to := range a.To {
			m["to"] = append(all(m["to"]), to)
		}
	}
	return objectOf(m)
}

func objectOf(m fields) (instance.Object, error) {
	id := m.iri("id")
	if id == "" {
		return nil, malformed("object without id")
	}
	t, err := typed(m)
	if err != nil {
		return nil, err
	}
	var o instance.Object
	switch name := t.GetTypeName(); {
	case name == "Tombstone":
		return tombstoneFrom(id, m, deleted(t), updated(t)), nil
	case name == "Event":
		o = eventOf(m, t)
	case name == "Article" && isRecipe(m):
		o = recipeOf(m)
	case name == "Page" && isSheet(m):
		o = partnerOf(m)
	case name == "Article", name == "Page", name == "Note":
		o = announcementOf(m)
	default:
		return nil, unsupported(name)
	}
	b := o.Common()
	kind := b.Kind
	*b = baseOf(m, t)
	b.ID, b.Kind = id, kind
	if b.URL == "" {
		b.URL = id
	}
	switch {
	case b.Owner == "":
		return nil, malformed("%s has no owner", id)
	case !isPublic(m):
		return nil, fmt.Errorf("%s: %w", id, ErrPrivate)
	}
	return o, nil
}

func isPublic(m fields) bool {
	for _, to := range m.iris("to") {
		if to == Public {
			return true
		}
	}
	return false
}

// tombstoneFrom makes the object that a Tombstone stands for, of the kind it was. A
// Tombstone without a date was deleted all the same: it then gets the oldest one.
func tombstoneFrom(id string, m fields, deleted, updated time.Time) instance.Object {
	kind := instance.KindAnnouncement
	switch typeOf(map[string]any{"type": m["formerType"]}) {
	case "Event":
		kind = instance.KindEvent
	case "Article":
		kind = instance.KindRecipe
	case "Page":
		kind = instance.KindPartner
	}
	o, err := instance.NewObject(kind)
	if err != nil {
		panic("as2: " + err.Error()) // the kinds above are kinds of objects
	}
	if deleted.IsZero() {
		deleted = updated
	}
	if deleted.IsZero() {
		deleted = time.Unix(0, 0).UTC()
	}
	*o.Common() = instance.Base{ID: id, Kind: kind, Deleted: deleted}
	return o
}

// MarshalObject writes an object of ours as a stand-alone document: its tombstone
// when it is deleted.
func MarshalObject(o instance.Object, e Env) ([]byte, error) {
	b := o.Common()
	if !b.Deleted.IsZero() {
		return MarshalTombstone(o), nil
	}
	wire, err := wireObject(o, e, contextOf(b.Kind))
	if err != nil {
		return nil, err
	}
	doc, err := encode(wire)
	if was := e.Was[b.ID]; err == nil && was != nil {
		return Carry(doc, was)
	}
	return doc, err
}

// carried is the object inside an activity, with what an earlier version of it said,
// and the context in which both are written.
func carried(o instance.Object, e Env) (wire, context any, err error) {
	doc, err := MarshalObject(o, e)
	if err != nil {
		return nil, nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, nil, err
	}
	context = members["@context"]
	delete(members, "@context")
	return members, context, nil
}

// wireObject is the object as JSON, with the context unless it is nil.
func wireObject(o instance.Object, e Env, context any) (any, error) {
	switch o := o.(type) {
	case *instance.Event:
		return wireEvent(o, e, context), nil
	case *instance.Recipe:
		return wireRecipe(o, e, context), nil
	case *instance.Partner:
		return wirePartner(o, e, context), nil
	case *instance.Announcement:
		return wireAnnouncement(o, e, context), nil
	}
	return nil, fmt.Errorf("%w: %T", ErrUnsupported, o)
}
