package instance

import (
	"context"
	"time"
)

// JobState is a job as it stands, for the host to look at.
type JobState struct {
	Job
	Leased bool      // at work now
	Cause  string    // why it waits, or was given up; a stranger's server may have written it
	Failed time.Time // when it was given up; zero while it waits
}

// JobFilter selects jobs. Zero values do not filter.
type JobFilter struct {
	Kinds  []string
	Key    string
	Before int64  // ID: those enqueued before it
	Holds  string // in its arguments: an IRI
	Limit  int    // 0 = 50
}

// JobReader looks at the queue without taking from it.
type JobReader interface {
	// Jobs lists those that wait or are at work, in the order of the queue.
	Jobs(ctx context.Context, f JobFilter) ([]JobState, error)
	// FailedJobs lists those given up, the latest first.
	FailedJobs(ctx context.Context, f JobFilter) ([]JobState, error)
	// FollowersOn lists the accepted followers of an actor of ours on one server, at most
	// so many, in the order of their IRIs.
	FollowersOn(ctx context.Context, actor, domain string, limit int) ([]string, error)
	// ActivitiesAbout lists what ours said of an object or an actor, oldest first.
	ActivitiesAbout(ctx context.Context, object string) ([]Activity, error)
}

// JobTx changes when jobs run.
type JobTx interface {
	// Hurry makes the waiting jobs of a kind and a key due now.
	Hurry(ctx context.Context, kind, key string) error
}
