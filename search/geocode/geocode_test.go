package geocode_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/geocode"
)

// server answers every request with one body, and keeps what it was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
}

func serve(t *testing.T, status int, body string, header ...string) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		s.mu.Unlock()
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *server) query(t *testing.T) url.Values {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		t.Fatal("nothing was asked")
	}
	return s.asked[len(s.asked)-1].URL.Query()
}

func open(t *testing.T, o geocode.Options) *geocode.Geocoder {
	t.Helper()
	if o.PerSecond == 0 {
		o.PerSecond = 1e6
	}
	if o.UserAgent == "" {
		o.UserAgent = "maillage/test (+https://opl.example.org)"
	}
	g, err := geocode.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const banAnswer = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.495,48.383]},"properties":{"label":"12 Rue de Siam 29200 Brest","score":0.96,
 "housenumber":"12","id":"29019_8070_00012","name":"12 Rue de Siam","postcode":"29200","citycode":"29019","x":145900.1,"y":6836000.2,
 "city":"Brest","context":"29, Finistère, Bretagne","type":"housenumber","importance":0.7,"street":"Rue de Siam","_type":"address"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.49,48.385]},"properties":{"label":"Rue de Siam 29200 Brest","score":0.8,
 "name":"Rue de Siam","postcode":"29200","citycode":"29019","city":"Brest","type":"street"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.486,48.39]},"properties":{"label":"Brest","score":0.5,
 "name":"Brest","postcode":"29200","citycode":"29019","city":"Brest","type":"municipality"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{"label":"Nowhere","score":0.4,"type":"street"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[400,90]},"properties":{"label":"Elsewhere","score":0.4,"type":"street"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[1]},"properties":{"label":"Half","score":0.4,"type":"street"}},
{"type":"Feature","geometry":{"type":"Polygon","coordinates":null},"properties":{"label":"Area","score":0.4,"type":"street"}}]}`

func TestBAN(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, banAnswer)
	g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL})
	found, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "  12 rue  de Siam, Brest", PostalCode: "29200", INSEE: "29019"})
	if err != nil {
		t.Fatal(err)
	}
	want := []instance.Located{
		{
			Label: "12 Rue de Siam 29200 Brest", Street: "12 Rue de Siam", PostalCode: "29200", Locality: "Brest", INSEE: "29019",
			Point: instance.Point{Lat: 48.383, Lon: -4.495}, Precision: instance.PrecisionPlace, Score: 0.96,
		},
		{
			Label: "Rue de Siam 29200 Brest", Street: "Rue de Siam", PostalCode: "29200", Locality: "Brest", INSEE: "29019",
			Point: instance.Point{Lat: 48.385, Lon: -4.49}, Precision: instance.PrecisionQuartier, Score: 0.8,
		},
		{
			Label: "Brest", PostalCode: "29200", Locality: "Brest", INSEE: "29019",
			Point: instance.Point{Lat: 48.39, Lon: -4.486}, Precision: instance.PrecisionCommune, Score: 0.5,
		},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("found\n%+v, want\n%+v", found, want)
	}
	asked := url.Values{"q": {"12 rue de Siam, Brest"}, "limit": {"5"}, "index": {"address"}, "postcode": {"29200"}, "citycode": {"29019"}}
	if got := s.query(t); !reflect.DeepEqual(got, asked) {
		t.Errorf("asked %v, want %v", got, asked)
	}
	place := found[0].Place()
	if place.Street != "12 Rue de Siam" || place.INSEE != "29019" || *place.Point != want[0].Point || place.Precision != instance.PrecisionPlace {
		t.Errorf("as a place: %+v", place)
	}
}

const nominatimAnswer = `[
{"place_id":1,"licence":"ODbL","osm_type":"node","lat":"48.383","lon":"-4.495","category":"place","type":"house","place_rank":30,
 "importance":0.2,"addresstype":"place","name":"","display_name":"12, Rue de Siam, Brest, Finistère, 29200, France",
 "address":{"house_number":"12","road":"Rue de Siam","city":"Brest","county":"Finistère","postcode":"29200","country_code":"fr"},"extratags":null},
{"lat":"47.6514","lon":"-2.0845","place_rank":18,"importance":0.5,"addresstype":"town","display_name":"Redon, Ille-et-Vilaine",
 "address":{"town":"Redon","postcode":"35600"},"extratags":{"ref:INSEE":"35236"}},
{"lat":"48.39","lon":"-4.45","place_rank":20,"importance":0.3,"addresstype":"suburb","display_name":"Saint-Marc, Brest","address":{"city":"Brest"}},
{"lat":"48.2","lon":"-4","place_rank":12,"addresstype":"county","display_name":"Finistère","address":{}},
{"lat":"48.2","lon":"-3","place_rank":8,"addresstype":"state","display_name":"Bretagne","address":{}},
{"lat":"NaN","lon":"-3","place_rank":30,"display_name":"x"},{"lat":"","lon":"","place_rank":30},{"lat":"0","lon":"0","place_rank":30}]`

func TestNominatim(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, nominatimAnswer)
	g := open(t, geocode.Options{Service: geocode.Nominatim, URL: s.URL, UserAgent: "maillage (+https://opl.example.org)"})
	found, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "12 rue de Siam", PostalCode: "29200", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := []instance.Located{
		{
			Label: "12, Rue de Siam, Brest, Finistère, 29200, France", Street: "12 Rue de Siam", PostalCode: "29200", Locality: "Brest",
			Point: instance.Point{Lat: 48.383, Lon: -4.495}, Precision: instance.PrecisionPlace, Score: 0.2,
		},
		{
			Label: "Redon, Ille-et-Vilaine", PostalCode: "35600", Locality: "Redon", INSEE: "35236",
			Point: instance.Point{Lat: 47.6514, Lon: -2.0845}, Precision: instance.PrecisionCommune, Score: 0.5,
		},
		{
			Label: "Saint-Marc, Brest", Locality: "Brest",
			Point: instance.Point{Lat: 48.39, Lon: -4.45}, Precision: instance.PrecisionQuartier, Score: 0.3,
		},
		{Label: "Finistère", Point: instance.Point{Lat: 48.2, Lon: -4}, Precision: instance.PrecisionDepartement},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("found\n%+v, want\n%+v", found, want)
	}
	q := s.query(t)
	if q.Get("q") != "12 rue de Siam 29200" || q.Get("limit") != "20" || q.Get("countrycodes") != "fr" || q.Get("format") != "jsonv2" {
		t.Errorf("asked %v", q)
	}
	if agent := s.asked[0].UserAgent(); agent != "maillage (+https://opl.example.org)" {
		t.Errorf("asked as %q", agent)
	}
}

const photonAnswer = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.495,48.383]},"properties":{"osm_id":1,"osm_type":"N","osm_key":"place","type":"house",
 "countrycode":"FR","country":"France","housenumber":"12","street":"Rue de Siam","city":"Brest","postcode":"29200","state":"Bretagne"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.49,48.38]},"properties":{"type":"house","name":"Médiathèque des Capucins",
 "countrycode":"FR","street":"Rue de Pontaniou","city":"Brest","postcode":"29200"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-4.486,48.385]},"properties":{"type":"street","name":"Rue de Siam","countrycode":"FR","city":"Brest","postcode":"29200"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-2.08,47.65]},"properties":{"type":"city","name":"Redon","countrycode":"FR","postcode":"35600","extent":[-2.1,47.7,-2,47.6]}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[23.7,52.1]},"properties":{"type":"city","name":"Brest","countrycode":"BY"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-3,48]},"properties":{"type":"state","name":"Bretagne","countrycode":"FR"}}]}`

func TestPhoton(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, photonAnswer)
	g := open(t, geocode.Options{Service: geocode.Photon, URL: s.URL})
	found, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "rue de Siam 29200", PostalCode: "29200"})
	if err != nil {
		t.Fatal(err)
	}
	type short struct {
		label, street, locality string
		precision               instance.Precision
	}
	var got []short
	for _, l := range found {
		got = append(got, short{l.Label, l.Street, l.Locality, l.Precision})
	}
	want := []short{
		{"12 Rue de Siam, 29200 Brest", "12 Rue de Siam", "Brest", instance.PrecisionPlace},
		{"Médiathèque des Capucins, Rue de Pontaniou, 29200 Brest", "Rue de Pontaniou", "Brest", instance.PrecisionPlace},
		{"Rue de Siam, 29200 Brest", "Rue de Siam", "Brest", instance.PrecisionQuartier},
		{"35600 Redon", "", "Redon", instance.PrecisionCommune},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("found\n%+v, want\n%+v", got, want)
	}
	if q := s.query(t).Get("q"); q != "rue de Siam 29200" {
		t.Errorf("asked %q: the postal code was there already", q)
	}
}

func TestTheCache(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{"type":"FeatureCollection","features":[]}`)
	g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL, CacheSize: 2})
	ask := func(text string) {
		t.Helper()
		if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	ask("nowhere")
	ask(" nowhere ") // the same question; finding nothing is an answer
	if s.count() != 1 {
		t.Errorf("%d requests for one question", s.count())
	}
	ask("second")
	ask("nowhere") // used again: "second" is now the oldest
	ask("third")
	ask("nowhere")
	if s.count() != 3 {
		t.Errorf("%d requests, want 3", s.count())
	}
	ask("second")
	if s.count() != 4 {
		t.Error("the cache keeps more than it should")
	}
}

func TestAnAnswerBelongsToTheCaller(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, banAnswer)
	g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL})
	q := instance.AddressQuery{Text: "rue de Siam"}
	first, err := g.Geocode(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	first[0].Label = "changed"
	second, err := g.Geocode(t.Context(), q)
	if err != nil || second[0].Label == "changed" {
		t.Errorf("%v %+v", err, second)
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `[]`)
	g := open(t, geocode.Options{Service: geocode.Nominatim, URL: s.URL, PerSecond: 20})
	start := time.Now()
	var wg sync.WaitGroup
	for _, text := range []string{"one 1", "two 2", "three", "four", "five"} {
		wg.Go(func() {
			if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: text}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("five requests at 20 a second took %v", took)
	}
	// Whoever cannot wait is told at once, and takes nobody's turn.
	slow := open(t, geocode.Options{Service: geocode.Nominatim, URL: s.URL, PerSecond: 0.1})
	if _, err := slow.Geocode(t.Context(), instance.AddressQuery{Text: "first"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start = time.Now()
	if _, err := slow.Geocode(ctx, instance.AddressQuery{Text: "other"}); err == nil || time.Since(start) > 500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestWhatGoesWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"an error":        {500, "oops", "500"},
		"not found":       {404, "{}", "404"},
		"a page":          {200, "<html>", "ne se lit pas"},
		"another JSON":    {200, `{"error":"x"}`, "ne se lit pas"},
		"nothing":         {200, "", "ne se lit pas"},
		"too much":        {200, `{"type":"` + strings.Repeat("x", 1<<20), "octets"},
		"not understood":  {400, "{}", "ne comprend pas"},
		"elsewhere":       {302, "", "302"},
		"wrong numbers":   {200, `{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":["a"]}}]}`, "ne se lit pas"},
		"too much nested": {200, strings.Repeat("[", 100_000), "ne se lit pas"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.status, test.body, "Location", "http://127.0.0.1:1/elsewhere")
			g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL})
			_, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "a private address"})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "private") {
				t.Errorf("error: %v, want %q", err, test.want)
			}
			if errors.Is(err, instance.ErrInvalid) != (test.status == 400) {
				t.Errorf("%v: is it the question's fault?", err)
			}
			if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "a private address"}); err == nil || s.count() != 2 {
				t.Errorf("a failure was kept: %v, %d requests", err, s.count())
			}
		})
	}
}

func TestAServiceThatAsksForARest(t *testing.T) {
	t.Parallel()
	s := serve(t, http.StatusTooManyRequests, "", "Retry-After", "60")
	g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL})
	for range 2 {
		if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "somewhere"}); err == nil {
			t.Fatal("no error")
		}
	}
	if s.count() != 1 {
		t.Errorf("%d requests to a service that asked for a minute's rest", s.count())
	}
}

func TestAServiceThatIsDownOrSlow(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(nil)
	down.Close()
	_, err := open(t, geocode.Options{Service: geocode.BAN, URL: down.URL}).Geocode(t.Context(), instance.AddressQuery{Text: "a private address"})
	if err == nil || strings.Contains(err.Error(), "private") {
		t.Errorf("down: %v", err)
	}
	var asked atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	}))
	defer slow.Close()
	g := open(t, geocode.Options{Service: geocode.BAN, URL: slow.URL, Timeout: 50 * time.Millisecond})
	if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: "somewhere"}); err == nil || asked.Load() != 1 {
		t.Errorf("slow: %v", err)
	}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, banAnswer)
	g := open(t, geocode.Options{Service: geocode.BAN, URL: s.URL})
	for _, text := range []string{"", "  a  ", strings.Repeat("é", 201)} {
		if _, err := g.Geocode(t.Context(), instance.AddressQuery{Text: text}); !errors.Is(err, instance.ErrInvalid) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	if s.count() != 0 {
		t.Error("a question that makes no sense was asked")
	}
	found, err := g.Geocode(t.Context(), instance.AddressQuery{Text: strings.Repeat("é", 200), Limit: 1})
	if err != nil || len(found) != 1 {
		t.Errorf("%v, %d answers for one", err, len(found))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []geocode.Options{
		{},
		{Service: "google"},
		{Service: geocode.BAN, URL: "geocoder"},
		{Service: geocode.BAN, URL: "file:///etc/passwd"},
		{Service: geocode.BAN, URL: "https://user:secret@example.org/"},
		{Service: geocode.BAN, URL: "https://example.org/?key=1"},
		{Service: geocode.BAN, PerSecond: -1},
		{Service: geocode.Nominatim}, // anonymous
	} {
		if _, err := geocode.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	for _, o := range []geocode.Options{
		{Service: geocode.BAN},
		{Service: geocode.Photon},
		{Service: geocode.Nominatim, UserAgent: "maillage"},
		{Service: geocode.Photon, URL: "http://localhost:2322/api"},
	} {
		if g, err := geocode.New(o); err != nil || g.Attribution() == "" {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// FuzzAnswers feeds whatever a service may send: no panic, and no position that is not one.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{banAnswer, nominatimAnswer, photonAnswer, `{}`, `[]`, `null`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, name := range []string{geocode.BAN, geocode.Nominatim, geocode.Photon} {
			found, err := geocode.Parse(name, []byte(body))
			if err != nil {
				continue
			}
			for _, l := range found {
				if !l.Point.Valid() || l.Point == (instance.Point{}) || l.Precision == "" || !(l.Score >= 0 && l.Score <= 1) {
					t.Errorf("%+v", l)
				}
				if _, err := json.Marshal(l); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
