package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// JoinMode says who may sign up for an event on its own node.
type JoinMode string

// The modes. An event without one takes no sign-ups: its ParticipationURL, if any,
// says where they are.
const (
	JoinNone       JoinMode = ""
	JoinFree       JoinMode = "free"       // whoever comes first
	JoinRestricted JoinMode = "restricted" // the organiser answers each
)

func (m JoinMode) validate(c *checks) {
	c.require(slices.Contains([]JoinMode{JoinNone, JoinFree, JoinRestricted}, m), "join_mode", "free, restricted ou rien")
}

// ParticipationState is where somebody's place at an event stands.
type ParticipationState string

// The states of a participation.
const (
	ParticipationUnconfirmed ParticipationState = "waiting-confirmation" // an e-mail to be shown to be theirs
	ParticipationAsked       ParticipationState = "waiting-answer"       // on the organiser's desk, or another node's
	ParticipationWaiting     ParticipationState = "waiting-list"         // for a place to be free
	ParticipationAccepted    ParticipationState = "accepted"
	ParticipationRefused     ParticipationState = "refused"
	ParticipationLeft        ParticipationState = "left"
	ParticipationCounted     ParticipationState = "counted" // took part; who it was is forgotten
)

// Via is how a participation came.
type Via string

// The ways.
const (
	ViaMember    Via = "member"    // one click, signed in
	ViaFediverse Via = "fediverse" // a Join
	ViaForm      Via = "form"      // anyone, by an e-mail
	ViaDesk      Via = "desk"      // noted by the organiser
)

// Participation is somebody's place, or wish for one, at an event: at one of ours,
// or one of ours at an event of another node. There is one for each event and Who.
type Participation struct {
	ID      string             `json:"id"`
	Event   string             `json:"event"` // IRI
	Who     string             `json:"who"`   // IRI of an actor, else what tells one person from another
	Ours    bool               `json:"ours,omitempty"`
	Account string             `json:"account,omitempty"` // of a member
	Name    string             `json:"name,omitempty"`    // or pseudonym
	Email   string             `json:"email,omitempty"`
	Phone   string             `json:"phone,omitempty"`
	Note    string             `json:"note,omitempty"` // what they said with it
	State   ParticipationState `json:"state"`
	Via     Via                `json:"via"`
	Seats   int                `json:"seats"`
	Join    string             `json:"join,omitempty"` // IRI of the Join activity
	Raw     []byte             `json:"raw,omitempty"`  // the Join as received: its answer embeds it
	Created time.Time          `json:"created"`
	Updated time.Time          `json:"updated"`
}

// Actor is the IRI of the actor who takes part, "" for somebody who has none.
func (p *Participation) Actor() string {
	if p.Via == ViaFediverse || p.Ours {
		return p.Who
	}
	return ""
}

// Unchecked says that nobody made sure that a participation is of whom it names: it came
// by the form, without a letter that was answered.
func (n *Node) Unchecked(p *Participation) bool {
	return p.Via == ViaForm && (p.Email == "" || !n.Mails())
}

// Attendance counts the seats of an event of ours.
type Attendance struct {
	Taken   int // accepted, and counted once the event is over
	Waiting int // on the waiting list
	Asked   int // for the organiser to answer
}

// Left is how many seats are free of a capacity; -1 when it has no limit.
func (a Attendance) Left(capacity int) int {
	if capacity <= 0 {
		return -1
	}
	return max(0, capacity-a.Taken)
}

// ParticipationFilter selects participations. Zero values do not filter.
type ParticipationFilter struct {
	Event string
	Who   string
	Join  string // IRI of the Join activity
	State ParticipationState
	Limit int // 0 = 1000
}

// ParticipationReader reads participations.
type ParticipationReader interface {
	Participation(ctx context.Context, event, who string) (*Participation, error)
	ParticipationByID(ctx context.Context, id string) (*Participation, error)
	// Participations lists them in the order in which places were asked for.
	Participations(ctx context.Context, f ParticipationFilter) ([]Participation, error)
	CountParticipations(ctx context.Context, f ParticipationFilter) (int, error)
	Attendance(ctx context.Context, event string) (Attendance, error)
	// ParticipantInboxes lists where to post to the remote actors who take part in an
	// event of ours, or would like to: each once, blocked hosts left out.
	ParticipantInboxes(ctx context.Context, event string) ([]string, error)
}

// ParticipationTx keeps them.
type ParticipationTx interface {
	// SaveParticipation inserts, at the end of the list, or replaces by its ID.
	SaveParticipation(ctx context.Context, p Participation) error
	DeleteParticipation(ctx context.Context, id string) error // none is no error
	// ForgetParticipants keeps but the number of those who took part in events that
	// ended or were deleted before a time, and who asked for a place before another time
	// and never confirmed. It says how many it forgot.
	ForgetParticipants(ctx context.Context, before, unconfirmed time.Time) (int, error)
}

// maxSeats bounds what one person asks for.
const maxSeats = 20

// keepParticipants is how long after an event those who took part are known, and
// keepUnconfirmed how long a place may be confirmed.
const (
	keepParticipants = 7 * 24 * time.Hour
	keepUnconfirmed  = 48 * time.Hour
)

// ForgetParticipants erases who took part in what ended a week ago; only numbers
// stay. Places that were never confirmed go too. It is to be run every day.
func (n *Node) ForgetParticipants(ctx context.Context) (forgotten int, err error) {
	err = n.store.Write(ctx, func(tx Tx) error {
		forgotten, err = tx.ForgetParticipants(ctx, n.clock().Add(-keepParticipants), n.clock().Add(-keepUnconfirmed))
		return err
	})
	return forgotten, err
}

// Joinable says whether a place at the event may be asked for here: it takes
// sign-ups, and is still to come as far as is known.
func (e *Event) Joinable(now time.Time) bool {
	return e.Deleted.IsZero() && e.JoinMode != JoinNone && e.Status != StatusCancelled && !e.Over(now)
}

// joinable loads an event of ours in which places may be asked for, locked until
// commit. ErrNotFound: there is no such event; ErrGone; ErrForbidden: it takes none.
func (n *Node) joinable(ctx context.Context, tx Tx, id string) (*Event, error) {
	e, err := n.ownEvent(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if !e.Joinable(n.clock()) {
		return nil, fmt.Errorf("%s takes no sign-ups: %w", id, ErrForbidden)
	}
	return e, nil
}

// ownEvent loads an event of ours, alive, locked until commit.
func (n *Node) ownEvent(ctx context.Context, tx Tx, id string) (*Event, error) {
	if err := tx.Lock(ctx, id); err != nil {
		return nil, err
	}
	o, err := tx.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	e, ok := o.(*Event)
	switch {
	case !ok, !e.Local():
		return nil, fmt.Errorf("event %s: %w", id, ErrNotFound)
	case !e.Deleted.IsZero():
		return nil, fmt.Errorf("event %s: %w", id, ErrGone)
	}
	return e, nil
}

// seat gives a participation its place: on the desk of an organiser who answers each,
// else among those who come while there is room, else at the end of the waiting list.
// Nobody overtakes those who wait already.
func (n *Node) seat(ctx context.Context, tx Tx, e *Event, p *Participation) error {
	p.State = ParticipationAccepted
	switch {
	case e.JoinMode == JoinRestricted && p.Via != ViaDesk:
		p.State = ParticipationAsked
	case e.Capacity > 0:
		a, err := tx.Attendance(ctx, e.ID)
		if err != nil {
			return err
		}
		if a.Waiting > 0 || a.Taken+p.Seats > e.Capacity {
			p.State = ParticipationWaiting
		}
	}
	return tx.SaveParticipation(ctx, *p)
}

// moveList gives free places to those who wait, first come first served, and tells them.
func (n *Node) moveList(ctx context.Context, tx Tx, e *Event) error {
	if !e.Joinable(n.clock()) {
		return nil
	}
	a, err := tx.Attendance(ctx, e.ID)
	if err != nil || a.Waiting == 0 {
		return err
	}
	waiting, err := tx.Participations(ctx, ParticipationFilter{Event: e.ID, State: ParticipationWaiting})
	if err != nil {
		return err
	}
	for _, p := range waiting {
		if e.Capacity > 0 && a.Taken+p.Seats > e.Capacity {
			return nil
		}
		a.Taken += p.Seats
		if err := n.settleParticipation(ctx, tx, &p, ParticipationAccepted); err != nil {
			return err
		}
	}
	return nil
}

// reseat follows a change of an event: those with a place are told what changed for
// them, and those who wait get the places that it makes.
func (n *Node) reseat(ctx context.Context, tx Tx, old, o Object) error {
	was, wasEvent := old.(*Event)
	e, isEvent := o.(*Event)
	if !wasEvent || !isEvent || was.Over(n.clock()) {
		return nil
	}
	if notice(was, e) != "" {
		if err := n.tellParticipants(ctx, tx, e.ID); err != nil {
			return err
		}
	}
	return n.moveList(ctx, tx, e)
}

// settleParticipation puts a participation in a state and tells who it is about.
func (n *Node) settleParticipation(ctx context.Context, tx Tx, p *Participation, state ParticipationState) error {
	p.State, p.Updated = state, n.clock()
	if err := tx.SaveParticipation(ctx, *p); err != nil {
		return err
	}
	return n.tellParticipant(ctx, tx, p)
}

// tellParticipant sends news of a place by the way it was asked for.
func (n *Node) tellParticipant(ctx context.Context, tx Tx, p *Participation) error {
	switch {
	case p.Via == ViaFediverse:
		return tx.Enqueue(ctx, JoinAnswerJob(JoinAnswerArgs{Event: p.Event, Who: p.Who}))
	case n.Mails() && (p.Email != "" || p.Account != ""):
		return tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterParticipation, ID: p.ID}))
	}
	return nil
}

// leave ends a participation at an event of ours: what was known of the person is
// erased, and the list moves up.
func (n *Node) leave(ctx context.Context, tx Tx, e *Event, p *Participation) error {
	if p.State != ParticipationRefused { // leaving does not undo a refusal: one could then join anew
		p.State = ParticipationLeft
	}
	p.Updated = n.clock()
	p.Name, p.Email, p.Phone, p.Note, p.Raw = "", "", "", "", nil
	if err := tx.SaveParticipation(ctx, *p); err != nil {
		return err
	}
	return n.moveList(ctx, tx, e)
}

// newParticipation takes the place of one that was left, at the end of the list.
func (n *Node) newParticipation(ctx context.Context, tx Tx, p *Participation) error {
	old, err := tx.Participation(ctx, p.Event, p.Who)
	if err == nil {
		err = tx.DeleteParticipation(ctx, old.ID)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	p.ID, p.Created, p.Updated = newID(), n.clock(), n.clock()
	p.Seats = min(max(p.Seats, 1), maxSeats)
	return nil
}

// clean makes fit to keep what a stranger, or an organiser in haste, wrote.
func (p *Participation) clean() {
	p.Name, p.Phone, p.Note = CleanName(p.Name, 100), CleanName(p.Phone, 40), CleanName(p.Note, 500)
	p.Email = typedEmail(p.Email)
}

// Participants lists the people of an event of the editor's organisations, in the
// order in which they asked. ErrForbidden, ErrNotFound.
func (e Editor) Participants(ctx context.Context, event string) ([]Participation, error) {
	if _, err := e.author(ctx, event); err != nil {
		return nil, err
	}
	all, err := e.node.Participations(ctx, ParticipationFilter{Event: event, Limit: 10_000})
	return slices.DeleteFunc(all, func(p Participation) bool {
		return p.State == ParticipationLeft || p.State == ParticipationUnconfirmed
	}), err
}

// NoteParticipant adds somebody who asked by phone or in person: a name or a
// pseudonym is enough. ErrForbidden, ErrInvalid.
func (e Editor) NoteParticipant(ctx context.Context, event string, p Participation) (*Participation, error) {
	p.clean()
	var c checks
	c.require(p.Name != "", "name", "donnez un nom ou un pseudonyme")
	if p.Email != "" {
		c.email(p.Email)
	}
	c.require(p.Seats >= 1 && p.Seats <= maxSeats, "seats", "un nombre de places entre 1 et 20")
	if err := c.err(); err != nil {
		return nil, err
	}
	if _, err := e.author(ctx, event); err != nil {
		return nil, err
	}
	p.Event, p.Via, p.Who, p.Account, p.Ours = event, ViaDesk, "desk:"+newID(), "", false
	return &p, e.node.store.Write(ctx, func(tx Tx) error {
		ev, err := e.node.ownEvent(ctx, tx, event)
		if err != nil {
			return err
		}
		if err := e.node.newParticipation(ctx, tx, &p); err != nil {
			return err
		}
		return e.node.seat(ctx, tx, ev, &p)
	})
}

// AnswerParticipant gives somebody a place, even beyond the capacity, or refuses it:
// the organiser knows the room. They are told. ErrForbidden, ErrNotFound.
func (e Editor) AnswerParticipant(ctx context.Context, id string, accepted bool) error {
	return e.changeParticipant(ctx, id, func(tx Tx, ev *Event, p *Participation) error {
		state := ParticipationRefused
		if accepted {
			state = ParticipationAccepted
		}
		if p.State == state || p.State == ParticipationCounted {
			return nil
		}
		if err := e.node.settleParticipation(ctx, tx, p, state); err != nil || accepted {
			return err
		}
		return e.node.moveList(ctx, tx, ev)
	})
}

// RemoveParticipant takes off the list somebody who said they will not come.
func (e Editor) RemoveParticipant(ctx context.Context, id string) error {
	return e.changeParticipant(ctx, id, func(tx Tx, ev *Event, p *Participation) error {
		if p.Via == ViaFediverse { // what they hear is a refusal
			p.State = ParticipationRefused
			if err := e.node.tellParticipant(ctx, tx, p); err != nil {
				return err
			}
			if err := tx.SaveParticipation(ctx, *p); err != nil {
				return err
			}
			return e.node.moveList(ctx, tx, ev)
		}
		if err := tx.DeleteParticipation(ctx, p.ID); err != nil {
			return err
		}
		return e.node.moveList(ctx, tx, ev)
	})
}

// OpenSignUp says who may sign up for an event and how many there is room for
// (0 = no limit). Those who wait get the places that this makes.
func (e Editor) OpenSignUp(ctx context.Context, event string, mode JoinMode, capacity int) error {
	o, err := e.node.Object(ctx, event)
	if err != nil {
		return err
	}
	ev, ok := CloneObject(o).(*Event)
	if !ok {
		return fmt.Errorf("event %s: %w", event, ErrNotFound)
	}
	ev.JoinMode, ev.Capacity = mode, capacity
	_, err = e.Edit(ctx, event, ev)
	return err
}

func (e Editor) changeParticipant(ctx context.Context, id string, change func(Tx, *Event, *Participation) error) error {
	p, err := e.node.ParticipationByID(ctx, id)
	if err != nil {
		return err
	}
	if _, err := e.author(ctx, p.Event); err != nil {
		return err
	}
	return e.node.store.Write(ctx, func(tx Tx) error {
		ev, err := e.node.ownEvent(ctx, tx, p.Event)
		if err != nil {
			return err
		}
		if p, err = tx.ParticipationByID(ctx, id); err != nil {
			return err
		}
		return change(tx, ev, p)
	})
}
