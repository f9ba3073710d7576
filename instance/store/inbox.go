package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type inboxRow struct {
	bun.BaseModel `bun:"table:inbox"`

	Seq        int64  `bun:"seq,pk,autoincrement"`
	ID         string `bun:"id"`
	Actor      string `bun:"actor"`
	Type       string `bun:"type"`
	Repeatable bool   `bun:"repeatable"`
	Body       []byte `bun:"body"`
	Signature  string `bun:"signature"`
	At         int64  `bun:"at"`
}

// repeatable are the types whose ids peers use again for another activity: a
// Follow after an Undo, an Accept of each of its copies.
var repeatable = map[string]bool{"Follow": true, "Accept": true, "Reject": true, "Undo": true, "Join": true, "Leave": true}

// Received implements instance.Reader.
func (r reader) Received(ctx context.Context, seq int64) (*instance.Received, error) {
	var row inboxRow
	if err := r.db.NewSelect().Model(&row).Where("seq = ?", seq).Scan(ctx); err != nil {
		return nil, missing(err, "received activity", strconv.FormatInt(seq, 10))
	}
	return &instance.Received{
		Seq: row.Seq, ID: row.ID, Actor: row.Actor, Type: row.Type, Body: row.Body,
		Signature: row.Signature, At: fromMicros(row.At),
	}, nil
}

// Accept implements instance.Store. A caller whose ctx ends does not learn its
// verdict: the activity may be kept all the same.
func (s *Store) Accept(ctx context.Context, r instance.Received) error {
	if r.Signature == "" {
		return fmt.Errorf("accept %s: %w: no signature hash", r.ID, instance.ErrInvalid)
	}
	return s.accept.submit(ctx, r)
}

// acceptor turns many concurrent Accepts into few commits: while one is written
// to disk, the next callers gather.
type acceptor struct {
	requests chan *acceptance
	quit     chan struct{}
	done     chan struct{}
	once     sync.Once
}

// acceptance is one caller's activity, and where its verdict goes.
type acceptance struct {
	received instance.Received
	verdict  chan error // of capacity 1: nobody waits for a caller who left
}

// A group is bounded in rows and in bytes of bodies, as one statement carries it.
const (
	maxGroup      = 256
	maxGroupBytes = 8 << 20
)

var errClosed = errors.New("the store is closed")

func startAcceptor(s *Store) *acceptor {
	a := &acceptor{requests: make(chan *acceptance), quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		for {
			select {
			case <-a.quit:
				return
			case first := <-a.requests:
				s.acceptGroup(a.gather(first))
			}
		}
	}()
	return a
}

func (a *acceptor) submit(ctx context.Context, r instance.Received) error {
	request := &acceptance{received: r, verdict: make(chan error, 1)}
	select {
	case a.requests <- request:
	case <-ctx.Done():
		return ctx.Err()
	case <-a.quit:
		return errClosed
	}
	select {
	case err := <-request.verdict:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gather adds to the first caller those who wait already; it waits for nobody.
func (a *acceptor) gather(first *acceptance) []*acceptance {
	group, size := []*acceptance{first}, len(first.received.Body)
	for len(group) < maxGroup && size < maxGroupBytes {
		select {
		case next := <-a.requests:
			group, size = append(group, next), size+len(next.received.Body)
		default:
			return group
		}
	}
	return group
}

func (a *acceptor) close() {
	a.once.Do(func() { close(a.quit) })
	<-a.done
}

// acceptTimeout bounds one commit: a caller is an HTTP request of a peer.
const acceptTimeout = 30 * time.Second

// acceptGroup keeps a group in one transaction. If the database refuses it, each
// activity is tried alone, so that a bad one fails nobody else.
func (s *Store) acceptGroup(group []*acceptance) {
	verdicts, err := s.insertGroup(group)
	if err != nil && len(group) > 1 {
		s.log.Warn("group of activities refused, trying each alone", "size", len(group), "error", err)
		for _, request := range group {
			s.acceptGroup([]*acceptance{request})
		}
		return
	}
	for i, request := range group {
		if err != nil {
			request.verdict <- fmt.Errorf("accept %s: %w", request.received.ID, err)
		} else {
			request.verdict <- verdicts[i]
		}
	}
}

// insertGroup commits the rows and their jobs, and judges each request.
func (s *Store) insertGroup(group []*acceptance) (verdicts []error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	enqueued := false
	err = s.transact(ctx, func(db bun.Tx) error {
		var jobs []instance.Job
		verdicts, jobs, err = insertReceived(ctx, db, group)
		if err != nil {
			return err
		}
		enqueued = len(jobs) > 0
		return enqueue(ctx, db, jobs)
	})
	if err == nil && enqueued {
		s.signal()
	}
	return verdicts, err
}

// insertReceived inserts what is new. A row that is not inserted has a signature
// that was there before it, which makes it a replay, or else an id that was.
func insertReceived(ctx context.Context, db bun.Tx, group []*acceptance) ([]error, []instance.Job, error) {
	rows := make([]inboxRow, len(group))
	signatures := make([]string, len(group))
	for i, request := range group {
		r := request.received
		rows[i] = inboxRow{
			ID: r.ID, Actor: r.Actor, Type: r.Type, Repeatable: repeatable[r.Type],
			Body: r.Body, Signature: r.Signature, At: micros(r.At),
		}
		if rows[i].Body == nil {
			rows[i].Body = []byte{}
		}
		signatures[i] = r.Signature
	}
	var inserted []inboxRow
	err := db.NewInsert().Model(&rows).ExcludeColumn("seq").On("CONFLICT DO NOTHING").
		Returning("seq, signature").Scan(ctx, &inserted)
	if err != nil {
		return nil, nil, err
	}
	fresh := make(map[string]int64, len(inserted)) // signature -> seq, until its first request claims it
	for _, row := range inserted {
		fresh[row.Signature] = row.Seq
	}
	known := map[string]bool{}
	if len(inserted) < len(group) {
		if known, err = knownSignatures(ctx, db, signatures); err != nil {
			return nil, nil, err
		}
	}
	verdicts := make([]error, len(group))
	var jobs []instance.Job
	for i, request := range group {
		r := request.received
		if seq, ok := fresh[r.Signature]; ok {
			delete(fresh, r.Signature)
			job := instance.NewJob(instance.JobReceive, instance.ReceiveArgs{Seq: seq})
			job.Key = instance.Origin(r.Actor) // in the order they came; one server holds one worker
			jobs = append(jobs, job)
			continue
		}
		verdicts[i] = fmt.Errorf("%s: %w", r.ID, instance.ErrDuplicate)
		if known[r.Signature] {
			verdicts[i] = fmt.Errorf("%s: %w", r.ID, instance.ErrReplay)
		}
	}
	return verdicts, jobs, nil
}

func knownSignatures(ctx context.Context, db bun.IDB, signatures []string) (map[string]bool, error) {
	var found []string
	err := db.NewSelect().Table("inbox").Column("signature").Where("signature IN (?)", bun.List(signatures)).Scan(ctx, &found)
	known := make(map[string]bool, len(found))
	for _, signature := range found {
		known[signature] = true
	}
	return known, err
}

// keepReceived is how long a received activity is remembered at least, so that a
// copy of it is recognised.
const keepReceived = 7 * 24 * time.Hour
