package rank_test

import (
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
	"github.com/maillage/maillage/search/rank"
)

var now = time.Date(2027, 3, 14, 12, 0, 0, 0, time.UTC)

func event(days int) *instance.Document {
	start := now.AddDate(0, 0, days)
	return &instance.Document{Kind: instance.KindEvent, Start: start, End: start.Add(2 * time.Hour), Updated: now.AddDate(-1, 0, 0)}
}

func prior(d *instance.Document, near *instance.Near) float64 {
	return rank.Prior(rank.FactsOf(d, near), now.Unix())
}

// Each is worth more than the next, all else being equal.
func TestTimeOrdersWhatMatchesAsWell(t *testing.T) {
	t.Parallel()
	last := 10.0
	for _, d := range []struct {
		name string
		doc  *instance.Document
	}{
		{"tomorrow", event(1)},
		{"in a month", event(30)},
		{"in a year", event(365)},
		{"a recipe", &instance.Document{Kind: instance.KindRecipe, Updated: now.AddDate(-1, 0, 0)}},
		{"yesterday", event(-1)},
		{"five years ago", event(-1825)},
	} {
		worth := prior(d.doc, nil)
		if worth >= last {
			t.Errorf("%s is worth %f, no less than what precedes (%f)", d.name, worth, last)
		}
		last = worth
	}
	today := &instance.Document{Kind: instance.KindAnnouncement, Updated: now}
	old := &instance.Document{Kind: instance.KindAnnouncement, Updated: now.AddDate(-1, 0, 0)}
	if prior(today, nil) <= prior(old, nil) {
		t.Error("old news before new ones")
	}
}

func TestWhatIsNearIsWorthMore(t *testing.T) {
	t.Parallel()
	at := func(lat float64) *instance.Document {
		return &instance.Document{Kind: instance.KindPartner, Point: &instance.Point{Lat: lat, Lon: -1.55}}
	}
	near := &instance.Near{Point: instance.Point{Lat: 47.22, Lon: -1.55}}
	here, town, far, nowhere := prior(at(47.22), near), prior(at(47.4), near), prior(at(43.3), near), prior(&instance.Document{Kind: instance.KindPartner}, near)
	if !(here > town && town > nowhere && nowhere > far) {
		t.Errorf("here %f, 20 km %f, nowhere %f, far %f", here, town, nowhere, far)
	}
	if prior(at(47.22), nil) != prior(at(43.3), nil) {
		t.Error("a distance from nobody")
	}
}

func TestNamesAndWordsThatStandTogether(t *testing.T) {
	t.Parallel()
	q := french.Parse("fablab rennes ")
	closeness := func(d instance.Document) float64 { return rank.Closeness(q, &d) }
	last := 10.0
	for _, d := range []instance.Document{
		{Kind: instance.KindPartner, Name: "Le Fablab de Rennes"},
		{Kind: instance.KindPartner, Name: "Fablab de Rennes et des environs"},
		{Kind: instance.KindEvent, Name: "Portes ouvertes du fablab de Rennes"},
		{Kind: instance.KindEvent, Name: "Portes ouvertes", Summary: "Au fablab de Rennes."},
		{Kind: instance.KindEvent, Name: "Portes ouvertes", Summary: "Un fablab, une ressourcerie, un jardin et une cantine, au nord de Rennes."},
		{Kind: instance.KindEvent, Name: "Fablab"},
	} {
		got := closeness(d)
		if got >= last {
			t.Errorf("%s / %s: %f, no less than what precedes (%f)", d.Name, d.Summary, got, last)
		}
		last = got
	}
	brest := french.Parse("brest")
	if rank.Closeness(brest, &instance.Document{Kind: instance.KindTerritory, Name: "Brest"}) <= rank.Closeness(brest, &instance.Document{Kind: instance.KindPartner, Name: "Brest"}) {
		t.Error("a territory comes first among those of its name")
	}
}

func TestWordsAreWorthTheirField(t *testing.T) {
	t.Parallel()
	q := french.Parse("cartopartie ")
	last := 1.1
	for _, d := range []instance.Document{
		{Name: "Cartopartie"}, {Keywords: []string{"Cartopartie"}}, {Summary: "Une cartopartie"}, {Text: "Une cartopartie"}, {Text: "Autre chose"},
	} {
		got := rank.Words(q, &d)
		if got >= last {
			t.Errorf("%+v: %f", d, got)
		}
		last = got
	}
	if got := rank.Words(french.Parse(""), &instance.Document{Name: "Cartopartie"}); got != 0 {
		t.Errorf("nothing asked: %f", got)
	}
}
