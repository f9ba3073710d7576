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

func TestFeeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		one := instance.Feed{
			ID: "un", URL: "https://agenda.example/x.ics", Owner: "https://ici.example/organisations/a", Interval: time.Hour, Created: monday,
			Options:    instance.IntakeOptions{Source: "https://agenda.example/x.ics", Licence: "ODbL-1.0"},
			LastReport: &instance.IntakeReport{Counts: map[instance.Verdict]int{instance.IntakeCreated: 2}, Rows: []instance.IntakeOutcome{{Line: 3, Name: "zéro\u0000"}}},
		}
		two := one
		two.ID, two.Owner, two.Created, two.LastReport = "deux", "https://ici.example/organisations/b", monday.Add(time.Second), nil
		for _, f := range []instance.Feed{two, one} {
			if err := s.SaveFeed(ctx, f, instance.NewJob(instance.JobFeed, instance.FeedArgs{ID: f.ID})); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Feed(ctx, "un"); err != nil || !reflect.DeepEqual(*got, one) {
			t.Errorf("got %+v, %v", got, err)
		}
		if all, err := s.Feeds(ctx, ""); err != nil || len(all) != 2 || all[0].ID != "un" {
			t.Errorf("all, oldest first: %+v, %v", all, err)
		}
		if pending, err := s.Pending(ctx); err != nil || pending[instance.JobFeed] != 2 {
			t.Errorf("jobs %v, %v", pending, err)
		}
		one.LastError = "injoignable"
		if err := s.SaveFeed(ctx, one); err != nil {
			t.Fatal(err)
		}
		if mine, err := s.Feeds(ctx, one.Owner); err != nil || len(mine) != 1 || mine[0].LastError == "" {
			t.Errorf("of an owner: %+v, %v", mine, err)
		}
		for range 2 { // the second time it is no longer there: no error
			if err := s.DeleteFeed(ctx, "un"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Feed(ctx, "un"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("after its end: %v", err)
		}
	})
}
