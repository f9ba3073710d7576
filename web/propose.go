package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/maillage/maillage/instance"
)

// proposeView is the page of a form that anybody may fill in.
type proposeView struct {
	Title, Lead string
	Action      string
	About       *link // what it is about; nil of something new
	AboutKind   instance.Kind
	Elsewhere   string // domain of the node that it goes to; "" when it is ours
	Original    string // address to see there, when that server takes no correction
	Groups      []proposeGroup
	Reason      *editField // of a report
	Message     *editField
	Email       *editField // nil when the node sends no mail
	Wrongs      []wrong
	Busy        bool
	Seal, Seen  string
	ReportURL   string
	SignIn      bool // whoever writes here has a better form
	Publish     string
}

// improvement is how anybody can help with what a page shows.
type improvement struct {
	CorrectURL string // "" for what only has a report
	ReportURL  string
	Pending    int
	Elsewhere  string // domain of its node; "" = ours
}

// proposeKinds are what can be proposed anew, by the last part of its address.
var proposeKinds = map[string]instance.Kind{"evenement": instance.KindEvent, "structure": instance.KindPartner}

// improve fills in how anybody can help with an object or an actor.
func (r *request) improve(id string, kind instance.Kind, origin string) (*improvement, error) {
	key := instance.Key(id)
	v := &improvement{ReportURL: "/signaler/" + key, Elsewhere: origin}
	if proposeLayouts[kind] == nil {
		return v, nil
	}
	v.CorrectURL = "/corriger/" + key
	var err error
	v.Pending, err = r.s.node.PendingProposals(r.ctx(), id)
	return v, err
}

// proposeHub leads to the forms for something new.
func (s *Server) proposeHub(r *request) error {
	return r.show("propose-hub", &page{Title: r.T("propose.hub.title"), Description: r.T("propose.hub.lead"), View: struct{ Member bool }{r.account != nil}})
}

// proposePage asks for something new.
func (s *Server) proposePage(r *request) error {
	kind, ok := proposeKinds[r.Param("genre")]
	if !ok {
		return fmt.Errorf("propose %q: %w", r.Param("genre"), instance.ErrNotFound)
	}
	values := url.Values{}
	if town := r.QueryParam("commune"); len(town) <= 200 {
		values.Set("locality", town)
	}
	return r.showPropose(http.StatusOK, kind, values, nil)
}

// propose keeps something new until somebody has read it.
func (s *Server) propose(r *request) error {
	kind, ok := proposeKinds[r.Param("genre")]
	if !ok {
		return fmt.Errorf("propose %q: %w", r.Param("genre"), instance.ErrNotFound)
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	return r.send(posted, instance.Proposal{Kind: instance.ProposeCreate, ObjectKind: kind, Changes: changesIn(kind, posted)},
		func(status int, err error) error { return r.showPropose(status, kind, posted, err) })
}

// send proposes what a form holds; refused shows the form again.
func (r *request) send(posted url.Values, p instance.Proposal, refused func(status int, err error) error) error {
	if status, err := r.guard(posted, r.Request().URL.Path); err != nil {
		return refused(status, err)
	}
	p.Message, p.Email, p.Language, p.Sender = posted.Get("message"), posted.Get("email"), r.lang, r.s.seals.sender(clientAddress(r.Request()))
	if !r.spend(posted) {
		return refused(http.StatusConflict, r.fail("envoyer", "c’est déjà envoyé : une fois suffit"))
	}
	secret, err := r.s.node.Propose(r.ctx(), r.account, p)
	if err != nil {
		r.s.attempts.forget("form " + posted.Get("sceau"))
	}
	switch {
	case errors.Is(err, instance.ErrBusy):
		return refused(http.StatusServiceUnavailable, r.fail("envoyer", "beaucoup de propositions attendent déjà d’être lues : réessayez dans quelques jours, ou écrivez à l’hôte du nœud"))
	case errors.Is(err, instance.ErrInvalid):
		return refused(http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	r.flash("done.proposed")
	return r.Redirect(http.StatusSeeOther, "/proposition?"+url.Values{"cle": {secret}}.Encode())
}

func (r *request) showPropose(status int, kind instance.Kind, values url.Values, err error) error {
	f := &proposeForm{r: r, kind: kind, values: values, wrongs: r.problems(err), create: true}
	v := r.proposeView(f)
	v.Title, v.Lead = r.T("propose.event.title"), r.T("propose.event.lead")
	v.Publish = "/publier/evenement"
	if kind == instance.KindPartner {
		v.Title, v.Lead, v.Publish = r.T("propose.partner.title"), r.T("propose.partner.lead"), "/publier/fiche"
	}
	v.Groups = f.groups(func(field string) bool { return field != "status" })
	return r.renderPropose(status, v)
}

// proposeView is what the pages of all these forms have.
func (r *request) proposeView(f *proposeForm) proposeView {
	v := proposeView{Action: r.Request().URL.Path, Seal: r.sealFor(f.values, r.Request().URL.Path), Wrongs: f.summary(), SignIn: r.account != nil}
	message := f.field("message")
	if f.create {
		message.Label, message.Hint = r.T("propose.note"), r.T("propose.note.hint")
	}
	v.Message = &message
	if r.s.node.Mails() {
		email := f.field("email")
		v.Email = &email
	}
	return v
}

func (r *request) renderPropose(status int, v proposeView) error {
	r.private()
	return r.render(status, "propose", &page{Title: v.Title, Description: v.Lead, NoIndex: v.About != nil, View: v})
}

// correctPage asks for other words in the fields of something that is published.
func (s *Server) correctPage(r *request) error {
	o, err := r.correctable()
	if err != nil {
		return err
	}
	return r.showCorrect(http.StatusOK, o, nil, nil)
}

// correct keeps the changes until somebody who may has read them.
func (s *Server) correct(r *request) error {
	o, err := r.correctable()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	b := o.Common()
	refused := func(status int, err error) error { return r.showCorrect(status, o, posted, err) }
	if takes, err := s.node.TakesCorrections(r.ctx(), o); err != nil || !takes {
		return errors.Join(err, r.showCorrect(http.StatusUnprocessableEntity, o, nil, nil))
	}
	if posted.Get("vu") != seen(b) {
		posted.Set("vu", seen(b))
		return refused(http.StatusConflict, r.fail("envoyer", "cette page vient de changer : vérifiez les champs, puis renvoyez"))
	}
	return r.send(posted, instance.Proposal{Kind: instance.ProposeCorrect, Object: b.ID, Changes: changesIn(b.Kind, posted)}, refused)
}

// seen names the version of an object that somebody had before them.
func seen(b *instance.Base) string { return strconv.FormatInt(b.Updated.UnixMicro(), 36) }

// correctable loads the object, or what an actor says of itself, whose key is in the
// address.
func (r *request) correctable() (instance.Object, error) {
	o, err := r.s.node.ObjectByKey(r.ctx(), r.Param("key"))
	if errors.Is(err, instance.ErrNotFound) {
		o, err = r.presentation()
	}
	switch {
	case err != nil:
		return nil, err
	case !o.Common().Deleted.IsZero():
		return nil, fmt.Errorf("correct %s: %w", o.Common().ID, instance.ErrGone)
	}
	return o, nil
}

func (r *request) presentation() (instance.Object, error) {
	a, err := r.s.node.ActorByKey(r.ctx(), r.Param("key"))
	if err != nil {
		return nil, err
	}
	if !a.Local() {
		if err := r.s.shown(r, a); err != nil {
			return nil, err
		}
	}
	return instance.Presentation(a)
}

func (r *request) showCorrect(status int, o instance.Object, values url.Values, err error) error {
	b := o.Common()
	now := instance.ProposedValues(o)
	if values == nil {
		values = url.Values{}
		for field, value := range now {
			values.Set(field, value)
		}
	}
	f := &proposeForm{r: r, kind: b.Kind, values: values, wrongs: r.problems(err)}
	v := r.proposeView(f)
	about := r.link(instance.Ref{ID: b.ID, Name: r.objectCard(o).Name}, b.Kind)
	v.Title, v.Lead, v.About, v.AboutKind, v.Seen = r.T("correct.title"), r.T("correct.lead"), &about, b.Kind, seen(b)
	v.Elsewhere, v.ReportURL, v.SignIn = b.Origin, "/signaler/"+instance.Key(b.ID), false
	v.Groups = f.groups(func(field string) bool { _, offered := now[field]; return offered })
	takes, err := r.s.node.TakesCorrections(r.ctx(), o)
	if err != nil {
		return err
	}
	if !takes {
		v.Original, v.Groups = webURL(b.URL), nil
		if v.Original == "" {
			v.Original = webURL(b.ID)
		}
	}
	return r.renderPropose(status, v)
}
