package gazetteer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/gazetteer"
)

// france is read only, as any gazetteer is.
var france = gazetteer.New(gazetteer.Options{})

func codes(communes []instance.Commune) []string {
	var list []string
	for _, c := range communes {
		list = append(list, c.INSEE+c.Slug)
	}
	return list
}

func TestByINSEE(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		name string
		kind instance.CommuneKind
		in   string
	}{
		"29019":   {"Brest", instance.CommuneToday, ""},
		"2A004":   {"Ajaccio", instance.CommuneToday, ""},
		" 2a004":  {"Ajaccio", instance.CommuneToday, ""},
		"97412":   {"Saint-Joseph", instance.CommuneToday, ""},
		"98818":   {"Nouméa", instance.CommuneToday, ""},
		"44005":   {"Chaumes-en-Retz", instance.CommuneToday, ""}, // and of its part Arthon-en-Retz
		"44040":   {"Chéméré", instance.CommuneDeleguee, "44005"},
		"01120":   {"Cordieux", instance.CommuneAssociee, "01262"},
		"13201":   {"Marseille 1er Arrondissement", instance.CommuneArrondissement, "13055"},
		"01126":   {"Valserhône", instance.CommuneToday, ""}, // Châtillon-en-Michaille, merged into it and not a part
		"29999":   {},
		"99999":   {},
		"":        {},
		"29019 x": {},
	} {
		c, ok := france.ByINSEE(code)
		if ok != (want.name != "") {
			t.Errorf("ByINSEE(%q): %v %+v", code, ok, c)
		}
		if c.Name != want.name || c.Kind != want.kind || c.In != want.in {
			t.Errorf("ByINSEE(%q) = %s, %s in %q; want %+v", code, c.Name, c.Kind, c.In, want)
		}
	}
}

func TestACommune(t *testing.T) {
	t.Parallel()
	brest, _ := france.ByINSEE("29019")
	if brest.Departement != "29" || brest.Region != "Bretagne" || !slices.Equal(brest.PostalCodes, []string{"29200"}) {
		t.Errorf("Brest: %+v", brest)
	}
	if brest.Population < 130_000 || brest.Population > 160_000 {
		t.Errorf("Brest has %d inhabitants", brest.Population)
	}
	joseph, _ := france.ByINSEE("97412")
	if joseph.Departement != "974" || joseph.Region != "La Réunion" || joseph.Zone() != "Indian/Reunion" {
		t.Errorf("Saint-Joseph: %+v, %s", joseph, joseph.Zone())
	}
}

// The centres agree with positions that were noted by hand.
func TestPositions(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]instance.Point{
		"40056": {Lat: 44.0483, Lon: -0.5375}, "44040": {Lat: 47.117, Lon: -1.919}, "35236": {Lat: 47.6514, Lon: -2.0845},
		"29019": {Lat: 48.3904, Lon: -4.4861}, "13055": {Lat: 43.2965, Lon: 5.3698}, "44109": {Lat: 47.2184, Lon: -1.5536},
		"04070": {Lat: 44.0925, Lon: 6.2356}, "44184": {Lat: 47.2735, Lon: -2.2138},
		"35238": {Lat: 48.1173, Lon: -1.6778}, "75056": {Lat: 48.8566, Lon: 2.3522}, "69123": {Lat: 45.764, Lon: 4.8357},
		"59350": {Lat: 50.6292, Lon: 3.0573}, "42218": {Lat: 45.4397, Lon: 4.3872}, "23096": {Lat: 46.1702, Lon: 1.871},
		"42187": {Lat: 46.0366, Lon: 4.0689}, "56121": {Lat: 47.7483, Lon: -3.366}, "35288": {Lat: 48.6493, Lon: -2.0257},
		"44162": {Lat: 47.2122, Lon: -1.649}, "38225": {Lat: 45.176, Lon: 5.542}, "97412": {Lat: -21.3785, Lon: 55.619},
		"98735": {Lat: -17.535, Lon: -149.569}, "98818": {Lat: -22.274, Lon: 166.449}, "97801": {Lat: 18.068, Lon: -63.083},
	} {
		c, _ := france.ByINSEE(code)
		if c.Point == nil {
			t.Errorf("%s %s has no position", code, c.Name)
		} else if km := c.Point.DistanceKm(want); km > 6 {
			t.Errorf("%s %s is %.1f km from where it is", code, c.Name, km)
		}
	}
}

// What is not known is not invented: no commune is at 0,0, none is in another département's sea.
func TestNoInventedPositions(t *testing.T) {
	t.Parallel()
	placed, people, placedPeople := 0, 0, 0
	for _, c := range france.Communes() {
		people += c.Population
		if c.Point == nil {
			continue
		}
		placed++
		placedPeople += c.Population
		box := instance.BBox{West: -5.2, South: 41.3, East: 9.7, North: 51.2}
		if mainland := len(c.Departement) == 2; mainland != box.Contains(*c.Point) {
			t.Errorf("%s %s is at %v", c.INSEE, c.Name, *c.Point)
		}
	}
	if share := float64(placedPeople) / float64(people); placed < 14_500 || share < 0.9 {
		t.Errorf("%d communes placed, with %.1f %% of the population", placed, 100*share)
	}
}

func TestByPostalCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		"29200":  {"29019"},
		"29 200": {"29019"},
		"75116":  {"75056"},
		"97480":  {"97412"},
		"98800":  {"98818"},
		"29":     nil,
		"29019":  nil, // INSEE
		"":       nil,
	} {
		got := codes(france.ByPostalCode(code))
		if !slices.Equal(got, want) {
			t.Errorf("ByPostalCode(%q) = %v, want %v", code, got, want)
		}
	}
	last := 1 << 30
	for _, c := range france.ByPostalCode("01400") {
		if c.Population > last {
			t.Errorf("%s comes after a smaller commune", c.Name)
		}
		last = c.Population
	}
}

func TestByName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, departement string
		want              []string
	}{
		{"Brest", "29", []string{"29019"}},
		{"Saint-Denis", "93", []string{"93066"}},
		{"Saint-Denis", "974", []string{"97411"}},
		{"Œuilly", "", []string{"51410", "02565"}}, // the larger first
		{"La Réunion", "47", []string{"47222"}},
		{"La Réunion", "974", []string{"la-reunion"}},
		{"saint etienne", "42", []string{"42218"}},
		{"St-Étienne", "42", []string{"42218"}},
		{"SAINT-ETIENNE CEDEX 2", "42", []string{"42218"}},
		{"Saint-E\u0301tienne", "42", []string{"42218"}}, // accent apart
		{"ste-pazanne", "44", []string{"44186"}},
		{"Chalon s/ Saône", "71", []string{"71076"}},
		{"l'abergement-clemenciat", "", []string{"01001"}},
		{"L’Abergement-Clémenciat", "", []string{"01001"}},
		{"Abergement Clémenciat", "", []string{"01001"}},
		{"havre", "76", []string{"76351"}},
		{"Œuilly", "51", []string{"51410"}},
		{"Oeuilly", "51", []string{"51410"}},
		{"Paris 11e", "", []string{"75111"}},
		{"Lyon 3e arrondissement", "69", []string{"69383"}},
		{"Chéméré", "44", []string{"44040"}},
		{"Saint-Marc", "29", []string{"brest-saint-marc"}},
		{"Saint-Marc", "", []string{"brest-saint-marc"}},
		{"Saint-Joseph", "974", []string{"97412"}},
		{"Saint-Joseph", "972", []string{"97224"}},
		{"Pays de Redon", "56", []string{"pays-de-redon"}},
		{"la reunion", "", []string{"47222", "la-reunion"}}, // the commune first
		{"Brest", "75", nil},
		{"Trifouillis-les-Oies", "", nil},
		{" -' ", "", nil},
		{strings.Repeat("Brest ", 1<<16), "", nil},
	} {
		got := codes(france.ByName(test.name, test.departement))
		if !slices.Equal(got, test.want) {
			t.Errorf("ByName(%q, %q) = %v, want %v", test.name, test.departement, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // the first
		"bre":         "29019",
		"Brest":       "29019",
		"marse":       "13055",
		"st et":       "42218",
		"saint-étien": "42218",
		"st":          "67482", // Strasbourg, as well as the Saints
		"clemenciat":  "01001",
		"havre":       "76351",
		"29200":       "29019",
		"75056":       "75056",
		"44040":       "44040",
		"2a004":       "2A004",
		"ile de nan":  "nantes-ile",
		"belle de m":  "marseille-belle-de-mai",
		"chemere":     "44040", // before Chémery, which is larger
	} {
		got := france.Suggest(text, 5)
		if len(got) == 0 || got[0].INSEE+got[0].Slug != want {
			t.Errorf("Suggest(%q) = %v, want %s first", text, codes(got), want)
		}
	}
	if got := codes(france.Suggest("saint-marc", 3)); got[0] != "brest-saint-marc" {
		t.Errorf("the exact name is not first: %v", got)
	}
	for _, text := range []string{"", "  ", "-", "xyzzy", strings.Repeat("saint ", 1<<16)} {
		if got := france.Suggest(text, 5); len(got) != 0 {
			t.Errorf("Suggest(%q) = %v", text, codes(got))
		}
	}
	if got := france.Suggest("s", 3); len(got) != 3 {
		t.Errorf("asked for 3, got %d", len(got))
	}
	got := codes(france.Suggest("sainte", 50))
	if slices.Sort(got); len(slices.Compact(got)) != 50 {
		t.Error("a suggestion came twice")
	}
	if len(france.Suggest("s", -1)) != 0 || len(france.Suggest("s", 1<<30)) != 100 {
		t.Error("the limit is not held")
	}
}

// Overseas, around the 180th meridian and on the mainland, the tree finds what a
// look at every commune finds.
func TestNearest(t *testing.T) {
	t.Parallel()
	for _, p := range append(somewhere(50),
		instance.Point{Lat: -13.3, Lon: -176.2}, instance.Point{Lat: -17.5, Lon: 179.9}, instance.Point{Lat: -17.5, Lon: -179.9},
		instance.Point{Lat: -21.3, Lon: 55.6}, instance.Point{Lat: 89.9, Lon: 0}, instance.Point{Lat: 48.39, Lon: -4.48}) {
		want := 1e9
		for _, c := range france.Communes() {
			if c.Point != nil {
				want = min(want, c.Point.DistanceKm(p))
			}
		}
		c, km, ok := france.Nearest(p)
		if !ok || km < want-1e-6 || km > want+1e-6 || c.Point.DistanceKm(p) > want+1e-6 {
			t.Errorf("nearest to %v: %s at %.3f km, want %.3f", p, c.Name, km, want)
		}
	}
	if c, _, _ := france.Nearest(instance.Point{Lat: 48.391, Lon: -4.486}); c.Name != "Brest" {
		t.Errorf("the centre of Brest is in %s", c.Name)
	}
	if _, _, ok := france.Nearest(instance.Point{Lat: 1000}); ok {
		t.Error("a point that is not on Earth has a neighbour")
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		"44005": {"44005", "44040"}, // its two delegated communes
		"29019": {"brest-saint-marc"},
		"44040": nil,
		"":      nil,
	} {
		if got := codes(france.Within(code)); !slices.Equal(got, want) {
			t.Errorf("Within(%q) = %v, want %v", code, got, want)
		}
	}
	if got := len(france.Within("75056")); got != 20 {
		t.Errorf("Paris has %d arrondissements", got)
	}
	roanne := france.Within("42187")
	if len(roanne) != 1 || roanne[0].Slug != "roanne-mayollet" || roanne[0].Point != nil {
		t.Errorf("a quartier to be placed: %+v", roanne)
	}
}

func TestDepartements(t *testing.T) {
	t.Parallel()
	byCode := map[string]instance.Departement{}
	for _, d := range france.Departements() {
		byCode[d.Code] = d
		if _, err := time.LoadLocation(d.Zone); err != nil {
			t.Errorf("%s %s: %v", d.Code, d.Name, err)
		}
	}
	for _, c := range france.Communes() {
		if byCode[c.Departement].Name == "" || c.Region == "" {
			t.Fatalf("%s %s is in no département or region: %+v", c.INSEE, c.Name, c)
		}
		if _, err := time.LoadLocation(c.Zone()); err != nil {
			t.Errorf("%s %s: %v", c.INSEE, c.Name, err)
		}
	}
	for code, zone := range map[string]string{
		"29": "Europe/Paris", "2A": "Europe/Paris", "971": "America/Guadeloupe", "972": "America/Martinique",
		"973": "America/Cayenne", "974": "Indian/Reunion", "975": "America/Miquelon", "976": "Indian/Mayotte",
		"977": "America/St_Barthelemy", "978": "America/Marigot", "986": "Pacific/Wallis", "987": "Pacific/Tahiti",
		"988": "Pacific/Noumea", "97411": "Indian/Reunion", "98731": "Pacific/Marquesas", "98719": "Pacific/Gambier",
		"98735": "Pacific/Tahiti", "97": "Europe/Paris", "": "Europe/Paris",
	} {
		if got := instance.Zone(code); got != zone {
			t.Errorf("Zone(%q) = %s, want %s", code, got, zone)
		}
	}
	if d := byCode["2A"]; d.Name != "Corse-du-Sud" || d.Region != "Corse" {
		t.Errorf("%+v", d)
	}
}

func TestAHostAddsPositions(t *testing.T) {
	t.Parallel()
	at := instance.Point{Lat: 43.628, Lon: 3.43}
	if c, _ := france.ByINSEE("34079"); c.Point != nil {
		t.Fatal("Clermont-l'Hérault has a position now: take another commune for this test")
	}
	g := gazetteer.New(gazetteer.Options{Points: map[string]instance.Point{"34079": at, "29019": {Lat: 1000}, "00000": at}})
	c, km, ok := g.Nearest(at)
	if !ok || c.INSEE != "34079" || km > 0.001 {
		t.Errorf("nearest: %s at %f", c.Name, km)
	}
	if brest, _ := g.ByINSEE("29019"); brest.Point == nil || !brest.Point.Valid() {
		t.Errorf("a wrong position replaced a good one: %v", brest.Point)
	}
	if c, _ := france.ByINSEE("34079"); c.Point != nil {
		t.Error("one gazetteer's options changed another's")
	}
}

func TestWhiteZones(t *testing.T) {
	t.Parallel()
	at := func(name string, population int, lat, lon float64) instance.Commune {
		return instance.Commune{Name: name, INSEE: name, Population: population, Point: &instance.Point{Lat: lat, Lon: lon}}
	}
	communes := []instance.Commune{
		at("near", 9000, 48.0, -2.0), at("hamlet", 100, 47.0, 3.0), at("town", 5000, 45.0, 4.0), at("ruins", 0, 45.0, 5.0),
		at("island", 700, -17.0, 179.95),
		{Name: "unplaced", Population: 100_000},
	}
	actors := []instance.Point{{Lat: 48.1, Lon: -2.0}, {Lat: -17, Lon: -179.95}, {Lat: 900, Lon: 4}}
	names := func(zones []instance.WhiteZone) (list []string) {
		for _, z := range zones {
			list = append(list, z.Name)
		}
		return list
	}
	for km, want := range map[float64][]string{
		20:  {"town", "hamlet"}, // the island is 11 km away, over the 180th meridian
		5:   {"near", "town", "island", "hamlet"},
		1e5: nil,
	} {
		if got := names(gazetteer.WhiteZones(communes, actors, km)); !slices.Equal(got, want) {
			t.Errorf("within %v km: %v, want %v", km, got, want)
		}
	}
	if got := names(gazetteer.WhiteZones(communes, nil, 20)); !slices.Equal(got, []string{"near", "town", "island", "hamlet"}) {
		t.Errorf("with nobody: %v", got)
	}
	for _, z := range gazetteer.WhiteZones(communes, actors, 20) {
		if want := z.Point.DistanceKm(actors[0]); z.NearestKm < want-1e-6 || z.NearestKm > want+1e-6 {
			t.Errorf("%s: nearest at %f km, want %f", z.Name, z.NearestKm, want)
		}
	}
	if zones := france.WhiteZones([]instance.Point{{Lat: 48.39, Lon: -4.486}}, 30); zones[0].Name != "Paris" || slices.Contains(names(zones), "Brest") {
		t.Errorf("one actor in Brest: %s first", zones[0].Name)
	}
}
