package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
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

// Accept implements instance.Store.
func (s *Store) Accept(ctx context.Context, r instance.Received) error {
	if r.Signature == "" {
		return fmt.Errorf("accept %s: %w: no signature hash", r.ID, instance.ErrInvalid)
	}
	err := s.transact(ctx, func(db bun.Tx) error {
		seq, err := insertReceived(ctx, db, r)
		if err != nil {
			return err
		}
		job := instance.NewJob(instance.JobReceive, instance.ReceiveArgs{Seq: seq})
		job.Key = instance.Origin(r.Actor) // in the order they came; one server holds one worker
		return enqueue(ctx, db, []instance.Job{job})
	})
	if err != nil {
		return fmt.Errorf("accept %s: %w", r.ID, err)
	}
	s.signal()
	return nil
}

// insertReceived keeps an activity that is new. One that is not has a signature that
// was there before it, which makes it a replay, or else an id that was.
func insertReceived(ctx context.Context, db bun.Tx, r instance.Received) (seq int64, err error) {
	row := &inboxRow{
		ID: r.ID, Actor: r.Actor, Type: r.Type, Repeatable: repeatable[r.Type],
		Body: r.Body, Signature: r.Signature, At: micros(r.At),
	}
	if row.Body == nil {
		row.Body = []byte{}
	}
	err = db.NewInsert().Model(row).ExcludeColumn("seq").On("CONFLICT DO NOTHING").Returning("seq").Scan(ctx, &seq)
	if !errors.Is(err, sql.ErrNoRows) {
		return seq, err
	}
	replayed, err := db.NewSelect().Table("inbox").Where("signature = ?", r.Signature).Exists(ctx)
	switch {
	case err != nil:
		return 0, err
	case replayed:
		return 0, instance.ErrReplay
	}
	return 0, instance.ErrDuplicate
}

// keepReceived is how long a received activity is remembered at least, so that a
// copy of it is recognised.
const keepReceived = 7 * 24 * time.Hour
