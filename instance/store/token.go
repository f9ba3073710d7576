package store

import (
	"context"
	"time"
)

// TokenOwner implements instance.Reader.
func (r reader) TokenOwner(ctx context.Context, hash string) (string, error) {
	var actor string
	err := r.db.NewSelect().Table("tokens").Column("actor").Where("hash = ?", hash).Scan(ctx, &actor)
	return actor, missing(err, "token", "")
}

// SaveToken implements instance.Tx; label is for the host to recognise it.
func (t *transaction) SaveToken(ctx context.Context, hash, actorID, label string) error {
	_, err := t.db.NewRaw(`INSERT INTO tokens (hash, actor, label, created) VALUES (?, ?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET actor = EXCLUDED.actor, label = EXCLUDED.label`,
		hash, actorID, label, micros(time.Now())).Exec(ctx)
	return conflict(err, "token", label)
}
