package web

import (
	"errors"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// joinBox is how people come to an event, on its page.
type joinBox struct {
	Path    string // of the event
	Open    bool   // a place may be asked for now
	Asks    bool   // the organiser answers each
	Taken   int    // seats
	Left    int    // seats; -1 without a limit
	Waiting int    // seats on the waiting list
	Mine    string // where the place of who reads this stands, "" when they have none
	Held    bool   // they have one, or wait for one
	Member  bool
	Address string // what is searched from Mobilizon
	Manage  bool   // the list of people may be seen

	Elsewhere []joinAs // in whose names a place may be asked for on another node
}

// joinAs is one in whose name somebody may come to an event of another node.
type joinAs struct {
	ID, Name, State string
	Held            bool
}

// joinBox says how people come to an event; nil when this node has no part in it.
func (r *request) joinBox(e *instance.Event) (*joinBox, error) {
	if !e.Local() {
		return r.joinElsewhere(e)
	}
	editor := r.account != nil && r.s.node.Editor(r.account).MayEdit(e)
	if e.JoinMode == instance.JoinNone && !editor {
		return nil, nil
	}
	seats, err := r.s.node.Attendance(r.ctx(), e.ID)
	if err != nil {
		return nil, err
	}
	box := &joinBox{
		Path: r.s.node.URLs().Path(e.ID), Open: e.Joinable(r.s.node.Now()), Asks: e.JoinMode == instance.JoinRestricted,
		Taken: seats.Taken, Left: seats.Left(e.Capacity), Waiting: seats.Waiting, Member: r.account != nil, Address: e.ID, Manage: editor,
	}
	if r.account == nil {
		return box, nil
	}
	p, err := r.s.node.MemberPlace(r.ctx(), r.account, e.ID)
	if errors.Is(err, instance.ErrNotFound) {
		return box, nil
	}
	if err != nil {
		return nil, err
	}
	if box.Held = holds(p.State); box.Held || p.State == instance.ParticipationRefused {
		box.Mine = r.T("join.state." + string(p.State))
	}
	return box, nil
}

// holds says that a participation is not over.
func holds(state instance.ParticipationState) bool {
	return state != instance.ParticipationLeft && state != instance.ParticipationRefused && state != instance.ParticipationCounted
}

func (r *request) joinElsewhere(e *instance.Event) (*joinBox, error) {
	if r.account == nil || !e.Joinable(r.s.node.Now()) {
		return nil, nil
	}
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil || len(actors) == 0 {
		return nil, err
	}
	box := &joinBox{Path: r.s.node.URLs().Path(e.ID), Open: true, Left: -1, Member: true}
	for _, a := range actors {
		as := joinAs{ID: a.ID, Name: a.Name}
		p, err := r.s.node.Participation(r.ctx(), e.ID, a.ID)
		switch {
		case err == nil && p.State != instance.ParticipationLeft:
			as.State, as.Held = r.T("join.there."+string(p.State)), holds(p.State)
		case err != nil && !errors.Is(err, instance.ErrNotFound):
			return nil, err
		}
		box.Elsewhere = append(box.Elsewhere, as)
	}
	return box, nil
}

// joinableEvent is the event of ours whose slug is in the address.
func (r *request) joinableEvent() (*instance.Event, error) {
	e, err := r.s.eventBySlug(r.ctx(), r.Param("slug"))
	if err != nil {
		return nil, err
	}
	event, ok := e.(*instance.Event)
	switch {
	case !ok:
		return nil, instance.ErrNotFound
	case !event.Deleted.IsZero():
		return nil, instance.ErrGone
	}
	return event, nil
}

// join is the one click of a member, on an event of ours.
func (s *Server) join(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	p, err := s.node.MemberJoin(r.ctx(), r.account, e.ID)
	switch {
	case errors.Is(err, instance.ErrForbidden):
		r.flash("done.join.closed")
	case err != nil:
		return err
	default:
		r.flash("done.join." + string(p.State))
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID)+"#participer")
}

// leave gives a member's place up.
func (s *Server) leave(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	if err := s.node.MemberLeave(r.ctx(), r.account, e.ID); err != nil {
		return err
	}
	r.flash("done.join.left")
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID)+"#participer")
}

// joinThere asks for a place, or gives one up, at an event of another node in the name
// of one of ours.
func (s *Server) joinThere(r *request) error {
	o, err := s.node.ObjectByKey(r.ctx(), r.Param("key"))
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	id, editor := o.Common().ID, s.node.Editor(r.account)
	if posted.Get("geste") == "quitter" {
		err = editor.LeaveElsewhere(r.ctx(), posted.Get("au-nom-de"), id)
		r.flash("done.join.left")
	} else {
		err = editor.JoinElsewhere(r.ctx(), posted.Get("au-nom-de"), id)
		r.flash("done.join.sent")
	}
	if err != nil {
		return err
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(id)+"#participer")
}
