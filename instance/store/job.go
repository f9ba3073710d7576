package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/maillage/maillage/instance"
)

// jobRow is a job that waits until DueAt, or is leased until DueAt.
type jobRow struct {
	bun.BaseModel `bun:"table:jobs,alias:j"`

	ID      int64  `bun:"id,pk,autoincrement"`
	Kind    string `bun:"kind"`
	Args    string `bun:"args"`
	Key     string `bun:"key"`
	Uniq    string `bun:"uniq"`
	DueAt   int64  `bun:"due_at"`
	Leased  bool   `bun:"leased"`
	Attempt int    `bun:"attempt"`
	Cause   string `bun:"cause"`
	Created int64  `bun:"created"`
}

func (row *jobRow) job() instance.Job {
	return instance.Job{
		ID: row.ID, Kind: row.Kind, Args: json.RawMessage(row.Args), Key: row.Key, Unique: row.Uniq,
		RunAt: fromMicros(row.DueAt), Attempt: row.Attempt, Created: fromMicros(row.Created),
	}
}

// Enqueue implements instance.Tx.
func (t *transaction) Enqueue(ctx context.Context, jobs ...instance.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	t.enqueued = true
	return enqueue(ctx, t.db, jobs)
}

// enqueue inserts jobs. A waiting job with the same kind and Unique absorbs a new
// one, and is brought forward if it is due later.
//
// DO NOTHING would not do on PostgreSQL: DO UPDATE locks the waiting row even
// when its condition is false, so that nobody claims it before this transaction
// is there to be seen.
func enqueue(ctx context.Context, db bun.IDB, jobs []instance.Job) error {
	for rows := range slices.Chunk(jobRows(jobs, time.Now()), 500) {
		_, err := db.NewInsert().Model(&rows).ModelTableExpr("jobs AS j").ExcludeColumn("id").
			On("CONFLICT (kind, uniq) WHERE NOT leased AND uniq <> '' DO UPDATE").
			Set("due_at = EXCLUDED.due_at").Where("EXCLUDED.due_at < j.due_at").
			Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
	}
	return nil
}

// jobRows makes rows of jobs. Of those with the same kind and Unique the first
// due is kept: one statement cannot meet the same row twice.
func jobRows(jobs []instance.Job, now time.Time) []jobRow {
	rows := make([]jobRow, 0, len(jobs))
	seen := map[[2]string]int{}
	for _, job := range jobs {
		due := now
		if job.RunAt.After(now) {
			due = job.RunAt
		}
		row := jobRow{
			Kind: job.Kind, Args: string(job.Args), Key: job.Key, Uniq: job.Unique,
			DueAt: micros(due), Created: micros(now),
		}
		id := [2]string{job.Kind, job.Unique}
		if i, ok := seen[id]; ok && job.Unique != "" {
			rows[i].DueAt = min(rows[i].DueAt, row.DueAt)
			continue
		}
		seen[id] = len(rows)
		rows = append(rows, row)
	}
	// Transactions that bring the same rows forward take them in the same order.
	slices.SortStableFunc(rows, func(a, b jobRow) int { return cmp.Compare(a.Uniq, b.Uniq) })
	return rows
}

// Ready implements instance.Queue.
func (s *Store) Ready() <-chan struct{} { return s.ready }

// Claim implements instance.Queue. perKey counts the leases of these kinds.
func (s *Store) Claim(ctx context.Context, kinds []string, n, perKey int, lease time.Duration) ([]instance.Job, error) {
	return s.claim(ctx, kinds, n, keyLimit{jobs: perKey, perLease: 1}, lease)
}

// ClaimSeries implements instance.Queue.
func (s *Store) ClaimSeries(ctx context.Context, kinds []string, n, perKey int, lease time.Duration) ([]instance.Job, error) {
	return s.claim(ctx, kinds, n, keyLimit{jobs: perKey, perLease: perKey}, lease)
}

// keyLimit bounds the leased jobs of a key; each that is leased already counts as
// perLease of them.
type keyLimit struct{ jobs, perLease int }

func (s *Store) claim(ctx context.Context, kinds []string, n int, limit keyLimit, lease time.Duration) ([]instance.Job, error) {
	if n <= 0 || len(kinds) == 0 {
		return nil, nil
	}
	// Ask a reader first: an idle queue never takes the writer.
	due, err := s.db.NewSelect().Table("jobs").Where("kind IN (?) AND due_at <= ?", bun.List(kinds), micros(time.Now())).Exists(ctx)
	if err != nil || !due {
		return nil, err
	}
	var jobs []instance.Job
	err = s.transact(ctx, func(db bun.Tx) error {
		jobs = nil
		rows, err := dueJobs(ctx, db, kinds, n, limit)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i := range rows {
			rows[i].Attempt++
			ids[i] = rows[i].ID
			jobs = append(jobs, rows[i].job())
		}
		_, err = db.NewRaw("UPDATE jobs SET leased = TRUE, attempt = attempt + 1, due_at = ? WHERE id IN (?)",
			micros(time.Now().Add(lease)), bun.List(ids)).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	return jobs, nil
}

// dueJobs reads the jobs to lease, locked until commit.
func dueJobs(ctx context.Context, db bun.Tx, kinds []string, n int, limit keyLimit) ([]jobRow, error) {
	var rows []jobRow
	now := micros(time.Now())
	q := db.NewSelect().Model(&rows).Where("j.due_at <= ?", now).OrderExpr("j.due_at, j.id")
	if limit.jobs > 0 {
		// Two processes that count the same leases at once would exceed the limit.
		if err := (&transaction{reader: reader{db}}).Lock(ctx, "maillage claim "+strings.Join(kinds, " ")); err != nil {
			return nil, err
		}
		q.Where("j.id IN (?)", fairlyDue(onPostgres(db), kinds, now, n, limit))
	} else {
		q.Where("j.kind IN (?)", bun.List(kinds)).Limit(int64(n))
	}
	if onPostgres(db) {
		q.For("UPDATE SKIP LOCKED")
	}
	err := q.Scan(ctx)
	return rows, err
}

// fairlyDue selects the ids of the n oldest due jobs, counting at most limit.jobs of
// each key, leased ones included. It walks the keys, not the jobs, by one index
// seek a key: a host with 100,000 rows costs no more than another. The sign in
// +due_at keeps SQLite from counting leases by that index, through all that waits.
func fairlyDue(postgres bool, kinds []string, now int64, n int, limit keyLimit) schema.QueryAppender {
	const oldest = "SELECT c.id, c.due_at FROM jobs c WHERE c.key = keys.key AND c.key <> '' AND c.kind IN (?0) AND c.due_at <= ?1 ORDER BY c.due_at, c.id LIMIT ?3"
	candidates := "keys CROSS JOIN LATERAL (" + oldest + ") o"
	if !postgres { // SQLite has no LATERAL, but drives a join by a correlated list
		candidates = "keys CROSS JOIN jobs o ON o.id IN (SELECT id FROM (" + oldest + "))"
	}
	return bun.SafeQuery(`
		WITH RECURSIVE keys(key) AS (
			SELECT min(key) FROM jobs WHERE key <> ''
			UNION ALL
			SELECT (SELECT min(key) FROM jobs WHERE key <> '' AND key > keys.key) FROM keys WHERE keys.key IS NOT NULL
		), busy AS (
			SELECT key, count(*) AS leases FROM jobs WHERE leased AND key <> '' AND kind IN (?0) AND +due_at > ?1 GROUP BY key
		), keyed AS (
			SELECT o.id, o.due_at, ?4 * coalesce(busy.leases, 0) +
				row_number() OVER (PARTITION BY keys.key ORDER BY o.due_at, o.id) AS place
			FROM `+candidates+` LEFT JOIN busy ON busy.key = keys.key
		), free AS (
			SELECT id, due_at FROM jobs WHERE key = '' AND kind IN (?0) AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2
		)
		SELECT id FROM (SELECT id, due_at FROM keyed WHERE place <= ?3 UNION ALL SELECT id, due_at FROM free) due
		ORDER BY due_at, id LIMIT ?2`, bun.List(kinds), now, n, limit.jobs, limit.perLease)
}

// Recover implements instance.Queue. A leased job gives way to a waiting twin.
func (s *Store) Recover(ctx context.Context) error {
	if onPostgres(s.writer) {
		return nil
	}
	err := s.transact(ctx, func(db bun.Tx) error {
		_, err := db.NewRaw(`DELETE FROM jobs WHERE leased AND uniq <> '' AND EXISTS (SELECT 1 FROM jobs w
			WHERE w.kind = jobs.kind AND w.uniq = jobs.uniq AND NOT w.leased AND w.uniq <> '')`).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = db.NewRaw("UPDATE jobs SET leased = FALSE, due_at = ? WHERE leased", micros(time.Now())).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	return nil
}

// Finish implements instance.Queue.
func (s *Store) Finish(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.writer.NewRaw("DELETE FROM jobs WHERE id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("finish jobs: %w", err)
	}
	return nil
}

// Reschedule implements instance.Queue. A job whose Unique is waiting again by
// now gives way to the waiting one.
func (s *Store) Reschedule(ctx context.Context, id int64, at time.Time, counted bool, cause string) error {
	back := 1
	if counted {
		back = 0
	}
	err := s.transact(ctx, func(db bun.Tx) error {
		res, err := db.NewRaw(`UPDATE jobs SET leased = FALSE, due_at = ?, attempt = attempt - ?, cause = ? WHERE id = ?
			AND (uniq = '' OR NOT EXISTS (SELECT 1 FROM jobs w WHERE w.kind = jobs.kind AND w.uniq = jobs.uniq
				AND NOT w.leased AND w.uniq <> '' AND w.id <> jobs.id))`,
			micros(at), back, printable(cause), id).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = db.NewRaw("DELETE FROM jobs WHERE id = ?", id).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("reschedule job %d: %w", id, err)
	}
	return nil
}

// Fail implements instance.Queue.
func (s *Store) Fail(ctx context.Context, id int64, cause string) error {
	err := s.transact(ctx, func(db bun.Tx) error {
		_, err := db.NewRaw(`INSERT INTO failed_jobs (id, kind, args, key, attempt, cause, created, failed)
			SELECT id, kind, args, key, attempt, ?, created, ? FROM jobs WHERE id = ?`,
			printable(cause), micros(time.Now()), id).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = db.NewRaw("DELETE FROM jobs WHERE id = ?", id).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("park job %d: %w", id, err)
	}
	return nil
}

// Pending implements instance.Queue.
func (s *Store) Pending(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Kind  string `bun:"kind"`
		Count int    `bun:"count"`
	}
	if err := s.db.NewRaw("SELECT kind, count(*) AS count FROM jobs GROUP BY kind").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	pending := make(map[string]int, len(rows))
	for _, row := range rows {
		pending[row.Kind] = row.Count
	}
	return pending, nil
}

// maxCause is how much of an error is kept, in bytes: a stranger's server writes it.
const maxCause = 2000

// printable makes a stranger's text fit to keep: PostgreSQL takes no NUL.
func printable(text string) string {
	if len(text) > maxCause {
		text = text[:maxCause]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
}
