package web

import (
	"cmp"

	"github.com/maillage/maillage/instance"
)

// actorView is what the pages of everyone who can be followed share.
type actorView struct {
	card
	Summary    string // HTML, sanitised by the template
	Follow     *followable
	Place      *placeView
	Website    string
	Provenance *provenance
	MovedTo    string          // where it lives now, if not here
	Featured   []card          // what it puts forward
	EditURL    string          // for those who may change it
	Image      *instance.Image // one that this node keeps
}

// followable is how to follow an actor from elsewhere.
type followable struct {
	Name      string
	Path      string
	Address   string // @handle@domain
	FollowURL string // our page that explains and helps
}

func (r *request) followable(a *instance.Actor) *followable {
	if a.Handle == "" {
		return nil
	}
	address := a.Address(r.s.node.Domain())
	return &followable{a.Name, r.actorPath(a), address, "/suivre?" + searchLink("compte", address)}
}

// actor answers the page of one of our actors.
func (s *Server) actor(kind instance.Kind) handler {
	return func(r *request) error {
		a, err := s.node.ActorBySlug(r.ctx(), kind, r.Param("slug"))
		if err != nil {
			return err
		}
		return r.showActor(a)
	}
}

// showActor renders the page of an actor, ours or a peer's.
func (r *request) showActor(a *instance.Actor) error {
	if !a.Gone.IsZero() {
		return instance.ErrGone
	}
	common := actorView{
		card: r.actorCard(a), Summary: a.Summary, Follow: r.followable(a), Place: r.placeView(a.Place),
		Website: webURL(a.Website), Provenance: r.provenance(a.Origin, cmp.Or(a.URL, a.ID)),
	}
	if common.MovedTo = webURL(a.MovedTo); common.MovedTo != "" {
		common.Follow = nil // what it says is said there
	}
	if r.account != nil && r.s.node.Editor(r.account).MayPresent(a) {
		common.EditURL = common.Path + "/modifier"
	}
	if r.s.node.PictureName(a.Image) != "" {
		common.Image = a.Image
	}
	p := &page{
		Title: a.Name, Description: instance.Truncate(instance.PlainText(a.Summary), 200),
		Canonical: cmp.Or(webURL(a.URL), a.ID), Alternate: a.ID, OGType: "profile", NoIndex: !a.Local(),
	}
	var err error
	if common.Featured, err = r.featured(a); err != nil {
		return err
	}
	if p.Improve, err = r.improve(a.ID, a.Kind, a.Origin); err != nil {
		return err
	}
	switch a.Kind {
	case instance.KindTerritory:
		return r.showTerritory(p, common, a)
	case instance.KindPerson:
		return r.showPerson(p, common, a)
	}
	return r.showOrganisation(p, common, a)
}

type organisationView struct {
	actorView
	Sheets        []card // what the directory says of it
	Events        []card
	Announcements []card
	Recipes       []card
}

// showOrganisation shows an organisation, or another node.
func (r *request) showOrganisation(p *page, common actorView, a *instance.Actor) error {
	owned, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindRecipe, instance.KindAnnouncement, instance.KindPartner}, Owner: a.ID, Limit: 500,
	})
	if err != nil {
		return err
	}
	v := organisationView{actorView: common}
	names := []string{a.ID}
	for _, o := range owned {
		switch o := o.(type) {
		case *instance.Recipe:
			v.Recipes = append(v.Recipes, r.objectCard(o))
		case *instance.Announcement:
			v.Announcements = append(v.Announcements, r.objectCard(o))
		case *instance.Partner:
			if o.Actor == a.ID {
				v.Sheets = append(v.Sheets, r.objectCard(o))
				names = append(names, o.ID)
			}
		}
	}
	if v.Events, err = r.organisedBy(names...); err != nil {
		return err
	}
	p.Section, p.JSONLD, p.View = "/annuaire", actorLD("Organization", a), v
	return r.show("organisation", p)
}
