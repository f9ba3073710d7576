package instance

// Partner is a sheet of the directory: an organisation, a place, a collective
// that a node knows and describes. It need not have an account anywhere; when it
// has one, Actor is its IRI and people can follow it.
type Partner struct {
	Base
	Actor     string   `json:"actor,omitempty"`
	ActorKind string   `json:"actor_kind,omitempty"` // vocabulary "actor_kinds"
	Typology  string   `json:"typology,omitempty"`   // vocabulary "typologies"
	Roles     []string `json:"roles,omitempty"`      // vocabulary "ecosystem_roles"; several, independent of Typology
	Website   string   `json:"website,omitempty"`
	WebsiteBy string   `json:"website_by,omitempty"` // how the address is known; "notoire" = well known, not opened
	ToVerify  []string `json:"to_verify,omitempty"`  // fields the author is not sure of
}

// Validate implements Object.
func (p *Partner) Validate() error {
	var c checks
	p.validateBase(&c)
	c.require(p.ActorKind == "" || Vocabularies().Has("actor_kinds", p.ActorKind), "actor_kind", "« %s » n'est pas une forme d'acteur de la liste", p.ActorKind)
	c.require(p.Typology == "" || Vocabularies().Has("typologies", p.Typology), "typology", "« %s » n'est pas une typologie de la liste", p.Typology)
	for _, role := range p.Roles {
		c.require(Vocabularies().Has("ecosystem_roles", role), "roles", "« %s » n'est pas un rôle de la liste", role)
	}
	c.address("website", p.Website)
	c.address("actor", p.Actor)
	return c.err()
}
