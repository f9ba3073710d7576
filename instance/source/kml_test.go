package source

import (
	"runtime"
	"strings"
	"testing"
)

// The name of a folder, however long, is not copied whole for each of its places. It is
// not parallel: it measures what is allocated.
func TestLongNameOfAFolder(t *testing.T) {
	const places = 1000
	data := "<kml><Document><Folder><name>" + strings.Repeat("z", 1<<20) + "</name>" +
		strings.Repeat("<Placemark><name>Le Hangar</name></Placemark>", places) + "</Folder></Document></kml>"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h, err := Parse(KML, []byte(data), Options{})
	runtime.ReadMemStats(&after)
	if err != nil || len(h.Rows) != places {
		t.Fatalf("%d rows, %v", len(h.Rows), err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 200 {
		t.Errorf("it took %d MiB", took)
	}
}
