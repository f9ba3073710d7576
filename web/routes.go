package web

import (
	"net/http"
	"strings"
	"time"

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
	page("/carte/imprimer", s.printSheet)
	page(whiteZonePath, s.whiteZonePage)
	get("/carte/sw.js", s.mapWorker)
	get(tilesPath+"/:z/:x/:y", s.tile)
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
	page("/personnes/:slug/ecrire", s.letterPage)
	post("/personnes/:slug/ecrire", s.sendLetter)

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
	post("/connexion/cle/debut", s.withPasskeys(s.askPasskey))
	post("/connexion/cle", s.withPasskeys(s.signInWithPasskey))
	page("/mot-de-passe-oublie", s.forgotten)
	post("/mot-de-passe-oublie", s.askReset)
	page("/nouveau-mot-de-passe", s.resetPage)
	post("/nouveau-mot-de-passe", s.reset)
	page("/premiers-pas", s.setupPage)
	post("/premiers-pas", s.setup)
	page("/bienvenue", s.member(s.welcome))
	page("/invitation", s.invitationPage)
	post("/invitation", s.answerInvitation)
	page("/invitations", s.member(s.invitations))
	post("/invitations", s.member(s.invite))
	post("/invitations/:id/retirer", s.member(s.revokeInvitation))

	// One's own account
	page("/compte", s.member(s.accountPage))
	post("/compte", s.member(s.editAccount))
	page("/compte/connexion", s.member(s.doorsPage))
	post("/compte/mot-de-passe", s.member(s.changePassword))
	post("/compte/adresse", s.member(s.changeEmail))
	page("/compte/adresse", s.confirmPage)
	post("/compte/adresse/confirmer", s.confirmEmail)
	post("/compte/sessions", s.member(s.closeSession))
	post("/compte/cles/debut", s.withPasskeys(s.member(s.askNewPasskey)))
	post("/compte/cles", s.withPasskeys(s.member(s.addPasskey)))
	post("/compte/cles/changer", s.member(s.changePasskey))
	page("/compte/fiche", s.member(s.personPage))
	post("/compte/fiche", s.member(s.appear))
	post("/compte/fiche/retirer", s.member(s.disappear))
	page("/compte/jetons", s.member(s.tokensPage))
	post("/compte/jetons", s.member(s.createToken))
	post("/compte/jetons/retirer", s.member(s.revokeToken))
	page("/compte/donnees", s.member(s.dataPage))
	post("/compte/donnees/telecharger", s.member(s.takeData))
	post("/compte/donnees/supprimer", s.member(s.eraseAccount))

	// Coming to events, and what is said of things
	page("/evenements/:slug/inscription", s.signUpPage)
	post("/evenements/:slug/inscription", s.signUp)
	post("/evenements/:slug/participer", s.member(s.join))
	post("/evenements/:slug/quitter", s.member(s.leave))
	post("/reseau/:key/participer", s.member(s.joinThere))
	page("/participation", s.placePage)
	post("/participation", s.changePlace)
	page("/evenements/:slug/participants", s.member(s.participants))
	post("/evenements/:slug/participants", s.member(s.noteParticipant))
	post("/evenements/:slug/participants/repondre", s.member(s.answerParticipant))
	post("/evenements/:slug/participants/reglage", s.member(s.openSignUp))
	page("/evenements/:slug/participants.csv", s.member(s.participantsTable))
	page("/co-organiser", s.member(s.organising))
	post("/co-organiser", s.member(s.answerOrganise))
	page("/reponses", s.member(s.waitingReplies))
	post("/reponses", s.member(s.answerReply))
	page("/reponses/repondre", s.member(s.answerPage))
	post("/reponses/repondre", s.member(s.sendAnswer))

	// Everybody's, for the host
	page("/comptes", s.host(s.members))
	page("/comptes/:id", s.host(s.memberPage))
	post("/comptes/:id", s.host(s.setMember))
	post("/comptes/:id/fermer", s.host(s.closeMember))
	post("/comptes/:id/rouvrir", s.host(s.reopenMember))
	post("/comptes/:id/lien", s.host(s.letMemberIn))

	// Writing
	page("/publier", s.member(s.publishHub))
	page("/publier/:genre", s.member(s.write))
	post("/publier/:genre", s.member(s.sendNew))
	page("/brouillons", s.member(s.drafts))
	page("/brouillons/:id", s.member(s.preview))
	post("/brouillons/:id/publier", s.member(s.publishDraft))
	post("/brouillons/:id/supprimer", s.member(s.deleteDraft))
	for kind, of := range map[instance.Kind]string{
		instance.KindEvent: "/evenements/:slug", instance.KindRecipe: "/recettes/:slug",
		instance.KindPartner: "/annuaire/:slug", instance.KindAnnouncement: "/annonces/:slug",
	} {
		page(of+"/modifier", s.member(s.change(kind)))
		post(of+"/modifier", s.member(s.sendChange(kind)))
		page(of+"/supprimer", s.member(s.deletePage(kind)))
		post(of+"/supprimer", s.member(s.delete(kind)))
		page(of+"/historique", s.member(s.history(kind)))
		page(of+"/partager", s.member(s.share(kind)))
		if kind != instance.KindPartner {
			post(of+"/une", s.member(s.feature(kind)))
		}
	}
	for kind, of := range map[instance.Kind][2]string{
		instance.KindOrganisation: {"/organisations", "nouvelle"}, instance.KindTerritory: {"/territoires", "nouveau"},
	} {
		page(of[0]+"/"+of[1], s.host(s.foundPage(kind)))
		post(of[0]+"/"+of[1], s.host(s.found(kind)))
		page(of[0]+"/:slug/modifier", s.member(s.presentPage(kind)))
		post(of[0]+"/:slug/modifier", s.member(s.present(kind)))
		page(of[0]+"/:slug/historique", s.member(s.actorHistory(kind)))
	}
	page("/evenements/:slug/annuler", s.member(s.callOffPage))
	post("/evenements/:slug/annuler", s.member(s.callOff))
	post("/versions/:version/retablir", s.member(s.revert))
	post("/versions/:version/reprendre", s.member(s.restore))
	get("/media/:name", s.picture)

	// What anybody can propose, correct or report
	page("/proposer", s.proposeHub)
	page("/proposer/:genre", s.proposePage)
	post("/proposer/:genre", s.propose)
	page("/corriger/:key", s.correctPage)
	post("/corriger/:key", s.correct)
	page("/signaler/:key", s.reportPage)
	post("/signaler/:key", s.report)
	page("/proposition", s.followUp)
	post("/proposition/retirer", s.withdrawProposal)

	// Who answers
	page("/moderation", s.member(s.queue))
	page("/moderation/reponses", s.member(s.answered))
	page("/moderation/tri", s.member(s.sweepPage))
	post("/moderation/tri", s.member(s.sweep))
	page("/moderation/caches", s.moderator(s.hidden))
	post("/moderation/caches", s.moderator(s.showAgain))
	page("/moderation/:id", s.member(s.decide))
	post("/moderation/:id/accepter", s.member(s.accept))
	post("/moderation/:id/refuser", s.member(s.refuse))
	post("/moderation/:id/ecarter", s.member(s.discard))
	post("/moderation/:id/transmettre", s.member(s.forward))
	post("/moderation/:id/regler", s.member(s.settle))

	// Importing what other software writes
	imports := func(path string, h func(*importing) error) { page(path, s.imports(h)) }
	send := func(path string, h func(*importing) error) { post(path, s.imports(h)) }
	imports("/importer", s.importStart)
	send("/importer", s.importSend)
	imports("/importer/avancement", s.importProgress)
	imports("/importer/passes", s.importsPast)
	imports("/importer/passes/:id", s.importPast)
	imports("/importer/passes/:id/rapport.csv", s.importPastFile)
	imports("/importer/passes/:id/annuler", s.importUndoPage)
	send("/importer/passes/:id/annuler", s.importUndo)
	imports("/importer/sources", s.importFeeds)
	send("/importer/sources", s.importFollow)
	imports("/importer/sources/:id", s.importFeed)
	send("/importer/sources/:id/relire", s.importRefresh)
	send("/importer/sources/:id/retirer", s.importUnfollow)
	imports("/importer/:id", s.importSettings)
	send("/importer/:id", s.importTry)
	imports("/importer/:id/essai", s.importTrial)
	imports("/importer/:id/rapport.csv", s.importTrialFile)
	send("/importer/:id/importer", s.importReal)
	imports("/importer/:id/import", s.importRunning)
	send("/importer/:id/arreter", s.importStop)
	send("/importer/:id/abandonner", s.importDrop)

	// For other sites: what they show in their own pages, and what portals harvest
	page(embedPath, s.integrate)
	get(embedPath+"/agenda", s.frame("embed-agenda", []instance.Kind{instance.KindEvent}))
	get(embedPath+"/carte", s.frame("embed-carte", indexedKinds))
	get(embedPath+"/maillage-agenda.js", s.embedModule("js/embed/maillage-agenda.js"))
	get(embedPath+"/maillage-carte.js", s.embedModule("js/embed/maillage-carte.js"))
	get(cataloguePath+".jsonld", s.catalogue("application/ld+json", rdfJSON))
	get(cataloguePath+".ttl", s.catalogue("text/turtle; charset=utf-8", rdfTurtle))

	// What browsers and robots ask for by themselves
	get("/favicon.ico", s.favicon)
	get("/robots.txt", s.robots)

	get("/static/*", s.static)
	e.RouteNotFound("/*", s.page(func(*request) error { return instance.ErrNotFound }))

	// API
	api := &apiV1{node: s.node, log: s.log, white: s.white, attempts: s.attempts, limits: newTokenLimits(time.Now), importer: s.importer}
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
	get("/white-zones", a.whiteZones)

	// Read
	get("/events", a.list(instance.KindEvent))
	get("/events/:id", a.read(instance.KindEvent))
	get("/recipes", a.list(instance.KindRecipe))
	get("/recipes/:id", a.read(instance.KindRecipe))
	get("/partners", a.list(instance.KindPartner))
	get("/partners/:id", a.read(instance.KindPartner))
	get("/announcements", a.list(instance.KindAnnouncement))
	get("/announcements/:id", a.read(instance.KindAnnouncement))
	get("/territories", a.listActors(instance.KindTerritory, presentTerritory))
	get("/territories/:id", a.readActor(instance.KindTerritory, presentTerritory))
	get("/organisations", a.listActors(instance.KindOrganisation, presentOrganisation))
	get("/organisations/:id", a.readActor(instance.KindOrganisation, presentOrganisation))

	// Write, with a token
	g.POST("/events", a.once(create(instance.KindEvent)))
	g.PUT("/events/:id", a.replace(instance.KindEvent))
	g.DELETE("/events/:id", a.remove(instance.KindEvent))
	g.POST("/recipes", a.once(create(instance.KindRecipe)))
	g.PUT("/recipes/:id", a.replace(instance.KindRecipe))
	g.DELETE("/recipes/:id", a.remove(instance.KindRecipe))
	g.POST("/partners", a.once(create(instance.KindPartner)))
	g.PUT("/partners/:id", a.replace(instance.KindPartner))
	g.DELETE("/partners/:id", a.remove(instance.KindPartner))
	g.POST("/announcements", a.once(create(instance.KindAnnouncement)))
	g.PUT("/announcements/:id", a.replace(instance.KindAnnouncement))
	g.DELETE("/announcements/:id", a.remove(instance.KindAnnouncement))
	for kind, of := range map[instance.Kind]string{
		instance.KindEvent: "/events", instance.KindRecipe: "/recipes", instance.KindAnnouncement: "/announcements",
	} {
		g.PUT(of+"/:id/featured", a.feature(kind, true))
		g.DELETE(of+"/:id/featured", a.feature(kind, false))
	}
	g.POST("/series", a.once((*apiV1).publishSeries))
	g.POST("/media", a.addPicture)
	get("/events/:id/versions", a.versions(instance.KindEvent))
	get("/recipes/:id/versions", a.versions(instance.KindRecipe))
	get("/partners/:id/versions", a.versions(instance.KindPartner))
	get("/announcements/:id/versions", a.versions(instance.KindAnnouncement))
	get("/organisations/:id/versions", a.actorVersions(instance.KindOrganisation, instance.TokenPublishes, instance.TokenHosts))
	get("/territories/:id/versions", a.actorVersions(instance.KindTerritory, instance.TokenHosts))
	g.POST("/versions/:version/revert", a.revert)

	// Who comes, with a token
	get("/events/:id/participants", a.participants)
	g.POST("/events/:id/participants", a.once((*apiV1).noteParticipant))
	g.PUT("/events/:id/participants/:participant", a.answerParticipant)
	g.DELETE("/events/:id/participants/:participant", a.removeParticipant)
	g.PUT("/events/:id/participation", a.join)
	g.DELETE("/events/:id/participation", a.leave)

	get("/events/:id/participation", a.place)
	get("/events/:id/organisers", a.organisers)
	g.DELETE("/events/:id/organisers/:organiser", a.unask)
	get("/organising", a.organising)
	g.POST("/organising", a.answerOrganising)

	// People, and communes
	get("/people", a.people)
	get("/people/:id", a.readPerson)
	g.POST("/people/:id/letters", a.once((*apiV1).sendLetter))
	get("/communes", a.communes)
	get("/communes/position", a.commune)

	// One's own, with a token
	get("/me", a.me)
	g.PUT("/me", a.editMe)
	get("/me/data", a.myData)
	get("/me/sheet", a.mySheet)
	g.PUT("/me/sheet", a.appear)
	g.DELETE("/me/sheet", a.disappear)
	get("/drafts", a.drafts)
	g.POST("/drafts", a.once((*apiV1).createDraft))
	get("/drafts/:id", a.readDraft)
	g.PUT("/drafts/:id", a.replaceDraft)
	g.DELETE("/drafts/:id", a.deleteDraft)
	g.POST("/drafts/:id/publish", a.once((*apiV1).publishDraft))
	g.POST("/versions/:version/restore", a.once((*apiV1).restore))

	// Organisations and territories, with a token
	g.POST("/organisations", a.once(found(instance.KindOrganisation, presentOrganisation)))
	g.PUT("/organisations/:id", a.change(instance.KindOrganisation, presentOrganisation, instance.TokenPublishes, instance.TokenHosts))
	g.POST("/territories", a.once(found(instance.KindTerritory, presentTerritory)))
	g.PUT("/territories/:id", a.change(instance.KindTerritory, presentTerritory, instance.TokenHosts))

	// What others propose and answer, and what is hidden of them, with a token
	get("/proposals", a.proposals)
	g.POST("/proposals", a.once((*apiV1).propose))
	g.POST("/proposals/follow-up", a.followProposal)
	g.POST("/proposals/withdraw", a.withdrawProposal)
	g.POST("/proposals/discard", a.sweepProposals)
	get("/proposals/:id", a.readProposal)
	g.DELETE("/proposals/:id", a.discardProposal)
	g.POST("/proposals/:id/accept", a.acceptProposal)
	g.POST("/proposals/:id/refuse", a.refuseProposal)
	g.POST("/proposals/:id/forward", a.forwardProposal)
	g.POST("/proposals/:id/settle", a.settleProposal)
	get("/replies", a.replies)
	g.POST("/replies/:id/accept", a.decideReply(true))
	g.POST("/replies/:id/refuse", a.decideReply(false))
	g.POST("/replies/:id/answer", a.once((*apiV1).writeBack))
	get("/hidden", a.hidden)
	g.DELETE("/hidden/:key", a.showHidden)

	// Who is here, with the host's token
	get("/invitations", a.invitations)
	g.POST("/invitations", a.once((*apiV1).invite))
	g.DELETE("/invitations/:id", a.revokeInvitation)
	get("/accounts", a.members)
	get("/accounts/:id", a.readMember)
	g.PUT("/accounts/:id", a.setMember)
	g.POST("/accounts/:id/close", a.closeMember)
	g.POST("/accounts/:id/reopen", a.reopenMember)

	// Import what other software writes, with a token
	get("/imports", a.importsList)
	g.POST("/imports", a.importReceive)
	get("/imports/:id", a.importRead)
	g.DELETE("/imports/:id", a.importForget)
	g.PUT("/imports/:id/settings", a.importSet)
	g.POST("/imports/:id/trial", a.importTry)
	g.POST("/imports/:id/run", a.importRun)
	g.POST("/imports/:id/stop", a.importStop)
	g.POST("/imports/:id/undo", a.importUndo)
	get("/imports/:id/report", a.importReport)
	get("/imports/:id/report.csv", a.importReportFile)
	get("/feeds", a.feeds)
	g.POST("/feeds", a.follow)
	get("/feeds/:id", a.feedRead)
	g.DELETE("/feeds/:id", a.unfollow)
	get("/feeds/:id/report", a.feedReport)
	g.POST("/feeds/:id/refresh", a.refresh)

	get("/openapi.json", a.describe)
	g.RouteNotFound("", a.unknown)
	g.RouteNotFound("/*", a.unknown)
}
