package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

// Jobs implements instance.JobReader.
func (r reader) Jobs(ctx context.Context, f instance.JobFilter) ([]instance.JobState, error) {
	var rows []jobRow
	q := r.db.NewSelect().Model(&rows).OrderExpr("id").Limit(int64(limitOr(f.Limit)))
	if err := selectJobs(q, f).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	out := make([]instance.JobState, len(rows))
	for i, row := range rows {
		out[i] = instance.JobState{Job: row.job(), Leased: row.Leased, Cause: row.Cause}
	}
	return out, nil
}

type failedJobRow struct {
	bun.BaseModel `bun:"table:failed_jobs,alias:j"`

	ID      int64  `bun:"id,pk"`
	Kind    string `bun:"kind"`
	Args    string `bun:"args"`
	Key     string `bun:"key"`
	Attempt int    `bun:"attempt"`
	Cause   string `bun:"cause"`
	Created int64  `bun:"created"`
	Failed  int64  `bun:"failed"`
}

// FailedJobs implements instance.JobReader.
func (r reader) FailedJobs(ctx context.Context, f instance.JobFilter) ([]instance.JobState, error) {
	var rows []failedJobRow
	q := r.db.NewSelect().Model(&rows).OrderExpr("failed DESC, id DESC").Limit(int64(limitOr(f.Limit)))
	if err := selectJobs(q, f).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list failed jobs: %w", err)
	}
	out := make([]instance.JobState, len(rows))
	for i, row := range rows {
		out[i] = instance.JobState{
			Job: instance.Job{
				ID: row.ID, Kind: row.Kind, Args: json.RawMessage(row.Args), Key: row.Key, Attempt: row.Attempt, Created: fromMicros(row.Created),
			},
			Cause: row.Cause, Failed: fromMicros(row.Failed),
		}
	}
	return out, nil
}

func selectJobs(q *bun.SelectQuery, f instance.JobFilter) *bun.SelectQuery {
	if f.Key != "" {
		q.Where("j.key = ? AND j.key <> ''", f.Key) // what follows AND has SQLite use the index of keys
	}
	if len(f.Kinds) > 0 {
		q.Where("j.kind IN (?)", bun.List(f.Kinds))
	}
	if f.Before != 0 {
		q.Where("j.id < ?", f.Before)
	}
	if f.Holds != "" {
		wanted, _ := json.Marshal(f.Holds) // a string always marshals
		escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(string(wanted))
		q.Where(`j.args LIKE ? ESCAPE '\'`, "%"+escaped+"%")
	}
	return q
}

// ActivitiesAbout implements instance.JobReader.
func (r reader) ActivitiesAbout(ctx context.Context, object string) ([]instance.Activity, error) {
	var rows []activityRow
	if err := r.db.NewSelect().Model(&rows).Where("object = ?", object).OrderExpr("seq").Limit(1000).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list activities about %s: %w", object, err)
	}
	activities := make([]instance.Activity, len(rows))
	for i := range rows {
		activities[i] = rows[i].activity()
	}
	return activities, nil
}

// Hurry implements instance.JobTx.
func (t *transaction) Hurry(ctx context.Context, kind, key string) error {
	now := micros(time.Now())
	_, err := t.db.NewRaw("UPDATE jobs SET due_at = ? WHERE key = ? AND key <> '' AND kind = ? AND NOT leased AND due_at > ?", now, key, kind, now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hurry jobs of %s: %w", key, err)
	}
	t.enqueued = true
	return nil
}
