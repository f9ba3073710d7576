package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// eventChange is how far a change of an event goes, and what is told of it.
type eventChange struct {
	following bool // also the dates of its series that follow
	telling   instance.Telling
}

func (p *params) eventChange() eventChange {
	return eventChange{
		following: choice(p, "dates", "this", "following") == "following",
		telling:   instance.Telling{Silent: choice(p, "tell", "yes", "no") == "no", Words: p.one("words")},
	}
}

// edit changes an object as far as the parameters of the request say.
func edit(ctx context.Context, n *instance.Node, as *instance.Account, id string, draft instance.Object, how eventChange) (instance.Object, error) {
	editor := n.Editor(as)
	event, ok := draft.(*instance.Event)
	if !ok || !how.following {
		return editor.EditTelling(ctx, id, draft, how.telling)
	}
	if _, err := editor.EditFollowing(ctx, id, event, how.telling); err != nil {
		return nil, err
	}
	return n.Object(ctx, id)
}

// organiserJSON is somebody asked to organise an event, as its owner sees them.
type organiserJSON struct {
	ID      string                  `json:"id"`    // what names it in addresses
	Actor   string                  `json:"actor"` // IRI
	Name    string                  `json:"name,omitempty"`
	Address string                  `json:"address,omitempty"`
	State   instance.OrganiserState `json:"state"`
}

// organisersJSON are those who were asked, the first asked first.
type organisersJSON struct {
	Items []organiserJSON `json:"items"`
}

// organisers lists who was asked to organise an event, and where that stands.
func (a *apiV1) organisers(c echo.Context) error {
	_, rows, err := a.asked(c)
	if err != nil {
		return err
	}
	out := organisersJSON{Items: []organiserJSON{}}
	for _, row := range rows {
		o := organiserJSON{ID: instance.Key(row.Actor), Actor: row.Actor, State: row.State}
		if known, err := a.node.Actor(c.Request().Context(), row.Actor); err == nil {
			o.Name, o.Address = known.Name, known.Address(a.node.Domain())
		}
		out.Items = append(out.Items, o)
	}
	return private(c, http.StatusOK, out)
}

// unask takes back what somebody was asked who has not answered.
func (a *apiV1) unask(c echo.Context) error {
	w, rows, err := a.asked(c)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if instance.Key(row.Actor) != c.Param("organiser") {
			continue
		}
		if err := w.Unask(c.Request().Context(), row.Event, row.Actor); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
	return instance.ErrNotFound
}

// asked lists who was asked to organise the event in the address, which is the token's.
func (a *apiV1) asked(c echo.Context) (*worker, []instance.Organiser, error) {
	w, e, err := a.organiser(c)
	if err != nil {
		return nil, nil, err
	}
	if !w.MayEdit(e) {
		return nil, nil, instance.ErrForbidden
	}
	rows, _, err := a.node.Organisers(c.Request().Context(), instance.OrganiserFilter{Event: e.ID, Limit: 1000})
	return w, rows, err
}
