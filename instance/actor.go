package instance

import (
	"regexp"
	"strings"
	"time"
)

// Actor is anyone who can be followed: the node itself, an organisation it
// hosts, a territory, a contributor; ours or a peer's. Private keys are not here:
// see Reader.PrivateKey.
type Actor struct {
	ID          string    `json:"id"` // IRI
	Kind        Kind      `json:"kind"`
	Type        string    `json:"type,omitempty"`   // ActivityStreams type as received: Service, Application, Person...
	Origin      string    `json:"origin,omitempty"` // host[:port] of its node; "" when it is ours
	Slug        string    `json:"slug,omitempty"`   // last part of its path; ours only
	Handle      string    `json:"handle"`           // preferredUsername
	Name        string    `json:"name"`
	Summary     string    `json:"summary,omitempty"` // sanitised HTML
	URL         string    `json:"url,omitempty"`
	Website     string    `json:"website,omitempty"`
	Inbox       string    `json:"inbox,omitempty"`
	SharedInbox string    `json:"shared_inbox,omitempty"`
	Outbox      string    `json:"outbox,omitempty"`
	Followers   string    `json:"followers,omitempty"`
	KeyID       string    `json:"key_id,omitempty"`
	KeyPEM      string    `json:"key_pem,omitempty"` // public, SPKI
	Image       *Image    `json:"image,omitempty"`
	Place       *Place    `json:"place,omitempty"`
	Themes      []string  `json:"themes,omitempty"`
	Created     time.Time `json:"created,omitzero"`
	Updated     time.Time `json:"updated,omitzero"`
	Fetched     time.Time `json:"fetched,omitzero"` // when a remote actor was last read
	Gone        time.Time `json:"gone,omitzero"`    // deleted since

	// Collections that only maillage nodes have (our terms); on KindNode.
	Directory   string `json:"directory,omitempty"`   // IRI of the collection of its sheets
	Territories string `json:"territories,omitempty"` // IRI of the collection of its territories

	Territory *Territory `json:"territory,omitempty"` // on KindTerritory
}

// Local says that this node hosts the actor.
func (a *Actor) Local() bool { return a.Origin == "" }

// Address is the handle people type to follow: @brest@tiriad.example. domain is
// this node's own, for actors of ours.
func (a *Actor) Address(domain string) string {
	if a.Origin != "" {
		domain = a.Origin
	}
	return "@" + a.Handle + "@" + domain
}

// DeliveryInbox is where to post to the actor: the shared inbox if it has one.
func (a *Actor) DeliveryInbox() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

var (
	handlePattern = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)
	slugPattern   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// HandleOf turns a slug into a handle: "brest-saint-marc" -> "brest_saint_marc",
// cut at 30 characters as peers expect.
func HandleOf(slug string) string {
	handle := strings.ReplaceAll(slug, "-", "_")
	if len(handle) > 30 {
		handle = strings.TrimRight(handle[:30], "_")
	}
	return handle
}
