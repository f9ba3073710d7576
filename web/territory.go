package web

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

type territoryView struct {
	actorView
	Kind     string // commune, quartier...
	Codes    []instance.Code
	Parent   *link
	Note     string
	Children []card
	Events   []card
	Last     []card
	Here     []card
	Around   []card // who is near enough to help, when few are here
	Recipes  []card
	AllURL   string
	Help     helpView
}

// How far a helper may live, and how many are shown.
const (
	aroundKm    = 40
	aroundLimit = 9
)

func (r *request) showTerritory(p *page, common actorView, a *instance.Actor) error {
	v := territoryView{actorView: common, AllURL: "/recherche?" + searchLink("territory", territoryKey(a))}
	if t := a.Territory; t != nil {
		v.Kind, v.Codes, v.Note = r.label("territory_kinds", t.Kind), t.Codes, t.Note
		if t.Parent != nil {
			parent := r.link(*t.Parent, instance.KindTerritory)
			v.Parent = &parent
		}
	}
	if v.Place != nil {
		v.Place.Precision = "" // of course it is
	}
	var err error
	if v.Children, err = r.children(a); err != nil {
		return err
	}
	events, err := newSchedule(r.ctx(), r.s.node, instance.ObjectFilter{Territory: territoryKey(a)})
	if err != nil {
		return err
	}
	if v.Events, _, err = r.events(events, periodUpcoming, 12); err != nil {
		return err
	}
	if v.Last, _, err = r.events(events, periodPast, 12); err != nil {
		return err
	}
	if v.Recipes, err = r.inTerritory(a, instance.KindRecipe); err != nil {
		return err
	}
	if v.Here, err = r.inTerritory(a, instance.KindPartner); err != nil {
		return err
	}
	if len(v.Here) < aroundLimit && a.Place != nil && a.Place.Point != nil {
		if v.Around, err = r.around(*a.Place.Point, v.Here); err != nil {
			return err
		}
	}
	if v.Help, err = r.help(a); err != nil {
		return err
	}
	p.Section, p.JSONLD, p.View = "/territoires", territoryLD(a), v
	p.Files, p.FilesLead = r.filesOf(agendaListing, url.Values{"territory": {territoryKey(a)}}), r.T("files.lead.territory")
	return r.show("territory", p)
}

func territoryLD(a *instance.Actor) thingLD {
	ld := actorLD("Place", a)
	ld.Location = nil
	if place := placeLD(a.Place); place != nil {
		ld.Geo = place.Geo
	}
	if a.Territory != nil {
		for _, code := range a.Territory.Codes {
			ld.Identifier = append(ld.Identifier, codeLD{"PropertyValue", code.Type, code.Value})
		}
	}
	return ld
}

// territoryKey is how filters name a territory: our own by slug, a peer's by IRI.
func territoryKey(a *instance.Actor) string {
	if a.Local() {
		return a.Slug
	}
	return a.ID
}

// territorySlug is how the index counts a territory: a peer's by the end of its path.
func territorySlug(a *instance.Actor) string {
	return cmp.Or(a.Slug, path.Base(a.ID))
}

// inTerritory lists the things of a kind that name the territory.
func (r *request) inTerritory(a *instance.Actor, kind instance.Kind) ([]card, error) {
	objects, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{kind}, Territory: territoryKey(a), Sort: instance.ByName, Limit: 100,
	})
	return r.objectCards(objects), err
}

// children lists the quartiers of a commune, the communes of a pays.
func (r *request) children(a *instance.Actor) ([]card, error) {
	all, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Limit: 1000})
	var children []card
	for _, other := range all {
		if t := other.Territory; t != nil && t.Parent != nil && (t.Parent.ID == a.ID || (t.Parent.ID == "" && a.Local() && t.Parent.Slug == a.Slug)) {
			children = append(children, r.actorCard(other))
		}
	}
	return children, err
}

// around lists the nearest sheets of the directory, those already shown left out.
func (r *request) around(centre instance.Point, shown []card) ([]card, error) {
	result, err := r.s.node.Index().Search(r.ctx(), instance.Query{
		Kinds: []instance.Kind{instance.KindPartner}, Near: &instance.Near{Point: centre, RadiusKm: aroundKm},
		Sort: instance.SortDistance, PerPage: aroundLimit + len(shown),
	})
	if err != nil {
		return nil, err
	}
	here := map[string]bool{}
	for _, c := range shown {
		here[c.Path] = true
	}
	var cards []card
	for _, c := range r.hitCards(result.Hits) {
		if !here[c.Path] && len(cards) < aroundLimit {
			cards = append(cards, c.amongAlike())
		}
	}
	return cards, nil
}

// publishedKinds are the things that can be in a territory; the territory itself is
// not counted among them.
var publishedKinds = []instance.Kind{instance.KindEvent, instance.KindRecipe, instance.KindPartner, instance.KindAnnouncement}

type territoriesView struct {
	Total  int
	Text   string        // a name, a postal code or an INSEE code that was looked for
	Named  []communeLink // the communes it may be
	Groups []territoryGroup
}

// territoryGroup is the territories of one kind.
type territoryGroup struct {
	Kind  string
	Cards []territoryCard
}

type territoryCard struct {
	card
	Handle string
	Codes  string // département numbers
	Count  int    // things that name it
}

// territories lists them by kind, with how much is known in each.
func (s *Server) territories(r *request) error {
	actors, total, err := s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Limit: 1000})
	if err != nil {
		return err
	}
	counts, err := s.facet(r, instance.Query{Kinds: publishedKinds}, "territory")
	if err != nil {
		return err
	}
	groups := map[string][]territoryCard{}
	for _, a := range actors {
		if a.Territory == nil {
			continue
		}
		groups[a.Territory.Kind] = append(groups[a.Territory.Kind], territoryCard{
			card: r.actorCard(a), Handle: a.Address(s.node.Domain()),
			Codes: strings.Join(a.Territory.Departements, ", "), Count: counts[territorySlug(a)],
		})
	}
	v := territoriesView{Total: total, Text: strings.TrimSpace(r.QueryParam("commune"))}
	if v.Text != "" {
		v.Named = r.communesNamed(v.Text, slices.DeleteFunc(slices.Clone(actors), func(a *instance.Actor) bool { return a.Territory == nil }))
	}
	for _, term := range instance.Vocabularies().Terms("territory_kinds") {
		if cards := groups[term.Slug]; len(cards) > 0 {
			v.Groups = append(v.Groups, territoryGroup{r.T("territories.all." + term.Slug), cards})
		}
	}
	return r.show("territories", &page{Title: r.T("territories.title"), Description: r.T("territories.lead"), Section: "/territoires", NoIndex: v.Text != "", View: v})
}

// facet counts the values of one field over what a query finds.
func (s *Server) facet(r *request, q instance.Query, name string) (map[string]int, error) {
	q.PerPage = 1
	result, err := s.node.Index().Search(r.ctx(), q)
	counts := map[string]int{}
	for _, value := range result.Facets[name] {
		counts[value.Value] = value.Count
	}
	return counts, err
}
