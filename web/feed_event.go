package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// calendarOf answers {page}.ics for one event, and leaves every other address to
// the page: a slug has no point in it.
func (s *Server) calendarOf(param string, find func(ctx context.Context, name string) (instance.Object, error), page handler) echo.HandlerFunc {
	show := s.page(page)
	return func(c echo.Context) error {
		name, ok := strings.CutSuffix(c.Param(param), icalFormat.extension)
		if !ok {
			return show(c)
		}
		return s.file(func(r *request) error {
			urls := s.node.URLs()
			if _, _, ok := urls.Parse(urls.Of(instance.KindEvent, name)); !ok {
				return instance.ErrNotFound // neither a slug nor a key
			}
			o, err := find(r.ctx(), name)
			if err != nil {
				return err
			}
			return r.sendEvent(o, name)
		})(c)
	}
}

// eventBySlug finds one of our events.
func (s *Server) eventBySlug(ctx context.Context, slug string) (instance.Object, error) {
	return s.node.ObjectBySlug(ctx, instance.KindEvent, slug)
}

// sendEvent sends one event as a calendar. Without a day there is none.
func (r *request) sendEvent(o instance.Object, name string) error {
	it := r.objectItem(o)
	switch e := it.event(); {
	case !it.Deleted.IsZero():
		return instance.ErrGone
	case e == nil:
		return instance.ErrNotFound
	case e.When.Vague():
		return newProblem(http.StatusNotFound, "Le jour de cet événement n’est pas connu : aucun agenda ne saurait où le ranger.")
	}
	urls, path := r.s.node.URLs(), r.s.node.URLs().Path(it.ID)
	x := &export{
		request: r, title: it.Name, kinds: icalFormat.only, updated: it.changed(),
		self: urls.IRI(path + icalFormat.extension), page: urls.IRI(path), owners: map[string]string{},
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, r.s.version, x.self, it.changed().UnixMicro())
	return x.send(icalFormat, name+icalFormat.extension, tagOf(sum.Sum(nil)), it.changed(), func(enc encoder) error { return enc.add(it) })
}
