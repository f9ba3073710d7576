package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// Options configure a Server. Node is required.
type Options struct {
	Node    *instance.Node
	Log     *slog.Logger // slog.Default when nil
	Version string       // of the software, shown on the about page
	// Passkeys are the ceremonies by which people sign in without a password; nil where
	// browsers offer none.
	Passkeys Passkeys
	// Importing is what it takes to import what other software writes; nil: this node
	// does not.
	Importing *Importing
	Basemap   Basemap // in place of the map's own
	// FollowIntent asks the server of somebody's account, @name@server, which page of
	// theirs follows an actor; nil: only the usual address is known.
	FollowIntent func(ctx context.Context, account, actor string) (string, error)
	// Discover finds and keeps an actor of another server, from @name@server or the address
	// of its page; its error says to a person, in French, why it was not found. nil: only
	// those that this node knows are found.
	Discover func(ctx context.Context, what string) (*instance.Actor, error)
}

// Server answers everything that is not federation.
type Server struct {
	node      *instance.Node
	log       *slog.Logger
	version   string
	assets    *assets
	locales   map[string]*locale
	templates templates
	walks     chan struct{} // a place for each walk of the whole index
	sameSite  *http.CrossOriginProtection
	attempts  *attempts // to sign in, and to have letters sent
	passkeys  Passkeys  // nil for none
	importer  *importer // nil for none
	seals     *formSeals
	white     *whiteZones
	basemap   *basemap // nil for the map's own
	intent    func(ctx context.Context, account, actor string) (string, error)
	discover  func(ctx context.Context, what string) (*instance.Actor, error) // nil for none
}

// New parses the templates and the translations; a broken one is an error here,
// never at the first visit.
func New(o Options) (*Server, error) {
	if o.Node == nil {
		return nil, errors.New("web: a node is required")
	}
	s := &Server{node: o.Node, log: o.Log, version: o.Version, walks: make(chan struct{}, maxWalks), sameSite: http.NewCrossOriginProtection()}
	s.attempts, s.passkeys = newAttempts(o.Node.Now), o.Passkeys
	s.seals = newFormSeals(o.Node.Now)
	s.white, s.intent, s.discover = newWhiteZones(o.Node), o.FollowIntent, o.Discover
	if s.log == nil {
		s.log = slog.Default()
	}
	var err error
	if s.basemap, err = openBasemap(o.Basemap); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(staticFiles); err != nil {
		return nil, fmt.Errorf("web: static files: %w", err)
	}
	if s.locales, err = loadLocales(); err != nil {
		return nil, fmt.Errorf("web: translations: %w", err)
	}
	if s.importer, err = newImporter(o.Importing, s.node, s.log, s.locales[languages[0]]); err != nil {
		return nil, fmt.Errorf("web: files to import: %w", err)
	}
	if s.templates, err = parseTemplates(s.locales, s.assets); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// A handler answers one page.
type handler func(r *request) error

// page makes an Echo handler of a page: language, security headers, and an error
// page for whatever goes wrong.
func (s *Server) page(h handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		secure(c.Response().Header())
		if lang := c.QueryParam("lang"); c.Request().Method != http.MethodPost && s.locales[lang] != nil {
			return switchLanguage(c, lang)
		}
		r := &request{Context: c, locale: s.negotiate(c.Request()), s: s}
		err := s.admit(c.Request())
		if err == nil {
			err = r.identify()
		}
		if err == nil {
			err = h(r)
		}
		if err != nil {
			return s.fail(r, err)
		}
		return nil
	}
}

// admit refuses what no page is to see: an address that names nothing, and a form
// sent from somebody else's site.
func (s *Server) admit(r *http.Request) error {
	if err := refuseAddress(r); err != nil {
		return err
	}
	if err := s.sameSite.Check(r); err != nil {
		return fmt.Errorf("%w: %w", instance.ErrForbidden, err)
	}
	return nil
}

// maxAddress bounds the query of an address, in bytes: pages repeat it in their links.
const maxAddress = 8 << 10

// refuseAddress answers not found to an address that is very long or holds a NUL:
// nothing here is named so, and a database takes a NUL for an error of ours.
func refuseAddress(r *http.Request) error {
	if len(r.URL.RawQuery) > maxAddress {
		return fmt.Errorf("%d bytes of query: %w", len(r.URL.RawQuery), instance.ErrNotFound)
	}
	if strings.ContainsRune(r.URL.Path, 0) || strings.Contains(r.URL.RawQuery, "%00") {
		return fmt.Errorf("%q: %w", r.URL.Path, instance.ErrNotFound)
	}
	return nil
}

// secure sets the headers that hold a page to its own origin. Scripts and styles
// come from files of ours only; MapLibre's worker needs blob:.
func secure(h http.Header) {
	h.Set(echo.HeaderContentSecurityPolicy, csp("'self'"))
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set(echo.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
	h.Set(echo.HeaderXFrameOptions, "DENY")
	h.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
}

func csp(formAction string) string {
	return "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"worker-src 'self' blob:; child-src 'self' blob:; connect-src 'self'; object-src 'none'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action " + formAction
}

// errorView is the page of something that went wrong.
type errorView struct {
	Code    int
	Title   string
	Message string
}

// fail maps the domain's errors to a status and a page that helps. The text of
// an unexpected error goes to the log and never to the reader.
func (s *Server) fail(r *request, err error) error {
	v := errorView{Code: http.StatusInternalServerError, Title: r.T("error.500.title"), Message: r.T("error.500.text")}
	var httpError *echo.HTTPError
	switch {
	case errors.Is(err, instance.ErrNotFound):
		v = errorView{http.StatusNotFound, r.T("error.404.title"), r.T("error.404.text")}
	case errors.Is(err, instance.ErrGone):
		v = errorView{http.StatusGone, r.T("error.410.title"), r.T("error.410.text")}
	case errors.Is(err, instance.ErrForbidden):
		v = errorView{http.StatusForbidden, r.T("error.403.title"), r.T("error.403.text")}
	case errors.As(err, &httpError) && httpError.Code < http.StatusInternalServerError:
		v = errorView{httpError.Code, r.T("error.400.title"), r.T("error.400.text")}
	default:
		s.log.ErrorContext(r.ctx(), "page failed", "path", r.Request().URL.Path, "err", err)
	}
	return r.render(v.Code, "error", &page{Title: v.Title, NoIndex: true, View: v})
}
