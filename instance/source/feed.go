package source

import (
	"encoding/xml"
	"regexp"
	"strings"

	"github.com/maillage/maillage/instance"
)

// feedEntry is an entry of Atom, or an item of RSS 1.0 or 2.0. Names are matched
// without their namespaces: feeds disagree on the addresses of those of events.
type feedEntry struct {
	Title []string `xml:"title"` // media:title may follow
	Links []struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	} `xml:"link"`
	ID         string     `xml:"id"`
	GUID       string     `xml:"guid"`
	Summary    feedText   `xml:"summary"`
	Content    feedText   `xml:"content"`
	Texts      []feedText `xml:"description"`
	Encoded    string     `xml:"encoded"`
	Categories []struct {
		Term  string `xml:"term,attr"`
		Label string `xml:"label,attr"`
		Text  string `xml:",chardata"`
	} `xml:"category"`
	Start    []string `xml:"startdate"` // RSS event module
	End      []string `xml:"enddate"`
	DTStart  string   `xml:"dtstart"` // xCal
	DTEnd    string   `xml:"dtend"`
	Place    []string `xml:"location"`
	Point    string   `xml:"point"` // GeoRSS
	Lat      string   `xml:"lat"`   // W3C geo
	Lon      string   `xml:"long"`
	Encloses struct {
		URL  string `xml:"url,attr"`
		Type string `xml:"type,attr"`
	} `xml:"enclosure"`
}

// feedText is text or markup, escaped or, in Atom's xhtml, not.
type feedText struct {
	Type  string `xml:"type,attr"`
	Text  string `xml:",chardata"`
	Inner string `xml:",innerxml"`
}

func (t feedText) markup() string {
	if t.Type == "xhtml" {
		return t.Inner
	}
	return strings.TrimSpace(t.Text)
}

// readFeed reads the events of an Atom or RSS feed: those that a feed dates with an
// event module, and those whose title or text says a day. Other entries are news.
func readFeed(r *reading) error {
	d := newXML(decode(r.data))
	root, depth := "", 0
	for {
		token, err := d.Token()
		if err != nil {
			break // the end, or where the feed is broken: what was read stays
		}
		switch t := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; root == "" {
				root = t.Name.Local
			}
			if depth > maxDepth {
				return invalid("ce flux est trop imbriqué")
			}
			name := t.Name.Local
			if name != "entry" && name != "item" && (name != "title" || r.harvest.Title != "") {
				continue
			}
			line, _ := d.InputPos()
			depth--
			if !r.feedElement(d, t, line) {
				return nil
			}
		}
	}
	if root != "feed" && root != "rss" && root != "RDF" {
		return invalid("ce n’est pas un flux Atom ou RSS")
	}
	return nil
}

// feedElement reads the title of the feed or one entry; false when no more are taken.
func (r *reading) feedElement(d *xml.Decoder, start xml.StartElement, line int) bool {
	if start.Name.Local == "title" {
		var title string
		if d.DecodeElement(&title, &start) == nil {
			r.harvest.Title = instance.CleanName(title, 200)
		}
		return true
	}
	if r.full() {
		return false
	}
	var entry feedEntry
	if err := d.DecodeElement(&entry, &start); err != nil {
		r.add(instance.IntakeRow{Line: line, Problems: []instance.IntakeProblem{fatal("unreadable", "line", "entrée du flux illisible")}})
		return true
	}
	r.entry(line, entry)
	return true
}

func (r *reading) entry(line int, e feedEntry) {
	rec := record{line: line, kind: instance.KindEvent, fields: map[string]string{}}
	f := rec.fields
	f["name"] = instance.PlainText(firstOf(e.Title...))
	f["content"] = firstOf(e.Content.markup(), e.Encoded)
	for _, t := range e.Texts {
		f["content"] = firstOf(f["content"], t.markup())
	}
	f["content"] = firstOf(f["content"], e.Summary.markup())
	for _, link := range e.Links {
		if address := r.webAddress(firstOf(link.Href, link.Text)); f["participation_url"] == "" && (link.Rel == "" || link.Rel == "alternate") {
			f["participation_url"] = address
		}
	}
	f["key"] = firstOf(strings.TrimSpace(e.ID), strings.TrimSpace(e.GUID), f["participation_url"])
	rec.global = len(f["key"]) >= 12
	f["start"] = firstOf(append(e.Start, e.DTStart)...)
	f["end"] = firstOf(append(e.End, e.DTEnd)...)
	f["address"] = firstOf(e.Place...)
	f["point"] = firstOf(e.Point, strings.Trim(e.Lat+" "+e.Lon, " "))
	var words []string
	for _, c := range e.Categories {
		words = append(words, strings.TrimSpace(firstOf(c.Label, c.Term, c.Text)))
	}
	f["themes"] = strings.Join(words, "|")
	if strings.HasPrefix(e.Encloses.Type, "image/") {
		f["image"] = e.Encloses.URL
	}
	read := false
	if f["start"] == "" {
		f["start"] = dateIn(f["name"] + ". " + instance.PlainText(f["content"]))
		read = f["start"] != ""
	}
	r.countFeed(f, e)
	if f["start"] == "" {
		r.add(instance.IntakeRow{
			Line: line, Key: f["key"], Object: &instance.Event{Base: instance.Base{Kind: instance.KindEvent, Name: f["name"]}},
			Problems: []instance.IntakeProblem{fatal("no-event", "start", "aucune date d’événement : c’est un article, pas un rendez-vous")},
		})
		return
	}
	r.addRecord(rec)
	if row := &r.harvest.Rows[len(r.harvest.Rows)-1]; read {
		row.Problems = append(row.Problems, warning("guessed-date", "start", "date lue dans le texte (« %s ») : vérifiez-la", f["start"]))
	}
}

// countFeed fills the report by column.
func (r *reading) countFeed(f map[string]string, e feedEntry) {
	for _, c := range []struct{ name, field string }{
		{"title", "name"}, {"content", "content"}, {"link", "participation_url"}, {"id", "key"}, {"category", "themes"}, {"point", "point"}, {"location", "address"},
	} {
		if f[c.field] != "" {
			r.column(c.name, c.field, "")
		}
	}
	if len(e.Start) > 0 || e.DTStart != "" {
		r.column("startdate", "start", "")
	}
}

// dayInText finds a French day in running text, with its hours.
var dayInText = regexp.MustCompile(`(?i)\b(?:du\s+(?:\p{L}+\s+)?\d{1,2}(?:\s*er)?(?:\s+\p{L}+)?(?:\s+\d{4})?\s+au\s+(?:\p{L}+\s+)?)?\d{1,2}(?:er)?\s+(?:janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre)\s+\d{4}(?:\s*,?\s*(?:de\s+|à\s+)?\d{1,2}\s*(?:h|:)\s*(?:\d{2})?(?:\s*(?:à|-|–)\s*\d{1,2}\s*(?:h|:)\s*(?:\d{2})?)?)?`)

func dateIn(text string) string {
	return strings.TrimSpace(dayInText.FindString(spaced(text[:min(len(text), 4000)])))
}
