package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// analyzed are the tables that lists are made of. The queue is not among them: what
// waits at one moment says nothing of the next, and its queries are written to do
// without statistics.
var analyzed = []string{"actors", "objects", "object_links", "follows", "activities"}

// Analyze brings up to date the statistics by which the database plans lists. It is
// for the end of a bulk load: until PostgreSQL's autovacuum comes by, a minute later
// or never where it is off, a list by theme of 10,000 events may take a second
// instead of a millisecond. It reads a sample, and holds no reader up.
func (s *Store) Analyze(ctx context.Context) error {
	return s.transact(ctx, func(db bun.Tx) error {
		if !onPostgres(db) { // rows looked at for each index; the connection keeps it
			if _, err := db.ExecContext(ctx, "PRAGMA analysis_limit = 1000"); err != nil {
				return fmt.Errorf("analyze: %w", err)
			}
		}
		for _, table := range analyzed {
			if _, err := db.ExecContext(ctx, "ANALYZE "+table); err != nil {
				return fmt.Errorf("analyze %s: %w", table, err)
			}
		}
		return nil
	})
}
