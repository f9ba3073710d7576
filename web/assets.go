package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

//go:embed static
var staticFiles embed.FS

// assets serves the embedded static files. One hash of them all is a folder in
// their URLs: they are cached for ever, and scripts keep importing each other by
// relative paths.
type assets struct {
	version string
	files   map[string]*asset // by path below static/
}

type asset struct {
	contentType string
	plain       []byte
	gzipped     func() []byte // computed once, when first asked for; nil when it would not help
}

func loadAssets(files fs.FS) (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		_, _ = sum.Write([]byte(name))
		_, _ = sum.Write(data)
		a.files[strings.TrimPrefix(name, "static/")] = newAsset(name, data)
		return nil
	})
	a.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, err
}

func newAsset(name string, data []byte) *asset {
	file := &asset{contentType: contentType(name), plain: data}
	if compressible(file.contentType) {
		file.gzipped = sync.OnceValue(func() []byte { return gzipped(data) })
	}
	return file
}

const svgType = "image/svg+xml"

// contentType does not depend on the machine's MIME tables for what the pages need.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return svgType
	case ".json", ".geojson", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".ico":
		return "image/vnd.microsoft.icon"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.HasPrefix(contentType, "application/") || contentType == svgType
}

func gzipped(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // a bytes.Buffer does not fail
	_ = z.Close()
	return out.Bytes()
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get(echo.HeaderAcceptEncoding), "gzip")
}

// url is the address of a static file: "app.css" -> "/static/3f2a.../app.css".
func (a *assets) url(name string) string { return "/static/" + a.version + "/" + name }

// static serves /static/{version}/{file} for ever and /static/{file} for a while.
func (s *Server) static(c echo.Context) error {
	h := c.Response().Header()
	secure(h)
	name, cache := c.Param("*"), "public, max-age=300"
	if rest, ok := strings.CutPrefix(name, s.assets.version+"/"); ok {
		name, cache = rest, "public, max-age=31536000, immutable"
	}
	return s.send(c, name, cache)
}

// favicon is what browsers ask for without being told to, above all for files,
// which have no page to name an icon.
func (s *Server) favicon(c echo.Context) error {
	secure(c.Response().Header())
	return s.send(c, "favicon.ico", "public, max-age=86400")
}

// robots lets search engines read every page and every list. What is kept from them
// is combinations of filters, which are endless and show nothing that the lists do
// not, and the forms to follow one account or another.
func (s *Server) robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /recherche\nDisallow: /carte?\nDisallow: /suivre?\n")
}

// send writes an embedded file.
func (s *Server) send(c echo.Context, name, cache string) error {
	file := s.assets.files[name]
	if file == nil {
		return s.page(func(*request) error { return instance.ErrNotFound })(c)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, cache)
	if file.contentType == svgType {
		h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'") // drawings carry their own styles
	}
	h.Set(echo.HeaderContentType, file.contentType)
	h.Set("ETag", `W/"`+s.assets.version+`"`)
	data := file.plain
	if file.gzipped != nil {
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if acceptsGzip(c.Request()) {
			data = file.gzipped()
			h.Set(echo.HeaderContentEncoding, "gzip")
		}
	}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(data))
	return nil
}
