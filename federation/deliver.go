package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/maillage/maillage/instance"
)

// How deliveries are tried again.
const (
	deliverFor    = 3 * 24 * time.Hour // then given up
	minRetry      = time.Minute
	maxRetry      = 12 * time.Hour
	maxRetryAfter = 24 * time.Hour // of what a peer asks for
	maxRefused    = 3              // answers 401 before giving up: a peer may be late to read a key

	// What else a new key signs waits until peers have heard of the key, from the old one:
	// Mastodon takes an actor whose key it finds changed for somebody else.
	rotationPause = 5 * time.Minute
)

// Deliver is the job that posts one activity to one inbox (JobDeliver). It is signed
// when it leaves, with the key loaded then: peers refuse what was signed long ago.
func (f *Federation) Deliver(ctx context.Context, job instance.Job) error {
	var args instance.DeliverArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	activity, err := f.node.Activity(ctx, args.Activity)
	if errors.Is(err, instance.ErrNotFound) {
		return nil // what it was about was withdrawn meanwhile
	}
	if err != nil {
		return err
	}
	for _, pointless := range []func(context.Context, *instance.Activity) (bool, error){f.withdrawn, f.superseded} {
		if pointless, err := pointless(ctx, activity); err != nil || pointless {
			return err
		}
	}
	if err := f.inTurn(ctx, job, activity, args.Inbox); err != nil {
		return err
	}
	err = f.deliver(ctx, job, letter{activity.Actor, args.Inbox, activity.Payload, activity})
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusGone {
		err = errors.Join(err, f.forgetFollowers(ctx, activity.Actor, args.Inbox))
	}
	return err
}

// withdrawn says that an activity holds an object that was deleted since: it is
// neither delivered nor shown any more.
func (f *Federation) withdrawn(ctx context.Context, a *instance.Activity) (bool, error) {
	if a.Type == string(instance.VerbDelete) {
		return false, nil
	}
	o, err := f.node.Object(ctx, a.Object)
	if errors.Is(err, instance.ErrNotFound) {
		return false, nil // about an actor
	}
	return err == nil && !o.Common().Deleted.IsZero(), err
}

// letter is what is posted to an inbox in the name of an actor of ours.
type letter struct {
	actor    string
	inbox    string
	body     []byte
	activity *instance.Activity // nil for what is not kept, the follows and their answers
}

// deliver posts a letter, unless its host is down, and decides from the answer what
// becomes of the job.
func (f *Federation) deliver(ctx context.Context, job instance.Job, l letter) error {
	host := instance.Origin(l.inbox)
	health, err := f.node.Host(ctx, host)
	switch {
	case errors.Is(err, instance.ErrNotFound):
		health = &instance.Host{Domain: host}
	case err != nil:
		return err
	case health.Blocked:
		return instance.Cancel(fmt.Errorf("%s is blocked", host))
	}
	switch wait, err := f.mayDeliver(ctx, health); {
	case err != nil:
		return err
	case wait > 0:
		return f.later(job, wait, fmt.Errorf("%s is down: %s", host, health.LastError))
	}
	now := f.node.Now()
	actor, keys, err := f.ownKeys(ctx, l.actor)
	if err != nil {
		return err
	}
	keyID, key := actor.KeyID, keys.RSA
	switch {
	case l.tellsOfKeyOf(actor) && keys.Previous != nil:
		keyID, key = actor.PreviousKeyID, keys.Previous
	case now.Before(actor.Rotated.Add(rotationPause)):
		return f.later(job, actor.Rotated.Add(rotationPause).Sub(now), fmt.Errorf("the new key of %s is being told", actor.ID))
	}
	var sync []string
	switch header, err := f.syncHeader(ctx, l); {
	case err != nil:
		return err
	case header != "":
		sync = append(sync, header)
	}
	posted := f.client.post(ctx, l.inbox, keyID, key, l.body, sync...)
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping: it says nothing of the host
	}
	if err := f.noteHealth(ctx, health, posted); err != nil {
		return err
	}
	return f.outcome(job, posted)
}

// tellsOfKeyOf says that the letter is the news of the actor's new key: the Update of
// the moment when the key changed.
func (l letter) tellsOfKeyOf(a *instance.Actor) bool {
	return l.activity != nil && l.activity.Type == string(instance.VerbUpdate) && l.activity.Object == a.ID && l.activity.Published.Equal(a.Rotated)
}

// outcome follows what peers mean by their answers: trouble that passes is tried
// again, with longer and longer waits, for three days; a refusal is final.
func (f *Federation) outcome(job instance.Job, err error) error {
	var status *statusError
	answered := errors.As(err, &status)
	switch {
	case err == nil:
		return nil
	case answered && status.retryAfter > 0 && temporary(err):
		return f.later(job, min(status.retryAfter, maxRetryAfter), err)
	case temporary(err):
		return f.later(job, f.pause(job), err)
	case answered && status.code == http.StatusUnauthorized && job.Attempt < maxRefused:
		return err
	}
	return instance.Cancel(err)
}

// later puts a delivery off, until it has been tried for long enough.
func (f *Federation) later(job instance.Job, wait time.Duration, cause error) error {
	if f.age(job) >= deliverFor {
		return instance.Cancel(fmt.Errorf("given up after %s: %w", deliverFor, cause))
	}
	return instance.Snooze(wait, cause)
}

// pause is as long as the delivery has been waiting already, so that waits double;
// a little more or less, so that what failed together does not come back together.
func (f *Federation) pause(job instance.Job) time.Duration {
	wait := min(max(f.age(job), minRetry), maxRetry)
	return wait + time.Duration(rand.Int64N(int64(wait/5))) - wait/10
}

func (f *Federation) age(job instance.Job) time.Duration {
	if job.Created.IsZero() {
		return 0
	}
	return f.node.Now().Sub(job.Created)
}

// forgetFollowers looks at the followers behind an inbox that answered 410: those
// whose own server confirms that they are gone are dropped.
func (f *Federation) forgetFollowers(ctx context.Context, of, inbox string) error {
	follows, _, err := f.node.Follows(ctx, instance.FollowFilter{Object: of, State: instance.FollowAccepted, Limit: 10_000})
	if err != nil {
		return err
	}
	follows = slices.DeleteFunc(follows, func(w instance.Follow) bool { return !instance.SameOrigin(w.Actor, inbox) })
	for _, follow := range follows {
		follower, err := f.node.Actor(ctx, follow.Actor)
		if err != nil || follower.DeliveryInbox() != inbox {
			continue
		}
		if _, err := f.fetchActor(ctx, follower.ID); !errors.Is(err, instance.ErrGone) {
			continue
		}
		if err := f.node.ReceiveActorGone(ctx, follower.ID); err != nil {
			return err
		}
	}
	return nil
}
