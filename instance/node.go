package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Upstream is where the source code of maillage is.
const Upstream = "https://github.com/maillage/maillage"

// Options configure a node. BaseURL, Store and Index are required.
type Options struct {
	BaseURL     string // public address, "https://opl.tiriad.example"
	Name        string // of the node, for people; the domain when empty
	Description string // plain text
	Contact     string // how to reach the host: an address or URL, shown on the about page
	SourceCode  string // URL of the program's source, as it runs here; Upstream when empty
	Store       Store
	Index       Index
	// FollowBack makes the node follow any node that follows it. Off by default:
	// what a followed node says appears on our map.
	FollowBack bool
	Mailer     Mailer           // nil: this node sends no e-mail
	Media      MediaStore       // pictures that authors send; none are kept when nil
	Gazetteer  Gazetteer        // knows no commune when nil
	Geocoder   Geocoder         // nil: addresses leave this node for nobody
	Now        func() time.Time // UTC clock; time.Now when nil
	Log        *slog.Logger     // slog.Default when nil
}

// Node is one running instance: everything that can be asked of it (Reader), and
// every use case. It is safe for concurrent use.
type Node struct {
	Reader
	store      Store
	index      Index
	urls       URLs
	self       *Actor
	desc       string
	contact    string
	source     string
	followBack bool
	media      MediaStore
	mailer     Mailer
	gazetteer  Gazetteer
	geocoder   Geocoder
	now        func() time.Time
	log        *slog.Logger
}

// New opens the node, creating its own actor and key the first time. ErrAddress:
// the store is that of a node at another address.
func New(ctx context.Context, o Options) (*Node, error) {
	urls, err := NewURLs(o.BaseURL)
	if err != nil {
		return nil, err
	}
	n := &Node{
		Reader: o.Store, store: o.Store, index: o.Index, urls: urls,
		desc: o.Description, contact: o.Contact, source: cmp.Or(o.SourceCode, Upstream), followBack: o.FollowBack, media: o.Media, mailer: o.Mailer,
		gazetteer: o.Gazetteer, geocoder: o.Geocoder, now: o.Now, log: o.Log,
	}
	if n.gazetteer == nil {
		n.gazetteer = noGazetteer{}
	}
	if n.now == nil {
		n.now = time.Now
	}
	if n.log == nil {
		n.log = slog.Default()
	}
	name := o.Name
	if name == "" {
		name = urls.Domain()
	}
	if n.self, err = n.ensureSelf(ctx, name); err != nil {
		return nil, err
	}
	return n, nil
}

// ensureSelf loads the node's Application actor, or makes it, and keeps its name current.
func (n *Node) ensureSelf(ctx context.Context, name string) (*Actor, error) {
	id := n.urls.Of(KindNode, "")
	self, err := n.Actor(ctx, id)
	if errors.Is(err, ErrNotFound) {
		if err := n.sameAddress(ctx); err != nil {
			return nil, err
		}
		return n.createActor(ctx, &Actor{
			Kind: KindNode, Name: name, Handle: n.urls.Domain(),
			Directory: n.urls.IRI("/annuaire"), Territories: n.urls.IRI("/territoires"),
		})
	}
	if err != nil || self.Name == name {
		return self, err
	}
	self.Name, self.Updated = name, n.clock()
	return self, n.store.Write(ctx, func(tx Tx) error { return tx.SaveActor(ctx, self) })
}

// sameAddress refuses a database that was begun under another address: peers know
// everything in it by that one, and would lose it all.
func (n *Node) sameAddress(ctx context.Context) error {
	nodes, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindNode}, Scope: ScopeLocal, Limit: 1})
	if err != nil || len(nodes) == 0 {
		return err
	}
	was := strings.TrimSuffix(nodes[0].ID, "/actor")
	return fmt.Errorf("%w : ces données sont celles de %s ; remettez base_url = %q, ou donnez un autre dossier de données", ErrAddress, was, was)
}

// URLs mints and reads this node's IRIs.
func (n *Node) URLs() URLs { return n.urls }

// Domain is the node's host[:port].
func (n *Node) Domain() string { return n.urls.Domain() }

// Self is the node's own actor (Application).
func (n *Node) Self() *Actor { return n.self }

// Description is the node's presentation, plain text.
func (n *Node) Description() string { return n.desc }

// Contact is how to reach the host.
func (n *Node) Contact() string { return n.contact }

// SourceCode is where the program's source is: everyone who uses the node may have it (AGPL, section 13).
func (n *Node) SourceCode() string { return n.source }

// Index is the node's search engine.
func (n *Node) Index() Index { return n.index }

// Gazetteer is what the node knows of the communes of France; never nil.
func (n *Node) Gazetteer() Gazetteer { return n.gazetteer }

// Geocoder finds addresses; nil unless the host chose a service.
func (n *Node) Geocoder() Geocoder { return n.geocoder }

// IndexHealth says how the search engine is doing; one that leans on nothing is well.
func (n *Node) IndexHealth() IndexHealth {
	if engine, ok := n.index.(interface{ Health() IndexHealth }); ok {
		return engine.Health()
	}
	return IndexHealth{}
}

// Store is where federation keeps what is not a use case: activities, hosts, deliveries.
func (n *Node) Store() Store { return n.store }

// Now is the node's clock, UTC, to the second: what travels as a date has no fraction.
func (n *Node) Now() time.Time { return n.clock() }

func (n *Node) clock() time.Time { return n.now().UTC().Truncate(time.Second) }
