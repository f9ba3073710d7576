package web

import (
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// nearCommune is the page of what is around a commune.
func nearCommune(c instance.Commune) string {
	return localURL(searchPath, url.Values{"pres": {c.Label()}, "radius_km": {"25"}})
}

// communeLink is a commune that was looked for, and where it leads.
type communeLink struct {
	Name, Codes, Path string
	Territory         bool // it has a page here; else Path is what is near it
}

// communesNamed finds communes by name, postal code or INSEE code, with the page of
// the territory for those that have one here.
func (r *request) communesNamed(text string, territories []*instance.Actor) []communeLink {
	pages := map[string]string{}
	for _, a := range territories {
		for _, code := range a.Territory.Codes {
			pages[code.Value] = r.actorPath(a)
		}
	}
	var links []communeLink
	for _, c := range r.s.node.Gazetteer().Suggest(instance.Truncate(text, maxText), 20) {
		l := communeLink{Name: c.Label(), Codes: strings.Join(c.PostalCodes[:min(len(c.PostalCodes), 3)], ", "), Path: nearCommune(c)}
		if page := pages[c.INSEE]; page != "" && c.INSEE != "" {
			l.Path, l.Territory = page, true
		}
		links = append(links, l)
	}
	return links
}
