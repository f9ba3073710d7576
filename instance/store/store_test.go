package store_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestOpenMakesTheFolderAndKeepsItPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "été 100% #1", "données", "maillage.db")
	for _, dsn := range []string{path, "file:" + path, "sqlite:" + path} {
		s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatalf("%s: %v", dsn, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file of private keys has mode %v", info.Mode())
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is a text, not a database, and it is long enough"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dsn, want := range map[string]string{
		"":                              "aucune base de données",
		filepath.Join(file, "child.db"): "impossible de créer le dossier",
		filepath.Dir(file):              "impossible d’ouvrir la base de données",
		file:                            "base de données " + file,
		"postgres://u:secret@127.0.0.1:1/x?connect_timeout=2": "ne répond pas",
	} {
		s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", dsn)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}

func TestWriteKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		boom := errors.New("boom")
		effects := func(tx instance.Tx) error {
			if err := tx.SaveObject(ctx, event("fete", instance.When{Text: "bientôt"}), nil); err != nil {
				return err
			}
			if _, err := tx.Object(ctx, "https://ici.example/evenements/fete"); err != nil {
				t.Errorf("a transaction does not read its own writes: %v", err)
			}
			return tx.Enqueue(ctx, job("a.example"))
		}
		err := s.Write(ctx, func(tx instance.Tx) error { return errors.Join(effects(tx), boom) })
		if !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Write(ctx, func(tx instance.Tx) error { _ = effects(tx); panic("boom") })
		}()
		if _, err := s.ObjectBySlug(ctx, instance.KindEvent, "fete"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("the object outlived the rollback: %v", err)
		}
		if pending, _ := s.Pending(ctx); len(pending) != 0 {
			t.Errorf("jobs outlived the rollback: %v", pending)
		}
		select {
		case <-s.Ready():
			t.Error("a rollback signalled jobs")
		default:
		}
		write(t, s, effects)
		if pending, _ := s.Pending(ctx); pending["deliver"] != 1 {
			t.Errorf("pending %v", pending)
		}
		select {
		case <-s.Ready():
		default:
			t.Error("a commit with a job did not signal")
		}
	})
}

// Read, add one, save: without the lock, updates would be lost on PostgreSQL.
func TestLockSerialises(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		const writers, rounds = 4, 10
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range rounds {
					err := s.Write(ctx, func(tx instance.Tx) error {
						if err := tx.Lock(ctx, "b.example"); err != nil {
							return err
						}
						host, err := tx.Host(ctx, "b.example")
						if errors.Is(err, instance.ErrNotFound) {
							host, err = &instance.Host{Domain: "b.example"}, nil
						}
						if err != nil {
							return err
						}
						host.Failures++
						return tx.SaveHost(ctx, *host)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if host, err := s.Host(ctx, "b.example"); err != nil || host.Failures != writers*rounds {
			t.Errorf("host %+v, %v", host, err)
		}
	})
}

// Two transactions that lock two things in opposite orders: PostgreSQL kills one,
// which must run again.
func TestWriteSurvivesADeadlock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		var group sync.WaitGroup
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
			group.Go(func() {
				err := s.Write(ctx, func(tx instance.Tx) error {
					if err := tx.Lock(ctx, order[0]); err != nil {
						return err
					}
					time.Sleep(50 * time.Millisecond)
					if err := tx.Lock(ctx, order[1]); err != nil {
						return err
					}
					return tx.SaveHost(ctx, instance.Host{Domain: order[0] + ".example"})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if hosts, err := s.Hosts(ctx); err != nil || len(hosts) != 2 {
			t.Errorf("hosts %v, %v", hosts, err)
		}
	})
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		saveActors(t, s, local(instance.KindOrganisation, "tiriad"))
		write(t, s, func(tx instance.Tx) error {
			if err := tx.SaveActor(ctx, local(instance.KindOrganisation, "libertic")); err != nil {
				return err
			}
			_, total, err := s.Actors(ctx, instance.ActorFilter{})
			if err != nil || total != 1 {
				t.Errorf("from outside: %d actors, %v", total, err)
			}
			return nil
		})
	})
}
