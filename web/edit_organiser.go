package web

import (
	"cmp"
	"errors"
	"slices"

	"github.com/maillage/maillage/instance"
)

// fillOrganisers writes who organises an event: ours in whose names one may write, those
// who can be asked, agreed or not yet, and those who are but a name.
func (f *editForm) fillOrganisers(e *instance.Event) {
	var invites, others [][]string
	for _, ref := range e.Organisers {
		a, err := f.r.s.node.Actor(f.r.ctx(), ref.ID)
		switch {
		case f.r.writesAs(ref.ID):
			f.Add("organisers", ref.ID)
		case err == nil:
			invites = append(invites, []string{a.Address(f.r.s.node.Domain())})
		default:
			others = append(others, []string{ref.Name, cmp.Or(ref.URL, ref.ID)})
		}
	}
	for _, a := range f.r.askedToOrganise(e, instance.OrganiserAsked) {
		if a.Handle != "" {
			invites = append(invites, []string{a.Address(f.r.s.node.Domain())})
		}
	}
	f.setCells("invites", invites)
	f.setCells("others", others)
}

// askedToOrganise lists those who were asked to organise an event of ours, by what came
// of it.
func (r *request) askedToOrganise(e *instance.Event, state instance.OrganiserState) []*instance.Actor {
	if e.ID == "" {
		return nil
	}
	asked, _, err := r.s.node.Organisers(r.ctx(), instance.OrganiserFilter{Event: e.ID, State: state, Limit: 100})
	if err != nil {
		r.s.log.ErrorContext(r.ctx(), "organisers", "event", e.ID, "err", err)
	}
	var actors []*instance.Actor
	for _, o := range asked {
		a, err := r.s.node.Actor(r.ctx(), o.Actor)
		if err != nil { // named by its IRI alone, and not read yet
			a = &instance.Actor{ID: o.Actor, Name: hostOf(o.Actor)}
		}
		actors = append(actors, a)
	}
	return actors
}

// writesAs says that the actor is one of ours that whoever is signed in writes for.
func (r *request) writesAs(actor string) bool {
	return r.account != nil && actor != "" && r.s.node.URLs().Local(actor) && r.account.WritesFor(actor)
}

// readOrganisers are ours that were ticked, those to ask, then the others by name and
// address. Those that were there already keep what is known of them.
func (f *editForm) readOrganisers(was []instance.Ref) []instance.Ref {
	var refs []instance.Ref
	for _, id := range f.chosen("organisers") {
		if i := slices.IndexFunc(was, func(ref instance.Ref) bool { return ref.ID == id }); i >= 0 {
			refs = append(refs, was[i])
		} else if a, err := f.r.s.node.Actor(f.r.ctx(), id); err == nil && f.r.writesAs(a.ID) {
			refs = append(refs, refTo(a))
		}
	}
	for _, line := range f.cells("invites") {
		if a := f.organiserAt(line[0]); a != nil {
			refs = append(refs, refTo(a))
		}
	}
	for _, line := range f.cells("others") {
		name, address := line[0], line[1]
		if bareHost.MatchString(address) {
			address = "https://" + address
		}
		if i := slices.IndexFunc(was, func(ref instance.Ref) bool { return ref.Name == name && cmp.Or(ref.URL, ref.ID) == address }); i >= 0 {
			refs = append(refs, was[i])
			continue
		}
		ref := instance.Ref{Name: instance.CleanName(name, 200), URL: address}
		if ref.Name == "" {
			ref.Name = hostOf(address)
		}
		refs = append(refs, ref)
	}
	return refs
}

// organiserAt finds who is meant by @name@server or the address of a page: among those
// this node knows and, once the form is sent for good, elsewhere. nil: nobody, which is
// noted then; a draft may name whom it likes.
func (f *editForm) organiserAt(typed string) *instance.Actor {
	a, err := f.r.knownActor(typed)
	switch {
	case err == nil && (a.Kind == instance.KindOrganisation || a.Kind == instance.KindPerson) && a.Gone.IsZero():
		return a
	case err == nil:
		f.note("invites", f.r.T("edit.invites.not-one", typed))
		return nil
	case !errors.Is(err, instance.ErrNotFound):
		f.r.s.log.ErrorContext(f.r.ctx(), "organiser", "typed", typed, "err", err)
	}
	if !f.final {
		return nil
	}
	a, why := f.r.discoverActor(typed)
	if why != "" {
		f.note("invites", why)
		return nil
	}
	if a.Kind != instance.KindOrganisation && a.Kind != instance.KindPerson {
		f.note("invites", f.r.T("edit.invites.not-one", typed))
		return nil
	}
	return a
}

// unask takes back what those were asked who have not answered and whom the form names
// no more.
func (w *writing) unask(was *instance.Event) error {
	for _, a := range w.askedToOrganise(was, instance.OrganiserAsked) {
		named := slices.ContainsFunc(w.form.cells("invites"), func(line []string) bool {
			known, err := w.knownActor(line[0])
			return err == nil && known.ID == a.ID
		})
		if named || a.Handle == "" { // the form did not show it
			continue
		}
		if err := w.editor.Unask(w.ctx(), was.ID, a.ID); err != nil && !errors.Is(err, instance.ErrNotFound) {
			return err
		}
	}
	return nil
}
