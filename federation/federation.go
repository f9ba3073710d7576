package federation

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// Options configure federation. Node is required.
type Options struct {
	Node *instance.Node
	// AllowPrivate lets us talk to private addresses and over plain http: for the
	// demo and tests, where peers are on one machine. Never in production.
	AllowPrivate bool
	UserAgent    string       // "maillage/VERSION (+BASE URL)" when empty
	Log          *slog.Logger // slog.Default when nil
	Version      string       // of maillage, for NodeInfo; "0.0.0" when empty
	// InboxRate is how many activities a second one server may post on average. A
	// burst of 40 seconds' worth is taken at once: a large instance that comes back
	// delivers its backlog. 0 = 500, about half of what two cores act upon.
	InboxRate float64
}

// Federation is ActivityPub for one node. It is safe for concurrent use.
type Federation struct {
	node    *instance.Node
	store   instance.Store
	log     *slog.Logger
	version string
	client  *client

	reads    singleflight.Group    // documents being fetched, by URL
	missing  *cache[error]         // documents that could not be fetched lately
	keys     *cache[instance.Keys] // of our actors, parsed, by key id
	learned  *cache[struct{}]      // hosts whose NodeInfo was asked for lately
	digests  *cache[string]        // of the followers of ours, by actor and host
	walked   *cache[struct{}]      // pages of collections that were read lately
	incoming *limiter              // activities by host
	lookups  *limiter              // fetches of unknown signers, by host
	rekeys   *limiter              // fetches of known signers whose key does not fit, by actor
	first    *limiter              // signers read for the first time, by the network that names them
	stranger *cache[bool]          // whether nobody here follows an actor
	kept     *limiter              // bytes kept of those whom nobody follows, by domain
	abroad   *limiter              // documents that others than their servers point at, by server
	lookup   chan struct{}         // one place for each signer being fetched

	bodyWithin time.Duration // for what is posted to come in
	maxBacklog int           // of activities to act upon
	waiting    struct {      // how many there were when they were counted last
		sync.Mutex
		at    time.Time
		count int
	}
}

// New checks the options and builds the federation of a node.
func New(o Options) (*Federation, error) {
	if o.Node == nil {
		return nil, errors.New("federation: Node is required")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Version == "" {
		o.Version = "0.0.0"
	}
	if o.UserAgent == "" {
		o.UserAgent = fmt.Sprintf("maillage/%s (+%s)", o.Version, o.Node.URLs().Base())
	}
	if o.InboxRate == 0 {
		o.InboxRate = 500
	}
	f := &Federation{
		node: o.Node, store: o.Node.Store(), log: o.Log, version: o.Version,
		missing:  newCache[error](10_000),
		keys:     newCache[instance.Keys](1_000),
		learned:  newCache[struct{}](10_000),
		digests:  newCache[string](10_000),
		walked:   newCache[struct{}](10_000),
		incoming: newLimiter(o.InboxRate, 40*o.InboxRate),
		lookups:  newLimiter(20, 2_000), // of the signers of one server, whose documents we go and read
		rekeys:   newLimiter(1.0/300, 3),
		first:    newLimiter(firstEach, maxFirst),
		stranger: newCache[bool](10_000),
		kept:     newLimiter(keptEach, maxKept),
		abroad:   newLimiter(fetchedEach, maxFetchedThen),
		lookup:   make(chan struct{}, maxLookups),

		bodyWithin: bodyWithin, maxBacklog: maxBacklog,
	}
	f.client = newClient(o, o.Node.Now, func(ctx context.Context) (string, *rsa.PrivateKey, error) {
		return f.signingKey(ctx, f.node.Self().ID)
	})
	f.client.recall, f.client.remember = f.recallScheme, f.rememberScheme
	return f, nil
}

// Register mounts the inboxes, the documents and the collections. Documents share
// their paths with the pages, wherever these are mounted: see negotiate.
func (f *Federation) Register(e *echo.Echo) {
	e.Use(f.negotiate)

	get := func(path string, handler echo.HandlerFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, refuseNUL(handler))
	}
	inbox := func(path string, handler echo.HandlerFunc) {
		e.POST(path, refuseNUL(handler))
		e.Match([]string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete}, path, onlyPost)
	}
	inbox("/inbox", f.sharedInbox)
	for _, actor := range []string{"/actor", "/organisations/:slug", "/territoires/:slug", "/personnes/:slug"} {
		inbox(actor+"/inbox", f.actorInbox)
		get(actor+"/outbox", f.outbox)
		get(actor+"/followers", f.followers)
		get(actor+"/following", f.following)
		get(actor+"/featured", f.featured)
		get(actor+"/upcoming", f.upcoming)
		get(actor+"/followers_synchronization", f.followersThere)
	}
	for _, object := range []string{"/evenements/:slug", "/recettes/:slug", "/annuaire/:slug", "/annonces/:slug"} {
		get(object+"/replies", f.replies)
	}
	get("/activites/:id", f.activity)

	get("/.well-known/webfinger", f.webfinger)
	get("/.well-known/host-meta", f.hostMeta)
	get("/.well-known/nodeinfo", f.nodeInfoLinks)
	get("/nodeinfo/2.0", f.nodeInfo)
	get("/nodeinfo/2.1", f.nodeInfo)
	get("/ns/v1", f.context)
}

// refuseNUL answers not found to an address that holds a NUL: nothing here is named so,
// and a database takes it for an error of ours.
func refuseNUL(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if u := c.Request().URL; strings.ContainsRune(u.Path, 0) || strings.Contains(u.RawQuery, "%00") {
			return plain(c, http.StatusNotFound, "nothing here is named so")
		}
		return next(c)
	}
}

// onlyPost answers whoever looks into an inbox.
func onlyPost(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderAllow, http.MethodPost)
	return c.NoContent(http.StatusMethodNotAllowed)
}

func (f *Federation) env() as2.Env {
	return as2.Env{URLs: f.node.URLs(), Replies: true, Upcoming: true}
}

// blocked says whether we have nothing to do with the host of an IRI.
func (f *Federation) blocked(ctx context.Context, iri string) (bool, error) {
	host, err := f.node.Host(ctx, instance.Origin(iri))
	if errors.Is(err, instance.ErrNotFound) {
		return false, nil
	}
	return err == nil && host.Blocked, err
}
