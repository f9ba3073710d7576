package federation

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// An association leaves a node for another: those who follow it elsewhere follow it
// there, once both addresses say that they are the same.
func TestAnOrganisationMovesWithItsFollowers(t *testing.T) {
	t.Parallel()
	old, fresh, reader := newPeer(t), newPeer(t), newPeer(t)
	was, is := old.organisation("tiriad"), fresh.organisation("tiriad")
	reader.follow("@tiriad@" + old.domain())
	settleAll(t, old, reader)

	var refused *DiscoveryError
	if _, err := old.Move(t.Context(), was.ID, is.ID); !errors.As(err, &refused) || !strings.Contains(err.Error(), "maillage org alias NOM-COURT "+was.ID) {
		t.Fatalf("moved without an alias: %v", err)
	}
	if err := fresh.node.SetAlias(t.Context(), is.ID, was.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Move(t.Context(), was.ID, "@tiriad@"+fresh.domain()); err != nil {
		t.Fatal(err)
	}
	settleAll(t, old, reader, fresh, reader)

	follows, _, err := reader.store.Follows(t.Context(), instance.FollowFilter{Actor: reader.node.Self().ID})
	if err != nil || len(follows) != 1 || follows[0].Object != is.ID || follows[0].State != instance.FollowAccepted {
		t.Errorf("the reader follows %+v, %v", follows, err)
	}
	for _, at := range []struct {
		peer *peer
		of   string
		want int
	}{{old, was.ID, 0}, {fresh, is.ID, 1}} {
		if _, n, err := at.peer.store.Follows(t.Context(), instance.FollowFilter{Object: at.of, State: instance.FollowAccepted}); n != at.want || err != nil {
			t.Errorf("%s has %d followers, %v", at.of, n, err)
		}
	}
	if _, body := old.get("/organisations/tiriad", typeActivity); fieldsOf(t, body)["movedTo"] != is.ID {
		t.Errorf("the old address says %s", body)
	}

	live := fresh.publish(is, event("Fest-noz libre"))
	settleAll(t, fresh, reader)
	reader.object(live.Common().ID)
}

// Who moved publishes nothing new where it was; what it published stays its to correct.
// A move can be taken back.
func TestWhoMovedPublishesElsewhere(t *testing.T) {
	t.Parallel()
	old, fresh, reader := newPeer(t), newPeer(t), newPeer(t)
	was, is := old.organisation("tiriad"), fresh.organisation("tiriad")
	before := old.publish(was, event("Atelier")).Common().ID
	other := fresh.organisation("libertic")
	for _, o := range []*instance.Actor{is, other} {
		if err := fresh.node.SetAlias(t.Context(), o.ID, was.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := old.Move(t.Context(), was.ID, is.ID); err != nil {
		t.Fatal(err)
	}

	var invalid *instance.ValidationError
	_, err := old.node.Publish(t.Context(), was.ID, event("Un autre"))
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "a déménagé") {
		t.Errorf("published: %v", err)
	}
	if _, err := old.node.Edit(t.Context(), was.ID, before, event("Atelier annulé")); err != nil {
		t.Errorf("what it published cannot be corrected: %v", err)
	}
	if _, err := old.Move(t.Context(), was.ID, other.ID); !errors.Is(err, instance.ErrConflict) {
		t.Errorf("moved twice: %v", err)
	}

	if err := old.node.Stay(t.Context(), was.ID); err != nil {
		t.Fatal(err)
	}
	reader.follow("@tiriad@" + old.domain())
	settleAll(t, old, reader)
	if _, body := old.get("/organisations/tiriad", typeActivity); fieldsOf(t, body)["movedTo"] != nil {
		t.Errorf("after it stayed: %s", body)
	}
	back := old.publish(was, event("Le retour")).Common().ID
	settleAll(t, old, reader)
	reader.object(back)
}

// The news of a move comes after that of the actor who says so, to followers only.
func TestAMoveIsToldInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.theirs.follow("@tiriad@" + s.ours.domain())
	s.settle()
	moved, _ := newHome(t, s.org.ID)
	target, err := s.ours.fetchActor(t.Context(), moved)
	s.must(err)
	s.must(s.ours.node.Move(t.Context(), s.org.ID, target, []string{s.org.ID}))
	known := len(s.heard())
	settleAll(t, s.ours)
	if heard := s.heard()[known:]; !slices.Equal(heard, []string{"Update", "Move"}) {
		t.Errorf("a follower heard %v", heard)
	}
}
