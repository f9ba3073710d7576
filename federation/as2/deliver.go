package as2

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// maxActivity leaves room under the smallest inbox limit known: Misskey's 64 KiB.
const maxActivity = 64<<10 - 1

// activityStreams is the context of documents that use no other term.
const activityStreams = "https://www.w3.org/ns/activitystreams"

// envelope is an activity of ours as it is delivered.
type envelope struct {
	Context   any        `json:"@context"`
	ID        string     `json:"id"`
	Type      string     `json:"type"`
	Actor     string     `json:"actor"`
	Published *time.Time `json:"published,omitempty"`
	To        []string   `json:"to"`
	Cc        []string   `json:"cc"`
	Object    any        `json:"object"`
}

// MarshalActivity writes what actor does to o, in public: a Create or an Update
// with the object inside, a Delete with its tombstone, an Announce of its IRI (an
// embedded copy would be fetched again by those who check). ErrTooLarge.
func MarshalActivity(verb instance.Verb, id string, actor *instance.Actor, o instance.Object, e Env) ([]byte, error) {
	b := o.Common()
	a := envelope{Context: activityStreams, ID: id, Type: string(verb), Actor: actor.ID, Published: when(b.Published)}
	a.To, a.Cc = audience(actor, b)
	for _, m := range e.Mentions[b.ID] {
		a.Cc = append(a.Cc, m.Actor)
	}
	switch verb {
	case instance.VerbCreate, instance.VerbUpdate:
		var err error
		if a.Context = contextOf(b.Kind); e.Was[b.ID] == nil {
			a.Object, err = wireObject(o, e, nil)
		} else {
			a.Object, a.Context, err = carried(o, e)
		}
		if err != nil {
			return nil, err
		}
		if verb == instance.VerbUpdate {
			a.Published = when(b.Updated)
		}
	case instance.VerbDelete:
		a.Published, a.Object = when(b.Deleted), tombstoneOf(b)
	case instance.VerbAnnounce:
		a.Object = b.ID
		a.Cc = append(a.Cc[:1:1], b.Owner)
	default:
		return nil, fmt.Errorf("%w: verb %q", ErrUnsupported, verb)
	}
	return deliverable(a)
}

// MarshalActorActivity writes that an actor of ours changed (VerbUpdate, with the
// whole actor) or left for good (VerbDelete, with its IRI, as Mastodon does).
func MarshalActorActivity(verb instance.Verb, id string, actor *instance.Actor, e Env) ([]byte, error) {
	a := envelope{
		Context: activityStreams, ID: id, Type: string(verb), Actor: actor.ID, Published: when(actor.Updated),
		To: []string{Public}, Cc: []string{followersOf(actor)}, Object: actor.ID,
	}
	switch verb {
	case instance.VerbUpdate:
		a.Context, a.Object = contextOf(actor.Kind), wireActor(actor, e, nil)
	case instance.VerbDelete:
		a.Published = when(actor.Gone)
	default:
		return nil, fmt.Errorf("%w: verb %q on an actor", ErrUnsupported, verb)
	}
	return deliverable(a)
}

// audience is who an activity about b is for: everyone, then those who follow the
// actor, and the territories it belongs to.
func audience(actor *instance.Actor, b *instance.Base) (to, cc []string) {
	return []string{Public}, append([]string{followersOf(actor)}, territoryIRIs(b)...)
}

func followersOf(a *instance.Actor) string {
	if a.Followers != "" {
		return a.Followers
	}
	return a.ID + "/followers"
}

func deliverable(a envelope) ([]byte, error) {
	data, err := encode(a)
	if err != nil {
		return nil, err
	}
	if len(data) > maxActivity {
		return nil, fmt.Errorf("%s %s: %w: %d bytes", a.Type, a.ID, ErrTooLarge, len(data))
	}
	return data, nil
}

// simple is an activity between two actors only.
type simple struct {
	Context string   `json:"@context,omitempty"`
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	Actor   string   `json:"actor"`
	Object  any      `json:"object"`
	To      []string `json:"to,omitempty"`
}

// MarshalFollow writes the request of actor to follow object. The object is a bare
// IRI, as Gancio takes nothing else.
func MarshalFollow(id, actor, object string) []byte {
	return must(simple{Context: activityStreams, ID: id, Type: "Follow", Actor: actor, Object: object, To: []string{object}})
}

// MarshalUndo writes that actor takes an activity of its own back; inner is that
// activity, whole and as JSON: Mobilizon and Gancio read what is undone inside it.
func MarshalUndo(id, actor string, inner []byte) []byte {
	return must(simple{Context: activityStreams, ID: id, Type: "Undo", Actor: actor, Object: json.RawMessage(inner)})
}

// MarshalAccept answers yes to a follow, in the name of the followed. The Follow is
// embedded as it was received, or rebuilt if its bytes were not kept.
func MarshalAccept(id string, f instance.Follow) []byte { return answer("Accept", id, f) }

// MarshalReject answers no to a follow, in the name of the followed.
func MarshalReject(id string, f instance.Follow) []byte { return answer("Reject", id, f) }

func answer(verb, id string, f instance.Follow) []byte {
	var follow any = simple{ID: f.ID, Type: "Follow", Actor: f.Actor, Object: f.Object}
	if json.Valid(f.Raw) {
		follow = json.RawMessage(f.Raw)
	}
	return must(simple{Context: activityStreams, ID: id, Type: verb, Actor: f.Object, Object: follow, To: []string{f.Actor}})
}

type tombstone struct {
	Context    string     `json:"@context,omitempty"`
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	FormerType string     `json:"formerType,omitempty"`
	Deleted    *time.Time `json:"deleted,omitempty"`
}

func tombstoneOf(b *instance.Base) tombstone {
	return tombstone{ID: b.ID, Type: "Tombstone", FormerType: wireTypes[b.Kind], Deleted: when(b.Deleted)}
}

// MarshalTombstone writes what is served, with status 410, where a deleted object
// was. Gancio reads the former type to know what to forget.
func MarshalTombstone(o instance.Object) []byte {
	t := tombstoneOf(o.Common())
	t.Context = activityStreams
	return must(t)
}

// when makes a time optional: what is zero is left out, never written as year 1.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// encode writes JSON without the HTML escapes of encoding/json: content is HTML,
// and each escape would cost five bytes of the 64 KiB.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// must is encode for the structs here that always encode.
func must(v any) []byte {
	data, err := encode(v)
	if err != nil {
		panic("as2: " + err.Error())
	}
	return data
}
