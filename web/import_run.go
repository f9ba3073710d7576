package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// errStopped is how a run ends that somebody stopped.
var errStopped = errors.New("stopped")

// importRun is an import that goes on while its author looks at its progress: a trial,
// a real one, or the undoing of one.
type importRun struct {
	account string // whose it is
	began   time.Time
	cancel  context.CancelCauseFunc
	over    chan struct{} // closed at the end

	mu     sync.Mutex
	turn   bool // it is this run's turn: the others wait
	done   int  // rows
	total  int  // rows; 0 while the file is being read
	report *instance.IntakeReport
	record string // ID of the record that it left, "" for none
	err    error
}

// importProgress is how far a run is.
type importProgress struct {
	Turn, Over  bool
	Done, Total int
}

func (run *importRun) progress() importProgress {
	run.mu.Lock()
	defer run.mu.Unlock()
	return importProgress{Turn: run.turn, Over: run.isOver(), Done: run.done, Total: run.total}
}

func (run *importRun) isOver() bool {
	select {
	case <-run.over:
		return true
	default:
		return false
	}
}

// result is what a run that is over came to.
func (run *importRun) result() (report *instance.IntakeReport, record string, err error) {
	run.mu.Lock()
	defer run.mu.Unlock()
	return run.report, run.record, run.err
}

// set changes what the others see of a run.
func (run *importRun) set(change func(*importRun)) {
	run.mu.Lock()
	defer run.mu.Unlock()
	change(run)
}

// stop has the run end at the next batch.
func (run *importRun) stop() { run.cancel(errStopped) }

// importRuns are the runs of this process, one at a time: memory stays within what one
// file takes. They end when the server closes.
type importRuns struct {
	log  *slog.Logger
	now  func() time.Time
	ctx  context.Context // of the process, since runs outlive the request that begins them
	end  context.CancelCauseFunc
	turn chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	runs map[string]*importRun
}

func newImportRuns(log *slog.Logger, now func() time.Time) *importRuns {
	m := &importRuns{log: log, now: now, turn: make(chan struct{}, 1), runs: map[string]*importRun{}}
	m.ctx, m.end = context.WithCancelCause(context.Background())
	return m
}

// close stops what is under way, and waits for it to end.
func (m *importRuns) close() {
	m.end(errStopped)
	m.wg.Wait()
}

// find is a run of an account, by name; nil for none.
func (m *importRuns) find(account, name string) *importRun {
	if run := m.named(name); run != nil && run.account == account {
		return run
	}
	return nil
}

// named is a run of anybody's, by name; nil for none.
func (m *importRuns) named(name string) *importRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.runs[name]
}

// start begins a run, unless one of that name goes on. It replaces one that is over.
func (m *importRuns) start(account, name string, work func(context.Context, *importRun) error) *importRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run := m.runs[name]; run != nil && !run.isOver() {
		return run
	}
	for old, run := range m.runs {
		if run.isOver() && m.now().Sub(run.began) > uploadsLastFor {
			delete(m.runs, old)
		}
	}
	ctx, cancel := context.WithCancelCause(m.ctx)
	run := &importRun{account: account, began: m.now(), cancel: cancel, over: make(chan struct{})}
	m.runs[name] = run
	m.wg.Go(func() {
		defer close(run.over)
		defer cancel(nil)
		err := m.do(ctx, run, work)
		run.set(func(run *importRun) { run.err = err })
		if err != nil && !errors.Is(err, errStopped) && !errors.Is(err, instance.ErrInvalid) {
			m.log.Error("import failed", "run", name, "err", err)
		}
	})
	return run
}

// abandon stops a run, if it goes on, and forgets it.
func (m *importRuns) abandon(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run := m.runs[name]; run != nil {
		run.stop()
		delete(m.runs, name)
	}
}

// do waits for the run's turn and works. A panic over somebody's file is its error,
// not the end of the node.
func (m *importRuns) do(ctx context.Context, run *importRun, work func(context.Context, *importRun) error) (err error) {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return errStopped
	}
	defer func() { <-m.turn }()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	// Reading and comparing leave much behind, on top of what checking a password did: it
	// is given back first, and collected sooner, for a node of little memory.
	debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	run.set(func(run *importRun) { run.turn = true })
	if err := work(ctx, run); err != nil {
		if errors.Is(context.Cause(ctx), errStopped) {
			return errStopped
		}
		return err
	}
	return nil
}

// settleIn is how long a page waits for a run to be over before it shows its progress.
const settleIn = 1500 * time.Millisecond

// settle waits a little for the run to be over.
func (run *importRun) settle(ctx context.Context) {
	select {
	case <-run.over:
	case <-time.After(settleIn):
	case <-ctx.Done():
	}
}
