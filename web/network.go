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
	if err := s.shown(r, a); err != nil {
		return err
	}
	return r.showActor(a)
}

// shown says whether another server's actor has a page here: ErrNotFound when it is
// known by a signature only, since nobody here asked for it. A territory was wanted
// when it was kept, and is searched even when its node is no longer followed.
func (s *Server) shown(r *request, a *instance.Actor) error {
	if a.Kind == instance.KindTerritory {
		return nil
	}
	return s.node.Wants(r.ctx(), a.ID)
}
