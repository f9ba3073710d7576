package instance_test

import (
	"fmt"
	"testing"

	"github.com/maillage/maillage/instance"
)

// neighbours is an organisation of the same node, for which somebody else writes.
func neighbours(w *world) (*instance.Actor, instance.Editor) {
	w.Helper()
	other, err := w.node.CreateActor(w.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "voisine", Name: "Voisine"})
	w.must(err)
	return other, w.node.Editor(w.member("zoe@exemple.org", instance.RoleContributor, other.ID))
}

func organisersOf(w *world, id string) []string {
	w.Helper()
	o, err := w.node.Object(w.Context(), id)
	w.must(err)
	var names []string
	for _, ref := range o.(*instance.Event).Organisers {
		names = append(names, ref.Name)
	}
	return names
}

func together(w *world, with ...*instance.Actor) *instance.Event {
	e := event("Cartopartie")
	for _, a := range with {
		e.Organisers = append(e.Organisers, instance.Ref{ID: a.ID, Name: a.Name})
	}
	return e
}

func TestANeighbourOrganisesOnceItAgrees(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, theirs := neighbours(w)
	mine := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID))
	o, err := mine.Publish(t.Context(), w.org.ID, together(w, w.org, other))
	w.must(err)
	id := o.Common().ID
	if got := organisersOf(w, id); len(got) != 1 || got[0] != w.org.Name {
		t.Fatalf("before it agrees: %v", got)
	}
	w.wants(mine.AnswerAsked(t.Context(), id, other.ID, true), instance.ErrForbidden)
	asked, _, err := theirs.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
	w.must(err)
	if len(asked) != 1 || asked[0].Event != id {
		t.Fatalf("asked: %+v", asked)
	}
	w.must(theirs.AnswerAsked(t.Context(), id, other.ID, true))
	if got := organisersOf(w, id); len(got) != 2 {
		t.Errorf("after it agreed: %v", got)
	}
	history, err := mine.History(t.Context(), id)
	w.must(err)
	if len(history) != 2 {
		t.Errorf("the history has %d versions", len(history))
	}

	// To go back to the version before asks it again: nobody is named without a word.
	w.must(theirs.AnswerAsked(t.Context(), id, other.ID, false))
	if got := organisersOf(w, id); len(got) != 1 {
		t.Errorf("after it left: %v", got)
	}
	_, err = mine.Revert(t.Context(), history[0].Seq)
	w.must(err)
	if got := organisersOf(w, id); len(got) != 1 {
		t.Errorf("a version of before names who left: %v", got)
	}
}

// Who writes for both names both at once, and a name is but a name.
func TestWhoNeedsNotBeAsked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, _ := neighbours(w)
	both := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID, other.ID))
	draft := together(w, w.org, other)
	draft.Organisers = append(draft.Organisers, instance.Ref{Name: "Les voisins", URL: "https://voisins.example"})
	o, err := both.Publish(t.Context(), w.org.ID, draft)
	w.must(err)
	if got := organisersOf(w, o.Common().ID); len(got) != 3 {
		t.Errorf("organisers: %v", got)
	}
	// The address of a page that is an actor's names it as well as its IRI.
	sly := together(w, w.org)
	sly.Organisers = append(sly.Organisers, instance.Ref{Name: other.Name, URL: other.ID})
	o, err = w.node.Editor(w.member("max@exemple.org", instance.RoleContributor, w.org.ID)).Publish(t.Context(), w.org.ID, sly)
	w.must(err)
	if got := organisersOf(w, o.Common().ID); len(got) != 1 {
		t.Errorf("organisers: %v", got)
	}
}

func TestEveryDateOfASeriesAsks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, theirs := neighbours(w)
	mine := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID))
	draft := together(w, w.org, other)
	dates, err := instance.Recurrence{Rhythm: instance.RhythmWeekly, Until: draft.When.Start.AddDate(0, 0, 15)}.Occurrences(draft.When)
	w.must(err)
	events, err := mine.PublishSeries(t.Context(), w.org.ID, draft, dates)
	w.must(err)
	asked, _, err := theirs.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
	w.must(err)
	if len(asked) != len(events) || len(events) != 3 {
		t.Errorf("%d dates, asked %d times", len(events), len(asked))
	}
	if n, err := theirs.CountAsked(t.Context()); err != nil || n != 1 {
		t.Errorf("a series is one question: %d, %v", n, err)
	}
	w.must(theirs.AnswerAsked(t.Context(), events[0].ID, other.ID, true))
	if got := organisersOf(w, events[2].ID); len(got) != 2 {
		t.Errorf("the other dates of the series: %v", got)
	}
}

// Whoever says that their event is a date of somebody else's series gets no answer that
// was given to these.
func TestNobodyBorrowsTheAnswerToASeries(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, theirs := neighbours(w)
	sly, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "malins", Name: "Les malins"})
	w.must(err)
	mine := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID))
	draft := together(w, w.org, other)
	dates, err := instance.Recurrence{Rhythm: instance.RhythmWeekly, Until: draft.When.Start.AddDate(0, 0, 8)}.Occurrences(draft.When)
	w.must(err)
	events, err := mine.PublishSeries(t.Context(), w.org.ID, draft, dates)
	w.must(err)
	draft = together(w, sly, other)
	draft.Series = events[0].Series
	borrowed, err := w.node.Editor(w.member("max@exemple.org", instance.RoleContributor, sly.ID)).Publish(t.Context(), sly.ID, draft)
	w.must(err)
	w.must(theirs.AnswerAsked(t.Context(), events[0].ID, other.ID, true))
	if got := organisersOf(w, borrowed.Common().ID); len(got) != 1 {
		t.Errorf("they organise it unasked: %v", got)
	}
}

// What others of the node wait for hides nothing of what waits for one.
func TestAskedAmongThousands(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, theirs := neighbours(w)
	host := w.node.Editor(w.host())
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		for i := range 1001 {
			id := fmt.Sprintf("https://ailleurs.example/users/%d", i)
			o := instance.Organiser{Event: w.org.ID + "/e", Actor: id, Owner: w.org.ID, Offer: id + "/offer", State: instance.OrganiserAsked}
			if err := tx.SaveOrganiser(t.Context(), o); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := w.node.Publish(t.Context(), w.org.ID, together(w, w.org, other))
	w.must(err)
	for who, editor := range map[string]instance.Editor{"who writes for it": theirs, "the host": host} {
		asked, total, err := editor.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
		if err != nil || len(asked) != 1 || total != 1 {
			t.Errorf("%s sees %d of %d, %v", who, len(asked), total, err)
		}
	}
}

// A server that takes back what it asked, and asks it again, has no more room than another.
func TestRoomToAskAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	from := w.remote(instance.KindOrganisation, "https://b.example/organisations/libertic")
	asks := func(n int, time string) error {
		e := w.theirs(fmt.Sprintf("https://b.example/evenements/%d", n), 0)
		e.Owner = from.ID
		return w.node.ReceiveOffer(t.Context(), from, instance.Organiser{Event: e.ID, Actor: w.org.ID, Offer: fmt.Sprintf("%s/offer/%s", e.ID, time), Copy: e})
	}
	for n := range 20 {
		w.must(asks(n, "first"))
		w.must(w.node.ReceiveOfferUndone(t.Context(), from, fmt.Sprintf("https://b.example/evenements/%d/offer/first", n)))
	}
	for n := range 20 {
		w.must(asks(20+n, "first"))
	}
	w.wants(asks(40, "first"), instance.ErrBusy)
	w.wants(asks(0, "second"), instance.ErrBusy)
	w.must(asks(20, "second")) // it waits already
}

// Who was asked to organise an imported event hears that the import was undone.
func TestUndoingAnImportTakesBackWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, _ := neighbours(w)
	report := w.intake(&instance.Harvest{Format: "essai", Rows: []instance.IntakeRow{{Line: 1, Key: "1", Object: event("Atelier")}}}, instance.IntakeOptions{Source: "agenda.ics"})
	id := report.Rows[0].ID
	o, err := w.node.Object(t.Context(), id)
	w.must(err)
	draft := instance.CloneObject(o).(*instance.Event)
	draft.Organisers = []instance.Ref{{ID: other.ID, Name: other.Name}}
	_, err = w.node.Edit(t.Context(), w.org.ID, id, draft)
	w.must(err)
	w.undo(report.Batch, 1, 0, 0)
	if row, err := w.node.Organiser(t.Context(), id, other.ID); err != nil || row.State != instance.OrganiserWithdrawn {
		t.Errorf("still asked: %+v, %v", row, err)
	}
}

// To refuse an event of another server publishes nothing of it here.
func TestARefusedEventIsNotPublished(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.theirs("https://b.example/evenements/1", 0)
	w.must(w.node.ReceiveOffer(t.Context(), w.asso, instance.Organiser{Event: e.ID, Actor: w.org.ID, Offer: e.ID + "/offer", Copy: e}))
	mine := w.node.Editor(w.member("lou@exemple.org", instance.RoleContributor, w.org.ID))
	w.must(mine.AnswerAsked(t.Context(), e.ID, w.org.ID, false))
	_, err := w.node.Object(t.Context(), e.ID)
	w.wants(err, instance.ErrNotFound)
}

// Those who agree one after the other are no more than may be named at once.
func TestSoManyOrganiseOneEvent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, theirs := neighbours(w)
	o, err := w.node.Publish(t.Context(), w.org.ID, together(w, w.org, other))
	w.must(err)
	e := instance.CloneObject(o).(*instance.Event)
	for i := range 50 {
		e.Organisers = append(e.Organisers, instance.Ref{Name: fmt.Sprintf("Voisine %d", i)})
	}
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveObject(t.Context(), e, nil) }))
	w.wants(theirs.AnswerAsked(t.Context(), e.ID, other.ID, true), instance.ErrInvalid)
	w.must(theirs.AnswerAsked(t.Context(), e.ID, other.ID, false))
}
