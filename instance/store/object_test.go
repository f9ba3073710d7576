package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestObjectRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		full := event("cartopartie", instance.When{Start: monday, Zone: "Europe/Paris"})
		full.Name, full.Content = "L'été \x01 « ' \" \\ ? » 🗺", "<p>?0 {} :x $1</p>"
		full.Organisers = []instance.Ref{{Name: "Tiriad"}}
		full.Place = &instance.Place{Point: &instance.Point{Lat: 48.39, Lon: -4.48}}
		recipe := &instance.Recipe{
			Base:  instance.Base{ID: "https://ici.example/recettes/r", Kind: instance.KindRecipe, Slug: "r", Name: "Recette", Licence: "cc-by-sa"},
			Steps: []instance.Step{{Title: "Un"}},
		}
		partner := &instance.Partner{
			Base:  instance.Base{ID: "https://b.example/annuaire/p", Kind: instance.KindPartner, Origin: "b.example", Name: "Fab"},
			Roles: []string{"animation"},
		}
		note := &instance.Announcement{Base: instance.Base{ID: "https://b.example/notes/1", Kind: instance.KindAnnouncement, Origin: "b.example"}}
		for _, o := range []instance.Object{full, recipe, partner, note} {
			saveObjects(t, s, o)
			id := o.Common().ID
			got, err := s.Object(ctx, id)
			if err != nil || !reflect.DeepEqual(got, o) {
				t.Errorf("by id: %+v, %v", got, err)
			}
			if got, err := s.ObjectByKey(ctx, instance.Key(id)); err != nil || got.Common().ID != id {
				t.Errorf("by key: %+v, %v", got, err)
			}
		}
		if got, err := s.ObjectBySlug(ctx, instance.KindRecipe, "r"); err != nil || got.Common().ID != recipe.ID {
			t.Errorf("by slug: %+v, %v", got, err)
		}
		for _, slug := range []string{"r2", ""} {
			if _, err := s.ObjectBySlug(ctx, instance.KindPartner, slug); !errors.Is(err, instance.ErrNotFound) {
				t.Errorf("slug %q: %v", slug, err)
			}
		}
		if _, err := s.Object(ctx, "https://nulle.part"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown id: %v", err)
		}
		if _, err := s.ObjectByKey(ctx, "x"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown key: %v", err)
		}
	})
}

func TestSlugsOfOursAreUniquePerKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		first := event("fete", instance.When{Text: "un jour"})
		first.Deleted = monday // its address is never used again
		saveObjects(t, s, first)
		second := event("fete", instance.When{Text: "un jour"})
		second.ID += "-2"
		err := s.Write(ctx, func(tx instance.Tx) error { return tx.SaveObject(ctx, second, nil) })
		if !errors.Is(err, instance.ErrConflict) {
			t.Fatalf("same slug: %v", err)
		}
		recipe := &instance.Recipe{Base: instance.Base{ID: "https://ici.example/recettes/fete", Kind: instance.KindRecipe, Slug: "fete", Name: "Fête"}}
		saveObjects(t, s, recipe, first) // another kind; and itself again
	})
}

// scene is a small agenda, ours but for the last two.
func scene(t *testing.T, s *store.Store) {
	t.Helper()
	day := func(month time.Month, d int) instance.When {
		return instance.When{Start: time.Date(2027, month, d, 10, 0, 0, 0, time.UTC)}
	}
	brest := instance.Ref{ID: "https://ici.example/territoires/brest", Slug: "brest", Name: "Brest"}
	march := event("mars", day(time.March, 15))
	march.Name, march.Themes, march.Territories = "Éclairs", []string{"cartographie", "cartographie", "libre"}, []instance.Ref{brest}
	may := event("mai", day(time.May, 2))
	may.Name, may.Updated, may.PartOf = "Zoom", monday.Add(time.Hour), &instance.Ref{ID: march.ID, Name: "Éclairs"}
	spring := event("printemps-vague", instance.When{Text: "avril 2027", Approx: "2027-04"})
	spring.Name, spring.Territories = "Bal", []instance.Ref{{Slug: "brest", Name: "Brest"}, {Name: "quelque part"}}
	year := event("annee", instance.When{Text: "2027", Approx: "2027"})
	year.Name = "An"
	someday := event("un-jour", instance.When{Text: "un jour"})
	someday.Name, someday.Themes = "Fête", []string{"libre"}
	deleted := event("supprime", day(time.March, 15))
	deleted.Deleted, deleted.Themes = monday, []string{"libre"}
	there := event("", day(time.March, 16))
	there.ID, there.Origin, there.Owner, there.Name = "https://b.example/e/1", "b.example", "https://b.example/o", "ici et là"
	sheet := &instance.Partner{Base: instance.Base{ID: "https://b.example/p/1", Kind: instance.KindPartner, Origin: "b.example", Name: "Abeille", Territories: []instance.Ref{brest}}}
	saveObjects(t, s, march, may, spring, year, someday, deleted, there, sheet)
}

func TestObjectsFilters(t *testing.T) {
	t.Parallel()
	first := func(month time.Month) time.Time { // vague dates are French time too
		return time.Date(2027, month, 1, 0, 0, 0, 0, instance.When{}.Location())
	}
	march, april, june := first(time.March), first(time.April), first(time.June)
	events := []instance.Kind{instance.KindEvent}
	tests := map[string]struct {
		filter instance.ObjectFilter
		want   []string // in the order of the ids
	}{
		"kind":              {instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}}, []string{"Abeille"}},
		"kinds":             {instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner, instance.KindRecipe}}, []string{"Abeille"}},
		"local":             {instance.ObjectFilter{Scope: instance.ScopeLocal}, []string{"An", "Zoom", "Éclairs", "Bal", "Fête"}},
		"network":           {instance.ObjectFilter{Scope: instance.ScopeNetwork}, []string{"ici et là", "Abeille"}},
		"domain":            {instance.ObjectFilter{Scope: "b.example", Kinds: events}, []string{"ici et là"}},
		"unknown domain":    {instance.ObjectFilter{Scope: "c.example"}, nil},
		"owner":             {instance.ObjectFilter{Owner: "https://b.example/o"}, []string{"ici et là"}},
		"theme":             {instance.ObjectFilter{Theme: "libre"}, []string{"Éclairs", "Fête"}},
		"territory slug":    {instance.ObjectFilter{Territory: "brest"}, []string{"Abeille", "Éclairs", "Bal"}},
		"territory IRI":     {instance.ObjectFilter{Territory: "https://ici.example/territoires/brest"}, []string{"Abeille", "Éclairs"}},
		"theme and place":   {instance.ObjectFilter{Territory: "brest", Theme: "libre"}, []string{"Éclairs"}},
		"part of":           {instance.ObjectFilter{PartOf: "https://ici.example/evenements/mars"}, []string{"Zoom"}},
		"in march":          {instance.ObjectFilter{From: march, To: april}, []string{"ici et là", "An", "Éclairs"}},
		"in march, undated": {instance.ObjectFilter{From: march, To: april, Undated: true}, []string{"ici et là", "An", "Éclairs", "Fête"}},
		"from june":         {instance.ObjectFilter{From: june}, []string{"An"}},
		"from june undated": {instance.ObjectFilter{From: june, Undated: true}, []string{"An", "Fête"}},
		"until march":       {instance.ObjectFilter{To: march}, []string{"An"}},
		"undated alone":     {instance.ObjectFilter{Undated: true, Kinds: events, Theme: "libre"}, []string{"Éclairs", "Fête"}},
		"april, ours":       {instance.ObjectFilter{From: april, To: april.AddDate(0, 0, 1), Scope: instance.ScopeLocal}, []string{"An", "Bal"}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		scene(t, s)
		for name, test := range tests {
			f := test.filter
			f.Sort = instance.ByID
			objects, total, err := s.Objects(t.Context(), f)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var names []string
			for _, o := range objects {
				names = append(names, o.Common().Name)
			}
			same(t, name, names, test.want)
			if total != len(test.want) {
				t.Errorf("%s: total %d", name, total)
			}
		}
	})
}

func TestObjectsOrders(t *testing.T) {
	t.Parallel()
	ours := instance.ObjectFilter{Scope: instance.ScopeLocal}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		scene(t, s)
		for sort, want := range map[instance.ObjectSort][]string{
			instance.ByName:      {"annee", "printemps-vague", "mars", "un-jour", "mai"},
			instance.ByStart:     {"annee", "mars", "printemps-vague", "mai", "un-jour"},
			instance.ByStartDesc: {"mai", "printemps-vague", "mars", "annee", "un-jour"},
			instance.ByUpdated:   {"mai", "annee", "mars", "printemps-vague", "un-jour"},
			instance.ByID:        {"annee", "mai", "mars", "printemps-vague", "un-jour"},
		} {
			f := ours
			f.Sort = sort
			objects, _, err := s.Objects(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "by "+string(sort), slugs(objects), want)
			f.Offset, f.Limit = 1, 2
			page, total, err := s.Objects(t.Context(), f)
			if err != nil || total != 5 {
				t.Errorf("page by %s: total %d, %v", sort, total, err)
			}
			same(t, "page by "+string(sort), slugs(page), want[1:3])
		}
	})
}

func TestSavingAgainReplaces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		scene(t, s)
		changed := event("mars", instance.When{Text: "un jour"})
		changed.Themes = []string{"cuisine"}
		saveObjects(t, s, changed)
		for theme, want := range map[string]int{"cartographie": 0, "libre": 1, "cuisine": 1} {
			if _, total, err := s.Objects(ctx, instance.ObjectFilter{Theme: theme}); err != nil || total != want {
				t.Errorf("%s: %d, %v", theme, total, err)
			}
		}
		if _, total, _ := s.Objects(ctx, instance.ObjectFilter{Territory: "brest"}); total != 2 {
			t.Errorf("%d left in Brest", total)
		}
		if _, total, _ := s.Objects(ctx, instance.ObjectFilter{From: monday.AddDate(0, 0, -1), To: monday.AddDate(0, 0, 1)}); total != 1 {
			t.Errorf("%d events around Monday, want the year", total)
		}
		changed.Deleted = monday
		saveObjects(t, s, changed)
		if o, err := s.Object(ctx, changed.ID); err != nil || o.Common().Deleted.IsZero() {
			t.Errorf("the tombstone: %+v, %v", o, err)
		}
		if _, total, _ := s.Objects(ctx, instance.ObjectFilter{Theme: "cuisine"}); total != 0 {
			t.Errorf("a deleted object is listed")
		}
	})
}

func TestIndexableWalksEverythingAliveOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		scene(t, s)
		gone := remote("b.example", "disparue")
		gone.Kind, gone.Gone = instance.KindTerritory, monday
		saveActors(t, s, local(instance.KindTerritory, "brest"), local(instance.KindOrganisation, "tiriad"), gone)
		var all []string
		for after := ""; ; {
			page, err := s.Indexable(ctx, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			all, after = append(all, page...), page[len(page)-1]
		}
		if len(all) != 8 || !slices.IsSorted(all) || len(slices.Compact(all)) != 8 {
			t.Errorf("walked %d: %v", len(all), all)
		}
	})
}

func TestStats(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		scene(t, s)
		self := local(instance.KindNode, "")
		self.Handle = "ici.example"
		saveActors(t, s, self, local(instance.KindTerritory, "brest"), remote("c.example", "someone"))
		for i, state := range []instance.FollowState{instance.FollowAccepted, instance.FollowPending, instance.FollowAccepted} {
			node := remote(fmt.Sprintf("n%d.example", i), "actor")
			node.Kind = instance.KindNode
			if i == 2 {
				node.Gone = monday
			}
			saveActors(t, s, node)
			write(t, s, func(tx instance.Tx) error {
				// And one who follows us, which does not make it a peer.
				back := instance.Follow{Actor: node.ID, Object: self.ID, State: instance.FollowAccepted}
				return errors.Join(tx.SaveFollow(ctx, back), tx.SaveFollow(ctx, instance.Follow{Actor: self.ID, Object: node.ID, State: state}))
			})
		}
		got, err := s.Stats(ctx)
		want := instance.Stats{
			Local:  map[instance.Kind]int{instance.KindEvent: 5, instance.KindNode: 1, instance.KindTerritory: 1},
			Remote: map[instance.Kind]int{instance.KindEvent: 1, instance.KindPartner: 1, instance.KindPerson: 1, instance.KindNode: 2},
			Peers:  1,
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
