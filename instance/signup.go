package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// PurposeParticipation is the ticket in the letters to who signed up by an e-mail:
// it confirms their place, shows it, and gives it up.
const PurposeParticipation Purpose = "participation"

// The letters of participation.
const (
	LetterConfirmParticipation = "participation-confirm" // follow this link if it was you
	LetterParticipation        = "participation"         // where your place stands
	LetterParticipationNews    = "participation-news"    // the event has changed
)

// maxUnanswered bounds how many forms may wait for an organiser's answer at one event.
// Those that wait for who sent them to confirm close nothing to anybody: beyond
// maxUnconfirmed the oldest gives way.
const (
	maxUnanswered  = 500
	maxUnconfirmed = 2000
)

// MemberJoin gives an account a place at an event of ours, or puts it on the waiting
// list. Asked twice, nothing changes. ErrForbidden: the event takes no sign-ups.
func (n *Node) MemberJoin(ctx context.Context, a *Account, event string) (*Participation, error) {
	p := Participation{Event: event, Who: memberKey(a), Account: a.ID, Name: a.Name, Via: ViaMember, Seats: 1}
	return &p, n.store.Write(ctx, func(tx Tx) error {
		e, err := n.joinable(ctx, tx, event)
		if err != nil {
			return err
		}
		old, err := tx.Participation(ctx, event, p.Who)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && old.State != ParticipationLeft:
			p = *old
			return nil
		}
		if err := n.newParticipation(ctx, tx, &p); err != nil {
			return err
		}
		return n.seat(ctx, tx, e, &p)
	})
}

// MemberLeave gives an account's place up; to have none is no error.
func (n *Node) MemberLeave(ctx context.Context, a *Account, event string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		e, err := n.ownEvent(ctx, tx, event)
		if err != nil {
			return err
		}
		p, err := tx.Participation(ctx, event, memberKey(a))
		if errors.Is(err, ErrNotFound) || err == nil && p.State == ParticipationLeft {
			return nil
		}
		if err != nil {
			return err
		}
		return n.leave(ctx, tx, e, p)
	})
}

// MemberPlace is where the account's place at an event of ours stands. ErrNotFound.
func (n *Node) MemberPlace(ctx context.Context, a *Account, event string) (*Participation, error) {
	return n.Participation(ctx, event, memberKey(a))
}

func memberKey(a *Account) string { return "account:" + a.ID }

// mailKey tells apart those who sign up by their e-mails, also once it is forgotten.
func mailKey(email string) string { return "mail:" + HashSecret(email) }

// SignUp asks for a place for anyone: they get a letter with a link that confirms it.
// Whoever leaves a phone number instead, or any other way when this node sends no mail,
// is noted on the organiser's desk. Who signs up twice with one e-mail is sent the link
// again, and whoever asks does not learn which it was. ErrInvalid; ErrForbidden: the
// event takes no sign-ups.
func (n *Node) SignUp(ctx context.Context, event string, p Participation) error {
	p.clean()
	var c checks
	c.require(p.Name != "", "name", "donnez un nom ou un pseudonyme")
	if p.Email != "" {
		c.email(p.Email)
	}
	c.require(p.Email != "" || p.Phone != "" || !n.Mails(), "email", "donnez une adresse e-mail, ou un téléphone où vous répondre")
	c.require(p.Seats >= 1 && p.Seats <= maxSeats, "seats", "un nombre de places entre 1 et 20")
	if err := c.err(); err != nil {
		return err
	}
	p.Event, p.Via, p.Account, p.Ours = event, ViaForm, "", false
	if p.Who = "form:" + newID(); p.Email != "" {
		p.Who = mailKey(p.Email)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		if _, err := n.joinable(ctx, tx, event); err != nil {
			return err
		}
		old, err := tx.Participation(ctx, event, p.Who)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && old.State != ParticipationLeft && !n.lapsed(old):
			return n.sendPlace(ctx, tx, old)
		}
		if p.State = ParticipationAsked; n.Mails() && p.Email != "" {
			p.State = ParticipationUnconfirmed
		}
		if err := roomOnDesk(ctx, tx, p); err != nil {
			return err
		}
		if err := n.newParticipation(ctx, tx, &p); err != nil {
			return err
		}
		if err := tx.SaveParticipation(ctx, p); err != nil {
			return err
		}
		return n.sendPlace(ctx, tx, &p)
	})
}

// lapsed says that a place was not confirmed in time.
func (n *Node) lapsed(p *Participation) bool {
	return p.State == ParticipationUnconfirmed && n.clock().Sub(p.Created) > keepUnconfirmed
}

// roomOnDesk refuses a form when too many wait already for the organiser. For one more
// to be confirmed there is always room: nobody closes an event to the others with
// addresses that are not theirs.
func roomOnDesk(ctx context.Context, tx Tx, p Participation) error {
	most := maxUnanswered
	if p.State == ParticipationUnconfirmed {
		most = maxUnconfirmed
	}
	alike := ParticipationFilter{Event: p.Event, State: p.State, Limit: 1}
	waiting, err := tx.CountParticipations(ctx, alike)
	if err != nil || waiting < most {
		return err
	}
	if p.State == ParticipationUnconfirmed {
		oldest, err := tx.Participations(ctx, alike)
		if err != nil || len(oldest) == 0 {
			return err
		}
		return tx.DeleteParticipation(ctx, oldest[0].ID)
	}
	return &ValidationError{[]FieldError{{"event", "trop de demandes attendent déjà une réponse : écrivez plutôt à l’organisateur"}}}
}

// sendPlace sends who signed up the link to their place.
func (n *Node) sendPlace(ctx context.Context, tx Tx, p *Participation) error {
	if !n.Mails() || p.Email == "" {
		return nil
	}
	name := LetterParticipation
	if p.State == ParticipationUnconfirmed {
		name = LetterConfirmParticipation
	}
	return tx.Enqueue(ctx, MailJob(MailArgs{Letter: name, ID: p.ID}))
}

// Place is the participation that a letter's link shows, and its event, which may be
// deleted since. ErrNotFound: the link is no longer good.
func (n *Node) Place(ctx context.Context, secret string) (*Participation, *Event, error) {
	t, err := n.TicketFor(ctx, secret, PurposeParticipation)
	if err != nil {
		return nil, nil, err
	}
	p, err := n.ParticipationByID(ctx, t.ID)
	if err != nil {
		return nil, nil, err
	}
	o, err := n.Object(ctx, p.Event)
	if err != nil {
		return nil, nil, err
	}
	e, ok := o.(*Event)
	if !ok {
		return nil, nil, fmt.Errorf("event %s: %w", p.Event, ErrNotFound)
	}
	return p, e, nil
}

// ConfirmPlace is what the link in a letter is for: the place is asked for in earnest.
// ErrNotFound: the link is no longer good; ErrForbidden: the event takes no more sign-ups.
func (n *Node) ConfirmPlace(ctx context.Context, secret string) error {
	return n.changePlace(ctx, secret, func(tx Tx, e *Event, p *Participation) error {
		if p.State != ParticipationUnconfirmed {
			return nil
		}
		if !e.Joinable(n.clock()) {
			return fmt.Errorf("%s takes no sign-ups: %w", e.ID, ErrForbidden)
		}
		if err := n.prolong(ctx, tx, HashSecret(secret), n.placeKnownUntil(e)); err != nil {
			return err
		}
		p.Updated = n.clock()
		return n.seat(ctx, tx, e, p)
	})
}

// prolong has a ticket be good until a time.
func (n *Node) prolong(ctx context.Context, tx Tx, hash string, until time.Time) error {
	t, err := tx.Ticket(ctx, hash)
	if err == nil {
		err = tx.DeleteTicket(ctx, hash)
	}
	if err != nil {
		return err
	}
	t.Expires = until
	return tx.SaveTicket(ctx, *t)
}

// GiveUpPlace ends the participation of a letter's link. ErrNotFound.
func (n *Node) GiveUpPlace(ctx context.Context, secret string) error {
	return n.changePlace(ctx, secret, func(tx Tx, e *Event, p *Participation) error {
		if p.State == ParticipationLeft {
			return nil
		}
		return n.leave(ctx, tx, e, p)
	})
}

func (n *Node) changePlace(ctx context.Context, secret string, change func(Tx, *Event, *Participation) error) error {
	t, err := n.TicketFor(ctx, secret, PurposeParticipation)
	if err != nil {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error {
		p, err := tx.ParticipationByID(ctx, t.ID)
		if err != nil {
			return err
		}
		e, err := n.ownEvent(ctx, tx, p.Event)
		if err != nil {
			return err
		}
		if p, err = tx.ParticipationByID(ctx, t.ID); err != nil { // now that the event is locked
			return err
		}
		return change(tx, e, p)
	})
}

// writeParticipation fills the letters about a place, each with a link of its own.
func (n *Node) writeParticipation(ctx context.Context, args MailArgs) (letter, error) {
	p, err := n.ParticipationByID(ctx, args.ID)
	if err != nil {
		return letter{}, err
	}
	o, err := n.Object(ctx, p.Event)
	if err != nil {
		return letter{}, err
	}
	e, ok := o.(*Event)
	if !ok || p.State == ParticipationLeft || p.State == ParticipationCounted {
		return letter{}, fmt.Errorf("participation %s: %w", p.ID, ErrNotFound)
	}
	l := letter{To: p.Email, Name: p.Name, What: e.Name, State: string(p.State), Status: string(e.Status)}
	l.When, l.Where, l.Page = e.When.French(), e.Place.Label(), e.URL
	if p.Account != "" {
		a, err := n.Account(ctx, p.Account)
		if err != nil {
			return letter{}, err
		}
		l.To, l.Name, l.Language, l.Link = a.Email, a.Name, a.Language, e.URL
		return l, nil
	}
	if l.To == "" {
		return letter{}, fmt.Errorf("participation %s has no address: %w", p.ID, ErrNotFound)
	}
	secret, hash := Secret()
	l.Link = n.secretLink("/participation", secret)
	ticket := Ticket{Hash: hash, Purpose: PurposeParticipation, ID: p.ID, Created: n.clock(), Expires: n.placeKnownUntil(e)}
	if p.State == ParticipationUnconfirmed {
		ticket.Expires = n.clock().Add(keepUnconfirmed)
	}
	return l, n.store.Write(ctx, func(tx Tx) error { return tx.SaveTicket(ctx, ticket) })
}

// placeKnownUntil is when a place's link stops working: with the event's participants,
// or in a year when nobody knows when it is.
func (n *Node) placeKnownUntil(e *Event) time.Time {
	if _, end := e.When.Bounds(); end.After(n.clock()) {
		return end.Add(keepParticipants)
	}
	return n.clock().AddDate(1, 0, 0)
}

// tellParticipants writes to those with a place, or waiting for one, that the event
// has changed. People of the fediverse get its Update.
func (n *Node) tellParticipants(ctx context.Context, tx Tx, event string) error {
	if !n.Mails() {
		return nil
	}
	people, err := tx.Participations(ctx, ParticipationFilter{Event: event, Limit: 10_000})
	if err != nil {
		return err
	}
	var jobs []Job
	for _, p := range people {
		comes := p.State == ParticipationAccepted || p.State == ParticipationWaiting || p.State == ParticipationAsked
		if comes && (p.Email != "" || p.Account != "") {
			jobs = append(jobs, MailJob(MailArgs{Letter: LetterParticipationNews, ID: p.ID}))
		}
	}
	return tx.Enqueue(ctx, jobs...)
}
