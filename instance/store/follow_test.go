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

func TestFollows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		follow := instance.Follow{
			ID: "https://a.example/f/1", Actor: "https://a.example/u", Object: "https://ici.example/t",
			State: instance.FollowPending, Raw: []byte(`{"id":"\u0000"}`), Created: monday, Updated: monday,
		}
		other := follow
		other.Actor, other.State, other.Created, other.Raw = "https://b.example/u", instance.FollowAccepted, monday.Add(time.Second), nil
		write(t, s, func(tx instance.Tx) error { return errors.Join(tx.SaveFollow(ctx, follow), tx.SaveFollow(ctx, other)) })
		if got, err := s.Follow(ctx, follow.Actor, follow.Object); err != nil || !reflect.DeepEqual(*got, follow) {
			t.Errorf("got %+v, %v", got, err)
		}
		// The pair is the key: a Follow sent again with another id is the same follow.
		follow.ID, follow.State = "https://a.example/f/2", instance.FollowAccepted
		write(t, s, func(tx instance.Tx) error { return tx.SaveFollow(ctx, follow) })

		list, total, err := s.Follows(ctx, instance.FollowFilter{Object: follow.Object, State: instance.FollowAccepted, Limit: 1})
		if err != nil || total != 2 || len(list) != 1 || !reflect.DeepEqual(list[0], other) {
			t.Errorf("newest first: %+v of %d, %v", list, total, err)
		}
		list, total, err = s.Follows(ctx, instance.FollowFilter{Actor: follow.Actor, Offset: 0})
		if err != nil || total != 1 || !reflect.DeepEqual(list[0], follow) {
			t.Errorf("by actor: %+v of %d, %v", list, total, err)
		}
		for range 2 { // the second time it is no longer there: no error
			write(t, s, func(tx instance.Tx) error { return tx.DeleteFollow(ctx, follow.Actor, follow.Object) })
		}
		if _, err := s.Follow(ctx, follow.Actor, follow.Object); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("after its end: %v", err)
		}
	})
}

func TestFollowerInboxes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		alone := remote("solo.example", "u")
		alone.SharedInbox = ""
		gone := remote("gone.example", "u")
		gone.Gone = monday
		elsewhere := remote("front.example", "u") // its inbox is on a host that is blocked
		elsewhere.SharedInbox = "https://blocked.example/inbox"
		followers := map[*instance.Actor]instance.FollowState{
			remote("a.example", "u1"):                   instance.FollowAccepted,
			remote("a.example", "u2"):                   instance.FollowAccepted,
			remote("asked.example", "u"):                instance.FollowPending,
			remote("refused.example", "u"):              instance.FollowRejected,
			remote("blocked.example", "u"):              instance.FollowAccepted,
			remote("failing.example", "u"):              instance.FollowAccepted,
			local(instance.KindOrganisation, "voisine"): instance.FollowAccepted,
			alone:     instance.FollowAccepted,
			gone:      instance.FollowAccepted,
			elsewhere: instance.FollowAccepted,
		}
		ours := []string{"https://ici.example/one", "https://ici.example/two"}
		for actor, state := range followers {
			saveActors(t, s, actor)
			write(t, s, func(tx instance.Tx) error {
				return tx.SaveFollow(ctx, instance.Follow{Actor: actor.ID, Object: ours[0], State: state})
			})
		}
		two := remote("two.example", "u")
		saveActors(t, s, two)
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(
				tx.SaveFollow(ctx, instance.Follow{Actor: two.ID, Object: ours[1], State: instance.FollowAccepted}),
				tx.SaveFollow(ctx, instance.Follow{Actor: remote("a.example", "u1").ID, Object: ours[1], State: instance.FollowAccepted}),
				tx.SaveHost(ctx, instance.Host{Domain: "blocked.example", Blocked: true}),
				tx.SaveHost(ctx, instance.Host{Domain: "failing.example", Failures: 9}),
			)
		})
		for name, test := range map[string]struct{ actors, want []string }{
			"nobody": {nil, nil},
			"one":    {ours[:1], []string{"https://a.example/inbox", "https://failing.example/inbox", "https://solo.example/u/inbox"}},
			"both":   {ours, []string{"https://a.example/inbox", "https://failing.example/inbox", "https://solo.example/u/inbox", "https://two.example/inbox"}},
		} {
			got, err := s.FollowerInboxes(ctx, test.actors...)
			if err != nil {
				t.Fatal(err)
			}
			same(t, name, got, test.want)
		}
	})
}

func TestHosts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		host := instance.Host{
			Domain: "b.example:8080", Software: "mastodon", Blocked: true, Signature: "rfc9421", Failures: 3,
			NextAt: monday, LastOK: monday.Add(-time.Hour), LastError: "connexion refusée",
		}
		write(t, s, func(tx instance.Tx) error {
			return errors.Join(tx.SaveHost(ctx, instance.Host{Domain: host.Domain}), tx.SaveHost(ctx, host), tx.SaveHost(ctx, instance.Host{Domain: "a.example"}))
		})
		if got, err := s.Host(ctx, host.Domain); err != nil || *got != host {
			t.Errorf("got %+v, %v", got, err)
		}
		if all, err := s.Hosts(ctx); err != nil || !reflect.DeepEqual(all, []instance.Host{{Domain: "a.example"}, host}) {
			t.Errorf("got %+v, %v", all, err)
		}
		if _, err := s.Host(ctx, "c.example"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
		// What a stranger's server answers is kept whatever it contains.
		host.LastError = "x\x00y\xff" + string(make([]byte, 10_000))
		write(t, s, func(tx instance.Tx) error { return tx.SaveHost(ctx, host) })
		if got, err := s.Host(ctx, host.Domain); err != nil || got.LastError != "xy�" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
