package web

import (
	"errors"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// remote answers the page of a peer's thing, at /reseau/{key}. What turns out to
// be ours is at its own address.
func (s *Server) remote(r *request) error {
	key := r.Param("key")
	o, err := s.node.ObjectByKey(r.ctx(), key)
	if err == nil {
		if b := o.Common(); b.Local() {
			return r.Redirect(http.StatusMovedPermanently, s.node.URLs().Path(b.ID))
		}
		return r.showObject(o)
	}
	if !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	a, err := s.node.ActorByKey(r.ctx(), key)
	if err != nil {
		return err
	}
	if a.Local() {
		return r.Redirect(http.StatusMovedPermanently, r.actorPath(a))
	}
	if err := s.node.Wants(r.ctx(), a.ID); err != nil {
		return err // known by a signature only: nobody here asked for their page
	}
	return r.showActor(a)
}
