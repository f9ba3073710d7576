package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestOnceIsKeptADay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		save := func(key, answer string, age time.Duration) {
			t.Helper()
			write(t, s, func(tx instance.Tx) error {
				return tx.SaveOnce(t.Context(), instance.Once{Token: "t", Key: key, Digest: "d", Answer: []byte(answer), At: time.Now().Add(-age)})
			})
		}
		save("old", "\x00\xff", 2*instance.KeepOnce)
		save("new", "first", 0)
		save("new", "second", 0)
		if got, err := s.Once(t.Context(), "t", "old"); err != nil || string(got.Answer) != "\x00\xff" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.Purge(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Once(t.Context(), "t", "old"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("%s: %v", "old", err)
		}
		if _, err := s.Once(t.Context(), "another token", "new"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("%s: %v", "new", err)
		}
		if got, err := s.Once(t.Context(), "t", "new"); err != nil || string(got.Answer) != "second" {
			t.Errorf("%+v, %v", got, err)
		}
		write(t, s, func(tx instance.Tx) error { return tx.DeleteOnce(t.Context(), "t", "new") })
		if _, err := s.Once(t.Context(), "t", "new"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("%s: %v", "new", err)
		}
	})
}
