package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite opens the one writer connection and the pool of readers.
//
// A second writer would not fail but starve: SQLite waits for its lock with
// growing sleeps, a pool of one connection is a fair queue.
func openSQLite(ctx context.Context, dsn string) (writer, readers *bun.DB, err error) {
	path := sqlitePath(dsn)
	if err := createFile(path); err != nil {
		return nil, nil, err
	}
	// FULL: what is committed survives a power cut, not only kill -9.
	writer, err = openPool(ctx, path, 1, "_txlock", "immediate", "_pragma", "journal_mode(WAL)", "_pragma", "synchronous(FULL)")
	if err != nil {
		return nil, nil, err
	}
	readers, err = openPool(ctx, path, max(4, runtime.GOMAXPROCS(0)), "_pragma", "query_only(1)", "_pragma", "cache_size(-1000)")
	if err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	return writer, readers, nil
}

// sqlitePath is the file that a DSN names.
func sqlitePath(dsn string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "file:")
	path, _, _ = strings.Cut(path, "?")
	if strings.HasPrefix(path, "///") { // sqlite:///srv/maillage.db
		path = path[2:]
	}
	return path
}

// createFile makes the database file and its folder, readable by their owner
// alone: they hold private keys.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("impossible de créer le dossier de la base de données : %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("impossible d’ouvrir la base de données : %w", err)
	}
	return file.Close()
}

// openPool opens up to size connections, with pairs of parameters of the driver.
func openPool(ctx context.Context, path string, size int, pairs ...string) (*bun.DB, error) {
	params := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)"}}
	for i := 0; i < len(pairs); i += 2 {
		params.Add(pairs[i], pairs[i+1])
	}
	writes := params.Has("_txlock") // of the writer alone
	connector, err := newConnector("file:"+(&url.URL{Path: path}).EscapedPath()+"?"+params.Encode(), writes)
	if err != nil {
		return nil, fmt.Errorf("base de données %s : %w", path, err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(time.Minute) // each keeps pages
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("base de données %s : %w", path, err), pool.Close())
	}
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

// sqliteUnique says that a row broke a unique index or primary key of SQLite.
func sqliteUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
