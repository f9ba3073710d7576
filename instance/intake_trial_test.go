package instance_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

// muddle writes a table whose rows often repeat, rename or contradict each other.
func muddle(r *rand.Rand) string {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	var out strings.Builder
	out.WriteString("identifiant;nom;date;lieu;ville;latitude;longitude;site;licence\n")
	for range 20 + r.IntN(30) {
		key := ""
		if r.IntN(3) > 0 {
			key = fmt.Sprint(r.IntN(25))
		}
		out.WriteString(strings.Join([]string{
			key,
			pick("Repair café", "REPAIR CAFE", "Repair café du port", "La Fabrique", "Fabrique", "", "ab"),
			pick("2027-03-14", "14/03/2027 14h30", "28/03/2027 02h30", "samedi 14 mars 2027 de 14h à 18h", "printemps 2027", "31/02/2027", ""),
			pick("Salle A", "Salle B", ""), pick("Brest", "Redon", ""),
			pick("48.39", "48.3901", "95", ""), pick("-4.48", "-4.4801", ""),
			pick("https://fab.example/", "http://www.fab.example", "javascript:x", ""), pick("ODbL", "CC BY-SA", "", "x"),
		}, ";") + "\n")
	}
	return out.String()
}

// What a trial says is what the import then does, row by row: on an empty node, on what
// an earlier import left, and on what authors did to it since.
func TestTrialSaysWhatTheImportDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(25) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			w := setup(t)
			kind := []instance.Kind{instance.KindEvent, instance.KindPartner}[seed%2]
			for round := range 3 {
				w.now = w.now.Add(time.Hour)
				h := w.harvest(source.CSV, muddle(r), source.Options{Kind: kind})
				o := instance.IntakeOptions{Source: []string{"a.csv", "b.csv", "a.csv"}[round]}
				o.DryRun = true
				trial := w.intake(h, o)
				o.DryRun = false
				done := w.intake(h, o)
				if !reflect.DeepEqual(trial.Counts, done.Counts) || trial.News != done.News || trial.Quiet != done.Quiet || !reflect.DeepEqual(trial.Missing, done.Missing) {
					t.Errorf("round %d: the trial said %v (%d new), the import did %v (%d new)", round, trial.Counts, trial.News, done.Counts, done.News)
				}
				for i := range trial.Rows {
					if !reflect.DeepEqual(trial.Rows[i], done.Rows[i]) {
						t.Errorf("round %d, row %d: %+v, then %+v", round, i, trial.Rows[i], done.Rows[i])
					}
				}
				if round == 2 { // it renames things whose former names others of its rows bear: told apart the next time
					w.intake(h, o)
				}
				again := w.intake(h, o)
				if n := again.Counts[instance.IntakeCreated] + again.Counts[instance.IntakeUpdated]; n != 0 {
					t.Errorf("round %d: the same table again creates or changes %d", round, n)
					for _, row := range again.Rows {
						if row.Verdict == instance.IntakeCreated || row.Verdict == instance.IntakeUpdated {
							t.Logf("  %+v", row)
						}
					}
				}
				w.meddle(r, done)
			}
		})
	}
}

// meddle edits some of what was imported, withdraws some, and undoes the import at times.
func (w *world) meddle(r *rand.Rand, done instance.IntakeReport) {
	w.Helper()
	if r.IntN(3) == 0 && done.Counts[instance.IntakeCreated] > 0 {
		_, err := w.node.UndoIntake(w.Context(), w.org.ID, done.Batch)
		w.must(err)
		return
	}
	for _, row := range done.Rows {
		if row.Verdict != instance.IntakeCreated {
			continue
		}
		switch r.IntN(4) {
		case 0:
			w.must(w.node.Withdraw(w.Context(), w.org.ID, row.ID))
		case 1:
			o, err := w.node.Object(w.Context(), row.ID)
			w.must(err)
			o.Common().Summary = "Relu par nous"
			_, err = w.node.Edit(w.Context(), w.org.ID, row.ID, o)
			w.must(err)
		}
	}
}
