package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/maillage/maillage/instance"
)

// organiseView is what one's organisations are asked to organise, and what they agreed
// to.
type organiseView struct {
	Asked, Agreed []organiseLine
}

// organiseLine is one event, and whose it is.
type organiseLine struct {
	Event, Actor   string // IRIs
	Name, When     string
	URL            string // where to read it
	Elsewhere      bool   // on another server
	More           int    // other dates of its series, which get the same answer
	By             link   // who asks
	For            string // which of ours
	Place, Summary string
}

// organising lists what waits for an answer, and what may be left.
func (s *Server) organising(r *request) error {
	var v organiseView
	var err error
	if v.Asked, err = r.organiseLines(instance.OrganiserAsked); err != nil {
		return err
	}
	if v.Agreed, err = r.organiseLines(instance.OrganiserConfirmed); err != nil {
		return err
	}
	return r.show("organise", &page{Title: r.T("organise.title"), NoIndex: true, View: v})
}

// maxAsked bounds how many questions one page shows: the newest.
const maxAsked = 1000

func (r *request) organiseLines(state instance.OrganiserState) ([]organiseLine, error) {
	asked, _, err := r.s.node.Editor(r.account).Asked(r.ctx(), state, 0, maxAsked)
	if err != nil {
		return nil, err
	}
	var lines []organiseLine
	series := map[[3]string]int{} // who asks, who is asked and the series -> its line
	for _, o := range asked {
		e, err := r.s.node.AskedEvent(r.ctx(), o)
		if errors.Is(err, instance.ErrNotFound) { // nothing is left of it here
			continue
		}
		if err != nil {
			return nil, err
		}
		question := [3]string{o.Owner, o.Actor, e.Series}
		if at, seen := series[question]; seen && e.Series != "" {
			lines[at].More++
			continue
		}
		series[question] = len(lines)
		lines = append(lines, r.organiseLine(o, e))
	}
	return lines, nil
}

func (r *request) organiseLine(o instance.Organiser, e *instance.Event) organiseLine {
	line := organiseLine{
		Event: o.Event, Actor: o.Actor, Name: e.Name, When: r.when(e.When), Place: e.Place.Label(), Summary: e.Summary,
		By: r.link(instance.Ref{ID: o.Owner}, instance.KindOrganisation), For: r.link(instance.Ref{ID: o.Actor}, instance.KindOrganisation).Name,
		URL: r.s.node.URLs().Path(o.Event), Elsewhere: o.Copy != nil,
	}
	line.By.From = ""   // its name says enough
	if line.Elsewhere { // it has no page here yet
		line.URL = webURL(cmp.Or(e.URL, e.ID))
	}
	return line
}

// answerOrganise agrees to organise an event, refuses to, or leaves.
func (s *Server) answerOrganise(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	done, ok := map[string]string{
		"accepter": "done.organise.agreed", "refuser": "done.organise.refused", "quitter": "done.organise.left",
	}[posted.Get("geste")]
	if !ok {
		return fmt.Errorf("organise: %q: %w", posted.Get("geste"), instance.ErrNotFound)
	}
	err = s.node.Editor(r.account).AnswerAsked(r.ctx(), posted.Get("evenement"), posted.Get("organisation"), posted.Get("geste") == "accepter")
	switch {
	case errors.Is(err, instance.ErrGone):
		done = "done.organise.gone"
	case errors.Is(err, instance.ErrInvalid):
		done = "done.organise.full"
	case err != nil && !errors.Is(err, instance.ErrDuplicate):
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/co-organiser")
}

// toOrganise counts what waits for whoever is signed in.
func (r *request) toOrganise() int {
	if r.account == nil {
		return 0
	}
	asked, err := r.s.node.Editor(r.account).CountAsked(r.ctx())
	if err != nil {
		r.s.log.ErrorContext(r.ctx(), "count what is to organise", "err", err)
	}
	return asked
}

// knownActor finds who is meant by @name@server, or @name here, or an IRI, among the
// actors that this node knows. ErrNotFound.
func (r *request) knownActor(typed string) (*instance.Actor, error) {
	if strings.HasPrefix(typed, "https://") || strings.HasPrefix(typed, "http://") {
		return r.s.node.Actor(r.ctx(), typed)
	}
	handle, domain, _ := strings.Cut(strings.TrimPrefix(typed, "@"), "@")
	domain = strings.ToLower(domain)
	scope := instance.Scope(domain)
	switch {
	case domain == "" || domain == r.s.node.Domain():
		return r.s.node.ActorByHandle(r.ctx(), strings.ToLower(handle))
	case scope == instance.ScopeLocal || scope == instance.ScopeNetwork:
		return nil, fmt.Errorf("%s: %w", typed, instance.ErrNotFound)
	}
	actors, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{Scope: scope, Limit: maxPeerAccounts})
	for _, a := range actors {
		if strings.EqualFold(a.Handle, handle) {
			return a, err
		}
	}
	return nil, errors.Join(err, fmt.Errorf("%s: %w", typed, instance.ErrNotFound))
}

// discoveriesBy is how many actors an account may have looked for elsewhere within
// tryWindow.
const discoveriesBy = 30

// discoverActor looks for an actor on its own server; why says, in the language of the
// page, why it was not found.
func (r *request) discoverActor(typed string) (a *instance.Actor, why string) {
	nobody := r.T("edit.invites.nobody", typed)
	if r.s.discover == nil || !strings.Contains(strings.TrimPrefix(typed, "@"), "@") && !strings.Contains(typed, "://") {
		return nil, nobody
	}
	if r.s.attempts.take("discover by "+r.account.ID, discoveriesBy) > 0 {
		return nil, r.T("edit.invites.too-many")
	}
	a, err := r.s.discover(r.ctx(), typed)
	switch {
	case err == nil:
		return a, ""
	case r.lang == languages[0]:
		return nil, err.Error()
	}
	return nil, nobody
}
