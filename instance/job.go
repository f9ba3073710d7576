package instance

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Job is one piece of durable background work. It is enqueued in the transaction
// of what it follows from, holds IDs only, and runs at least once: every handler
// is idempotent.
type Job struct {
	ID      int64
	Kind    string
	Args    json.RawMessage
	Key     string    // what limits its concurrency, such as a host; "" for no limit
	Unique  string    // a waiting job of the same kind with the same Unique absorbs a new one; "" for none
	RunAt   time.Time // not before; zero = at once
	Attempt int       // 1 at the first run
	Created time.Time
}

// The kinds of jobs. cmd/maillage/jobs.go says which function runs each.
const (
	JobIndex    = "index"    // put a thing in the search index, or take it out
	JobAnnounce = "announce" // make the activities about an object and their deliveries
	JobDeliver  = "deliver"  // post one activity to one inbox
	JobReceive  = "receive"  // act on an activity from the inbox
	JobFollow   = "follow"   // send a Follow, or its Undo, of ours
	JobAnswer   = "answer"   // send the Accept or Reject of a Follow
	JobFetch    = "fetch"    // read an object that a peer announced
	JobBackfill = "backfill" // read a peer's past, one page at a time
)

// IndexArgs name a thing by its IRI.
type IndexArgs struct {
	ID string `json:"id"`
}

// AnnounceArgs name an object or actor of ours and what happened to it.
type AnnounceArgs struct {
	Verb Verb   `json:"verb"`
	ID   string `json:"id"`
	// Quiet keeps what is new from timelines: other nodes and outboxes have it, and
	// neither the followers of its owner nor those of its territories are told.
	Quiet bool `json:"quiet,omitempty"`
}

// DeliverArgs name an activity of ours and an inbox.
type DeliverArgs struct {
	Activity string `json:"activity"`
	Inbox    string `json:"inbox"`
}

// ReceiveArgs name a row of the inbox.
type ReceiveArgs struct {
	Seq int64 `json:"seq"`
}

// FollowArgs name a follow by its pair of actors.
type FollowArgs struct {
	Actor  string `json:"actor"`
	Object string `json:"object"`
	Undo   string `json:"undo,omitempty"` // JobFollow only: the ID of the follow that ended
}

// FetchArgs name a remote object and the actor who told us of it.
type FetchArgs struct {
	ID   string `json:"id"`
	From string `json:"from"`
	Gone bool   `json:"gone,omitempty"` // From said that it is deleted
}

// BackfillArgs name a page of a collection of a peer. Page counts from 0 and
// bounds the walk.
type BackfillArgs struct {
	Peer string `json:"peer"` // IRI of the actor we follow
	URL  string `json:"url"`
	Page int    `json:"page"`
}

// NewJob makes a job of a kind. args must marshal to JSON, as the Args types here do.
func NewJob(kind string, args any) Job {
	data, err := json.Marshal(args)
	if err != nil {
		panic(fmt.Sprintf("job %s: %v", kind, err))
	}
	return Job{Kind: kind, Args: data}
}

// IndexJob asks for the thing's entry in the index to be brought up to date.
func IndexJob(iri string) Job {
	job := NewJob(JobIndex, IndexArgs{ID: iri})
	job.Unique = iri
	return job
}

// FetchJob asks for an object to be read at its origin because from told of it.
func FetchJob(iri, from string) Job {
	job := NewJob(JobFetch, FetchArgs{ID: iri, From: from})
	job.Key, job.Unique = Origin(iri), "fetch "+iri
	return job
}

// GoneJob asks for an actor that from said is deleted to be looked for at its origin.
func GoneJob(iri, from string) Job {
	job := NewJob(JobFetch, FetchArgs{ID: iri, From: from, Gone: true})
	job.Key, job.Unique = Origin(iri), "gone "+iri
	return job
}

// BackfillJob asks for one page of a peer's collection to be read.
func BackfillJob(args BackfillArgs) Job {
	job := NewJob(JobBackfill, args)
	job.Key, job.Unique = Origin(args.URL), "backfill "+args.URL
	return job
}

// FollowJob asks for a Follow of ours, or its Undo, to be sent.
func FollowJob(args FollowArgs) Job {
	job := NewJob(JobFollow, args)
	job.Key = Origin(args.Object)
	return job
}

// Queue is the durable queue as its runner needs it; instance/store implements
// it and instance/jobs runs it.
type Queue interface {
	// Claim leases up to n due jobs of the kinds, oldest first, with at most perKey
	// leased at once for each non-empty Key (0 = no limit). A lease that runs out
	// makes the job due again (the worker died). Attempt is already counted.
	Claim(ctx context.Context, kinds []string, n, perKey int, lease time.Duration) ([]Job, error)
	// ClaimSeries is Claim for jobs that must run in the order in which they were
	// enqueued: of each Key it leases up to perKey jobs together, and none while one of
	// them is leased. One that waits to be tried again holds back the later ones until
	// it is five minutes old.
	ClaimSeries(ctx context.Context, kinds []string, n, perKey int, lease time.Duration) ([]Job, error)
	// Recover gives back what a worker that died had leased, where it can be known:
	// SQLite has one worker, and it is the caller, starting. On PostgreSQL, where
	// others may be at work, leases run out.
	Recover(ctx context.Context) error
	// Finish forgets jobs that are done.
	Finish(ctx context.Context, ids ...int64) error
	// Reschedule gives a job back, due at the time. counted says whether the
	// attempt counts (a retry) or not (a snooze). cause is kept for the host to read.
	// A job given back at its own RunAt keeps its place.
	Reschedule(ctx context.Context, id int64, at time.Time, counted bool, cause string) error
	// Fail parks a job for good, with its cause; it is kept to be looked at.
	Fail(ctx context.Context, id int64, cause string) error
	// Pending counts waiting and leased jobs by kind.
	Pending(ctx context.Context) (map[string]int, error)
	// Ready signals, at most once for many, that this process committed new jobs.
	Ready() <-chan struct{}
}

// CancelError tells the runner that a job must not be tried again.
type CancelError struct{ Err error }

func (e *CancelError) Error() string { return e.Err.Error() }
func (e *CancelError) Unwrap() error { return e.Err }

// Cancel wraps the reason why a job is given up; the runner parks it.
func Cancel(err error) error { return &CancelError{Err: err} }

// SnoozeError tells the runner to try a job later without counting the attempt.
type SnoozeError struct {
	For time.Duration
	Err error
}

func (e *SnoozeError) Error() string { return e.Err.Error() }
func (e *SnoozeError) Unwrap() error { return e.Err }

// Snooze wraps the reason why a job waits.
func Snooze(d time.Duration, err error) error { return &SnoozeError{For: d, Err: err} }
