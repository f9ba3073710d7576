package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/jobs"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

func newRunner(s *store.Store) *jobs.Runner {
	return jobs.New(s, jobs.Options{Log: quiet, Poll: 20 * time.Millisecond, Grace: time.Second})
}

// now retries at once.
func now(int) time.Duration { return 0 }

func enqueue(t *testing.T, s *store.Store, list ...instance.Job) {
	t.Helper()
	if err := s.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), list...) }); err != nil {
		t.Fatal(err)
	}
}

// work is n jobs of kind "work" with a key.
func work(n int, key string) []instance.Job {
	list := make([]instance.Job, n)
	for i := range list {
		list[i] = instance.NewJob("work", i)
		list[i].Key = key
	}
	return list
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// start runs r in the background; stop ends it and waits.
func start(t *testing.T, r *jobs.Runner) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// eventually waits for something that happens in the background.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func pending(t *testing.T, s *store.Store) int {
	t.Helper()
	counts, err := s.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

func TestRunRunsEachJobOnceAndForgetsIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var mu sync.Mutex
		seen := map[int64]int{}
		r := newRunner(s)
		r.Handle("work", jobs.Limits{Workers: 8}, func(_ context.Context, j instance.Job) error {
			mu.Lock()
			defer mu.Unlock()
			seen[j.ID]++
			return nil
		})
		stop := start(t, r)
		for range 10 {
			enqueue(t, s, work(20, "")...)
		}
		eventually(t, "all done", func() bool { return pending(t, s) == 0 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if len(seen) != 200 {
			t.Errorf("%d jobs ran", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %d ran %d times", id, n)
			}
		}
	})
}

// With a poll of an hour, only signals wake the lane.
func TestRunWakesWithoutPolling(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var ran atomic.Int64
	r := jobs.New(s, jobs.Options{Log: quiet, Poll: time.Hour})
	r.Handle("work", jobs.Limits{Workers: 1, PerKey: 1}, func(ctx context.Context, j instance.Job) error {
		if ran.Add(1) == 1 {
			return s.Write(ctx, func(tx instance.Tx) error { return tx.Enqueue(ctx, work(3, "a.example")...) })
		}
		return nil
	})
	stop := start(t, r)
	time.Sleep(20 * time.Millisecond) // it looked once and sleeps
	enqueue(t, s, work(2, "a.example")...)
	eventually(t, "all done", func() bool { return ran.Load() == 5 && pending(t, s) == 0 })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDrainRunsWhatJobsEnqueueAndLeavesWhatIsNotDue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var first, second, alone atomic.Int64
		r := newRunner(s)
		r.Handle("work", jobs.Limits{PerKey: 2}, func(ctx context.Context, j instance.Job) error {
			first.Add(1)
			return s.Write(ctx, func(tx instance.Tx) error { return tx.Enqueue(ctx, instance.NewJob("more", 1)) })
		})
		r.HandleBatch("more", jobs.Limits{}, 5, func(_ context.Context, batch []instance.Job) error {
			if len(batch) > 5 {
				t.Errorf("a batch of %d", len(batch))
			}
			second.Add(int64(len(batch)))
			return nil
		})
		r.Handle("idle", jobs.Limits{}, func(context.Context, instance.Job) error { alone.Add(1); return nil })
		later := instance.NewJob("work", 0)
		later.RunAt = time.Now().Add(time.Hour)
		enqueue(t, s, append(work(13, "a.example"), later, instance.NewJob("nobody's", 1))...)
		drain(t, r)
		if first.Load() != 13 || second.Load() != 13 || alone.Load() != 0 {
			t.Errorf("ran %d, %d, %d", first.Load(), second.Load(), alone.Load())
		}
		if left := pending(t, s); left != 2 {
			t.Errorf("%d left", left)
		}
	})
}

func TestErrorsSteer(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, test := range map[string]struct {
		errs     []error // of the first runs; then nil
		attempts []int   // what each run saw
		pending  int
	}{
		"done":               {nil, []int{1}, 0},
		"retry":              {[]error{boom, boom}, []int{1, 2, 3}, 0},
		"parked":             {[]error{boom, boom, boom, boom}, []int{1, 2, 3}, 0},
		"cancel":             {[]error{instance.Cancel(boom)}, []int{1}, 0},
		"wrapped cancel":     {[]error{fmt.Errorf("deliver: %w", instance.Cancel(boom))}, []int{1}, 0},
		"snooze":             {[]error{instance.Snooze(0, boom), instance.Snooze(0, boom), instance.Snooze(0, boom), instance.Snooze(0, boom), boom}, []int{1, 1, 1, 1, 1, 2}, 0},
		"snooze for an hour": {[]error{fmt.Errorf("host: %w", instance.Snooze(time.Hour, boom))}, []int{1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t)
			var attempts []int
			r := newRunner(s)
			r.Handle("work", jobs.Limits{Workers: 1, MaxAttempts: 3, Backoff: now}, func(_ context.Context, j instance.Job) error {
				attempts = append(attempts, j.Attempt)
				if n := len(attempts); n <= len(test.errs) {
					return test.errs[n-1]
				}
				return nil
			})
			enqueue(t, s, work(1, "")...)
			drain(t, r)
			if !slices.Equal(attempts, test.attempts) || pending(t, s) != test.pending {
				t.Errorf("attempts %v, want %v; %d pending", attempts, test.attempts, pending(t, s))
			}
		})
	}
}

func TestAPanicIsAnErrorWithItsStack(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var log strings.Builder
	r := jobs.New(s, jobs.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	runs := 0
	r.Handle("work", jobs.Limits{Backoff: now}, func(context.Context, instance.Job) error {
		if runs++; runs == 1 {
			panic("the sky fell")
		}
		return nil
	})
	enqueue(t, s, work(1, "")...)
	drain(t, r)
	if runs != 2 || pending(t, s) != 0 {
		t.Errorf("%d runs", runs)
	}
	if !strings.Contains(log.String(), "the sky fell") || !strings.Contains(log.String(), "jobs_test.go") {
		t.Errorf("the log has no stack: %s", log.String())
	}
}

func TestAHandlerHasItsTimeout(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	r := newRunner(s)
	r.Handle("work", jobs.Limits{Timeout: 20 * time.Millisecond, MaxAttempts: 1}, func(ctx context.Context, _ instance.Job) error {
		<-ctx.Done()
		return ctx.Err()
	})
	enqueue(t, s, work(1, "")...)
	drain(t, r)
	if pending(t, s) != 0 {
		t.Error("it was not given up")
	}
}

func TestABadJobDoesNotSinkItsBatch(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var done atomic.Int64
	r := newRunner(s)
	r.HandleBatch("work", jobs.Limits{Workers: 2, MaxAttempts: 3, Backoff: now}, 10, func(_ context.Context, batch []instance.Job) error {
		for _, j := range batch {
			if string(j.Args) == "4" {
				return errors.New("bad")
			}
		}
		done.Add(int64(len(batch)))
		return nil
	})
	enqueue(t, s, work(20, "")...)
	drain(t, r)
	if done.Load() != 19 || pending(t, s) != 0 {
		t.Errorf("%d done, %d pending", done.Load(), pending(t, s))
	}
}

// Cancel and Snooze are the word of one job: the others of its batch do not hear it.
func TestABadJobDecidesForItselfAlone(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	for name, test := range map[string]struct {
		err    error
		limits jobs.Limits
	}{
		"cancel":            {err: instance.Cancel(bad), limits: jobs.Limits{Backoff: func(int) time.Duration { return time.Hour }}},
		"snooze":            {err: instance.Snooze(0, bad), limits: jobs.Limits{Backoff: now}},
		"only one attempt":  {err: bad, limits: jobs.Limits{MaxAttempts: 1, Backoff: now}},
		"cancel and snooze": {err: errors.Join(instance.Cancel(bad), instance.Snooze(time.Hour, bad)), limits: jobs.Limits{Backoff: now}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t)
			var mu sync.Mutex
			done, badRuns := map[string]int{}, 0
			r := newRunner(s)
			r.HandleBatch("work", test.limits, 10, func(_ context.Context, batch []instance.Job) error {
				mu.Lock()
				defer mu.Unlock()
				for _, j := range batch {
					if string(j.Args) == "4" {
						if badRuns++; badRuns > 5 {
							return nil // it has snoozed enough
						}
						return test.err
					}
				}
				for _, j := range batch {
					done[string(j.Args)]++
				}
				return nil
			})
			enqueue(t, s, work(20, "")...)
			drain(t, r)
			for i := range 20 {
				if n := done[fmt.Sprint(i)]; n != 1 && i != 4 {
					t.Errorf("job %d was done %d times", i, n)
				}
			}
			if left := pending(t, s); left != 0 {
				t.Errorf("%d pending", left)
			}
		})
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const workers, perKey = 6, 2
		var mu sync.Mutex
		running, most := map[string]int{}, map[string]int{}
		count := func(by int, names ...string) {
			mu.Lock()
			defer mu.Unlock()
			for _, name := range names {
				running[name] += by
				most[name] = max(most[name], running[name])
			}
		}
		r := newRunner(s)
		r.Handle("work", jobs.Limits{Workers: workers, PerKey: perKey}, func(_ context.Context, j instance.Job) error {
			count(1, "all", j.Key)
			defer count(-1, "all", j.Key)
			time.Sleep(2 * time.Millisecond)
			return nil
		})
		enqueue(t, s, work(40, "slow.example")...)
		enqueue(t, s, work(20, "a.example")...)
		enqueue(t, s, work(20, "b.example")...)
		enqueue(t, s, work(20, "")...)
		stop := start(t, r)
		eventually(t, "all done", func() bool { return pending(t, s) == 0 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if most["all"] > workers || most["slow.example"] > perKey || most["a.example"] > perKey || most["b.example"] > perKey {
			t.Errorf("at most at once: %v", most)
		}
		if most["all"] < workers-1 {
			t.Errorf("never more than %d workers at once", most["all"])
		}
	})
}

func TestStoppingWaitsForWhatIsInFlight(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	started := make(chan struct{})
	r := newRunner(s)
	r.Handle("work", jobs.Limits{Workers: 1}, func(ctx context.Context, _ instance.Job) error {
		close(started)
		time.Sleep(100 * time.Millisecond)
		return ctx.Err()
	})
	enqueue(t, s, work(1, "")...)
	stop := start(t, r)
	<-started
	if err := stop(); err != nil {
		t.Error(err)
	}
	if pending(t, s) != 0 {
		t.Error("it was interrupted within the grace period")
	}
}

func TestStoppingGivesBackWhatItInterrupts(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	started := make(chan struct{})
	r := jobs.New(s, jobs.Options{Log: quiet, Grace: 50 * time.Millisecond})
	r.Handle("work", jobs.Limits{Workers: 1}, func(ctx context.Context, _ instance.Job) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	})
	enqueue(t, s, work(1, "")...)
	stop := start(t, r)
	<-started
	if err := stop(); err != nil {
		t.Error(err)
	}
	again, err := s.Claim(t.Context(), []string{"work"}, 1, 1, time.Minute)
	if err != nil || len(again) != 1 || again[0].Attempt != 1 {
		t.Errorf("got back %+v, %v", again, err)
	}
}

func TestAHandlerThatNeverStopsIsReported(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	started, forever := make(chan struct{}), make(chan struct{})
	r := jobs.New(s, jobs.Options{Log: quiet, Grace: 20 * time.Millisecond})
	r.Handle("work", jobs.Limits{}, func(context.Context, instance.Job) error {
		close(started)
		<-forever
		return nil
	})
	enqueue(t, s, work(1, "")...)
	stop := start(t, r)
	<-started
	if err := stop(); err == nil {
		t.Error("nothing was said")
	}
	close(forever)
	eventually(t, "settled", func() bool { return pending(t, s) == 0 })
}

// A handler that ignores its timeout keeps its job, even past its lease.
func TestAJobNeverRunsTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var running, runs atomic.Int64
	short := &shortLeases{s}
	r := jobs.New(short, jobs.Options{Log: quiet, Poll: 5 * time.Millisecond})
	r.Handle("work", jobs.Limits{Workers: 4}, func(context.Context, instance.Job) error {
		runs.Add(1)
		if running.Add(1) > 1 {
			t.Error("twice at once")
		}
		defer running.Add(-1)
		time.Sleep(100 * time.Millisecond)
		return nil
	})
	enqueue(t, s, work(1, "")...)
	stop := start(t, r)
	eventually(t, "done", func() bool { return pending(t, s) == 0 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

// shortLeases is a queue whose leases run out almost at once.
type shortLeases struct{ *store.Store }

func (q *shortLeases) Claim(ctx context.Context, kinds []string, n, perKey int, _ time.Duration) ([]instance.Job, error) {
	return q.Store.Claim(ctx, kinds, n, perKey, time.Millisecond)
}

func TestBackoffGrowsToADay(t *testing.T) {
	t.Parallel()
	if jobs.Backoff(1) != 30*time.Second || jobs.Backoff(2) != 90*time.Second || jobs.Backoff(100) != 24*time.Hour {
		t.Errorf("%v %v %v", jobs.Backoff(1), jobs.Backoff(2), jobs.Backoff(100))
	}
	var total time.Duration
	for attempt := 1; attempt < 12; attempt++ {
		total += jobs.Backoff(attempt)
	}
	if total < 3*24*time.Hour || total > 7*24*time.Hour {
		t.Errorf("twelve attempts span %v", total)
	}
}

func TestTwoHandlersForAKindPanic(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r := jobs.New(nil, jobs.Options{})
	for range 2 {
		r.Handle("work", jobs.Limits{}, nil)
	}
}

// TestSeries: the jobs of a key run in order and never two at once, while those of
// other keys go on beside.
func TestSeries(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	enqueue(t, s, work(40, "a")...)
	enqueue(t, s, work(40, "b")...)
	r := newRunner(s)
	var mu sync.Mutex
	order, busy := map[string][]string{}, map[string]bool{}
	r.Handle("work", jobs.Limits{Workers: 4, Series: 7}, func(_ context.Context, job instance.Job) error {
		mu.Lock()
		if busy[job.Key] {
			t.Errorf("two jobs of %s at once", job.Key)
		}
		busy[job.Key] = true
		order[job.Key] = append(order[job.Key], string(job.Args))
		mu.Unlock()
		time.Sleep(100 * time.Microsecond)
		mu.Lock()
		busy[job.Key] = false
		mu.Unlock()
		return nil
	})
	drain(t, r)
	for _, key := range []string{"a", "b"} {
		for i, arg := range order[key] {
			if arg != fmt.Sprint(i) {
				t.Fatalf("%s ran %v", key, order[key])
			}
		}
		if len(order[key]) != 40 {
			t.Errorf("%d jobs of %s ran", len(order[key]), key)
		}
	}
}

// order is a handler that notes the arguments of the jobs it runs, and fails as told.
type order struct {
	mu   sync.Mutex
	runs []string
	fail func(run int) error
}

func (o *order) handle(_ context.Context, job instance.Job) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.runs = append(o.runs, string(job.Args))
	return o.fail(len(o.runs))
}

func (o *order) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.runs, " ")
}

// What the first jobs of a series become does not let the later ones pass.
func TestASeriesKeepsItsOrder(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, test := range map[string]struct {
		errs []error // of the first runs; then nil
		want string
	}{
		"tried again": {[]error{boom, boom, nil, boom}, "0 0 0 1 1 2 3 4 5"},
		"snoozed":     {[]error{nil, instance.Snooze(20*time.Millisecond, boom)}, "0 1 1 2 3 4 5"},
		"given up":    {[]error{nil, instance.Cancel(boom)}, "0 1 2 3 4 5"},
		"parked":      {[]error{boom, boom, boom}, "0 0 0 1 2 3 4 5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				o := &order{fail: func(run int) error {
					if run <= len(test.errs) {
						return test.errs[run-1]
					}
					return nil
				}}
				r := newRunner(s)
				backoff := func(int) time.Duration { return 20 * time.Millisecond }
				r.Handle("work", jobs.Limits{Workers: 4, Series: 4, MaxAttempts: 3, Backoff: backoff}, o.handle)
				enqueue(t, s, work(6, "a")...)
				stop := start(t, r)
				eventually(t, "all done", func() bool { return pending(t, s) == 0 })
				if err := stop(); err != nil {
					t.Error(err)
				}
				if got := o.String(); got != test.want {
					t.Errorf("ran %s, want %s", got, test.want)
				}
			})
		})
	}
}

// finishes counts how often jobs are forgotten.
type finishes struct {
	*store.Store
	calls atomic.Int64
}

func (q *finishes) Finish(ctx context.Context, ids ...int64) error {
	q.calls.Add(1)
	return q.Store.Finish(ctx, ids...)
}

// A series is forgotten together, unless it is slow: what is done does not wait for
// what takes its time, or fails.
func TestASeriesIsForgottenTogether(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slow, bad   int // the place of a job, or -1
		calls, left int
	}{
		"quick":   {slow: -1, bad: -1, calls: 1},
		"slow":    {slow: 3, bad: -1, calls: 2},
		"fails":   {slow: -1, bad: 5, calls: 1, left: 5},
		"at once": {slow: -1, bad: 0, calls: 0, left: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := &finishes{Store: storetest.Open(t)}
			r := jobs.New(q, jobs.Options{Log: quiet})
			slow, bad := fmt.Sprint(test.slow), fmt.Sprint(test.bad)
			r.Handle("work", jobs.Limits{Workers: 1, Series: 10}, func(_ context.Context, job instance.Job) error {
				switch string(job.Args) {
				case slow:
					time.Sleep(300 * time.Millisecond)
				case bad:
					return errors.New("not now")
				}
				return nil
			})
			enqueue(t, q.Store, work(10, "a.example")...)
			drain(t, r)
			if got := int(q.calls.Load()); got != test.calls {
				t.Errorf("forgotten in %d times, want %d", got, test.calls)
			}
			if got := pending(t, q.Store); got != test.left {
				t.Errorf("%d left, want %d", got, test.left)
			}
		})
	}
}

func TestAnInterruptedSeriesKeepsItsOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		started := make(chan struct{})
		r := jobs.New(s, jobs.Options{Log: quiet, Grace: 200 * time.Millisecond})
		r.Handle("work", jobs.Limits{Series: 2}, func(ctx context.Context, _ instance.Job) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
		enqueue(t, s, work(4, "a")...)
		stop := start(t, r)
		<-started
		if err := stop(); err != nil {
			t.Error(err)
		}
		o := &order{fail: func(int) error { return nil }}
		again := newRunner(s)
		again.Handle("work", jobs.Limits{Series: 2}, o.handle)
		drain(t, again)
		if got := o.String(); got != "0 1 2 3" {
			t.Errorf("ran %s", got)
		}
	})
}

// A job that ignores its timeout, past its lease, still holds back its series.
func TestASeriesWaitsForAJobThatOutlivesItsLease(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var running atomic.Int64
	o := &order{fail: func(int) error { return nil }}
	r := jobs.New(&shortLeases{s}, jobs.Options{Log: quiet, Poll: 5 * time.Millisecond})
	r.Handle("work", jobs.Limits{Workers: 4, Series: 1}, func(ctx context.Context, job instance.Job) error {
		if running.Add(1) > 1 {
			t.Errorf("job %s runs beside another", job.Args)
		}
		defer running.Add(-1)
		time.Sleep(50 * time.Millisecond)
		return o.handle(ctx, job)
	})
	enqueue(t, s, work(3, "a")...)
	stop := start(t, r)
	eventually(t, "done", func() bool { return pending(t, s) == 0 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := o.String(); got != "0 1 2" {
		t.Errorf("ran %s", got)
	}
}

// ClaimSeries hands out two of a key at first, so that the second is behind one
// whose lease has run out.
func (q *shortLeases) ClaimSeries(ctx context.Context, kinds []string, n, _ int, _ time.Duration) ([]instance.Job, error) {
	return q.Store.ClaimSeries(ctx, kinds, n+1, 2, time.Millisecond)
}
