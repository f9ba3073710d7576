package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// hiddenJSON is something of another server that is not to be seen here, or a whole server.
type hiddenJSON struct {
	ID     string    `json:"id"`             // names it in addresses
	IRI    string    `json:"iri,omitempty"`  // of a thing, or of an actor with all it published; none of a server
	Domain string    `json:"domain"`         // of its server
	Since  time.Time `json:"since,omitzero"` // when it was hidden; not known of a server
}

// hidden lists the servers that are blocked, then what of others is hidden, actors first.
func (a *apiV1) hidden(c echo.Context) error {
	if _, err := a.worker(c, moderating...); err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	all, err := a.allHidden(c)
	if err != nil {
		return err
	}
	a.linkPages(c, len(all), page, perPage)
	return private(c, http.StatusOK, newPage(len(all), page, perPage, pageIn(all, page, perPage)))
}

// maxHidden is how many things are listed.
const maxHidden = 10_000

func (a *apiV1) allHidden(c echo.Context) ([]hiddenJSON, error) {
	ctx := c.Request().Context()
	hosts, err := a.node.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	things, err := a.node.Hidings(ctx, "", maxHidden)
	if err != nil {
		return nil, err
	}
	var all []hiddenJSON
	for _, h := range hosts {
		if h.Blocked {
			all = append(all, hiddenJSON{ID: pathID(h.Domain), Domain: h.Domain})
		}
	}
	for _, h := range things {
		all = append(all, hiddenJSON{ID: pathID(h.ID), IRI: h.ID, Domain: h.Domain, Since: h.At})
	}
	return all, nil
}

// showHidden lets be seen again what was hidden: one thing, or a server.
func (a *apiV1) showHidden(c echo.Context) error {
	if _, err := a.worker(c, moderating...); err != nil {
		return err
	}
	name, err := pathName(c.Param("key"))
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if strings.Contains(name, "://") {
		err = a.node.ShowObject(ctx, name)
	} else {
		err = a.node.ShowHost(ctx, name)
	}
	switch {
	case errors.Is(err, instance.ErrConflict):
		return newProblem(http.StatusConflict, "Tout son serveur est bloqué : montrez d’abord celui-ci.")
	case err != nil:
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
