package web

import (
	"fmt"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// fateView is a page that asks before something is called off or deleted.
type fateView struct {
	Path, Name string
	Edit       bool // the reader may change it, not only delete it
	Kind       instance.Kind
	KindLabel  string
	Fate       string // chosen: "annule", "reporte" or "maintenu"
	Status     instance.EventStatus
	When       string
	Words      string
	Silent     bool
	Following  int
	Followers  int
	Wrong      bool
}

// manage is what the page of something offers to those who may change it, or only
// delete it.
type manage struct {
	Path  string
	Edit  bool
	Event bool
	// Who was asked to organise the event too: those who have not answered, and those who
	// would not.
	Asked, Refused []named
	Featured       *featuring // nil when it cannot be put forward
}

// named is an actor as people know it.
type named struct{ Name, Address string }

func (r *request) manage(o instance.Object) *manage {
	b := o.Common()
	if r.account == nil || b.ID == "" {
		return nil
	}
	editor := r.s.node.Editor(r.account)
	if !editor.MayWithdraw(o) {
		return nil
	}
	m := &manage{Path: r.s.node.URLs().Path(b.ID), Edit: editor.MayEdit(o)}
	if m.Edit {
		m.Featured = r.featuring(b)
	}
	var e *instance.Event
	if e, m.Event = o.(*instance.Event); m.Event && m.Edit {
		m.Asked = r.named(r.askedToOrganise(e, instance.OrganiserAsked))
		m.Refused = r.named(r.askedToOrganise(e, instance.OrganiserRefused))
	}
	return m
}

func (r *request) named(actors []*instance.Actor) []named {
	list := make([]named, len(actors))
	for i, a := range actors {
		list[i] = named{a.Name, a.ID}
		if a.Handle != "" {
			list[i].Address = a.Address(r.s.node.Domain())
		}
	}
	return list
}

// deletePage asks whether something is really to be deleted, and says what it means.
func (s *Server) deletePage(kind instance.Kind) handler {
	return func(r *request) error {
		o, err := r.withdrawable(kind)
		if err != nil {
			return err
		}
		v := r.fateView(o)
		return r.show("delete", &page{Title: r.T("delete.title", v.Name), NoIndex: true, View: v})
	}
}

// delete withdraws it for good.
func (s *Server) delete(kind instance.Kind) handler {
	return func(r *request) error {
		o, err := r.withdrawable(kind)
		if err != nil {
			return err
		}
		editor := s.node.Editor(r.account)
		if err := editor.Withdraw(r.ctx(), o.Common().ID); err != nil {
			return err
		}
		if !editor.MayEdit(o) { // its history is its author's
			r.flash("done.withdrawn")
			return r.Redirect(http.StatusSeeOther, "/")
		}
		r.flash("done.deleted")
		return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(o.Common().ID)+"/historique")
	}
}

// withdrawable loads what the page's address names, if the reader may delete it.
func (r *request) withdrawable(kind instance.Kind) (instance.Object, error) {
	o, err := r.s.node.ObjectBySlug(r.ctx(), kind, r.Param("slug"))
	switch {
	case err != nil:
		return nil, err
	case !o.Common().Deleted.IsZero():
		return nil, fmt.Errorf("%s: %w", o.Common().ID, instance.ErrGone)
	case !r.s.node.Editor(r.account).MayWithdraw(o):
		return nil, fmt.Errorf("%s: %w", o.Common().ID, instance.ErrForbidden)
	}
	return o, nil
}

// ours loads what the page's address names, if the reader may change it.
func (r *request) ours(kind instance.Kind) (instance.Object, error) {
	o, err := r.s.node.ObjectBySlug(r.ctx(), kind, r.Param("slug"))
	if err != nil {
		return nil, err
	}
	return r.mine(r.s.node.Editor(r.account), o.Common().ID)
}

func (r *request) fateView(o instance.Object) fateView {
	c := r.objectCard(o)
	v := fateView{Path: c.Path, Name: c.Name, Kind: c.Kind, KindLabel: c.KindLabel, When: c.When}
	v.Followers, v.Edit = r.followers(o.Common().Owner), r.s.node.Editor(r.account).MayEdit(o)
	if c.Kind == instance.KindAnnouncement {
		v.Name = instance.Truncate(c.Summary, 60)
	}
	return v
}

// callOffPage asks whether an event is cancelled, put off, or takes place after all.
func (s *Server) callOffPage(r *request) error {
	e, err := r.ourEvent()
	if err != nil {
		return err
	}
	return r.showCallOff(http.StatusOK, e, fateView{})
}

func (r *request) ourEvent() (*instance.Event, error) {
	o, err := r.ours(instance.KindEvent)
	if err != nil {
		return nil, err
	}
	e, ok := o.(*instance.Event)
	if !ok {
		return nil, instance.ErrNotFound
	}
	return e, nil
}

func (r *request) showCallOff(status int, e *instance.Event, typed fateView) error {
	v := r.fateView(e)
	v.Status, v.Fate, v.Words, v.Silent, v.Wrong = e.Status, typed.Fate, typed.Words, typed.Silent, typed.Wrong
	following, err := r.s.node.Editor(r.account).Following(r.ctx(), e)
	if err != nil {
		return err
	}
	v.Following = len(following)
	return r.render(status, "call-off", &page{Title: r.T("calloff.title", e.Name), NoIndex: true, View: v})
}

// callOff changes where an event stands, and tells its followers unless asked not to.
func (s *Server) callOff(r *request) error {
	e, err := r.ourEvent()
	if err != nil {
		return err
	}
	values, err := r.form()
	if err != nil {
		return err
	}
	typed := fateView{Fate: values.Get("suite"), Words: values.Get("message"), Silent: values.Get("prevenir") == ""}
	status, ok := map[string]instance.EventStatus{
		"annule": instance.StatusCancelled, "reporte": instance.StatusPostponed, "maintenu": instance.StatusConfirmed,
	}[typed.Fate]
	if !ok {
		typed.Wrong = true
		return r.showCallOff(http.StatusUnprocessableEntity, e, typed)
	}
	changed := *e
	changed.Status = status
	editor, telling := s.node.Editor(r.account), instance.Telling{Silent: typed.Silent, Words: typed.Words}
	if values.Get("portee") == "suivantes" {
		_, err = editor.EditFollowing(r.ctx(), e.ID, &changed, telling)
	} else {
		_, err = editor.EditTelling(r.ctx(), e.ID, &changed, telling)
	}
	if err != nil {
		return err
	}
	r.flash("done.called-off")
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID))
}
