package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates holds a set for each language: the layout, the partials and every page.
type templates map[string]*template.Template

// request is one page being answered, in one language.
type request struct {
	echo.Context
	*locale
	s       *Server
	names   map[string]string // of peers by domain; see peerName
	account *instance.Account // who is signed in; nil for a visitor
	session *instance.Session // of this browser, when somebody is
	noStore bool              // the page is for them alone: no cache keeps it
}

func (r *request) ctx() context.Context { return r.Request().Context() }

// page is what the layout needs; View is the typed view of the page's own template.
type page struct {
	Title       string // without the node's name; empty on the home page
	Description string // for search engines and previews
	Section     string // path of the current menu entry
	Canonical   string // absolute; this page when empty
	Alternate   string // IRI of the ActivityStreams form
	JSONLD      any    // schema.org description, nil for none
	OGType      string // "website" when empty
	NoIndex     bool   // not for search engines: copies of peers' pages, errors, result lists
	Scripts     []string
	Refresh     int          // after how many seconds it comes back by itself without scripts; 0 = it does not
	Files       []fileLink   // what the page lists, to take away or to follow; set by render for listings
	FilesLead   string       // what they hold, in words
	Improve     *improvement // how anybody can help with what it shows; nil for nothing
	View        any

	// Set by render.
	Account  *instance.Account // who is signed in
	Flash    string            // what the page before has just done
	Content  template.HTML     // View in the page's own template
	Waiting  int               // proposals that wait for them
	Replies  int               // answers to what they publish, to be read
	Organise int               // events that they are asked to organise
	Lang     string
	NodeName string
	Domain   string
	Address  string // this page, absolute
	Versions []languageVersion
}

// languageVersion is this page in a language.
type languageVersion struct {
	Lang, Name, URL string
	Current         bool
}

// menuItem is an entry of the main menu.
type menuItem struct {
	Path, Label string
	Current     bool
}

// ToRead is all that waits for them.
func (p *page) ToRead() int { return p.Waiting + p.Replies + p.Organise }

// Here is the address that search engines and previews should keep.
func (p *page) Here() string {
	if p.Canonical != "" {
		return p.Canonical
	}
	return p.Address
}

// show sends a page that is there.
func (r *request) show(name string, p *page) error { return r.render(http.StatusOK, name, p) }

// render sends a page.
func (r *request) render(status int, name string, p *page) error {
	urls := r.s.node.URLs()
	u := r.Request().URL
	p.Account, p.Flash, p.Waiting, p.Replies = r.account, r.flashed(), r.waiting(), r.repliesWaiting()
	p.Organise = r.toOrganise()
	p.Lang, p.NodeName, p.Domain = r.lang, r.s.node.Self().Name, urls.Domain()
	p.Address = urls.IRI(localURL(u.Path, r.QueryParams()))
	for _, lang := range languages {
		query := url.Values{}
		for key, values := range r.QueryParams() {
			query[key] = values
		}
		query.Set("lang", lang)
		p.Versions = append(p.Versions, languageVersion{lang, r.s.locales[lang].T("language.name"), urls.IRI(localURL(u.Path, query)), lang == r.lang})
	}
	if p.Files == nil && status == http.StatusOK {
		p.Files, p.FilesLead = r.files()
	}
	content, err := r.s.templates.execute(r.lang, "page/"+name, p.View)
	if err != nil {
		return err
	}
	p.Content = template.HTML(content) // a template of ours escaped it
	out, err := r.s.templates.execute(r.lang, "layout", p)
	if err != nil {
		return err
	}
	return r.sendHTML(status, out)
}

func (r *request) sendHTML(status int, body []byte) error {
	h := r.Response().Header()
	h.Set("Content-Language", r.lang)
	h.Set(echo.HeaderCacheControl, "no-cache")
	if r.noStore || r.account != nil {
		h.Set(echo.HeaderCacheControl, "no-store")
	}
	for _, name := range []string{echo.HeaderAccept, "Accept-Language", "Cookie", echo.HeaderAcceptEncoding} {
		h.Add(echo.HeaderVary, name)
	}
	if acceptsGzip(r.Request()) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		body = gzipped(body)
	}
	return r.HTMLBlob(status, body)
}

// parseTemplates builds one set in every language, so that a mistake stops the start
// and translating costs nothing later. The file about.html defines "page/about".
func parseTemplates(locales map[string]*locale, static *assets) (templates, error) {
	files, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	all := templates{}
	for lang, l := range locales {
		set, err := template.New("").Funcs(templateFuncs(l, static)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if name := "page/" + strings.TrimSuffix(path.Base(file), ".html"); set.Lookup(name) == nil {
				return nil, fmt.Errorf("%s does not define %q", file, name)
			}
		}
		all[lang] = set
	}
	return all, nil
}

// execute fills in the template of a page.
func (t templates) execute(lang, name string, view any) ([]byte, error) {
	var out bytes.Buffer
	if err := t[lang].ExecuteTemplate(&out, name, view); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return out.Bytes(), nil
}

func templateFuncs(l *locale, static *assets) template.FuncMap {
	return template.FuncMap{
		"t":      l.T,
		"n":      l.N,
		"number": l.number,
		"label":  l.label,
		"static": static.url,
		"icon":   func(name any) template.HTML { return icon(static, fmt.Sprint(name)) },
		"safe":   safeHTML,
		"web":    webURL,
		"host":   hostOf,
		"menu":   func(section, path, key string) menuItem { return menuItem{path, l.T(key), section == path} },
		"coord":  func(degrees float64) string { return strconv.FormatFloat(degrees, 'f', -1, 64) },
	}
}

// icon draws one of static/icons.svg; the text beside it says what it means.
func icon(static *assets, name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + // names are ours
		template.HTMLEscapeString(static.url("icons.svg")+"#"+name) + `"></use></svg>`)
}

// safeHTML shows an author's HTML, sanitised once more on the way out.
func safeHTML(s string) template.HTML {
	return template.HTML(instance.SanitiseHTML(s)) // that is what the sanitiser is for
}

// markedHTML keeps the <mark> of an extract and nothing else.
func markedHTML(s string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(s, "<mark>") {
		marked, rest, closed := strings.Cut(part, "</mark>")
		if i == 0 || !closed {
			out.WriteString(template.HTMLEscapeString(instance.PlainText(part) + trailingSpace(part)))
			continue
		}
		out.WriteString("<mark>" + template.HTMLEscapeString(instance.PlainText(marked)) + "</mark>")
		out.WriteString(template.HTMLEscapeString(leadingSpace(rest) + instance.PlainText(rest) + trailingSpace(rest)))
	}
	return template.HTML(out.String()) // every part was escaped
}

func leadingSpace(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return " "
	}
	return ""
}

func trailingSpace(s string) string {
	if r, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(r) {
		return " "
	}
	return ""
}

// webURL returns an address that a link may point to, or "".
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
}

// hostOf is how an address is shown: without scheme or www.
func hostOf(s string) string { return strings.TrimPrefix(instance.Origin(s), "www.") }

func capitalise(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
