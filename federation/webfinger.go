package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// webfinger answers who a name of ours is (RFC 7033). It never asks another server.
func (f *Federation) webfinger(c echo.Context) error {
	resources := c.QueryParams()["resource"]
	if len(resources) != 1 || resources[0] == "" {
		return plain(c, http.StatusBadRequest, "one resource parameter is required")
	}
	actor, err := f.actorOfResource(c, resources[0])
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return plain(c, http.StatusNotFound, "no such resource here")
	case errors.Is(err, instance.ErrInvalid):
		return plain(c, http.StatusBadRequest, "malformed resource")
	case err != nil:
		return err
	case !actor.Gone.IsZero():
		return plain(c, http.StatusGone, "deleted")
	}
	answer := jrd{
		Subject: "acct:" + actor.Handle + "@" + f.node.Domain(),
		Aliases: []string{actor.ID},
		Links: []jrdLink{
			{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: actor.URL},
			{Rel: "self", Type: typeActivity, Href: actor.ID},
		},
	}
	if actor.URL != actor.ID {
		answer.Aliases = append(answer.Aliases, actor.URL)
	}
	if resources[0] == f.node.URLs().Base()+"/" { // FEP-d556: the server itself
		answer.Subject = resources[0]
		answer.Links = append(answer.Links, jrdLink{Rel: "https://www.w3.org/ns/activitystreams#Service", Type: typeActivity, Href: actor.ID})
	}
	if wanted := c.QueryParams()["rel"]; len(wanted) > 0 {
		answer.Links = slices.DeleteFunc(answer.Links, func(l jrdLink) bool { return !slices.Contains(wanted, l.Rel) })
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "max-age=3600")
	return f.answer(c, http.StatusOK, "application/jrd+json", body)
}

// actorOfResource finds whom a resource means: acct:name@domain with or without
// its scheme, an actor's IRI or page, or the server's address.
func (f *Federation) actorOfResource(c echo.Context, resource string) (*instance.Actor, error) {
	ctx, urls := c.Request().Context(), f.node.URLs()
	if resource == urls.Base()+"/" || resource == urls.Base() {
		return f.node.Self(), nil
	}
	if urls.Local(resource) {
		kind, slug, ok := urls.Parse(resource)
		switch {
		case resource == f.node.Self().URL, ok && kind == instance.KindNode:
			return f.node.Self(), nil
		case !ok:
			return nil, instance.ErrNotFound
		}
		return f.node.Actor(ctx, urls.Of(kind, slug))
	}
	if strings.Contains(resource, "://") {
		return nil, instance.ErrNotFound
	}
	name, host, ok := cutHandle(resource)
	switch {
	case !ok:
		return nil, instance.ErrInvalid
	case !sameHost(host, f.node.Domain()):
		return nil, instance.ErrNotFound
	}
	// Mobilizon follows relay@domain when it knows nothing better.
	if name = strings.ToLower(name); name == "relay" || sameHost(name, f.node.Domain()) {
		return f.node.Self(), nil
	}
	return f.node.ActorByHandle(ctx, name)
}

// hostMeta says where WebFinger is (RFC 6415): Mobilizon reads it first.
func (f *Federation) hostMeta(c echo.Context) error {
	body := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/jrd+json" template="%s/.well-known/webfinger?resource={uri}"/></XRD>
`, f.node.URLs().Base())
	return f.answer(c, http.StatusOK, "application/xrd+xml; charset=utf-8", []byte(body))
}
