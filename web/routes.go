package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// Register mounts the whole site. This is its map.
func (s *Server) Register(e *echo.Echo) {
	get := func(path string, h echo.HandlerFunc) { e.Match([]string{http.MethodGet, http.MethodHead}, path, h) }
	visit := func(path string, h echo.HandlerFunc) {
		get(path, h)
		if path != "/" {
			get(path+"/", withoutSlash)
		}
	}
	page := func(path string, h handler) { visit(path, s.page(h)) }
	post := func(path string, h handler) { e.POST(path, s.page(h)) }
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

	// The same lists as files: /agenda.ics, /annuaire.csv
	for _, l := range listings {
		for _, f := range l.formats {
			get(l.path+f.extension, s.download(l, f))
		}
	}

	// One page per thing of ours; an event is a calendar too, at its address + .ics
	visit("/evenements/:slug", s.calendarOf("slug", s.eventBySlug, s.object(instance.KindEvent)))
	page("/recettes/:slug", s.object(instance.KindRecipe))
	page("/annuaire/:slug", s.object(instance.KindPartner))
	page("/annonces/:slug", s.object(instance.KindAnnouncement))
	page("/territoires/:slug", s.actor(instance.KindTerritory))
	page("/organisations/:slug", s.actor(instance.KindOrganisation))
	page("/personnes/:slug", s.actor(instance.KindPerson))

	// What peers published, as this node knows it
	visit("/reseau/:key", s.calendarOf("key", s.node.ObjectByKey, s.remote))

	// The node
	page("/a-propos", s.about)
	page("/suivre", s.follow)
	post("/suivre", s.followFrom)

	// Short cuts people type
	moved("/actor", "/a-propos")
	moved("/evenements", "/agenda")
	moved("/organisations", "/annuaire")
	moved("/reseau", "/a-propos#reseau")

	// Who is here
	page("/connexion", s.signInPage)
	post("/connexion", s.signIn)
	post("/deconnexion", s.signOut)

	// What browsers and robots ask for by themselves
	get("/favicon.ico", s.favicon)
	get("/robots.txt", s.robots)

	get("/static/*", s.static)
	e.RouteNotFound("/*", s.page(func(*request) error { return instance.ErrNotFound }))

	// API
	api := &apiV1{node: s.node, log: s.log}
	api.register(e.Group("/api/v1", api.shield))
}

// withoutSlash leads from an address with a slash at its end to the page.
func withoutSlash(c echo.Context) error {
	path := strings.TrimRight(c.Request().URL.Path, "/")
	return c.Redirect(http.StatusMovedPermanently, localURL(path, c.QueryParams()))
}

// register mounts the API.
func (a *apiV1) register(g *echo.Group) {
	get := func(path string, h echo.HandlerFunc) { g.Match([]string{http.MethodGet, http.MethodHead}, path, h) }

	// Find
	get("/search", a.search)
	get("/map", a.mapPoints)
	get("/suggest", a.suggest)

	// Read
	get("/events", a.list(instance.KindEvent))
	get("/events/:id", a.read(instance.KindEvent))
	get("/recipes", a.list(instance.KindRecipe))
	get("/recipes/:id", a.read(instance.KindRecipe))
	get("/partners", a.list(instance.KindPartner))
	get("/partners/:id", a.read(instance.KindPartner))
	get("/announcements", a.list(instance.KindAnnouncement))
	get("/announcements/:id", a.read(instance.KindAnnouncement))
	get("/territories", a.listTerritories)
	get("/territories/:id", a.readTerritory)

	// Write, with a token
	g.POST("/events", a.create(instance.KindEvent))
	g.PUT("/events/:id", a.replace(instance.KindEvent))
	g.DELETE("/events/:id", a.remove(instance.KindEvent))
	g.POST("/recipes", a.create(instance.KindRecipe))
	g.PUT("/recipes/:id", a.replace(instance.KindRecipe))
	g.DELETE("/recipes/:id", a.remove(instance.KindRecipe))
	g.POST("/partners", a.create(instance.KindPartner))
	g.PUT("/partners/:id", a.replace(instance.KindPartner))
	g.DELETE("/partners/:id", a.remove(instance.KindPartner))
	g.POST("/announcements", a.create(instance.KindAnnouncement))
	g.PUT("/announcements/:id", a.replace(instance.KindAnnouncement))
	g.DELETE("/announcements/:id", a.remove(instance.KindAnnouncement))

	get("/openapi.json", a.describe)
	g.RouteNotFound("", a.unknown)
	g.RouteNotFound("/*", a.unknown)
}
