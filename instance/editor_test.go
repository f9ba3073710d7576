package instance_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// writer is an account that writes for the world's organisation.
func (w *world) writer() *instance.Account {
	return &instance.Account{ID: "lou", Name: "Lou", Role: instance.RoleContributor, Organisations: []string{w.org.ID}}
}

func TestAnEditorWritesForTheirOrganisationsOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	w.must(err)
	editor := w.node.Editor(w.writer())
	_, err = editor.Publish(t.Context(), other.ID, event("Cartopartie"))
	w.wants(err, instance.ErrForbidden)
	theirs, err := w.node.Publish(t.Context(), other.ID, event("Cartopartie"))
	w.must(err)
	_, err = editor.Edit(t.Context(), theirs.Common().ID, event("Autre chose"))
	w.wants(err, instance.ErrForbidden)
	w.wants(editor.Withdraw(t.Context(), theirs.Common().ID), instance.ErrForbidden)
	_, err = editor.History(t.Context(), theirs.Common().ID)
	w.wants(err, instance.ErrForbidden)
	actors, err := editor.Actors(t.Context())
	w.must(err)
	if len(actors) != 1 || actors[0].ID != w.org.ID {
		t.Errorf("may publish as %v", actors)
	}
	host := w.node.Editor(&instance.Account{ID: "h", Role: instance.RoleHost})
	if _, err := host.Edit(t.Context(), theirs.Common().ID, event("Cartopartie corrigée")); err != nil {
		t.Errorf("the host: %v", err)
	}
	closed := w.writer()
	closed.Closed = w.now
	_, err = w.node.Editor(closed).Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.wants(err, instance.ErrForbidden)
}

// A host runs the node, and yet puts no words in the mouth of somebody else who appears.
func TestNobodySpeaksForAPerson(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou, err := w.node.NewAccount(t.Context(), instance.Account{Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleContributor}, "")
	w.must(err)
	person, err := w.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou", Name: "Lou"})
	w.must(err)
	host, err := w.node.NewAccount(t.Context(), instance.Account{Email: "host@exemple.org", Name: "Sam", Role: instance.RoleHost}, "")
	w.must(err)
	lou, err = w.node.Account(t.Context(), lou.ID)
	w.must(err)
	for who, allowed := range map[*instance.Account]bool{lou: true, host: false} {
		editor := w.node.Editor(who)
		for what, do := range map[string]func() error{
			"publish": func() error { _, err := editor.Publish(t.Context(), person.ID, event("Balade")); return err },
			"repeat": func() error {
				draft := event("Atelier")
				_, err := editor.PublishSeries(t.Context(), person.ID, draft, []instance.When{draft.When})
				return err
			},
			"draft": func() error {
				_, err := editor.SaveDraft(t.Context(), instance.Draft{Actor: person.ID, Object: event("Balade")})
				return err
			},
		} {
			if err := do(); errors.Is(err, instance.ErrForbidden) == allowed {
				t.Errorf("%s: %s: %v", who.Name, what, err)
			}
		}
		if err := editor.JoinElsewhere(t.Context(), person.ID, "https://b.example/e"); errors.Is(err, instance.ErrForbidden) == allowed {
			t.Errorf("%s joins: %v", who.Name, err)
		}
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	editor := w.node.Editor(w.writer())
	imported, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	id := imported.Common().ID
	_, err = editor.Edit(t.Context(), id, event("Cartopartie au port"))
	w.must(err)

	history, err := editor.History(t.Context(), id)
	w.must(err)
	if len(history) != 2 || history[0].Version.Common().Name != "Cartopartie au port" || history[0].Account != "lou" || history[1].Version.Common().Name != "Cartopartie" || history[1].Account != "" {
		t.Fatalf("history %+v", history)
	}
	back, err := editor.Revert(t.Context(), history[1].Seq)
	w.must(err)
	if back.Common().Name != "Cartopartie" || back.Common().ID != id {
		t.Errorf("reverted to %+v", back.Common())
	}

	w.must(editor.Withdraw(t.Context(), id))
	_, err = editor.Edit(t.Context(), id, event("Cartopartie"))
	w.wants(err, instance.ErrGone)
	history, err = editor.History(t.Context(), id)
	w.must(err)
	draft, err := editor.Restore(t.Context(), history[0].Seq)
	w.must(err)
	again, err := editor.Publish(t.Context(), draft.Actor, draft.Object)
	w.must(err)
	if again.Common().ID == id || again.Common().Name != "Cartopartie" {
		t.Errorf("restored as %+v", again.Common())
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	editor := w.node.Editor(w.writer())
	draft, err := editor.SaveDraft(t.Context(), instance.Draft{Actor: w.org.ID, Object: &instance.Event{Base: instance.Base{Kind: instance.KindEvent, Name: "C"}}})
	w.must(err)
	stranger := w.node.Editor(&instance.Account{ID: "max"})
	_, err = stranger.Draft(t.Context(), draft.ID)
	w.wants(err, instance.ErrForbidden)
	w.wants(stranger.DeleteDraft(t.Context(), draft.ID), instance.ErrForbidden)
	stolen := *draft
	stolen.Actor = ""
	_, err = stranger.SaveDraft(t.Context(), stolen)
	w.wants(err, instance.ErrForbidden)

	draft.Object.Common().Name = "Cartopartie"
	_, err = editor.SaveDraft(t.Context(), *draft)
	w.must(err)
	drafts, err := editor.Drafts(t.Context())
	w.must(err)
	if len(drafts) != 1 || drafts[0].Object.Common().Name != "Cartopartie" {
		t.Errorf("drafts %+v", drafts)
	}
	w.must(editor.DeleteDraft(t.Context(), draft.ID))
	w.must(editor.DeleteDraft(t.Context(), draft.ID))
}

func TestFollowersLearnWhatChangesTheirPlans(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*instance.Event)
		says   string // "" = no notice
	}{
		"cancelled":      {func(e *instance.Event) { e.Status = instance.StatusCancelled }, "Annulé"},
		"postponed":      {func(e *instance.Event) { e.Status = instance.StatusPostponed }, "Reporté"},
		"another day":    {func(e *instance.Event) { e.When.Start = e.When.Start.AddDate(0, 0, 7) }, "nouvelle date"},
		"another place":  {func(e *instance.Event) { e.Place = &instance.Place{Name: "Halle", Locality: "Brest"} }, "nouveau lieu"},
		"a better title": {func(e *instance.Event) { e.Name = "Cartopartie du port" }, ""},
		"confirmed":      {func(e *instance.Event) { e.Status = instance.StatusConfirmed }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			draft := event("Cartopartie")
			draft.Place = &instance.Place{Name: "Médiathèque", Locality: "Brest"}
			e, err := w.node.Publish(t.Context(), w.org.ID, draft)
			w.must(err)
			tc.change(draft)
			_, err = w.node.Edit(t.Context(), w.org.ID, e.Common().ID, draft)
			w.must(err)
			notices, _, err := w.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}})
			w.must(err)
			switch {
			case tc.says == "" && len(notices) > 0:
				t.Errorf("told %q", notices[0].Common().Content)
			case tc.says != "" && (len(notices) != 1 || !strings.Contains(notices[0].Common().Content, tc.says) || notices[0].(*instance.Announcement).InReplyTo != e.Common().ID):
				t.Errorf("told %+v, want one with %q", notices, tc.says)
			}
		})
	}
}

// A program may give the new date and leave the event put off.
func TestANewDateIsToldOfWhatWasPutOff(t *testing.T) {
	t.Parallel()
	w := setup(t)
	draft := event("Cartopartie")
	draft.Status = instance.StatusPostponed
	e, err := w.node.Publish(t.Context(), w.org.ID, draft)
	w.must(err)
	for _, days := range []int{0, 7} {
		draft.When.Start = draft.When.Start.AddDate(0, 0, days)
		_, err = w.node.Edit(t.Context(), w.org.ID, e.Common().ID, draft)
		w.must(err)
	}
	notices, _, err := w.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}})
	w.must(err)
	if len(notices) != 1 || !strings.Contains(notices[0].Common().Content, "nouvelle date") {
		t.Errorf("told %+v", notices)
	}
}

func TestWhatIsOverChangesNobodysPlans(t *testing.T) {
	t.Parallel()
	w := setup(t)
	draft := event("Cartopartie")
	draft.When.Start = w.now.AddDate(-1, 0, 0)
	e, err := w.node.Publish(t.Context(), w.org.ID, draft)
	w.must(err)
	draft.When.Start = draft.When.Start.AddDate(0, 0, 1)
	_, err = w.node.Edit(t.Context(), w.org.ID, e.Common().ID, draft)
	w.must(err)
	if _, n, _ := w.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}}); n != 0 {
		t.Errorf("%d notices about the past", n)
	}
}
