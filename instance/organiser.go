package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// OrganiserState is where asking somebody to organise an event stands.
type OrganiserState string

// The states of asking.
const (
	OrganiserAsked     OrganiserState = "asked" // waits for their answer
	OrganiserConfirmed OrganiserState = "confirmed"
	OrganiserRefused   OrganiserState = "refused"   // by them, at once or after they had agreed
	OrganiserWithdrawn OrganiserState = "withdrawn" // by the owner of the event
)

// Organiser is an actor asked to organise an event together with its owner; the node of
// the event and that of the actor each keep one. Who has agreed is in Event.Organisers,
// for everybody; who has not is here only.
type Organiser struct {
	Event   string         `json:"event"`            // IRI
	Actor   string         `json:"actor"`            // IRI of who is asked
	Owner   string         `json:"owner"`            // IRI of who asks
	Offer   string         `json:"offer"`            // IRI of the activity that asks
	Series  string         `json:"series,omitempty"` // of the event: its dates are answered together
	State   OrganiserState `json:"state"`
	Asked   time.Time      `json:"asked"`
	Updated time.Time      `json:"updated"`
	// Copy is an event of another node as it was when one of ours was asked, and Raw the
	// same as received: it is published here once they agree, and not before.
	Copy *Event `json:"copy,omitempty"`
	Raw  []byte `json:"raw,omitempty"`
}

// OrganiserFilter selects organisers. Zero values do not filter.
type OrganiserFilter struct {
	Event  string
	Actor  string
	Actors []string // any of them
	Hosted bool     // with Actors: also any organisation of ours
	Series string
	State  OrganiserState
	Alive  bool // of events that are not deleted
	Newest bool // first; the oldest first otherwise
	Offset int
	Limit  int // 0 = 50
}

// OrganiserReader reads who was asked to organise what.
type OrganiserReader interface {
	Organiser(ctx context.Context, event, actor string) (*Organiser, error)
	// OrganiserByOffer finds one by the IRI of the activity that asks.
	OrganiserByOffer(ctx context.Context, offer string) (*Organiser, error)
	// Organisers lists them; the int counts all that match.
	Organisers(ctx context.Context, f OrganiserFilter) ([]Organiser, int, error)
	// CountOrganisers counts what they were asked, the dates of a series once.
	CountOrganisers(ctx context.Context, f OrganiserFilter) (int, error)
	// OrganiserInboxes lists where to post to the remote actors who agreed to organise
	// an event, each once, blocked hosts left out.
	OrganiserInboxes(ctx context.Context, event string) ([]string, error)
}

// OrganiserTx keeps it.
type OrganiserTx interface {
	SaveOrganiser(ctx context.Context, o Organiser) error // by its pair
}

// JobOrganise says what an Organiser has come to, to the other node: asks, or takes it
// back, for an event of ours; agrees, or refuses, for an event elsewhere.
const JobOrganise = "organise"

// OrganiseArgs name an Organiser by its pair.
type OrganiseArgs struct {
	Event string `json:"event"`
	Actor string `json:"actor"`
}

func organiseJob(o *Organiser, to string) Job {
	job := NewJob(JobOrganise, OrganiseArgs{o.Event, o.Actor})
	job.Key = Origin(to)
	return job
}

// maxOrganisers bounds who organises one event.
const maxOrganisers = 50

// askOrganisers leaves among the organisers of an event of ours those who have agreed to
// be, and asks the others. Those who had agreed and are named no more are told so.
// The transaction may run again: what the author wrote is kept in e.wanted.
func (n *Node) askOrganisers(ctx context.Context, tx Tx, by author, o, old Object) error {
	e, ok := o.(*Event)
	if !ok {
		return nil
	}
	if e.wanted == nil {
		e.wanted = append([]Ref{}, e.Organisers...)
	}
	var agreed []Ref
	var named []string
	for _, ref := range e.wanted {
		ref, asked, err := n.organiser(ctx, tx, by, e, old, ref)
		if err != nil {
			return err
		}
		if ref.ID != "" && slices.Contains(named, ref.ID) {
			continue
		}
		if named = append(named, ref.ID); !asked {
			agreed = append(agreed, ref)
		} else if err := n.ask(ctx, tx, e, ref.ID); err != nil {
			return err
		}
	}
	e.Organisers = agreed
	if old == nil {
		return nil
	}
	return n.dismiss(ctx, tx, e.ID, func(o Organiser) bool {
		return o.State == OrganiserConfirmed && !slices.Contains(named, o.Actor)
	})
}

// organiser says whether somebody named as an organiser must be asked: an actor that
// has not agreed, and for whom the author does not write. What is only a name, or a sheet
// of a directory, is nobody to ask.
func (n *Node) organiser(ctx context.Context, tx Tx, by author, e *Event, old Object, ref Ref) (Ref, bool, error) {
	a, err := tx.Actor(ctx, cmp.Or(ref.ID, ref.URL))
	switch {
	case errors.Is(err, ErrNotFound):
		asked, err := n.unknownActor(ctx, tx, ref.ID)
		return ref, asked, err
	case err != nil:
		return ref, false, err
	}
	if ref.ID = a.ID; a.ID == e.Owner {
		return ref, false, nil
	}
	if a.Local() && by.account != nil && n.Editor(by.account).speaksAs(a.ID) {
		return ref, false, nil
	}
	row, err := tx.Organiser(ctx, e.ID, a.ID)
	switch {
	case errors.Is(err, ErrNotFound): // those of before anybody was asked stay
		was, _ := old.(*Event)
		return ref, was == nil || !organises(was, a.ID), nil
	case err != nil:
		return ref, false, err
	}
	return ref, row.State != OrganiserConfirmed, nil
}

// unknownActor says whether an IRI that is no actor we know may be that of one
// elsewhere.
func (n *Node) unknownActor(ctx context.Context, tx Tx, id string) (bool, error) {
	if id == "" || n.urls.Local(id) {
		return false, nil
	}
	_, err := tx.Object(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return false, err
}

func organises(e *Event, actor string) bool {
	return slices.ContainsFunc(e.Organisers, func(ref Ref) bool { return ref.ID == actor })
}

// ask asks an actor to organise an event of ours, once for each time it is wanted.
func (n *Node) ask(ctx context.Context, tx Tx, e *Event, actor string) error {
	row, err := tx.Organiser(ctx, e.ID, actor)
	if err == nil && row.State == OrganiserAsked {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	now := n.clock()
	row = &Organiser{Event: e.ID, Actor: actor, Owner: e.Owner, Offer: n.urls.Activity(newID()), Series: e.Series, State: OrganiserAsked, Asked: now, Updated: now}
	if err := tx.SaveOrganiser(ctx, *row); err != nil || n.urls.Local(actor) {
		return err
	}
	return tx.Enqueue(ctx, organiseJob(row, actor))
}

// dismiss takes back what some were asked, and tells them.
func (n *Node) dismiss(ctx context.Context, tx Tx, event string, whom func(Organiser) bool) error {
	rows, _, err := tx.Organisers(ctx, OrganiserFilter{Event: event, Limit: 1000})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !whom(row) {
			continue
		}
		row.State, row.Updated = OrganiserWithdrawn, later(n.clock(), row.Updated)
		if err := tx.SaveOrganiser(ctx, row); err != nil {
			return err
		}
		if n.urls.Local(row.Actor) {
			continue
		}
		if err := tx.Enqueue(ctx, organiseJob(&row, row.Actor)); err != nil {
			return err
		}
	}
	return nil
}

// withdrawAsked takes back what was asked for an event that is no more. Those who had
// agreed hear of its end as its followers do.
func (n *Node) withdrawAsked(ctx context.Context, tx Tx, event string) error {
	return n.dismiss(ctx, tx, event, func(o Organiser) bool { return o.State == OrganiserAsked })
}

// Unask takes back what somebody was asked who has not answered. ErrForbidden: the
// event is not the editor's; ErrNotFound: they were not asked, or have answered.
func (e Editor) Unask(ctx context.Context, event, actor string) error {
	if _, err := e.author(ctx, event); err != nil {
		return err
	}
	return e.node.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, event); err != nil {
			return err
		}
		row, err := tx.Organiser(ctx, event, actor)
		if err != nil {
			return err
		}
		if row.State != OrganiserAsked {
			return fmt.Errorf("organiser %s: %w", actor, ErrNotFound)
		}
		return e.node.dismiss(ctx, tx, event, func(o Organiser) bool { return o.Actor == actor })
	})
}
