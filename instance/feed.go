package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// JobFeed reads a feed and takes in what it gives; it enqueues its next run.
const JobFeed = "feed"

// FeedArgs name a feed.
type FeedArgs struct {
	ID string `json:"id"`
}

// Feed is a source that is read again and again: an agenda of another software, a
// map, a page. What it gives is published in the name of its owner.
type Feed struct {
	ID         string        `json:"id"`
	URL        string        `json:"url"`
	Format     string        `json:"format,omitempty"` // "" = recognised each time
	Owner      string        `json:"owner"`            // IRI of an organisation of ours
	Interval   time.Duration `json:"interval"`         // nanoseconds; at least an hour
	Options    IntakeOptions `json:"options"`          // Source is the URL
	Created    time.Time     `json:"created"`
	LastRun    time.Time     `json:"last_run,omitzero"`
	LastOK     time.Time     `json:"last_ok,omitzero"` // read, or not changed
	NextRun    time.Time     `json:"next_run,omitzero"`
	ETag       string        `json:"etag,omitempty"`     // of what was last taken in whole
	Failures   int           `json:"failures,omitempty"` // in a row
	LastError  string        `json:"last_error,omitempty"`
	LastReport *IntakeReport `json:"last_report,omitempty"` // without the rows that did not change
}

// FeedStore keeps feeds; instance/store implements it.
type FeedStore interface {
	// Feed is ErrNotFound when there is none of that ID.
	Feed(ctx context.Context, id string) (*Feed, error)
	// Feeds lists those of an owner, of everyone when it is empty, by creation.
	Feeds(ctx context.Context, owner string) ([]Feed, error)
	// SaveFeed inserts or replaces, and enqueues the jobs, in one transaction.
	SaveFeed(ctx context.Context, f Feed, jobs ...Job) error
	// DeleteFeed forgets a feed; none is no error.
	DeleteFeed(ctx context.Context, id string) error
}

// Fetch reads an address for a feed: over a client that cannot reach private
// addresses and bounds what it reads. etag is that of the last reading, "" for none;
// ErrUnchanged says that it still holds.
type Fetch func(ctx context.Context, url, etag string) (body []byte, newETag string, err error)

// ErrUnchanged says that a document is as it was when last read (304).
var ErrUnchanged = errors.New("inchangé")

// ReadHarvest reads bytes of a format ("" = to be recognised) found at an address;
// instance/source does it.
type ReadHarvest func(format string, data []byte, address string) (*Harvest, error)

// Feeder keeps the feeds of a node up to date.
type Feeder struct {
	node  *Node
	store FeedStore
	fetch Fetch
	read  ReadHarvest
}

// NewFeeder makes the feeder of a node. Its Run handles JobFeed.
func NewFeeder(n *Node, store FeedStore, fetch Fetch, read ReadHarvest) *Feeder {
	return &Feeder{node: n, store: store, fetch: fetch, read: read}
}

// Bounds of the interval between two readings, and how long a feed that fails waits
// at most.
const (
	minInterval = time.Hour
	maxInterval = 30 * 24 * time.Hour
	maxPause    = 7 * 24 * time.Hour
)

// Add begins to follow a source in the name of an organisation of ours: it is read
// at once, then at its interval (a day when zero). ErrInvalid, ErrForbidden;
// ErrConflict: that organisation follows that address already.
func (f *Feeder) Add(ctx context.Context, by string, feed Feed) (*Feed, error) {
	if _, err := f.node.localActor(ctx, by); err != nil {
		return nil, err
	}
	if feed.Interval == 0 {
		feed.Interval = 24 * time.Hour
	}
	var c checks
	u, err := url.Parse(feed.URL)
	c.require(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil, "url", "écrivez l’adresse entière de l’agenda ou de la carte, avec https://")
	c.require(feed.Interval >= minInterval && feed.Interval <= maxInterval, "interval", "entre une heure et trente jours")
	if err := c.err(); err != nil {
		return nil, err
	}
	feed.Options.Source, feed.Options.DryRun = feed.URL, false
	if feed.Options.Licence == "" {
		feed.Options.Licence = unknownLicence
	}
	if err := feed.Options.validate(); err != nil {
		return nil, err
	}
	known, err := f.store.Feeds(ctx, by)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(known, func(k Feed) bool { return k.URL == feed.URL }) {
		return nil, fmt.Errorf("%s: %w", feed.URL, ErrConflict)
	}
	feed = Feed{
		ID: newID(), URL: feed.URL, Format: feed.Format, Owner: by, Interval: feed.Interval, Options: feed.Options,
		Created: f.node.clock(), NextRun: f.node.clock(),
	}
	return &feed, f.store.SaveFeed(ctx, feed, feed.job(time.Time{}))
}

// Remove stops following a source. What it gave stays. ErrNotFound, ErrForbidden.
func (f *Feeder) Remove(ctx context.Context, by, id string) error {
	feed, err := f.store.Feed(ctx, id)
	if err != nil {
		return err
	}
	if feed.Owner != by {
		return fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	return f.store.DeleteFeed(ctx, id)
}

// List is what an organisation follows; everyone's feeds when by is empty.
func (f *Feeder) List(ctx context.Context, by string) ([]Feed, error) { return f.store.Feeds(ctx, by) }

// Refresh reads a feed now, whatever its interval. ErrNotFound, ErrForbidden.
func (f *Feeder) Refresh(ctx context.Context, by, id string) error {
	feed, err := f.store.Feed(ctx, id)
	if err != nil {
		return err
	}
	if feed.Owner != by {
		return fmt.Errorf("%s: %w", id, ErrForbidden)
	}
	feed.ETag, feed.NextRun = "", f.node.clock()
	now := feed.job(time.Time{})
	now.Unique += " now" // beside the one that waits for its time
	return f.store.SaveFeed(ctx, *feed, now)
}

func (feed Feed) job(at time.Time) Job {
	job := NewJob(JobFeed, FeedArgs{ID: feed.ID})
	job.Key, job.Unique, job.RunAt = Origin(feed.URL), "feed "+feed.ID, at
	return job
}

// Run handles JobFeed. A source that cannot be read is not given up: it is tried
// again, less and less often, and its error is kept for its owner to see.
func (f *Feeder) Run(ctx context.Context, job Job) error {
	var args FeedArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return Cancel(fmt.Errorf("job %d: %w", job.ID, err))
	}
	feed, err := f.store.Feed(ctx, args.ID)
	if errors.Is(err, ErrNotFound) {
		return nil // removed since
	}
	if err != nil {
		return err
	}
	report, etag, err := f.take(ctx, feed)
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping: the job comes back
	}
	if _, gone := f.store.Feed(ctx, feed.ID); errors.Is(gone, ErrNotFound) {
		return nil // removed while it was read
	}
	now := f.node.clock()
	feed.LastRun = now
	switch {
	case errors.Is(err, ErrUnchanged):
		feed.LastOK, feed.Failures, feed.LastError = now, 0, ""
	case err != nil:
		feed.Failures++
		feed.LastError = Truncate(err.Error(), 500)
	default:
		feed.LastOK, feed.Failures, feed.LastError, feed.ETag = now, 0, "", etag
		feed.LastReport = report.brief()
	}
	feed.NextRun = now.Add(feed.pause())
	return f.store.SaveFeed(ctx, *feed, feed.job(feed.NextRun))
}

// take reads the source and takes in what it gives.
func (f *Feeder) take(ctx context.Context, feed *Feed) (report IntakeReport, etag string, err error) {
	body, etag, err := f.fetch(ctx, feed.URL, feed.ETag)
	if err != nil {
		return report, "", err
	}
	harvest, err := f.read(feed.Format, body, feed.URL)
	if err != nil {
		return report, "", err
	}
	o := feed.Options
	o.Via = ViaFeed
	report, err = f.node.Intake(ctx, feed.Owner, harvest, o, nil)
	return report, etag, err
}

// pause is how long until the next run: the interval, longer each time it fails.
func (feed Feed) pause() time.Duration {
	pause := feed.Interval
	for range min(feed.Failures, 10) {
		pause = min(2*pause, max(maxPause, feed.Interval))
	}
	return pause
}

// brief is a report to keep: without the rows that did not change, and no more of the
// others than a person reads.
func (r IntakeReport) brief() *IntakeReport {
	const most = 200
	rows := slices.DeleteFunc(slices.Clone(r.Rows), func(o IntakeOutcome) bool {
		return o.Verdict == IntakeUnchanged && len(o.Kept) == 0
	})
	r.Rows = rows[:min(len(rows), most)]
	r.Missing = r.Missing[:min(len(r.Missing), most)]
	return &r
}
