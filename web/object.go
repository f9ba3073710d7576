package web

import (
	"cmp"
	"fmt"

	"github.com/maillage/maillage/instance"
)

// objectView is what the pages of all objects share.
type objectView struct {
	card
	Content     string // HTML, sanitised by the template
	Owner       link
	Territories []link
	Place       *placeView
	Licence     string
	DerivedFrom *link
	Published   string
	Updated     string // "" when never changed
	Provenance  *provenance
	Imported    *imported       // where it was imported from; nil when it was written here
	Image       *instance.Image // one that this node keeps; others would tell their servers who reads
	Manage      *manage         // for those who may change it
	Said        *repliesView    // by others; nil when nothing is
}

// placeView is a place in words, and where to see it on our map.
type placeView struct {
	Label     string
	Address   string // street, postcode, locality
	Precision string // what the position stands for; "" for the very place
	MapURL    string // "" without a position
}

// provenance tells a copy of a peer's thing from one of ours.
type provenance struct {
	From, Domain, URL string
}

// imported says where something of ours was imported from.
type imported struct {
	Source, URL string // URL is "" when the source is a file
	Licence     string // under which it was there
}

// object answers the page of one of our objects.
func (s *Server) object(kind instance.Kind) handler {
	return func(r *request) error {
		o, err := s.node.ObjectBySlug(r.ctx(), kind, r.Param("slug"))
		if err != nil {
			return err
		}
		return r.showObject(o)
	}
}

// showObject renders the page of an object, ours or a peer's.
func (r *request) showObject(o instance.Object) error {
	b := o.Common()
	if !b.Deleted.IsZero() {
		return instance.ErrGone
	}
	common := r.objectView(o)
	var err error
	if common.Said, err = r.repliesTo(o); err != nil {
		return err
	}
	p := &page{
		Title: common.Name, Description: cmp.Or(b.Summary, instance.Truncate(instance.PlainText(b.Content), 200)),
		Canonical: cmp.Or(webURL(b.URL), b.ID), Alternate: b.ID, OGType: "article", NoIndex: !b.Local(),
	}
	if p.Improve, err = r.improve(b.ID, b.Kind, b.Origin); err != nil {
		return err
	}
	switch o := o.(type) {
	case *instance.Event:
		return r.showEvent(p, common, o)
	case *instance.Recipe:
		return r.showRecipe(p, common, o)
	case *instance.Partner:
		return r.showPartner(p, common, o)
	case *instance.Announcement:
		return r.showAnnouncement(p, common, o)
	}
	return fmt.Errorf("page of %s: unknown kind %T", b.ID, o)
}

func (r *request) objectView(o instance.Object) objectView {
	b := o.Common()
	v := objectView{
		card: r.objectCard(o), Content: b.Content, Licence: r.label("licences", b.Licence),
		Territories: r.links(b.Territories, instance.KindTerritory), Place: r.placeView(b.Place),
		Published: r.published(b.Published), Provenance: r.provenance(b.Origin, cmp.Or(b.URL, b.ID)),
	}
	if r.s.node.PictureName(b.Image) != "" {
		v.Image = b.Image
	}
	v.Manage = r.manage(o)
	if p := b.Provenance; p != nil && b.Local() && p.Source != "" {
		v.Imported = &imported{Source: p.Source, URL: webURL(p.Source), Licence: r.label("licences", p.Licence)}
		if v.Imported.URL != "" {
			v.Imported.Source = hostOf(p.Source)
		}
	}
	if b.Owner != "" {
		v.Owner = r.link(instance.Ref{ID: b.Owner}, instance.KindOrganisation)
		v.Owner.From = "" // the provenance says it
	}
	if b.DerivedFrom != "" {
		from := r.link(instance.Ref{ID: b.DerivedFrom}, instance.KindRecipe)
		v.DerivedFrom = &from
	}
	if updated := r.published(b.Updated); updated != v.Published {
		v.Updated = updated
	}
	return v
}

func (r *request) provenance(origin, original string) *provenance {
	if origin == "" {
		return nil
	}
	return &provenance{From: r.peerName(origin), Domain: origin, URL: webURL(original)}
}

// mapMargin is how many degrees of map surround a place seen from its page, by
// what its position stands for.
var mapMargin = map[instance.Precision]float64{
	instance.PrecisionPays: 0.6, instance.PrecisionDepartement: 0.8, instance.PrecisionCommune: 0.1,
}

func (r *request) placeView(p *instance.Place) *placeView {
	if p == nil || (p.Label() == "" && p.Departement == "" && p.Point == nil) {
		return nil
	}
	v := &placeView{Label: cmp.Or(p.Label(), p.Region, p.Departement)}
	if p.Street != "" {
		v.Address = p.Street
		if town := cmp.Or(p.PostalCode+" "+p.Locality, p.Locality); town != " " {
			v.Address += ", " + town
		}
	}
	if p.Point == nil {
		return v
	}
	if p.Precision != "" && p.Precision != instance.PrecisionPlace {
		v.Precision = r.T("precision." + string(p.Precision))
	}
	margin := cmp.Or(mapMargin[p.Precision], 0.05)
	v.MapURL = fmt.Sprintf("/carte?bbox=%.4f,%.4f,%.4f,%.4f",
		max(p.Point.Lon-margin, -180), max(p.Point.Lat-margin, -90), min(p.Point.Lon+margin, 180), min(p.Point.Lat+margin, 90))
	return v
}
