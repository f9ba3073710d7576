package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// series is four jobs of a key that must run in order; it returns their ids.
func series(t *testing.T, s *store.Store) []int64 {
	t.Helper()
	enqueue(t, s, job("a"), job("a"), job("a"), job("a"))
	jobs := claim(t, s, 4, 0, time.Minute)
	for _, j := range jobs {
		if err := s.Reschedule(t.Context(), j.ID, j.RunAt, false, ""); err != nil {
			t.Fatal(err)
		}
	}
	return ids(jobs)
}

// claimSeries claims up to n jobs, perKey of each key, that must be claimable
// without error.
func claimSeries(t *testing.T, s *store.Store, n, perKey int, lease time.Duration) []int64 {
	t.Helper()
	jobs, err := s.ClaimSeries(t.Context(), []string{"deliver"}, n, perKey, lease)
	if err != nil {
		t.Fatal(err)
	}
	return ids(jobs)
}

func TestASeriesGivenBackKeepsItsOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := series(t, s)
		first := claimSeries(t, s, 9, 2, time.Minute)
		same(t, "first claim", first, want[:2])
		for _, id := range first {
			if err := s.Reschedule(t.Context(), id, time.Now(), false, ""); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "given back", claimSeries(t, s, 9, 4, time.Minute), want)
	})
}

func TestASeriesWhoseLeaseRanOutKeepsItsOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := series(t, s)
		same(t, "first claim", claimSeries(t, s, 9, 2, time.Millisecond), want[:2])
		time.Sleep(5 * time.Millisecond)
		same(t, "after the lease", claimSeries(t, s, 3, 4, time.Minute), want[:3])
	})
}

func TestARecoveredSeriesKeepsItsOrder(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	want := series(t, s)
	same(t, "first claim", claimSeries(t, s, 9, 2, time.Hour), want[:2])
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "after recovery", claimSeries(t, s, 9, 4, time.Minute), want)
}

// A job of any kind that a killed worker had is as old as it was.
func TestARecoveredJobComesBeforeLaterOnes(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	enqueue(t, s, job("a"))
	first := claim(t, s, 1, 0, time.Hour)
	enqueue(t, s, job("b"))
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "after recovery", ids(claim(t, s, 1, 0, time.Minute)), ids(first))
}

func TestAJobToBeTriedAgainHoldsBackItsSeries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := series(t, s)
		enqueue(t, s, job("b"))
		claimSeries(t, s, 1, 1, time.Minute)
		postpone(t, s, want[0], true)
		if got := claimSeries(t, s, 9, 4, time.Minute); len(got) != 1 || slices.Contains(want, got[0]) {
			t.Errorf("while the first waits: %v, want the job of b", got)
		}
	})
}

func TestAJobHoldsBackItsSeriesForFiveMinutes(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.OpenDSN(t, dsn)
		want := series(t, s)
		claimSeries(t, s, 1, 1, time.Minute)
		postpone(t, s, want[0], true)
		age(t, dsn, 4*time.Minute)
		same(t, "after four minutes", claimSeries(t, s, 9, 4, time.Minute), nil)
		age(t, dsn, 2*time.Minute)
		same(t, "after six", claimSeries(t, s, 9, 4, time.Minute), want[1:])
	})
}

func TestASnoozedJobHoldsBackLaterOnesOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := series(t, s)
		claimSeries(t, s, 3, 3, time.Minute)
		postpone(t, s, want[2], false)
		for _, id := range want[:2] {
			if err := s.Reschedule(t.Context(), id, time.Now(), false, ""); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "while the third waits", claimSeries(t, s, 9, 4, time.Minute), want[:2])
	})
}

// postpone puts a job off for an hour.
func postpone(t *testing.T, s *store.Store, id int64, counted bool) {
	t.Helper()
	if err := s.Reschedule(t.Context(), id, time.Now().Add(time.Hour), counted, "trouble"); err != nil {
		t.Fatal(err)
	}
}

// A job that somebody is bringing forward is waited for, not overtaken.
func TestALockedJobIsNotOvertaken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		first := job("a")
		first.Unique = "u"
		enqueue(t, s, first)
		enqueue(t, s, job("a"))
		claimed := make(chan []instance.Job, 1)
		write(t, s, func(tx instance.Tx) error {
			if err := tx.Enqueue(ctx, first); err != nil {
				return err
			}
			go func() {
				jobs, err := s.ClaimSeries(ctx, []string{"deliver"}, 9, 9, time.Minute)
				if err != nil {
					t.Error(err)
				}
				claimed <- jobs
			}()
			time.Sleep(50 * time.Millisecond)
			return nil
		})
		jobs := <-claimed
		if len(jobs) != 2 || jobs[0].Unique != "u" {
			t.Errorf("claimed %+v", jobs)
		}
	})
}

// age makes every job older, as if it had been enqueued earlier.
func age(t *testing.T, dsn string, by time.Duration) {
	t.Helper()
	if _, err := open(t, dsn).ExecContext(t.Context(), fmt.Sprintf("UPDATE jobs SET created = created - %d", by.Microseconds())); err != nil {
		t.Fatal(err)
	}
}
