package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// Basemap replaces the map's own background, which is light and made of files of this
// node.
type Basemap struct {
	// Tiles is the path of a PMTiles file, or the address of tiles with {z}, {x} and {y}:
	// pictures, or vector tiles (.mvt, .pbf) in the layers of Protomaps.
	Tiles string
	// Attribution says who made the map, in plain text; required with Tiles.
	Attribution string
}

// basemap is a Basemap as the map's script reads it.
type basemap struct {
	Kind        string   `json:"kind"` // "raster" or "vector"
	Tiles       []string `json:"tiles"`
	MinZoom     int      `json:"minzoom"`
	MaxZoom     int      `json:"maxzoom"`
	Attribution string   `json:"attribution"`

	file   *pmtiles // nil for tiles at an address
	origin string   // of the tiles, when they are not ours: the pages may ask it
}

// tilesPath is where the tiles of the host's file are.
const tilesPath = "/carte/tuiles"

// openBasemap checks what the host chose; nil for the map's own background.
func openBasemap(o Basemap) (*basemap, error) {
	if o.Tiles == "" {
		return nil, nil
	}
	if strings.TrimSpace(o.Attribution) == "" {
		return nil, errors.New("map.attribution : dites d’où vient le fond de carte, par exemple « © les contributeurs d’OpenStreetMap »")
	}
	if strings.Contains(o.Tiles, "://") {
		return tilesAt(o)
	}
	file, err := openPMTiles(o.Tiles)
	if err != nil {
		return nil, fmt.Errorf("map.tiles : %w", err)
	}
	b := &basemap{Kind: "raster", Tiles: []string{tilesPath + "/{z}/{x}/{y}"}, MinZoom: file.minZoom, MaxZoom: file.maxZoom, Attribution: o.Attribution, file: file}
	if file.mediaType == vectorTile {
		b.Kind = "vector"
	}
	return b, nil
}

// tilesAt reads the address of a server of tiles.
func tilesAt(o Basemap) (*basemap, error) {
	u, err := url.Parse(o.Tiles)
	good := err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil &&
		!strings.ContainsAny(u.Host, "{}*;, '\"")
	for _, part := range []string{"{z}", "{x}", "{y}"} {
		good = good && strings.Contains(o.Tiles, part)
	}
	if !good {
		return nil, fmt.Errorf("map.tiles : « %s » : écrivez le chemin d’un fichier .pmtiles, ou une adresse comme https://tuiles.exemple.org/{z}/{x}/{y}.png", o.Tiles)
	}
	b := &basemap{Kind: "raster", Tiles: []string{o.Tiles}, MaxZoom: 19, Attribution: o.Attribution, origin: u.Scheme + "://" + u.Host}
	if strings.HasSuffix(u.Path, ".mvt") || strings.HasSuffix(u.Path, ".pbf") {
		b.Kind, b.MaxZoom = "vector", 15
	}
	return b, nil
}

// allowTiles lets the page ask the server of tiles that the host chose, and no other.
func (r *request) allowTiles() {
	if b := r.s.basemap; b != nil && b.origin != "" {
		policy := strings.Replace(csp("'self'"), "connect-src 'self'", "connect-src 'self' "+b.origin, 1)
		policy = strings.Replace(policy, "img-src 'self'", "img-src 'self' "+b.origin, 1)
		r.Response().Header().Set(echo.HeaderContentSecurityPolicy, policy)
	}
}

// tile answers a tile of the host's file.
func (s *Server) tile(c echo.Context) error {
	secure(c.Response().Header())
	z, errZ := strconv.Atoi(c.Param("z"))
	x, errX := strconv.Atoi(c.Param("x"))
	y, errY := strconv.Atoi(c.Param("y"))
	if s.basemap == nil || s.basemap.file == nil || errors.Join(errZ, errX, errY) != nil {
		return c.NoContent(http.StatusNotFound)
	}
	data, err := s.basemap.file.tile(z, x, y)
	if errors.Is(err, instance.ErrNotFound) {
		c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=86400")
		return c.NoContent(http.StatusNoContent) // sea
	}
	if err != nil {
		s.log.ErrorContext(c.Request().Context(), "tile", "z", z, "x", x, "y", y, "err", err)
		return c.NoContent(http.StatusInternalServerError)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "public, max-age=86400")
	if s.basemap.file.gzipped {
		h.Set(echo.HeaderContentEncoding, "gzip")
	}
	return c.Blob(http.StatusOK, s.basemap.file.mediaType, data)
}
