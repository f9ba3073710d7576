package gazetteer_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/gazetteer"
)

// BenchmarkLoad is what the first question costs; kept-MB is what stays in memory.
func BenchmarkLoad(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var g *gazetteer.Gazetteer
	for b.Loop() {
		g = gazetteer.New(gazetteer.Options{})
		g.Communes()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "kept-MB")
	runtime.KeepAlive(g)
}

func BenchmarkSuggest(b *testing.B) {
	g := gazetteer.New(gazetteer.Options{})
	g.Communes()
	for _, text := range []string{"s", "saint", "st e", "bre", "brest", "29", "abergement"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				g.Suggest(text, 8)
			}
		})
	}
}

func BenchmarkNearest(b *testing.B) {
	g := gazetteer.New(gazetteer.Options{})
	points := somewhere(1000)
	g.Communes()
	for i := 0; b.Loop(); i++ {
		g.Nearest(points[i%len(points)])
	}
}

// BenchmarkWhiteZones has every commune placed, which is more than the data do.
func BenchmarkWhiteZones(b *testing.B) {
	communes := make([]instance.Commune, 35_000)
	for i, p := range somewhere(len(communes)) {
		communes[i] = instance.Commune{Name: "x", Population: i + 1, Point: &p}
	}
	actors := somewhere(10_000)
	for b.Loop() {
		gazetteer.WhiteZones(communes, actors, 5)
	}
}

// somewhere returns points all over the mainland, always the same.
func somewhere(n int) []instance.Point {
	random := rand.New(rand.NewPCG(1, 2))
	points := make([]instance.Point, n)
	for i := range points {
		points[i] = instance.Point{Lat: 42.5 + 8*random.Float64(), Lon: -4 + 11*random.Float64()}
	}
	return points
}
