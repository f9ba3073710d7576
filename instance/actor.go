package instance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Actor is anyone who can be followed: the node itself, an organisation it
// hosts, a territory, a contributor; ours or a peer's. Private keys are not here:
// see Reader.PrivateKey.
type Actor struct {
	ID          string `json:"id"` // IRI
	Kind        Kind   `json:"kind"`
	Type        string `json:"type,omitempty"`   // ActivityStreams type as received: Service, Application, Person...
	Origin      string `json:"origin,omitempty"` // host[:port] of its node; "" when it is ours
	Slug        string `json:"slug,omitempty"`   // last part of its path; ours only
	Handle      string `json:"handle"`           // preferredUsername
	Name        string `json:"name"`
	Summary     string `json:"summary,omitempty"` // sanitised HTML
	URL         string `json:"url,omitempty"`
	Website     string `json:"website,omitempty"`
	Inbox       string `json:"inbox,omitempty"`
	SharedInbox string `json:"shared_inbox,omitempty"`
	Outbox      string `json:"outbox,omitempty"`
	Followers   string `json:"followers,omitempty"`
	KeyID       string `json:"key_id,omitempty"`
	KeyPEM      string `json:"key_pem,omitempty"` // public, SPKI

	// Ed25519 is the key that proofs of ours are made with, as publicKeyMultibase
	// (FEP-521a); its id is Ed25519ID. Keys are the keys of a peer's actor besides KeyID,
	// by id: PEM of publicKey, publicKeyMultibase of assertionMethod.
	Ed25519 string            `json:"ed25519,omitempty"`
	Keys    map[string]string `json:"keys,omitempty"`
	// PreviousKeyID is the key that KeyID replaced at Rotated: it signs that news only.
	PreviousKeyID string    `json:"previous_key_id,omitempty"`
	Rotated       time.Time `json:"rotated,omitzero"`

	MovedTo string    `json:"moved_to,omitempty"` // IRI of the remote actor it has become
	Moved   time.Time `json:"moved,omitzero"`     // when we learnt it, or said it
	// AlsoKnownAs are the IRIs of the actors that ours also is: those that may move here.
	AlsoKnownAs []string `json:"also_known_as,omitempty"`
	Featured    []string `json:"featured,omitempty"` // IRIs of what ours puts forward, see Node.Featured

	Image   *Image    `json:"image,omitempty"`
	Place   *Place    `json:"place,omitempty"`
	Themes  []string  `json:"themes,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Updated time.Time `json:"updated,omitzero"`
	Fetched time.Time `json:"fetched,omitzero"` // when a remote actor was last read
	Gone    time.Time `json:"gone,omitzero"`    // deleted since

	// Collections that only maillage nodes have (our terms); on KindNode.
	Directory   string `json:"directory,omitempty"`   // IRI of the collection of its sheets
	Territories string `json:"territories,omitempty"` // IRI of the collection of its territories

	Territory *Territory `json:"territory,omitempty"` // on KindTerritory
	Profile   *Profile   `json:"profile,omitempty"`   // on KindPerson
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

// CreateActor opens an organisation, a territory or a contributor on this node,
// with its own key: people can follow it from then on. Slug, Name and Kind are
// required; the handle is derived from the slug.
//
// ErrInvalid, ErrConflict: the slug or handle is taken.
func (n *Node) CreateActor(ctx context.Context, a Actor) (*Actor, error) {
	return n.openActor(ctx, a)
}

// openActor is CreateActor with what else belongs to its transaction.
func (n *Node) openActor(ctx context.Context, a Actor, also ...func(Tx, *Actor) error) (*Actor, error) {
	var c checks
	c.require(slugPattern.MatchString(a.Slug), "slug", "utilisez des lettres minuscules sans accent, des chiffres et des tirets")
	c.require(a.Name != "", "name", "donnez un nom")
	c.require(a.Kind == KindOrganisation || a.Kind == KindTerritory || a.Kind == KindPerson, "kind", "organisation, territory ou person")
	c.address("website", a.Website)
	a.Profile.validate(&c)
	c.require(a.Kind != KindTerritory || a.Territory != nil, "territory", "dites de quelle sorte de territoire il s’agit")
	if err := c.err(); err != nil {
		return nil, err
	}
	if a.Handle = HandleOf(a.Slug); !handlePattern.MatchString(a.Handle) {
		return nil, &ValidationError{[]FieldError{{"slug", "trop long pour un identifiant"}}}
	}
	switch _, err := n.ActorByHandle(ctx, a.Handle); {
	case err == nil:
		return nil, fmt.Errorf("@%s: %w", a.Handle, ErrConflict)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	if a.Kind == KindPerson {
		n.discreet(&a)
	}
	a.Summary = SanitiseHTML(a.Summary)
	return n.createActor(ctx, &a, also...)
}

// EditActor changes what an actor of ours says of itself: its name, summary,
// website, image, place, themes and what kind of territory it is. Its address, its
// handle and its keys stay. Followers are told.
//
// ErrNotFound, ErrGone, ErrForbidden: it is not ours; ErrInvalid.
func (n *Node) EditActor(ctx context.Context, id string, draft Actor) (a *Actor, err error) {
	if _, err := n.localActor(ctx, id); err != nil {
		return nil, err
	}
	err = n.store.Write(ctx, func(tx Tx) (err error) {
		a, err = n.editActor(ctx, tx, id, draft)
		return err
	})
	return a, err
}

// editActor is EditActor in a transaction.
func (n *Node) editActor(ctx context.Context, tx Tx, id string, draft Actor) (*Actor, error) {
	var c checks
	c.require(draft.Name != "", "name", "donnez un nom")
	c.address("website", draft.Website)
	draft.Profile.validate(&c)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := tx.Lock(ctx, id); err != nil { // its keys may be changing
		return nil, err
	}
	a, err := tx.Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	a.profile(draft)
	if a.Kind == KindPerson {
		a.Profile = draft.Profile
		n.discreet(a)
	}
	a.Updated = later(n.clock(), a.Updated)
	if err := tx.SaveActor(ctx, a); err != nil {
		return nil, err
	}
	return a, tx.Enqueue(ctx, IndexJob(a.ID), NewJob(JobAnnounce, AnnounceArgs{Verb: VerbUpdate, ID: a.ID}))
}

// profile takes over from a draft what an actor says of itself.
func (a *Actor) profile(draft Actor) {
	a.Name, a.Summary, a.Website = draft.Name, SanitiseHTML(draft.Summary), draft.Website
	a.Image, a.Place, a.Themes = draft.Image, draft.Place, draft.Themes
	if a.Kind == KindTerritory && draft.Territory != nil {
		a.Territory = draft.Territory
	}
}

// later is now, or the second after was: peers ignore an Update that is not newer
// than what they have, and read whole seconds.
func later(now, was time.Time) time.Time {
	if now.After(was) {
		return now
	}
	return was.Add(time.Second)
}

// createActor gives an actor of ours its IRIs and its key, and saves both.
func (n *Node) createActor(ctx context.Context, a *Actor, also ...func(Tx, *Actor) error) (*Actor, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	private, err := keys.PEM()
	if err != nil {
		return nil, err
	}
	a.ID = n.urls.Of(a.Kind, a.Slug)
	a.URL = a.ID
	a.Inbox, a.SharedInbox = a.ID+"/inbox", n.urls.SharedInbox()
	a.Outbox, a.Followers = a.ID+"/outbox", a.ID+"/followers"
	a.KeyID = a.ID + "#main-key"
	if a.KeyPEM, a.Ed25519, err = keys.public(); err != nil {
		return nil, err
	}
	a.Created = n.clock()
	a.Updated = a.Created
	if a.Kind == KindNode {
		a.URL = n.urls.IRI("/a-propos")
	}
	return a, n.store.Write(ctx, func(tx Tx) error {
		if err := tx.SaveActor(ctx, a); err != nil {
			return err
		}
		if err := tx.SavePrivateKey(ctx, a.ID, private); err != nil {
			return err
		}
		for _, effect := range also {
			if err := effect(tx, a); err != nil {
				return err
			}
		}
		if a.Kind != KindTerritory {
			return nil
		}
		return tx.Enqueue(ctx, IndexJob(a.ID))
	})
}
