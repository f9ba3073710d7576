package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// Options configure a Runner. All have defaults.
type Options struct {
	Log   *slog.Logger  // slog.Default when nil
	Poll  time.Duration // how often to look for jobs nobody announced: retries, other processes'; 500 ms
	Lease time.Duration // how long a dead worker keeps a job; at least the Timeout of its kind plus 30 s
	Grace time.Duration // how long Run waits for jobs in flight when it is told to stop; 10 s
}

// Limits bound the work on one kind of job. Zero values mean the defaults.
type Limits struct {
	Workers int // at once, in this process; 4
	PerKey  int // at once for each non-empty Key, in all processes; no limit
	// Series has the jobs of each non-empty Key run one after another, in the order in
	// which they were enqueued; up to this many are claimed, and forgotten, together: if
	// the process dies, those it did last run again. One that is to be
	// tried again holds back those behind it until it is five minutes old, so that
	// trouble that passes leaves the order as it was, and a job that always fails does
	// not silence its Key: past that age later ones overtake it, which handlers
	// must bear.
	Series      int
	Timeout     time.Duration // of the handler's context; 1 min
	MaxAttempts int           // then the job is parked; 12
	// Backoff is the pause after the given attempt, from 1; Backoff of this package
	// when nil. The runner varies it by a fifth, so that retries spread.
	Backoff func(attempt int) time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Workers <= 0 {
		l.Workers = 4
	}
	if l.Timeout <= 0 {
		l.Timeout = time.Minute
	}
	if l.MaxAttempts <= 0 {
		l.MaxAttempts = 12
	}
	if l.Backoff == nil {
		l.Backoff = Backoff
	}
	return l
}

// Backoff is the default pause: 30 s, three times as long after each attempt, up
// to a day. Twelve attempts span about five days.
func Backoff(attempt int) time.Duration {
	const longest = 24 * time.Hour
	pause := 30 * time.Second
	for ; attempt > 1 && pause < longest; attempt-- {
		pause *= 3
	}
	return min(pause, longest)
}

// Runner runs the jobs of the kinds it has handlers for.
type Runner struct {
	queue    instance.Queue
	options  Options
	finisher *finisher
	running  *registry
	lanes    []*lane
}

// New makes a runner without handlers.
func New(queue instance.Queue, o Options) *Runner {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Poll <= 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	return &Runner{queue: queue, options: o, finisher: newFinisher(queue), running: newRegistry()}
}

// Handle has fn run the jobs of a kind, one at a time for each worker. Handlers
// are added before Run; a second one for a kind is a programming error: it panics.
func (r *Runner) Handle(kind string, limits Limits, fn func(context.Context, instance.Job) error) {
	r.HandleBatch(kind, limits, 1, func(ctx context.Context, jobs []instance.Job) error { return fn(ctx, jobs[0]) })
}

// HandleBatch has fn run up to size jobs of a kind at once. When it fails, with
// whatever error, each is tried again alone, so that a bad one is found out and
// Cancel or Snooze is heard for that one only: at once after Cancel, else after a pause.
func (r *Runner) HandleBatch(kind string, limits Limits, size int, fn func(context.Context, []instance.Job) error) {
	for _, other := range r.lanes {
		if other.kind == kind {
			panic(fmt.Sprintf("jobs: two handlers for %q", kind))
		}
	}
	r.lanes = append(r.lanes, newLane(r, kind, limits.withDefaults(), max(size, 1), fn))
}

// errStopping is the cause of the end of a handler's context when Run stops.
var errStopping = errors.New("maillage is stopping")

// Run runs jobs until ctx ends. It then claims no more, lets what is in flight
// finish for the grace period, interrupts what is left and gives it back.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.queue.Recover(ctx); err != nil {
		return err
	}
	work, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)
	var lanes sync.WaitGroup
	for _, l := range r.lanes {
		lanes.Go(func() { l.serve(ctx, work, r.options.Poll) })
	}
	r.announce(ctx) // until ctx ends

	idle := make(chan struct{})
	go func() {
		lanes.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-time.After(r.options.Grace):
	}
	interrupt(errStopping)
	select {
	case <-idle:
		return nil
	case <-time.After(r.options.Grace):
		return errors.New("some jobs did not stop when asked; they run again when their lease is over")
	}
}

// announce wakes all lanes when this process committed new jobs.
func (r *Runner) announce(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.queue.Ready():
			for _, l := range r.lanes {
				l.nudge()
			}
		}
	}
}

// Drain runs everything that is due and all that this enqueues, and returns when
// nothing is due: for imports and tests. Not while Run runs.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		var (
			lanes  sync.WaitGroup
			mu     sync.Mutex
			errs   []error
			worked bool
		)
		for _, l := range r.lanes {
			lanes.Go(func() {
				n, err := l.drain(ctx)
				mu.Lock()
				defer mu.Unlock()
				worked = worked || n > 0
				errs = append(errs, err)
			})
		}
		lanes.Wait()
		if err := errors.Join(errs...); err != nil || !worked {
			return err
		}
	}
}
