package store

import (
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/migrations"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMigrateAppliesEachStepOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	var group sync.WaitGroup
	for range 4 { // several processes start at once
		group.Go(func() {
			s, err := Open(t.Context(), Options{DSN: path, Log: quiet})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	writer, readers, err := openSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	defer readers.Close()
	applied, err := appliedSteps(t.Context(), readers)
	if err != nil || len(applied) != len(migrations.SQLite()) {
		t.Errorf("applied %v, %v", applied, err)
	}
}

// A database of the first released schema, with what it may hold, still opens.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	writer, readers, err := openSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), writer, migrations.SQLite()[:1], quiet); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO actors (id, key, kind, origin, slug, handle, sort_name, inbox, inbox_host, gone, data)
		 VALUES ('https://a.example/t/brest', 'k', 'territory', '', 'brest', 'brest', 'brest', 'https://a.example/inbox', 'a.example', 0, '{"id":"https://a.example/t/brest","kind":"territory","handle":"brest","name":"Brest"}')`,
		`INSERT INTO objects (id, key, kind, origin, slug, owner, part_of, sort_name, start_at, end_at, published, updated, deleted, data, raw)
		 VALUES ('https://a.example/e/1', 'k', 'event', '', '1', 'o', '', 'fete', 1, 2, 1, 1, 0, '{"id":"https://a.example/e/1","kind":"event","name":"Fête"}', NULL)`,
		`INSERT INTO jobs (kind, args, key, uniq, due_at, leased, attempt, cause, created) VALUES ('index', '{}', '', 'u', 1, TRUE, 1, '', 1)`,
	} {
		if _, err := writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(readers.Close(), writer.Close()); err != nil {
		t.Fatal(err)
	}

	s, err := Open(t.Context(), Options{DSN: path, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err := s.ActorByHandle(t.Context(), "brest"); err != nil || a.Name != "Brest" {
		t.Errorf("actor %+v, %v", a, err)
	}
	if o, err := s.ObjectBySlug(t.Context(), instance.KindEvent, "1"); err != nil || o.Common().Name != "Fête" {
		t.Errorf("object %+v, %v", o, err)
	}
	if jobs, err := s.Claim(t.Context(), []string{"index"}, 1, 1, 0); err != nil || len(jobs) != 1 {
		t.Errorf("jobs %v, %v", jobs, err)
	}
}

func TestADatabaseOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change string
		want   []string
	}{
		"newer":   {"INSERT INTO schema_migrations VALUES (99, 'x', 'y', 0)", []string{"plus récente", "99", "Installez", "sauvegarde"}},
		"altered": {"UPDATE schema_migrations SET checksum = 'x' WHERE version = 1", []string{"schéma 1", "Installez", "sauvegarde"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.db")
			s, err := Open(t.Context(), Options{DSN: path, Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.writer.ExecContext(t.Context(), test.change)
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), Options{DSN: path, Log: quiet})
			if err == nil {
				t.Fatal("it was opened")
			}
			if errors.Is(err, ErrNewerSchema) != (name == "newer") {
				t.Errorf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestAFailedStepLeavesNoTrace(t *testing.T) {
	t.Parallel()
	writer, readers, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	defer readers.Close()
	bad := append(migrations.SQLite(), migrations.Migration{Version: len(migrations.SQLite()) + 1, Name: "bad", SQL: "CREATE TABLE half (a); CREATE NONSENSE;"})
	if err := migrate(t.Context(), writer, bad, quiet); err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got %v", err)
	}
	var found string
	err = readers.QueryRowContext(t.Context(), "SELECT name FROM sqlite_master WHERE name = 'half'").Scan(&found)
	if !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("half of a step stayed: %q, %v", found, err)
	}
	if err := migrate(t.Context(), writer, migrations.SQLite(), quiet); err != nil {
		t.Errorf("the database does not open any more: %v", err)
	}
}

func TestSQLiteIsDurable(t *testing.T) {
	t.Parallel()
	writer, readers, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	defer readers.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v", pragma, got, err)
		}
	}
	if _, err := readers.ExecContext(t.Context(), "CREATE TABLE x (a)"); err == nil {
		t.Error("a reader wrote")
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"L'Œuvre d’été":         "l oeuvre d ete",
		"« ÉCOLE » (n° 2) ":     "ecole n 2",
		"Kêr-Vreizh  ti\tBugel": "ker vreizh ti bugel",
		"  ":                    "",
		"東京 ﬁn":                 "東京 fin",
	} {
		if got := fold(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
