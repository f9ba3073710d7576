package federation

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// What an organisation puts forward is told, comes first in its collection, and leaves
// it as it came.
func TestWhatIsPutForward(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.theirs.follow("@tiriad@" + s.ours.domain())
	s.settle()
	recipe := &instance.Recipe{}
	recipe.Kind, recipe.Name, recipe.Licence = instance.KindRecipe, "Tenir une cartopartie", "CC-BY-SA-4.0"
	id := s.ours.publish(s.org, recipe).Common().ID
	s.settle()
	featured := func() []any {
		_, body := s.ours.get("/organisations/tiriad/featured", typeActivity)
		return fieldsOf(t, body)["orderedItems"].([]any)
	}
	told := func(want ...string) {
		t.Helper()
		known := len(s.heard())
		s.settle()
		if heard := s.heard()[known:]; !slices.Equal(heard, want) {
			t.Errorf("a follower heard %v, want %v", heard, want)
		}
	}
	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, true))
	told("Add")
	if got := featured(); len(got) != 2 || got[0] != id || got[1] != s.event.ID {
		t.Errorf("featured: %v", got)
	}
	received, err := s.theirs.node.Received(t.Context(), int64(len(s.heard())))
	s.must(err)
	if add := fieldsOf(t, received.Body); add["object"] != id || add["target"] != s.org.ID+"/featured" || add["actor"] != s.org.ID {
		t.Errorf("received %s", received.Body)
	}

	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, true)) // as it is
	told()
	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, false))
	told("Remove")
	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, true))
	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, false)) // before it was told
	told("Remove")
	s.must(s.ours.node.Feature(t.Context(), s.org.ID, id, true))
	told("Add")
	s.must(s.ours.node.Withdraw(t.Context(), s.org.ID, id))
	told("Delete")
	if got := featured(); len(got) != 1 {
		t.Errorf("after the withdrawal: %v", got)
	}

	// Told only now, it is told to nobody, and not kept.
	late := instance.NewJob(instance.JobAnnounce, instance.AnnounceArgs{Verb: instance.VerbAdd, ID: id})
	s.must(s.ours.Announce(t.Context(), late))
	if a, err := s.ours.node.Activity(t.Context(), s.ours.activityID("Add", id, "0")); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("kept %+v, %v", a, err)
	}
	told()
}

// Five things at most, its own, and none that followers are not told of.
func TestWhatCannotBePutForward(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	org, other := p.organisation("tiriad"), p.organisation("libertic")
	var invalid *instance.ValidationError
	if err := p.node.Feature(t.Context(), org.ID, p.publish(org, sheet("Fablab")).Common().ID, true); !errors.As(err, &invalid) {
		t.Errorf("a sheet: %v", err)
	}
	if err := p.node.Feature(t.Context(), org.ID, p.publish(other, event("Ailleurs")).Common().ID, true); !errors.Is(err, instance.ErrForbidden) {
		t.Errorf("somebody else's: %v", err)
	}
	var first string
	for range 5 {
		first = p.publish(org, event("Atelier")).Common().ID
		if err := p.node.Feature(t.Context(), org.ID, first, true); err != nil {
			t.Fatal(err)
		}
	}
	sixth := p.publish(org, event("Atelier")).Common().ID
	if err := p.node.Feature(t.Context(), org.ID, sixth, true); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "cinq publications au plus") {
		t.Errorf("a sixth: %v", err)
	}
	if err := p.node.Withdraw(t.Context(), org.ID, first); err != nil {
		t.Fatal(err)
	}
	if err := p.node.Feature(t.Context(), org.ID, sixth, true); err != nil {
		t.Errorf("one was withdrawn: %v", err)
	}
}
