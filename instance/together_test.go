package instance_test

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func TestTogetherIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	stop := errors.New("stop")
	for _, end := range []error{nil, stop} {
		var made instance.Object
		err := w.node.Together(t.Context(), func(n *instance.Node) (err error) {
			if made, err = n.Editor(lou).Publish(t.Context(), w.org.ID, event("Cartopartie")); err != nil {
				return err
			}
			if _, err := n.Object(t.Context(), made.Common().ID); err != nil {
				t.Errorf("it does not read what it wrote: %v", err)
			}
			return errors.Join(n.EditAccount(t.Context(), lou.ID, "Nouveau nom", ""), end)
		}, lou.Lock())
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
		if _, err := w.node.Object(t.Context(), made.Common().ID); errors.Is(err, instance.ErrNotFound) != (end != nil) {
			t.Errorf("ended by %v: %v", end, err)
		}
	}
	if jobs := w.jobs(); jobs[instance.JobAnnounce] != 1 {
		t.Errorf("jobs: %v", jobs)
	}
}

func TestPublishingADraftThrowsItAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID))
	d, err := lou.SaveDraft(t.Context(), instance.Draft{Object: event("Cartopartie")})
	w.must(err)
	_, err = lou.PublishDraft(t.Context(), d.ID)
	w.wants(err, instance.ErrInvalid) // in nobody's name
	d.Actor = w.org.ID
	_, err = lou.SaveDraft(t.Context(), *d)
	w.must(err)
	_, err = w.node.Editor(w.member("ana@exemple.org", instance.RoleContributor, w.org.ID)).PublishDraft(t.Context(), d.ID)
	w.wants(err, instance.ErrForbidden)
	o, err := lou.PublishDraft(t.Context(), d.ID)
	w.must(err)
	_, err = lou.Draft(t.Context(), d.ID)
	w.wants(err, instance.ErrNotFound)

	d, err = lou.SaveDraft(t.Context(), instance.Draft{Actor: w.org.ID, Edits: o.Common().ID, Object: event("Cartopartie du port")})
	w.must(err)
	again, err := lou.PublishDraft(t.Context(), d.ID)
	w.must(err)
	if again.Common().ID != o.Common().ID || again.Common().Name != "Cartopartie du port" {
		t.Errorf("%+v", again.Common())
	}
}

// A draft that is published twice at once is published once.
func TestADraftIsPublishedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		node, err := instance.New(t.Context(), instance.Options{BaseURL: "https://a.example", Name: "A", Store: s, Log: slog.New(slog.DiscardHandler)})
		w := &world{T: t, store: s, node: node}
		w.must(err)
		w.org, err = node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
		w.must(err)
		lou := node.Editor(w.writer())
		d, err := lou.SaveDraft(t.Context(), instance.Draft{Actor: w.org.ID, Object: event("Cartopartie")})
		w.must(err)
		var clicks sync.WaitGroup
		var published atomic.Int64
		for range 4 {
			clicks.Go(func() {
				switch _, err := lou.PublishDraft(t.Context(), d.ID); {
				case err == nil:
					published.Add(1)
				case !errors.Is(err, instance.ErrNotFound):
					t.Error(err)
				}
			})
		}
		clicks.Wait()
		if n := published.Load(); n != 1 {
			t.Errorf("published %d times", n)
		}
	})
}
