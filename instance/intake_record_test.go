package instance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

// imports are the records of the organisation, newest first.
func (w *world) imports() []instance.IntakeRecord {
	w.Helper()
	records, err := w.store.IntakeRecords(w.Context(), w.org.ID, w.node.Self().ID)
	w.must(err)
	return records
}

// undo takes an import back and checks what that did.
func (w *world) undo(id string, withdrawn, restored, kept int) {
	w.Helper()
	done, err := w.node.UndoIntake(w.Context(), w.org.ID, id)
	w.must(err)
	if done.Withdrawn != withdrawn || done.Restored != restored || len(done.Kept) != kept {
		w.Errorf("undone: %+v, want %d withdrawn, %d restored, %d kept", done, withdrawn, restored, kept)
	}
}

var (
	salleA = [4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"}
	gare   = [4]string{"uid-second-002@example", "Balade", "20270321T130000Z", "Gare"}
)

// The record of an import is there while it goes on, and says what was done so far.
func TestIntakeIsRecordedAsItGoes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := w.harvest(source.CSV, table(500), source.Options{})
	batches := 0
	_, err := w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{Source: "a.csv", Account: "zoe"}, func(done int) {
		batches++
		r := w.imports()[0]
		changes, err := w.store.IntakeChanges(t.Context(), r.ID)
		w.must(err)
		if r.Account != "zoe" || r.Report.Counts[instance.IntakeCreated] != done || len(changes) != done || !r.GoesOn(w.now) || r.Undoable(w.now) {
			t.Errorf("after %d rows: %+v, %d changes", done, r, len(changes))
		}
		if _, err := w.node.UndoIntake(t.Context(), w.org.ID, r.ID); !errors.Is(err, instance.ErrConflict) {
			t.Errorf("undone while it goes on: %v", err)
		}
		later := w.now.Add(time.Hour) // as after a power cut
		if r.GoesOn(later) || !r.CutOff(later) || !r.Undoable(later) {
			t.Errorf("an hour later: %+v", r)
		}
	})
	w.must(err)
	if r := w.imports(); batches != 3 || len(r) != 1 || r[0].GoesOn(w.now) || r[0].CutOff(w.now.Add(time.Hour)) || r[0].Stopped {
		t.Errorf("in the end, after %d batches: %+v", batches, r)
	}
}

// Under its ID, an import that was stopped goes on: there is one record, of the whole.
func TestIntakeGoesOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := w.harvest(source.CSV, table(500), source.Options{})
	o := instance.IntakeOptions{Source: "a.csv", ID: "le-meme"}
	stopAt := func(rows int) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		_, err := w.node.Intake(ctx, w.org.ID, h, o, func(done int) {
			if done == rows {
				stop()
			}
		})
		if r := w.imports(); err == nil || len(r) != 1 || !r[0].Stopped || r[0].Report.Counts[instance.IntakeCreated] != 400 {
			t.Fatalf("stopped: %v, %+v", err, r)
		}
	}
	stopAt(400)
	began := w.imports()[0].At
	w.now = w.now.Add(time.Minute)
	stopAt(200) // before it has come to where it was
	if _, err := w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{Source: "b.csv", ID: o.ID}, nil); !errors.Is(err, instance.ErrConflict) {
		t.Errorf("another source under its name: %v", err)
	}
	w.counts(w.intake(h, o), 500, 0, 0, 0, 0)
	if r := w.imports(); len(r) != 1 || r[0].Stopped || !r[0].At.Equal(began) || r[0].Report.Counts[instance.IntakeCreated] != 500 {
		t.Errorf("in the end: %+v", r)
	}
	w.undo(o.ID, 500, 0, 0)
	if _, err := w.node.Intake(t.Context(), w.org.ID, h, o, nil); !errors.Is(err, instance.ErrConflict) {
		t.Errorf("under the name of what was undone: %v", err)
	}
}

// What was cut off is undone, or begun again, without duplicates.
func TestIntakeCutOff(t *testing.T) {
	t.Parallel()
	for _, undo := range []bool{true, false} {
		t.Run(fmt.Sprint("undo ", undo), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			h := w.harvest(source.CSV, table(500), source.Options{})
			func() {
				defer func() { _ = recover() }() // nothing is told that the import ends
				_, _ = w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{Source: "a.csv"}, func(int) { panic("power cut") })
			}()
			if w.ours() != 200 {
				t.Fatalf("%d were written", w.ours())
			}
			w.now = w.now.Add(time.Hour)
			r := w.imports()
			if len(r) != 1 || !r[0].CutOff(w.now) || r[0].Report.Counts[instance.IntakeCreated] != 200 {
				t.Fatalf("records %+v", r)
			}
			if undo {
				w.undo(r[0].ID, 200, 0, 0)
				w.counts(w.intake(h, instance.IntakeOptions{Source: "a.csv"}), 500, 0, 0, 0, 0)
			} else {
				w.counts(w.intake(h, instance.IntakeOptions{Source: "a.csv"}), 300, 0, 200, 0, 0)
			}
			if w.ours() != 500 {
				t.Errorf("%d in the end", w.ours())
			}
		})
	}
}

// Undoing restores what the import changed, unless somebody changed it since.
func TestIntakeUndoRestores(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := w.intake(w.harvest(source.ICal, calendarOf(salleA, gare), source.Options{}), instance.IntakeOptions{})
	a, g := salleA, gare
	a[1], g[1] = "Atelier carte", "Balade en forêt"
	w.now = w.now.Add(time.Minute)
	second := w.intake(w.harvest(source.ICal, calendarOf(a, g), source.Options{}), instance.IntakeOptions{})
	w.counts(second, 0, 2, 0, 0, 0)
	id, edited := second.Rows[0].ID, second.Rows[1].ID
	o, err := w.node.Object(t.Context(), edited)
	w.must(err)
	o.Common().Summary = "Écrit ici"
	_, err = w.node.Edit(t.Context(), w.org.ID, edited, o)
	w.must(err)

	w.now = w.now.Add(time.Minute)
	w.undo(second.Batch, 0, 1, 1)
	if b := w.object(id); b.Name != "Atelier" || !b.Updated.Equal(w.now) {
		t.Errorf("restored as %q, updated %s", b.Name, b.Updated)
	}
	if b := w.object(edited); b.Name != "Balade en forêt" || b.Summary != "Écrit ici" {
		t.Errorf("what an author changed: %+v", b)
	}
	versions, err := w.node.Revisions(t.Context(), id)
	w.must(err)
	if len(versions) != 3 || versions[0].Version.Common().Name != "Atelier" {
		t.Errorf("%d versions", len(versions))
	}
	_, err = w.node.UndoIntake(t.Context(), w.org.ID, second.Batch)
	w.wants(err, instance.ErrNotFound)
	_, err = w.node.UndoIntake(t.Context(), w.node.Self().ID, first.Batch)
	w.wants(err, instance.ErrForbidden)

	w.counts(w.intake(w.harvest(source.ICal, calendarOf(a, g), source.Options{}), instance.IntakeOptions{}), 0, 1, 1, 0, 0) // again
	w.undo(first.Batch, 1, 0, 1)
}

// A later import's changes are not lost by undoing an earlier one.
func TestIntakeUndoKeepsLaterImports(t *testing.T) {
	t.Parallel()
	w := setup(t)
	name := func(title string) instance.IntakeReport {
		a := salleA
		a[1] = title
		w.now = w.now.Add(time.Minute)
		return w.intake(w.harvest(source.ICal, calendarOf(a), source.Options{}), instance.IntakeOptions{})
	}
	name("Atelier un")
	second, third := name("Atelier deux"), name("Atelier trois")
	w.undo(second.Batch, 0, 0, 1)
	if b := w.object(third.Rows[0].ID); b.Name != "Atelier trois" {
		t.Errorf("%q", b.Name)
	}
	w.undo(third.Batch, 0, 1, 0)
	if b := w.object(third.Rows[0].ID); b.Name != "Atelier deux" {
		t.Errorf("%q", b.Name)
	}
}

// A feed leaves a record of what it did, and none of the days when it did nothing.
func TestFeedIsRecorded(t *testing.T) {
	t.Parallel()
	w := setupFeeds(t)
	feed, err := w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/x.ics"})
	w.must(err)
	for i := range 3 {
		w.etag = fmt.Sprint(i)
		w.run(feed.ID)
	}
	r := w.imports()
	if len(r) != 1 || r[0].Via != instance.ViaFeed || r[0].Source != feed.URL || !r[0].Undoable(w.now) {
		t.Fatalf("%+v", r)
	}
	w.undo(r[0].ID, 1, 0, 0)
}

// A folder of our own format is recorded too, under the name that it was given.
func TestDatasetIsUndone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := &instance.Dataset{
		Communes:      []instance.DatasetCommune{{Slug: "brest", Name: "Brest", Kind: "commune", DatasetPlace: instance.DatasetPlace{INSEE: "29019"}}},
		Organisations: []instance.DatasetOrganisation{{Slug: "fabrique", Name: "La Fabrique", DatasetPlace: instance.DatasetPlace{Locality: "Brest"}}},
		Recipes:       []instance.DatasetRecipe{{Slug: "cartopartie", Title: "Organiser une cartopartie", Licence: "CC-BY-SA-4.0"}},
	}
	_, none, err := w.node.ImportDataset(t.Context(), w.org.ID, &instance.Dataset{Communes: d.Communes}, instance.IntakeOptions{}, nil)
	w.must(err)
	if none != "" || len(w.imports()) != 0 {
		t.Errorf("a record without a name: %q", none)
	}
	_, first, err := w.node.ImportDataset(t.Context(), w.org.ID, d, instance.IntakeOptions{Source: "dossier", Via: instance.ViaCommand}, nil)
	w.must(err)
	d.Organisations[0].Summary = "Un atelier"
	report, second, err := w.node.ImportDataset(t.Context(), w.org.ID, d, instance.IntakeOptions{Source: "dossier", Via: instance.ViaCommand}, nil)
	w.must(err)
	if report.Updated != 1 || len(w.imports()) != 2 {
		t.Errorf("%+v", report)
	}
	w.undo(second, 0, 1, 0)
	w.undo(first, 1, 0, 1) // the sheet was changed since, if only to and fro: it stays
}

// A folder whose import was undone can be imported again: what was withdrawn keeps its
// address, which answers that it is gone, and what names it follows.
func TestDatasetIsImportedAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	commune := instance.DatasetCommune{Slug: "brest", Name: "Brest", Kind: "commune", DatasetPlace: instance.DatasetPlace{INSEE: "29019"}}
	d := &instance.Dataset{
		Communes:      []instance.DatasetCommune{commune},
		Organisations: []instance.DatasetOrganisation{{Slug: "fabrique", Name: "La Fabrique"}},
		Events: []instance.DatasetEvent{
			{Slug: "atelier", Name: "Atelier", Start: "2027-03-14", PartOf: "semaine", Organisers: []string{"fabrique"}},
			{Slug: "semaine", Name: "Semaine", Start: "2027-03-10"},
		},
	}
	o := instance.IntakeOptions{Source: "dossier", Via: instance.ViaCommand}
	var sheets []string
	for range 3 {
		report, id, err := w.node.ImportDataset(t.Context(), w.org.ID, d, o, nil)
		w.must(err)
		if report.Created != 4 {
			t.Fatalf("imported: %+v", report)
		}
		list, _, err := w.node.Objects(t.Context(), instance.ObjectFilter{Owner: w.org.ID, Sort: instance.ByName})
		w.must(err)
		atelier := list[0].(*instance.Event)
		if len(list) != 3 || atelier.PartOf.ID != list[2].Common().ID || atelier.Organisers[0].ID != list[1].Common().ID {
			t.Errorf("%+v, %+v of %v", atelier.PartOf, atelier.Organisers, list)
		}
		sheets = append(sheets, list[1].Common().Slug)
		if again, _, err := w.node.ImportDataset(t.Context(), w.org.ID, d, o, nil); err != nil || again.Unchanged != 4 {
			t.Errorf("again: %+v, %v", again, err)
		}
		w.undo(id, 4, 0, 0)
	}
	if sheets[0] != "fabrique" || sheets[1] == sheets[0] || sheets[2] == sheets[1] {
		t.Errorf("addresses %q", sheets)
	}
}

// What a folder changed of territories is put back, unless somebody changed them since.
func TestDatasetTerritoriesAreRestored(t *testing.T) {
	t.Parallel()
	w := setup(t)
	dataset := func(note string) *instance.Dataset {
		d := &instance.Dataset{}
		for _, slug := range []string{"brest", "redon"} {
			d.Communes = append(d.Communes, instance.DatasetCommune{Slug: slug, Name: slug, Kind: "commune", Note: note})
		}
		return d
	}
	o := instance.IntakeOptions{Source: "dossier", Via: instance.ViaCommand}
	_, _, err := w.node.ImportDataset(t.Context(), w.org.ID, dataset("avant"), o, nil)
	w.must(err)
	report, id, err := w.node.ImportDataset(t.Context(), w.org.ID, dataset("après"), o, nil)
	w.must(err)
	if report.Updated != 2 {
		t.Fatalf("%+v", report)
	}
	redon, err := w.node.ActorBySlug(t.Context(), instance.KindTerritory, "redon")
	w.must(err)
	redon.Name = "Redon agglomération"
	_, err = w.node.EditActor(t.Context(), redon.ID, *redon)
	w.must(err)
	w.undo(id, 0, 1, 1)
	for slug, want := range map[string]string{"brest": "avant", "redon": "après"} {
		a, err := w.node.ActorBySlug(t.Context(), instance.KindTerritory, slug)
		w.must(err)
		if a.Territory.Note != want {
			t.Errorf("%s: %q, want %q", slug, a.Territory.Note, want)
		}
	}
}

// announced counts the jobs that tell of something new, loudly and quietly, and notes.
func (w *world) announced() (loud, quiet, notes int) {
	w.Helper()
	claimed, err := w.store.Claim(w.Context(), []string{instance.JobAnnounce}, 10_000, 0, time.Hour)
	w.must(err)
	for _, job := range claimed {
		var args instance.AnnounceArgs
		w.must(json.Unmarshal(job.Args, &args))
		switch {
		case strings.Contains(args.ID, "/annonces/"):
			notes++
		case args.Verb == instance.VerbCreate && args.Quiet:
			quiet++
		case args.Verb == instance.VerbCreate:
			loud++
		}
	}
	return loud, quiet, notes
}

func manyEvents(n int, day string) string {
	events := make([][4]string, n)
	for i := range events {
		events[i] = [4]string{fmt.Sprintf("evenement-%03d@example", i), fmt.Sprintf("Atelier %d", i), day + "T130000Z", "Salle A"}
	}
	return calendarOf(events...)
}

// A large import does not fill the timelines of those who follow, unless it is asked to.
func TestIntakeIsQuiet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows        int
		announce    instance.IntakeAnnounce
		loud, quiet int
	}{
		"a few":                 {10, instance.AnnounceFew, 10, 0},
		"many":                  {11, instance.AnnounceFew, 0, 11},
		"many, announced":       {11, instance.AnnounceAll, 11, 0},
		"a few, and not a word": {3, instance.AnnounceNone, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			h := w.harvest(source.ICal, manyEvents(c.rows, "20270314"), source.Options{})
			dry := w.intake(h, instance.IntakeOptions{DryRun: true, Announce: c.announce})
			report := w.intake(h, instance.IntakeOptions{Announce: c.announce})
			if loud, quiet, _ := w.announced(); loud != c.loud || quiet != c.quiet {
				t.Errorf("%d announced, %d quietly", loud, quiet)
			}
			if report.News != c.rows || report.Quiet != (c.quiet > 0) || dry.News != report.News || dry.Quiet != report.Quiet {
				t.Errorf("said %d new, quiet %v; the trial %d, %v", report.News, report.Quiet, dry.News, dry.Quiet)
			}
		})
	}
	t.Run("one more in a large agenda", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.intake(w.harvest(source.ICal, manyEvents(30, "20270314"), source.Options{}), instance.IntakeOptions{Announce: instance.AnnounceNone})
		w.intake(w.harvest(source.ICal, manyEvents(31, "20270314"), source.Options{}), instance.IntakeOptions{})
		if loud, _, _ := w.announced(); loud != 1 {
			t.Errorf("%d announced", loud)
		}
	})
}

// An agenda that moves every date tells of some of them, not of hundreds.
func TestIntakeTellsOfAFewChanges(t *testing.T) {
	t.Parallel()
	for announce, want := range map[instance.IntakeAnnounce]int{instance.AnnounceFew: instance.MostAnnounced, instance.AnnounceAll: 30, instance.AnnounceNone: 0} {
		t.Run("announce "+string(announce), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.intake(w.harvest(source.ICal, manyEvents(30, "20270314"), source.Options{}), instance.IntakeOptions{Announce: announce})
			w.now = w.now.Add(time.Minute)
			report := w.intake(w.harvest(source.ICal, manyEvents(30, "20270315"), source.Options{}), instance.IntakeOptions{Announce: announce})
			w.counts(report, 0, 30, 0, 0, 0)
			if _, _, notes := w.announced(); notes != want {
				t.Errorf("%d notes, want %d", notes, want)
			}
			if said := slices.ContainsFunc(report.Notices, func(s string) bool { return strings.Contains(s, "trop") }); said != (want < 30) {
				t.Errorf("notices %q", report.Notices)
			}
		})
	}
}

// An organisation that moved publishes nothing new here, whichever way it comes; what it
// has here is brought up to date.
func TestIntakeOfWhoMoved(t *testing.T) {
	t.Parallel()
	w := setup(t)
	harvest := func(names ...string) *instance.Harvest {
		h := &instance.Harvest{Format: "essai"}
		for i, name := range names {
			h.Rows = append(h.Rows, instance.IntakeRow{Line: i + 1, Key: fmt.Sprint(i), Object: event(name)})
		}
		return h
	}
	o := instance.IntakeOptions{Source: "agenda.ics"}
	w.counts(w.intake(harvest("Atelier"), o), 1, 0, 0, 0, 0)
	target := w.remote(instance.KindOrganisation, "https://b.example/organisations/tiriad")
	w.must(w.node.Move(t.Context(), w.org.ID, target, []string{w.org.ID}))
	w.counts(w.intake(harvest("Atelier de printemps", "Cartopartie"), o), 0, 1, 0, 0, 1)
}
