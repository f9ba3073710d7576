package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Bounds of what strangers may ask of one of ours before it is answered.
const (
	maxAskedOfOne  = 100
	maxAskedByPeer = 20 // of one of ours, by one server
)

// Asked lists, newest first, what the actors that the editor speaks for were asked to
// organise or what they agreed to, an event that is no more left out; the int counts all.
func (e Editor) Asked(ctx context.Context, state OrganiserState, offset, limit int) ([]Organiser, int, error) {
	f := e.asked(state)
	f.Newest, f.Offset, f.Limit = true, offset, limit
	return e.node.Organisers(ctx, f)
}

// CountAsked counts what waits for the editor's answer, the dates of a series once.
func (e Editor) CountAsked(ctx context.Context) (int, error) {
	return e.node.CountOrganisers(ctx, e.asked(OrganiserAsked))
}

func (e Editor) asked(state OrganiserState) OrganiserFilter {
	return OrganiserFilter{
		Actors: append(slices.Clone(e.account.Organisations), e.account.Person), Hosted: e.account.Hosts(), State: state, Alive: true,
	}
}

// AnswerAsked agrees to organise an event, or refuses to, also after having agreed, in
// the name of an actor that the editor speaks for; the owner is told. The other dates of
// its series that stand where it does get the same answer. ErrForbidden: it
// is not the editor's to say; ErrNotFound: nobody asked; ErrGone: it was taken back, or
// the event is no more.
func (e Editor) AnswerAsked(ctx context.Context, event, actor string, agrees bool) error {
	if !e.speaksAs(actor) {
		return fmt.Errorf("%s: %w", actor, ErrForbidden)
	}
	also, err := e.sameSeries(ctx, event, actor)
	if err != nil {
		return err
	}
	return e.node.store.Write(ctx, func(tx Tx) error {
		for _, date := range append([]string{event}, also...) {
			if err := e.answerAsked(ctx, tx, date, actor, agrees); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e Editor) answerAsked(ctx context.Context, tx Tx, event, actor string, agrees bool) error {
	if err := tx.Lock(ctx, event); err != nil {
		return err
	}
	row, err := tx.Organiser(ctx, event, actor)
	if err != nil {
		return err
	}
	if e.node.urls.Local(event) {
		return e.node.organise(ctx, tx, author{row.Owner, e.account}, row, agrees)
	}
	if err := e.node.organiseElsewhere(ctx, tx, row, agrees); err != nil {
		return err
	}
	return tx.Enqueue(ctx, organiseJob(row, row.Owner))
}

// sameSeries lists the other dates of an event's series that an actor was asked to
// organise, and that are where this one is: they get the same answer. What somebody else
// says to be of the series is not: its owner was not answered.
func (e Editor) sameSeries(ctx context.Context, event, actor string) ([]string, error) {
	answered, err := e.node.Organiser(ctx, event, actor)
	if err != nil || answered.Series == "" {
		return nil, err
	}
	dates, _, err := e.node.Organisers(ctx, OrganiserFilter{
		Actor: actor, Series: answered.Series, State: answered.State, Alive: true, Limit: 10 * MaxOccurrences,
	})
	var also []string
	for _, row := range dates {
		if row.Event != event && row.Owner == answered.Owner {
			also = append(also, row.Event)
		}
	}
	return also, err
}

// AskedEvent is the event that an Organiser is about: ours, the copy of a peer's, or
// what was read of it when one of ours was asked.
func (n *Node) AskedEvent(ctx context.Context, row Organiser) (*Event, error) {
	o, err := n.Object(ctx, row.Event)
	if e, ok := o.(*Event); ok {
		return e, err
	}
	if errors.Is(err, ErrNotFound) && row.Copy != nil {
		return row.Copy, nil
	}
	return nil, errors.Join(err, fmt.Errorf("event %s: %w", row.Event, ErrNotFound))
}

// ReceiveOrganiserAnswer notes what an actor elsewhere answers to an Offer of an event of
// ours: Accept, Reject, or Reject after having accepted. ErrNotFound: there is no such
// offer of ours; ErrForbidden: it was made to somebody else; ErrGone: it was taken back;
// ErrDuplicate: that was the answer already.
func (n *Node) ReceiveOrganiserAnswer(ctx context.Context, from *Actor, offer string, agrees bool) error {
	asked, err := n.OrganiserByOffer(ctx, offer)
	switch {
	case err != nil:
		return err
	case !n.urls.Local(asked.Event):
		return fmt.Errorf("offer %s: %w: it is not ours", offer, ErrNotFound)
	case asked.Actor != from.ID:
		return fmt.Errorf("offer %s: %w: it was made to %s", offer, ErrForbidden, asked.Actor)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, asked.Event); err != nil {
			return err
		}
		row, err := tx.Organiser(ctx, asked.Event, asked.Actor)
		if err != nil {
			return err
		}
		if row.Offer != offer {
			return fmt.Errorf("offer %s: %w: another was made since", offer, ErrGone)
		}
		return n.organise(ctx, tx, author{actor: row.Owner}, row, agrees)
	})
}

// answered moves an Organiser on, as its actor says.
func (n *Node) answered(row *Organiser, agrees bool) error {
	state := OrganiserRefused
	if agrees {
		state = OrganiserConfirmed
	}
	switch row.State {
	case OrganiserWithdrawn:
		return fmt.Errorf("offer of %s: %w", row.Event, ErrGone)
	case state:
		return fmt.Errorf("offer of %s: %w", row.Event, ErrDuplicate)
	case OrganiserRefused:
		return fmt.Errorf("offer of %s was refused: %w", row.Event, ErrGone)
	}
	row.State, row.Updated = state, later(n.clock(), row.Updated)
	return nil
}

// organise adds to an event of ours who agreed to organise it, or takes away who does
// not any more; everybody who knows of the event is told.
func (n *Node) organise(ctx context.Context, tx Tx, by author, row *Organiser, agrees bool) error {
	was := row.State
	if err := n.answered(row, agrees); err != nil {
		return err
	}
	if err := tx.SaveOrganiser(ctx, *row); err != nil || was == OrganiserAsked && !agrees {
		return err
	}
	old, err := n.owned(ctx, tx, by.actor, row.Event)
	if err != nil {
		return err
	}
	e, ok := CloneObject(old).(*Event)
	if !ok {
		return fmt.Errorf("%w: %s is no event", ErrInvalid, row.Event)
	}
	if agrees && len(e.Organisers) >= maxOrganisers {
		return &ValidationError{[]FieldError{{"event", "cet événement a déjà beaucoup d’organisateurs : voyez avec qui l’a publié"}}}
	}
	if err := e.setOrganiser(ctx, tx, row.Actor, agrees); err != nil {
		return err
	}
	e.Updated = later(n.clock(), e.Updated)
	if err := n.remember(ctx, tx, by, VerbUpdate, e, old); err != nil {
		return err
	}
	return save(ctx, tx, e, VerbUpdate)
}

// setOrganiser adds an actor to the organisers of an event, or takes it away. An event
// whose organisers were not named was its owner's.
func (e *Event) setOrganiser(ctx context.Context, r Reader, actor string, add bool) error {
	e.Organisers = slices.DeleteFunc(e.Organisers, func(ref Ref) bool { return ref.ID == actor })
	if !add {
		return nil
	}
	ids := []string{actor}
	if len(e.Organisers) == 0 {
		ids = []string{e.Owner, actor}
	}
	for _, id := range ids {
		a, err := r.Actor(ctx, id)
		if err != nil {
			return err
		}
		e.Organisers = append(e.Organisers, Ref{ID: a.ID, Slug: a.Slug, Name: a.Name, URL: a.URL})
	}
	return nil
}

// organiseElsewhere publishes here an event of another node that one of ours agreed to
// organise, and takes ours off when it does not any more; the copy itself stays.
func (n *Node) organiseElsewhere(ctx context.Context, tx Tx, row *Organiser, agrees bool) error {
	if err := n.answered(row, agrees); err != nil {
		return err
	}
	e, raw, here := row.Copy, row.Raw, false
	switch o, err := tx.Object(ctx, row.Event); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case !o.Common().Deleted.IsZero():
		return fmt.Errorf("%s: %w", row.Event, ErrGone)
	default:
		e, here = CloneObject(o).(*Event)
		raw = nil
	}
	row.Copy, row.Raw = nil, nil
	if err := tx.SaveOrganiser(ctx, *row); err != nil || e == nil || !here && !agrees {
		return err
	}
	if err := e.setOrganiser(ctx, tx, row.Actor, agrees); err != nil {
		return err
	}
	if err := tx.SaveObject(ctx, e, raw); err != nil {
		return err
	}
	return tx.Enqueue(ctx, IndexJob(e.ID))
}

// ReceiveOffer keeps that the owner of an event elsewhere asks one of ours to organise
// it, until it is answered; asked again, it is answered again. offer has the Event and
// its Copy, as just read at its origin, with the Raw bytes, the Actor and the Offer.
//
// ErrForbidden: the event is not from's; ErrNotFound, ErrGone: the actor is none of ours;
// ErrBusy: too much waits for it.
func (n *Node) ReceiveOffer(ctx context.Context, from *Actor, offer Organiser) error {
	e := offer.Copy
	if n.urls.Local(from.ID) || e.ID != offer.Event || e.Owner != from.ID || !SameOrigin(e.ID, from.ID) || !SameOrigin(offer.Offer, from.ID) {
		return fmt.Errorf("offer of %s: %w: it is not %s's", offer.Event, ErrForbidden, from.ID)
	}
	actor, err := n.Actor(ctx, offer.Actor)
	switch {
	case err != nil:
		return err
	case !actor.Local() || actor.Kind != KindOrganisation && actor.Kind != KindPerson:
		return fmt.Errorf("offer to %s: %w", offer.Actor, ErrNotFound)
	case !actor.Gone.IsZero():
		return fmt.Errorf("offer to %s: %w", offer.Actor, ErrGone)
	}
	n.clean(e)
	return n.store.Write(ctx, func(tx Tx) error {
		if late, err := wasUndone(ctx, tx, from.ID, offer.Offer); late || err != nil {
			return err
		}
		if err := tx.Lock(ctx, offer.Event); err != nil {
			return err
		}
		row, err := tx.Organiser(ctx, offer.Event, offer.Actor)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && (row.State == OrganiserConfirmed || row.State == OrganiserRefused && row.Offer == offer.Offer):
			row.Offer = offer.Offer
			if err := tx.SaveOrganiser(ctx, *row); err != nil {
				return err
			}
			return tx.Enqueue(ctx, organiseJob(row, from.ID))
		case err != nil || row.State != OrganiserAsked:
			if err := n.roomToAsk(ctx, tx, from, offer.Actor); err != nil {
				return err
			}
		}
		offer.Owner, offer.Series, offer.State, offer.Asked = from.ID, e.Series, OrganiserAsked, n.clock()
		offer.Updated = offer.Asked
		return tx.SaveOrganiser(ctx, offer)
	})
}

// roomToAsk bounds what waits for one of ours.
func (n *Node) roomToAsk(ctx context.Context, tx Tx, from *Actor, actor string) error {
	waiting, total, err := tx.Organisers(ctx, OrganiserFilter{Actor: actor, State: OrganiserAsked, Limit: maxAskedOfOne})
	if err != nil {
		return err
	}
	theirs := slices.DeleteFunc(waiting, func(o Organiser) bool { return !SameOrigin(o.Owner, from.ID) })
	if total >= maxAskedOfOne || len(theirs) >= maxAskedByPeer {
		return fmt.Errorf("offer to %s: %w", actor, ErrBusy)
	}
	return nil
}

// ReceiveOfferUndone notes that the owner of an event elsewhere takes back what it asked
// of one of ours. One that overtook its Offer is remembered. ErrForbidden: it is not
// from's; ErrNotFound: nothing was asked so far.
func (n *Node) ReceiveOfferUndone(ctx context.Context, from *Actor, offer string) error {
	asked, err := n.OrganiserByOffer(ctx, offer)
	switch {
	case errors.Is(err, ErrNotFound):
		return errors.Join(err, n.store.Write(ctx, func(tx Tx) error { return n.rememberUndone(ctx, tx, from.ID, offer) }))
	case err != nil:
		return err
	case asked.Owner != from.ID || n.urls.Local(asked.Event):
		return fmt.Errorf("undo of %s: %w: it is not %s's", offer, ErrForbidden, from.ID)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, asked.Event); err != nil {
			return err
		}
		row, err := tx.Organiser(ctx, asked.Event, asked.Actor)
		if err != nil || row.Offer != offer || row.State == OrganiserWithdrawn {
			return err
		}
		if row.State == OrganiserConfirmed {
			if err := n.organiseElsewhere(ctx, tx, row, false); err != nil && !errors.Is(err, ErrGone) {
				return err
			}
		}
		row.State, row.Updated, row.Copy, row.Raw = OrganiserWithdrawn, later(n.clock(), row.Updated), nil, nil
		return tx.SaveOrganiser(ctx, *row)
	})
}

// disclaim takes out of a peer's event those of ours that it names as organisers and
// that did not agree to be.
func (n *Node) disclaim(ctx context.Context, tx Tx, o Object) error {
	e, ok := o.(*Event)
	if !ok {
		return nil
	}
	kept := e.Organisers[:0]
	for _, ref := range e.Organisers {
		if kind, _, ours := n.urls.Parse(ref.ID); ours && kind != KindPartner {
			switch row, err := tx.Organiser(ctx, e.ID, ref.ID); {
			case errors.Is(err, ErrNotFound), err == nil && row.State != OrganiserConfirmed:
				continue
			case err != nil:
				return err
			}
		}
		kept = append(kept, ref)
	}
	e.Organisers = kept
	return nil
}
