package web

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	paging := func(q instance.Query) instance.Query {
		if q.Page == 0 {
			q.Page = 1
		}
		if q.PerPage == 0 {
			q.PerPage = 20
		}
		return q
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		query string
		want  instance.Query
	}{
		"nothing":              {"", instance.Query{}},
		"empty fields":         {"q=&kind=&lat=&bbox=+&page=", instance.Query{}},
		"text is trimmed":      {"q=+cartopartie+", instance.Query{Text: "cartopartie"}},
		"no kind at all":       {"kind=none", instance.Query{Kinds: []instance.Kind{noKind}}},
		"a form of boxes":      {"kind=none&kind=event", instance.Query{Kinds: []instance.Kind{"event"}}},
		"commas":               {"kind=event,recipe", instance.Query{Kinds: []instance.Kind{"event", "recipe"}}},
		"repeated, once each":  {"theme=communs&theme=culture,communs", instance.Query{Themes: []string{"communs", "culture"}}},
		"subkind of any list":  {"subkind=fablab,cartopartie,quartier", instance.Query{Subkinds: []string{"fablab", "cartopartie", "quartier"}}},
		"role and territory":   {"role=facilitateur&territory=brest", instance.Query{Roles: []string{"facilitateur"}, Territories: []string{"brest"}}},
		"circle":               {"lat=47.218&lon=-1.554&radius_km=20", instance.Query{Near: &instance.Near{Point: instance.Point{Lat: 47.218, Lon: -1.554}, RadiusKm: 20}}},
		"centre only":          {"lat=0&lon=0&sort=distance", instance.Query{Near: &instance.Near{}, Sort: instance.SortDistance}},
		"box":                  {"bbox=-5,47, -1,49", instance.Query{BBox: &instance.BBox{West: -5, South: 47, East: -1, North: 49}}},
		"box over 180":         {"bbox=170,-20,-170,0", instance.Query{BBox: &instance.BBox{West: 170, South: -20, East: -170, North: 0}}},
		"days, the last whole": {"from=2027-03-14&to=2027-03-28", instance.Query{From: time.Date(2027, 3, 14, 0, 0, 0, 0, paris).UTC(), To: time.Date(2027, 3, 29, 0, 0, 0, 0, paris).UTC()}},
		"instant":              {"from=2027-03-14T09:00:00%2B01:00", instance.Query{From: time.Date(2027, 3, 14, 8, 0, 0, 0, time.UTC)}},
		"origin":               {"origin=LOCALHOST:8081", instance.Query{Scope: "localhost:8081"}},
		"page":                 {"page=3&per_page=100", instance.Query{Page: 3, PerPage: 100}},
		"others are let be":    {"utm_source=x&lang=en", instance.Query{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseQuery(values)
			if err != nil {
				t.Fatalf("parseQuery(%q): %v", test.query, err)
			}
			if want := paging(test.want); !reflect.DeepEqual(got, want) {
				t.Errorf("parseQuery(%q)\n got %+v\nwant %+v", test.query, got, want)
			}
		})
	}
}

func TestParseQueryNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ query, field, says string }{
		"kind":             {"kind=evenement", "kind", "event, recipe, partner"},
		"theme":            {"theme=jardinage", "theme", "jardinage"},
		"role":             {"role=chef", "role", "chef"},
		"subkind":          {"subkind=x", "subkind", "liste"},
		"latitude":         {"lat=91&lon=0", "lat", "-90 à 90"},
		"not a number":     {"lat=NaN&lon=0", "lat", "nombre"},
		"lon alone":        {"lon=3", "lat", "latitude"},
		"lat alone":        {"lat=3", "lon", "longitude"},
		"radius alone":     {"radius_km=5", "radius_km", "centre"},
		"radius of zero":   {"lat=1&lon=1&radius_km=0", "radius_km", "0.1"},
		"box of three":     {"bbox=1,2,3", "bbox", "ouest,sud,est,nord"},
		"box upside down":  {"bbox=1,49,2,47", "bbox", "au nord du nord"},
		"box out of Earth": {"bbox=-190,0,10,10", "bbox", "-180 à 180"},
		"day":              {"from=14/03/2027", "from", "2027-03-14"},
		"end before start": {"from=2027-03-14&to=2027-03-10", "to", "précède"},
		"origin":           {"origin=https://x.example", "origin", "domaine"},
		"sort":             {"sort=popularity", "sort", "relevance"},
		"distance to what": {"sort=distance", "sort", "lat et lon"},
		"page":             {"page=0", "page", "1 à 10000"},
		"per_page":         {"per_page=101", "per_page", "1 à 100"},
		"two values":       {"q=a&q=b", "q", "une seule valeur"},
		"too long":         {"q=" + strings.Repeat("%C3%A9", 201), "q", "200"},
		"not UTF-8":        {"q=%ff", "q", "UTF-8"},
		"too many":         {"territory=a" + manyValues(60), "territory", "50"},
		"not a domain":     {"origin=-", "origin", "domaine"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			_, err = parseQuery(values)
			var invalid *instance.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("parseQuery(%q) = %v, want a ValidationError", test.query, err)
			}
			if len(invalid.Fields) != 1 || invalid.Fields[0].Field != test.field || !strings.Contains(invalid.Fields[0].Message, test.says) {
				t.Errorf("got %+v, want one about %s that says %q", invalid.Fields, test.field, test.says)
			}
		})
	}
}

func TestParseQueryKeepsWhatItCanRead(t *testing.T) {
	t.Parallel()
	q, err := parseQuery(url.Values{"q": {"carte"}, "kind": {"event,moon"}, "per_page": {"x"}})
	if !errors.Is(err, instance.ErrInvalid) {
		t.Fatalf("err = %v", err)
	}
	if q.Text != "carte" || len(q.Kinds) != 1 || q.PerPage != 20 {
		t.Errorf("got %+v", q)
	}
}

func manyValues(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(",t" + strings.Repeat("x", i))
	}
	return b.String()
}

func FuzzParseQuery(f *testing.F) {
	f.Add("q=a&bbox=1,2,3,4&lat=1&lon=2&from=2027-01-01&kind=event")
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, err := parseQuery(values)
		if err != nil && !errors.Is(err, instance.ErrInvalid) {
			t.Errorf("err = %v", err)
		}
		if q.PerPage < 1 || q.PerPage > 100 || q.Page < 1 || (q.Near != nil && !q.Near.Point.Valid()) {
			t.Errorf("%q gave %+v", raw, q)
		}
	})
}
