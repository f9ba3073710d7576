package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type reactionRow struct {
	bun.BaseModel `bun:"table:reactions"`

	Object  string `bun:"object,pk"`
	Kind    string `bun:"kind,pk"`
	Actor   string `bun:"actor,pk"`
	ID      string `bun:"id"`
	Created int64  `bun:"created"`
}

// Reactions implements instance.ReactionReader.
func (r reader) Reactions(ctx context.Context, object string, kind instance.ReactionKind) (int, error) {
	n, err := r.db.NewSelect().Table("reactions").Where("object = ? AND kind = ?", object, kind).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count reactions to %s: %w", object, err)
	}
	return int(n), nil
}

// ReactionByID implements instance.ReactionReader.
func (r reader) ReactionByID(ctx context.Context, actor, id string) (*instance.Reaction, error) {
	var row reactionRow
	if err := r.db.NewSelect().Model(&row).Where("actor = ? AND id = ? AND id <> ''", actor, id).Limit(1).Scan(ctx); err != nil {
		return nil, missing(err, "reaction", id)
	}
	return &instance.Reaction{
		Object: row.Object, Kind: instance.ReactionKind(row.Kind), Actor: row.Actor, ID: row.ID, Created: fromMicros(row.Created),
	}, nil
}

// SaveReaction implements instance.ReactionTx.
func (t *transaction) SaveReaction(ctx context.Context, r instance.Reaction) error {
	_, err := t.db.NewInsert().Model(&reactionRow{
		Object: r.Object, Kind: string(r.Kind), Actor: r.Actor, ID: r.ID, Created: micros(r.Created),
	}).On("CONFLICT (object, kind, actor) DO UPDATE").Set("id = EXCLUDED.id").Exec(ctx)
	return conflict(err, "reaction", r.ID)
}

// DeleteReaction implements instance.ReactionTx.
func (t *transaction) DeleteReaction(ctx context.Context, object string, kind instance.ReactionKind, actor string) error {
	_, err := t.db.NewDelete().Table("reactions").Where("object = ? AND kind = ? AND actor = ?", object, kind, actor).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete reaction to %s: %w", object, err)
	}
	return nil
}

// SaveUndone implements instance.ReactionTx. What was remembered for an hour is
// forgotten by the way.
func (t *transaction) SaveUndone(ctx context.Context, actor, id string, at time.Time) error {
	if _, err := t.db.NewDelete().Table("undone").Where("at < ?", micros(at.Add(-time.Hour))).Exec(ctx); err != nil {
		return fmt.Errorf("forget what was undone: %w", err)
	}
	_, err := t.db.NewRaw("INSERT INTO undone (actor, id, at) VALUES (?, ?, ?) ON CONFLICT (actor, id) DO UPDATE SET at = EXCLUDED.at",
		actor, id, micros(at)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember that %s was undone: %w", id, err)
	}
	return nil
}

// TakeUndone implements instance.ReactionTx.
func (t *transaction) TakeUndone(ctx context.Context, actor, id string, after time.Time) (bool, error) {
	res, err := t.db.NewRaw("DELETE FROM undone WHERE actor = ? AND id = ? AND at > ?", actor, id, micros(after)).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("was %s undone: %w", id, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// ForgetActor implements instance.ReactionTx.
func (t *transaction) ForgetActor(ctx context.Context, actor string) error {
	for _, table := range []string{"reactions", "replies", "blocks", "undone"} {
		if _, err := t.db.NewDelete().Table(table).Where("actor = ?", actor).Exec(ctx); err != nil {
			return fmt.Errorf("forget the %s of %s: %w", table, actor, err)
		}
	}
	return nil
}

type blockRow struct {
	bun.BaseModel `bun:"table:blocks"`

	Actor   string `bun:"actor,pk"`
	Object  string `bun:"object,pk"`
	ID      string `bun:"id"`
	Created int64  `bun:"created"`
}

func (row *blockRow) block() *instance.Block {
	return &instance.Block{Actor: row.Actor, Object: row.Object, ID: row.ID, Created: fromMicros(row.Created)}
}

// Block implements instance.BlockReader.
func (r reader) Block(ctx context.Context, actor, object string) (*instance.Block, error) {
	var row blockRow
	if err := r.db.NewSelect().Model(&row).Where("actor = ? AND object = ?", actor, object).Scan(ctx); err != nil {
		return nil, missing(err, "block", object)
	}
	return row.block(), nil
}

// BlockByID implements instance.BlockReader.
func (r reader) BlockByID(ctx context.Context, actor, id string) (*instance.Block, error) {
	var row blockRow
	if err := r.db.NewSelect().Model(&row).Where("actor = ? AND id = ? AND id <> ''", actor, id).Limit(1).Scan(ctx); err != nil {
		return nil, missing(err, "block", id)
	}
	return row.block(), nil
}

// SaveBlock implements instance.BlockTx.
func (t *transaction) SaveBlock(ctx context.Context, b instance.Block) error {
	_, err := t.db.NewInsert().Model(&blockRow{Actor: b.Actor, Object: b.Object, ID: b.ID, Created: micros(b.Created)}).
		On("CONFLICT (actor, object) DO UPDATE").Set("id = EXCLUDED.id").Exec(ctx)
	return conflict(err, "block", b.ID)
}

// DeleteBlock implements instance.BlockTx.
func (t *transaction) DeleteBlock(ctx context.Context, actor, object string) error {
	if _, err := t.db.NewDelete().Table("blocks").Where("actor = ? AND object = ?", actor, object).Exec(ctx); err != nil {
		return fmt.Errorf("delete block of %s: %w", object, err)
	}
	return nil
}
