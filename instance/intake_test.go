package instance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// harvest reads bytes as the node's clock stands.
func (w *world) harvest(format source.Format, data string, o source.Options) *instance.Harvest {
	w.Helper()
	o.Now = w.now
	h, err := source.Parse(format, []byte(data), o)
	w.must(err)
	return h
}

func (w *world) intake(h *instance.Harvest, o instance.IntakeOptions) instance.IntakeReport {
	w.Helper()
	if o.Source == "" {
		o.Source = "https://source.example/agenda"
	}
	report, err := w.node.Intake(w.Context(), w.org.ID, h, o, nil)
	w.must(err)
	return report
}

// counts checks what became of the rows: created, updated, unchanged, duplicate, refused.
func (w *world) counts(r instance.IntakeReport, created, updated, unchanged, duplicate, refused int) {
	w.Helper()
	got := [5]int{
		r.Counts[instance.IntakeCreated], r.Counts[instance.IntakeUpdated], r.Counts[instance.IntakeUnchanged],
		r.Counts[instance.IntakeDuplicate], r.Counts[instance.IntakeRefused],
	}
	if want := [5]int{created, updated, unchanged, duplicate, refused}; got != want {
		w.Errorf("created, updated, unchanged, duplicate, refused: %v, want %v", got, want)
		for _, row := range r.Rows {
			w.Logf("  %+v", row)
		}
	}
}

func (w *world) object(id string) *instance.Base {
	w.Helper()
	o, err := w.node.Object(w.Context(), id)
	w.must(err)
	return o.Common()
}

// ours counts the events and sheets that the organisation has published.
func (w *world) ours() int {
	w.Helper()
	_, total, err := w.node.Objects(w.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent, instance.KindPartner}, Owner: w.org.ID, Limit: 1})
	w.must(err)
	return total
}

// calendarOf is a calendar of events: uid, title, start and place of each.
func calendarOf(events ...[4]string) string {
	var out strings.Builder
	out.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
	for _, e := range events {
		fmt.Fprintf(&out, "BEGIN:VEVENT\r\nUID:%s\r\nSUMMARY:%s\r\nDTSTART:%s\r\nLOCATION:%s\r\nEND:VEVENT\r\n", e[0], e[1], e[2], e[3])
	}
	return out.String() + "END:VCALENDAR\r\n"
}

// Each file in the shape of other software is imported twice: the second time
// creates nothing, and every row of the file is accounted for both times.
func TestIntakeRealFilesTwice(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("source/testdata/*.*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			data, err := os.ReadFile(file)
			w.must(err)
			h, err := source.Parse(source.Detect(file, data), data, source.Options{Now: w.now, Base: "https://source.example/"})
			if strings.Contains(file, "compact") {
				w.wants(err, instance.ErrInvalid)
				return
			}
			w.must(err)
			dry := w.intake(h, instance.IntakeOptions{DryRun: true})
			if w.ours() != 0 {
				t.Fatal("a dry run wrote")
			}
			first := w.intake(h, instance.IntakeOptions{})
			created := first.Counts[instance.IntakeCreated]
			if created == 0 || len(first.Rows) != len(h.Rows) || w.ours() != created {
				t.Fatalf("%d created of %d rows, %d ours: %+v", created, len(h.Rows), w.ours(), first.Rows)
			}
			if fmt.Sprint(dry.Counts) != fmt.Sprint(first.Counts) {
				t.Errorf("the dry run said %v, then %v was done", dry.Counts, first.Counts)
			}
			for _, row := range first.Rows {
				if row.Verdict == instance.IntakeRefused && len(row.Reasons) == 0 {
					t.Errorf("row %d refused without a reason", row.Line)
				}
			}
			if len(first.Columns) == 0 {
				t.Error("no report by column")
			}
			w.now = w.now.Add(time.Hour)
			second := w.intake(h, instance.IntakeOptions{})
			if n := second.Counts[instance.IntakeCreated] + second.Counts[instance.IntakeUpdated]; n != 0 || w.ours() != created {
				t.Errorf("the second time %v, %d ours", second.Counts, w.ours())
			}
			if second.Counts[instance.IntakeUnchanged] != created || len(second.Missing) != 0 {
				t.Errorf("the second time %v, missing %v", second.Counts, second.Missing)
			}
		})
	}
}

func TestIntakeUpdatesAndKeepsWhatAuthorsChanged(t *testing.T) {
	t.Parallel()
	w := setup(t)
	one := [4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"}
	report := w.intake(w.harvest(source.ICal, calendarOf(one), source.Options{}), instance.IntakeOptions{})
	w.counts(report, 1, 0, 0, 0, 0)
	id := report.Rows[0].ID

	one[1], one[2] = "Atelier carte", "20270315T130000Z"
	w.now = w.now.Add(time.Minute)
	report = w.intake(w.harvest(source.ICal, calendarOf(one), source.Options{}), instance.IntakeOptions{})
	w.counts(report, 0, 1, 0, 0, 0)
	if b := w.object(id); b.Name != "Atelier carte" || b.Provenance == nil || b.Provenance.Batch == "" {
		t.Errorf("after the update %+v", b)
	}

	o, err := w.node.Object(t.Context(), id)
	w.must(err)
	o.Common().Name = "Atelier carte, pour les débutants"
	_, err = w.node.Edit(t.Context(), w.org.ID, id, o)
	w.must(err)

	one[1], one[3] = "Atelier cartographie", "Salle B"
	report = w.intake(w.harvest(source.ICal, calendarOf(one), source.Options{}), instance.IntakeOptions{})
	w.counts(report, 0, 1, 0, 0, 0)
	if kept := report.Rows[0].Kept; len(kept) != 1 || kept[0] != "name" {
		t.Errorf("kept %v", kept)
	}
	if b := w.object(id); b.Name != "Atelier carte, pour les débutants" || b.Place.Name != "Salle B" {
		t.Errorf("the author's title or the source's place was lost: %+v %+v", b.Name, b.Place)
	}
	report = w.intake(w.harvest(source.ICal, calendarOf(one), source.Options{}), instance.IntakeOptions{})
	w.counts(report, 0, 0, 1, 0, 0)
	if len(report.Rows[0].Kept) != 0 {
		t.Errorf("said again: %v", report.Rows[0].Kept)
	}
}

func TestIntakeRecognises(t *testing.T) {
	t.Parallel()
	uid := [4]string{"uid-premier-001@example", "Fête du port", "20270314T130000Z", "Quai"}
	for name, c := range map[string]struct {
		first, then string
		source      string // of the second import
		counts      [5]int
	}{
		"the same UID from another feed": {calendarOf(uid), calendarOf(uid), "autre", [5]int{0, 0, 1, 0, 0}},
		"a UID that changes each time": {
			calendarOf(uid), calendarOf([4]string{"uid-second-002@example", "Fête du port", "20270314T130000Z", "Quai"}), "", [5]int{0, 0, 1, 0, 0},
		},
		"another UID in another feed, same title, date and place": {
			calendarOf(uid), calendarOf([4]string{"uid-second-002@example", "FETE DU PORT", "20270314T130000Z", "Quai"}), "autre", [5]int{0, 0, 0, 1, 0},
		},
		"another day": {
			calendarOf(uid), calendarOf(uid, [4]string{"uid-second-002@example", "Fête du port", "20270321T130000Z", "Quai"}), "", [5]int{1, 0, 1, 0, 0},
		},
		"twice in one file": {
			calendarOf(uid), calendarOf(uid, [4]string{"uid-second-002@example", "Fête du port", "20270314T130000Z", "Quai"}), "", [5]int{0, 0, 1, 1, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.intake(w.harvest(source.ICal, c.first, source.Options{}), instance.IntakeOptions{})
			r := w.intake(w.harvest(source.ICal, c.then, source.Options{}), instance.IntakeOptions{Source: c.source})
			w.counts(r, c.counts[0], c.counts[1], c.counts[2], c.counts[3], c.counts[4])
		})
	}
}

func TestIntakeRecognisesSheets(t *testing.T) {
	t.Parallel()
	const head = "nom;ville;site;latitude;longitude\n"
	for name, c := range map[string]struct {
		first, then string
		counts      [5]int
	}{
		"name and a few metres":          {"La Fabrique;;;47.6512;-2.0843\n", "LA FABRIQUE;;;47.6514;-2.0841\n", [5]int{0, 0, 0, 1, 0}},
		"name, elsewhere":                {"La Fabrique;;;47.6512;-2.0843\n", "La Fabrique;;;48.39;-4.48\n", [5]int{1, 0, 0, 0, 0}},
		"name and site":                  {"La Fabrique;;https://www.fab.example/;;\n", "La Fabrique;Redon;http://fab.example;;\n", [5]int{0, 0, 0, 1, 0}},
		"name, other commune":            {"Repair café;Redon;;;\n", "Repair café;Brest;;;\n", [5]int{1, 0, 0, 0, 0}},
		"name alone says too little":     {"Repair café;Redon;;;\n", "Repair café;;;;\n", [5]int{1, 0, 0, 0, 0}},
		"other name at the same address": {"La Fabrique;;;47.6512;-2.0843\n", "Le Transfo;;;47.6512;-2.0843\n", [5]int{1, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.intake(w.harvest(source.CSV, head+c.first, source.Options{}), instance.IntakeOptions{Source: "a.csv"})
			r := w.intake(w.harvest(source.CSV, head+c.then, source.Options{}), instance.IntakeOptions{Source: "b.csv"})
			w.counts(r, c.counts[0], c.counts[1], c.counts[2], c.counts[3], c.counts[4])
		})
	}
}

// What an author wrote here is completed by an import, and never overwritten.
func TestIntakeCompletesWhatIsHere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	mine, err := w.node.Publish(t.Context(), w.org.ID, &instance.Partner{
		Base:    instance.Base{Kind: instance.KindPartner, Name: "La Fabrique", Summary: "Notre atelier", Place: &instance.Place{Locality: "Redon"}},
		Website: "https://fab.example/",
	})
	w.must(err)
	h := w.harvest(source.CSV, "nom;ville;site;type;résumé\nLa fabrique;Redon;https://fab.example;Association;Autre texte\n", source.Options{})
	w.counts(w.intake(h, instance.IntakeOptions{}), 0, 1, 0, 0, 0)
	o, err := w.node.Object(t.Context(), mine.Common().ID)
	w.must(err)
	p := o.(*instance.Partner)
	if p.Summary != "Notre atelier" || p.Name != "La Fabrique" || p.ActorKind != "association" {
		t.Errorf("completed as %+v", p)
	}
	w.counts(w.intake(h, instance.IntakeOptions{}), 0, 0, 1, 0, 0)
}

func TestIntakeUndo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	one := [4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"}
	two := [4]string{"uid-second-002@example", "Balade", "20270321T130000Z", "Gare"}
	before := w.intake(w.harvest(source.ICal, calendarOf(one), source.Options{}), instance.IntakeOptions{})
	report := w.intake(w.harvest(source.ICal, calendarOf(one, two), source.Options{}), instance.IntakeOptions{})
	undone, err := w.node.UndoIntake(t.Context(), w.org.ID, report.Batch)
	w.must(err)
	if undone.Withdrawn != 1 || w.ours() != 1 {
		t.Errorf("%+v, %d left", undone, w.ours())
	}
	if b := w.object(before.Rows[0].ID); !b.Deleted.IsZero() {
		t.Error("withdrew what another import created")
	}
	_, err = w.node.UndoIntake(t.Context(), w.org.ID, report.Batch)
	w.wants(err, instance.ErrNotFound)

	again := w.intake(w.harvest(source.ICal, calendarOf(one, two), source.Options{}), instance.IntakeOptions{})
	w.counts(again, 1, 0, 1, 0, 0)
	w.must(w.node.Withdraw(t.Context(), w.org.ID, again.Rows[1].ID))
	refused := w.intake(w.harvest(source.ICal, calendarOf(one, two), source.Options{}), instance.IntakeOptions{})
	w.counts(refused, 0, 0, 1, 0, 1) // deleted by hand: it does not come back

	o, err := w.node.Object(t.Context(), again.Rows[0].ID)
	w.must(err)
	o.Common().Summary = "Relu par nous"
	_, err = w.node.Edit(t.Context(), w.org.ID, again.Rows[0].ID, o)
	w.must(err)
	undone, err = w.node.UndoIntake(t.Context(), w.org.ID, before.Batch)
	w.must(err)
	if undone.Withdrawn != 0 || len(undone.Kept) != 1 {
		t.Errorf("what an author changed was withdrawn: %+v", undone)
	}
}

func TestIntakeReportsWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	soon := [4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"}
	past := [4]string{"uid-second-002@example", "Balade", "20260321T130000Z", "Gare"}
	w.intake(w.harvest(source.ICal, calendarOf(soon, past), source.Options{}), instance.IntakeOptions{})
	report := w.intake(w.harvest(source.ICal, calendarOf(), source.Options{}), instance.IntakeOptions{})
	if len(report.Missing) != 1 || report.Missing[0].Name != "Atelier" || w.ours() != 2 {
		t.Errorf("missing %+v, %d ours", report.Missing, w.ours())
	}
}

// What is made private in its source stays here, and is said to be gone from there.
func TestIntakeReportsWhatBecamePrivate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	public := calendarOf([4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"})
	w.intake(w.harvest(source.ICal, public, source.Options{}), instance.IntakeOptions{})
	private := strings.Replace(public, "LOCATION", "CLASS:PRIVATE\r\nLOCATION", 1)
	report := w.intake(w.harvest(source.ICal, private, source.Options{}), instance.IntakeOptions{})
	w.counts(report, 0, 0, 0, 0, 1)
	if len(report.Missing) != 1 || report.Rows[0].Name != "" {
		t.Errorf("%+v", report)
	}
}

func TestIntakeMasksPeople(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := w.harvest(source.CSV, "nom;description;e-mail\nAtelier;Écrire à camille.dupont@exemple.invalid ou contact@exemple.invalid, tél. 06 00 00 00 00, https://m.example/@asso@b.example;x@exemple.invalid\n", source.Options{})
	report := w.intake(h, instance.IntakeOptions{})
	b := w.object(report.Rows[0].ID)
	for _, person := range []string{"camille", "06 00", "x@exemple"} {
		if strings.Contains(b.Source+b.Content+b.Summary, person) {
			t.Errorf("%q was published: %s", person, b.Source)
		}
	}
	if !strings.Contains(b.Source, "contact@exemple.invalid") || !strings.Contains(b.Source, "@asso@b.example") {
		t.Errorf("masked too much: %s", b.Source)
	}
	if len(report.Rows[0].Reasons) == 0 || !strings.Contains(report.Rows[0].Reasons[0].Message, "donnée personnelle") {
		t.Errorf("not said: %+v", report.Rows[0])
	}
	if c := report.Columns[2]; c.Name != "e-mail" || c.Field != "" || c.Note == "" {
		t.Errorf("column %+v", c)
	}
}

// An address is masked whole: escaped as Markdown does, or cut by a summary.
func TestIntakeMasksWholeAddresses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	long := strings.Repeat("On se retrouve au jardin ", 10) + "et on demande à camille_dupont_exemple@exemple.invalid la clé du local"
	report := w.intake(w.harvest(source.CSV, "nom;description\nAtelier;"+long+"\n", source.Options{}), instance.IntakeOptions{})
	if b := w.object(report.Rows[0].ID); strings.Contains(b.Source+b.Summary, "camille") {
		t.Errorf("%s\n%s", b.Summary, b.Source)
	}
}

func TestIntakeSource(t *testing.T) {
	t.Parallel()
	w := setup(t)
	brest, err := w.node.CreateActor(t.Context(), instance.Actor{
		Kind: instance.KindTerritory, Slug: "brest", Name: "Brest",
		Territory: &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}},
	})
	w.must(err)
	h := w.harvest(source.CSV, "nom;code insee;licence\nUn lieu;29019;ODbL\nUn autre;;\n", source.Options{})
	report := w.intake(h, instance.IntakeOptions{Source: "lieux.csv", Licence: "LO-2.0", Themes: []string{"communs"}, ActorKind: "association"})
	one, two := w.object(report.Rows[0].ID), w.object(report.Rows[1].ID)
	if one.Licence != "ODbL-1.0" || two.Licence != "LO-2.0" || one.Provenance.Source != "lieux.csv" || one.Provenance.Licence != "ODbL-1.0" {
		t.Errorf("licences %s, %s, from %+v", one.Licence, two.Licence, one.Provenance)
	}
	if len(one.Territories) != 1 || one.Territories[0].ID != brest.ID || len(one.Themes) != 1 {
		t.Errorf("territories %v, themes %v", one.Territories, one.Themes)
	}
	_, err = w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{Source: "x", Licence: "nulle"}, nil)
	w.wants(err, instance.ErrInvalid)
	_, err = w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{}, nil)
	w.wants(err, instance.ErrInvalid)
	_, err = w.node.Intake(t.Context(), w.asso.ID, h, instance.IntakeOptions{Source: "x"}, nil)
	w.wants(err, instance.ErrForbidden)
}

// table is a CSV file of n sheets.
func table(n int) string {
	var out strings.Builder
	out.WriteString("identifiant;nom;adresse;code postal;ville;latitude;longitude;site;thèmes;description\n")
	for i := range n {
		fmt.Fprintf(&out, "fiche-%05d;Association numéro %d;%d rue des Lilas;29200;Brest;%.4f;%.4f;https://asso-%d.example.org;communs, culture;Elle anime un atelier chaque semaine et accueille tout le monde.\n",
			i, i, i%200+1, 48+float64(i%1000)/1000, -4+float64(i/1000)/10, i)
	}
	return out.String()
}

// An import that is interrupted keeps what it did; running it again does the rest.
func TestIntakeInterrupted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := w.harvest(source.CSV, table(500), source.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	report, err := w.node.Intake(ctx, w.org.ID, h, instance.IntakeOptions{Source: "a.csv"}, func(done int) {
		if done == 200 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(report.Rows) != 200 || w.ours() != 200 {
		t.Fatalf("%v, %d rows, %d ours", err, len(report.Rows), w.ours())
	}
	w.counts(w.intake(h, instance.IntakeOptions{Source: "a.csv"}), 300, 0, 200, 0, 0)
}

// The same rows, on every database: transactions that read their own writes, and
// addresses that two runs would both create.
func TestIntakeOnEveryStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{T: t, store: s, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
		var err error
		w.node, err = instance.New(t.Context(), instance.Options{
			BaseURL: "https://a.example", Name: "A", Store: s, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
		})
		w.must(err)
		w.org, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
		w.must(err)
		h := w.harvest(source.CSV, table(300), source.Options{})
		failed := make(chan error, 2)
		for range 2 { // at once, as a person who presses twice
			go func() {
				_, err := w.node.Intake(t.Context(), w.org.ID, h, instance.IntakeOptions{Source: "a.csv"}, nil)
				failed <- err
			}()
		}
		for range 2 {
			w.must(<-failed)
		}
		if w.ours() != 300 {
			t.Errorf("%d ours", w.ours())
		}
		report := w.intake(h, instance.IntakeOptions{Source: "a.csv"})
		w.counts(report, 0, 0, 300, 0, 0)
	})
}

// What is wrong with a field that can be done without is said, and the rest is taken.
func TestIntakeLeavesOutWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := setup(t)
	day := time.Date(2027, 3, 14, 13, 0, 0, 0, time.UTC)
	bad := "javascript:alert(1)"
	h := &instance.Harvest{Format: "essai", Rows: []instance.IntakeRow{
		{Line: 1, Key: "e", Object: &instance.Event{
			Base: instance.Base{
				Kind: instance.KindEvent, Name: "Atelier <b>carte</b>", Themes: []string{"communs", "inconnu"}, Licence: "inconnue-aussi", DerivedFrom: bad,
				Image: &instance.Image{URL: bad}, Place: &instance.Place{Name: "Salle", Point: &instance.Point{Lat: 95}}, Source: strings.Repeat("é", 30_000),
				ID: "https://b.example/x", Owner: w.asso.ID, Slug: "../x",
			},
			When:      instance.When{Start: day, End: day.Add(-time.Hour), Zone: "Nulle/Part", Approx: "x"},
			EventKind: "x", Status: "x", ParticipationURL: bad, OnlineURL: bad, Organisers: []instance.Ref{{Name: "A", URL: bad}},
		}},
		{Line: 2, Key: "p", Object: &instance.Partner{
			Base:      instance.Base{Kind: instance.KindPartner, Name: "La Fabrique"},
			ActorKind: "x", Typology: "x", Roles: []string{"x"}, Website: bad, Actor: bad,
		}},
		{Line: 3, Key: "n", Object: &instance.Partner{Base: instance.Base{Kind: instance.KindPartner, Name: "A"}}},
		{Line: 4, Key: "rien"},
	}}
	report := w.intake(h, instance.IntakeOptions{})
	w.counts(report, 2, 0, 0, 0, 2)
	if n := len(report.Rows[0].Reasons); n < 10 {
		t.Errorf("%d reasons: %+v", n, report.Rows[0].Reasons)
	}
	o, err := w.node.Object(t.Context(), report.Rows[0].ID)
	w.must(err)
	e := o.(*instance.Event)
	if e.Name != "Atelier carte" || len(e.Themes) != 1 || e.ParticipationURL+e.OnlineURL != "" || e.Image != nil || e.Place.Point != nil || e.Owner != w.org.ID || strings.Contains(e.Slug, ".") {
		t.Errorf("%+v", e.Base)
	}
	if r := report.Rows[2].Reasons; len(r) != 1 || r[0].Field != "name" || !r[0].Fatal {
		t.Errorf("too short a name: %+v", r)
	}
	w.counts(w.intake(h, instance.IntakeOptions{}), 0, 0, 2, 0, 2)
}

func TestFeedRefresh(t *testing.T) {
	t.Parallel()
	w := setupFeeds(t)
	feed, err := w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/x.ics"})
	w.must(err)
	w.run(feed.ID)
	w.must(w.feeder.Refresh(t.Context(), w.org.ID, feed.ID))
	if got := w.only(); got.ETag != "" || w.jobs()[instance.JobFeed] < 2 {
		t.Errorf("%+v, jobs %v", got, w.jobs())
	}
}
