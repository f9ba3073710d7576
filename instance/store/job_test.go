package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestJobRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := instance.NewJob("deliver", instance.DeliverArgs{Activity: "https://ici.example/a?b='c'", Inbox: "i"})
		want.Key, want.Unique = "b.example", "u"
		before := time.Now().Add(-time.Second)
		enqueue(t, s, want)
		jobs := claim(t, s, 10, 1, time.Minute)
		if len(jobs) != 1 {
			t.Fatalf("%d jobs", len(jobs))
		}
		got := jobs[0]
		if got.Kind != want.Kind || string(got.Args) != string(want.Args) || got.Key != want.Key || got.Unique != want.Unique || got.Attempt != 1 {
			t.Errorf("got %+v", got)
		}
		if got.Created.Before(before) || got.RunAt.Before(before) {
			t.Errorf("created %v, due %v", got.Created, got.RunAt)
		}
		if err := s.Finish(t.Context(), got.ID, 999); err != nil {
			t.Error(err)
		}
		if err := s.Finish(t.Context()); err != nil {
			t.Error(err)
		}
		if pending, err := s.Pending(t.Context()); err != nil || len(pending) != 0 {
			t.Errorf("pending %v, %v", pending, err)
		}
	})
}

func TestClaimTakesTheOldestDueOfItsKinds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		later := job("later")
		later.RunAt = time.Now().Add(time.Hour)
		other := instance.NewJob("index", nil)
		enqueue(t, s, later, other)
		for i := range 5 {
			enqueue(t, s, job(fmt.Sprintf("h%d", i)))
		}
		enqueue(t, s, job(""))
		if jobs, err := s.Claim(t.Context(), nil, 5, 1, time.Minute); err != nil || len(jobs) != 0 {
			t.Errorf("no kind: %v, %v", jobs, err)
		}
		same(t, "first", keys(claim(t, s, 2, 1, time.Minute)), []string{"h0", "h1"})
		same(t, "second", keys(claim(t, s, 2, 0, time.Minute)), []string{"h2", "h3"})
		same(t, "third", keys(claim(t, s, 9, 1, time.Minute)), []string{"h4", ""})
		same(t, "none", keys(claim(t, s, 9, 1, time.Minute)), []string{})
		pending, err := s.Pending(t.Context())
		if err != nil || pending["deliver"] != 7 || pending["index"] != 1 {
			t.Errorf("pending %v, %v", pending, err)
		}
		both, err := s.Claim(t.Context(), []string{"deliver", "index"}, 9, 1, time.Minute)
		if err != nil || len(both) != 1 || both[0].Kind != "index" {
			t.Errorf("both kinds: %+v, %v", both, err)
		}
	})
}

func TestClaimLimitsEachKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for range 4 {
			enqueue(t, s, job("a.example"), job("b.example"), job(""))
		}
		first := claim(t, s, 100, 2, time.Minute)
		count := func(jobs []instance.Job) map[string]int {
			out := map[string]int{}
			for _, j := range jobs {
				out[j.Key]++
			}
			return out
		}
		if got := fmt.Sprint(count(first)); got != "map[:4 a.example:2 b.example:2]" {
			t.Errorf("first claim %s", got)
		}
		if more := claim(t, s, 100, 2, time.Minute); len(more) != 0 {
			t.Errorf("claimed beyond the limit: %v", keys(more))
		}
		// One done, one given back for later: two places, both on a.example.
		var ofA []instance.Job
		for _, j := range first {
			if j.Key == "a.example" {
				ofA = append(ofA, j)
			}
		}
		if err := s.Finish(t.Context(), ofA[0].ID); err != nil {
			t.Fatal(err)
		}
		same(t, "after one is done", keys(claim(t, s, 100, 2, time.Minute)), []string{"a.example"})
		if err := s.Reschedule(t.Context(), ofA[1].ID, time.Now().Add(time.Hour), true, "x"); err != nil {
			t.Fatal(err)
		}
		same(t, "after one is put off", keys(claim(t, s, 100, 2, time.Minute)), []string{"a.example"})
		// A higher limit finds the rest, leases counted.
		same(t, "limit 3", keys(claim(t, s, 100, 3, time.Minute)), []string{"b.example"})
	})
}

func TestADeadHostHidesNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dead := make([]instance.Job, 5000)
		for i := range dead {
			dead[i] = job("dead.example")
		}
		enqueue(t, s, dead...)
		for i := range 20 {
			enqueue(t, s, job(fmt.Sprintf("h%02d.example", i)))
		}
		got := keys(claim(t, s, 10, 2, time.Minute))
		if len(got) != 10 || got[0] != "dead.example" || got[1] != "dead.example" || got[2] != "h00.example" {
			t.Errorf("first claim %v", got)
		}
		got = keys(claim(t, s, 10, 2, time.Minute))
		if len(got) != 10 || slices.Contains(got, "dead.example") {
			t.Errorf("second claim %v", got)
		}
	})
}

func TestALeaseRunsOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		enqueue(t, s, job("a.example"))
		first := claim(t, s, 1, 1, time.Second) // longer than a busy machine takes to ask again
		if again := claim(t, s, 1, 1, time.Minute); len(first) != 1 || len(again) != 0 {
			t.Fatalf("first %v, while leased %v", first, again)
		}
		time.Sleep(time.Second + 10*time.Millisecond)
		second := claim(t, s, 1, 1, time.Minute)
		if len(second) != 1 || second[0].ID != first[0].ID || second[0].Attempt != 2 {
			t.Errorf("after the lease: %+v", second)
		}
	})
}

func TestReschedule(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		enqueue(t, s, job("a.example"))
		for i, step := range []struct {
			counted bool
			attempt int
		}{{true, 1}, {false, 2}, {true, 2}, {true, 3}} {
			jobs := claim(t, s, 1, 1, time.Minute)
			if len(jobs) != 1 || jobs[0].Attempt != step.attempt {
				t.Fatalf("step %d: %+v", i, jobs)
			}
			if err := s.Reschedule(ctx, jobs[0].ID, time.Now(), step.counted, "cause \x00\xff"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Reschedule(ctx, 999, time.Now(), true, ""); err != nil {
			t.Errorf("a job that is gone: %v", err)
		}
	})
}

func TestFailedJobsDoNotRunAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := job("a.example")
		j.Unique = "u"
		enqueue(t, s, j)
		jobs := claim(t, s, 1, 1, time.Millisecond)
		for range 2 {
			if err := s.Fail(t.Context(), jobs[0].ID, "410 \x00"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Millisecond)
		if again := claim(t, s, 1, 1, time.Minute); len(again) != 0 {
			t.Errorf("claimed a failed job")
		}
		if pending, _ := s.Pending(t.Context()); len(pending) != 0 {
			t.Errorf("pending %v", pending)
		}
		enqueue(t, s, j) // and does not absorb a new one
		if again := claim(t, s, 1, 1, time.Minute); len(again) != 1 {
			t.Errorf("a failed job absorbed a new one")
		}
	})
}

func TestUniqueAbsorbsWhileWaiting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		j := job("")
		j.Unique = "https://ici.example/x"
		later := j
		later.RunAt = time.Now().Add(time.Hour)
		enqueue(t, s, later, later)
		enqueue(t, s, later)
		if got := claim(t, s, 9, 0, time.Minute); len(got) != 0 {
			t.Fatalf("due too early: %v", got)
		}
		enqueue(t, s, later, j, later) // brought forward
		first := claim(t, s, 9, 0, time.Minute)
		if len(first) != 1 {
			t.Fatalf("%d jobs, want one, due now", len(first))
		}
		enqueue(t, s, j) // one that runs already may have read the old state
		enqueue(t, s, j)
		second := claim(t, s, 9, 0, time.Minute)
		if len(second) != 1 || second[0].ID == first[0].ID {
			t.Fatalf("while one runs: %+v", second)
		}
		// Both fail: the first waits again, the second gives way to it.
		for _, leased := range []instance.Job{first[0], second[0]} {
			if err := s.Reschedule(ctx, leased.ID, time.Now(), true, "x"); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "after both failed", ids(claim(t, s, 9, 0, time.Minute)), ids(first))
		// Another kind is another job.
		other := instance.NewJob("index", nil)
		other.Unique = j.Unique
		enqueue(t, s, j, other)
		if pending, _ := s.Pending(ctx); pending["index"] != 1 || pending["deliver"] != 2 {
			t.Errorf("pending %v", pending)
		}
	})
}

// A waiting job that absorbs a new one must not run before the transaction of the
// new one is there to be seen.
func TestAbsorbedJobSeesWhatItWasEnqueuedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		j := job("")
		j.Unique = "u"
		enqueue(t, s, j)
		claimed := make(chan error, 1)
		write(t, s, func(tx instance.Tx) error {
			if err := errors.Join(tx.Enqueue(ctx, j), tx.SaveHost(ctx, instance.Host{Domain: "new.example"})); err != nil {
				return err
			}
			go func() {
				jobs, err := s.Claim(ctx, []string{"deliver"}, 1, 0, time.Minute)
				if err == nil && len(jobs) > 0 {
					_, err = s.Host(ctx, "new.example")
				}
				claimed <- err
			}()
			time.Sleep(50 * time.Millisecond)
			return nil
		})
		if err := <-claimed; err != nil {
			t.Errorf("the job ran before the commit it follows from: %v", err)
		}
	})
}

func TestConcurrentClaimsNeverShareAJob(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		const total, perKey = 400, 3
		stores := []*store.Store{storetest.OpenDSN(t, dsn), storetest.OpenDSN(t, dsn)}
		var jobs []instance.Job
		for i := range total {
			jobs = append(jobs, job(fmt.Sprintf("h%d.example", i%10)))
		}
		enqueue(t, stores[0], jobs...)
		var (
			group  sync.WaitGroup
			mu     sync.Mutex
			seen   = map[int64]int{}
			leased = map[string]int{}
		)
		for worker := range 6 {
			s := stores[worker%2]
			group.Go(func() {
				for {
					claimed, err := s.Claim(t.Context(), []string{"deliver"}, 10, perKey, time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					done := len(seen) == total
					for _, j := range claimed {
						seen[j.ID]++
						if leased[j.Key]++; leased[j.Key] > perKey {
							t.Errorf("%d leases of %s at once", leased[j.Key], j.Key)
						}
					}
					mu.Unlock()
					if done {
						return
					}
					mu.Lock()
					for _, j := range claimed {
						leased[j.Key]--
					}
					mu.Unlock()
					if err := s.Finish(t.Context(), ids(claimed)...); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %d was claimed %d times", id, n)
			}
		}
	})
}

// TestRecover: what a killed worker had leased is due again when the only worker
// of a SQLite database starts, and gives way to a waiting twin.
func TestRecover(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	job := instance.IndexJob("https://a.example/1")
	enqueue := func() {
		t.Helper()
		if err := s.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
			t.Fatal(err)
		}
	}
	claim := func() int {
		t.Helper()
		jobs, err := s.Claim(t.Context(), []string{instance.JobIndex}, 10, 0, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return len(jobs)
	}
	enqueue()
	if n := claim(); n != 1 {
		t.Fatalf("%d jobs claimed", n)
	}
	enqueue() // its twin waits while the first is leased
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := claim(); n != 1 {
		t.Errorf("%d jobs after recovery, want the one that waited", n)
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := claim(); n != 1 {
		t.Errorf("%d jobs after recovery, want the one that was leased", n)
	}
}

// TestClaimSeries: the jobs of a key are handed out together and in order, and no
// more of it while one of them is leased.
func TestClaimSeries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		add := func(keys ...string) {
			t.Helper()
			for _, key := range keys {
				job := instance.NewJob("receive", instance.ReceiveArgs{})
				job.Key = key
				if err := s.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		take := func() (keys []string, ids []int64) {
			t.Helper()
			jobs, err := s.ClaimSeries(t.Context(), []string{"receive"}, 100, 3, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for _, job := range jobs {
				keys, ids = append(keys, job.Key), append(ids, job.ID)
			}
			return keys, ids
		}
		add("a", "a", "b", "a", "a")
		got, ids := take()
		same(t, "first claim", got, []string{"a", "a", "b", "a"})
		if !slices.IsSorted(ids) {
			t.Errorf("out of order: %v", ids)
		}
		add("a", "b", "c")
		got, _ = take()
		same(t, "while a and b are leased", got, []string{"c"})
		if err := s.Finish(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
		got, _ = take()
		same(t, "when they are done", got, []string{"a", "a", "b"})
	})
}
