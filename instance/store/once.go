package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type onceRow struct {
	bun.BaseModel `bun:"table:requests_once"`

	Token  string `bun:"token,pk"`
	Key    string `bun:"key,pk"`
	Digest string `bun:"digest"`
	Answer []byte `bun:"answer"`
	At     int64  `bun:"at"`
}

// Once implements instance.OnceReader.
func (r reader) Once(ctx context.Context, token, key string) (*instance.Once, error) {
	var row onceRow
	if err := r.db.NewSelect().Model(&row).Where("token = ? AND key = ?", token, key).Scan(ctx); err != nil {
		return nil, missing(err, "request under the key", key)
	}
	return &instance.Once{Token: row.Token, Key: row.Key, Digest: row.Digest, Answer: row.Answer, At: fromMicros(row.At)}, nil
}

// SaveOnce implements instance.OnceTx.
func (t *transaction) SaveOnce(ctx context.Context, o instance.Once) error {
	_, err := t.db.NewInsert().
		Model(&onceRow{Token: o.Token, Key: o.Key, Digest: o.Digest, Answer: o.Answer, At: micros(o.At)}).
		On("CONFLICT (token, key) DO UPDATE").Set("digest = EXCLUDED.digest, answer = EXCLUDED.answer, at = EXCLUDED.at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the request under %q: %w", o.Key, err)
	}
	return nil
}

// DeleteOnce implements instance.OnceTx.
func (t *transaction) DeleteOnce(ctx context.Context, token, key string) error {
	if _, err := t.db.NewDelete().Table("requests_once").Where("token = ? AND key = ?", token, key).Exec(ctx); err != nil {
		return fmt.Errorf("forget the request under %q: %w", key, err)
	}
	return nil
}
