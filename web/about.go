package web

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

type aboutView struct {
	Name, Description string
	Domain            string
	Follow            *followable
	Contact           link
	Version           string
	SourceCode        string
	Counts            []ownCount
	Peers             []peer
	Licences          []string
	Territories       int
	Organisations     int
	Communes          string // who made what the node knows of communes
	SearchSince       string // since when the spare search engine answers; "" when all is well
}

// ownCount tells what is ours from what we learnt.
type ownCount struct {
	Kind          instance.Kind
	Local, Remote int
	URL           string
}

// about answers the page of the node itself.
func (s *Server) about(r *request) error {
	stats, err := s.node.Stats(r.ctx())
	if err != nil {
		return err
	}
	origins, err := s.node.Index().Search(r.ctx(), instance.Query{PerPage: 1})
	if err != nil {
		return err
	}
	self := s.node.Self()
	v := aboutView{
		Name: self.Name, Description: s.node.Description(), Domain: s.node.Domain(), Follow: r.followable(self),
		Contact: contactLink(s.node.Contact()), Version: s.version, SourceCode: s.node.SourceCode(),
		Territories: stats.Local[instance.KindTerritory], Organisations: stats.Local[instance.KindOrganisation],
	}
	v.Communes = gazetteerCredit
	if h := s.node.IndexHealth(); h.Degraded {
		v.SearchSince = r.published(h.Since)
	}
	for _, kind := range indexedKinds {
		v.Counts = append(v.Counts, ownCount{kind, stats.Local[kind], stats.Remote[kind], listPages[kind]})
	}
	if v.Peers, _, err = s.peers(r, origins.Facets["origin"]); err != nil {
		return err
	}
	ld := actorLD("Organization", self)
	ld.Description = v.Description
	return r.show("about", &page{
		Title: r.T("about.title", self.Name), Description: cmp.Or(v.Description, r.T("home.lead")), Section: "/a-propos",
		Alternate: self.ID, JSONLD: ld, View: v,
	})
}

// contactLink makes a link of what the host wrote: an e-mail address, a web
// address, or words.
func contactLink(contact string) link {
	switch {
	case webURL(contact) != "":
		return link{Name: hostOf(contact), External: webURL(contact)}
	case strings.Count(contact, "@") == 1 && !strings.ContainsAny(contact, " /:?&") && !strings.HasPrefix(contact, "@"):
		return link{Name: contact, External: "mailto:" + contact}
	}
	return link{Name: contact}
}

// peers lists the nodes this one follows, with how much of theirs is here, and
// counts what is ours.
func (s *Server) peers(r *request, origins []instance.FacetValue) (peers []peer, own int, err error) {
	counts := countOf(origins)
	follows, _, err := s.node.Follows(r.ctx(), instance.FollowFilter{
		Actor: s.node.Self().ID, State: instance.FollowAccepted, Limit: 500,
	})
	if err != nil {
		return nil, 0, err
	}
	for _, follow := range follows {
		a, err := s.node.Actor(r.ctx(), follow.Object)
		if errors.Is(err, instance.ErrNotFound) || (err == nil && (a.Kind != instance.KindNode || !a.Gone.IsZero())) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		p := peer{Name: a.Name, Path: r.actorPath(a), Domain: a.Origin, Address: a.Address(s.node.Domain()), Count: counts[a.Origin]}
		if host, err := s.node.Host(r.ctx(), a.Origin); err == nil {
			p.Software = host.Software
		}
		peers = append(peers, p)
	}
	slices.SortFunc(peers, func(a, b peer) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return peers, counts[string(instance.ScopeLocal)], nil
}

func countOf(values []instance.FacetValue) map[string]int {
	counts := make(map[string]int, len(values))
	for _, v := range values {
		counts[v.Value] = v.Count
	}
	return counts
}

// sortByCount puts the territories about which most is known first.
func sortByCount(actors []*instance.Actor, counts map[string]int) {
	slices.SortStableFunc(actors, func(a, b *instance.Actor) int {
		return cmp.Compare(counts[territorySlug(b)], counts[territorySlug(a)])
	})
}
