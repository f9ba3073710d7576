package embedded

import (
	"cmp"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// maxFacetValues is how many values of one facet are given: what a menu can show.
const maxFacetValues = 100

// facets counts over all hits. Lists are counted whole, then opened: there are
// far fewer different lists than documents.
func (c *columns) facets(hits []found) map[string][]instance.FacetValue {
	kinds, subkinds, origins := make([]int, len(c.kinds.names)), make([]int, len(c.subkinds.names)), make([]int, len(c.origins.names))
	themes, roles, places := make([]int, len(c.themes.members)), make([]int, len(c.roles.members)), make([]int, len(c.territories.members))
	for i := range hits {
		r := &c.rows[hits[i].slot]
		kinds[r.kind]++
		subkinds[r.subkind]++
		origins[r.origin]++
		themes[r.themes]++
		roles[r.roles]++
		places[r.places]++
	}
	return map[string][]instance.FacetValue{
		"kind":      facet(c.kinds.names, kinds, nil),
		"subkind":   facet(c.subkinds.names, subkinds, nil),
		"origin":    facet(c.origins.names, origins, originName),
		"theme":     facet(c.themes.values.names, c.themes.open(themes), nil),
		"role":      facet(c.roles.values.names, c.roles.open(roles), nil),
		"territory": facet(c.territories.values.names, c.territories.open(places), slugOnly),
	}
}

// open turns counts of lists into counts of their values.
func (l *lists) open(counts []int) []int {
	values := make([]int, len(l.values.names))
	for id, count := range counts {
		if count > 0 {
			for _, value := range l.members[id] {
				values[value] += count
			}
		}
	}
	return values
}

// facet lists the values counted, most frequent first. rename may change a value
// or, giving "", leave it out.
func facet(names []string, counts []int, rename func(string) string) []instance.FacetValue {
	values := []instance.FacetValue{}
	for id, count := range counts {
		if count == 0 {
			continue
		}
		name := names[id]
		if rename != nil {
			name = rename(name)
		}
		if name != "" {
			values = append(values, instance.FacetValue{Value: name, Count: count})
		}
	}
	slices.SortFunc(values, func(a, b instance.FacetValue) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	return values[:min(len(values), maxFacetValues)]
}

func originName(domain string) string {
	if domain == "" {
		return "local"
	}
	return domain
}

// slugOnly leaves IRIs out: a territory is counted once, by its slug.
func slugOnly(territory string) string {
	if strings.Contains(territory, "://") {
		return ""
	}
	return territory
}
