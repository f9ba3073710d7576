package web

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

type searchView struct {
	Text     string
	Place    string // the commune someone asked to be near
	Here     bool   // near the reader's own position
	Around   string // what the place was taken for, in words
	Radius   string // km
	Radii    []string
	NoPlace  bool // that commune is unknown here
	Problems []instance.FieldError
	Total    int
	Cards    []card
	Facets   []facetGroup
	Active   []chip // filters in force; the link removes one
	Hidden   []field
	Sorts    []option
	Pages    pagination
	MapURL   string
	Themes   []chip // ideas, when nothing was found
}

// field is a hidden field of a form.
type field struct{ Name, Value string }

// facetGroup is one way to narrow a search.
type facetGroup struct {
	Label  string
	Values []facetLink
	More   []facetLink // the long tail, folded
}

type facetLink struct {
	Label, URL string
	Count      int
	Active     bool
}

// The parameters a search page filters by, and the facet that lists their values.
var searchFilters = []string{"kind", "theme", "role", "subkind", "territory", "origin"}

const facetsShown = 8

// search answers the search page.
func (s *Server) search(r *request) error {
	values, placeKnown := r.located()
	q, err := parseQuery(values)
	v := searchView{
		Text: q.Text, Place: strings.TrimSpace(values.Get("pres")), NoPlace: !placeKnown,
		Radii: []string{"5", "10", "25", "50", "100", "200"}, Problems: r.problems(err),
	}
	if q.Near != nil {
		v.Around = r.understood(v.Place)
		v.Here, v.Radius = v.Place == "", strconv.FormatFloat(q.Near.RadiusKm, 'f', -1, 64)
		if !slices.Contains(v.Radii, v.Radius) {
			v.Radii = append([]string{v.Radius}, v.Radii...)
		}
	}
	if len(q.Kinds) == 0 {
		q.Kinds = indexedKinds
	}
	result, err := s.node.Index().Search(r.ctx(), q)
	if err != nil {
		return err
	}
	v.Total, v.Cards, v.Pages = result.Total, r.hitCards(result.Hits), r.paginate(q.Page, q.PerPage, result.Total)
	if v.Facets, err = r.facets(result.Facets); err != nil {
		return err
	}
	v.Hidden, v.Sorts, v.MapURL = r.hidden(v.Here), r.sorts(q), r.sameFilters("/carte")
	if q.Near != nil && q.Near.RadiusKm > 0 {
		v.MapURL = withBox(v.MapURL, *q.Near)
	}
	if v.Active, err = r.active(); err != nil {
		return err
	}
	if result.Total == 0 {
		v.Themes = r.themes([]string{"cartographie", "donnees-ouvertes", "logiciels-libres", "tiers-lieux", "inclusion-numerique"})
	}
	title := r.T("search.title")
	if q.Text != "" {
		title = r.T("search.title.text", q.Text)
	}
	return r.show("search", &page{Title: title, Section: "/recherche", NoIndex: true, View: v})
}

// located adds the position of the commune asked for with ?pres= to the page's
// parameters; known is false when nobody here knows that commune.
func (r *request) located() (values url.Values, known bool) {
	values = url.Values{}
	for key, v := range r.QueryParams() {
		values[key] = v
	}
	place := strings.TrimSpace(values.Get("pres"))
	if place == "" {
		if values.Get("lat") == "" || values.Get("lon") == "" {
			values.Del("radius_km") // the form sends it always
		}
		return values, true
	}
	values.Del("lat")
	values.Del("lon")
	point := r.locate(place)
	if point == nil {
		values.Del("radius_km")
		return values, false
	}
	values.Set("lat", strconv.FormatFloat(point.Lat, 'f', 5, 64))
	values.Set("lon", strconv.FormatFloat(point.Lon, 'f', 5, 64))
	values.Set("radius_km", cmp.Or(values.Get("radius_km"), "25"))
	return values, true
}

// withBox adds to the address of a map the box around a circle.
func withBox(address string, near instance.Near) string {
	dLat := near.RadiusKm / 111.2
	dLon := min(dLat/math.Max(math.Cos(near.Point.Lat*math.Pi/180), 0.01), 180)
	box := fmt.Sprintf("%.3f,%.3f,%.3f,%.3f", max(near.Point.Lon-dLon, -180), max(near.Point.Lat-dLat, -90), min(near.Point.Lon+dLon, 180), min(near.Point.Lat+dLat, 90))
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "bbox=" + box
}

// locate finds where a commune is: a territory of that name on the network, else
// what the gazetteer knows by a name, a postal code or an INSEE code, else something
// that happens there.
func (r *request) locate(name string) *instance.Point {
	name = instance.Truncate(name, maxText)
	if p := r.locateAmong(name, instance.KindTerritory); p != nil {
		return p
	}
	if c, ok := r.s.node.FindCommune(name); ok {
		if from, ok := r.s.node.Around(c); ok {
			return from.Point
		}
	}
	return r.locateAmong(name, instance.KindPartner, instance.KindEvent)
}

// locateAmong finds what bears a name, or says that it is there.
func (r *request) locateAmong(name string, kinds ...instance.Kind) *instance.Point {
	slug := instance.Slugify(name)
	result, err := r.s.node.Index().Search(r.ctx(), instance.Query{Text: name, Kinds: kinds, PerPage: 50})
	if err != nil {
		r.s.log.WarnContext(r.ctx(), "locate", "err", err)
		return nil
	}
	for _, h := range result.Hits {
		if h.Point != nil && (instance.Slugify(h.Name) == slug || instance.Slugify(h.Locality) == slug) {
			return h.Point
		}
	}
	return nil
}

// understood says what a place was taken for: the commune of a postal code or a code,
// or the neighbour from which distances are measured where its own position is not
// known. "" when there is nothing to say.
func (r *request) understood(place string) string {
	c, ok := r.s.node.FindCommune(place)
	if !ok {
		return ""
	}
	if c.Point == nil && r.locateAmong(place, instance.KindTerritory) == nil {
		if from, ok := r.s.node.Around(c); ok {
			return r.T("near.neighbour", c.Label(), from.Label())
		}
	}
	if strings.ContainsAny(place, "0123456789") && place != c.Label() {
		return r.T("near.around", c.Label())
	}
	return ""
}

// facets turns the counts of a search into links that narrow it.
func (r *request) facets(counts map[string][]instance.FacetValue) ([]facetGroup, error) {
	var groups []facetGroup
	for _, name := range searchFilters {
		label, err := r.facetLabels(name, counts[name])
		if err != nil {
			return nil, err
		}
		selected := newParams(r.QueryParams()).many(name)
		group := facetGroup{Label: r.T("filter." + name)}
		for _, value := range counts[name] {
			active := slices.Contains(selected, value.Value)
			link := facetLink{Label: label(value.Value), Count: value.Count, Active: active, URL: r.with(name, value.Value)}
			if active {
				link.URL = r.with(name, "")
			}
			if len(group.Values) < facetsShown || active {
				group.Values = append(group.Values, link)
			} else {
				group.More = append(group.More, link)
			}
		}
		if len(group.Values) > 1 || slices.ContainsFunc(group.Values, func(l facetLink) bool { return l.Active }) {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// facetLabels returns the words for the values of a filter.
func (r *request) facetLabels(name string, values []instance.FacetValue) (func(string) string, error) {
	switch name {
	case "kind":
		return func(v string) string { return r.T("kinds." + v) }, nil
	case "theme":
		return func(v string) string { return r.label("themes", v) }, nil
	case "role":
		return func(v string) string { return r.label("ecosystem_roles", v) }, nil
	case "origin":
		return func(v string) string {
			if v == string(instance.ScopeLocal) {
				return r.s.node.Self().Name
			}
			return r.peerName(v)
		}, nil
	case "territory":
		names, err := r.territoryNames(len(values) > 0)
		return func(v string) string { return cmp.Or(names[v], v) }, err
	}
	return func(v string) string {
		for _, list := range subkindLists {
			if instance.Vocabularies().Has(list, v) {
				return r.label(list, v)
			}
		}
		return v
	}, nil
}

// territoryNames maps slugs and IRIs to names.
func (r *request) territoryNames(needed bool) (map[string]string, error) {
	names := map[string]string{}
	if !needed {
		return names, nil
	}
	all, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Limit: 1000})
	for _, a := range all {
		names[a.ID] = a.Name
		slug := territorySlug(a)
		if names[slug] == "" || a.Local() {
			names[slug] = a.Name
		}
	}
	return names, err
}

// active lists the filters in force, even those that find nothing; each link
// removes one.
func (r *request) active() ([]chip, error) {
	var active []chip
	p := newParams(r.QueryParams())
	for _, name := range searchFilters {
		selected := p.many(name)
		counted := make([]instance.FacetValue, len(selected))
		label, err := r.facetLabels(name, counted)
		if err != nil {
			return nil, err
		}
		for _, value := range selected {
			active = append(active, chip{label(value), r.with(name, "")})
		}
	}
	return active, nil
}

// hidden keeps the filters in force when another text is searched.
func (r *request) hidden(here bool) []field {
	names := slices.Concat(searchFilters, []string{"sort", "from", "to", "bbox"})
	if here {
		names = append(names, "lat", "lon")
	}
	var fields []field
	for _, name := range names {
		for _, value := range r.QueryParams()[name] {
			if value != "" {
				fields = append(fields, field{name, value})
			}
		}
	}
	return fields
}

// sorts lists the orders that make sense for a search.
func (r *request) sorts(q instance.Query) []option {
	orders := []instance.Sort{instance.SortDate, instance.SortName}
	if q.Near != nil {
		orders = slices.Insert(orders, 0, instance.SortDistance)
	}
	if q.Text != "" {
		orders = slices.Insert(orders, 0, instance.SortRelevance)
	}
	current := cmp.Or(q.Sort, orders[0])
	options := make([]option, len(orders))
	for i, order := range orders {
		options[i] = option{Value: r.with("sort", string(order)), Label: r.T("sort." + string(order)), Selected: order == current}
	}
	return options
}

// sameFilters is another page with this one's filters.
func (r *request) sameFilters(path string) string {
	query := url.Values{}
	for _, name := range append([]string{"q"}, searchFilters...) {
		for _, value := range r.QueryParams()[name] {
			if value != "" {
				query.Add(name, value)
			}
		}
	}
	return localURL(path, query)
}
