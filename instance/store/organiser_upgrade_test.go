package store

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/migrations"
)

// What was asked before there was a column for it knows its series: that of the event
// here, or of the copy that waits.
func TestOrganisersLearnTheirSeries(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	writer, readers, err := openSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = migrate(t.Context(), writer, migrations.SQLite()[:17], quiet)
	for _, statement := range []string{
		`INSERT INTO objects (id, key, kind, origin, slug, owner, part_of, sort_name, start_at, end_at, published, updated, deleted, data)
			VALUES ('here', 'k1', 'event', '', 'here', 'o', '', '', 0, 0, 0, 0, 0, '{}'), ('alone', 'k2', 'event', '', 'alone', 'o', '', '', 0, 0, 0, 0, 0, '{}')`,
		`INSERT INTO object_links (rel, target, object) VALUES ('series', 's1', 'here'), ('theme', 'osm', 'alone')`,
		`INSERT INTO organisers (event, actor, offer, state, created, data) VALUES
			('here', 'a', 'o1', 'asked', 1, '{"event":"here"}'),
			('elsewhere', 'a', 'o2', 'asked', 1, '{"event":"elsewhere","copy":{"series":"s2"}}'),
			('alone', 'a', 'o3', 'asked', 1, '{"event":"alone"}')`,
	} {
		_, failed := writer.ExecContext(t.Context(), statement)
		err = errors.Join(err, failed)
	}
	if err := errors.Join(err, readers.Close(), writer.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{DSN: path, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for event, want := range map[string]string{"here": "s1", "elsewhere": "s2", "alone": ""} {
		if o, err := s.Organiser(t.Context(), event, "a"); err != nil || o.Series != want {
			t.Errorf("%s: %+v, %v", event, o, err)
		}
	}
}
