package as2

import (
	"html"
	"strings"

	"github.com/maillage/maillage/instance"
)

// practical is what those who come to an event need to know, in words.
type practical struct {
	Access    string `json:"maillage:access,omitempty"`
	Transport string `json:"maillage:transport,omitempty"`
	Meals     string `json:"maillage:meals,omitempty"`
	Housing   string `json:"maillage:housing,omitempty"`
	Toilets   string `json:"maillage:toilets,omitempty"`
}

func wirePractical(p *instance.Practical) *practical {
	if p == nil || *p == (instance.Practical{}) {
		return nil
	}
	out := practical(*p)
	return &out
}

func practicalOf(m fields) *instance.Practical {
	p := instance.Practical{
		Access: m.line("maillage:access"), Transport: m.line("maillage:transport"), Meals: m.line("maillage:meals"),
		Housing: m.line("maillage:housing"), Toilets: m.line("maillage:toilets"),
	}
	if p == (instance.Practical{}) {
		return nil
	}
	return &p
}

// addPractical says for people what those who come will do and need to know.
func (h *markup) addPractical(ev *instance.Event) {
	h.list("ul", "Au programme", labels("activity_types", ev.Activities))
	lines := labels("accessibility", ev.Accessibility)
	if p := ev.Practical; p != nil {
		for _, line := range [][2]string{
			{"Accès", p.Access}, {"Comment venir", p.Transport}, {"Repas", p.Meals}, {"Hébergement", p.Housing}, {"Toilettes", p.Toilets},
		} {
			if line[1] != "" {
				lines = append(lines, line[0]+colon+strings.ReplaceAll(html.EscapeString(line[1]), "\n", "<br>"))
			}
		}
	}
	h.list("ul", "Informations pratiques", lines)
}

// labels are the French words for terms of a vocabulary, as HTML.
func labels(list string, slugs []string) []string {
	var out []string
	for _, slug := range slugs {
		out = append(out, html.EscapeString(instance.Vocabularies().Label(list, slug, "fr")))
	}
	return out
}
