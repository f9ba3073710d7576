package web

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
)

// The limits of what one request may ask for.
const (
	maxText     = 200    // characters of q
	maxValues   = 50     // values of one parameter
	maxPage     = 10_000 // nobody reads further; deep pages cost the most
	maxPerPage  = 100
	minRadiusKm = 0.1
	maxRadiusKm = 20_038 // half the Earth's circumference
)

// indexedKinds are the kinds of things that can be searched and mapped, in the
// order in which people are offered them.
var indexedKinds = []instance.Kind{
	instance.KindEvent, instance.KindRecipe, instance.KindPartner, instance.KindTerritory, instance.KindAnnouncement,
}

// noKind is the kind that nothing is of: kind=none is how an address says that every
// layer of the map was taken away, since no kind at all means all of them.
const noKind instance.Kind = "none"

// subkindLists are the vocabularies that a document's Subkind comes from.
var subkindLists = []string{"event_kinds", "actor_kinds", "territory_kinds"}

var domainPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$`)

// parseQuery reads a search from the parameters of a URL. The pages and the API
// share it, so that one query string means the same on both.
//
// The error is a *instance.ValidationError that names every faulty parameter;
// the query then holds what could be read, for a page that shows both.
func parseQuery(values url.Values) (instance.Query, error) {
	p := newParams(values)
	return p.query(), p.err()
}

// params reads the parameters of one request and collects what is wrong with
// them. Empty values count as absent: a form sends all its fields.
type params struct {
	mistakes
	values url.Values
	read   []string // the names asked for, which the API's description must list
}

func newParams(values url.Values) *params { return &params{values: values} }

func (p *params) query() instance.Query {
	q := instance.Query{
		Text:        p.text("q"),
		Kinds:       p.kinds("kind"),
		Subkinds:    p.terms("subkind", subkindLists...),
		Themes:      p.terms("theme", "themes"),
		Roles:       p.terms("role", "ecosystem_roles"),
		Territories: p.many("territory"),
		Near:        p.near(),
		BBox:        p.bbox("bbox"),
		Scope:       p.scope("origin"),
	}
	q.From, q.To = p.span()
	q.Sort = choice(p, "sort", instance.SortRelevance, instance.SortDistance, instance.SortDate, instance.SortName)
	if q.Sort == instance.SortDistance && q.Near == nil {
		p.fail("sort", "le tri par distance demande un centre : donnez aussi lat et lon")
		q.Sort = instance.SortDefault
	}
	q.Page, q.PerPage = p.paging()
	return q
}

// one returns the single value of a parameter, trimmed; "" when absent.
func (p *params) one(name string) string {
	values := p.all(name)
	if len(values) > 1 {
		p.fail(name, "donnez une seule valeur")
	}
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// many returns the values of a parameter, repeated or separated by commas.
func (p *params) many(name string) []string {
	var out []string
	for _, value := range p.all(name) {
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	if len(out) > maxValues {
		p.fail(name, "donnez au plus %d valeurs", maxValues)
		out = out[:maxValues]
	}
	return out
}

func (p *params) all(name string) []string {
	p.read = append(p.read, name)
	var out []string
	for _, value := range p.values[name] {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		if !utf8.ValidString(value) {
			p.fail(name, "le texte n’est pas de l’UTF-8")
			continue
		}
		out = append(out, value)
	}
	return out
}

func (p *params) text(name string) string {
	s := p.one(name)
	if n := utf8.RuneCountInString(s); n > maxText {
		p.fail(name, "raccourcissez la recherche à %d caractères (elle en a %d)", maxText, n)
		s = string([]rune(s)[:maxText])
	}
	return s
}

// kinds reads kinds of things. A form of boxes to tick sends noKind beside those that
// are ticked, which it then does not change.
func (p *params) kinds(name string) []instance.Kind {
	var out []instance.Kind
	none := false
	for _, value := range p.many(name) {
		switch kind := instance.Kind(value); {
		case kind == noKind:
			none = true
		case slices.Contains(indexedKinds, kind):
			out = append(out, kind)
		default:
			p.fail(name, "« %s » n’est pas une sorte de publication ; choisissez parmi %s", value, join(indexedKinds))
		}
	}
	if none && len(out) == 0 {
		return []instance.Kind{noKind}
	}
	return out
}

// terms reads slugs of one of the vocabularies.
func (p *params) terms(name string, lists ...string) []string {
	return slices.DeleteFunc(p.many(name), func(slug string) bool {
		var known []string
		for _, list := range lists {
			if instance.Vocabularies().Has(list, slug) {
				return false
			}
			known = append(known, slugsOf(instance.Vocabularies().Terms(list))...)
		}
		p.fail(name, "« %s » n’est pas dans la liste : %s", slug, join(known))
		return true
	})
}

func (p *params) scope(name string) instance.Scope {
	value := strings.ToLower(p.one(name))
	if value != "" && !domainPattern.MatchString(value) {
		p.fail(name, "écrivez local, network ou le domaine d’un nœud, comme opl.example.org")
		return instance.ScopeAll
	}
	return instance.Scope(value)
}

// near reads a centre and, if there is one, its radius.
func (p *params) near() *instance.Near {
	lat, hasLat := p.number("lat", -90, 90)
	lon, hasLon := p.number("lon", -180, 180)
	radius, hasRadius := p.number("radius_km", minRadiusKm, maxRadiusKm)
	switch {
	case hasLat && hasLon:
		return &instance.Near{Point: instance.Point{Lat: lat, Lon: lon}, RadiusKm: radius}
	case hasLat && p.values.Get("lon") == "":
		p.fail("lon", "donnez aussi la longitude")
	case hasLon && p.values.Get("lat") == "":
		p.fail("lat", "donnez aussi la latitude")
	case hasRadius && p.values.Get("lat") == "" && p.values.Get("lon") == "":
		p.fail("radius_km", "un rayon demande un centre : donnez aussi lat et lon")
	}
	return nil
}

// number reads a decimal number, with a point or a French comma.
func (p *params) number(name string, least, most float64) (float64, bool) {
	value := p.one(name)
	if value == "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(strings.Replace(value, ",", ".", 1), 64)
	if err != nil || math.IsNaN(x) || x < least || x > most {
		p.fail(name, "écrivez un nombre de %g à %g", least, most)
		return 0, false
	}
	return x, true
}

func (p *params) integer(name string, least, most, absent int) int {
	value := p.one(name)
	if value == "" {
		return absent
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		p.fail(name, "écrivez un nombre entier de %d à %d", least, most)
		return absent
	}
	return n
}

func (p *params) paging() (page, perPage int) {
	return p.integer("page", 1, maxPage, 1), p.integer("per_page", 1, maxPerPage, 20)
}

// bbox reads "west,south,east,north".
func (p *params) bbox(name string) *instance.BBox {
	value := p.one(name)
	if value == "" {
		return nil
	}
	var sides [4]float64
	parts := strings.Split(value, ",")
	ok := len(parts) == len(sides)
	for i := 0; ok && i < len(sides); i++ {
		x, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		ok, sides[i] = err == nil && !math.IsNaN(x), x
	}
	box := instance.BBox{West: sides[0], South: sides[1], East: sides[2], North: sides[3]}
	switch {
	case !ok:
		p.fail(name, "écrivez quatre nombres séparés par des virgules : ouest,sud,est,nord")
	case !(instance.Point{Lat: box.South, Lon: box.West}).Valid() || !(instance.Point{Lat: box.North, Lon: box.East}).Valid():
		p.fail(name, "les longitudes (ouest, est) vont de -180 à 180 et les latitudes (sud, nord) de -90 à 90")
	case box.South > box.North:
		p.fail(name, "le sud (%g) est au nord du nord (%g) : l’ordre est ouest,sud,est,nord", box.South, box.North)
	default:
		return &box
	}
	return nil
}

// span reads from and to. A day of "to" is included.
func (p *params) span() (from, to time.Time) {
	from, _ = p.instant("from")
	to, day := p.instant("to")
	if day {
		to = to.In(instance.When{}.Location()).AddDate(0, 0, 1).UTC()
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		p.fail("to", "la fin précède le début")
		return time.Time{}, time.Time{}
	}
	return from, to
}

// instant reads a day, in French time, or a full RFC 3339 time.
func (p *params) instant(name string) (at time.Time, day bool) {
	value := p.one(name)
	if value == "" {
		return time.Time{}, false
	}
	at, day, err := parseInstant(value, "")
	if err != nil {
		p.fail(name, instantExpected)
	}
	return at, day
}

const instantExpected = "écrivez un jour, comme 2027-03-14, ou une date et une heure, comme 2027-03-14T09:00:00+01:00"

// parseInstant reads a day, in a zone (Europe/Paris when empty), or a full RFC 3339
// time.
func parseInstant(s, zone string) (at time.Time, day bool, err error) {
	if at, err := instance.ParseDay(s, zone); err == nil {
		return at, true, nil
	}
	at, err = time.Parse(time.RFC3339, s)
	return at.UTC(), false, err
}

// choice reads one of the words allowed; "" when absent.
func choice[T ~string](p *params, name string, allowed ...T) T {
	value := T(p.one(name))
	if value == "" || slices.Contains(allowed, value) {
		return value
	}
	p.fail(name, "« %s » n’est pas possible ici ; choisissez parmi %s", value, join(allowed))
	return ""
}

func join[T ~string](words []T) string {
	parts := make([]string, len(words))
	for i, word := range words {
		parts[i] = string(word)
	}
	return strings.Join(parts, ", ")
}
