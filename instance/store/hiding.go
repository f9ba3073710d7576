package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type hidingRow struct {
	bun.BaseModel `bun:"table:hidings"`

	ID     string `bun:"id,pk"`
	Domain string `bun:"domain"`
	Owner  string `bun:"owner"`
	Block  bool   `bun:"block"`
	At     int64  `bun:"at"`
}

func (row *hidingRow) hiding() instance.Hiding {
	return instance.Hiding{ID: row.ID, Domain: row.Domain, Owner: row.Owner, Block: row.Block, At: fromMicros(row.At)}
}

// Hiding implements instance.HidingReader.
func (r reader) Hiding(ctx context.Context, id string) (*instance.Hiding, error) {
	var row hidingRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "hiding", id)
	}
	h := row.hiding()
	return &h, nil
}

// Hidings implements instance.HidingReader.
func (r reader) Hidings(ctx context.Context, domain string, limit int) ([]instance.Hiding, error) {
	var rows []hidingRow
	q := r.db.NewSelect().Model(&rows).Where("block = ?", domain != "").OrderExpr("owner, id").Limit(int64(limitOr(limit)))
	if domain != "" {
		q.Where("domain = ?", domain)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list what is hidden: %w", err)
	}
	hidings := make([]instance.Hiding, len(rows))
	for i := range rows {
		hidings[i] = rows[i].hiding()
	}
	return hidings, nil
}

// SaveHiding implements instance.HidingTx.
func (t *transaction) SaveHiding(ctx context.Context, h instance.Hiding) error {
	_, err := t.db.NewInsert().Model(&hidingRow{ID: h.ID, Domain: h.Domain, Owner: h.Owner, Block: h.Block, At: micros(h.At)}).
		On("CONFLICT (id) DO UPDATE").Set("owner = EXCLUDED.owner, block = EXCLUDED.block, at = EXCLUDED.at").Exec(ctx)
	return conflict(err, "hiding", h.ID)
}

// DeleteHiding implements instance.HidingTx; none is no error.
func (t *transaction) DeleteHiding(ctx context.Context, id string) error {
	if _, err := t.db.NewDelete().Table("hidings").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("forget that %s is hidden: %w", id, err)
	}
	return nil
}
