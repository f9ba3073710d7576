package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type followRow struct {
	bun.BaseModel `bun:"table:follows"`

	Actor   string `bun:"actor,pk"`
	Object  string `bun:"object,pk"`
	ID      string `bun:"id"`
	State   string `bun:"state"`
	Raw     []byte `bun:"raw"`
	Created int64  `bun:"created"`
	Updated int64  `bun:"updated"`
}

func (row *followRow) follow() instance.Follow {
	return instance.Follow{
		ID: row.ID, Actor: row.Actor, Object: row.Object, State: instance.FollowState(row.State), Raw: row.Raw,
		Created: fromMicros(row.Created), Updated: fromMicros(row.Updated),
	}
}

// Follow implements instance.Reader.
func (r reader) Follow(ctx context.Context, actor, object string) (*instance.Follow, error) {
	var row followRow
	err := r.db.NewSelect().Model(&row).Where("actor = ? AND object = ?", actor, object).Scan(ctx)
	if err != nil {
		return nil, missing(err, "follow", actor+" -> "+object)
	}
	follow := row.follow()
	return &follow, nil
}

// Follows implements instance.Reader, newest first.
func (r reader) Follows(ctx context.Context, f instance.FollowFilter) ([]instance.Follow, int, error) {
	var rows []followRow
	q := r.db.NewSelect().Model(&rows).OrderExpr("created DESC, actor, object")
	if f.Actor != "" {
		q.Where("actor = ?", f.Actor)
	}
	if f.Object != "" {
		q.Where("object = ?", f.Object)
	}
	if f.State != "" {
		q.Where("state = ?", f.State)
	}
	total, err := page(ctx, q, &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list follows: %w", err)
	}
	follows := make([]instance.Follow, len(rows))
	for i := range rows {
		follows[i] = rows[i].follow()
	}
	return follows, total, nil
}

// unreachable selects the server of an actor a if nothing is to be sent there: it is
// blocked, or parked and not to be tried yet. parked are its arguments.
const unreachable = `SELECT 1 FROM hosts h WHERE h.domain IN (a.origin, a.inbox_host)
			AND (h.blocked OR h.failures >= ? AND h.last_ok < ? AND h.next_at > ?)`

func parked() []any {
	now := time.Now()
	return []any{instance.ParkedFailures, micros(now.Add(-instance.ParkedAfter)), micros(now)}
}

// FollowerInboxes implements instance.Reader.
func (r reader) FollowerInboxes(ctx context.Context, actors ...string) ([]string, error) {
	if len(actors) == 0 {
		return nil, nil
	}
	var inboxes []string
	err := r.db.NewRaw(`
		SELECT DISTINCT a.inbox FROM follows f JOIN actors a ON a.id = f.actor
		WHERE f.object IN (?) AND f.state = ? AND a.origin <> '' AND a.gone = 0 AND a.inbox <> ''
		AND NOT EXISTS (`+unreachable+`)
		ORDER BY a.inbox`, append([]any{bun.List(actors), instance.FollowAccepted}, parked()...)...).Scan(ctx, &inboxes)
	if err != nil {
		return nil, fmt.Errorf("list inboxes of followers: %w", err)
	}
	return inboxes, nil
}

// FollowersOn implements instance.JobReader. It walks the actors of the server: far
// fewer than the followers of a large account.
func (r reader) FollowersOn(ctx context.Context, actor, domain string, limit int) ([]string, error) {
	var ids []string
	err := r.db.NewRaw(`
		SELECT a.id FROM actors a WHERE a.origin = ? AND a.origin <> '' AND a.gone = 0
		AND EXISTS (SELECT 1 FROM follows f WHERE f.actor = a.id AND f.object = ? AND f.state = ?)
		ORDER BY a.id LIMIT ?`, domain, actor, instance.FollowAccepted, limit).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list followers on %s: %w", domain, err)
	}
	return ids, nil
}

// SaveFollow implements instance.Tx.
func (t *transaction) SaveFollow(ctx context.Context, f instance.Follow) error {
	row := &followRow{
		Actor: f.Actor, Object: f.Object, ID: f.ID, State: string(f.State), Raw: f.Raw,
		Created: micros(f.Created), Updated: micros(f.Updated),
	}
	_, err := t.db.NewInsert().Model(row).On("CONFLICT (actor, object) DO UPDATE").
		Set("id = EXCLUDED.id, state = EXCLUDED.state, raw = EXCLUDED.raw, created = EXCLUDED.created, updated = EXCLUDED.updated").
		Exec(ctx)
	return conflict(err, "follow", f.ID)
}

// DeleteFollow implements instance.Tx. A follow that is not there is no error.
func (t *transaction) DeleteFollow(ctx context.Context, actor, object string) error {
	_, err := t.db.NewRaw("DELETE FROM follows WHERE actor = ? AND object = ?", actor, object).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete follow %s -> %s: %w", actor, object, err)
	}
	return nil
}
