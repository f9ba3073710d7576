package instance

import (
	"context"
	"time"
)

// Store keeps everything the node knows. instance/store implements it for SQLite
// and PostgreSQL. Missing things are ErrNotFound, never nil, nil.
type Store interface {
	Reader
	Queue
	// Write runs fn in one transaction: all of it is kept, jobs included, or nothing.
	// fn must not touch the network. fn may run again after a serialisation failure.
	Write(ctx context.Context, fn func(tx Tx) error) error
	// Accept keeps a verified activity and enqueues its JobReceive, durably, before
	// it returns. Calls from several goroutines share a commit.
	// ErrDuplicate: the same actor sent that ID before (Follow, Accept, Reject, Undo,
	// Join and Leave excepted: peers reuse their IDs). ErrReplay: this signature was
	// used. ErrInvalid: it has none.
	Accept(ctx context.Context, r Received) error
	// Purge forgets activities received, and jobs given up, before the time (what is
	// younger than seven days is kept, to recognise a copy of it), and what expired by
	// itself.
	Purge(ctx context.Context, before time.Time) error
	// Analyze brings up to date the statistics by which lists are planned: for the end
	// of a bulk load, and now and then.
	Analyze(ctx context.Context) error
	Close() error
}

// Reader is what can be asked without changing anything.
type Reader interface {
	Actor(ctx context.Context, id string) (*Actor, error)
	ActorByKey(ctx context.Context, key string) (*Actor, error)              // see Key
	ActorByHandle(ctx context.Context, handle string) (*Actor, error)        // ours
	ActorBySlug(ctx context.Context, kind Kind, slug string) (*Actor, error) // ours
	// Actors lists by name those who are not gone; the int counts all that match.
	Actors(ctx context.Context, f ActorFilter) ([]*Actor, int, error)
	// PrivateKey is the PEM (PKCS#8) of an actor of ours.
	PrivateKey(ctx context.Context, actorID string) (string, error)

	// Object returns tombstones too (Deleted set).
	Object(ctx context.Context, id string) (Object, error)
	ObjectByKey(ctx context.Context, key string) (Object, error)              // see Key
	ObjectBySlug(ctx context.Context, kind Kind, slug string) (Object, error) // ours
	// Objects lists what is alive; the int counts all that match.
	Objects(ctx context.Context, f ObjectFilter) ([]Object, int, error)
	// Indexable walks the IRIs of every object and territory alive, ours and remote,
	// in IRI order, after the given one.
	Indexable(ctx context.Context, after string, limit int) ([]string, error)

	Follow(ctx context.Context, actor, object string) (*Follow, error)
	Follows(ctx context.Context, f FollowFilter) ([]Follow, int, error)
	// FollowerInboxes lists where to post what the actors say: the delivery inboxes
	// of their accepted remote followers, each once, blocked hosts left out.
	FollowerInboxes(ctx context.Context, actors ...string) ([]string, error)

	Activity(ctx context.Context, id string) (*Activity, error)
	// Outbox lists an actor's public activities, newest first, published before the
	// cursor ("" = now), and returns the next cursor ("" = no more) and the total.
	Outbox(ctx context.Context, actor, cursor string, limit int) (page []Activity, next string, total int, err error)

	// Announces are the Announces of an object by our actors, as they stand.
	Announces(ctx context.Context, object string) ([]Activity, error)

	Received(ctx context.Context, seq int64) (*Received, error)
	Host(ctx context.Context, domain string) (*Host, error)
	Hosts(ctx context.Context) ([]Host, error)
	Stats(ctx context.Context) (Stats, error)

	AccountReader
	RevisionReader
	DraftReader
	ParticipationReader
	OrganiserReader
	ReplyReader
	ReactionReader
	BlockReader
	JobReader
	ProposalReader
	HidingReader
	ArchiveReader
	OnceReader
	IntakeLog
}

// Tx is a transaction. It reads its own writes.
type Tx interface {
	Reader
	// Lock serialises transactions that change the same thing (an IRI) until commit.
	Lock(ctx context.Context, key string) error
	// SaveActor inserts or replaces. ErrConflict: another actor of ours has the slug or handle.
	SaveActor(ctx context.Context, a *Actor) error
	SavePrivateKey(ctx context.Context, actorID, pem string) error
	// SaveObject inserts or replaces. raw is the object as another program wrote it: a
	// peer, or the node whose archive it was imported from; nil keeps what was kept. A
	// tombstone keeps none. ErrConflict: another object has the kind and slug.
	SaveObject(ctx context.Context, o Object, raw []byte) error
	SaveFollow(ctx context.Context, f Follow) error // by its pair
	DeleteFollow(ctx context.Context, actor, object string) error
	SaveActivity(ctx context.Context, a Activity) error
	// DeleteAnnounce forgets an actor's Announce of an object; none is no error.
	DeleteAnnounce(ctx context.Context, actor, object string) error
	// ForgetActivities erases what was said of an object that is withdrawn: its Create,
	// Updates and Announces, which hold what it said.
	ForgetActivities(ctx context.Context, object string) error
	SaveHost(ctx context.Context, h Host) error
	Enqueue(ctx context.Context, jobs ...Job) error

	AccountTx
	RevisionTx
	DraftTx
	ParticipationTx
	OrganiserTx
	ReplyTx
	ReactionTx
	BlockTx
	JobTx
	ProposalTx
	HidingTx
	OnceTx
	IntakeTx
}

// Scope says whose things a filter wants.
type Scope string

// The scopes. Any other value is a domain: what came from there.
const (
	ScopeAll     Scope = ""
	ScopeLocal   Scope = "local"
	ScopeNetwork Scope = "network" // all that is not ours
)

// ActorFilter selects actors. Zero values do not filter.
type ActorFilter struct {
	Kinds  []Kind
	Scope  Scope
	Named  string // begins a word of the name, whatever its capitals and accents
	Offset int
	Limit  int // 0 = 50
}

// ObjectSort is the order of a list of objects.
type ObjectSort string

// The orders. ByStart is for events: soonest first; vague ones by the start of
// their bounds, those without any last.
const (
	ByUpdated   ObjectSort = "" // newest first
	ByName      ObjectSort = "name"
	ByStart     ObjectSort = "start"
	ByStartDesc ObjectSort = "-start"
	ByID        ObjectSort = "id" // by IRI: stable for paging
)

// ObjectFilter selects objects that are alive. Zero values do not filter.
type ObjectFilter struct {
	Kinds       []Kind
	Scope       Scope
	Owner       string // IRI
	Territory   string // IRI or slug
	Theme       string
	PartOf      string    // IRI of the parent event
	Organisers  []string  // events of any of them: IRIs, and slugs of those who have none
	DerivedFrom string    // IRI of the recipe it was forked from
	Series      string    // events of one series
	From, To    time.Time // events whose Bounds meet [From, To)
	Undated     bool      // with From or To: also events without bounds
	Sort        ObjectSort
	Offset      int
	Limit       int // 0 = 50
}

// FollowFilter selects follows. Zero values do not filter.
type FollowFilter struct {
	Actor  string
	Object string
	State  FollowState
	Offset int
	Limit  int // 0 = 50
}

// Stats counts what a node holds, for its pages and NodeInfo.
type Stats struct {
	Local  map[Kind]int // alive, ours
	Remote map[Kind]int // alive, learnt from peers
	Peers  int          // other nodes whose node actor we follow
}
