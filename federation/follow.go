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

// SendFollow is the job that sends a follow of ours, or its end (JobFollow).
func (f *Federation) SendFollow(ctx context.Context, job instance.Job) error {
	args, target, err := f.followArgs(ctx, job, func(a instance.FollowArgs) string { return a.Object })
	if err != nil || target == nil {
		return err
	}
	follow, err := f.store.Follow(ctx, args.Actor, args.Object)
	switch {
	case errors.Is(err, instance.ErrNotFound) && args.Undo != "":
		inner := as2.MarshalFollow(args.Undo, args.Actor, args.Object) // Mobilizon looks for its id alone
		return f.deliver(ctx, job, letter{args.Actor, target.Inbox, as2.MarshalUndo(f.activityID("Undo", args.Undo), args.Actor, inner), nil})
	case errors.Is(err, instance.ErrNotFound), err == nil && args.Undo != "":
		return nil // undone, or asked again, since
	case err != nil:
		return err
	}
	return f.deliver(ctx, job, letter{args.Actor, target.Inbox, as2.MarshalFollow(follow.ID, follow.Actor, follow.Object), nil})
}

// Answer is the job that tells a follower whether it is one (JobAnswer). It goes to
// the follower's own inbox and holds the follow exactly as it came: peers look it
// up by its id.
func (f *Federation) Answer(ctx context.Context, job instance.Job) error {
	args, follower, err := f.followArgs(ctx, job, func(a instance.FollowArgs) string { return a.Actor })
	if err != nil || follower == nil {
		return err
	}
	follow, err := f.store.Follow(ctx, args.Actor, args.Object)
	if errors.Is(err, instance.ErrNotFound) {
		return nil // undone since
	}
	if err != nil {
		return err
	}
	// Each answer has its own id: a Follow that comes back within a second is another.
	id := f.activityID(string(follow.State), follow.ID, strconv.FormatInt(job.ID, 10))
	body := as2.MarshalAccept(id, *follow)
	if follow.State == instance.FollowRejected {
		body = as2.MarshalReject(id, *follow)
	}
	return f.deliver(ctx, job, letter{args.Object, follower.Inbox, body, nil})
}

// followArgs reads the arguments of a job about a follow, and the remote actor of
// the pair; nil when it is gone.
func (f *Federation) followArgs(ctx context.Context, job instance.Job, remote func(instance.FollowArgs) string) (instance.FollowArgs, *instance.Actor, error) {
	var args instance.FollowArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return args, nil, instance.Cancel(err)
	}
	actor, err := f.Actor(ctx, remote(args))
	if err != nil {
		return args, nil, f.settle(ctx, job.Kind+" "+remote(args), job, err)
	}
	if !instance.SameOrigin(actor.Inbox, actor.ID) {
		return args, nil, instance.Cancel(fmt.Errorf("%s has no inbox on its server", actor.ID))
	}
	return args, actor, nil
}

// activityID names an activity after what it is about, so that the same job run
// again makes the same activity.
func (f *Federation) activityID(parts ...string) string {
	data, _ := json.Marshal(parts) // strings always marshal
	return f.node.URLs().Activity(instance.Key(string(data)))
}
