package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type onceRow struct {
	bun.BaseModel `bun:"table:published_once"`

	Actor  string `bun:"actor,pk"`
	Key    string `bun:"key,pk"`
	Digest string `bun:"digest"`
	Object string `bun:"object"`
	At     int64  `bun:"at"`
}

// PublishedOnce implements instance.OnceReader.
func (r reader) PublishedOnce(ctx context.Context, actor, key string) (*instance.Publication, error) {
	var row onceRow
	if err := r.db.NewSelect().Model(&row).Where("actor = ? AND key = ?", actor, key).Scan(ctx); err != nil {
		return nil, missing(err, "publication under the key", key)
	}
	return &instance.Publication{Actor: row.Actor, Key: row.Key, Digest: row.Digest, Object: row.Object, At: fromMicros(row.At)}, nil
}

// SavePublishedOnce implements instance.OnceTx.
func (t *transaction) SavePublishedOnce(ctx context.Context, p instance.Publication) error {
	_, err := t.db.NewInsert().
		Model(&onceRow{Actor: p.Actor, Key: p.Key, Digest: p.Digest, Object: p.Object, At: micros(p.At)}).
		On("CONFLICT (actor, key) DO UPDATE").Set("digest = EXCLUDED.digest, object = EXCLUDED.object, at = EXCLUDED.at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save what was published under %q: %w", p.Key, err)
	}
	return nil
}
