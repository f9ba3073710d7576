package instance

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Kind is what a thing is, in the API, in the index and in the store.
type Kind string

// The kinds. Events, recipes, partners and announcements are objects;
// territories, organisations, people and the node itself are actors.
const (
	KindEvent        Kind = "event"
	KindRecipe       Kind = "recipe"
	KindPartner      Kind = "partner" // a sheet of the partner directory
	KindAnnouncement Kind = "announcement"
	KindTerritory    Kind = "territory"
	KindOrganisation Kind = "organisation"
	KindPerson       Kind = "person"
	KindNode         Kind = "node"
)

// Object is anything that is published: *Event, *Recipe, *Partner or *Announcement.
type Object interface {
	// Common returns the part that every object has; changing it changes the object.
	Common() *Base
	// Validate lists what is wrong with the fields an author fills in (ErrInvalid).
	Validate() error
}

// Base is what every object has. Times are UTC.
type Base struct {
	ID          string      `json:"id"`                    // its IRI, permanent
	Kind        Kind        `json:"kind"`                  //
	Origin      string      `json:"origin,omitempty"`      // host[:port] of its node; "" when it is ours
	Slug        string      `json:"slug,omitempty"`        // last part of its path; ours only
	Owner       string      `json:"owner"`                 // IRI of the actor who answers for it
	URL         string      `json:"url,omitempty"`         // page for people, on its own node
	Name        string      `json:"name"`                  // plain text
	Summary     string      `json:"summary,omitempty"`     // plain text, one short paragraph
	Content     string      `json:"content,omitempty"`     // sanitised HTML
	Source      string      `json:"source,omitempty"`      // Markdown it was written in; ours only
	Language    string      `json:"language,omitempty"`    // BCP 47
	Licence     string      `json:"licence,omitempty"`     // slug of vocabulary "licences"
	Themes      []string    `json:"themes,omitempty"`      // slugs of vocabulary "themes"
	Territories []Ref       `json:"territories,omitempty"` // where it belongs, most precise first
	Place       *Place      `json:"place,omitempty"`       //
	Image       *Image      `json:"image,omitempty"`       //
	DerivedFrom string      `json:"derived_from,omitempty"`
	Provenance  *Provenance `json:"provenance,omitempty"` // where it was imported from; ours only
	Published   time.Time   `json:"published,omitzero"`
	Updated     time.Time   `json:"updated,omitzero"`
	Deleted     time.Time   `json:"deleted,omitzero"` // tombstone since; zero when alive
}

// Common implements Object for everything that embeds Base.
func (b *Base) Common() *Base { return b }

// Local says that this node is its origin.
func (b *Base) Local() bool { return b.Origin == "" }

// Provenance says where an object of ours was imported from, so that importing it
// again updates it, whose licence holds, and what an author changed here since.
type Provenance struct {
	Source   string    `json:"source"`            // address or name of the file or feed
	Key      string    `json:"key"`               // what names it there: UID, feature id, address
	Batch    string    `json:"batch,omitempty"`   // the import that created it; "" when it was here before
	Licence  string    `json:"licence,omitempty"` // slug of vocabulary "licences"
	Imported time.Time `json:"imported,omitzero"` // when it was last read there, and differed
	// Read is a digest of each field as it was last read: a field that differs from
	// its digest was changed here, and is not overwritten.
	Read map[string]string `json:"read,omitempty"`
}

// Ref names another thing: an organiser, a territory, a parent event. ID or URL
// may be empty when only the name is known.
type Ref struct {
	ID   string `json:"id,omitempty"` // IRI
	Slug string `json:"slug,omitempty"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Image is a picture with its alternative text.
type Image struct {
	URL       string `json:"url"`
	MediaType string `json:"media_type,omitempty"`
	Alt       string `json:"alt,omitempty"`
	Width     int    `json:"width,omitempty"`  // pixels
	Height    int    `json:"height,omitempty"` // pixels
}

// NewObject returns an empty object of an object kind, or ErrInvalid.
func NewObject(kind Kind) (Object, error) {
	var o Object
	switch kind {
	case KindEvent:
		o = &Event{}
	case KindRecipe:
		o = &Recipe{}
	case KindPartner:
		o = &Partner{}
	case KindAnnouncement:
		o = &Announcement{}
	default:
		return nil, fmt.Errorf("%w: %q is no kind of object", ErrInvalid, kind)
	}
	o.Common().Kind = kind
	return o, nil
}

// CloneObject returns a deep copy.
func CloneObject(o Object) Object {
	if p, ok := o.(*presentation); ok {
		clone := *p // what it points to is replaced, never changed
		return &clone
	}
	clone, err := NewObject(o.Common().Kind)
	if err != nil {
		panic("clone: " + err.Error()) // only a new Object type without its Kind gets here
	}
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, clone)
	}
	if err != nil {
		panic("clone: " + err.Error())
	}
	return clone
}

// Key is a short name for an IRI that fits in a path and in an index id: 26
// letters and digits of its SHA-256. Pages about remote things are at /reseau/{key}.
func Key(iri string) string {
	sum := sha256.Sum256([]byte(iri))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// validateBase checks the fields that every author fills in.
func (b *Base) validateBase(c *checks) {
	name := len([]rune(b.Name))
	named := b.Kind == KindPartner // rather than titled
	c.require(named || name >= 3, "name", "donnez un titre d’au moins 3 caractères")
	c.require(!named || name >= 3, "name", "donnez un nom d’au moins 3 caractères")
	c.require(name <= 200, "name", "raccourcissez le titre à 200 caractères (il en a %d)", name)
	c.require(len([]rune(b.Summary)) <= 500, "summary", "raccourcissez le résumé à 500 caractères")
	c.require(len(b.Source) <= 40_000 && len(b.Content) <= 60_000, "content", "raccourcissez le texte à 40 000 caractères")
	c.listed("licences", "licence", b.Licence)
	c.address("derived_from", b.DerivedFrom)
	c.addresses("territories", b.Territories...)
	if b.Image != nil {
		c.address("image", b.Image.URL)
	}
	c.listed("themes", "themes", b.Themes...)
	if b.Place != nil && b.Place.Point != nil {
		c.require(b.Place.Point.Valid(), "place", "la latitude va de -90 à 90 et la longitude de -180 à 180")
	}
}
