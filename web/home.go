package web

import (
	"github.com/maillage/maillage/instance"
)

type homeView struct {
	NodeName    string
	Description string
	Counts      []count
	Events      []card
	Last        []card // the last ones, when few are to come
	Passed      int    // how many are over
	Recipes     []card
	Territories []card
	Peers       []peer
	Own         int // things of ours
	Follow      *followable
	Example     *followable // a territory to follow, to show how
}

// count is how many things of a kind the network has.
type count struct {
	Kind instance.Kind
	N    int
	URL  string
}

// peer is another node of the network, as this one knows it.
type peer struct {
	Name, Path, Domain, Address, Software string
	Count                                 int // its things that are here
}

// listPages are where the things of a kind are listed.
var listPages = map[instance.Kind]string{
	instance.KindEvent: "/agenda", instance.KindRecipe: "/recettes", instance.KindPartner: "/annuaire",
	instance.KindTerritory: "/territoires", instance.KindAnnouncement: "/annonces",
}

// home answers the front page.
func (s *Server) home(r *request) error {
	result, err := s.node.Index().Search(r.ctx(), instance.Query{Kinds: indexedKinds, PerPage: 1})
	if err != nil {
		return err
	}
	v := homeView{NodeName: s.node.Self().Name, Description: s.node.Description(), Follow: r.followable(s.node.Self())}
	kinds := countOf(result.Facets["kind"])
	for _, kind := range indexedKinds {
		if n := kinds[string(kind)]; n > 0 {
			v.Counts = append(v.Counts, count{kind, n, listPages[kind]})
		}
	}
	events, err := newSchedule(r.ctx(), s.node, instance.ObjectFilter{})
	if err != nil {
		return err
	}
	if v.Events, _, err = r.events(events, periodUpcoming, 6); err != nil {
		return err
	}
	if len(v.Events) < 3 {
		if v.Last, v.Passed, err = r.events(events, periodPast, 6); err != nil {
			return err
		}
	}
	recipes, _, err := s.node.Objects(r.ctx(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindRecipe}, Limit: 3})
	if err != nil {
		return err
	}
	v.Recipes = r.objectCards(recipes)
	if err := s.homeTerritories(r, &v, countOf(result.Facets["territory"])); err != nil {
		return err
	}
	if v.Peers, v.Own, err = s.peers(r, result.Facets["origin"]); err != nil {
		return err
	}
	p := &page{Description: r.T("home.lead"), View: v, JSONLD: thingLD{
		Context: "https://schema.org", Type: "WebSite", Name: v.NodeName, URL: s.node.URLs().IRI("/"),
		PotentialAction: &searchLD{"SearchAction", s.node.URLs().IRI("/recherche?q={q}"), "required name=q"},
	}}
	p.Alternate = s.node.Self().ID
	return r.show("home", p)
}

// homeTerritories shows the territories where most happens, ours first when equal.
func (s *Server) homeTerritories(r *request, v *homeView, counts map[string]int) error {
	actors, _, err := s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Scope: instance.ScopeLocal, Limit: 1000})
	if err != nil {
		return err
	}
	sortByCount(actors, counts)
	for i, a := range actors {
		if i == 0 {
			v.Example = r.followable(a)
		}
		if i < 18 {
			v.Territories = append(v.Territories, r.actorCard(a))
		}
	}
	return nil
}
