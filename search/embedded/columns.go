package embedded

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/cluster"
	"github.com/maillage/maillage/search/complete"
)

// unknown stands for a time that is not known.
const unknown = math.MinInt64

// row is what filters, sorts, facets and maps need of a document, about 100 bytes.
// Strings are numbers in dictionaries; lists are numbers of whole lists, since few
// different ones exist.
type row struct {
	live     bool
	placed   bool
	kind     uint16
	subkind  uint16
	origin   uint32
	locality uint32
	themes   uint32
	roles    uint32
	places   uint32 // territories
	point    instance.Point
	x, y     uint32 // cluster.Project(point)
	start    int64  // Unix seconds, or unknown
	stop     int64
	updated  int64
	nameKey  string
}

// columns are the rows of every document by slot, which is its rowid.
type columns struct {
	kinds, subkinds, origins, localities dictionary
	themes, roles, territories           lists
	rows                                 []row      // rows[0] is never used
	names                                []nameKind // of each row
	alive                                []bool     // row.live of each: reading it touches far less memory
	live                                 int
	grid                                 grid
	localityKeys                         []string // complete.NameKey of localities
	localityWords                        map[string]bool
}

func newColumns() *columns {
	return &columns{rows: make([]row, 1), names: make([]nameKind, 1), alive: make([]bool, 1), grid: grid{}, localityWords: map[string]bool{}}
}

// dictionary numbers strings from 0 as they come.
type dictionary struct {
	names []string
	ids   map[string]uint32
}

func (d *dictionary) id(name string) uint32 {
	if id, ok := d.ids[name]; ok {
		return id
	}
	if d.ids == nil {
		d.ids = map[string]uint32{}
	}
	id := uint32(len(d.names))
	d.names = append(d.names, name)
	d.ids[name] = id
	return id
}

// lists numbers lists of strings.
type lists struct {
	values  dictionary
	ids     dictionary // by the joined list
	members [][]uint32
}

// listSeparator joins lists in a column; it occurs in no slug and no IRI.
const listSeparator = "\x1f"

func (l *lists) id(joined string) uint32 {
	id := l.ids.id(joined)
	if int(id) == len(l.members) {
		var members []uint32
		for value := range strings.SplitSeq(joined, listSeparator) {
			if value != "" {
				members = append(members, l.values.id(value))
			}
		}
		slices.Sort(members)
		l.members = append(l.members, slices.Compact(members))
	}
	return id
}

// record is a document's line of table doc.
type record struct {
	id, kind, subkind, origin, locality string
	themes, roles, territories          string
	point                               *instance.Point
	start, stop, updated                int64
	nameKey                             string
}

func newRecord(d *instance.Document) record {
	r := record{
		id: d.ID, kind: string(d.Kind), subkind: d.Subkind, origin: d.Origin, locality: d.Locality,
		themes:      strings.Join(d.Themes, listSeparator),
		roles:       strings.Join(d.Roles, listSeparator),
		territories: strings.Join(d.Territories, listSeparator),
		start:       unix(d.Start), stop: unix(d.End), updated: unix(d.Updated),
		nameKey: complete.NameKey(d.Name),
	}
	if d.Point != nil && d.Point.Valid() {
		r.point = d.Point
	}
	return r
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return unknown
	}
	return t.Unix()
}

const recordColumns = "id, kind, subkind, origin, locality, themes, roles, territories, lat, lon, start, stop, updated, name_key"

func (r *record) values() []any {
	var lat, lon any
	if r.point != nil {
		lat, lon = r.point.Lat, r.point.Lon
	}
	return []any{r.id, r.kind, r.subkind, r.origin, r.locality, r.themes, r.roles, r.territories, lat, lon, r.start, r.stop, r.updated, r.nameKey}
}

// load reads the columns of a whole file.
func (c *columns) load(ctx context.Context, f *file) error {
	var last int
	if err := f.read.QueryRowContext(ctx, "SELECT coalesce(max(rowid), 0) FROM doc").Scan(&last); err != nil {
		return err
	}
	c.rows = slices.Grow(c.rows, last+1) // growing step by step would hold twice as much for a while
	rows, err := f.read.QueryContext(ctx, "SELECT rowid, "+recordColumns+" FROM doc ORDER BY rowid")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var slot uint32
		var r record
		var lat, lon sql.NullFloat64
		if err := rows.Scan(&slot, &r.id, &r.kind, &r.subkind, &r.origin, &r.locality, &r.themes, &r.roles, &r.territories,
			&lat, &lon, &r.start, &r.stop, &r.updated, &r.nameKey); err != nil {
			return err
		}
		if lat.Valid && lon.Valid {
			r.point = &instance.Point{Lat: lat.Float64, Lon: lon.Float64}
		}
		c.set(slot, &r)
	}
	return rows.Err()
}

// set puts a record in a new slot.
func (c *columns) set(slot uint32, r *record) {
	c.reserve(int(slot))
	w := row{
		live: true, kind: uint16(c.kinds.id(r.kind)), subkind: uint16(c.subkinds.id(r.subkind)),
		origin: c.origins.id(r.origin), locality: c.locality(r.locality),
		themes: c.themes.id(r.themes), roles: c.roles.id(r.roles), places: c.territories.id(r.territories),
		start: r.start, stop: r.stop, updated: r.updated, nameKey: r.nameKey,
	}
	if r.point != nil {
		w.placed, w.point = true, *r.point
		w.x, w.y = cluster.Project(w.point)
		c.grid.add(slot, w.point)
	}
	c.rows[slot], c.names[slot], c.alive[slot] = w, newNameKind(r), true
	c.live++
}

// reserve makes rows up to a slot: those that hold nothing are no document's.
func (c *columns) reserve(slot int) {
	for len(c.rows) <= slot {
		c.rows, c.names, c.alive = append(c.rows, row{}), append(c.names, 0), append(c.alive, false)
	}
}

func (c *columns) locality(name string) uint32 {
	id := c.localities.id(name)
	if int(id) == len(c.localityKeys) {
		key := complete.NameKey(name)
		c.localityKeys = append(c.localityKeys, key)
		for word := range strings.FieldsSeq(key) {
			c.localityWords[word] = true
		}
	}
	return id
}

// clear empties a slot.
func (c *columns) clear(slot uint32) {
	r := &c.rows[slot]
	if !r.live {
		return
	}
	if r.placed {
		c.grid.remove(slot, r.point)
	}
	*r, c.alive[slot] = row{}, false
	c.live--
}
