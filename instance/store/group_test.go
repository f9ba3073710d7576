package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// queue is a store in a file whose writer is held, until release lets it go and
// returns the verdict of who held it.
type queue struct {
	*Store
	release func() error
}

func openQueue(t *testing.T) *queue {
	t.Helper()
	s, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "x.db"), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.groups.age = time.Minute // however slow this machine is
	entered, released, verdict := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		verdict <- s.transact(t.Context(), func(bun.Tx) error {
			close(entered)
			<-released
			return nil
		})
	}()
	<-entered
	return &queue{s, func() error {
		close(released)
		return <-verdict
	}}
}

// add has a transaction wait for its turn behind those there are, and returns its error
// when it has one.
func (q *queue) add(ctx context.Context, t *testing.T, fn func(bun.Tx) error) <-chan error {
	t.Helper()
	before := q.groups.waiting.Load()
	verdict := make(chan error, 1)
	go func() {
		defer close(verdict) // nil after a Goexit
		defer func() {
			if v := recover(); v != nil {
				verdict <- fmt.Errorf("panic: %v", v)
			}
		}()
		verdict <- q.transact(ctx, fn)
	}()
	for deadline := time.Now().Add(10 * time.Second); q.groups.waiting.Load() == before; {
		if time.Now().After(deadline) {
			t.Fatal("it does not wait for its turn")
		}
		runtime.Gosched()
	}
	return verdict
}

// keep is a transaction that keeps a name.
func keep(name string) func(bun.Tx) error {
	return func(db bun.Tx) error {
		_, err := db.NewInsert().Model(&hostRow{Domain: name}).Exec(context.Background())
		return err
	}
}

func (q *queue) kept(t *testing.T) []string {
	t.Helper()
	hosts, err := q.Hosts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(hosts))
	for i, host := range hosts {
		names[i] = host.Domain
	}
	return names
}

func TestWhoWaitsSharesACommit(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	shared := map[*sql.Tx]int{}
	var verdicts []<-chan error
	for i := range 5 {
		verdicts = append(verdicts, q.add(t.Context(), t, func(db bun.Tx) error {
			shared[db.Tx]++
			if n, err := db.NewSelect().Table("hosts").Count(t.Context()); err != nil || int(n) != i {
				t.Errorf("transaction %d sees %d of those before it, %v", i, n, err)
			}
			return keep(fmt.Sprint(i))(db)
		}))
	}
	if err := q.release(); err != nil {
		t.Error(err)
	}
	for i, verdict := range verdicts {
		if err := <-verdict; err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(shared) != 1 {
		t.Errorf("%d commits", len(shared))
	}
	if got := q.kept(t); len(got) != 5 {
		t.Errorf("kept %v", got)
	}
}

func TestOneOfAGroupFailsAlone(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	cancelled, cancel := context.WithCancel(t.Context())
	for name, fail := range map[string]func(bun.Tx) error{
		"error": func(bun.Tx) error { return boom },
		"panic": func(bun.Tx) error { panic("boom") },
		"exit":  func(bun.Tx) error { runtime.Goexit(); return nil },
		"cancelled inside": func(db bun.Tx) error {
			cancel()
			_, err := db.NewDelete().Table("hosts").Where("TRUE").Exec(cancelled)
			return err
		},
		"broken statement": func(db bun.Tx) error {
			_, err := db.NewRaw("INSERT INTO nowhere VALUES (1)").Exec(t.Context())
			return err
		},
	} {
		for place := range 3 {
			t.Run(fmt.Sprint(name, " at ", place), func(t *testing.T) {
				t.Parallel()
				q := openQueue(t)
				var verdicts []<-chan error
				for i := range 3 {
					fn := keep(fmt.Sprint(i))
					if i == place {
						fn = func(db bun.Tx) error { return errors.Join(keep("undone")(db), fail(db)) }
					}
					verdicts = append(verdicts, q.add(t.Context(), t, fn))
				}
				if err := q.release(); err != nil {
					t.Error(err)
				}
				var want []string
				for i, verdict := range verdicts {
					err := <-verdict
					if i != place {
						want = append(want, fmt.Sprint(i))
					}
					if failed := i == place && name != "exit"; (err != nil) != failed {
						t.Errorf("%d: %v", i, err)
					}
				}
				if got := q.kept(t); !slices.Equal(got, want) {
					t.Errorf("kept %v, want %v", got, want)
				}
			})
		}
	}
}

// When the database undoes what a group shares, nobody is told that it was kept: nor
// is anybody told what was found in it.
func TestAllOfAGroupFailWhenItIsUndone(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	known := errors.New("known already")
	verdicts := []<-chan error{
		q.add(t.Context(), t, keep("a")),
		q.add(t.Context(), t, func(db bun.Tx) error {
			if keep("a")(db) == nil {
				t.Error("kept twice")
			}
			return known
		}),
		q.add(t.Context(), t, func(db bun.Tx) error {
			_, err := db.ExecContext(t.Context(), "ROLLBACK") // as SQLite does when the disk is full
			return err
		}),
	}
	if err := q.release(); err == nil {
		t.Error("the first was told that it is kept")
	}
	for i, verdict := range verdicts {
		if err := <-verdict; err == nil || errors.Is(err, known) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if got := q.kept(t); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	if err := q.transact(t.Context(), keep("b")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Who gives up waiting is not waited for, even if the commit had been left to it.
func TestWhoGivesUpWaiting(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	ctx, cancel := context.WithCancel(t.Context())
	first := q.add(t.Context(), t, func(db bun.Tx) error {
		defer cancel()
		return keep("a")(db)
	})
	second := q.add(ctx, t, keep("b"))
	if err := q.release(); err != nil {
		t.Error(err)
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := <-second; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := q.kept(t); !slices.Contains(got, "a") {
		t.Errorf("kept %v", got)
	}

	held := openQueue(t)
	cancelled, giveUp := context.WithCancel(t.Context())
	verdict := held.add(cancelled, t, keep("a"))
	giveUp()
	if err := <-verdict; !errors.Is(err, context.Canceled) { // while the writer is held
		t.Error(err)
	}
	if err := held.release(); err != nil {
		t.Error(err)
	}
	if err := held.transact(t.Context(), keep("b")); err != nil {
		t.Error(err)
	}
	if got := held.kept(t); !slices.Equal(got, []string{"b"}) {
		t.Errorf("kept %v", got)
	}
}

// A transaction begun inside another waits for itself: it is told, and all goes on.
func TestATransactionInsideAnotherFails(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	if err := q.release(); err != nil {
		t.Fatal(err)
	}
	q.groups.patience = 20 * time.Millisecond
	err := q.transact(t.Context(), func(bun.Tx) error { return q.transact(t.Context(), keep("inner")) })
	if !errors.Is(err, errStuck) {
		t.Error(err)
	}
	if err := q.transact(t.Context(), keep("after")); err != nil {
		t.Error(err)
	}
	if got := q.kept(t); !slices.Equal(got, []string{"after"}) {
		t.Errorf("kept %v", got)
	}
}

// A thousand transactions, some of which fail or give up: each verdict is true.
func TestGroupsUnderLoad(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	if err := q.release(); err != nil {
		t.Fatal(err)
	}
	q.groups.age = maxGroupAge
	var callers sync.WaitGroup
	var mu sync.Mutex
	want := []string{}
	for caller := range 16 {
		callers.Go(func() {
			for i := range 60 {
				name := fmt.Sprintf("%02d-%02d", caller, i)
				ctx, cancel := context.WithCancel(t.Context())
				switch i % 5 {
				case 3:
					go cancel()
				case 4:
					go func() { time.Sleep(time.Millisecond); cancel() }()
				}
				err := q.transact(ctx, func(db bun.Tx) error {
					if err := keep(name)(db); err != nil || i%5 != 2 {
						return err
					}
					return errors.New("no")
				})
				cancel()
				if err == nil {
					mu.Lock()
					want = append(want, name)
					mu.Unlock()
				}
			}
		})
	}
	callers.Wait()
	slices.Sort(want)
	if got := q.kept(t); !slices.Equal(got, want) {
		t.Errorf("%d kept, %d were said to be", len(got), len(want))
	}
}
