package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// saveRecord keeps a record with what the import did.
func saveRecord(ctx context.Context, s *store.Store, r instance.IntakeRecord, changes ...instance.IntakeChange) error {
	return s.Write(ctx, func(tx instance.Tx) error {
		if len(changes) == 0 {
			return tx.SaveIntakeRecord(ctx, r)
		}
		return errors.Join(tx.SaveIntakeRecord(ctx, r), tx.SaveIntakeChanges(ctx, r.ID, changes))
	})
}

func TestIntakeChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		made, changed := instance.IntakeChange{ID: "https://ici.example/annuaire/b"}, instance.IntakeChange{ID: "https://ici.example/annuaire/a", Revision: 7}
		for _, changes := range [][]instance.IntakeChange{{made}, {changed}, {{ID: made.ID, Revision: 9}}} {
			if err := saveRecord(ctx, s, instance.IntakeRecord{ID: "un", At: monday}, changes...); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.IntakeChanges(ctx, "un"); err != nil || !slices.Equal(got, []instance.IntakeChange{changed, made}) {
			t.Errorf("what it created stays so: %+v, %v", got, err)
		}
		if got, err := s.IntakeChanges(ctx, "deux"); err != nil || len(got) != 0 {
			t.Errorf("another: %+v, %v", got, err)
		}
	})
}

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
			if err := saveRecord(ctx, s, r); err != nil {
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
		if err := saveRecord(ctx, s, one); err != nil {
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
