package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// The media types of the API's answers, besides application/json.
const (
	mimeProblem = "application/problem+json"
	mimeGeoJSON = "application/geo+json"
)

// apiV1 answers the public JSON API. Reading needs no account; writing needs a
// bearer token. It sets and reads no cookie, so nothing here can be done in the
// name of someone who merely visits a page.
type apiV1 struct {
	node     *instance.Node
	log      *slog.Logger
	white    *whiteZones
	importer *importer    // nil: this node imports nothing
	attempts *attempts    // shared with the pages
	limits   *tokenLimits // nil: tokens may ask as much as they like
	under    *onceKey     // of the request that is answered; nil without
}

// shield opens reading to pages of any origin and turns every error into a
// problem document.
func (a *apiV1) shield(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if m := c.Request().Method; m == http.MethodGet || m == http.MethodHead {
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Expose-Headers", "ETag, Link")
		}
		err := refuseAddress(c.Request())
		if err == nil {
			err = next(c)
		}
		if err == nil || c.Response().Committed || errors.Is(err, context.Canceled) {
			return err
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError {
			a.log.ErrorContext(c.Request().Context(), "api", "path", c.Request().URL.Path, "err", err)
		}
		return writeProblem(c, p)
	}
}

func writeProblem(c echo.Context, p *problem) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, mimeProblem, body)
}

// unknown answers for what no route matches. Echo gives an address that exists for
// other methods to the catch-all too; it is told apart here.
func (a *apiV1) unknown(c echo.Context) error {
	var methods []string
	for _, r := range c.Echo().Routes() {
		if r.Method != echo.RouteNotFound && matches(r.Path, c.Request().URL.Path) {
			methods = append(methods, r.Method)
		}
	}
	if len(methods) == 0 {
		return newProblem(http.StatusNotFound, "Cette adresse n’existe pas ; l’API est décrite dans /api/v1/openapi.json.")
	}
	slices.Sort(methods)
	allow := strings.Join(methods, ", ")
	c.Response().Header().Set(echo.HeaderAllow, allow)
	return newProblem(http.StatusMethodNotAllowed, "Cette adresse accepte : "+allow+".")
}

// matches compares a route such as /api/v1/events/:id with a path.
func matches(route, path string) bool {
	want, got := strings.Split(route, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool {
		return w == g || (strings.HasPrefix(w, ":") && g != "")
	})
}

func (a *apiV1) describe(c echo.Context) error { return answer(c, echo.MIMEApplicationJSON, openapi) }

// answer writes a value as JSON. Whoever asks again learns by its ETag that
// nothing changed; nobody keeps it without asking, since events move.
func answer(c echo.Context, mediaType string, value any) error {
	return answerAs(c, mediaType, "public, no-cache", value)
}

// private answers what is for the token's holder alone: what is read as answer does, and
// what was done for nobody to keep.
func private(c echo.Context, status int, value any) error {
	if c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead {
		return answerAs(c, echo.MIMEApplicationJSON, "private, no-cache", value)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(status, value)
}

func answerAs(c echo.Context, mediaType, cache string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	etag := etagOf(body)
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", etag)
	if slices.Contains(splitList(c.Request().Header.Get("If-None-Match")), etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, mediaType, body)
}

func splitList(header string) []string {
	parts := strings.Split(header, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// query reads the parameters of a search; what is wrong with them is a 400.
func (a *apiV1) query(c echo.Context) (instance.Query, error) {
	q, err := parseQuery(c.QueryParams())
	if err != nil {
		return q, invalid(http.StatusBadRequest, err)
	}
	return q, nil
}
