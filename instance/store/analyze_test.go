package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestAnalyzeTellsTheDatabaseWhatWasLoaded(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.OpenDSN(t, dsn)
		var events []instance.Object
		for i := range 50 {
			events = append(events, event(fmt.Sprintf("e%d", i), instance.When{Start: monday}))
		}
		saveObjects(t, s, events...)
		for range 2 { // again after the next load
			if err := s.Analyze(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		db := open(t, dsn)
		statistics := "SELECT max(CAST(substr(stat, 1, instr(stat, ' ')) AS integer)) FROM sqlite_stat1 WHERE tbl = 'objects'"
		if strings.HasPrefix(dsn, "postgres") {
			statistics = "SELECT reltuples::integer FROM pg_class WHERE oid = 'objects'::regclass"
		}
		var rows int
		if err := db.QueryRowContext(t.Context(), statistics).Scan(&rows); err != nil || rows != 50 {
			t.Errorf("the database believes there are %d objects, %v", rows, err)
		}
	})
}

// open connects to the database of a store beside it.
func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
