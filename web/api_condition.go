package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// asRead reads If-Match: the condition that an object is still as the client read it,
// nil when it sets none. The tags are those that reading gives. They are weak, and
// compared as if they were strong, against RFC 9110 (13.1.1): they stand for what the
// object says, which is what must not be lost.
func asRead(c echo.Context) func(instance.Object) bool {
	header := c.Request().Header.Get("If-Match")
	if header == "" {
		return nil
	}
	tags := splitList(header)
	return func(o instance.Object) bool {
		if slices.Contains(tags, "*") {
			return true
		}
		o = instance.CloneObject(o)
		presentObject(o)
		body, err := json.Marshal(o)
		if err != nil {
			return false
		}
		tag := etagOf(body)
		return slices.ContainsFunc(tags, func(t string) bool { return strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") })
	}
}

// maxKey is how long an Idempotency-Key may be, in bytes.
const maxKey = 255

// publish publishes a draft; under an Idempotency-Key, once.
func (a *apiV1) publish(c echo.Context, by string, draft instance.Object) (instance.Object, error) {
	ctx, key := c.Request().Context(), c.Request().Header.Get("Idempotency-Key")
	switch {
	case key == "":
		return a.node.Publish(ctx, by, draft)
	case len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }):
		return nil, newProblem(http.StatusBadRequest, fmt.Sprintf("Idempotency-Key : au plus %d caractères, ASCII imprimables.", maxKey))
	}
	body, err := json.Marshal(draft)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return a.node.PublishOnce(ctx, by, draft, key, hex.EncodeToString(sum[:]))
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
