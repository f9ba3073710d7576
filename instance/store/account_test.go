package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestAccountsAndWhatGoesWithThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		lou := &instance.Account{ID: "lou", Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleContributor}
		o := event("cartopartie", instance.When{})
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(
				tx.SaveAccount(t.Context(), lou),
				tx.SaveSession(t.Context(), instance.Session{Hash: "h", Account: lou.ID, Created: monday, Seen: monday, Expires: monday}),
				tx.SaveToken(t.Context(), instance.Token{Hash: "t", Scope: instance.TokenPublishes, Account: lou.ID, Actor: "https://ici.example/a", Label: "agenda", Created: monday}),
				tx.SaveRevision(t.Context(), instance.Revision{Object: o.ID, Verb: instance.VerbCreate, Account: lou.ID, At: monday, Version: o}),
			)
		})
		later := monday.Add(time.Hour)
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(tx.TouchSession(t.Context(), "h", later, later), tx.TouchToken(t.Context(), "t", later), tx.TouchSession(t.Context(), "none", later, later))
		})
		if session, err := s.Session(t.Context(), "h"); err != nil || !session.Seen.Equal(later) || !session.Created.Equal(monday) {
			t.Errorf("session %+v, %v", session, err)
		}
		if tokens, err := s.Tokens(t.Context(), lou.ID); err != nil || len(tokens) != 1 || !tokens[0].Used.Equal(later) || tokens[0].Label != "agenda" {
			t.Errorf("tokens %+v, %v", tokens, err)
		}
		if by, err := s.RevisionsBy(t.Context(), lou.ID); err != nil || len(by) != 1 {
			t.Errorf("wrote %+v, %v", by, err)
		}
		if _, err := s.Session(t.Context(), "none"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("touching made a session: %v", err)
		}
		again := *lou
		again.ID = "max"
		if err := s.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveAccount(t.Context(), &again) }); !errors.Is(err, instance.ErrConflict) {
			t.Errorf("two accounts with one e-mail: %v", err)
		}

		write(t, s, func(tx instance.Tx) error { return tx.DeleteAccount(t.Context(), lou.ID) })
		if _, err := s.Token(t.Context(), "t"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("its token: %v", err)
		}
		if _, err := s.Session(t.Context(), "h"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("its session: %v", err)
		}
		if kept, err := s.Revisions(t.Context(), o.ID); err != nil || len(kept) != 1 || kept[0].Account != "" {
			t.Errorf("history %+v, %v", kept, err)
		}
		write(t, s, func(tx instance.Tx) error { return tx.DeleteRevisions(t.Context(), o.ID) })
		if kept, err := s.Revisions(t.Context(), o.ID); err != nil || len(kept) != 0 {
			t.Errorf("erased history %+v, %v", kept, err)
		}
	})
}
