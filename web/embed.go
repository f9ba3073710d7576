package web

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// What other sites put in their own pages: a list of events and a map, as web
// components or as frames.
const embedPath = "/integrer"

// embedFilters are the attributes of the components, which are the parameters of the
// frames too, and what they are for the search.
var embedFilters = map[string]string{
	"territoire": "territory", "theme": "theme", "lat": "lat", "lon": "lon", "rayon": "radius_km", "limite": "per_page",
}

// maxEmbedded is how many things a frame shows at most.
const maxEmbedded = 100

// embedView is what a frame shows.
type embedView struct {
	Lang, NodeName string
	Title          string // key of its name
	Home           string // the list on this node, filtered alike
	Cards          []card
	Total          int
	GeoJSON        string // address of what the map shows
	Wrong          bool   // a parameter is
}

// embedModule serves a component at an address that never changes, to any site.
func (s *Server) embedModule(name string) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		secure(h)
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		return s.send(c, name, "public, max-age=3600")
	}
}

// frame answers a page that any site may put in a frame. It reads no cookie: nobody is
// signed in there, and nothing in it can be clicked in somebody's name.
func (s *Server) frame(name string, kinds []instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		secure(h)
		h.Del(echo.HeaderXFrameOptions)
		h.Set(echo.HeaderContentSecurityPolicy, strings.Replace(csp("'none'"), "frame-ancestors 'none'", "frame-ancestors *", 1))
		h.Set(echo.HeaderCacheControl, "public, max-age=300")
		if err := refuseAddress(c.Request()); err != nil {
			return c.NoContent(http.StatusNotFound)
		}
		l := s.locales[c.QueryParam("langue")]
		if l == nil {
			l = s.locales[languages[0]]
		}
		r := &request{Context: c, locale: l, s: s}
		v, err := r.embedded(kinds)
		if err != nil {
			s.log.ErrorContext(r.ctx(), "frame failed", "path", c.Request().URL.Path, "err", err)
			return c.String(http.StatusInternalServerError, r.T("error.500.title"))
		}
		out, err := s.templates.execute(r.lang, "page/"+name, v)
		if err != nil {
			return err
		}
		return c.HTMLBlob(http.StatusOK, out)
	}
}

// embedded finds what a frame shows. What is wrong in its parameters is left out, and
// said: a site's visitors can do nothing about it.
func (r *request) embedded(kinds []instance.Kind) (embedView, error) {
	query := r.embedQuery()
	v := embedView{Lang: r.lang, NodeName: r.s.node.Self().Name, Title: "embed.title.carte"}
	q, err := parseQuery(query)
	if err != nil || q.Near != nil && q.Near.RadiusKm == 0 && query.Get("radius_km") != "" {
		v.Wrong = true
		query = url.Values{}
		if q, err = parseQuery(query); err != nil {
			return v, err
		}
	}
	q.Kinds, q.PerPage = kinds, min(max(q.PerPage, 1), maxEmbedded)
	if query.Get("per_page") == "" {
		q.PerPage = 10
	}
	page := "/carte"
	if len(kinds) == 1 {
		page, v.Title, q.From, q.Sort = agendaListing.path, "embed.title.agenda", r.s.node.Now(), instance.SortDate
	} else {
		q.PerPage = maxEmbedded
	}
	result, err := r.s.node.Index().Search(r.ctx(), q)
	if err != nil {
		return v, err
	}
	v.Total = result.Total
	for _, hit := range result.Hits {
		hit.Highlight = ""
		v.Cards = append(v.Cards, r.hitCard(hit))
	}
	query.Del("per_page")
	v.Home, v.GeoJSON = localURL(page, query), localURL("/carte"+geoJSONFormat.extension, query)
	return v, nil
}

// embedQuery is the search that the parameters of a frame stand for.
func (r *request) embedQuery() url.Values {
	query := url.Values{}
	for name, parameter := range embedFilters {
		if value := strings.TrimSpace(r.QueryParam(name)); value != "" {
			query.Set(parameter, value)
		}
	}
	return query
}

// embedPage is the page that makes what to copy into another site.
type embedPage struct {
	Territories []option
	Themes      []option
	Kind        string // agenda or carte
	Territory   string
	Theme       string
	Limit       string
	Component   string // what to copy
	Frame       string
	Preview     string       // address of the frame
	Calendar    template.URL // webcal: address to subscribe to
	CalendarURL string       // the same, for those who copy
}

// integrate shows how to put the agenda or the map into another site.
func (s *Server) integrate(r *request) error {
	v := embedPage{
		Kind: "agenda", Territory: r.QueryParam("territoire"), Theme: r.QueryParam("theme"), Limit: r.QueryParam("limite"),
	}
	if r.QueryParam("quoi") == "carte" {
		v.Kind = "carte"
	}
	territories, _, err := s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Limit: 1000})
	if err != nil {
		return err
	}
	for _, t := range territories {
		slug := t.Slug
		if slug == "" {
			slug = t.ID
		}
		v.Territories = append(v.Territories, option{Value: slug, Label: t.Name, Selected: slug == v.Territory})
	}
	for _, term := range instance.Vocabularies().Terms("themes") {
		v.Themes = append(v.Themes, option{Value: term.Slug, Label: term.Label(r.lang), Selected: term.Slug == v.Theme})
	}
	urls := s.node.URLs()
	query, attributes := url.Values{}, strings.Builder{}
	for _, a := range [][2]string{{"territoire", v.Territory}, {"theme", v.Theme}, {"limite", v.Limit}, {"langue", r.lang}} {
		if a[1] != "" {
			query.Set(a[0], a[1])
			fmt.Fprintf(&attributes, " %s=%q", a[0], attributeText.Replace(a[1]))
		}
	}
	v.Preview = localURL(embedPath+"/"+v.Kind, query)
	there := urls.IRI(map[string]string{"agenda": "/agenda", "carte": "/carte"}[v.Kind])
	v.Component = fmt.Sprintf("<script type=\"module\" src=\"%s\"></script>\n<maillage-%s%s>\n  <a href=\"%s\">%s</a>\n</maillage-%s>",
		urls.IRI(embedPath+"/maillage-"+v.Kind+".js"), v.Kind, attributes.String(), there, r.T("embed.fallback."+v.Kind), v.Kind)
	v.Frame = fmt.Sprintf("<iframe src=\"%s\" title=\"%s\" width=\"100%%\" height=\"480\" loading=\"lazy\" style=\"border:0\"></iframe>",
		attributeText.Replace(urls.IRI(v.Preview)), r.T("embed.title."+v.Kind))
	calendar := url.Values{}
	for name, value := range map[string]string{"territory": v.Territory, "theme": v.Theme} {
		if value != "" {
			calendar.Set(name, value)
		}
	}
	v.CalendarURL = urls.IRI(localURL(agendaListing.path+icalFormat.extension, calendar))
	v.Calendar = template.URL(webcal(v.CalendarURL)) // made of our own address
	return r.show("integrate", &page{Title: r.T("embed.title"), Description: r.T("embed.lead"), View: v})
}

var attributeText = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;")

// webcal is the address by which a calendar program is asked to subscribe, rather than
// to copy once.
func webcal(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return "webcal://" + rest
}
