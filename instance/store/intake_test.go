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

func TestIntakeRecords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		a, b := "https://ici.example/organisations/a", "https://ici.example/organisations/b"
		one := instance.IntakeRecord{
			ID: "un", Account: "zoe", Owner: a, Source: "liste.csv", Format: "csv", At: monday, Omitted: 3,
			Report: instance.IntakeReport{Batch: "lot", Counts: map[instance.Verdict]int{instance.IntakeCreated: 2}, Rows: []instance.IntakeOutcome{{Line: 3, Name: "zéro\u0000"}}},
		}
		two, three := one, one
		two.ID, two.At = "deux", monday.Add(time.Second)
		three.ID, three.Owner = "trois", b
		for _, r := range []instance.IntakeRecord{one, two, three} {
			if err := s.SaveIntakeRecord(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.IntakeRecord(ctx, "un"); err != nil || !reflect.DeepEqual(*got, one) {
			t.Errorf("got %+v, %v", got, err)
		}
		if list, err := s.IntakeRecords(ctx, a); err != nil || len(list) != 2 || list[0].ID != "deux" {
			t.Errorf("of one owner, newest first: %+v, %v", list, err)
		}
		if list, err := s.IntakeRecords(ctx, a, b); err != nil || len(list) != 3 {
			t.Errorf("of both: %+v, %v", list, err)
		}
		if list, err := s.IntakeRecords(ctx); err != nil || len(list) != 0 {
			t.Errorf("of nobody: %+v, %v", list, err)
		}
		one.Undone, one.Undoing.Withdrawn = monday, 2
		if err := s.SaveIntakeRecord(ctx, one); err != nil {
			t.Fatal(err)
		}
		if got, err := s.IntakeRecord(ctx, "un"); err != nil || got.Undoing.Withdrawn != 2 || !got.Undone.Equal(monday) {
			t.Errorf("once undone: %+v, %v", got, err)
		}
		if _, err := s.IntakeRecord(ctx, "quatre"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
		if err := s.Write(ctx, func(tx instance.Tx) error { return tx.DeleteAccount(ctx, "zoe") }); err != nil {
			t.Fatal(err)
		}
		if got, err := s.IntakeRecord(ctx, "un"); err != nil || got.Account != "" {
			t.Errorf("once its author left: %+v, %v", got, err)
		}
	})
}
