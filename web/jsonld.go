package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// thingLD is a schema.org description, as search engines read it. html/template
// writes it as JSON that cannot close its script element.
type thingLD struct {
	Context                 string     `json:"@context,omitempty"`
	Type                    string     `json:"@type"`
	ID                      string     `json:"@id,omitempty"`
	Name                    string     `json:"name,omitempty"`
	Description             string     `json:"description,omitempty"`
	URL                     string     `json:"url,omitempty"`
	InLanguage              string     `json:"inLanguage,omitempty"`
	Licence                 string     `json:"license,omitempty"`
	DatePublished           string     `json:"datePublished,omitempty"`
	DateModified            string     `json:"dateModified,omitempty"`
	IsBasedOn               string     `json:"isBasedOn,omitempty"`
	EventStatus             string     `json:"eventStatus,omitempty"`
	StartDate               string     `json:"startDate,omitempty"`
	EndDate                 string     `json:"endDate,omitempty"`
	MaximumAttendeeCapacity int        `json:"maximumAttendeeCapacity,omitempty"`
	Organizer               []thingLD  `json:"organizer,omitempty"`
	Location                *thingLD   `json:"location,omitempty"`
	Address                 *addressLD `json:"address,omitempty"`
	Geo                     *geoLD     `json:"geo,omitempty"`
	Supply                  []thingLD  `json:"supply,omitempty"`
	Step                    []stepLD   `json:"step,omitempty"`
	SameAs                  []string   `json:"sameAs,omitempty"`
	Identifier              []codeLD   `json:"identifier,omitempty"`
	PotentialAction         *searchLD  `json:"potentialAction,omitempty"`
	Author                  *thingLD   `json:"author,omitempty"`
}

type addressLD struct {
	Type       string `json:"@type"`
	Street     string `json:"streetAddress,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Locality   string `json:"addressLocality,omitempty"`
	Region     string `json:"addressRegion,omitempty"`
	Country    string `json:"addressCountry,omitempty"`
}

type geoLD struct {
	Type      string  `json:"@type"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type stepLD struct {
	Type     string `json:"@type"`
	Position int    `json:"position"`
	Name     string `json:"name"`
	Text     string `json:"text,omitempty"`
}

type codeLD struct {
	Type  string `json:"@type"`
	Name  string `json:"propertyID"`
	Value string `json:"value"`
}

type searchLD struct {
	Type       string `json:"@type"`
	Target     string `json:"target"`
	QueryInput string `json:"query-input"`
}

func newLD(kind string, b *instance.Base) thingLD {
	return thingLD{
		Context: "https://schema.org", Type: kind, ID: b.ID, Name: b.Name,
		Description: cmp.Or(b.Summary, instance.Truncate(instance.PlainText(b.Content), 300)),
		URL:         cmp.Or(webURL(b.URL), b.ID), InLanguage: b.Language, Licence: licenceLD(b.Licence), IsBasedOn: webURL(b.DerivedFrom),
		DatePublished: timeLD(b.Published), DateModified: timeLD(b.Updated), SameAs: pages(importedFrom(b)),
	}
}

func actorLD(kind string, a *instance.Actor) thingLD {
	return thingLD{
		Context: "https://schema.org", Type: kind, ID: a.ID, Name: a.Name, Description: instance.PlainText(a.Summary),
		URL: cmp.Or(webURL(a.URL), a.ID), SameAs: pages(a.Website), Location: placeLD(a.Place),
	}
}

// pages are those of addresses that a link may point to.
func pages(addresses ...string) []string {
	var kept []string
	for _, address := range addresses {
		if page := webURL(address); page != "" && !slices.Contains(kept, page) {
			kept = append(kept, page)
		}
	}
	return kept
}

// importedFrom is where a thing that was imported is, in the words of whoever wrote it
// first; "" when what names it there is no address.
func importedFrom(b *instance.Base) string {
	if b.Provenance == nil {
		return ""
	}
	if element, ok := strings.CutPrefix(b.Provenance.Key, "osm:"); ok { // see instance/source
		return "https://www.openstreetmap.org/" + element
	}
	return b.Provenance.Key
}

func timeLD(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// licenceLD is the IRI of a licence in our vocabulary.
func licenceLD(slug string) string {
	if slug == "" || slug == "inconnue" {
		return ""
	}
	return instance.Vocabularies().URI("licences", slug)
}

func placeLD(p *instance.Place) *thingLD {
	if p == nil || (p.Label() == "" && p.Point == nil) {
		return nil
	}
	ld := &thingLD{Type: "Place", Name: p.Label(), Address: &addressLD{
		Type: "PostalAddress", Street: p.Street, PostalCode: p.PostalCode, Locality: p.Locality, Region: p.Region, Country: p.Country,
	}}
	if p.Point != nil {
		ld.Geo = &geoLD{"GeoCoordinates", p.Point.Lat, p.Point.Lon}
	}
	return ld
}
