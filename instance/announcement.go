package instance

// Announcement is a short public message of an organisation.
type Announcement struct {
	Base
	InReplyTo string `json:"in_reply_to,omitempty"` // IRI
}

// Validate implements Object. An announcement has no title of its own.
func (a *Announcement) Validate() error {
	var c checks
	b := a.Base
	if b.Name == "" {
		b.Name = "Annonce"
	}
	b.validateBase(&c)
	c.require(a.Content != "" || a.Source != "", "content", "écrivez le texte de l’annonce")
	return c.err()
}
