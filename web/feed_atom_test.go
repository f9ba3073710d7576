package web

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// atomRead is a feed as a reader sees it, by the names of its namespace.
type atomRead struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID      string   `xml:"http://www.w3.org/2005/Atom id"`
	Title   string   `xml:"http://www.w3.org/2005/Atom title"`
	Updated string   `xml:"http://www.w3.org/2005/Atom updated"`
	Author  string   `xml:"http://www.w3.org/2005/Atom author>name"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"http://www.w3.org/2005/Atom link"`
	Entries []struct {
		ID         string `xml:"http://www.w3.org/2005/Atom id"`
		Title      string `xml:"http://www.w3.org/2005/Atom title"`
		Updated    string `xml:"http://www.w3.org/2005/Atom updated"`
		Author     string `xml:"http://www.w3.org/2005/Atom author>name"`
		Summary    string `xml:"http://www.w3.org/2005/Atom summary"`
		Rights     string `xml:"http://www.w3.org/2005/Atom rights"`
		Categories []struct {
			Term  string `xml:"term,attr"`
			Label string `xml:"label,attr"`
		} `xml:"http://www.w3.org/2005/Atom category"`
		Links []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"http://www.w3.org/2005/Atom link"`
		Content struct {
			Type string `xml:"type,attr"`
			Base string `xml:"http://www.w3.org/XML/1998/namespace base,attr"`
			Body string `xml:",chardata"`
		} `xml:"http://www.w3.org/2005/Atom content"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

// readAtom checks what RFC 4287 requires of every feed.
func readAtom(t *testing.T, body string) atomRead {
	t.Helper()
	var feed atomRead
	if err := xml.Unmarshal([]byte(body), &feed); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	dates := []string{feed.Updated}
	ids := map[string]bool{}
	for _, e := range feed.Entries {
		dates = append(dates, e.Updated)
		if u, err := url.Parse(e.ID); err != nil || !u.IsAbs() || e.Title == "" || e.Author == "" || ids[e.ID] {
			t.Errorf("entry %+v", e)
		}
		ids[e.ID] = true
		if len(e.Links) != 1 || e.Links[0].Rel != "alternate" {
			t.Errorf("%s: links %v", e.ID, e.Links)
		}
	}
	for _, date := range dates {
		if _, err := time.Parse(time.RFC3339, date); err != nil {
			t.Error(err)
		}
	}
	if feed.ID == "" || feed.Title == "" || feed.Author != "Tiriad" || feed.Lang != "fr" || len(feed.Links) != 2 {
		t.Errorf("feed %+v", feed)
	}
	return feed
}

func TestAtom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.event("cartopartie", "Cartopartie <du> port & des quais", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, func(e *instance.Event) {
		e.Summary, e.Source = "À pied.", "Avec *OpenStreetMap*."
		e.Themes, e.Licence, e.Status = []string{"cartographie"}, "CC-BY-SA-4.0", instance.StatusCancelled
		e.Place = &instance.Place{Locality: "Brest"}
	})
	s.event("vague", "Bilan", instance.When{Text: "printemps 2027", Approx: "2027"}, nil)
	publish(s, instance.KindRecipe, "guide", "Tenir une cartopartie", func(r *instance.Recipe) { r.Licence = "CC-BY-SA-4.0" })
	publish(s, instance.KindAnnouncement, "bonjour", "", func(a *instance.Announcement) { a.Content = "<p>Bonjour à tous</p>" })
	s.partner("osm", "OpenStreetMap France", nil)
	s.reindex()

	feed := readAtom(t, s.get("/agenda.atom?q=cartopartie").Body.String())
	if feed.Links[0].Rel != "self" || feed.Links[0].Href != "https://a.example/agenda.atom?q=cartopartie" || feed.ID != feed.Links[0].Href ||
		feed.Links[1].Rel != "alternate" || feed.Links[1].Href != "https://a.example/agenda?q=cartopartie" || feed.Updated != "2026-11-22T10:00:00Z" {
		t.Errorf("feed %+v", feed)
	}
	if len(feed.Entries) != 1 {
		t.Fatalf("%d entries", len(feed.Entries))
	}
	e := feed.Entries[0]
	if e.ID != "https://a.example/evenements/cartopartie" || e.Title != "Cartopartie <du> port & des quais" || e.Links[0].Href != e.ID ||
		e.Author != "Tiriad" || e.Rights == "" || e.Categories[0].Term != "cartographie" || e.Categories[0].Label != "Cartographie" {
		t.Errorf("entry %+v", e)
	}
	if got := strings.ReplaceAll(e.Summary, nbsp, " "); got != "Annulé · dimanche 14 mars 2027 · Brest — À pied." {
		t.Errorf("summary %q", got)
	}
	if e.Content.Type != "html" || e.Content.Base != e.ID || !strings.Contains(e.Content.Body, "<em>OpenStreetMap</em>") {
		t.Errorf("content %+v", e.Content)
	}
	for target, want := range map[string]int{
		"/agenda.atom": 2, "/agenda.atom?periode=passes": 0, "/recettes.atom": 1, "/annonces.atom": 1, "/annuaire.atom": 1, "/recherche.atom": 5, "/recherche.atom?kind=recipe,partner": 2,
	} {
		if got := len(readAtom(t, s.get(target).Body.String()).Entries); got != want {
			t.Errorf("%s: %d entries, want %d", target, got, want)
		}
	}
}

func TestAtomInjection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := &instance.Event{When: instance.When{Start: day(t, "2027-03-14"), AllDay: true}}
	e.ID, e.Kind, e.Owner = "https://b.example/e/1", instance.KindEvent, "https://b.example/actor"
	e.Name, e.URL = "</title><script>alert(1)</script>\u0000]]>", "javascript:alert(1)"
	e.Content = `<p onclick="x()">Bonjour<script>alert(1)</script><img src=x onerror=alert(1)> <a href="javascript:alert(1)">ici</a></p>`
	e.Place, e.Themes = &instance.Place{Name: `<img src=x onerror="alert(1)">`}, []string{`"><script>`}
	s.receive(e)
	s.reindex()
	body := s.get("/agenda.atom").Body.String()
	if strings.Contains(body, "<script") || strings.Contains(body, "<img") {
		t.Error(body)
	}
	feed := readAtom(t, body)
	if len(feed.Entries) != 1 || feed.Entries[0].Links[0].Href != e.ID || !strings.HasPrefix(feed.Entries[0].Title, "</title><script>") {
		t.Fatalf("%+v", feed.Entries)
	}
	content := feed.Entries[0].Content.Body
	for _, bad := range []string{"<script", "onclick", "<img", "javascript:"} {
		if strings.Contains(content, bad) {
			t.Errorf("content holds %s: %s", bad, content)
		}
	}
}
