package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

// keepWithdrawn is how long the versions of what was withdrawn can be brought back.
const keepWithdrawn = 90 * 24 * time.Hour

// How long proposals are kept once they are answered, or wait for an answer that does
// not come; and an address to which a letter could not be sent.
const (
	keepAnswered = 30 * 24 * time.Hour
	keepOpen     = 180 * 24 * time.Hour
	keepAddress  = 7 * 24 * time.Hour
)

// Purge forgets activities accepted before the time, except those younger than
// seven days and those whose job is still to run, and jobs given up before it. Of what
// actors said who are gone since, the ids alone stay. What expired by itself goes too: sessions, tickets, after ninety days the versions of what
// was withdrawn, and proposals a month after their answer.
func (s *Store) Purge(ctx context.Context, before time.Time) error {
	now := time.Now()
	if limit := now.Add(-keepReceived); before.After(limit) {
		before = limit
	}
	return s.transact(ctx, func(db bun.Tx) error {
		waiting, err := waitingReceived(ctx, db)
		if err != nil {
			return err
		}
		q := db.NewDelete().Table("inbox").Where("at < ?", micros(before))
		if len(waiting) > 0 {
			q.Where("seq NOT IN (?)", bun.List(waiting))
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("purge inbox: %w", err)
		}
		said := db.NewUpdate().Table("inbox").Set("body = ?", []byte{}).Where("length(body) > 0 AND actor IN (SELECT id FROM actors WHERE gone > 0)")
		if len(waiting) > 0 {
			said.Where("seq NOT IN (?)", bun.List(waiting))
		}
		if _, err := said.Exec(ctx); err != nil {
			return fmt.Errorf("purge what the gone said: %w", err)
		}
		for _, old := range []*bun.DeleteQuery{
			db.NewDelete().Table("failed_jobs").Where("failed < ?", micros(before)),
			db.NewDelete().Table("sessions").Where("expires < ?", micros(now)),
			db.NewDelete().Table("requests_once").Where("at < ?", micros(now.Add(-instance.KeepOnce))),
			db.NewDelete().Table("tickets").Where("expires < ?", micros(now)),
			db.NewDelete().Table("revisions").Where("object IN (SELECT object FROM revisions WHERE verb = ? AND at < ?)",
				instance.VerbDelete, micros(now.Add(-keepWithdrawn))),
			db.NewDelete().Table("proposals").Where("answered > 0 AND answered < ? OR answered = 0 AND created < ?",
				micros(now.Add(-keepAnswered)), micros(now.Add(-keepOpen))),
		} {
			if _, err := old.Exec(ctx); err != nil {
				return fmt.Errorf("purge: %w", err)
			}
		}
		_, err = db.NewUpdate().Table("proposals").Set("email = ''").
			Where("email <> '' AND answered > 0 AND answered < ?", micros(now.Add(-keepAddress))).Exec(ctx)
		if err != nil {
			return fmt.Errorf("purge addresses: %w", err)
		}
		return nil
	})
}

// waitingReceived lists the activities whose job has not run.
func waitingReceived(ctx context.Context, db bun.IDB) ([]int64, error) {
	var args []string
	err := db.NewSelect().Table("jobs").Column("args").Where("kind = ?", instance.JobReceive).Scan(ctx, &args)
	if err != nil {
		return nil, fmt.Errorf("list jobs to receive: %w", err)
	}
	seqs := make([]int64, 0, len(args))
	for _, arg := range args {
		var a instance.ReceiveArgs
		if err := json.Unmarshal([]byte(arg), &a); err != nil {
			return nil, fmt.Errorf("arguments of a receive job %s: %w", arg, err)
		}
		seqs = append(seqs, a.Seq)
	}
	return seqs, nil
}
