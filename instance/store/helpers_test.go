package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
)

// monday is a date of the fixtures.
var monday = time.Date(2027, 3, 15, 9, 0, 0, 0, time.UTC)

// write runs fn in a transaction that must succeed.
func write(t testing.TB, s *store.Store, fn func(tx instance.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func saveActors(t testing.TB, s *store.Store, actors ...*instance.Actor) {
	t.Helper()
	write(t, s, func(tx instance.Tx) error {
		for _, a := range actors {
			if err := tx.SaveActor(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
}

func saveObjects(t testing.TB, s *store.Store, objects ...instance.Object) {
	t.Helper()
	write(t, s, func(tx instance.Tx) error {
		for _, o := range objects {
			if err := tx.SaveObject(t.Context(), o, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func enqueue(t testing.TB, s *store.Store, jobs ...instance.Job) {
	t.Helper()
	write(t, s, func(tx instance.Tx) error { return tx.Enqueue(t.Context(), jobs...) })
}

// remote is an actor of a peer, with a shared inbox.
func remote(domain, handle string) *instance.Actor {
	base := "https://" + domain
	return &instance.Actor{
		ID: base + "/" + handle, Kind: instance.KindPerson, Origin: domain, Handle: handle, Name: handle,
		Inbox: base + "/" + handle + "/inbox", SharedInbox: base + "/inbox",
	}
}

// local is an actor of ours.
func local(kind instance.Kind, slug string) *instance.Actor {
	return &instance.Actor{
		ID: "https://ici.example/" + string(kind) + "/" + slug, Kind: kind, Slug: slug,
		Handle: instance.HandleOf(slug), Name: slug, Inbox: "https://ici.example/inbox",
	}
}

// event is an event of ours.
func event(slug string, when instance.When) *instance.Event {
	return &instance.Event{
		Base: instance.Base{
			ID: "https://ici.example/evenements/" + slug, Kind: instance.KindEvent, Slug: slug, Name: slug,
			Owner: "https://ici.example/organisations/tiriad", Published: monday, Updated: monday,
		},
		When: when,
	}
}

// job is a job of kind "deliver" for a host.
func job(key string) instance.Job {
	j := instance.NewJob("deliver", map[string]string{})
	j.Key = key
	return j
}

// claim claims jobs of kind "deliver" that must be claimable without error.
func claim(t testing.TB, s *store.Store, n, perKey int, lease time.Duration) []instance.Job {
	t.Helper()
	jobs, err := s.Claim(t.Context(), []string{"deliver"}, n, perKey, lease)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func ids(jobs []instance.Job) []int64 {
	out := make([]int64, len(jobs))
	for i, j := range jobs {
		out[i] = j.ID
	}
	return out
}

func keys(jobs []instance.Job) []string {
	out := make([]string, len(jobs))
	for i, j := range jobs {
		out[i] = j.Key
	}
	return out
}

func slugs(objects []instance.Object) []string {
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = o.Common().Slug
	}
	return out
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
