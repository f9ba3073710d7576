package web

import "github.com/labstack/echo/v4"

// mapWorker serves the script that keeps the last view of the map for those who have
// no connection. It may answer for the map, and for nothing else of the site: that
// is what its address and its header say.
func (s *Server) mapWorker(c echo.Context) error {
	h := c.Response().Header()
	secure(h)
	h.Set("Service-Worker-Allowed", "/carte")
	return s.send(c, "sw.js", "no-cache")
}
