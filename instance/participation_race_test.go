package instance_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// Everybody asks for the last places at once, by every way there is, while others
// leave: no seat is given twice, and none stays empty while somebody waits.
func TestTheLastPlacesAreGivenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		node, err := instance.New(t.Context(), instance.Options{
			BaseURL: "https://a.example", Name: "A", Store: s, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
		})
		w := &world{T: t, store: s, now: now, node: node}
		w.must(err)
		w.org, err = node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
		w.must(err)
		const places, people = 3, 8
		id := w.open(places, instance.JoinFree)
		editor := node.Editor(w.writer())
		var asked sync.WaitGroup
		ask := func(what string, do func() error) {
			asked.Go(func() {
				if err := do(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		for i := range people {
			member := &instance.Account{ID: fmt.Sprint("member", i), Name: "Lou", Role: instance.RoleContributor}
			someone := w.someone(fmt.Sprint("ana", i))
			ask("a member", func() error { _, err := node.MemberJoin(t.Context(), member, id); return err })
			ask("a member's second click", func() error { _, err := node.MemberJoin(t.Context(), member, id); return err })
			ask("a Join", func() error {
				return node.ReceiveJoin(t.Context(), someone, instance.Participation{Event: id, Join: someone.ID + "#join"}, time.Time{})
			})
			ask("the desk", func() error {
				_, err := editor.NoteParticipant(t.Context(), id, instance.Participation{Name: "Une voisine", Seats: 1})
				return err
			})
			if i%2 == 0 {
				ask("a member who changes their mind", func() error { return node.MemberLeave(t.Context(), member, id) })
			}
		}
		asked.Wait()
		seats, err := node.Attendance(t.Context(), id)
		w.must(err)
		if seats.Taken != places || seats.Waiting == 0 {
			t.Errorf("%d places, %+v", places, seats)
		}
		all, err := node.Participations(t.Context(), instance.ParticipationFilter{Event: id})
		w.must(err)
		once := map[string]bool{}
		for _, p := range all {
			if once[p.Who] {
				t.Errorf("%s is on the list twice", p.Who)
			}
			once[p.Who] = true
		}
	})
}

// Each date of a series has its own people; what happens to one date concerns them.
func TestEachDateOfASeriesHasItsPeople(t *testing.T) {
	t.Parallel()
	w := setup(t)
	editor := w.node.Editor(w.writer())
	draft := event("Permanence")
	draft.JoinMode, draft.Capacity = instance.JoinFree, 1
	dates, err := instance.Recurrence{Rhythm: instance.RhythmWeekly, Until: draft.When.Start.AddDate(0, 0, 14)}.Occurrences(draft.When)
	w.must(err)
	events, err := editor.PublishSeries(t.Context(), w.org.ID, draft, dates)
	w.must(err)
	ana := w.someone("ana")
	for _, e := range events {
		w.joins(ana, e.ID)
		w.stands(ana.ID, e.ID, instance.ParticipationAccepted)
	}
	bo := w.someone("bo")
	w.joins(bo, events[1].ID)
	w.stands(bo.ID, events[1].ID, instance.ParticipationWaiting)

	wider := instance.CloneObject(events[1]).(*instance.Event)
	wider.Capacity = 2
	_, err = editor.EditFollowing(t.Context(), events[1].ID, wider, instance.Telling{})
	w.must(err)
	w.stands(bo.ID, events[1].ID, instance.ParticipationAccepted)
	for i, want := range []int{1, 2, 1} {
		if seats, err := w.node.Attendance(t.Context(), events[i].ID); err != nil || seats.Taken != want {
			t.Errorf("date %d: %+v, %v", i, seats, err)
		}
	}
}
