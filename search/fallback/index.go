package fallback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// Local is the engine that always answers, and that the other is filled from:
// search/embedded.
type Local interface {
	instance.Index
	// Get returns the documents it has of some IDs.
	Get(ctx context.Context, ids ...string) ([]instance.Document, error)
	// All returns a source of everything it has.
	All() func(context.Context) ([]instance.Document, error)
	// NeedsRebuild says that it lost its content.
	NeedsRebuild() bool
}

// Options make an Index. Local and Connect are required.
type Options struct {
	Local   Local
	Connect func(context.Context) (instance.Index, error) // reaches the server, checks it, makes its index ready

	// Marker is a file that is there while the server misses something, so that a
	// node that stops meanwhile remembers. Without one the server is filled again at
	// each start.
	Marker string

	Timeout      time.Duration // how long an answer of the server is waited for; 2 s when 0
	WriteTimeout time.Duration // the same for a write; 30 s when 0
	Retry        time.Duration // between two attempts to reach a server that is down; 5 s when 0, a minute at most
	MaxMissed    int           // how many documents are remembered one by one; 10,000 when 0
	Log          *slog.Logger  // slog.Default when nil
}

func (o *Options) defaults() {
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 30 * time.Second
	}
	if o.Retry <= 0 {
		o.Retry = 5 * time.Second
	}
	if o.MaxMissed <= 0 {
		o.MaxMissed = 10_000
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
}

// Status is what the node says of its search.
type Status struct {
	Degraded bool      // the embedded engine answers in the place of the server
	Since    time.Time // when that began, or when the server came back
	Reason   error     // why the server does not answer; nil when it does
	Missed   int       // documents that it must still be given
	Refill   bool      // it must be given everything again
}

// Index is an instance.Index. It is safe for concurrent use.
type Index struct {
	local   Local
	options Options
	log     *slog.Logger

	writing sync.Mutex // one write at a time, so that both engines see one order

	mu     sync.Mutex
	server instance.Index // nil until it was reached once
	status Status
	missed map[string]bool // IDs

	stop    context.CancelFunc // ends the recovery
	wake    chan struct{}
	stopped sync.WaitGroup
}

var _ instance.Index = (*Index)(nil)

// Open tries the server once. When it cannot be used the index is good all the same:
// Status says why, and it is tried again until Close.
func Open(ctx context.Context, o Options) *Index {
	o.defaults()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := &Index{local: o.Local, options: o, log: o.Log, missed: map[string]bool{}, stop: stop, wake: make(chan struct{}, 1)}
	x.status = Status{Degraded: true, Since: time.Now(), Refill: x.marked()}
	if err := x.begin(ctx); err != nil {
		x.fail(err)
	}
	x.stopped.Go(func() { x.keepTrying(background) })
	return x
}

// begin lets the server answer if it has everything; filling it would make the start
// wait.
func (x *Index) begin(ctx context.Context) error {
	server, err := x.reach(ctx)
	if err != nil {
		return err
	}
	return x.resume(ctx, server)
}

// marked says that the server missed something before this process began.
func (x *Index) marked() bool {
	if x.options.Marker == "" {
		return true
	}
	_, err := os.Stat(x.options.Marker)
	return err == nil
}

// Status says which engine answers.
func (x *Index) Status() Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.status
	s.Missed = len(x.missed)
	return s
}

// Health is Status in the words of the domain.
func (x *Index) Health() instance.IndexHealth {
	s := x.Status()
	h := instance.IndexHealth{Degraded: s.Degraded, Since: s.Since}
	if s.Reason != nil {
		h.Reason = s.Reason.Error()
	}
	return h
}

// NeedsRebuild says that the embedded engine lost its content, and with it the source
// of the server's.
func (x *Index) NeedsRebuild() bool { return x.local.NeedsRebuild() }

// Close implements instance.Index.
func (x *Index) Close() error {
	x.stop()
	x.stopped.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.local.Close()
	if x.server != nil {
		err = errors.Join(err, x.server.Close())
	}
	return err
}

// up is the server, nil while it is down.
func (x *Index) up() instance.Index {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status.Degraded {
		return nil
	}
	return x.server
}

// fail opens the circuit: from now on nothing is asked of the server but how it is.
func (x *Index) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.status.Degraded || x.status.Reason == nil {
		x.log.Warn("the search server is down: the embedded engine answers", "reason", err)
		x.status.Degraded, x.status.Since = true, time.Now()
	}
	x.status.Reason = err
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// ask puts a question to the server or, when it is or goes down, to the embedded
// engine.
func ask[T any](ctx context.Context, x *Index, question func(context.Context, instance.Index) (T, error)) (T, error) {
	if server := x.up(); server != nil {
		limited, cancel := context.WithTimeout(ctx, x.options.Timeout)
		answer, err := question(limited, server)
		cancel()
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil { // who asked has gone: that says nothing of the server
			return answer, ctx.Err()
		}
		x.fail(err)
	}
	return question(ctx, x.local)
}

// Search implements instance.Index.
func (x *Index) Search(ctx context.Context, q instance.Query) (instance.Result, error) {
	return ask(ctx, x, func(ctx context.Context, engine instance.Index) (instance.Result, error) {
		return engine.Search(ctx, q)
	})
}

// Map implements instance.Index.
func (x *Index) Map(ctx context.Context, q instance.Query, zoom int) (instance.MapResult, error) {
	return ask(ctx, x, func(ctx context.Context, engine instance.Index) (instance.MapResult, error) {
		return engine.Map(ctx, q, zoom)
	})
}

// Suggest implements instance.Index.
func (x *Index) Suggest(ctx context.Context, text string, limit int) ([]instance.Suggestion, error) {
	return ask(ctx, x, func(ctx context.Context, engine instance.Index) ([]instance.Suggestion, error) {
		return engine.Suggest(ctx, text, limit)
	})
}

// Count implements instance.Index: of the embedded engine, which has everything.
func (x *Index) Count(ctx context.Context) (int, error) { return x.local.Count(ctx) }

// Put implements instance.Index.
func (x *Index) Put(ctx context.Context, docs ...instance.Document) error {
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	return x.write(ctx, ids, func(ctx context.Context, engine instance.Index) error { return engine.Put(ctx, docs...) })
}

// Remove implements instance.Index.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	return x.write(ctx, ids, func(ctx context.Context, engine instance.Index) error { return engine.Remove(ctx, ids...) })
}

// write fails only with the embedded engine: what the server misses it is given later.
func (x *Index) write(ctx context.Context, ids []string, change func(context.Context, instance.Index) error) error {
	if len(ids) == 0 {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := change(ctx, x.local); err != nil {
		return err
	}
	server := x.up()
	if server == nil {
		return x.miss(ids)
	}
	// Whoever writes may go: half a write would cost a whole refill.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.options.WriteTimeout)
	defer cancel()
	if err := change(limited, server); err != nil {
		x.fail(err)
		return x.miss(ids)
	}
	return nil
}

// miss remembers what the server does not know.
func (x *Index) miss(ids []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.missed)+len(ids) > x.options.MaxMissed {
		x.status.Refill = true
		clear(x.missed)
	}
	if !x.status.Refill {
		for _, id := range ids {
			x.missed[id] = true
		}
	}
	return x.mark()
}

// mark makes the node remember, if it stops, that the server misses something.
func (x *Index) mark() error {
	if x.options.Marker == "" {
		return nil
	}
	if err := os.WriteFile(x.options.Marker, nil, 0o600); err != nil {
		return fmt.Errorf("remember that the search server is behind: %w", err)
	}
	return nil
}

// Rebuild implements instance.Index: the embedded engine from next, then the server
// from the embedded engine. When only the server fails, it is filled once it is back.
func (x *Index) Rebuild(ctx context.Context, next func(context.Context) ([]instance.Document, error)) error {
	if err := x.local.Rebuild(ctx, next); err != nil {
		return err
	}
	err := errFilling
	if server := x.up(); server != nil {
		if err = server.Rebuild(ctx, x.local.All()); err == nil {
			return nil
		}
	}
	x.mu.Lock()
	x.status.Refill = true
	markErr := x.mark()
	x.mu.Unlock()
	x.fail(err)
	return markErr
}
