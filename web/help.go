package web

import (
	"net/url"

	"github.com/maillage/maillage/instance"
)

// helpView answers « Qui peut m'aider ici ? » for a territory.
type helpView struct {
	People     []personCard // who chose to appear near, the nearest first
	PeopleURL  string       // all of them
	Roles      []roleGroup  // the structures here, by what they do
	Organisers []link       // who organised something here already
}

// Any says that there is somebody to show.
func (v helpView) Any() bool { return len(v.People)+len(v.Roles)+len(v.Organisers) > 0 }

type roleGroup struct {
	Label      string
	Structures []link
}

// How far from the middle of a territory people are thought near, and how much of
// each is shown.
const (
	peopleNearKm    = 25
	peopleShown     = 6
	organisersShown = 12
)

// help finds who may help in a territory.
func (r *request) help(a *instance.Actor) (v helpView, err error) {
	if a.Place != nil && a.Place.Point != nil {
		near, err := r.s.node.People(r.ctx(), instance.PeopleFilter{Near: &instance.Near{Point: *a.Place.Point, RadiusKm: peopleNearKm}})
		if err != nil {
			return v, err
		}
		for _, p := range near[:min(len(near), peopleShown)] {
			v.People = append(v.People, r.personCard(p))
		}
		v.PeopleURL = localURL("/personnes", url.Values{"pres": {a.Name}, "radius_km": {"25"}})
	}
	if v.Roles, err = r.structuresByRole(a); err != nil {
		return v, err
	}
	v.Organisers, err = r.pastOrganisers(a)
	return v, err
}

// structuresByRole lists the structures of a territory under each role they have, in
// the order of the vocabulary. One has several roles, or none.
func (r *request) structuresByRole(a *instance.Actor) ([]roleGroup, error) {
	objects, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindPartner}, Territory: territoryKey(a), Sort: instance.ByName, Limit: 100,
	})
	by := map[string][]link{}
	for _, o := range objects {
		partner, ok := o.(*instance.Partner)
		if !ok {
			continue
		}
		for _, role := range partner.Roles {
			by[role] = append(by[role], link{
				Name: partner.Name, Path: r.s.node.URLs().Path(partner.ID), From: r.peerName(partner.Origin), Detail: r.label("actor_kinds", partner.ActorKind),
			})
		}
	}
	var groups []roleGroup
	for _, term := range instance.Vocabularies().Terms("ecosystem_roles") {
		if len(by[term.Slug]) > 0 {
			groups = append(groups, roleGroup{term.Label(r.lang), by[term.Slug]})
		}
	}
	return groups, err
}

// pastOrganisers lists who organised what is over in a territory, the latest first,
// each once.
func (r *request) pastOrganisers(a *instance.Actor) ([]link, error) {
	objects, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Territory: territoryKey(a), Sort: instance.ByStartDesc, Limit: 100,
	})
	if err != nil {
		return nil, err
	}
	var organisers []link
	seen := map[string]bool{}
	for _, o := range objects {
		e, ok := o.(*instance.Event)
		if !ok || !e.Over(r.s.node.Now()) {
			continue
		}
		for _, ref := range e.Organisers {
			l := r.link(ref, instance.KindPartner)
			if l.Name == "" || seen[l.Name] || len(organisers) == organisersShown {
				continue
			}
			seen[l.Name] = true
			organisers = append(organisers, l)
		}
	}
	return organisers, nil
}
