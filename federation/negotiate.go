package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

const contentTypeAS = typeActivity + "; charset=utf-8"

// objectKinds are the kinds of objects.
var objectKinds = []instance.Kind{instance.KindEvent, instance.KindRecipe, instance.KindPartner, instance.KindAnnouncement}

// negotiate answers ActivityStreams at the addresses that people and servers share,
// when the request prefers it; otherwise the page answers. The node's own actor is
// ActivityStreams unless a page is asked for: peers fetch it with any Accept.
func (f *Federation) negotiate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return next(c)
		}
		serve := f.documentAt(r.URL.Path)
		if serve == nil {
			return next(c)
		}
		c.Response().Header().Add("Vary", "Accept")
		switch preference(r.Header.Values("Accept")) {
		case prefersActivity:
			return serve(c)
		case prefersNeither:
			if r.URL.Path == "/actor" {
				return serve(c)
			}
		}
		return next(c)
	}
}

// documentAt says what answers for a path in ActivityStreams, nil when nothing does.
func (f *Federation) documentAt(path string) echo.HandlerFunc {
	switch path {
	case "/annuaire":
		return f.directory
	case "/territoires":
		return f.territories
	}
	urls := f.node.URLs()
	kind, slug, ok := urls.Parse(urls.IRI(path))
	if !ok {
		return nil
	}
	return func(c echo.Context) error {
		status, body, err := f.render(c.Request().Context(), kind, urls.Of(kind, slug))
		if err != nil {
			return f.refuse(c, err)
		}
		return f.answer(c, status, contentTypeAS, body)
	}
}

// render writes a thing of ours, or with status 410 what is left of it.
func (f *Federation) render(ctx context.Context, kind instance.Kind, id string) (status int, body []byte, err error) {
	for _, k := range objectKinds {
		if kind != k {
			continue
		}
		o, err := f.node.Object(ctx, id)
		if err != nil {
			return 0, nil, err
		}
		if !o.Common().Deleted.IsZero() {
			return http.StatusGone, as2.MarshalTombstone(o), nil
		}
		env, err := f.envOf(ctx, o)
		if err != nil {
			return 0, nil, err
		}
		body, err = as2.MarshalObject(o, env)
		return http.StatusOK, body, err
	}
	actor, err := f.localActor(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	body, err = as2.MarshalActor(actor, f.env())
	return http.StatusOK, body, err
}

// localActor loads an actor of ours. ErrNotFound, ErrGone.
func (f *Federation) localActor(ctx context.Context, id string) (*instance.Actor, error) {
	actor, err := f.node.Actor(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !actor.Local():
		return nil, instance.ErrNotFound
	case !actor.Gone.IsZero():
		return nil, instance.ErrGone
	}
	return actor, nil
}

// answer writes a public document, or 304 when the reader has it already.
func (f *Federation) answer(c echo.Context, status int, contentType string, body []byte) error {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := c.Response().Header()
	h.Set("ETag", etag)
	h.Set(echo.HeaderAccessControlAllowOrigin, "*")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=60")
	}
	if status == http.StatusOK && matches(c.Request().Header.Get("If-None-Match"), etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(status, contentType, body)
}

func matches(ifNoneMatch, etag string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// refuse answers the domain's errors to a server; others are the caller's.
func (f *Federation) refuse(c echo.Context, err error) error {
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return plain(c, http.StatusNotFound, "not found")
	case errors.Is(err, instance.ErrGone):
		return plain(c, http.StatusGone, "gone")
	case errors.Is(err, instance.ErrInvalid):
		return plain(c, http.StatusBadRequest, "bad request")
	}
	return err
}

// plain writes one line for whoever runs the other server.
func plain(c echo.Context, status int, text string) error {
	c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
	return c.String(status, text+"\n")
}

type preferred int

const (
	prefersNeither preferred = iota
	prefersActivity
	prefersPage
)

// preference reads Accept headers: the first of the best types named wins. A range
// such as */* names none.
func preference(accept []string) preferred {
	best, quality := prefersNeither, 0.0
	for entry := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		mediaType, params, _ := strings.Cut(entry, ";")
		var what preferred
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case typeActivity, "application/ld+json": // a profile is often forgotten, so it is not asked for
			what = prefersActivity
		case "text/html", "application/xhtml+xml", "text/*":
			what = prefersPage
		default:
			continue
		}
		if q := qualityOf(params); q > quality {
			best, quality = what, q
		}
	}
	return best
}

// qualityOf reads q among the parameters of a media range; 1 when it is not there.
func qualityOf(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
