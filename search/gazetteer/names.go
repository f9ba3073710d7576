package gazetteer

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
)

// Fold puts a name in the form that names are compared in: small letters without
// accents, one space where there was a hyphen, an apostrophe or anything else,
// "st" and "ste" in full, "s/" as "sur", without "Cedex" and what follows it.
//
//	Fold("ST-ETIENNE s/ Loire CEDEX 2") == "saint etienne sur loire"
func Fold(name string) string {
	folded := strings.ReplaceAll(french.Fold(name), " s/", " sur ")
	var words []string
	for _, word := range strings.FieldsFunc(folded, isSeparator) {
		switch word {
		case "st":
			word = "saint"
		case "ste":
			word = "sainte"
		case "cedex":
			if len(words) > 0 {
				return strings.Join(words, " ")
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func isSeparator(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

// maxTyped is how many bytes of a question are worth reading: no name is as long.
const maxTyped = 200

// rank says which part of a name, or which code, a key is. Suggestions come in
// this order.
type rank uint8

const (
	whole   rank = iota
	article      // the name without its article: "havre"
	inner        // from another word on: "etienne", of Saint-Étienne
)

const (
	postal   = rank(iota)
	insee    // of a commune of today, or of what keeps its code inside one
	formerly // INSEE code of what is no more
)

// entry leads from a name, the end of one or a code, to what bears it.
type entry struct {
	key  string
	at   int32
	rank rank
}

var articles = map[string]bool{"le": true, "la": true, "les": true, "l": true}

// Words that nobody begins with when looking for a name.
var small = map[string]bool{
	"le": true, "la": true, "les": true, "l": true, "de": true, "du": true, "des": true, "d": true, "en": true,
	"et": true, "sur": true, "sous": true, "aux": true, "au": true, "a": true, "lez": true,
	"arrondissement": true,
}

// appendEntries adds the ways into a name: its whole key, and its ends from each
// word that somebody may begin with. They share the key's memory.
func appendEntries(entries []entry, name string, at int32) []entry {
	key := Fold(name)
	entries = append(entries, entry{key, at, whole})
	first, _, _ := strings.Cut(key, " ")
	for i := range len(key) {
		if key[i] != ' ' {
			continue
		}
		end := key[i+1:]
		word, _, _ := strings.Cut(end, " ")
		switch {
		case small[word]:
		case i == len(first) && articles[first]:
			entries = append(entries, entry{end, at, article})
		default:
			entries = append(entries, entry{end, at, inner})
		}
	}
	return entries
}

// sorted returns the entries in the order of their keys, in a slice of their size.
// Most comparisons are of the first eight letters as one number: sorting is most of
// the time that loading takes.
func sorted(entries []entry) []entry {
	type ticket struct {
		head uint64
		of   int32
	}
	tickets := make([]ticket, len(entries))
	for i, e := range entries {
		var head [8]byte
		copy(head[:], e.key)
		tickets[i] = ticket{binary.BigEndian.Uint64(head[:]), int32(i)}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		x, y := &entries[a.of], &entries[b.of]
		return cmp.Or(strings.Compare(x.key, y.key), cmp.Compare(x.rank, y.rank), cmp.Compare(x.at, y.at))
	})
	ordered := make([]entry, len(entries))
	for i, t := range tickets {
		ordered[i] = entries[t.of]
	}
	return ordered
}

// withPrefix returns the entries whose key begins with the prefix.
func withPrefix(entries []entry, prefix string) []entry {
	from, _ := slices.BinarySearchFunc(entries, prefix, func(e entry, p string) int { return strings.Compare(e.key, p) })
	to, _ := slices.BinarySearchFunc(entries[from:], prefix, func(e entry, p string) int {
		if strings.HasPrefix(e.key, p) {
			return -1
		}
		return 1
	})
	return entries[from : from+to]
}

// ByName implements instance.Gazetteer.
func (g *Gazetteer) ByName(name, departement string) []instance.Commune {
	if len(name) > maxTyped {
		return nil
	}
	key := strings.TrimSuffix(Fold(name), " arrondissement")
	if key == "" {
		return nil
	}
	t := g.load()
	for _, wanted := range []rank{whole, article} {
		var found []int32
		for _, e := range withPrefix(t.names, key) {
			if e.rank == wanted && (e.key == key || e.key == key+" arrondissement") && t.liesIn(e.at, departement) {
				found = append(found, e.at)
			}
		}
		if len(found) > 0 {
			slices.SortFunc(found, t.compare)
			return t.pick(found)
		}
	}
	return nil
}

// liesIn says whether a locality is in a département; everything is in "".
func (t *tables) liesIn(at int32, departement string) bool {
	c := &t.all[at]
	return departement == "" || c.Departement == departement || slices.Contains(c.Departements, departement)
}

// compare puts communes of today before what is no more or never was one, then the
// most populated first.
func (t *tables) compare(a, b int32) int {
	if past := cmp.Compare(t.past(a), t.past(b)); past != 0 {
		return past
	}
	return cmp.Or(cmp.Compare(t.all[b].Population, t.all[a].Population), cmp.Compare(a, b))
}

func (t *tables) past(at int32) int {
	if t.all[at].Kind == instance.CommuneToday {
		return 0
	}
	return 1
}

// maxSuggestions is how many answers make sense under a field.
const maxSuggestions = 100

// Suggest implements instance.Gazetteer.
func (g *Gazetteer) Suggest(text string, limit int) []instance.Commune {
	limit = min(limit, maxSuggestions)
	keys := prefixes(text)
	if limit <= 0 || len(keys) == 0 {
		return nil
	}
	t := g.load()
	best := offers{limit: limit, t: t}
	for _, key := range keys {
		entries := t.names
		if '0' <= key[0] && key[0] <= '9' {
			entries = t.codes
		}
		for _, e := range withPrefix(entries, key) {
			r := int(e.rank) + 1
			if e.key == key && r == 1 {
				r = 0
			}
			best.add(offer{e.at, r})
		}
	}
	return t.pick(best.list())
}

// prefixes are what the keys of the answers may begin with. The last word may be
// the beginning of one: "st" may be "saint" as well as "strasbourg".
func prefixes(text string) []string {
	if len(text) > maxTyped {
		return nil
	}
	key := Fold(text)
	if key == "" {
		return nil
	}
	keys := []string{key}
	folded := french.Fold(text)
	for short, long := range map[string]string{"st": "saint", "ste": "sainte"} {
		if strings.HasSuffix(folded, short) && (key == long || strings.HasSuffix(key, " "+long)) {
			keys = append(keys, strings.TrimSuffix(key, long)+short)
		}
	}
	return keys
}

// An offer is a locality and how well it answers, 0 being best.
type offer struct {
	at   int32
	rank int
}

// offers keeps the best few, in order, each locality once.
type offers struct {
	limit int
	t     *tables
	best  []offer
}

func (o *offers) compare(a, b offer) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), o.t.compare(a.at, b.at))
}

func (o *offers) add(candidate offer) {
	if len(o.best) == o.limit && o.compare(candidate, o.best[len(o.best)-1]) >= 0 {
		return
	}
	if i := slices.IndexFunc(o.best, func(b offer) bool { return b.at == candidate.at }); i >= 0 {
		if o.compare(candidate, o.best[i]) >= 0 {
			return
		}
		o.best = slices.Delete(o.best, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(o.best, candidate, o.compare)
	o.best = slices.Insert(o.best, i, candidate)
	o.best = o.best[:min(len(o.best), o.limit)]
}

func (o *offers) list() []int32 {
	list := make([]int32, len(o.best))
	for i, b := range o.best {
		list[i] = b.at
	}
	return list
}
