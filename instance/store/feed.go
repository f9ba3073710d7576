package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type feedRow struct {
	bun.BaseModel `bun:"table:feeds"`

	ID      string `bun:"id,pk"`
	Owner   string `bun:"owner"`
	Created int64  `bun:"created"`
	Data    string `bun:"data"`
}

func (row *feedRow) feed() (*instance.Feed, error) {
	var f instance.Feed
	if err := json.Unmarshal([]byte(row.Data), &f); err != nil {
		return nil, fmt.Errorf("decode feed %s: %w", row.ID, err)
	}
	return &f, nil
}

var _ instance.FeedStore = (*Store)(nil)

// Feed implements instance.FeedStore.
func (s *Store) Feed(ctx context.Context, id string) (*instance.Feed, error) {
	var row feedRow
	if err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "feed", id)
	}
	return row.feed()
}

// Feeds implements instance.FeedStore.
func (s *Store) Feeds(ctx context.Context, owner string) ([]instance.Feed, error) {
	var rows []feedRow
	q := s.db.NewSelect().Model(&rows).OrderExpr("created, id")
	if owner != "" {
		q.Where("owner = ?", owner)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list feeds: %w", err)
	}
	return eachOf(rows, (*feedRow).feed)
}

// SaveFeed implements instance.FeedStore.
func (s *Store) SaveFeed(ctx context.Context, f instance.Feed, jobs ...instance.Job) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode feed %s: %w", f.ID, err)
	}
	row := &feedRow{ID: f.ID, Owner: f.Owner, Created: micros(f.Created), Data: string(data)}
	return s.Write(ctx, func(tx instance.Tx) error {
		t, ok := tx.(*transaction)
		if !ok {
			return fmt.Errorf("save feed %s: not a transaction of this store", f.ID)
		}
		_, err := t.db.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").Set("owner = EXCLUDED.owner, data = EXCLUDED.data").Exec(ctx)
		if err != nil {
			return conflict(err, "feed", f.ID)
		}
		return t.Enqueue(ctx, jobs...)
	})
}

// DeleteFeed implements instance.FeedStore.
func (s *Store) DeleteFeed(ctx context.Context, id string) error {
	return s.transact(ctx, func(db bun.Tx) error {
		_, err := db.NewDelete().Model((*feedRow)(nil)).Where("id = ?", id).Exec(ctx)
		return err
	})
}
