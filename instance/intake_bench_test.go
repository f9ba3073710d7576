package instance_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
	"github.com/maillage/maillage/instance/store/storetest"
)

// Budgets of one import: what a person waits for with a progress bar.
const (
	intakeSeconds = 60
	intakeMB      = 200
)

// agenda is a calendar of n single events.
func agenda(n int) string {
	var out strings.Builder
	out.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
	start := time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range n {
		at := start.Add(time.Duration(i) * time.Hour)
		fmt.Fprintf(&out, "BEGIN:VEVENT\r\nUID:evenement-%06d@agenda.example\r\nSUMMARY:Atelier numéro %d\r\nDTSTART:%s\r\nDTEND:%s\r\nLOCATION:Salle %d\\, 3 rue des Lilas\\, 29200 Brest\r\nGEO:48.39;-4.48\r\nDESCRIPTION:<p>On apprend <b>ensemble</b>\\, et on repart avec ce que l'on a fait.</p>\r\nCATEGORIES:culture,libre\r\nURL:https://agenda.example/e/%d\r\nEND:VEVENT\r\n",
			i, i, at.Format("20060102T150405Z"), at.Add(time.Hour).Format("20060102T150405Z"), i%20, i)
	}
	return out.String() + "END:VCALENDAR\r\n"
}

// A large table and a large calendar, the first time and again: seconds, and the
// most memory in use.
func BenchmarkIntake(b *testing.B) {
	for _, c := range []struct {
		name   string
		format source.Format
		data   string
		rows   int
	}{
		{"csv-10000", source.CSV, table(10_000), 10_000},
		{"ical-5000", source.ICal, agenda(5_000), 5_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				node, err := instance.New(b.Context(), instance.Options{BaseURL: "https://a.example", Name: "A", Store: storetest.Open(b), Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				org, err := node.CreateActor(b.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
				if err != nil {
					b.Fatal(err)
				}
				for _, run := range []string{"first", "again"} {
					peak := watchMemory()
					began := time.Now()
					h, err := source.Parse(c.format, []byte(c.data), source.Options{})
					if err != nil {
						b.Fatal(err)
					}
					report, err := node.Intake(b.Context(), org.ID, h, instance.IntakeOptions{Source: "x"}, nil)
					if err != nil {
						b.Fatal(err)
					}
					seconds, mb := time.Since(began).Seconds(), peak()
					b.ReportMetric(seconds, run+"-s")
					b.ReportMetric(mb, run+"-MB")
					if n := report.Counts[instance.IntakeCreated] + report.Counts[instance.IntakeUnchanged]; n != c.rows {
						b.Fatalf("%d rows of %d", n, c.rows)
					}
					if seconds > intakeSeconds || mb > intakeMB {
						b.Errorf("%s: %.0f s and %.0f MB, more than %d and %d", run, seconds, mb, intakeSeconds, intakeMB)
					}
				}
			}
		})
	}
}

// watchMemory samples the memory that the process has from the system until the
// returned function is called, which says the most that was in use, in MB.
func watchMemory() func() float64 {
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(stop)
		return float64(<-done) / (1 << 20)
	}
}
