package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/migrations"
)

// Options say which database to open.
type Options struct {
	// DSN is a file path (or file:…, sqlite:…) for SQLite, made if it does not exist,
	// or postgres://… for PostgreSQL. Required.
	DSN string
	Log *slog.Logger // slog.Default when nil
}

// Store implements instance.Store. It is safe for concurrent use.
type Store struct {
	reader
	writer *bun.DB
	groups *groups // nil on PostgreSQL, which has several writers and groups their commits by itself
	log    *slog.Logger
	ready  chan struct{}
}

var _ instance.Store = (*Store)(nil)

// Open opens the database and brings its schema up to date. Its errors are
// sentences for the host. ErrNewerSchema: a later version of maillage used it.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	var (
		writer, readers *bun.DB
		steps           []migrations.Migration
		err             error
	)
	switch {
	case o.DSN == "":
		return nil, errors.New("aucune base de données n’est configurée : donnez un chemin de fichier ou une adresse postgres://…")
	case isPostgres(o.DSN):
		writer, err = openPostgres(ctx, o.DSN)
		readers, steps = writer, migrations.Postgres()
	default:
		writer, readers, err = openSQLite(ctx, o.DSN)
		steps = migrations.SQLite()
	}
	if err != nil {
		return nil, err
	}
	s := &Store{reader: reader{readers}, writer: writer, log: o.Log, ready: make(chan struct{}, 1)}
	if err := migrate(ctx, writer, steps, o.Log); err != nil {
		return nil, errors.Join(err, s.closePools())
	}
	if !onPostgres(writer) {
		s.groups = newGroups(writer)
	}
	return s, nil
}

// isPostgres tells the two kinds of DSN apart.
func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Close waits for what is being written, then closes the database. Nothing may
// be asked of the store afterwards.
func (s *Store) Close() error {
	if s.groups != nil {
		s.groups.drain()
	}
	return s.closePools()
}

func (s *Store) closePools() error {
	var err error
	if pool, ok := s.db.(*bun.DB); ok && pool != s.writer {
		err = pool.Close()
	}
	return errors.Join(err, s.writer.Close())
}

// Write implements instance.Store. An error of any of tx's methods ends the
// transaction: fn returns it. On SQLite, Write inside fn waits for itself, and fails.
func (s *Store) Write(ctx context.Context, fn func(tx instance.Tx) error) error {
	enqueued := false
	err := s.transact(ctx, func(db bun.Tx) error {
		t := &transaction{reader: reader{db}}
		err := fn(t)
		enqueued = t.enqueued
		return err
	})
	if err == nil && enqueued {
		s.signal()
	}
	return err
}

// maxTries bounds how often a transaction runs that loses to concurrent ones.
const maxTries = 8

// transact runs fn in a transaction, again when the database asks for it.
func (s *Store) transact(ctx context.Context, fn func(bun.Tx) error) error {
	if s.groups != nil {
		return s.groups.transact(ctx, fn)
	}
	for try := 1; ; try++ {
		err := s.writer.RunInTx(ctx, nil, func(_ context.Context, db bun.Tx) error { return fn(db) })
		if err == nil || try == maxTries || !retryable(err) {
			return err
		}
		pause := time.Duration(1+rand.IntN(10*try)) * time.Millisecond
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// signal wakes the runner of jobs, if it is not about to wake already.
func (s *Store) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// reader answers questions from a pool, or inside a transaction.
type reader struct{ db bun.IDB }

// transaction implements instance.Tx.
type transaction struct {
	reader
	enqueued bool
}

var _ instance.Tx = (*transaction)(nil)

// Lock implements instance.Tx. SQLite has one writer at a time: nothing to do.
func (t *transaction) Lock(ctx context.Context, key string) error {
	if !onPostgres(t.db) {
		return nil
	}
	if _, err := t.db.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", key).Exec(ctx); err != nil {
		return fmt.Errorf("lock %s: %w", key, err)
	}
	return nil
}

func onPostgres(db bun.IDB) bool { return db.Dialect().Name() == dialect.PG }

// missing names what was looked for when there is no such row.
func missing(err error, what, id string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s %s: %w", what, id, instance.ErrNotFound)
	}
	return fmt.Errorf("load %s %s: %w", what, id, err)
}

// conflict maps a broken unique index to ErrConflict.
func conflict(err error, what, id string) error {
	switch {
	case err == nil:
		return nil
	case uniqueViolation(err):
		return fmt.Errorf("%s %s: %w", what, id, instance.ErrConflict)
	}
	return fmt.Errorf("save %s %s: %w", what, id, err)
}

// defaultLimit is the size of a page when a filter does not say.
const defaultLimit = 50

func limitOr(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return limit
}

// each reads the rows of a list, by the method that reads one.
func each[R, T any](rows []R, read func(*R) (T, error)) ([]T, error) {
	list := make([]T, len(rows))
	for i := range rows {
		var err error
		if list[i], err = read(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// eachOf is each for a method that returns a pointer.
func eachOf[R, T any](rows []R, read func(*R) (*T, error)) ([]T, error) {
	return each(rows, func(row *R) (value T, err error) {
		read, err := read(row)
		if err == nil {
			value = *read
		}
		return value, err
	})
}

// micros is a time as it is stored: microseconds since 1970, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros reads micros back, in UTC.
func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
