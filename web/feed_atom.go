package web

import (
	"cmp"
	"encoding/xml"
	"html"
	"io"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// atomFormat is an Atom feed (RFC 4287), for feed readers.
var atomFormat = &format{
	extension: ".atom", mediaType: "application/atom+xml; charset=utf-8", label: "files.atom", feed: true,
	encoder: func(w io.Writer, x *export) encoder {
		return &atomEncoder{export: x, w: w, xml: xml.NewEncoder(w)}
	},
}

const atomNamespace = "http://www.w3.org/2005/Atom"

type atomEncoder struct {
	*export
	w   io.Writer
	xml *xml.Encoder
}

var atomRoot = xml.StartElement{Name: xml.Name{Local: "feed"}, Attr: []xml.Attr{
	{Name: xml.Name{Local: "xmlns"}, Value: atomNamespace}, {Name: xml.Name{Local: "xml:lang"}, Value: languages[0]},
}}

// atomLink, atomCategory, atomPerson and atomText are the elements of RFC 4287.
type atomLink struct {
	XMLName xml.Name `xml:"link"`
	Rel     string   `xml:"rel,attr"`
	Type    string   `xml:"type,attr,omitempty"`
	Href    string   `xml:"href,attr"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
	Label  string `xml:"label,attr,omitempty"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Base string `xml:"xml:base,attr,omitempty"`
	Body string `xml:",chardata"`
}

type atomEntry struct {
	XMLName    xml.Name       `xml:"entry"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published,omitempty"`
	Author     atomPerson     `xml:"author"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Rights     string         `xml:"rights,omitempty"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomText      `xml:"content"`
}

// atomElement is an element of text.
type atomElement struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

func element(name, value string) atomElement {
	return atomElement{xml.Name{Local: name}, value}
}

func (e *atomEncoder) begin() error {
	if _, err := io.WriteString(e.w, xml.Header); err != nil {
		return err
	}
	if err := e.xml.EncodeToken(atomRoot); err != nil {
		return err
	}
	updated := e.updated
	if updated.IsZero() { // an empty feed has a date too
		updated = e.s.node.Self().Created
	}
	for _, value := range []any{
		element("id", e.self), element("title", e.title), element("updated", updated.UTC().Format(time.RFC3339)),
		atomLink{Rel: "self", Type: atomFormat.bareType(), Href: e.self},
		atomLink{Rel: "alternate", Type: "text/html", Href: e.page},
		struct {
			XMLName xml.Name `xml:"author"`
			atomPerson
		}{atomPerson: atomPerson{e.s.node.Self().Name, e.s.node.URLs().IRI("/")}},
	} {
		if err := e.xml.Encode(value); err != nil {
			return err
		}
	}
	return nil
}

func (e *atomEncoder) add(it *item) error {
	entry := atomEntry{
		ID: it.ID, Title: it.Name, Updated: it.changed().Format(time.RFC3339), Author: atomPerson{Name: e.owner(it), URI: webURL(it.Owner)},
		Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: it.link()}},
		Summary: e.extract(it), Rights: e.label("licences", it.Licence), Content: e.content(it),
	}
	if !it.Published.IsZero() {
		entry.Published = it.Published.UTC().Format(time.RFC3339)
	}
	for _, theme := range it.Themes {
		scheme, _, _ := strings.Cut(instance.Vocabularies().URI("themes", theme), "#")
		entry.Categories = append(entry.Categories, atomCategory{theme, scheme, e.label("themes", theme)})
	}
	return e.xml.Encode(entry)
}

func (e *atomEncoder) end() error {
	if err := e.xml.EncodeToken(atomRoot.End()); err != nil {
		return err
	}
	return e.xml.Close()
}

// content is the HTML of a thing, sanitised, after when and where it is; nil when
// the summary says it all.
func (e *atomEncoder) content(it *item) *atomText {
	body := instance.SanitiseHTML(it.Content)
	if body == "" {
		return nil
	}
	if facts := e.facts(it); facts != "" {
		body = "<p><strong>" + html.EscapeString(facts) + "</strong></p>\n" + body
	}
	return &atomText{Type: "html", Base: it.link(), Body: body}
}

// facts is when and where, in one line.
func (x *export) facts(it *item) string {
	var parts []string
	if event := it.event(); event != nil {
		if changesPlans(event.Status) {
			parts = append(parts, x.label("event_status", string(event.Status)))
		}
		parts = append(parts, x.when(event.When))
	}
	if place := where(it.Place); place != "" && it.territory == nil {
		parts = append(parts, place)
	}
	return strings.Join(parts, " · ")
}

// extract is one short paragraph: when, where and what.
func (x *export) extract(it *item) string {
	summary := cmp.Or(it.Summary, instance.Truncate(instance.PlainText(it.Content), 280))
	if facts := x.facts(it); facts != "" && summary != "" {
		return facts + " — " + summary
	} else if facts != "" {
		return facts
	}
	return summary
}
