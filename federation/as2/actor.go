package as2

import (
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"github.com/maillage/maillage/instance"
)

type actor struct {
	Context      any             `json:"@context,omitempty"`
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	Handle       string          `json:"preferredUsername"`
	Webfinger    string          `json:"webfinger"`
	Name         string          `json:"name"`
	Summary      string          `json:"summary,omitempty"`
	URL          string          `json:"url,omitempty"`
	Inbox        string          `json:"inbox"`
	Outbox       string          `json:"outbox"`
	Followers    string          `json:"followers"`
	Following    string          `json:"following"`
	Featured     string          `json:"featured,omitempty"` // not on the node: it has nothing of its own
	Upcoming     string          `json:"upcomingEvents,omitempty"`
	MovedTo      string          `json:"movedTo,omitempty"`
	AlsoKnownAs  []string        `json:"alsoKnownAs,omitempty"`
	Endpoints    *endpoints      `json:"endpoints,omitempty"`
	PublicKey    publicKey       `json:"publicKey"`
	Multikeys    []multikey      `json:"assertionMethod,omitempty"`
	Approves     bool            `json:"manuallyApprovesFollowers"`
	Discoverable bool            `json:"discoverable"`
	Indexable    bool            `json:"indexable"`
	Icon         *image          `json:"icon,omitempty"`
	Location     *place          `json:"location,omitempty"`
	Attachment   []propertyValue `json:"attachment"`
	Tag          []hashtag       `json:"tag"`
	Theme        []string        `json:"theme,omitempty"`
	SameAs       []string        `json:"sameAs,omitempty"`
	Published    *time.Time      `json:"published,omitempty"`
	Updated      *time.Time      `json:"updated,omitempty"`

	Directory   string `json:"maillage:directory,omitempty"`
	Territories string `json:"maillage:territories,omitempty"`

	// Of territories only.
	ModsOnly      bool     `json:"postingRestrictedToMods,omitempty"`
	Openness      string   `json:"openness,omitempty"`
	Identifier    []string `json:"identifier,omitempty"`
	TerritoryKind string   `json:"maillage:territoryKind,omitempty"`
	Parent        *ref     `json:"maillage:parent,omitempty"`
	Departements  []string `json:"maillage:departements,omitempty"`
	Note          string   `json:"maillage:note,omitempty"`

	profile // of people only
}

type endpoints struct {
	SharedInbox string `json:"sharedInbox"`
}

type publicKey struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	PEM   string `json:"publicKeyPem"`
}

// propertyValue is a line of a profile on Mastodon.
type propertyValue struct {
	Type  string `json:"type"` // PropertyValue
	Name  string `json:"name"`
	Value string `json:"value"` // HTML
}

// MarshalActor writes an actor of ours as a stand-alone document.
func MarshalActor(a *instance.Actor, e Env) ([]byte, error) {
	return encode(wireActor(a, e, contextOf(a.Kind)))
}

func wireActor(a *instance.Actor, e Env, context any) actor {
	w := actor{
		Context: context, ID: a.ID, Type: wireTypes[a.Kind], Handle: a.Handle, Webfinger: a.Handle + "@" + e.URLs.Domain(),
		Name: a.Name, Summary: a.Summary, URL: a.URL, Inbox: a.Inbox, Outbox: a.Outbox, Followers: followersOf(a), Following: a.ID + "/following",
		PublicKey:    publicKey{ID: a.KeyID, Owner: a.ID, PEM: a.KeyPEM},
		Discoverable: true,                          // Mobilizon lists nothing else
		Indexable:    a.Kind != instance.KindPerson, // searching what people write takes their consent
		Icon:         wireImage(a.Image, a.Name), Location: wirePlace(a.Place), Attachment: []propertyValue{},
		Tag: hashtags(a.Themes, e), Theme: uris("themes", a.Themes), Published: when(a.Created), Updated: when(a.Updated),
		Directory: a.Directory, Territories: a.Territories,
		MovedTo: a.MovedTo, AlsoKnownAs: a.AlsoKnownAs,
	}
	if a.Kind != instance.KindNode {
		w.Featured = a.ID + "/featured"
	}
	if e.Upcoming {
		w.Upcoming = a.ID + "/upcoming"
	}
	if a.Ed25519 != "" {
		w.Multikeys = []multikey{{ID: a.Ed25519ID(), Type: "Multikey", Controller: a.ID, Key: a.Ed25519}}
	}
	if a.SharedInbox != "" {
		w.Endpoints = &endpoints{SharedInbox: a.SharedInbox}
	}
	if a.Website != "" {
		w.SameAs = []string{a.Website}
		href := html.EscapeString(a.Website)
		w.Attachment = append(w.Attachment, propertyValue{
			Type: "PropertyValue", Name: "Site web",
			Value: `<a href="` + href + `" rel="me nofollow noopener noreferrer">` + href + `</a>`,
		})
	}
	w.setTerritory(a.Territory)
	if a.Kind == instance.KindPerson {
		w.setProfile(a.Profile)
	}
	return w
}

// setTerritory writes what a territory is. Nobody posts in it nor asks to be a member,
// which Lemmy and Mobilizon would otherwise offer for a Group.
func (w *actor) setTerritory(t *instance.Territory) {
	if t == nil {
		return
	}
	w.ModsOnly, w.Openness = true, "invite_only"
	w.TerritoryKind = instance.Vocabularies().URI("territory_kinds", t.Kind)
	for _, c := range t.Codes {
		w.Identifier = append(w.Identifier, c.Type+":"+c.Value)
	}
	w.Parent, w.Departements, w.Note = wireRef(t.Parent), t.Departements, t.Note
}

// ParseActor reads an actor. Its key is the one it says is its own, not checked
// further; an actor without an inbox is one that only shows its key (GoToSocial).
//
// ErrUnsupported: no type of actor; ErrMalformed: no id.
func ParseActor(raw []byte) (*instance.Actor, error) {
	doc, err := parse(raw)
	if err != nil {
		return nil, err
	}
	m := doc.fields
	t, err := typed(m)
	if err != nil {
		return nil, err
	}
	kind, ok := actorKind(t.GetTypeName(), m)
	if !ok {
		return nil, unsupported(t.GetTypeName())
	}
	a := actorOf(m, t)
	a.Kind = kind
	if a.ID == "" {
		return nil, malformed("actor without id")
	}
	switch kind {
	case instance.KindTerritory:
		a.Territory = territoryOf(m)
	case instance.KindPerson:
		a.Profile = profileOf(m)
	}
	return a, nil
}

// actorKind tells what an actor is: a Group is a territory only if it says which kind.
func actorKind(typeName string, m fields) (instance.Kind, bool) {
	switch typeName {
	case "Application":
		return instance.KindNode, true
	case "Person":
		return instance.KindPerson, true
	case "Group":
		if m.slug("territory_kinds", "maillage:territoryKind") != "" {
			return instance.KindTerritory, true
		}
		return instance.KindOrganisation, true
	case "Organization", "Service":
		return instance.KindOrganisation, true
	}
	return "", false
}

func actorOf(m fields, t vocab.Type) *instance.Actor {
	a := &instance.Actor{
		ID: m.iri("id"), Type: t.GetTypeName(), Handle: handleOf(m), Name: m.natural("name"), Summary: m.natural("summary"),
		URL: pageOf(m["url"]), Website: websiteOf(m), Inbox: m.iri("inbox"), SharedInbox: m.object("endpoints").iri("sharedInbox"),
		Outbox: m.iri("outbox"), Followers: m.iri("followers"), Place: placeOf(m, t), Themes: themesOf(m),
		Created: published(t), Updated: updated(t),
		Directory: m.iri("maillage:directory"), Territories: m.iri("maillage:territories"),
	}
	a.KeyID, a.KeyPEM = keyOf(m)
	if a.Name == "" {
		a.Name = a.Handle
	}
	for _, key := range []string{"icon", "image"} {
		if a.Image == nil {
			a.Image = pictureOf(m.object(key), a.Name)
		}
	}
	return a
}

// handleOf is the name before the @, wherever the actor writes it (FEP-2c59).
func handleOf(m fields) string {
	if handle := m.line("preferredUsername"); handle != "" {
		return handle
	}
	handle, _, _ := strings.Cut(m.line("webfinger"), "@")
	return handle
}

// keyOf reads the key, or of a list of keys (Mastodon may send one) the first that is
// the actor's.
func keyOf(m fields) (id, pem string) {
	for _, key := range m.objects("publicKey", maxKeys) {
		if isOwn(key, m.iri("id")) {
			return key.iri("id"), key.text("publicKeyPem", maxText)
		}
	}
	return "", ""
}

var (
	sitePattern = regexp.MustCompile(`(?i)\b(site|web|website|url|homepage)\b`)
	hrefPattern = regexp.MustCompile(`href=["']([^"']+)["']`)
)

// websiteOf reads the actor's own site, else the line of its profile that looks
// like one: Mastodon and Gancio write a link there, as HTML.
func websiteOf(m fields) string {
	if site := m.iri("sameAs"); site != "" {
		return site
	}
	for _, line := range m.objects("attachment", maxAttachments) {
		if typeOf(line) != "PropertyValue" || !sitePattern.MatchString(line.line("name")) {
			continue
		}
		value := line.text("value", maxURL)
		if match := hrefPattern.FindStringSubmatch(value); match != nil {
			value = html.UnescapeString(match[1])
		}
		if site := checkedIRI(value); site != "" {
			return site
		}
	}
	return ""
}

func territoryOf(m fields) *instance.Territory {
	t := &instance.Territory{
		Kind: m.slug("territory_kinds", "maillage:territoryKind"), Parent: refOf(m.object("maillage:parent")),
		Departements: m.lines("maillage:departements"), Note: m.text("maillage:note", maxText),
	}
	for _, identifier := range m.lines("identifier") {
		if kind, value, ok := strings.Cut(identifier, ":"); ok {
			t.Codes = append(t.Codes, instance.Code{Type: kind, Value: value})
		}
	}
	return t
}
