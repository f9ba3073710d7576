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
	c.listed("actor_kinds", "actor_kind", p.ActorKind)
	c.listed("typologies", "typology", p.Typology)
	c.listed("ecosystem_roles", "roles", p.Roles...)
	c.address("website", p.Website)
	c.address("actor", p.Actor)
	return c.err()
}
