package as2

import "github.com/maillage/maillage/instance"

type sheet struct {
	base
	About     about    `json:"about"`
	ActorKind string   `json:"maillage:actorKind,omitempty"`
	Typology  string   `json:"maillage:typology,omitempty"`
	Roles     []string `json:"maillage:ecosystemRole,omitempty"`
	WebsiteBy string   `json:"maillage:websiteBy,omitempty"`
	ToVerify  []string `json:"maillage:toVerify,omitempty"`
}

// about is the organisation that a sheet describes. It has an id only if it has an
// actor somewhere: then it can be followed.
type about struct {
	ID       string `json:"id,omitempty"`
	Type     string `json:"type"` // Organization
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	Location *place `json:"location,omitempty"`
}

func wirePartner(p *instance.Partner, e Env, context any) sheet {
	v := instance.Vocabularies()
	var before, after markup
	kind := ""
	if p.ActorKind != "" {
		kind = v.Label("actor_kinds", p.ActorKind, "fr")
	}
	before.paragraph(p.Name, kind, p.Place.Label())
	before.paragraph("", p.Summary)
	after.link("Site", p.Website)
	return sheet{
		base:      wireBase(&p.Base, e, context, before.String(), after.String()),
		About:     about{ID: p.Actor, Type: "Organization", Name: p.Name, URL: p.Website, Location: wirePlace(p.Place)},
		ActorKind: v.URI("actor_kinds", p.ActorKind), Typology: v.URI("typologies", p.Typology),
		Roles: uris("ecosystem_roles", p.Roles), WebsiteBy: p.WebsiteBy, ToVerify: p.ToVerify,
	}
}

// isSheet tells a sheet of a directory from the pages of a forum.
func isSheet(m fields) bool { return typeOf(m.object("about")) == "Organization" }

func partnerOf(m fields) *instance.Partner {
	subject := m.object("about")
	return &instance.Partner{
		Base: instance.Base{Kind: instance.KindPartner}, Actor: subject.iri("id"), Website: pageOf(subject["url"]),
		ActorKind: m.slug("actor_kinds", "maillage:actorKind"), Typology: m.slug("typologies", "maillage:typology"),
		Roles:     m.slugs("ecosystem_roles", "maillage:ecosystemRole"),
		WebsiteBy: m.line("maillage:websiteBy"), ToVerify: m.lines("maillage:toVerify"),
	}
}
