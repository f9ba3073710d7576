package instance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The jobs of participation.
const (
	JobJoin       = "join"        // send a Join, or the Leave, of one of ours
	JobJoinAnswer = "join-answer" // answer a Join: Accept, Reject or Ignore
)

// JobSync compares with a peer who of ours follows one of its actors.
const JobSync = "sync"

// JoinArgs name a participation of one of ours by its pair.
type JoinArgs struct {
	Event string `json:"event"`
	Who   string `json:"who"`
	Leave string `json:"leave,omitempty"` // the IRI of the Join that is taken back
}

// JoinAnswerArgs name a participation at an event of ours, or the Join (by its IRI)
// to which there is nothing to say but that it is ignored.
type JoinAnswerArgs struct {
	Event  string `json:"event"`
	Who    string `json:"who"`
	Ignore string `json:"ignore,omitempty"`
}

// JoinAnswerJob asks for the answer to a Join to be sent.
func JoinAnswerJob(args JoinAnswerArgs) Job {
	job := NewJob(JobJoinAnswer, args)
	job.Key = Origin(args.Who)
	return job
}

// ReceiveJoin asks for a place at an event of ours for a remote actor, and has it
// answered: Accept, or when there is no room silence until there is; Ignore when the
// event takes no sign-ups. Asked again, it is answered again. join has the Event, the
// Join's IRI, its Raw bytes and the Note; said is when it was said, zero when unknown.
//
// ErrNotFound: there is no such event here; ErrGone: it was deleted; ErrDuplicate:
// the actor has left since it said so.
func (n *Node) ReceiveJoin(ctx context.Context, from *Actor, join Participation, said time.Time) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if late, err := wasUndone(ctx, tx, from.ID, join.Join); late || err != nil {
			return err
		}
		e, err := n.joinable(ctx, tx, join.Event)
		if errors.Is(err, ErrForbidden) {
			return tx.Enqueue(ctx, JoinAnswerJob(JoinAnswerArgs{Event: join.Event, Who: from.ID, Ignore: join.Join}))
		}
		if err != nil {
			return err
		}
		old, err := tx.Participation(ctx, join.Event, from.ID)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && old.State == ParticipationLeft && !said.IsZero() && said.Before(old.Updated):
			return fmt.Errorf("join of %s: %w: they left since", join.Event, ErrDuplicate)
		case err == nil && old.State != ParticipationLeft: // said again: peers do to heal
			old.Join, old.Raw = join.Join, join.Raw
			if err := tx.SaveParticipation(ctx, *old); err != nil {
				return err
			}
			return n.tellParticipant(ctx, tx, old)
		}
		join.Who, join.Via, join.Name, join.Seats = from.ID, ViaFediverse, from.Name, 1
		join.clean()
		if err := n.newParticipation(ctx, tx, &join); err != nil {
			return err
		}
		if err := n.seat(ctx, tx, e, &join); err != nil {
			return err
		}
		return n.tellParticipant(ctx, tx, &join)
	})
}

// ReceiveLeave ends the participation of a remote actor; id is the Join's IRI if it is
// known. One that overtook its Join is remembered, so that the Join changes nothing.
func (n *Node) ReceiveLeave(ctx context.Context, from *Actor, event, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		e, err := n.ownEvent(ctx, tx, event)
		if err != nil {
			return err
		}
		p, err := tx.Participation(ctx, event, from.ID)
		if errors.Is(err, ErrNotFound) {
			if id != "" {
				return n.rememberUndone(ctx, tx, from.ID, id)
			}
			p = &Participation{ID: newID(), Event: event, Who: from.ID, Via: ViaFediverse, Created: n.clock()}
			err = nil
		}
		if err != nil || p.State == ParticipationLeft {
			return err
		}
		return n.leave(ctx, tx, e, p)
	})
}

// RequestJoin makes an actor of ours ask for a place at an event of another node.
// Asking twice sends the request again. ErrForbidden: by is not ours, or the event
// takes no sign-ups by this way; ErrNotFound: we do not know it; ErrGone.
func (n *Node) RequestJoin(ctx context.Context, by, event string) error {
	if _, err := n.localActor(ctx, by); err != nil {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error {
		o, err := tx.Object(ctx, event)
		if err != nil {
			return err
		}
		e, ok := o.(*Event)
		switch {
		case !ok || e.Local():
			return fmt.Errorf("event %s: %w", event, ErrNotFound)
		case !e.Deleted.IsZero():
			return fmt.Errorf("event %s: %w", event, ErrGone)
		case !e.Joinable(n.clock()):
			return fmt.Errorf("%s takes no sign-ups: %w", event, ErrForbidden)
		}
		p, err := tx.Participation(ctx, event, by)
		switch {
		case errors.Is(err, ErrNotFound):
			p = &Participation{Event: event, Who: by, Ours: true, Via: ViaMember}
			p.ID, p.Seats, p.Created, p.Join = newID(), 1, n.clock(), n.urls.Activity(newID())
		case err != nil:
			return err
		case p.State == ParticipationAccepted:
			return nil
		case p.State == ParticipationLeft: // another Join than the one that was taken back
			p.Join = n.urls.Activity(newID())
		}
		p.State, p.Updated = ParticipationAsked, n.clock()
		if err := tx.SaveParticipation(ctx, *p); err != nil {
			return err
		}
		return tx.Enqueue(ctx, joinJob(JoinArgs{Event: event, Who: by}))
	})
}

// LeaveElsewhere gives up the place of an actor of ours at an event of another node,
// and tells it. ErrNotFound: it had none; ErrForbidden: by is not ours.
func (n *Node) LeaveElsewhere(ctx context.Context, by, event string) error {
	if _, err := n.localActor(ctx, by); err != nil {
		return err
	}
	return n.store.Write(ctx, func(tx Tx) error {
		p, err := tx.Participation(ctx, event, by)
		if err != nil || p.State == ParticipationLeft {
			return err
		}
		p.State, p.Updated = ParticipationLeft, n.clock()
		if err := tx.SaveParticipation(ctx, *p); err != nil {
			return err
		}
		return tx.Enqueue(ctx, joinJob(JoinArgs{Event: event, Who: by, Leave: p.Join}))
	})
}

func joinJob(args JoinArgs) Job {
	job := NewJob(JobJoin, args)
	job.Key = Origin(args.Event)
	return job
}

// ReceiveJoinAnswer notes what the node of an event answered to the Join of one of
// ours. from must live where the event does: on Mobilizon it is the organiser, or the
// group, or any member who may answer for it. ErrNotFound: we did not ask;
// ErrForbidden: from has no say in it.
func (n *Node) ReceiveJoinAnswer(ctx context.Context, from *Actor, event, who string, accepted bool) error {
	if !SameOrigin(from.ID, event) {
		return fmt.Errorf("answer to a join of %s: %w: %s does not live there", event, ErrForbidden, from.ID)
	}
	return n.store.Write(ctx, func(tx Tx) error {
		p, err := tx.Participation(ctx, event, who)
		switch {
		case err != nil:
			return err
		case !p.Ours:
			return fmt.Errorf("participation of %s: %w", who, ErrNotFound)
		case p.State == ParticipationLeft:
			return nil // given up while it was answered
		}
		p.State, p.Updated = ParticipationRefused, n.clock()
		if accepted {
			p.State = ParticipationAccepted
		}
		return tx.SaveParticipation(ctx, *p)
	})
}

// JoinElsewhere is Node.RequestJoin by the editor, in the name of an organisation of
// theirs or of their own public profile.
func (e Editor) JoinElsewhere(ctx context.Context, actor, event string) error {
	if !e.speaksAs(actor) {
		return fmt.Errorf("%s: %w", actor, ErrForbidden)
	}
	return e.node.RequestJoin(ctx, actor, event)
}

// LeaveElsewhere is Node.LeaveElsewhere by the editor.
func (e Editor) LeaveElsewhere(ctx context.Context, actor, event string) error {
	if !e.speaksAs(actor) {
		return fmt.Errorf("%s: %w", actor, ErrForbidden)
	}
	return e.node.LeaveElsewhere(ctx, actor, event)
}
