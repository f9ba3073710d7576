package source_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

func FuzzICal(f *testing.F)      { fuzz(f, source.ICal) }
func FuzzGeoJSON(f *testing.F)   { fuzz(f, source.GeoJSON) }
func FuzzCSV(f *testing.F)       { fuzz(f, source.CSV) }
func FuzzGoGoCarto(f *testing.F) { fuzz(f, source.GoGoCarto) }
func FuzzOverpass(f *testing.F)  { fuzz(f, source.Overpass) }
func FuzzHTML(f *testing.F)      { fuzz(f, source.HTML) }
func FuzzFeed(f *testing.F)      { fuzz(f, source.Feed) }
func FuzzKML(f *testing.F)       { fuzz(f, source.KML) }

// fuzz feeds a parser from the files of its format. Whatever the bytes: it ends, soon,
// and what it makes is valid text on Earth.
func fuzz(f *testing.F, format source.Format) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if source.Detect(file, data) == format {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		h, err := source.Parse(format, data, source.Options{Now: now, Base: "https://base.example/", MaxRows: 100})
		if took := time.Since(began); took > 15*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			return
		}
		for _, row := range h.Rows {
			fatal := row.Object == nil
			for _, p := range row.Problems {
				fatal = fatal || p.Fatal
			}
			if fatal {
				continue
			}
			check(t, row.Object)
		}
	})
}

func check(t *testing.T, o instance.Object) {
	t.Helper()
	b := o.Common()
	if !utf8.ValidString(b.Name + b.Summary + b.Source) {
		t.Errorf("not UTF-8: %q %q %q", b.Name, b.Summary, b.Source)
	}
	if b.Place != nil && b.Place.Point != nil && !b.Place.Point.Valid() {
		t.Errorf("point %+v", b.Place.Point)
	}
	if e, ok := o.(*instance.Event); ok && !e.When.End.IsZero() && e.When.End.Before(e.When.Start) {
		t.Errorf("ends before it begins: %+v", e.When)
	}
}
