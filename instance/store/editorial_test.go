package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func version(name string) instance.Object {
	return &instance.Announcement{Base: instance.Base{ID: "https://ici.example/annonces/x", Kind: instance.KindAnnouncement, Owner: "https://ici.example/organisations/o", Name: name}}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		first := instance.Revision{Object: version("").Common().ID, Verb: instance.VerbCreate, Account: "lou", At: monday, Version: version("Un")}
		second := first
		second.Verb, second.Version, second.At = instance.VerbUpdate, version("Deux"), monday.Add(time.Hour)
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(tx.SaveRevision(ctx, first), tx.SaveRevision(ctx, second))
		})
		got, err := s.Revisions(ctx, first.Object)
		if err != nil || len(got) != 2 || got[0].Seq <= got[1].Seq {
			t.Fatalf("newest first: %+v, %v", got, err)
		}
		one, err := s.Revision(ctx, got[1].Seq)
		if first.Seq = got[1].Seq; err != nil || !reflect.DeepEqual(*one, first) {
			t.Errorf("got %+v, %v, want %+v", one, err, first)
		}
		if _, err := s.Revision(ctx, 999_999); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
	})
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		d := instance.Draft{ID: "d1", Account: "lou", Actor: "https://ici.example/organisations/o", Updated: monday, Object: version("Un"), Form: map[string][]string{"from": {"14:00"}}}
		other := d
		other.ID, other.Account = "d2", "max"
		write(t, s, func(tx instance.Tx) error { return errors.Join(tx.SaveDraft(ctx, d), tx.SaveDraft(ctx, other)) })
		d.Object, d.Updated = version("Deux"), monday.Add(time.Minute)
		write(t, s, func(tx instance.Tx) error { return tx.SaveDraft(ctx, d) })
		if got, err := s.Drafts(ctx, "lou"); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], d) {
			t.Errorf("got %+v, %v", got, err)
		}
		write(t, s, func(tx instance.Tx) error { return tx.DeleteDraft(ctx, d.ID) })
		if _, err := s.Draft(ctx, d.ID); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
	})
}

func TestPurgeForgetsWhatExpired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Second)
		account := &instance.Account{ID: "lou", Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleHost, Created: monday}
		long := now.Add(-200 * 24 * time.Hour)
		kept := instance.Revision{Object: "https://ici.example/annonces/y", Verb: instance.VerbUpdate, At: long, Version: version("Un")}
		withdrawn := instance.Revision{Object: "https://ici.example/annonces/x", Verb: instance.VerbDelete, At: long, Version: version("Un")}
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(tx.SaveAccount(ctx, account),
				tx.SaveSession(ctx, instance.Session{Hash: "old", Account: "lou", Expires: now.Add(-time.Hour)}),
				tx.SaveSession(ctx, instance.Session{Hash: "new", Account: "lou", Expires: now.Add(time.Hour)}),
				tx.SaveTicket(ctx, instance.Ticket{Hash: "old", Purpose: instance.PurposeReset, Expires: now.Add(-time.Hour)}),
				tx.SaveRevision(ctx, kept), tx.SaveRevision(ctx, withdrawn))
		})
		if err := s.Purge(ctx, now); err != nil {
			t.Fatal(err)
		}
		if sessions, err := s.Sessions(ctx, "lou"); err != nil || len(sessions) != 1 || sessions[0].Hash != "new" {
			t.Errorf("sessions %+v, %v", sessions, err)
		}
		if _, err := s.Ticket(ctx, "old"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("ticket: %v", err)
		}
		for object, want := range map[string]int{kept.Object: 1, withdrawn.Object: 0} {
			if got, err := s.Revisions(ctx, object); err != nil || len(got) != want {
				t.Errorf("%s: %d versions, %v, want %d", object, len(got), err, want)
			}
		}
	})
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		lou := &instance.Account{ID: "lou", Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleHost, Created: monday}
		write(t, s, func(tx instance.Tx) error { return tx.SaveAccount(ctx, lou) })
		if got, err := s.AccountByEmail(ctx, lou.Email); err != nil || !reflect.DeepEqual(got, lou) {
			t.Errorf("got %+v, %v", got, err)
		}
		twin := *lou
		twin.ID = "max"
		if err := s.Write(ctx, func(tx instance.Tx) error { return tx.SaveAccount(ctx, &twin) }); !errors.Is(err, instance.ErrConflict) {
			t.Errorf("the same e-mail: %v", err)
		}
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(
				tx.SaveSession(ctx, instance.Session{Hash: "h1", Account: "lou", Seen: monday, Expires: monday}),
				tx.SaveSession(ctx, instance.Session{Hash: "h2", Account: "lou", Seen: monday.Add(time.Hour), Expires: monday}),
				tx.SaveDraft(ctx, instance.Draft{ID: "d", Account: "lou", Object: version("Un")}))
		})
		write(t, s, func(tx instance.Tx) error { return tx.DeleteSessions(ctx, "lou", "h2") })
		if sessions, err := s.Sessions(ctx, "lou"); err != nil || len(sessions) != 1 || sessions[0].Hash != "h2" {
			t.Errorf("sessions %+v, %v", sessions, err)
		}
		write(t, s, func(tx instance.Tx) error { return tx.DeleteAccount(ctx, "lou") })
		if _, err := s.Session(ctx, "h2"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("session of an account that is gone: %v", err)
		}
		if _, err := s.Draft(ctx, "d"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("draft of an account that is gone: %v", err)
		}
	})
}
