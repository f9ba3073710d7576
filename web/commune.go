package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// communesOffered is how many communes are suggested beside what was published; a
// text of digits, which nothing published begins with, is completed by communes.
const communesOffered = 3

// withCommunes adds the communes that a text begins: whoever types a postal code
// where nobody published yet is led to what is near.
func withCommunes(offered []suggestion, g instance.Gazetteer, text string, limit int) []suggestion {
	most := communesOffered
	digits := strings.Trim(text, "0123456789") == ""
	if digits {
		most = limit
	}
	var communes []suggestion
	for _, c := range g.Suggest(text, most) {
		known := func(s suggestion) bool { return s.Kind == instance.KindTerritory && s.Text == c.Name }
		if !slices.ContainsFunc(offered, known) {
			communes = append(communes, communeSuggestion(c))
		}
	}
	if digits {
		offered = append(communes, offered...)
	} else {
		offered = append(offered[:min(len(offered), max(limit-len(communes), 0))], communes...)
	}
	return offered[:min(len(offered), limit)]
}

func communeSuggestion(c instance.Commune) suggestion {
	return suggestion{
		Text: c.Name, Kind: instance.KindTerritory, Path: nearCommune(c),
		Detail: strings.TrimSpace(strings.Join(firstOf(c.PostalCodes), "") + " (" + c.Departement + ")"),
	}
}

func firstOf(s []string) []string { return s[:min(len(s), 1)] }

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
