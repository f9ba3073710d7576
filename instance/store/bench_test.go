package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// bench runs a benchmark on every database.
func bench(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.Open(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.OpenDSN(b, storetest.Postgres(b))) })
}

// BenchmarkAccept is the inbox under 64 concurrent posts of 2.6 KB.
func BenchmarkAccept(b *testing.B) {
	bench(b, func(b *testing.B, s *store.Store) {
		body := make([]byte, 2650)
		var n atomic.Int64
		b.SetParallelism(32) // on 2 cores
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r := received(fmt.Sprint(n.Add(1)), fmt.Sprint(n.Add(1)))
				r.Body = body
				if err := s.Accept(b.Context(), r); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkClaimFinish is one job's way through the queue: 10,000 waiting over 200
// hosts, 50 claimed and finished at a time.
func BenchmarkClaimFinish(b *testing.B) {
	bench(b, func(b *testing.B, s *store.Store) {
		fill := func() {
			list := make([]instance.Job, 10_000)
			for i := range list {
				list[i] = job(fmt.Sprintf("h%d.example", i%200))
			}
			enqueue(b, s, list...)
		}
		for done := 0; done < b.N; {
			claimed := claim(b, s, 50, 2, time.Minute)
			if len(claimed) == 0 {
				b.StopTimer()
				fill()
				b.StartTimer()
				continue
			}
			if err := s.Finish(b.Context(), ids(claimed)...); err != nil {
				b.Fatal(err)
			}
			done += len(claimed)
		}
	})
}

// BenchmarkClaimBesideDeadHost claims while 20,000 jobs of one host are in the way.
func BenchmarkClaimBesideDeadHost(b *testing.B) {
	bench(b, func(b *testing.B, s *store.Store) {
		dead := make([]instance.Job, 20_000)
		for i := range dead {
			dead[i] = job("dead.example")
		}
		enqueue(b, s, dead...)
		claim(b, s, 2, 2, time.Hour)
		for b.Loop() {
			enqueue(b, s, job("alive.example"))
			claimed := claim(b, s, 50, 2, time.Minute)
			if len(claimed) != 1 {
				b.Fatalf("%d claimed", len(claimed))
			}
			if err := s.Finish(b.Context(), claimed[0].ID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClaimSeries is one job's way through the queue while one server floods
// it: 20,000 jobs that run in order, 50 claimed and finished at a time.
func BenchmarkClaimSeries(b *testing.B) {
	bench(b, func(b *testing.B, s *store.Store) {
		flood := make([]instance.Job, 20_000)
		for i := range flood {
			flood[i] = job("flood.example")
		}
		for done := 0; done < b.N; {
			claimed, err := s.ClaimSeries(b.Context(), []string{"deliver"}, 200, 50, time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			if len(claimed) == 0 {
				b.StopTimer()
				enqueue(b, s, flood...)
				b.StartTimer()
				continue
			}
			if err := s.Finish(b.Context(), ids(claimed)...); err != nil {
				b.Fatal(err)
			}
			done += len(claimed)
		}
	})
}

// benchEvent is an event among many, spread over days, themes and territories.
func benchEvent(i int) *instance.Event {
	e := event(fmt.Sprintf("e%06d", i), instance.When{Start: monday.Add(time.Duration(i) * time.Hour)})
	e.Name = fmt.Sprintf("Cartopartie n° %d à Brest", i*7919%10_000)
	e.Content = "<p>On se retrouve à la médiathèque pour cartographier le quartier ensemble, débutants bienvenus.</p>"
	e.Updated = monday.Add(time.Duration(i) * time.Minute)
	e.Themes = []string{fmt.Sprintf("t%d", i%40), fmt.Sprintf("t%d", i%7)}
	e.Territories = []instance.Ref{{ID: fmt.Sprintf("https://ici.example/territoires/c%d", i%100), Slug: fmt.Sprintf("c%d", i%100), Name: "C"}}
	return e
}

func BenchmarkSaveObject(b *testing.B) {
	bench(b, func(b *testing.B, s *store.Store) {
		for i := 0; b.Loop(); i++ {
			write(b, s, func(tx instance.Tx) error { return tx.SaveObject(b.Context(), benchEvent(i), nil) })
		}
	})
}

// BenchmarkObjects lists a page of 20 among 10,000 events, just loaded and then once
// the database has its statistics.
func BenchmarkObjects(b *testing.B) {
	events := []instance.Kind{instance.KindEvent}
	march := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	filters := map[string]instance.ObjectFilter{
		"newest":    {Kinds: events},
		"name":      {Kinds: events, Sort: instance.ByName},
		"upcoming":  {Kinds: events, From: march, Sort: instance.ByStart},
		"month":     {Kinds: events, From: march, To: march.AddDate(0, 1, 0), Sort: instance.ByStart},
		"theme":     {Kinds: events, Theme: "t3"},
		"territory": {Kinds: events, Territory: "c42", Sort: instance.ByStart},
	}
	bench(b, func(b *testing.B, s *store.Store) {
		write(b, s, func(tx instance.Tx) error {
			for i := range 10_000 {
				if err := tx.SaveObject(b.Context(), benchEvent(i), nil); err != nil {
					return err
				}
			}
			return nil
		})
		list := func(b *testing.B) {
			for name, filter := range filters {
				filter.Limit = 20
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						objects, _, err := s.Objects(b.Context(), filter)
						if err != nil || len(objects) != 20 {
							b.Fatalf("%d objects, %v", len(objects), err)
						}
					}
				})
			}
		}
		b.Run("loaded", list)
		if err := s.Analyze(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Run("analyzed", list)
	})
}
