package instance

import "time"

// Host is what we know of another server: its health for deliveries, and whether
// it is blocked.
type Host struct {
	Domain    string // host[:port], lower case
	Software  string // from NodeInfo, for people; never to negotiate
	Blocked   bool
	Signature string    // the form of HTTP signature it took last: "cavage" or "rfc9421"; "" when unknown
	Failures  int       // in a row
	NextAt    time.Time // no delivery before; zero when healthy
	LastOK    time.Time
	LastError string
}
