package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// dataJSON is all that the node keeps of somebody: what the page « Mes données » sends,
// as one document.
type dataJSON struct {
	Account        *instance.Account        `json:"account"`
	Person         *instance.Actor          `json:"person,omitempty"`
	Sessions       []instance.Session       `json:"sessions"`
	Tokens         []instance.Token         `json:"tokens"`
	Invitations    []instance.Ticket        `json:"invitations"`
	Drafts         []draftJSON              `json:"drafts"`
	Contributions  []versionJSON            `json:"contributions"` // what they wrote, oldest first
	Participations []instance.Participation `json:"participations"`
	Proposals      []instance.Proposal      `json:"proposals"`
}

// myData gives somebody all that the node keeps of them.
func (a *apiV1) myData(c echo.Context) error {
	_, of, err := a.self(c)
	if err != nil {
		return err
	}
	data, err := a.node.PersonalData(c.Request().Context(), of.ID)
	if err != nil {
		return err
	}
	out := dataJSON{
		Account: data.Account, Person: data.Person, Sessions: orEmpty(data.Sessions), Tokens: orEmpty(data.Tokens),
		Invitations: orEmpty(data.Invitations), Participations: orEmpty(data.Participations), Proposals: orEmpty(data.Proposals),
		Drafts: []draftJSON{}, Contributions: []versionJSON{},
	}
	for i := range data.Drafts {
		out.Drafts = append(out.Drafts, newDraft(&data.Drafts[i]))
	}
	for _, r := range data.Revisions {
		presentObject(r.Version)
		out.Contributions = append(out.Contributions, versionJSON{r.Seq, r.Verb, r.At, r.Version})
	}
	return private(c, http.StatusOK, out)
}

// orEmpty is the list, [] when it is nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
