// Package storetest opens stores for tests: SQLite in a temporary folder, and
// PostgreSQL in a schema of its own on a server that lives as long as the tests.
package storetest

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/instance/store"
)

// Open gives a fresh SQLite store, closed at the end of the test.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenDSN(t, SQLite(t))
}

// Each runs a test on every database available, in parallel subtests.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	EachDSN(t, func(t *testing.T, dsn string) { test(t, OpenDSN(t, dsn)) })
}

// EachDSN is Each for a test that opens its stores itself. The DSN names an empty
// database of its own.
func EachDSN(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// OpenDSN opens a store, closed at the end of the test.
func OpenDSN(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// SQLite is the DSN of a database that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data", "maillage.db")
}
