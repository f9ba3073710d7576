package embedded

import (
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// filter is a query without its text, in the columns' numbers. A nil slice does
// not filter; else wanted[number] says yes.
type filter struct {
	kinds, subkinds, origins []bool
	themes, roles, places    []bool // by list
	near                     *instance.Near
	reach                    instance.BBox // of near, when it has a radius
	box                      *instance.BBox
	dated                    bool
	timeless                 []bool // kinds that dates do not filter
	from, to                 int64
}

func (c *columns) filter(q *instance.Query) *filter {
	kinds := make([]string, len(q.Kinds))
	for i, k := range q.Kinds {
		kinds[i] = string(k)
	}
	f := &filter{
		kinds: c.kinds.wantedKinds(kinds), subkinds: c.subkinds.wanted(q.Subkinds), origins: c.origins.scope(q.Scope),
		themes: c.themes.wanted(q.Themes), roles: c.roles.wanted(q.Roles), places: c.territories.wanted(q.Territories),
		near: q.Near, box: q.BBox,
		dated: !q.From.IsZero() || !q.To.IsZero(), from: unix(q.From), to: unix(q.To),
	}
	if f.near != nil && f.near.RadiusKm > 0 {
		f.reach = around(f.near.Point, f.near.RadiusKm)
	}
	events := c.kinds.wanted([]string{string(instance.KindEvent)})
	switch {
	case f.dated && q.Undated:
		f.timeless = make([]bool, len(events))
		for i := range events {
			f.timeless[i] = !events[i]
		}
	case f.dated: // only events have a time
		f.kinds = both(f.kinds, events)
	}
	return f
}

func both(a, b []bool) []bool {
	if a == nil {
		return b
	}
	for i := range a {
		a[i] = a[i] && b[i]
	}
	return a
}

// wanted marks the numbers of some names; nil without names.
func (d *dictionary) wanted(names []string) []bool {
	if len(names) == 0 {
		return nil
	}
	marks := make([]bool, len(d.names))
	for _, name := range names {
		if id, ok := d.ids[name]; ok {
			marks[id] = true
		}
	}
	return marks
}

// wantedKinds is wanted, but nil when every kind there is was asked for, as pages do.
func (d *dictionary) wantedKinds(names []string) []bool {
	if marks := d.wanted(names); slices.Contains(marks, false) || len(marks) == 0 {
		return marks
	}
	return nil
}

// scope marks the origins that a scope means.
func (d *dictionary) scope(s instance.Scope) []bool {
	switch s {
	case instance.ScopeAll:
		return nil
	case instance.ScopeLocal:
		return d.wanted([]string{""})
	case instance.ScopeNetwork:
		marks := d.wanted([]string{""})
		for i := range marks {
			marks[i] = !marks[i]
		}
		return marks
	}
	return d.wanted([]string{strings.ToLower(string(s))})
}

// wanted marks the lists that hold any of the values.
func (l *lists) wanted(values []string) []bool {
	marks := l.values.wanted(values)
	if marks == nil {
		return nil
	}
	byList := make([]bool, len(l.members))
	for id, members := range l.members {
		for _, m := range members {
			byList[id] = byList[id] || marks[m]
		}
	}
	return byList
}

// spatial is a box that holds everything the filter can want; ok is false
// when it wants no place in particular.
func (f *filter) spatial() (box instance.BBox, ok bool) {
	switch {
	case f.box != nil:
		return *f.box, true
	case f.near != nil && f.near.RadiusKm > 0:
		return f.reach, true
	}
	return box, false
}

// everything says that the filter leaves nothing out.
func (f *filter) everything() bool {
	return f.kinds == nil && f.subkinds == nil && f.origins == nil && f.themes == nil && f.roles == nil && f.places == nil &&
		!f.dated && f.box == nil && (f.near == nil || f.near.RadiusKm <= 0)
}

// accepts says whether a row passes; km is its distance from the centre, -1
// when there is no centre or no place.
func (f *filter) accepts(r *row) (km float64, ok bool) {
	km = -1
	if !r.live ||
		f.kinds != nil && !f.kinds[r.kind] ||
		f.subkinds != nil && !f.subkinds[r.subkind] ||
		f.origins != nil && !f.origins[r.origin] ||
		f.themes != nil && !f.themes[r.themes] ||
		f.roles != nil && !f.roles[r.roles] ||
		f.places != nil && !f.places[r.places] ||
		f.dated && !(f.timeless != nil && f.timeless[r.kind]) && !f.meets(r) ||
		f.box != nil && !(r.placed && f.box.Contains(r.point)) {
		return km, false
	}
	if f.near == nil {
		return km, true
	}
	limit := f.near.RadiusKm
	switch {
	case !r.placed:
		return km, limit <= 0
	case limit > 0 && !f.reach.Contains(r.point):
		return km, false
	}
	km = f.near.Point.DistanceKm(r.point)
	return km, limit <= 0 || km <= limit
}

// meets says whether an event's bounds meet [from, to).
func (f *filter) meets(r *row) bool {
	if r.start == unknown {
		return false
	}
	return (f.to == unknown || r.start < f.to) &&
		(f.from == unknown || r.stop > f.from || r.start >= f.from)
}
