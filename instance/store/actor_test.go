package store_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestActorRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		brest := local(instance.KindTerritory, "brest-saint-marc")
		brest.Name, brest.Summary, brest.Created = "Saint-Marc — l'été", "<p>C'est « ici » ?\\</p>", monday
		brest.Place = &instance.Place{Point: &instance.Point{Lat: 48.4, Lon: -4.45}}
		brest.Territory = &instance.Territory{Kind: "quartier", Codes: []instance.Code{{Type: "insee", Value: "29019"}}}
		saveActors(t, s, brest)

		for name, load := range map[string]func() (*instance.Actor, error){
			"id":     func() (*instance.Actor, error) { return s.Actor(ctx, brest.ID) },
			"key":    func() (*instance.Actor, error) { return s.ActorByKey(ctx, instance.Key(brest.ID)) },
			"handle": func() (*instance.Actor, error) { return s.ActorByHandle(ctx, "brest_saint_marc") },
			"slug":   func() (*instance.Actor, error) { return s.ActorBySlug(ctx, instance.KindTerritory, "brest-saint-marc") },
		} {
			got, err := load()
			if err != nil || !reflect.DeepEqual(got, brest) {
				t.Errorf("by %s: %+v, %v", name, got, err)
			}
		}
		for name, load := range map[string]func() (*instance.Actor, error){
			"id":     func() (*instance.Actor, error) { return s.Actor(ctx, "https://nulle.part") },
			"key":    func() (*instance.Actor, error) { return s.ActorByKey(ctx, "x") },
			"handle": func() (*instance.Actor, error) { return s.ActorByHandle(ctx, "x") },
			"kind":   func() (*instance.Actor, error) { return s.ActorBySlug(ctx, instance.KindPerson, "brest-saint-marc") },
		} {
			if _, err := load(); !errors.Is(err, instance.ErrNotFound) {
				t.Errorf("unknown by %s: %v", name, err)
			}
		}
	})
}

func TestActorsOfOursDoNotShareNames(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		saveActors(t, s, local(instance.KindTerritory, "brest"))
		clash := local(instance.KindOrganisation, "autre")
		clash.Handle = "brest"
		err := s.Write(ctx, func(tx instance.Tx) error { return tx.SaveActor(ctx, clash) })
		if !errors.Is(err, instance.ErrConflict) {
			t.Errorf("same handle: %v", err)
		}
		clash = local(instance.KindTerritory, "brest")
		clash.ID, clash.Handle = clash.ID+"-2", "brest_2"
		err = s.Write(ctx, func(tx instance.Tx) error { return tx.SaveActor(ctx, clash) })
		if !errors.Is(err, instance.ErrConflict) {
			t.Errorf("same kind and slug: %v", err)
		}
		// Peers have any handle they like, and so has an organisation with that slug.
		other := local(instance.KindOrganisation, "brest")
		other.Handle = "brest_org"
		saveActors(t, s, other, remote("a.example", "brest"), remote("b.example", "brest"))
		if a, err := s.ActorByHandle(ctx, "brest"); err != nil || !a.Local() {
			t.Errorf("@brest is %+v, %v", a, err)
		}
	})
}

func TestActorsAreListedByNameWithoutAccents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for i, name := range []string{"Éditions", "Zébulon", "eau", "Œuvre", "« Abricot »", "Odyssée", "Ecole"} {
			a := remote("a.example", string(rune('a'+i)))
			a.Name = name
			saveActors(t, s, a)
		}
		gone := remote("a.example", "gone")
		gone.Gone = monday
		saveActors(t, s, gone, local(instance.KindOrganisation, "tiriad"), local(instance.KindTerritory, "brest"), remote("b.example", "z"))

		names := func(f instance.ActorFilter) ([]string, int) {
			actors, total, err := s.Actors(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, a := range actors {
				out = append(out, a.Name)
			}
			return out, total
		}
		got, total := names(instance.ActorFilter{Scope: "a.example"})
		same(t, "order", got, []string{"« Abricot »", "eau", "Ecole", "Éditions", "Odyssée", "Œuvre", "Zébulon"})
		if total != 7 {
			t.Errorf("total %d", total)
		}
		got, total = names(instance.ActorFilter{Scope: "a.example", Limit: 2, Offset: 2})
		same(t, "page", got, []string{"Ecole", "Éditions"})
		if total != 7 {
			t.Errorf("total of a page %d", total)
		}
		got, _ = names(instance.ActorFilter{Kinds: []instance.Kind{instance.KindOrganisation, instance.KindTerritory}})
		same(t, "kinds", got, []string{"brest", "tiriad"})
		for text, want := range map[string][]string{"éc": {"Ecole"}, "OEUV": {"Œuvre"}, "e": {"eau", "Ecole", "Éditions"}, "cole": nil, "%": nil, "_": nil} {
			got, _ = names(instance.ActorFilter{Scope: "a.example", Named: text})
			same(t, "named "+text, got, want)
		}
		got, _ = names(instance.ActorFilter{Scope: instance.ScopeLocal})
		same(t, "local", got, []string{"brest", "tiriad"})
		if _, total = names(instance.ActorFilter{Scope: instance.ScopeNetwork, Limit: 1}); total != 8 {
			t.Errorf("network total %d", total)
		}
	})
}

func TestPrivateKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		tiriad := local(instance.KindOrganisation, "tiriad")
		saveActors(t, s, tiriad)
		if _, err := s.PrivateKey(ctx, tiriad.ID); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("no key yet: %v", err)
		}
		for _, pem := range []string{"first", "second"} {
			write(t, s, func(tx instance.Tx) error { return tx.SavePrivateKey(ctx, tiriad.ID, pem) })
			if got, err := s.PrivateKey(ctx, tiriad.ID); err != nil || got != pem {
				t.Errorf("got %q, %v", got, err)
			}
		}
		if err := s.Write(ctx, func(tx instance.Tx) error { return tx.SavePrivateKey(ctx, "https://nulle.part", "x") }); err == nil {
			t.Error("a key was kept for an actor that does not exist")
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		if _, err := s.Token(ctx, "abc"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown token: %v", err)
		}
		write(t, s, func(tx instance.Tx) error {
			return tx.SaveToken(ctx, instance.Token{Hash: "abc", Scope: instance.TokenPublishes, Actor: "https://ici.example/a", Label: "mon script"})
		})
		if token, err := s.Token(ctx, "abc"); err != nil || token.Actor != "https://ici.example/a" {
			t.Errorf("got %q, %v", token, err)
		}
	})
}
