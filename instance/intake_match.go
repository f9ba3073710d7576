package instance

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// known is everything of the kinds of a harvest that this node knows, ours and the
// network's, as far as it takes to recognise a row.
type known struct {
	owner    string
	byKey    map[string]*candidate   // of the owner: source and key
	byGlobal map[string]*candidate   // of the owner: keys alone
	byName   map[string][]*candidate // of anyone: kind and folded name
	read     map[string]*candidate   // what the rows of this harvest so far were found to be, by key
}

// candidate is something a row may be.
type candidate struct {
	id     string
	owner  string // "" when it is a peer's
	source string
	key    string
	seen   bool // a row of this harvest is it
	taken  bool // an earlier row of this harvest is it: what says the same again repeats it
	title  string
	terms  string    // its licence
	over   time.Time // when an event ends; zero when unknown, or a sheet
	likeness
}

// likeness is what two descriptions of one thing have in common.
type likeness struct {
	kind     Kind
	name     string // folded
	start    time.Time
	allDay   bool
	day      string // local
	words    string // of a vague date
	point    *Point
	exact    bool   // the point is the venue itself
	locality string // folded
	venue    string // folded
	site     string // host and path
}

// match is what a row was found to be: something here, or something to create.
type match struct {
	id    string
	fresh bool   // to create
	adopt bool   // found by likeness, written here: only what is empty is filled
	terms string // the licence of what is here
}

// knownTo gathers what rows of the harvest can be compared with.
func (n *Node) knownTo(ctx context.Context, owner string, h *Harvest) (*known, error) {
	k := &known{owner: owner, byKey: map[string]*candidate{}, byGlobal: map[string]*candidate{}, byName: map[string][]*candidate{}, read: map[string]*candidate{}}
	var kinds []Kind
	for _, row := range h.Rows {
		if row.Object != nil && !slices.Contains(kinds, row.Object.Common().Kind) {
			kinds = append(kinds, row.Object.Common().Kind)
		}
	}
	if len(kinds) == 0 {
		kinds = intakeKinds // an empty feed: everything it gave is missing
	}
	err := n.eachObject(ctx, ObjectFilter{Kinds: kinds}, func(o Object) {
		b := o.Common()
		c := &candidate{id: b.ID, title: b.Name, terms: b.Licence, likeness: likenessOf(o)}
		if e, ok := o.(*Event); ok {
			_, c.over = e.When.Bounds()
		}
		if b.Local() {
			c.owner = b.Owner
			if b.Provenance != nil {
				c.source, c.key = b.Provenance.Source, b.Provenance.Key
			}
		}
		k.add(c)
	})
	return k, err
}

// keep notes which keys the harvest still has: the others may have been renamed. What
// became private in its source is no longer there. keys are those of its rows.
func (k *known) keep(h *Harvest, keys []string, source string) {
	for i, row := range h.Rows {
		if row.fatal() {
			continue
		}
		if c := k.keyed(row, keys[i], source); c != nil {
			c.seen = true
		}
	}
}

// news counts the rows that nothing here is known to be by its key, sheets left out.
func (k *known) news(h *Harvest, keys []string, source string) (n int) {
	for i, row := range h.Rows {
		if !row.fatal() && row.Object.Common().Kind != KindPartner && k.keyed(row, keys[i], source) == nil {
			n++
		}
	}
	return n
}

// keyed is what is here under the key of a row.
func (k *known) keyed(row IntakeRow, key, source string) *candidate {
	if c := k.byKey[source+"\x00"+key]; c != nil || !row.Global {
		return c
	}
	return k.byGlobal[key]
}

func (k *known) add(c *candidate) {
	if c.owner == k.owner && c.key != "" {
		k.byKey[c.source+"\x00"+c.key] = c
		k.byGlobal[c.key] = c
	}
	name := string(c.kind) + "\x00" + c.name
	k.byName[name] = append(k.byName[name], c)
}

// find says what a row is: what it was found to be, or else what it repeats.
func (k *known) find(row IntakeRow, source string, iri func(IntakeRow) string) (found *match, duplicate *candidate) {
	if c := k.read[row.Key]; c != nil {
		return nil, c // the same key twice in one harvest: the first says what it is
	}
	found, c := k.recognise(row, source, iri)
	k.read[row.Key] = c
	if found == nil {
		return nil, c
	}
	return found, nil
}

// recognise finds the candidate that a row is, or makes it; the match is nil when the row
// only repeats it.
func (k *known) recognise(row IntakeRow, source string, iri func(IntakeRow) string) (*match, *candidate) {
	if c := k.keyed(row, row.Key, source); c != nil {
		if c.taken {
			return nil, c
		}
		c.seen, c.taken = true, true
		return &match{id: c.id}, c
	}
	like := likenessOf(row.Object)
	for _, c := range k.byName[string(like.kind)+"\x00"+like.name] {
		if !like.same(c.likeness) {
			continue
		}
		switch {
		case c.owner != k.owner || c.taken:
			return nil, c
		case c.key == "": // written here by its owner
			k.claim(c, source, row.Key)
			return &match{id: c.id, adopt: true, terms: c.terms}, c
		case c.key == row.Key && !unnamed(row.Key), c.source == source && !c.seen: // another file name; another key
			k.claim(c, source, row.Key)
			return &match{id: c.id}, c
		}
		return nil, c
	}
	b := row.Object.Common()
	c := &candidate{id: iri(row), owner: k.owner, source: source, key: row.Key, seen: true, taken: true, title: b.Name, terms: b.Licence, likeness: like}
	k.add(c)
	return &match{id: c.id, fresh: true}, c
}

// claim ties a candidate to a row, so that no other row of the harvest takes it.
func (k *known) claim(c *candidate, source, key string) {
	c.source, c.key, c.seen, c.taken = source, key, true, true
	k.byKey[source+"\x00"+key] = c
}

// unseen lists what a source gave and this harvest does not: sheets, and events
// that are not over.
func (k *known) unseen(source string, now time.Time) []Ref {
	var refs []Ref
	for _, c := range k.byKey {
		past := c.kind == KindEvent && (c.over.IsZero() || c.over.Before(now))
		if c.source == source && !c.seen && !past {
			refs = append(refs, Ref{ID: c.id, Name: c.title, URL: c.id})
		}
	}
	slices.SortFunc(refs, func(a, b Ref) int { return strings.Compare(a.ID, b.ID) })
	return refs
}

// noKey begins the keys that keyOf makes.
const noKey = "~"

func unnamed(key string) bool { return strings.HasPrefix(key, noKey+"|") }

// keyOf names a row that its source gives no name: what it is called, when, where.
func keyOf(o Object) string {
	like := likenessOf(o)
	return strings.Join([]string{noKey, like.name, like.day, like.words, like.locality, like.site}, "|")
}

func likenessOf(o Object) likeness {
	b := o.Common()
	like := likeness{kind: b.Kind, name: folded(b.Name)}
	if p := b.Place; p != nil {
		like.point, like.exact = p.Point, p.Precision == PrecisionPlace
		like.locality, like.venue = folded(p.Locality), folded(p.Name)
	}
	switch o := o.(type) {
	case *Event:
		like.allDay, like.words = o.When.AllDay, folded(o.When.Text)
		if !o.When.Vague() {
			like.start = o.When.Start
			like.day = o.When.Start.In(o.When.Location()).Format(time.DateOnly)
		}
	case *Partner:
		like.site = siteOf(o.Website)
	}
	return like
}

// folded is a name without case, accents or punctuation.
func folded(s string) string {
	if slug := Slugify(s); slug != "" {
		return slug
	}
	return strings.ToLower(strings.TrimSpace(s))
}

// siteOf is what an address has of its own: neither scheme, "www." nor final slash.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") + strings.TrimRight(u.Path, "/")
}

// same says that two things of one kind and name are one.
func (a likeness) same(b likeness) bool {
	if a.kind == KindEvent {
		return a.sameTime(b) && a.place(b) != differs
	}
	place, site := a.place(b), compare(a.site, b.site)
	if place == agrees || site == agrees {
		return place != differs || site == agrees && a.point == nil || site == agrees && b.point == nil
	}
	return place == unsaid && site == unsaid && a.bare() && b.bare()
}

// bare says that nothing tells a thing from another of its name.
func (a likeness) bare() bool { return a.point == nil && a.locality == "" && a.site == "" }

func (a likeness) sameTime(b likeness) bool {
	switch {
	case a.day == "" || b.day == "":
		return a.day == b.day && a.words == b.words
	case a.allDay || b.allDay:
		return a.day == b.day
	}
	return a.start.Equal(b.start)
}

// agreement is what comparing one aspect of two things says.
type agreement int

const (
	unsaid agreement = iota // one of them does not say
	agrees
	differs
)

// Two positions of one venue, and two of which one is only that of its commune.
const (
	sameVenueKm   = 0.3
	sameCommuneKm = 10
)

func (a likeness) place(b likeness) agreement {
	if a.point != nil && b.point != nil {
		limit := float64(sameCommuneKm)
		if a.exact && b.exact {
			limit = sameVenueKm
		}
		if a.point.DistanceKm(*b.point) <= limit {
			return agrees
		}
		return differs
	}
	if locality := compare(a.locality, b.locality); locality != unsaid {
		return locality
	}
	if compare(a.venue, b.venue) == agrees {
		return agrees
	}
	return unsaid
}

func compare(a, b string) agreement {
	switch {
	case a == "" || b == "":
		return unsaid
	case a == b:
		return agrees
	}
	return differs
}

// intakeKinds are what a harvest can hold.
var intakeKinds = []Kind{KindEvent, KindPartner}

// eachObject walks everything that passes a filter, page by page.
func (n *Node) eachObject(ctx context.Context, f ObjectFilter, visit func(Object)) error {
	f.Sort, f.Limit = ByID, 500
	for f.Offset = 0; ; f.Offset += f.Limit {
		page, _, err := n.Objects(ctx, f)
		if err != nil {
			return err
		}
		for _, o := range page {
			visit(o)
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}
