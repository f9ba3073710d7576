package as2

import (
	"encoding/json"
	"fmt"
)

// Statement is what an actor of ours says of something that has an IRI already,
// whoever's it is: that it likes it, joins it, reports it...
type Statement struct {
	ID      string   // IRI of the activity
	Type    string   // see MarshalStatement
	Actor   string   // IRI of who says it
	Objects []string // IRIs; several for a Flag only, the account first
	Target  string   // IRI: the collection of an Add or a Remove, the new account of a Move
	Content string   // plain text: the reason of a Flag, a word with a Join
	To, Cc  []string // IRIs
}

type statement struct {
	Context any      `json:"@context"`
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	Actor   string   `json:"actor"`
	Object  any      `json:"object"`
	Target  string   `json:"target,omitempty"`
	Content string   `json:"content,omitempty"`
	Message string   `json:"participationMessage,omitempty"` // Mobilizon's name for it in a Join
	To      []string `json:"to"`
	Cc      []string `json:"cc,omitempty"`
}

// statements are the types that MarshalStatement writes.
var statements = set("Like", "Join", "Leave", "Ignore", "Flag", "Block", "Move", "Add", "Remove")

// joinContext defines the one term of a Join that is not ActivityStreams'.
var joinContext = []any{activityStreams, terms{"mz": "https://joinmobilizon.org/ns#", "participationMessage": "mz:participationMessage"}}

// MarshalStatement writes a Like, Join, Leave, Ignore, Flag, Block, Move, Add or
// Remove. Objects are bare IRIs: nobody has to believe what we say of them.
//
// ErrUnsupported: another type, or several objects of what is no Flag; ErrMalformed:
// no object, or no target where there must be one.
func MarshalStatement(s Statement) ([]byte, error) {
	switch {
	case !statements[s.Type]:
		return nil, unsupported(s.Type)
	case len(s.Objects) == 0:
		return nil, malformed("%s of nothing", s.Type)
	case len(s.Objects) > 1 && s.Type != "Flag":
		return nil, fmt.Errorf("%w: %s of several objects", ErrUnsupported, s.Type)
	case s.Target == "" && (s.Type == "Move" || s.Type == "Add" || s.Type == "Remove"):
		return nil, malformed("%s without a target", s.Type)
	}
	out := statement{Context: activityStreams, ID: s.ID, Type: s.Type, Actor: s.Actor, Target: s.Target, To: append([]string{}, s.To...), Cc: s.Cc}
	switch s.Type {
	case "Flag": // Mastodon and GoToSocial read a list
		out.Object, out.Content = s.Objects, s.Content
	case "Join":
		out.Object, out.Message = s.Objects[0], s.Content
		if s.Content != "" {
			out.Context = joinContext
		}
	default:
		out.Object, out.Content = s.Objects[0], s.Content
	}
	return encode(out)
}

// MarshalAnswer writes an Accept, a Reject or an Ignore of an activity, in the name of
// actor, to whom it came from. The activity is embedded as received, for Mobilizon looks
// for its id inside; or it is its IRI, as a JSON string, if nothing else was kept of it.
//
// ErrUnsupported: another verb; ErrMalformed: the activity is not JSON.
func MarshalAnswer(verb, id, actor, to string, activity []byte) ([]byte, error) {
	switch {
	case verb != "Accept" && verb != "Reject" && verb != "Ignore":
		return nil, unsupported(verb)
	case !json.Valid(activity):
		return nil, malformed("the activity to answer is not JSON")
	}
	return encode(simple{Context: activityStreams, ID: id, Type: verb, Actor: actor, Object: json.RawMessage(activity), To: []string{to}})
}
