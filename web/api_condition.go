package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// etagOf is the tag of a body, weak: a proxy that compresses changes the bytes and not
// what they say.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// ifAsRead makes a change, if what it changes still reads as the client read it: one of
// the tags of If-Match is that of what read returns. Both happen in one transaction, in
// which nobody else changes what has the lock. Without If-Match there is no condition.
//
// The tags are weak, and compared as if they were strong, against RFC 9110 (13.1.1): they
// stand for what a thing says, which is what must not be lost.
func (a *apiV1) ifAsRead(c echo.Context, lock string, read func(*apiV1) (any, error), change func(*apiV1) error) error {
	header := c.Request().Header.Get("If-Match")
	if header == "" {
		return change(a)
	}
	tags := splitList(strings.ReplaceAll(header, "W/", ""))
	return a.node.Together(c.Request().Context(), func(n *instance.Node) error {
		within := *a
		within.node = n
		value, err := read(&within)
		if err != nil {
			return err
		}
		body, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if !slices.Contains(tags, "*") && !slices.Contains(tags, strings.TrimPrefix(etagOf(body), "W/")) {
			return newProblem(http.StatusPreconditionFailed, "Ceci a changé depuis que vous l’avez lu : relisez-le, puis refaites votre changement.")
		}
		return change(&within)
	}, lock)
}

// linkPages names the pages around one (RFC 8288).
func (a *apiV1) linkPages(c echo.Context, total, page, perPage int) {
	last := max(1, (total+perPage-1)/perPage)
	var links []string
	add := func(rel string, n int) {
		query := c.QueryParams()
		query.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf("<%s?%s>; rel=%q", a.node.URLs().IRI(c.Request().URL.Path), query.Encode(), rel))
	}
	add("first", 1)
	if page > 1 {
		add("prev", min(page-1, last))
	}
	if page < last {
		add("next", page+1)
	}
	add("last", last)
	c.Response().Header().Set("Link", strings.Join(links, ", "))
}
