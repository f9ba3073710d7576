package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestActivityRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		a := instance.Activity{
			ID: "https://ici.example/activites/1", Actor: "https://ici.example/a", Type: "Create",
			Object: "https://ici.example/e", Public: true, Payload: []byte("{\"x\":\"é\\u0000\"}\n"), Published: monday,
		}
		write(t, s, func(tx instance.Tx) error { return tx.SaveActivity(ctx, a) })
		if got, err := s.Activity(ctx, a.ID); err != nil || !reflect.DeepEqual(*got, a) {
			t.Errorf("got %+v, %v", got, err)
		}
		a.Payload, a.Public = []byte("{}"), false
		write(t, s, func(tx instance.Tx) error { return tx.SaveActivity(ctx, a) })
		if got, err := s.Activity(ctx, a.ID); err != nil || !reflect.DeepEqual(*got, a) {
			t.Errorf("saved again: %+v, %v", got, err)
		}
		if _, err := s.Activity(ctx, "https://nulle.part"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
	})
}

func TestOutboxPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		const actor = "https://ici.example/a"
		write(t, s, func(tx instance.Tx) error {
			var err error
			for i := range 7 { // several in the same second, and the last one saved is the oldest
				at := monday.Add(time.Duration(i/3) * time.Second)
				if i == 6 {
					at = monday.Add(-time.Hour)
				}
				err = errors.Join(err, tx.SaveActivity(ctx, instance.Activity{ID: fmt.Sprint(i), Actor: actor, Public: true, Published: at, Payload: []byte("{}")}))
			}
			return errors.Join(err,
				tx.SaveActivity(ctx, instance.Activity{ID: "private", Actor: actor, Published: monday, Payload: []byte("{}")}),
				tx.SaveActivity(ctx, instance.Activity{ID: "other", Actor: actor + "2", Public: true, Published: monday, Payload: []byte("{}")}))
		})
		var all []string
		pages := 0
		for cursor := ""; ; pages++ {
			page, next, total, err := s.Outbox(ctx, actor, cursor, 3)
			if err != nil || total != 7 {
				t.Fatalf("total %d, %v", total, err)
			}
			for _, a := range page {
				all = append(all, a.ID)
			}
			if pages == 0 { // what is published meanwhile does not shift the next pages
				write(t, s, func(tx instance.Tx) error {
					return tx.SaveActivity(ctx, instance.Activity{ID: "private", Actor: actor, Published: monday.Add(time.Hour), Payload: []byte("{}")})
				})
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		same(t, "outbox", all, []string{"5", "4", "3", "2", "1", "0", "6"})
		if pages != 2 {
			t.Errorf("%d cursors for three pages", pages)
		}
		for _, cursor := range []string{"x", "1", "1.x", "."} {
			if _, _, _, err := s.Outbox(ctx, actor, cursor, 3); !errors.Is(err, instance.ErrInvalid) {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
	})
}
