package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// Only the frames may be framed, and the components be loaded by other sites.
func TestOnlyFramesAreFramed(t *testing.T) {
	t.Parallel()
	s := populated(t)
	for path, framed := range map[string]bool{
		"/integrer/agenda": true, "/integrer/carte?territoire=brest": true,
		"/integrer": false, "/agenda": false, "/carte": false, "/connexion": false, "/catalogue.jsonld": false,
	} {
		h := s.get(path).Header()
		allows := h.Get("X-Frame-Options") == "" && strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors *")
		if allows != framed {
			t.Errorf("%s: framed %v; %s, %s", path, allows, h.Get("X-Frame-Options"), h.Get("Content-Security-Policy"))
		}
		if cookies := h.Values("Set-Cookie"); framed && len(cookies) > 0 {
			t.Errorf("%s sets %v", path, cookies)
		}
	}
	for _, name := range []string{"agenda", "carte"} {
		h := s.get("/integrer/maillage-" + name + ".js").Header()
		if h.Get("Access-Control-Allow-Origin") != "*" || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") {
			t.Errorf("the component %s: %v", name, h)
		}
	}
	for _, path := range []string{"/", "/agenda", "/integrer"} {
		if got := s.get(path).Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s is open to pages of %s", path, got)
		}
	}
}

func TestFrameShowsWhatItsParametersSay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	brest := s.territory("brest", "Brest", nil)
	for i := range 12 {
		s.event(fmt.Sprintf("a-brest-%d", i), fmt.Sprintf("À Brest %d", i), instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(e *instance.Event) {
			e.Territories = []instance.Ref{{ID: brest.ID, Slug: brest.Slug, Name: brest.Name}}
		})
	}
	s.event("ailleurs", "Ailleurs <script>", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	s.event("passe", "C’est passé", instance.When{Start: day(t, "2020-03-14"), AllDay: true}, nil)
	s.reindex()
	s.get("/integrer/agenda?territoire=brest").lacks("Ailleurs", "C’est passé")
	if n := len(s.get("/integrer/agenda?territoire=brest").all("li", "", "")); n != 10 {
		t.Errorf("%d events by default", n)
	}
	if n := len(s.get("/integrer/agenda?limite=100").all("li", "", "")); n != 13 {
		t.Errorf("%d events of 13 to come", n)
	}
	s.get("/integrer/agenda?langue=en").shows("Agenda", "See everything on")
	for _, wrong := range []string{"limite=beaucoup", "lat=999&lon=1", "theme=rien", "territoire=%00"} {
		got := s.do(http.MethodGet, "/integrer/agenda?"+wrong, nil)
		if got.Code >= 500 {
			t.Errorf("%s: %d", wrong, got.Code)
		}
	}
}

func TestIntegratePageMakesCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", nil)
	v := s.get(`/integrer?quoi=agenda&territoire=brest&theme=%22%3E%3Cb&limite=3`)
	code := textOf(v.one("textarea", "id", "composant"))
	for _, want := range []string{`/integrer/maillage-agenda.js"></script>`, `<maillage-agenda territoire="brest"`, `limite="3"`, `&quot;&gt;&lt;b`} {
		if !strings.Contains(code, want) {
			t.Errorf("no %s in %s", want, code)
		}
	}
	if href := attribute(v.one("a", "class", "button"), "href"); !strings.HasPrefix(href, "webcal://") {
		t.Errorf("subscribe at %s", href)
	}
}

// The catalogue claims one licence for a listing only when all of it is under it.
func TestCatalogueLicences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i, licence := range []string{"ODbL-1.0", "ODbL-1.0", "LO-2.0"} {
		s.event(fmt.Sprintf("e%d", i), fmt.Sprintf("Événement %d", i), instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(e *instance.Event) { e.Licence = licence })
		s.partner(fmt.Sprintf("p%d", i), fmt.Sprintf("Partenaire %d", i), func(p *instance.Partner) { p.Licence = "ODbL-1.0" })
	}
	var doc struct {
		Graph []map[string]any `json:"@graph"`
	}
	got := s.get("/catalogue.jsonld")
	if err := json.Unmarshal(got.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]map[string]any{}
	for _, n := range doc.Graph {
		ids[n["@id"].(string)] = n
	}
	claims := map[string][]string{}
	for id, n := range ids {
		if n["@type"] != "dcat:Distribution" {
			continue
		}
		path := strings.TrimPrefix(id, s.node.URLs().Base())
		listing := path[:strings.IndexAny(path, ".")]
		switch {
		case n["dct:license"] != nil && n["dct:rights"] != nil:
			t.Errorf("%s claims a licence and says there is none", id)
		case n["dct:license"] != nil:
			claims[listing] = append(claims[listing], n["dct:license"].(map[string]any)["@id"].(string))
		case n["dct:rights"] != nil:
			rights := ids[n["dct:rights"].(map[string]any)["@id"].(string)]
			claims[listing] = append(claims[listing], rights["rdfs:label"].(map[string]any)["@value"].(string))
		}
	}
	if got := claims["/annuaire"]; len(got) != 4 || got[0] != "https://opendatacommons.org/licenses/odbl/1-0/" {
		t.Errorf("sheets: %v", got)
	}
	if got := claims["/agenda"]; len(got) != 5 || !strings.Contains(got[0], "doit être partagée sous ODbL") || !strings.Contains(got[0], "(2)") {
		t.Errorf("events: %v", got)
	}
	// What the catalogue names is there.
	for id, n := range ids {
		if url, ok := n["dcat:downloadURL"].(map[string]any); ok {
			path := strings.TrimPrefix(url["@id"].(string), s.node.URLs().Base())
			if answer := s.do(http.MethodGet, path, nil); answer.Code != http.StatusOK {
				t.Errorf("%s: %d", id, answer.Code)
			}
		}
		if list, ok := n["dcat:dataset"].([]any); ok && !slices.ContainsFunc(list, func(d any) bool { return ids[d.(map[string]any)["@id"].(string)] != nil }) {
			t.Errorf("%s: no dataset is described", id)
		}
	}
	if turtle := s.get("/catalogue.ttl").Body.String(); !strings.Contains(turtle, "rdf:type dcat:Catalog") {
		t.Errorf("%.500s", turtle)
	}
}
