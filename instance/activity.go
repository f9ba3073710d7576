package instance

import "time"

// Verb is what an activity of ours does to an object.
type Verb string

// The verbs that fan out.
const (
	VerbCreate   Verb = "Create"
	VerbUpdate   Verb = "Update"
	VerbDelete   Verb = "Delete"
	VerbAnnounce Verb = "Announce"
	VerbMove     Verb = "Move"   // of actors only
	VerbAdd      Verb = "Add"    // to what its owner puts forward
	VerbRemove   Verb = "Remove" // from it
)

// Activity is one of ours, kept as the bytes that are delivered.
type Activity struct {
	ID        string // IRI
	Actor     string // IRI of who signs it
	Type      string // ActivityStreams type
	Object    string // IRI of what it is about
	Public    bool   // shown in the actor's outbox and served at its IRI
	Payload   []byte // JSON as delivered
	Published time.Time
}

// Received is an activity a peer posted to an inbox, verified and kept as bytes
// until its job has run.
type Received struct {
	Seq       int64     // set by the store
	ID        string    // IRI of the activity
	Actor     string    // IRI of the actor whose key signed it
	Type      string    // ActivityStreams type
	Body      []byte    // as received
	Signature string    // hash of what was signed; a second one is a replay
	At        time.Time // when it was accepted
}
