package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maillage/maillage/instance"
)

// leaseMargin is what a lease lasts beyond the handler's timeout at least: time to
// be handed to a worker, and to be settled.
const leaseMargin = 30 * time.Second

// pace is the least time between two claims of a lane. Every commit that enqueues
// wakes every lane: without it, under load, most of the work would be looking.
const pace = 10 * time.Millisecond

// lane runs the jobs of one kind, within its limits.
type lane struct {
	kind     string
	limits   Limits
	size     int // of a batch
	lease    time.Duration
	handle   func(context.Context, []instance.Job) error
	queue    instance.Queue
	finisher *finisher
	running  *registry
	log      *slog.Logger

	wake    chan struct{} // of capacity 1
	slots   chan struct{} // one for each worker
	busy    atomic.Int64  // batches at work or waiting for a slot
	batches sync.WaitGroup
}

func newLane(r *Runner, kind string, limits Limits, size int, handle func(context.Context, []instance.Job) error) *lane {
	return &lane{
		kind: kind, limits: limits, size: size, handle: handle,
		lease: max(r.options.Lease, limits.Timeout+leaseMargin),
		queue: r.queue, finisher: r.finisher, running: r.running, log: r.options.Log.With("job", kind),
		wake: make(chan struct{}, 1), slots: make(chan struct{}, limits.Workers),
	}
}

// nudge makes the lane look for jobs, if it is not about to.
func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// serve runs jobs until ctx ends and those in flight have: work is their context.
func (l *lane) serve(ctx, work context.Context, poll time.Duration) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	defer l.batches.Wait()
	for {
		if _, err := l.dispatch(ctx, work); err != nil && ctx.Err() == nil {
			l.log.Error("cannot claim jobs", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-ticker.C:
		}
	}
}

// drain runs what is due until nothing is, and counts it.
func (l *lane) drain(ctx context.Context) (total int, err error) {
	defer l.batches.Wait()
	for {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		n, err := l.dispatch(ctx, ctx)
		if err != nil || n == 0 {
			return total, err
		}
		total += n
		l.batches.Wait()
	}
}

// dispatch claims as many jobs as there are free workers, starts them, and
// returns how many. They are given back if ctx ends before a worker takes them.
func (l *lane) dispatch(ctx, work context.Context) (int, error) {
	free := l.limits.Workers - int(l.busy.Load())
	if free <= 0 {
		return 0, nil
	}
	until := time.Now().Add(l.lease)
	jobs, err := l.claim(ctx, free)
	if err != nil {
		return 0, err
	}
	for _, batch := range l.split(jobs) {
		l.busy.Add(1)
		l.batches.Go(func() {
			defer l.nudge()
			defer l.busy.Add(-1)
			l.slots <- struct{}{}
			defer func() { <-l.slots }()
			l.work(ctx, work, batch, until)
		})
	}
	return len(jobs), nil
}

func (l *lane) claim(ctx context.Context, free int) ([]instance.Job, error) {
	if series := l.limits.Series; series > 0 {
		return l.queue.ClaimSeries(ctx, []string{l.kind}, free*series, series, l.lease)
	}
	return l.queue.Claim(ctx, []string{l.kind}, free*l.size, l.limits.PerKey, l.lease)
}

// split makes batches of jobs that run for the first time; others run alone. In
// series, a batch is all that was claimed of a key. A job that outlived its lease
// in this process is left to the worker that has it.
func (l *lane) split(jobs []instance.Job) [][]instance.Job {
	var batches [][]instance.Job
	var open []instance.Job
	series := map[string]int{} // key -> its batch
	for _, job := range jobs {
		i, begun := series[job.Key]
		switch {
		case !l.running.add(job.ID):
			l.log.Warn("a job is still running after its lease", "id", job.ID, "key", job.Key)
		case l.limits.Series > 0 && begun && job.Key != "":
			batches[i] = append(batches[i], job)
		case l.limits.Series > 0:
			series[job.Key] = len(batches)
			batches = append(batches, []instance.Job{job})
		case l.size == 1 || job.Attempt > 1:
			batches = append(batches, []instance.Job{job})
		default:
			if open = append(open, job); len(open) == l.size {
				batches, open = append(batches, open), nil
			}
		}
	}
	if len(open) > 0 {
		batches = append(batches, open)
	}
	return batches
}

// work runs a batch, or in series its jobs one after another, and settles them.
func (l *lane) work(ctx, work context.Context, batch []instance.Job, until time.Time) {
	defer l.running.remove(batch)
	if l.limits.Series == 0 {
		l.run(ctx, work, batch, until)
		return
	}
	for i := range batch {
		l.run(ctx, work, batch[i:i+1], until)
	}
}

func (l *lane) run(ctx, work context.Context, batch []instance.Job, until time.Time) {
	if ctx.Err() != nil || time.Until(until) < l.limits.Timeout {
		l.giveBack(batch)
		return
	}
	err := l.call(work, batch)
	switch {
	case err == nil:
		l.finish(batch)
	case work.Err() != nil:
		l.giveBack(batch)
	default:
		for _, job := range batch {
			l.postpone(job, err)
		}
	}
}

// call runs the handler; a panic is an error, with its stack in the log.
func (l *lane) call(work context.Context, batch []instance.Job) (err error) {
	ctx, cancel := context.WithTimeout(work, l.limits.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			l.log.Error("a job panicked", "id", batch[0].ID, "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return l.handle(ctx, batch)
}

// postpone does what the error of a job asks for.
func (l *lane) postpone(job instance.Job, cause error) {
	var (
		cancel *instance.CancelError
		snooze *instance.SnoozeError
	)
	log := l.log.With("id", job.ID, "key", job.Key, "attempt", job.Attempt, "error", cause)
	switch {
	case errors.As(cause, &cancel), !errors.As(cause, &snooze) && job.Attempt >= l.limits.MaxAttempts:
		log.Warn("job given up")
		l.settle(func(ctx context.Context) error { return l.queue.Fail(ctx, job.ID, cause.Error()) })
	case snooze != nil:
		log.Debug("job snoozed", "for", snooze.For)
		l.reschedule(job, snooze.For, false, cause.Error())
	default:
		pause := jitter(l.limits.Backoff(job.Attempt))
		log.Info("job failed, to be tried again", "in", pause)
		l.reschedule(job, pause, true, cause.Error())
	}
}

// giveBack makes jobs that did not run, or were interrupted, due at once.
func (l *lane) giveBack(batch []instance.Job) {
	for _, job := range batch {
		l.reschedule(job, 0, false, "")
	}
}

func (l *lane) reschedule(job instance.Job, pause time.Duration, counted bool, cause string) {
	l.settle(func(ctx context.Context) error {
		return l.queue.Reschedule(ctx, job.ID, time.Now().Add(pause), counted, cause)
	})
}

func (l *lane) finish(batch []instance.Job) {
	ids := make([]int64, len(batch))
	for i, job := range batch {
		ids[i] = job.ID
	}
	l.settle(func(ctx context.Context) error { return l.finisher.finish(ctx, ids) })
}

// settle tells the queue what became of a job, a few times if need be, and even
// when everything is stopping.
func (l *lane) settle(tell func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), leaseMargin)
	defer cancel()
	var err error
	for try := range 3 {
		if err = tell(ctx); err == nil {
			return
		}
		time.Sleep(time.Duration(try+1) * 50 * time.Millisecond)
	}
	l.log.Error("cannot settle a job; it runs again when its lease is over", "error", err)
}

// jitter varies a pause by a fifth either way.
func jitter(pause time.Duration) time.Duration {
	return time.Duration(float64(pause) * (0.8 + 0.4*rand.Float64()))
}
