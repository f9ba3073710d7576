package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
)

// A group is closed, whoever waits, so that the first of it wait for their commit no
// longer than this, and the time of one more transaction.
const (
	maxMembers  = 64
	maxGroupAge = 5 * time.Millisecond
)

// maxWait is how long a transaction waits for its turn: one that is begun inside
// another would wait for ever.
const maxWait = time.Minute

var errStuck = errors.New("the database has been busy for a minute: look for a transaction that begins another")

// groups runs the transactions of SQLite's one writer, one after another, first come
// first served. A commit costs more than most of what is committed: who ends while
// others wait for their turn leaves the commit to them, and returns when it is done.
// Who is alone commits at once.
//
// Each transaction of a group is still atomic, and alone in failing. All see what
// those before them wrote, as they would have had it been committed; if it then cannot
// be, all of them fail.
type groups struct {
	db       *bun.DB
	patience time.Duration // maxWait, but in tests
	age      time.Duration // maxGroupAge, but in tests
	turn     chan struct{} // of capacity 1: full while somebody writes
	waiting  atomic.Int64  // callers that wait for their turn
	open     *group        // begun and not committed; only who has the turn touches it
}

// group is the transactions that share a commit.
type group struct {
	bun.Tx
	begun time.Time
	size  int
	done  chan struct{} // closed once err is known
	err   error
}

func newGroups(db *bun.DB) *groups {
	return &groups{db: db, patience: maxWait, age: maxGroupAge, turn: make(chan struct{}, 1)}
}

// transact runs fn in a transaction. It returns when that is committed, or undone.
func (w *groups) transact(ctx context.Context, fn func(bun.Tx) error) error {
	if err := w.await(ctx); err != nil {
		return err
	}
	g, err := w.join(ctx, fn)
	if g == nil {
		return err
	}
	<-g.done
	return cmp.Or(g.err, err) // what fn found may be what was not committed
}

// await waits for the caller's turn.
func (w *groups) await(ctx context.Context) (err error) {
	w.waiting.Add(1)
	patience := time.NewTimer(w.patience)
	defer patience.Stop()
	select {
	case w.turn <- struct{}{}:
		w.waiting.Add(-1)
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-patience.C:
		err = errStuck
	}
	if w.waiting.Add(-1) == 0 { // the commit may have been left to this caller
		go func() {
			w.turn <- struct{}{}
			w.pass()
		}()
	}
	return err
}

// drain returns once those who wait have had their turn.
func (w *groups) drain() {
	if w.await(context.Background()) == nil {
		w.pass()
	}
}

// pass ends the caller's turn: it commits, unless somebody waits who may as well.
func (w *groups) pass() {
	if g := w.open; g != nil && (w.waiting.Load() == 0 || g.size >= maxMembers || time.Since(g.begun) > w.age) {
		w.close(g.Commit())
	}
	<-w.turn
}

// close tells a group what became of it.
func (w *groups) close(err error) {
	w.open.err = err
	close(w.open.done)
	w.open = nil
}

// join runs fn in the open group, or in a new one, and passes the turn on.
func (w *groups) join(ctx context.Context, fn func(bun.Tx) error) (g *group, err error) {
	defer w.pass()
	if w.open == nil {
		tx, err := w.db.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return nil, err
		}
		w.open = &group{Tx: tx, begun: time.Now(), done: make(chan struct{})}
	}
	g = w.open // run may close it
	return g, w.run(g, fn)
}

// run runs fn as one of a group, and undoes it alone when it fails, or does not return.
func (w *groups) run(g *group, fn func(bun.Tx) error) (err error) {
	first := g.size == 0
	g.size++
	if !first {
		if err := g.exec("SAVEPOINT member"); err != nil {
			return err
		}
	}
	failed := true
	defer func() {
		var broken error
		switch {
		case failed && first:
			_ = g.Rollback()
			w.close(nil)
		case failed:
			broken = g.exec("ROLLBACK TO member", "RELEASE member")
		case !first:
			broken = g.exec("RELEASE member")
		}
		if broken != nil { // SQLite undid the whole transaction: of a full disk, for one
			_ = g.Rollback()
			w.close(fmt.Errorf("undone with a transaction that failed (%s): %w", fmt.Sprint(err), broken))
		}
	}()
	err = fn(g.Tx)
	failed = err != nil
	return err
}

func (g *group) exec(statements ...string) error {
	for _, statement := range statements {
		if _, err := g.ExecContext(context.Background(), statement); err != nil {
			return err
		}
	}
	return nil
}
