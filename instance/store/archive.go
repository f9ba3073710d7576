package store

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/instance"
)

// Raw implements instance.ArchiveReader.
func (r reader) Raw(ctx context.Context, id string) ([]byte, error) {
	var raw []byte
	err := r.db.NewRaw("SELECT raw FROM objects WHERE id = ?", id).Scan(ctx, &raw)
	return raw, missing(err, "object", id)
}

// Tombstones implements instance.ArchiveReader.
func (r reader) Tombstones(ctx context.Context, after string, limit int) ([]instance.Object, error) {
	var rows []objectRow
	err := r.db.NewSelect().Model(&rows).Column("kind", "data").
		Where("origin = '' AND deleted <> 0 AND id > ?", after).OrderExpr("id").Limit(int64(limitOr(limit))).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	return each(rows, (*objectRow).object)
}
