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
	return s.claim(ctx, kinds, n, keyLimit{jobs: perKey}, lease)
}

// ClaimSeries implements instance.Queue. The order of a series is that in which its
// jobs were enqueued, whatever became of them since: given back, recovered, or
// leased for too long, a job takes its place again.
//
// A job that waits (tried again, snoozed, or put off) holds back the later ones of
// its key until it is five minutes old, and is overtaken from then on. The bound is
// there because a key may be a whole server: without it, one job that always fails
// would silence everyone there for days. Handlers must bear that
// exception.
func (s *Store) ClaimSeries(ctx context.Context, kinds []string, n, perKey int, lease time.Duration) ([]instance.Job, error) {
	return s.claim(ctx, kinds, n, keyLimit{jobs: perKey, series: true}, lease)
}

// holdsBack is how old a waiting job is at most that later ones of its series wait for.
const holdsBack = 5 * time.Minute

// keyLimit bounds how many jobs of a key are leased: at once, or in series together.
type keyLimit struct {
	jobs   int
	series bool
}

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

// dueJobs reads the jobs to lease, locked until commit. One that another
// transaction has locked is left out; in series, where the next would overtake it,
// it is waited for.
func dueJobs(ctx context.Context, db bun.Tx, kinds []string, n int, limit keyLimit) ([]jobRow, error) {
	var rows []jobRow
	now := time.Now()
	q := db.NewSelect().Model(&rows).Where("j.due_at <= ?", micros(now))
	if limit.jobs > 0 {
		// Two processes that count the same leases at once would exceed the limit.
		if err := (&transaction{reader: reader{db}}).Lock(ctx, "maillage claim "+strings.Join(kinds, " ")); err != nil {
			return nil, err
		}
	}
	order, lock := "j.due_at, j.id", "UPDATE SKIP LOCKED"
	switch {
	case limit.series:
		order, lock = "j.id", "UPDATE"
		q.Where("j.id IN (?)", seriesDue(onPostgres(db), kinds, now, n, limit.jobs))
	case limit.jobs > 0:
		q.Where("j.id IN (?)", fairlyDue(onPostgres(db), kinds, now, n, limit.jobs))
	default:
		q.Where("j.kind IN (?)", bun.List(kinds)).Limit(int64(n))
	}
	if onPostgres(db) {
		q.For(lock)
	}
	err := q.OrderExpr(order).Scan(ctx)
	return rows, err
}

// The parts that fairlyDue and seriesDue share. They walk the keys, not the jobs, by
// one index seek a key: a host with 100,000 rows costs no more than another. ?0 are
// the kinds, ?1 is the time, ?2 how many jobs and ?3 how many of a key.
const (
	allKeys = `keys(key) AS (
			SELECT min(key) FROM jobs WHERE key <> ''
			UNION ALL
			SELECT (SELECT min(key) FROM jobs WHERE key <> '' AND key > keys.key) FROM keys WHERE keys.key IS NOT NULL
		)`
	keyless = "SELECT id, due_at FROM jobs WHERE key = '' AND kind IN (?0) AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2"
)

// ofEachKey joins keys with the rows o that the query finds for each of them.
func ofEachKey(postgres bool, query string) string {
	if postgres {
		return "keys CROSS JOIN LATERAL (" + query + ") o"
	}
	// SQLite has no LATERAL, but drives a join by a correlated list.
	return "keys CROSS JOIN jobs o ON o.id IN (SELECT id FROM (" + query + "))"
}

// fairlyDue selects the ids of the n oldest due jobs, counting at most perKey of each
// key, leased ones included. The sign in +due_at keeps SQLite from counting leases by
// that index, through all that waits.
func fairlyDue(postgres bool, kinds []string, now time.Time, n, perKey int) schema.QueryAppender {
	const oldest = "SELECT c.id, c.due_at FROM jobs c WHERE c.key = keys.key AND c.key <> '' AND c.kind IN (?0) AND c.due_at <= ?1 ORDER BY c.due_at, c.id LIMIT ?3"
	return bun.SafeQuery(`
		WITH RECURSIVE `+allKeys+`, busy AS (
			SELECT key, count(*) AS leases FROM jobs WHERE leased AND key <> '' AND kind IN (?0) AND +due_at > ?1 GROUP BY key
		), keyed AS (
			SELECT o.id, o.due_at, coalesce(busy.leases, 0) +
				row_number() OVER (PARTITION BY keys.key ORDER BY o.due_at, o.id) AS place
			FROM `+ofEachKey(postgres, oldest)+` LEFT JOIN busy ON busy.key = keys.key
		), free AS (`+keyless+`)
		SELECT id FROM (SELECT id, due_at FROM keyed WHERE place <= ?3 UNION ALL SELECT id, due_at FROM free) due
		ORDER BY due_at, id LIMIT ?2`, bun.List(kinds), micros(now), n, perKey)
}

// seriesDue selects the ids of n due jobs, the first enqueued: up to perKey of each
// key, none of a key of which one is leased, and none behind one that holds it back.
// The sign in +due_at has both databases read a key's jobs by jobs_series, in order.
func seriesDue(postgres bool, kinds []string, now time.Time, n, perKey int) schema.QueryAppender {
	const first = "SELECT c.id FROM jobs c WHERE c.key = keys.key AND c.key <> '' AND c.kind IN (?0) AND +c.due_at <= ?1 ORDER BY c.id LIMIT ?3"
	return bun.SafeQuery(`
		WITH RECURSIVE `+allKeys+`, held AS (
			SELECT key, min(CASE WHEN leased THEN 0 ELSE id END) AS id FROM jobs
			WHERE key <> '' AND kind IN (?0) AND due_at > ?1 AND (leased OR created > ?4) GROUP BY key
		), keyed AS (
			SELECT o.id FROM `+ofEachKey(postgres, first)+` LEFT JOIN held ON held.key = keys.key
			WHERE held.id IS NULL OR o.id < held.id
		), free AS (`+keyless+`)
		SELECT id FROM (SELECT id FROM keyed UNION ALL SELECT id FROM free) due
		ORDER BY id LIMIT ?2`, bun.List(kinds), micros(now), n, perKey, micros(now.Add(-holdsBack)))
}

// Recover implements instance.Queue. A leased job gives way to a waiting twin. The
// others are as old again as they are, before those enqueued after them: when they
// had been due, the lease wrote over.
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
		_, err = db.NewRaw("UPDATE jobs SET leased = FALSE, due_at = created WHERE leased").Exec(ctx)
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
	err := s.transact(ctx, func(db bun.Tx) error {
		_, err := db.NewRaw("DELETE FROM jobs WHERE id IN (?)", bun.List(ids)).Exec(ctx)
		return err
	})
	if err != nil {
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
