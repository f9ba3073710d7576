package gazetteer

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/maillage/maillage/instance"
)

// Options are what a host may add.
type Options struct {
	// Points are positions by INSEE code, for communes that the data have none for, or
	// in place of theirs: what the host's geocoder found, say. What is not on Earth or
	// of no commune of today is left out.
	Points map[string]instance.Point
}

// Gazetteer implements instance.Gazetteer. It reads its data on first use, and is
// safe for concurrent use.
type Gazetteer struct {
	load func() *tables
}

var _ instance.Gazetteer = (*Gazetteer)(nil)

// New returns a gazetteer; it costs nothing until it is asked something.
func New(o Options) *Gazetteer {
	points := maps.Clone(o.Points)
	return &Gazetteer{load: sync.OnceValue(func() *tables {
		r, err := readAll()
		if err != nil {
			panic("gazetteer: " + err.Error()) // embedded, and tested
		}
		return newTables(r, points)
	})}
}

// tables are the data and the ways into them.
type tables struct {
	all          []instance.Commune // communes of today by code, then everything else
	today        int                // how many are communes of today
	departements []instance.Departement
	within       map[string][]int32 // by the code of a commune of today
	names, codes []entry
	placed       []int32 // communes of today that have a point
	nearest      tree    // of placed
}

func newTables(r *records, points map[string]instance.Point) *tables {
	t := &tables{
		all: append(r.today, r.others...), today: len(r.today), departements: r.departements,
		within: map[string][]int32{},
	}
	t.names = make([]entry, 0, 3*len(t.all))
	t.codes = make([]entry, 0, 3*len(t.all))
	for i := range t.all {
		t.enter(int32(i), points)
	}
	t.enterFormer(r.former)
	t.names = sorted(t.names)
	t.codes = sorted(t.codes)
	centres := make([]instance.Point, len(t.placed))
	for i, at := range t.placed {
		centres[i] = *t.all[at].Point
	}
	t.nearest = newTree(centres)
	return t
}

// enter makes a locality findable.
func (t *tables) enter(at int32, points map[string]instance.Point) {
	c := &t.all[at]
	if !t.namesake(c) {
		t.names = appendEntries(t.names, c.Name, at)
	}
	if c.INSEE != "" {
		t.codes = append(t.codes, entry{strings.ToLower(c.INSEE), at, insee})
	}
	if c.In != "" {
		t.within[c.In] = append(t.within[c.In], at)
	}
	if c.Kind != instance.CommuneToday {
		return
	}
	for _, code := range c.PostalCodes {
		t.codes = append(t.codes, entry{code, at, postal})
	}
	if p, ok := points[c.INSEE]; ok && p.Valid() {
		c.Point = &p
	}
	if c.Point != nil {
		t.placed = append(t.placed, at)
	}
}

// enterFormer makes communes findable by the codes that they took over.
func (t *tables) enterFormer(former map[string]string) {
	for old, code := range former {
		if at, ok := slices.BinarySearchFunc(t.all[:t.today], code, byCode); ok {
			t.codes = append(t.codes, entry{strings.ToLower(old), int32(at), formerly})
		}
	}
}

// namesake says whether c is a part that bears the name of its commune: whoever
// says the name means the whole.
func (t *tables) namesake(c *instance.Commune) bool {
	if c.In == "" {
		return false
	}
	at, ok := slices.BinarySearchFunc(t.all[:t.today], c.In, byCode)
	return ok && t.all[at].Name == c.Name
}

func byCode(c instance.Commune, code string) int { return strings.Compare(c.INSEE, code) }

func (t *tables) pick(found []int32) []instance.Commune {
	communes := make([]instance.Commune, len(found))
	for i, at := range found {
		communes[i] = t.all[at]
	}
	return communes
}

// ByINSEE implements instance.Gazetteer.
func (g *Gazetteer) ByINSEE(code string) (instance.Commune, bool) {
	t := g.load()
	// The first is the commune of today, if the code is still one's.
	for _, wanted := range []rank{insee, formerly} {
		if found := t.withCode(code, wanted); len(found) > 0 {
			return t.all[found[0]], true
		}
	}
	return instance.Commune{}, false
}

// ByPostalCode implements instance.Gazetteer.
func (g *Gazetteer) ByPostalCode(code string) []instance.Commune {
	t := g.load()
	found := t.withCode(code, postal)
	slices.SortFunc(found, t.compare)
	return t.pick(found)
}

// withCode returns what has a code of a kind, in the order of all.
func (t *tables) withCode(code string, kind rank) []int32 {
	key := strings.ToLower(strings.ReplaceAll(code, " ", "")) // "29 200", "2A004"
	var found []int32
	for _, e := range withPrefix(t.codes, key) {
		if e.key == key && e.rank == kind {
			found = append(found, e.at)
		}
	}
	return found
}

// Nearest implements instance.Gazetteer.
func (g *Gazetteer) Nearest(p instance.Point) (c instance.Commune, km float64, ok bool) {
	if !p.Valid() {
		return c, 0, false
	}
	t := g.load()
	ref, km, ok := t.nearest.nearest(p)
	if !ok {
		return c, 0, false
	}
	return t.all[t.placed[ref]], km, true
}

// Within implements instance.Gazetteer.
func (g *Gazetteer) Within(insee string) []instance.Commune {
	t := g.load()
	return t.pick(t.within[insee])
}

// Communes implements instance.Gazetteer.
func (g *Gazetteer) Communes() []instance.Commune {
	t := g.load()
	return t.all[:t.today:t.today]
}

// Departements implements instance.Gazetteer.
func (g *Gazetteer) Departements() []instance.Departement { return g.load().departements }
