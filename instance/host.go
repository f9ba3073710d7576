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

// A server that failed this many times in a row, and gave no sign of life for this
// long, is parked: nothing new is kept for it until it is tried again, or comes back.
const (
	ParkedFailures = 12
	ParkedAfter    = 7 * 24 * time.Hour
)

// Parked says that the host is believed to be gone.
func (h *Host) Parked(now time.Time) bool {
	return h.Failures >= ParkedFailures && now.Sub(h.LastOK) > ParkedAfter
}
