package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/migrations"
)

// ErrNotSQLite says that a command is for databases in a file.
var ErrNotSQLite = errors.New("la base de données est un serveur PostgreSQL")

// BackUp writes a consistent copy of the SQLite database of a DSN into a new file,
// while the node runs. ErrNotSQLite; fs.ErrExist: the file is there.
func BackUp(ctx context.Context, dsn, file string) error {
	if isPostgres(dsn) {
		return ErrNotSQLite
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite fills an empty file, and keeps its mode
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	pool, err := openPool(ctx, sqlitePath(dsn), 1)
	if err != nil {
		return err
	}
	_, err = pool.NewRaw("VACUUM INTO ?", file).Exec(ctx)
	if err := errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("copie de la base de données vers %s : %w", file, err)
	}
	return nil
}

// Check looks for damage in the database: nil when there is none. Of PostgreSQL,
// which looks after itself, it asks only whether it answers.
func (s *Store) Check(ctx context.Context) error {
	if onPostgres(s.db) {
		_, err := s.db.NewRaw("SELECT 1").Exec(ctx)
		return err
	}
	return intact(ctx, s.db)
}

func intact(ctx context.Context, db bun.IDB) error {
	var says string
	if err := db.NewRaw("PRAGMA quick_check(1)").Scan(ctx, &says); err != nil {
		return err
	}
	if says != "ok" {
		return fmt.Errorf("base de données abîmée : %s", says)
	}
	return nil
}

// CheckFile says whether a file is a whole SQLite database that this version of
// maillage can open: an older schema is brought up to date when it is opened.
// ErrNewerSchema: it is from a later version.
func CheckFile(ctx context.Context, file string) error {
	pool, err := openPool(ctx, file, 1, "_pragma", "query_only(1)")
	if err != nil {
		return err
	}
	err = intact(ctx, pool)
	if err == nil {
		var applied []appliedStep
		if applied, err = appliedSteps(ctx, pool); err == nil {
			err = checkApplied(applied, migrations.SQLite())
		}
	}
	return errors.Join(err, pool.Close())
}

// QueueState is how the queue of jobs stands.
type QueueState struct {
	Waiting int       `json:"waiting"`
	Failed  int       `json:"failed"`          // given up, kept to be looked at
	Oldest  time.Time `json:"oldest,omitzero"` // since when the job that is due and waits longest is due
}

// Queue tells how the queue of jobs stands. Those that wait for another try, of a
// server that does not answer, are not late.
func (s *Store) Queue(ctx context.Context) (QueueState, error) {
	var state QueueState
	var oldest int64
	err := s.db.NewRaw("SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM failed_jobs), coalesce((SELECT min(due_at) FROM jobs WHERE NOT leased), 0)").
		Scan(ctx, &state.Waiting, &state.Failed, &oldest)
	if err != nil {
		return state, fmt.Errorf("state of the queue: %w", err)
	}
	state.Oldest = fromMicros(oldest)
	return state, nil
}
