package web

import (
	"slices"

	"github.com/maillage/maillage/instance"
)

var partnerForm = &editable{
	kind: instance.KindPartner, path: "fiche", fill: fillPartner, read: readPartner,
	fields: withFields(commonFields, placeFields, map[string]fieldSpec{
		"name":       {label: "edit.partner.name", hint: "edit.partner.name.hint", required: true},
		"summary":    {label: "edit.partner.summary", hint: "edit.partner.summary.hint", kind: "area", max: 500},
		"actor-kind": {label: "edit.actor-kind", kind: "select", list: "actor_kinds", blank: "edit.unsaid"},
		"typology":   {label: "edit.typology", hint: "edit.typology.hint", kind: "select", list: "typologies", blank: "edit.unsaid", more: true},
		"roles":      {label: "edit.partner.roles", hint: "edit.partner.roles.hint", kind: "checks", list: "ecosystem_roles", more: true},
		"website":    {label: "edit.website", kind: "url", max: 1000},
		"account":    {label: "edit.account", hint: "edit.account.hint", kind: "url", max: 1000, more: true},
	}),
	domain: withNames(map[string]string{"source": "content", "actor_kind": "actor-kind", "actor": "account", "place": "lat"}),
}

func fillPartner(f *editForm, o instance.Object) {
	p, ok := o.(*instance.Partner)
	if !ok {
		return
	}
	f.fillPlace(p.Place)
	f.Set("actor-kind", p.ActorKind)
	f.Set("typology", p.Typology)
	f.Values["roles"] = slices.Clone(p.Roles)
	f.Set("website", p.Website)
	f.Set("account", p.Actor)
}

func readPartner(f *editForm, o instance.Object) {
	p, ok := o.(*instance.Partner)
	if !ok {
		return
	}
	p.Place = f.readPlace(p.Place)
	p.ActorKind, p.Typology, p.Roles = f.Get("actor-kind"), f.Get("typology"), f.chosen("roles")
	if website := f.webAddress("website"); website != p.Website {
		p.Website, p.WebsiteBy = website, ""
	}
	p.Actor = f.webAddress("account")
	p.ToVerify = slices.DeleteFunc(p.ToVerify, func(string) bool { return f.Get("vu") != "" }) // an author read it
}
