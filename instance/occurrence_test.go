package instance_test

import (
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestOccurrences(t *testing.T) {
	t.Parallel()
	paris := instance.When{}.Location()
	first := func(day string) instance.When {
		start, err := time.ParseInLocation("2006-01-02 15:04", day+" 14:00", paris)
		if err != nil {
			t.Fatal(err)
		}
		return instance.When{Start: start.UTC(), End: start.Add(3 * time.Hour).UTC()}
	}
	for name, tc := range map[string]struct {
		rhythm       instance.Rhythm
		first, until string
		want         []string
	}{
		"weekly, over the change of hour": {instance.RhythmWeekly, "2027-03-20", "2027-04-03", []string{"2027-03-20", "2027-03-27", "2027-04-03"}},
		"fortnightly":                     {instance.RhythmFortnightly, "2027-03-20", "2027-04-16", []string{"2027-03-20", "2027-04-03"}},
		"daily":                           {instance.RhythmDaily, "2027-03-27", "2027-03-29", []string{"2027-03-27", "2027-03-28", "2027-03-29"}},
		"the 31st":                        {instance.RhythmMonthly, "2027-01-31", "2027-05-31", []string{"2027-01-31", "2027-03-31", "2027-05-31"}},
		"the second Saturday":             {instance.RhythmMonthlyWeekday, "2027-03-13", "2027-05-31", []string{"2027-03-13", "2027-04-10", "2027-05-08"}},
		"the fifth Saturday":              {instance.RhythmMonthlyWeekday, "2027-01-30", "2027-06-30", []string{"2027-01-30", "2027-05-29"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			until, err := time.ParseInLocation(time.DateOnly, tc.until, paris)
			if err != nil {
				t.Fatal(err)
			}
			dates, err := instance.Recurrence{Rhythm: tc.rhythm, Until: until}.Occurrences(first(tc.first))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range dates {
				got = append(got, d.Start.In(paris).Format(time.DateOnly))
				if h := d.Start.In(paris).Hour(); h != 14 || d.End.In(paris).Hour() != 17 {
					t.Errorf("on %s at %d h", d.Start, h)
				}
			}
			if len(got) != len(tc.want) {
				t.Fatalf("%v, want %v", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("%v, want %v", got, tc.want)
				}
			}
		})
	}
}

func TestOccurrencesAreBounded(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := instance.When{Start: w.now}
	for name, rule := range map[string]instance.Recurrence{
		"no rhythm":     {Until: w.now.AddDate(0, 1, 0)},
		"odd rhythm":    {Rhythm: "often", Until: w.now.AddDate(0, 1, 0)},
		"no end":        {Rhythm: instance.RhythmDaily},
		"too many":      {Rhythm: instance.RhythmDaily, Until: w.now.AddDate(0, 0, instance.MaxOccurrences)},
		"ages away":     {Rhythm: instance.RhythmDaily, Until: w.now.AddDate(5000, 0, 0)},
		"ends too soon": {Rhythm: instance.RhythmWeekly, Until: w.now.AddDate(0, 0, 3)},
	} {
		_, err := rule.Occurrences(first)
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
		w.wants(err, instance.ErrInvalid)
	}
	_, err := instance.Recurrence{Rhythm: instance.RhythmDaily, Until: w.now.AddDate(0, 0, 3)}.Occurrences(instance.When{Text: "au printemps"})
	w.wants(err, instance.ErrInvalid)
}

// series publishes an event on three Saturdays.
func (w *world) series() (instance.Editor, []*instance.Event) {
	w.Helper()
	editor := w.node.Editor(w.writer())
	draft := event("Permanence")
	draft.When = instance.When{Start: w.now.AddDate(0, 0, 6).Truncate(time.Hour), End: w.now.AddDate(0, 0, 6).Truncate(time.Hour).Add(time.Hour)}
	dates, err := instance.Recurrence{Rhythm: instance.RhythmWeekly, Until: draft.When.Start.AddDate(0, 0, 14)}.Occurrences(draft.When)
	w.must(err)
	events, err := editor.PublishSeries(w.Context(), w.org.ID, draft, dates)
	w.must(err)
	if len(events) != 3 {
		w.Fatalf("%d dates", len(events))
	}
	return editor, events
}

func TestASeriesIsChangedFromADateOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	editor, events := w.series()
	ids := map[string]bool{}
	for _, e := range events {
		ids[e.ID] = true
		if e.Series != events[0].ID {
			t.Errorf("%s is of the series %q", e.ID, e.Series)
		}
	}
	if len(ids) != 3 {
		t.Fatal("dates share an address")
	}
	following, err := editor.Following(t.Context(), events[1])
	w.must(err)
	if len(following) != 1 || following[0].ID != events[2].ID {
		t.Fatalf("after the second: %+v", following)
	}
	draft, ok := instance.CloneObject(events[1]).(*instance.Event)
	if !ok {
		t.Fatal("no event")
	}
	draft.Name = "Permanence du soir"
	draft.When.Start, draft.When.End = draft.When.Start.Add(26*time.Hour), draft.When.End.Add(26*time.Hour) // the next day, two hours later
	n, err := editor.EditFollowing(t.Context(), events[1].ID, draft, instance.Telling{})
	w.must(err)
	if n != 2 {
		t.Errorf("%d dates were changed", n)
	}
	for i, want := range []string{"Permanence", "Permanence du soir", "Permanence du soir"} {
		o, err := w.node.Object(t.Context(), events[i].ID)
		w.must(err)
		e, ok := o.(*instance.Event)
		moved := events[i].When.Start
		if i > 0 {
			moved = moved.Add(26 * time.Hour)
		}
		if !ok || e.Name != want || !e.When.Start.Equal(moved) {
			t.Errorf("date %d: %q on %s, want %q on %s", i, e.Name, e.When.Start, want, moved)
		}
	}
	if _, told, _ := w.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}}); told != 1 {
		t.Errorf("the followers are told %d times", told)
	}
}

func TestASeriesIsPublishedForOnesOrganisationsAlone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, events := w.series()
	stranger := w.node.Editor(&instance.Account{ID: "max", Role: instance.RoleContributor})
	_, err := stranger.PublishSeries(t.Context(), w.org.ID, event("Volé"), []instance.When{events[0].When})
	w.wants(err, instance.ErrForbidden)
	_, err = stranger.EditFollowing(t.Context(), events[0].ID, event("Volé"), instance.Telling{})
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Editor(w.writer()).PublishSeries(t.Context(), w.org.ID, event("Rien"), nil)
	w.wants(err, instance.ErrInvalid)
}

func TestPresentations(t *testing.T) {
	t.Parallel()
	w := setup(t)
	place, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindTerritory, Slug: "brest", Name: "Brest", Territory: &instance.Territory{Kind: "commune"}})
	w.must(err)
	editor, host := w.node.Editor(w.writer()), w.node.Editor(&instance.Account{ID: "h", Role: instance.RoleHost})
	org := *w.org
	org.Name = "Tiriad, à Brest"
	_, err = editor.Present(t.Context(), w.org.ID, org)
	w.must(err)
	_, err = editor.Present(t.Context(), place.ID, *place)
	w.wants(err, instance.ErrForbidden)
	_, err = host.Present(t.Context(), place.ID, *place)
	w.must(err)
	_, err = host.Present(t.Context(), w.peer.ID, *w.peer)
	w.wants(err, instance.ErrForbidden)
	_, err = editor.Found(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "neuve", Name: "Neuve"})
	w.wants(err, instance.ErrForbidden)
	_, err = host.Found(t.Context(), instance.Actor{Kind: instance.KindPerson, Slug: "ada", Name: "Ada"})
	w.wants(err, instance.ErrForbidden)
	_, err = host.Found(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "neuve", Name: "Neuve"})
	w.must(err)
}
