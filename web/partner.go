package web

import (
	"slices"

	"github.com/maillage/maillage/instance"
)

type partnerView struct {
	objectView
	Partner  *instance.Partner
	Typology string
	Roles    []chip
	Website  string
	Actor    *followable // how to follow it, when it has an account we know
	Events   []card
	ToVerify bool
}

func (r *request) showPartner(p *page, common objectView, partner *instance.Partner) error {
	v := partnerView{
		objectView: common, Partner: partner, Typology: r.label("typologies", partner.Typology),
		Website: webURL(partner.Website), ToVerify: len(partner.ToVerify) > 0,
	}
	for _, role := range partner.Roles {
		v.Roles = append(v.Roles, chip{r.label("ecosystem_roles", role), "/annuaire?" + searchLink("role", role)})
	}
	if partner.Actor != "" {
		if a, err := r.s.node.Actor(r.ctx(), partner.Actor); err == nil && a.Gone.IsZero() {
			v.Actor = r.followable(a)
		}
	}
	var err error
	if v.Events, err = r.organisedBy(partner.ID, partner.Actor, partner.Slug); err != nil {
		return err
	}
	p.Section, p.JSONLD, p.View = "/annuaire", partnerLD(partner), v
	return r.show("partner", p)
}

func partnerLD(partner *instance.Partner) thingLD {
	ld := newLD("Organization", &partner.Base)
	ld.SameAs, ld.Location = pages(partner.Website, importedFrom(&partner.Base)), placeLD(partner.Place)
	return ld
}

// organisedBy lists the events that name an organiser by one of its IRIs, or by
// its slug when they have no IRI; latest first.
func (r *request) organisedBy(names ...string) ([]card, error) {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	events, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Organisers: names, Sort: instance.ByStartDesc, Limit: 200,
	})
	return r.objectCards(events), err
}

// directory lists the sheets.
func (s *Server) directory(r *request) error {
	v, err := r.listing(instance.KindPartner)
	if err != nil {
		return err
	}
	return r.show("directory", &page{Title: r.T("directory.title"), Description: r.T("directory.lead"), Section: "/annuaire", View: v})
}
