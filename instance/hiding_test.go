package instance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// keeps makes the node keep some events of the peer's association.
func (w *world) keeps(count int) {
	w.Helper()
	for i := range count {
		w.must(w.node.ReceiveObject(w.Context(), w.asso, w.theirs(fmt.Sprintf("https://b.example/evenements/%d", i), 0), nil))
	}
}

// seen counts what is listed of a server.
func (w *world) seen(domain instance.Scope) (objects, actors int) {
	w.Helper()
	_, objects, err := w.node.Objects(w.Context(), instance.ObjectFilter{Scope: domain, Limit: 1})
	w.must(err)
	_, actors, err = w.node.Actors(w.Context(), instance.ActorFilter{Scope: domain, Limit: 1})
	w.must(err)
	return objects, actors
}

func TestAHiddenObjectStaysAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keeps(2)
	const id = "https://b.example/evenements/1"
	before := w.jobs()[instance.JobIndex]
	w.must(w.node.HideObject(t.Context(), id))
	o, err := w.node.Object(t.Context(), id)
	w.must(err)
	if b := o.Common(); b.Deleted.IsZero() || b.Name != "" {
		t.Errorf("kept of it: %+v", b)
	}
	if got := w.jobs()[instance.JobIndex]; got < before {
		t.Errorf("%d to index, then %d", before, got)
	}
	w.wants(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(id, time.Hour), nil), instance.ErrGone)
	w.wants(w.node.HideObject(t.Context(), id), instance.ErrGone)
	w.wants(w.node.HideObject(t.Context(), w.org.ID), instance.ErrForbidden)
	w.wants(w.node.HideObject(t.Context(), "https://b.example/none"), instance.ErrNotFound)

	w.must(w.node.ShowObject(t.Context(), id))
	if w.jobs()[instance.JobFetch] != 1 {
		t.Errorf("it is not read again: %v", w.jobs())
	}
	w.must(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(id, 0), nil)) // as it was: what is read at its origin
	if objects, _ := w.seen("b.example"); objects != 2 {
		t.Errorf("%d objects are seen", objects)
	}
	w.wants(w.node.ShowObject(t.Context(), id), instance.ErrNotFound)
}

func TestAHiddenActorTakesAllItPublished(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keeps(3)
	w.must(w.node.HideObject(t.Context(), w.asso.ID))
	if objects, actors := w.seen("b.example"); objects != 0 || actors != 1 {
		t.Errorf("%d objects and %d actors are seen", objects, actors)
	}
	w.must(w.node.ShowObject(t.Context(), w.asso.ID))
	w.keeps(3)
	if objects, actors := w.seen("b.example"); objects != 3 || actors != 2 {
		t.Errorf("then %d objects and %d actors", objects, actors)
	}
}

// What a blocked server published leaves our pages with it; what was hidden before
// does not come back with the rest.
func TestABlockedServerIsNotSeen(t *testing.T) {
	t.Parallel()
	w := setup(t)
	territory := &instance.Actor{ID: "https://b.example/territoires/redon", Kind: instance.KindTerritory, Handle: "redon", Name: "Redon", Territory: &instance.Territory{Kind: "commune"}}
	w.must(w.node.ReceiveActor(t.Context(), territory))
	w.keeps(450)
	other := w.remote(instance.KindOrganisation, "https://c.example/organisations/asso")
	w.must(w.node.HideObject(t.Context(), "https://b.example/evenements/7"))
	w.must(w.node.BlockHost(t.Context(), "b.example"))
	if objects, actors := w.seen("b.example"); objects+actors != 0 {
		t.Errorf("%d objects and %d actors are seen", objects, actors)
	}
	if _, actors := w.seen("c.example"); actors != 1 {
		t.Errorf("%s is gone too", other.ID)
	}
	if h, err := w.node.Host(t.Context(), "b.example"); err != nil || !h.Blocked {
		t.Errorf("host %+v, %v", h, err)
	}
	ids, err := w.node.Indexable(t.Context(), "", 1000)
	w.must(err)
	if len(ids) != 0 {
		t.Errorf("still searched: %d", len(ids))
	}
	w.must(w.node.BlockHost(t.Context(), "b.example")) // again: nothing more
	w.wants(w.node.BlockHost(t.Context(), "a.example"), instance.ErrInvalid)

	w.must(w.node.UnblockHost(t.Context(), "b.example"))
	if _, actors := w.seen("b.example"); actors != 3 {
		t.Errorf("%d actors are back", actors)
	}
	if got := w.jobs()[instance.JobFetch]; got != 449 {
		t.Errorf("%d objects are read again", got)
	}
	w.must(w.node.ReceiveObject(t.Context(), w.asso, w.theirs("https://b.example/evenements/8", 0), nil))
	w.wants(w.node.ReceiveObject(t.Context(), w.asso, w.theirs("https://b.example/evenements/7", time.Hour), nil), instance.ErrGone)
	if left, err := w.node.Hidings(t.Context(), "b.example", 10); err != nil || len(left) != 0 {
		t.Errorf("left hidden: %v, %v", left, err)
	}
}

func TestAReportHidesOrBlocks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keeps(3)
	report := func(id string) *instance.Proposal {
		return w.proposed(instance.Proposal{Kind: instance.ProposeReport, Object: id, Reason: instance.ReasonSpam})
	}
	moderating := w.node.Editor(moderator())
	w.wants(moderating.SettleReport(t.Context(), report("https://b.example/evenements/0").ID, instance.RemedyWithdraw, ""), instance.ErrInvalid)
	w.must(moderating.SettleReport(t.Context(), report("https://b.example/evenements/0").ID, instance.RemedyHide, ""))
	if objects, _ := w.seen("b.example"); objects != 2 {
		t.Errorf("%d objects are seen", objects)
	}
	forwarded := report("https://b.example/evenements/1")
	w.must(moderating.SettleReport(t.Context(), forwarded.ID, instance.RemedyForward, ""))
	if after, err := w.node.Proposal(t.Context(), forwarded.ID); err != nil || after.State != instance.ProposalSent || after.Activity == "" || after.Answered.IsZero() || w.jobs()[instance.JobPropose] != 1 {
		t.Errorf("no Flag leaves: %+v, %v, %v", after, err, w.jobs())
	}
	w.wants(moderating.SettleReport(t.Context(), forwarded.ID, instance.RemedyHide, ""), instance.ErrConflict)
	w.must(moderating.SettleReport(t.Context(), report("https://b.example/evenements/1").ID, instance.RemedyBlock, ""))
	if objects, actors := w.seen("b.example"); objects+actors != 0 {
		t.Errorf("%d objects and %d actors are seen", objects, actors)
	}
}
