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

// forgetWithin is how long what is done of a series may wait to be forgotten with the
// rest, beside the job under way: that much runs again if the process dies.
const forgetWithin = 200 * time.Millisecond

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

// split makes batches of jobs that run for the first time; others run alone. A job
// that outlived its lease in this process is left to the worker that has it.
func (l *lane) split(jobs []instance.Job) [][]instance.Job {
	if l.limits.Series > 0 {
		return l.splitSeries(jobs)
	}
	var batches [][]instance.Job
	var open []instance.Job
	for _, job := range jobs {
		switch {
		case !l.admit(job):
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

// splitSeries makes a batch of all that was claimed of a key. What is behind a job
// that is still running is given back: it waits for that job's new lease.
func (l *lane) splitSeries(jobs []instance.Job) [][]instance.Job {
	var batches [][]instance.Job
	begun := map[string]int{}    // key -> its batch
	running := map[string]bool{} // key -> has a job that outlived its lease
	for _, job := range jobs {
		i, ok := begun[job.Key]
		switch {
		case running[job.Key]:
			l.giveBack([]instance.Job{job})
		case !l.admit(job):
			running[job.Key] = job.Key != ""
		case ok && job.Key != "":
			batches[i] = append(batches[i], job)
		default:
			begun[job.Key] = len(batches)
			batches = append(batches, []instance.Job{job})
		}
	}
	return batches
}

// admit is false for a job that a worker of this process has, past its lease.
func (l *lane) admit(job instance.Job) bool {
	if l.running.add(job.ID) {
		return true
	}
	l.log.Warn("a job is still running after its lease", "id", job.ID, "key", job.Key)
	return false
}

// work runs a batch, or in series its jobs one after another, and settles them.
func (l *lane) work(ctx, work context.Context, batch []instance.Job, until time.Time) {
	defer l.running.remove(batch)
	if l.limits.Series > 0 {
		l.workSeries(ctx, work, batch, until)
	} else if l.run(ctx, work, batch, until) {
		l.finish(batch)
	}
}

// workSeries runs jobs one after another, and forgets together those that are over.
// What comes after a job that is to run again is given back, to wait for it.
func (l *lane) workSeries(ctx, work context.Context, series []instance.Job, until time.Time) {
	first, since := 0, time.Now() // of those that are over and not forgotten
	for i := range series {
		if !l.run(ctx, work, series[i:i+1], until) {
			l.finish(series[first:i])
			l.giveBack(series[i+1:])
			return
		}
		if time.Since(since) > forgetWithin {
			l.finish(series[first : i+1])
			first, since = i+1, time.Now()
		}
	}
	l.finish(series[first:])
}

// run has the handler do a batch. It is true when all of it is over: done, and still
// to be forgotten, or given up.
func (l *lane) run(ctx, work context.Context, batch []instance.Job, until time.Time) (over bool) {
	if ctx.Err() != nil || time.Until(until) < l.limits.Timeout {
		l.giveBack(batch)
		return false
	}
	err := l.call(work, batch)
	switch {
	case err == nil:
		return true
	case work.Err() != nil:
		l.giveBack(batch)
		return false
	case len(batch) > 1:
		l.disband(batch, err)
		return false
	}
	return l.postpone(batch[0], err)
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

// disband has each job of a batch that failed tried again alone. None is given up:
// which of them the error is about is not known. It is about one of them when it is
// Cancel, and the others need not wait; else it may well be about all.
func (l *lane) disband(batch []instance.Job, cause error) {
	var (
		cancel *instance.CancelError
		snooze *instance.SnoozeError
		pause  time.Duration
	)
	switch {
	case errors.As(cause, &cancel):
	case errors.As(cause, &snooze):
		pause = snooze.For
	default:
		pause = jitter(l.limits.Backoff(1))
	}
	l.log.Info("a batch failed, each of its jobs to be tried alone", "size", len(batch), "in", pause, "error", cause)
	for _, job := range batch {
		l.reschedule(job, time.Now().Add(pause), true, cause.Error())
	}
}

// postpone does what the error of a job asks for. It is true when it is given up.
func (l *lane) postpone(job instance.Job, cause error) (over bool) {
	var (
		cancel *instance.CancelError
		snooze *instance.SnoozeError
	)
	log := l.log.With("id", job.ID, "key", job.Key, "attempt", job.Attempt, "error", cause)
	switch {
	case errors.As(cause, &cancel), !errors.As(cause, &snooze) && job.Attempt >= l.limits.MaxAttempts:
		log.Warn("job given up")
		l.settle(func(ctx context.Context) error { return l.queue.Fail(ctx, job.ID, cause.Error()) })
		return true
	case snooze != nil:
		log.Debug("job snoozed", "for", snooze.For)
		l.reschedule(job, time.Now().Add(snooze.For), false, cause.Error())
	default:
		pause := jitter(l.limits.Backoff(job.Attempt))
		log.Info("job failed, to be tried again", "in", pause)
		l.reschedule(job, time.Now().Add(pause), true, cause.Error())
	}
	return false
}

// giveBack makes jobs that did not run, or were interrupted, due as they were: none
// goes behind those that came after it.
func (l *lane) giveBack(batch []instance.Job) {
	for _, job := range batch {
		l.reschedule(job, job.RunAt, false, "")
	}
}

func (l *lane) reschedule(job instance.Job, at time.Time, counted bool, cause string) {
	l.settle(func(ctx context.Context) error {
		return l.queue.Reschedule(ctx, job.ID, at, counted, cause)
	})
}

// finish forgets jobs that are over; those given up among them are gone already.
func (l *lane) finish(batch []instance.Job) {
	if len(batch) == 0 {
		return
	}
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
