package web

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// maxExported is how many things one file holds at most. What is kept of them
// before the first byte leaves is their IRIs, about 10 MB.
const maxExported = 50_000

// maxWalks is how many requests walk the index at a time, the others waiting: in a
// large one a walk keeps a processor busy for seconds.
const maxWalks = 2

// listing is a page of things that can be taken away as a file, and followed.
type listing struct {
	path    string // of the page; a file is at path.extension
	title   string // key of its name
	kinds   []instance.Kind
	sort    instance.Sort // when neither a text nor an order is asked for
	formats []*format
}

const searchPath = "/recherche"

var agendaListing = listing{
	"/agenda", "agenda.title",
	[]instance.Kind{instance.KindEvent},
	instance.SortDate,
	[]*format{icalFormat, atomFormat, csvFormat, geoJSONFormat, jsonLDFormat},
}

var listings = []listing{
	agendaListing,
	{"/recettes", "recipes.title", []instance.Kind{instance.KindRecipe}, instance.SortName, []*format{atomFormat, csvFormat, jsonLDFormat}},
	{"/annuaire", "directory.title", []instance.Kind{instance.KindPartner}, instance.SortName, []*format{atomFormat, csvFormat, geoJSONFormat, jsonLDFormat}},
	{"/territoires", "territories.title", []instance.Kind{instance.KindTerritory}, instance.SortName, []*format{csvFormat, geoJSONFormat, jsonLDFormat}},
	{"/annonces", "announcements.title", []instance.Kind{instance.KindAnnouncement}, instance.SortDefault, []*format{atomFormat, csvFormat, jsonLDFormat}},
	{searchPath, "list.results", indexedKinds, instance.SortDefault, []*format{icalFormat, atomFormat, csvFormat, geoJSONFormat, jsonLDFormat}},
	{"/carte", "map.title", indexedKinds, instance.SortName, []*format{geoJSONFormat}},
}

// format is a kind of file.
type format struct {
	extension string
	mediaType string
	label     string          // key of its name
	feed      bool            // programs read it again and again, rather than people once
	only      []instance.Kind // what it can hold; nil for everything
	encoder   func(w io.Writer, x *export) encoder
}

// encoder writes things one by one. An encoder may leave some out: a calendar
// has no place for what has no day.
type encoder interface {
	begin() error
	add(it *item) error
	end() error
}

// export is a file being written. It is in French whoever asks: one address has
// one content, for everybody and for every cache.
type export struct {
	*request
	title   string
	kinds   []instance.Kind
	self    string    // address of the file
	page    string    // address of the page that lists the same things
	updated time.Time // when the latest thing in it changed; zero when it is empty
	owners  map[string]string
}

// picked is a thing that belongs in a file.
type picked struct {
	id   string
	kind instance.Kind
}

// download answers a listing, whole, as a file.
func (s *Server) download(l listing, f *format) echo.HandlerFunc {
	return s.file(func(r *request) error {
		q, wanted, err := r.wanted(l, f)
		if err != nil {
			return err
		}
		x, err := r.export(l, f, q)
		if err != nil {
			return err
		}
		things, etag, err := x.pick(q, wanted)
		if err != nil {
			return err
		}
		// The list changes when the day does, and when something is withdrawn, which
		// leaves no date: said to have changed every day at least.
		today := r.s.node.Now().Truncate(24 * time.Hour)
		modified := x.updated
		if modified.Before(today) {
			modified = today
		}
		name := strings.TrimPrefix(l.path, "/") + f.extension
		return x.send(f, name, etag, modified, func(enc encoder) error {
			for _, thing := range things {
				it, err := r.item(thing)
				if errors.Is(err, instance.ErrNotFound) {
					continue // withdrawn meanwhile
				}
				if err == nil {
					err = enc.add(it)
				}
				if err != nil {
					return fmt.Errorf("%s: %w", thing.id, err)
				}
			}
			return nil
		})
	})
}

// file makes an Echo handler of a download: open to pages of any origin, as they
// hold nothing that is not public, and with problem documents for errors.
func (s *Server) file(h handler) echo.HandlerFunc {
	api := &apiV1{node: s.node, log: s.log}
	return api.shield(func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
		return h(&request{Context: c, locale: s.locales[languages[0]], s: s})
	})
}

// wanted reads what a listing is filtered by: the same parameters as its page. A
// wrong one is an error: a file with everything would pass for what was asked for.
func (r *request) wanted(l listing, f *format) (instance.Query, func(instance.Document) bool, error) {
	all := func(instance.Document) bool { return true }
	values := r.QueryParams()
	if l.path == searchPath {
		known := false
		if values, known = r.located(); !known {
			return instance.Query{}, nil, invalidParameter("pres", "le réseau ne connaît pas encore cette commune ; essayez une voisine plus grande")
		}
	}
	q, err := parseQuery(values)
	if err != nil {
		return q, nil, invalid(http.StatusBadRequest, err)
	}
	q.Undated = l.path == "/carte" // as its page has it
	if len(q.Kinds) == 0 || len(l.kinds) == 1 {
		q.Kinds = l.kinds
	}
	if f.only != nil {
		q.Kinds = slices.DeleteFunc(slices.Clone(q.Kinds), func(k instance.Kind) bool { return !slices.Contains(f.only, k) })
	}
	if q.Text == "" && q.Sort == instance.SortDefault && q.Near == nil {
		q.Sort = l.sort
	}
	if l.path != agendaListing.path {
		return q, all, nil
	}
	now := r.s.node.Now()
	switch which := period(values.Get("periode")); which {
	case periodAll:
		return q, all, nil
	case periodPast, periodUpcoming:
		return q, func(d instance.Document) bool {
			e := instance.Event{When: d.When, Status: instance.EventStatus(d.Status)}
			return e.Over(now) == (which == periodPast)
		}, nil
	}
	return q, nil, invalidParameter("periode", "choisissez a-venir ou passes, ou ne donnez rien pour tout l’agenda")
}

func invalidParameter(name, message string) error {
	return invalid(http.StatusBadRequest, &instance.ValidationError{Fields: []instance.FieldError{{Field: name, Message: message}}})
}

// export begins the file of a listing, filtered as the request asks.
func (r *request) export(l listing, f *format, q instance.Query) (*export, error) {
	urls, query := r.s.node.URLs(), r.listQuery()
	title, err := r.listTitle(l, q.Text)
	return &export{
		request: r, title: title, kinds: q.Kinds, owners: map[string]string{},
		self: urls.IRI(localURL(l.path+f.extension, query)), page: urls.IRI(localURL(l.path, query)),
	}, err
}

// listTitle names a filtered listing: people who follow several tell them apart by
// it. "Agenda · Brest · Tiriad".
func (r *request) listTitle(l listing, text string) (string, error) {
	parts := []string{r.T(l.title)}
	if l.path == agendaListing.path && period(r.QueryParam("periode")) == periodPast {
		parts[0] = r.T("agenda.past")
	}
	if text != "" {
		parts[0] += nbsp + ": " + text
	}
	filters, err := r.active()
	for _, filter := range filters {
		parts = append(parts, filter.Label)
	}
	if place := strings.TrimSpace(r.QueryParam("pres")); place != "" && l.path == searchPath {
		parts = append(parts, instance.Truncate(place, maxText))
	}
	return printable(strings.Join(append(parts, r.s.node.Self().Name), " · "), ""), err
}

// listQuery is what filters and orders this page, without which part of it is shown.
func (r *request) listQuery() url.Values {
	query := url.Values{}
	for name, values := range r.QueryParams() {
		for _, value := range values {
			if value != "" && !slices.Contains([]string{"page", "per_page", "lang"}, name) {
				query.Add(name, value)
			}
		}
	}
	return query
}

// pick walks the index for what belongs in the file, in order, and makes its tag.
func (x *export) pick(q instance.Query, wanted func(instance.Document) bool) (things []picked, etag string, err error) {
	select {
	case x.s.walks <- struct{}{}:
		defer func() { <-x.s.walks }()
	case <-x.ctx().Done():
		return nil, "", x.ctx().Err()
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, x.s.version, x.title, x.self)
	seen := map[string]bool{} // the index may change between two pages
	q.PerPage = maxPerPage
	for q.Page = 1; len(q.Kinds) > 0 && len(things) < maxExported; q.Page++ {
		result, err := x.s.node.Index().Search(x.ctx(), q)
		if err != nil {
			return nil, "", err
		}
		for _, hit := range result.Hits {
			if seen[hit.ID] || !wanted(hit.Document) || len(things) == maxExported {
				continue
			}
			seen[hit.ID] = true
			things = append(things, picked{hit.ID, hit.Kind})
			_, _ = fmt.Fprintln(sum, hit.ID, hit.Updated.UnixMicro())
			if hit.Updated.After(x.updated) {
				x.updated = hit.Updated
			}
		}
		if q.Page*q.PerPage >= result.Total || len(result.Hits) == 0 {
			break
		}
	}
	return things, tagOf(sum.Sum(nil)), nil
}

// tagOf makes an ETag, weak: a proxy that compresses changes the bytes and not
// what they say.
func tagOf(sum []byte) string { return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"` }

// send streams a file, unless the reader already has it.
func (x *export) send(f *format, name, etag string, modified time.Time, fill func(encoder) error) error {
	h := x.Response().Header()
	h.Set(echo.HeaderCacheControl, "public, max-age=300")
	h.Set("ETag", etag)
	h.Set(echo.HeaderLastModified, modified.UTC().Format(http.TimeFormat))
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if unchanged(x.Request(), etag, modified) {
		return x.NoContent(http.StatusNotModified)
	}
	disposition := "attachment"
	if f == atomFormat {
		disposition = "inline"
	}
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf("%s; filename=%q", disposition, name))
	h.Set(echo.HeaderContentType, f.mediaType)
	if x.Request().Method == http.MethodHead {
		return x.NoContent(http.StatusOK)
	}
	if err := x.stream(f, fill); err != nil {
		if x.ctx().Err() == nil {
			x.s.log.ErrorContext(x.ctx(), "download", "path", x.Request().URL.Path, "err", err)
		}
		panic(http.ErrAbortHandler) // nobody must take half a list for a whole one
	}
	return nil
}

// unchanged says that the reader has this version already (RFC 9110, 13.2.2).
func unchanged(r *http.Request, etag string, modified time.Time) bool {
	if tags := r.Header.Get("If-None-Match"); tags != "" {
		return slices.ContainsFunc(splitList(tags), func(tag string) bool {
			return tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/")
		})
	}
	since, err := http.ParseTime(r.Header.Get(echo.HeaderIfModifiedSince))
	return err == nil && !modified.Truncate(time.Second).After(since)
}

func (x *export) stream(f *format, fill func(encoder) error) error {
	var out io.Writer = x.Response()
	if acceptsGzip(x.Request()) {
		x.Response().Header().Set(echo.HeaderContentEncoding, "gzip")
		z := gzip.NewWriter(out)
		if err := x.encode(f, z, fill); err != nil {
			return err // without closing: the end of the file would look right
		}
		return z.Close()
	}
	return x.encode(f, out, fill)
}

func (x *export) encode(f *format, w io.Writer, fill func(encoder) error) error {
	buffered := bufio.NewWriterSize(w, 32<<10)
	enc := f.encoder(buffered, x)
	if err := enc.begin(); err != nil {
		return err
	}
	if err := fill(enc); err != nil {
		return err
	}
	if err := enc.end(); err != nil {
		return err
	}
	return buffered.Flush()
}

// fileLink is a way to take a page's list away.
type fileLink struct {
	URL, Label, Type string
	Feed             bool
}

// files lists the files of a page that is a listing, filtered as the page is, and
// says in words what they hold.
func (r *request) files() (links []fileLink, lead string) {
	i := slices.IndexFunc(listings, func(l listing) bool { return l.path == r.Request().URL.Path })
	if i < 0 {
		return nil, ""
	}
	l := listings[i]
	switch {
	case l.path == agendaListing.path && period(r.QueryParam("periode")) == periodAll:
		lead = r.T("files.lead.agenda")
	case slices.ContainsFunc(l.formats, func(f *format) bool { return f.feed }):
		lead = r.T("files.lead.feed")
	default:
		lead = r.T("files.lead.once")
	}
	return r.filesOf(l, r.listQuery()), lead
}

// filesOf lists the files of a listing, filtered by a query.
func (r *request) filesOf(l listing, query url.Values) []fileLink {
	links := make([]fileLink, len(l.formats))
	for i, f := range l.formats {
		links[i] = fileLink{localURL(l.path+f.extension, query), r.T(f.label), f.bareType(), f.feed}
	}
	return links
}

// bareType is the media type without its parameters.
func (f *format) bareType() string {
	bare, _, _ := strings.Cut(f.mediaType, ";")
	return bare
}
