package instance

// Territory is what makes an actor a commune, a quartier or a pays. Its slug is
// its key: a quartier has no INSEE code, a pays crosses départements.
type Territory struct {
	Kind         string   `json:"kind"`             // vocabulary "territory_kinds"
	Codes        []Code   `json:"codes,omitempty"`  // typed identifiers
	Parent       *Ref     `json:"parent,omitempty"` // the commune of a quartier
	Departements []string `json:"departements,omitempty"`
	Note         string   `json:"note,omitempty"`
}

// Code is an identifier and what kind it is: {"insee", "29019"}, {"insee-actuel", "44005"}.
type Code struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Code returns the value of a typed code, or "".
func (t *Territory) Code(kind string) string {
	for _, c := range t.Codes {
		if c.Type == kind {
			return c.Value
		}
	}
	return ""
}
