package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// versionJSON is one version of something, in its history.
type versionJSON struct {
	Version int64           `json:"version"` // what names it in addresses
	Verb    instance.Verb   `json:"verb"`    // Create, Update or Delete
	At      time.Time       `json:"at"`
	Object  instance.Object `json:"object"` // as it was then; of a Delete, as it was before
}

// versionsJSON is a history, newest first.
type versionsJSON struct {
	Items []versionJSON `json:"items"`
}

// versions lists the history of something of the token's organisation, also of what
// it withdrew.
func (a *apiV1) versions(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.publisher(c)
		if err != nil {
			return err
		}
		o, err := a.find(c.Request().Context(), kind, c.Param("id"))
		if err != nil {
			return err
		}
		return listVersions(c, w, o.Common().ID)
	}
}

// actorVersions lists what an organisation or a territory of ours said of itself.
func (a *apiV1) actorVersions(kind instance.Kind, scopes ...instance.TokenScope) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.worker(c, scopes...)
		if err != nil {
			return err
		}
		actor, err := a.actor(c, kind)
		if err != nil {
			return err
		}
		return listVersions(c, w, actor.ID)
	}
}

func listVersions(c echo.Context, w *worker, id string) error {
	history, err := w.History(c.Request().Context(), id)
	if err != nil {
		return err
	}
	list := versionsJSON{Items: []versionJSON{}}
	for _, r := range history {
		presentObject(r.Version)
		list.Items = append(list.Items, versionJSON{r.Seq, r.Verb, r.At, r.Version})
	}
	return private(c, http.StatusOK, list)
}

// revert makes an old version the current one again, as a new change. A token that hosts
// does so of what actors say of themselves, and publishes nothing.
func (a *apiV1) revert(c echo.Context) error {
	w, err := a.worker(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Param("version"), 10, 64)
	if err != nil {
		return instance.ErrNotFound
	}
	if w.token.Scope == instance.TokenHosts {
		if err := a.ofActor(c, version); err != nil {
			return err
		}
	}
	o, err := w.Revert(c.Request().Context(), version)
	if err != nil {
		return err
	}
	return a.written(c, http.StatusOK, o)
}

// ofActor refuses the versions of what is published.
func (a *apiV1) ofActor(c echo.Context, version int64) error {
	r, err := a.node.Revision(c.Request().Context(), version)
	if err != nil {
		return err
	}
	if slices.Contains(publishedKinds, r.Version.Common().Kind) {
		return newProblem(http.StatusForbidden, "Ce jeton ne publie pas : il faut ici « publish ».")
	}
	return nil
}
