package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// maxPostgresConns leaves room for several processes within PostgreSQL's default of 100.
const maxPostgresConns = 16

// openPostgres opens the pool.
func openPostgres(ctx context.Context, dsn string) (*bun.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx leaves the password out of this error.
		return nil, fmt.Errorf("adresse de la base PostgreSQL illisible : %w", err)
	}
	// bun writes the arguments into the query: preparing each text would only fill a cache.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(maxPostgresConns)
	pool.SetMaxIdleConns(maxPostgresConns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("la base PostgreSQL %s sur %s ne répond pas : %w", config.Database, config.Host, err), pool.Close())
	}
	return bun.NewDB(pool, pgdialect.New()), nil
}

// SQLSTATE codes of PostgreSQL (its manual, appendix A).
const (
	pgUniqueViolation      = "23505"
	pgSerializationFailure = "40001"
	pgDeadlock             = "40P01"
)

// uniqueViolation says that a row broke a unique index of either database.
func uniqueViolation(err error) bool { return sqliteUnique(err) || pgCode(err) == pgUniqueViolation }

// retryable says that the same transaction may succeed if it runs again.
func retryable(err error) bool {
	code := pgCode(err)
	return code == pgSerializationFailure || code == pgDeadlock
}

func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
