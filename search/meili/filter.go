package meili

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// filterOf says a query, but for its text, in the server's filter language.
func filterOf(q *instance.Query) string {
	var all conditions
	kinds := make([]string, len(q.Kinds))
	for i, k := range q.Kinds {
		kinds[i] = string(k)
	}
	all.in("kind", kinds)
	all.in("subkind", q.Subkinds)
	all.in("theme", q.Themes)
	all.in("role", q.Roles)
	all.in("territories", q.Territories)
	switch q.Scope {
	case instance.ScopeAll:
	case instance.ScopeLocal:
		all.add(`origin = "local"`)
	case instance.ScopeNetwork:
		all.add(`origin != "local"`)
	default:
		all.add("origin = " + quote(strings.ToLower(string(q.Scope))))
	}
	if q.Near != nil && q.Near.RadiusKm > 0 {
		all.add(fmt.Sprintf("_geoRadius(%s, %s, %s)", degrees(q.Near.Point.Lat), degrees(q.Near.Point.Lon), degrees(q.Near.RadiusKm*1000)))
	}
	if b := q.BBox; b != nil { // north-east, then south-west; an east smaller than the west crosses 180°
		all.add(fmt.Sprintf("_geoBoundingBox([%s, %s], [%s, %s])", degrees(b.North), degrees(b.East), degrees(b.South), degrees(b.West)))
	}
	all.dates(q)
	return strings.Join(all, " AND ")
}

// conditions must all hold.
type conditions []string

func (c *conditions) add(condition string) { *c = append(*c, condition) }

func (c *conditions) in(field string, values []string) {
	if len(values) == 0 {
		return
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	c.add(field + " IN [" + strings.Join(quoted, ", ") + "]")
}

// dates keeps the events whose bounds meet [From, To).
func (c *conditions) dates(q *instance.Query) {
	from, to := unix(q.From), unix(q.To)
	if from == nil && to == nil {
		return
	}
	event := "kind = " + quote(string(instance.KindEvent))
	meets := "start EXISTS"
	if to != nil {
		meets += fmt.Sprintf(" AND start < %d", *to)
	}
	if from != nil {
		meets += fmt.Sprintf(" AND (stop > %d OR start >= %d)", *from, *from)
	}
	if q.Undated {
		c.add("(NOT " + event + " OR " + meets + ")")
		return
	}
	c.add(event + " AND " + meets)
}

// quote makes a string of the filter language of any text.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func both(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return "(" + a + ") AND (" + b + ")"
}
