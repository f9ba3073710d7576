package instance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

// twoTables are the rows of one table after another.
type twoTables struct {
	first, then string // of source "a", then of source
	source      string
	counts      [5]int // created, updated, unchanged, duplicate, refused, the second time
}

// tellApart takes in the two tables of each case, and the second once more.
func tellApart(t *testing.T, head string, cases map[string]twoTables) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			take := func(rows, from string) instance.IntakeReport {
				return w.intake(w.harvest(source.CSV, head+rows, source.Options{}), instance.IntakeOptions{Source: from})
			}
			take(c.first, "a")
			w.now = w.now.Add(time.Minute)
			w.counts(take(c.then, c.source), c.counts[0], c.counts[1], c.counts[2], c.counts[3], c.counts[4])
			again := take(c.then, c.source)
			if n := again.Counts[instance.IntakeCreated] + again.Counts[instance.IntakeUpdated]; n != 0 {
				t.Errorf("the same again changes %d", n)
			}
		})
	}
}

// Cases where two things look alike and are not, and where one thing looks like two.
func TestIntakeTellsThingsApart(t *testing.T) {
	t.Parallel()
	tellApart(t, "identifiant;nom;date;lieu;ville;latitude;longitude\n", map[string]twoTables{
		"one title on two days":               {"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "9;Repair café;21/03/2027 14h;Salle A;Brest;;\n", "b", [5]int{1, 0, 0, 0, 0}},
		"one title twice a day":               {"1;Visite;14/03/2027 10h;Salle A;Brest;;\n", "9;Visite;14/03/2027 15h;Salle A;Brest;;\n", "b", [5]int{1, 0, 0, 0, 0}},
		"one title and hour in two communes":  {"1;Fête de la musique;21/06/2027 18h;;Brest;;\n", "9;Fête de la musique;21/06/2027 18h;;Redon;;\n", "b", [5]int{1, 0, 0, 0, 0}},
		"one title and hour in two rooms":     {"1;Atelier;14/03/2027 14h;Salle A;;48.39;-4.48\n", "9;Atelier;14/03/2027 14h;Salle B;;48.45;-4.20\n", "b", [5]int{1, 0, 0, 0, 0}},
		"a day, then its hour":                {"1;Repair café;14/03/2027;Salle A;Brest;;\n", "9;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "b", [5]int{0, 0, 0, 1, 0}},
		"capitals and accents":                {"1;Fête du PORT !;14/03/2027 14h;;Brest;;\n", "9;fete du port;14/03/2027 14h;;BREST;;\n", "b", [5]int{0, 0, 0, 1, 0}},
		"moved to another day, by its source": {"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "1;Repair café;21/03/2027 14h;Salle A;Brest;;\n", "a", [5]int{0, 1, 0, 0, 0}},
		"renamed, by its source":              {"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "1;Café réparation;14/03/2027 14h;Salle A;Brest;;\n", "a", [5]int{0, 1, 0, 0, 0}},
		"its key changed, in its source":      {"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "2;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "a", [5]int{0, 0, 1, 0, 0}},
		"two keys, both still there": {
			"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n",
			"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n2;Repair café;14/03/2027 14h;Salle A;Brest;;\n", "a",
			[5]int{0, 0, 1, 1, 0},
		},
		"one key twice, said differently": {
			"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n",
			"1;Repair café;14/03/2027 14h;Salle A;Brest;;\n1;Repair café du port;15/03/2027 14h;Salle A;Brest;;\n", "a",
			[5]int{0, 0, 1, 1, 0},
		},
		"the key of another source": {"1;Repair café;14/03/2027 14h;;Brest;;\n", "1;Fest-noz;20/03/2027 20h;;Redon;;\n", "b", [5]int{1, 0, 0, 0, 0}},
		"words for a date":          {"1;Fest-noz;printemps 2027;;Redon;;\n", "9;Fest-noz;automne 2027;;Redon;;\n", "b", [5]int{1, 0, 0, 0, 0}},
	})
}

// The hour that a clock skips or repeats is one moment, whichever way it is written.
func TestIntakeAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		one, other string
		same       bool
	}{
		"summer, in UTC and in local time":   {"DTSTART:20270714T120000Z", "DTSTART;TZID=Europe/Paris:20270714T140000", true},
		"winter, in UTC and in local time":   {"DTSTART:20271114T130000Z", "DTSTART;TZID=Europe/Paris:20271114T140000", true},
		"winter's UTC hour in summer":        {"DTSTART:20270714T130000Z", "DTSTART;TZID=Europe/Paris:20270714T140000", false},
		"the first of two 2:30":              {"DTSTART:20271031T003000Z", "DTSTART:20271031T013000Z", false},
		"the day of a change, as a whole":    {"DTSTART;VALUE=DATE:20270328", "DTSTART;TZID=Europe/Paris:20270328T140000", true},
		"an overseas hour and that of Paris": {"DTSTART;TZID=Indian/Reunion:20270714T160000", "DTSTART;TZID=Europe/Paris:20270714T140000", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			calendar := func(uid, start string) *instance.Harvest {
				return w.harvest(source.ICal, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:"+uid+"@example\r\nSUMMARY:Atelier\r\n"+start+"\r\nLOCATION:Salle A\\, 29200 Brest\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", source.Options{To: w.now.AddDate(2, 0, 0)})
			}
			w.intake(calendar("evenement-un-0001", c.one), instance.IntakeOptions{Source: "a"})
			r := w.intake(calendar("evenement-deux-0002", c.other), instance.IntakeOptions{Source: "b"})
			if same := r.Counts[instance.IntakeDuplicate] == 1; same != c.same {
				t.Errorf("taken for one: %v", same)
			}
		})
	}
}

// Sheets that moved, were renamed, or share a name and a site.
func TestIntakeTellsSheetsApart(t *testing.T) {
	t.Parallel()
	tellApart(t, "identifiant;nom;ville;site;latitude;longitude\n", map[string]twoTables{
		"renamed, by its source":               {"1;La Fabrique;Redon;https://fab.example;;\n", "1;La Fabrique du port;Redon;https://fab.example;;\n", "a", [5]int{0, 1, 0, 0, 0}},
		"renamed, and known from elsewhere":    {"1;La Fabrique;Redon;https://fab.example;;\n", "7;Le Transfo;Redon;https://fab.example;;\n", "b", [5]int{1, 0, 0, 0, 0}},
		"moved across the commune":             {"1;La Fabrique;Brest;;48.39;-4.48\n", "1;La Fabrique;Brest;;48.41;-4.50\n", "a", [5]int{0, 1, 0, 0, 0}},
		"two of a chain, 400 metres apart":     {"1;Emmaüs;Brest;;48.3900;-4.4800\n", "7;Emmaüs;Brest;;48.3936;-4.4800\n", "b", [5]int{1, 0, 0, 0, 0}},
		"a position, and none, in one commune": {"1;La Fabrique;Redon;;47.65;-2.08\n", "7;La Fabrique;Redon;;;\n", "b", [5]int{0, 0, 0, 1, 0}},
		"one site, with and without www":       {"1;La Fabrique;;https://www.fab.example/redon/;;\n", "7;La Fabrique;;http://fab.example/redon;;\n", "b", [5]int{0, 0, 0, 1, 0}},
		"two pages of one site":                {"1;Antenne;;https://reseau.example/redon;;\n", "7;Antenne;;https://reseau.example/brest;;\n", "b", [5]int{1, 0, 0, 0, 0}},
	})
}

// What is known already under terms that ask for other things is said, with both
// licences: it is left alone, and so is where it comes from.
func TestIntakeReportsConflictingLicences(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const head = "nom;ville;site;licence\n"
	first := w.intake(w.harvest(source.CSV, head+"La Fabrique;Redon;https://fab.example;ODbL\n", source.Options{}), instance.IntakeOptions{Source: "osm.csv"})
	other := w.intake(w.harvest(source.CSV, head+"La Fabrique;Redon;https://fab.example;Licence Ouverte 2.0\n", source.Options{}), instance.IntakeOptions{Source: "mairie.csv"})
	w.counts(other, 0, 0, 0, 1, 0)
	if r := other.Rows[0].Reasons; len(r) != 1 || r[0].Field != "licence" || !strings.Contains(r[0].Message, "ODbL") || r[0].Fatal {
		t.Errorf("said: %+v", r)
	}
	if b := w.object(first.Rows[0].ID); b.Licence != "ODbL-1.0" || b.Provenance.Source != "osm.csv" || b.Provenance.Licence != "ODbL-1.0" {
		t.Errorf("changed: %s, %+v", b.Licence, b.Provenance)
	}
	same := w.intake(w.harvest(source.CSV, head+"La Fabrique;Redon;https://fab.example;ODbL\n", source.Options{}), instance.IntakeOptions{Source: "autre.csv"})
	if r := same.Rows[0].Reasons; len(r) != 0 {
		t.Errorf("said of one licence: %+v", r)
	}

	// Written here under one licence, completed from a source under another.
	mine, err := w.node.Publish(t.Context(), w.org.ID, &instance.Partner{
		Base: instance.Base{Kind: instance.KindPartner, Name: "Le Transfo", Licence: "LO-2.0", Place: &instance.Place{Locality: "Redon"}},
	})
	w.must(err)
	adopted := w.intake(w.harvest(source.CSV, head+"Le Transfo;Redon;https://transfo.example;ODbL\n", source.Options{}), instance.IntakeOptions{Source: "osm.csv"})
	w.counts(adopted, 0, 1, 0, 0, 0)
	if r := adopted.Rows[0].Reasons; len(r) != 1 || !strings.Contains(r[0].Message, "Licence Ouverte") {
		t.Errorf("said: %+v", r)
	}
	if b := w.object(mine.Common().ID); b.Licence != "LO-2.0" || b.Provenance.Licence != "ODbL-1.0" {
		t.Errorf("%s, %+v", b.Licence, b.Provenance)
	}
}
