package instance_test

import (
	"errors"
	"testing"

	"github.com/maillage/maillage/instance"
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
