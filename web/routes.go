package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// Register mounts the whole site. This is its map.
func (s *Server) Register(e *echo.Echo) {
	page := func(path string, h handler) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, s.page(h))
	}
	moved := func(path, to string) {
		page(path, func(r *request) error { return r.Redirect(http.StatusMovedPermanently, to) })
	}

	// Ways in
	page("/", s.home)
	page("/recherche", s.search)
	page("/carte", s.mapPage)
	page("/agenda", s.agenda)
	page("/recettes", s.recipes)
	page("/annuaire", s.directory)
	page("/territoires", s.territories)
	page("/personnes", s.people)
	page("/annonces", s.announcements)

	// One page per thing of ours
	page("/evenements/:slug", s.object(instance.KindEvent))
	page("/recettes/:slug", s.object(instance.KindRecipe))
	page("/annuaire/:slug", s.object(instance.KindPartner))
	page("/annonces/:slug", s.object(instance.KindAnnouncement))
	page("/territoires/:slug", s.actor(instance.KindTerritory))
	page("/organisations/:slug", s.actor(instance.KindOrganisation))
	page("/personnes/:slug", s.actor(instance.KindPerson))

	// What peers published, as this node knows it
	page("/reseau/:key", s.remote)

	// The node
	page("/a-propos", s.about)
	page("/suivre", s.follow)
	e.POST("/suivre", s.page(s.followFrom))

	// Short cuts people type
	moved("/actor", "/a-propos")
	moved("/evenements", "/agenda")
	moved("/organisations", "/annuaire")
	moved("/reseau", "/a-propos#reseau")

	e.Match([]string{http.MethodGet, http.MethodHead}, "/static/*", s.static)
	e.RouteNotFound("/*", s.page(func(*request) error { return instance.ErrNotFound }))

	// API
	api := &apiV1{node: s.node, log: s.log}
	api.register(e.Group("/api/v1", api.shield))
}
