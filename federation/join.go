package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// maxJoin bounds a Join that is kept whole, for its answer, in bytes.
const maxJoin = 16 << 10

// onJoin asks for a place at an event of ours.
func (f *Federation) onJoin(ctx context.Context, in incoming) error {
	join := instance.Participation{Event: in.ObjectID, Join: in.ID, Note: in.Content}
	if len(in.body) <= maxJoin && in.Type == "Join" {
		join.Raw = in.body
	}
	return f.node.ReceiveJoin(ctx, in.from, join, in.Published)
}

// onLeave gives a place up. The object is the event; some name the Join.
func (f *Federation) onLeave(ctx context.Context, in incoming) error {
	if inner, err := in.Inner(); err == nil && inner.Type == "Join" {
		return f.node.ReceiveLeave(ctx, in.from, inner.ObjectID, inner.ID)
	}
	err := f.node.ReceiveLeave(ctx, in.from, in.ObjectID, "")
	if errors.Is(err, instance.ErrNotFound) {
		return f.node.ReceiveUndo(ctx, in.from, in.ObjectID)
	}
	return err
}

// SendJoin is the job that asks for a place of ours at an event elsewhere, or gives it
// up (JobJoin).
func (f *Federation) SendJoin(ctx context.Context, job instance.Job) error {
	var args instance.JoinArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	o, err := f.node.Object(ctx, args.Event)
	if err != nil {
		return instance.Cancel(err)
	}
	owner, err := f.Actor(ctx, o.Common().Owner)
	if err != nil {
		return f.settle(ctx, "join "+args.Event, job, err)
	}
	p, err := f.node.Participation(ctx, args.Event, args.Who)
	if err != nil {
		return instance.Cancel(err)
	}
	s := as2.Statement{ID: p.Join, Type: "Join", Actor: args.Who, Objects: []string{args.Event}, To: []string{owner.ID}}
	switch left := p.State == instance.ParticipationLeft; {
	case left != (args.Leave != ""):
		return nil // they changed their mind since
	case left:
		s.ID, s.Type = f.activityID("Leave", args.Leave), "Leave"
	}
	body, err := as2.MarshalStatement(s)
	if err != nil {
		return instance.Cancel(err)
	}
	return f.sendTo(ctx, job, args.Who, owner, body)
}

// AnswerJoin is the job that tells somebody where their place stands (JobJoinAnswer):
// nothing while they wait. It is the organiser who answers, which Mobilizon checks.
func (f *Federation) AnswerJoin(ctx context.Context, job instance.Job) error {
	var args instance.JoinAnswerArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	o, err := f.node.Object(ctx, args.Event)
	if err != nil {
		return instance.Cancel(err)
	}
	verb, join, err := f.answerOf(ctx, args)
	if err != nil || verb == "" {
		return err
	}
	who, err := f.Actor(ctx, args.Who)
	if err != nil {
		return f.settle(ctx, "answer to "+args.Who, job, err)
	}
	owner := o.Common().Owner
	// Each answer has its own id: a Join said again is another.
	id := f.activityID(verb, args.Event, args.Who, strconv.FormatInt(job.ID, 10))
	body, err := as2.MarshalAnswer(verb, id, owner, who.ID, join)
	if err != nil {
		return instance.Cancel(err)
	}
	return f.sendTo(ctx, job, owner, who, body)
}

// answerOf says what the answer to a Join is now, "" for none yet, and the Join: as
// received, or its IRI.
func (f *Federation) answerOf(ctx context.Context, args instance.JoinAnswerArgs) (verb string, join []byte, err error) {
	if args.Ignore != "" {
		join, err = json.Marshal(args.Ignore)
		return "Ignore", join, err
	}
	p, err := f.node.Participation(ctx, args.Event, args.Who)
	if err != nil {
		return "", nil, instance.Cancel(err)
	}
	switch p.State {
	case instance.ParticipationAccepted:
		verb = "Accept"
	case instance.ParticipationRefused:
		verb = "Reject"
	}
	if join = p.Raw; len(join) == 0 {
		join, err = json.Marshal(p.Join)
	}
	return verb, join, err
}

// sendTo posts what one of ours says to one actor, at its own inbox, unless that actor
// wants nothing of it.
func (f *Federation) sendTo(ctx context.Context, job instance.Job, by string, to *instance.Actor, body []byte) error {
	switch blocked, err := f.node.BlockedBy(ctx, to.ID, by); {
	case err != nil:
		return err
	case blocked:
		return instance.Cancel(fmt.Errorf("%s wants nothing of %s", to.ID, by))
	case !instance.SameOrigin(to.Inbox, to.ID):
		return instance.Cancel(fmt.Errorf("%s has no inbox on its server", to.ID))
	}
	return f.deliver(ctx, job, letter{by, to.Inbox, body, nil})
}

// envOf is what writing objects needs to know: of events that people join here, how
// many do.
func (f *Federation) envOf(ctx context.Context, objects ...instance.Object) (as2.Env, error) {
	env := f.env()
	for _, o := range objects {
		if err := f.was(ctx, &env, o.Common()); err != nil {
			return env, err
		}
		if note, ok := o.(*instance.Announcement); ok && note.Local() {
			if err := f.mentions(ctx, &env, note); err != nil {
				return env, err
			}
		}
		e, ok := o.(*instance.Event)
		if !ok || !e.Local() || e.JoinMode == instance.JoinNone {
			continue
		}
		seats, err := f.node.Attendance(ctx, e.ID)
		if err != nil {
			return env, err
		}
		if env.Participations == nil {
			env.Participations = map[string]as2.Participation{}
		}
		env.Participations[e.ID] = as2.Participation{Mode: string(e.JoinMode), Count: seats.Taken, Remaining: max(0, seats.Left(e.Capacity))}
	}
	return env, nil
}
