package instance

import "time"

// FollowState is where a follow stands.
type FollowState string

// The states of a follow.
const (
	FollowPending  FollowState = "pending"
	FollowAccepted FollowState = "accepted"
	FollowRejected FollowState = "rejected"
)

// Follow says that Actor follows Object; one row for each pair, whichever side is
// ours. ID is the IRI of the last Follow activity: peers reuse or change it, so
// the pair is the key.
type Follow struct {
	ID      string
	Actor   string // IRI of the follower
	Object  string // IRI of the followed
	State   FollowState
	Raw     []byte // the Follow activity as received; an Accept embeds it verbatim
	Created time.Time
	Updated time.Time
}

// Host is what we know of another server: its health for deliveries, and whether
// it is blocked.
type Host struct {
	Domain    string // host[:port], lower case
	Software  string // from NodeInfo, for people; never to negotiate
	Blocked   bool
	Failures  int       // in a row
	NextAt    time.Time // no delivery before; zero when healthy
	LastOK    time.Time
	LastError string
}
