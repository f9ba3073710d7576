package store_test

import (
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestOrganisersAreFoundAndCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ours := &instance.Actor{ID: "https://a.example/organisations/ours", Kind: instance.KindOrganisation, Slug: "ours", Handle: "ours", Name: "Ours"}
		theirs := remote("b.example", "theirs")
		saveActors(t, s, ours, theirs)
		deleted := &instance.Event{Base: instance.Base{ID: "https://a.example/e/deleted", Kind: instance.KindEvent, Name: "Fête", Deleted: monday}}
		saveObjects(t, s, deleted)
		at := monday
		ask := func(event, actor, series string) {
			at = at.Add(time.Minute)
			write(t, s, func(tx instance.Tx) error {
				return tx.SaveOrganiser(t.Context(), instance.Organiser{
					Event: event, Actor: actor, Offer: event + actor, Series: series, State: instance.OrganiserAsked, Asked: at,
				})
			})
		}
		ask("https://a.example/e/1", ours.ID, "https://a.example/e/1")
		ask("https://a.example/e/2", ours.ID, "https://a.example/e/1")
		ask("https://a.example/e/3", ours.ID, "")
		ask(deleted.ID, ours.ID, "")
		ask("https://a.example/e/3", theirs.ID, "")
		for name, test := range map[string]struct {
			f              instance.OrganiserFilter
			listed, series int
		}{
			"all":           {instance.OrganiserFilter{}, 5, 4},
			"of one":        {instance.OrganiserFilter{Actors: []string{ours.ID}}, 4, 3},
			"alive":         {instance.OrganiserFilter{Actors: []string{ours.ID}, Alive: true}, 3, 2},
			"of the node":   {instance.OrganiserFilter{Actors: []string{""}, Hosted: true, Alive: true}, 3, 2},
			"of the series": {instance.OrganiserFilter{Series: "https://a.example/e/1"}, 2, 1},
			"of nobody":     {instance.OrganiserFilter{Actors: []string{}}, 0, 0},
		} {
			list, total, err := s.Organisers(t.Context(), test.f)
			count, countErr := s.CountOrganisers(t.Context(), test.f)
			if err != nil || countErr != nil || len(list) != test.listed || total != test.listed || count != test.series {
				t.Errorf("%s: %d listed of %d, counted %d; %v %v", name, len(list), total, count, err, countErr)
			}
		}
		newest, total, err := s.Organisers(t.Context(), instance.OrganiserFilter{Newest: true, Offset: 1, Limit: 1})
		if err != nil || total != 5 || newest[0].Event != deleted.ID {
			t.Errorf("%+v of %d, %v", newest, total, err)
		}
	})
}
