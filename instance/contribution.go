package instance

// Contribution is what an event produced: a link to it, or a plain count.
type Contribution struct {
	Type    string `json:"type"` // vocabulary "contribution_types"
	Name    string `json:"name,omitempty"`
	URL     string `json:"url,omitempty"`
	Count   int    `json:"count,omitempty"` // how many of them, when there is no link for each
	Licence string `json:"licence,omitempty"`
	Source  string `json:"source,omitempty"` // where the figure was read
}
