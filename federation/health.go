package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// How a host that fails is treated. It is left alone for longer and longer; one that
// gave no sign of life for a week is parked: nothing new is kept for it, but a try a week.
const (
	breakerFailures = 5                // in a row, and a host is left alone
	breakerPause    = 30 * time.Minute // before it is tried again; then twice as long, and so on
	maxBreakerPause = 12 * time.Hour
	parkedPause     = instance.ParkedAfter // between two tries of a parked host
	probeWithin     = time.Minute          // one delivery tries a host that was left alone; the others wait for it
	healthyEvery    = time.Hour            // how often the success of a healthy host is noted
)

// mayDeliver says how long a host is still to be left alone; zero to try it now. Of
// many deliveries that wait for a host, one tries it.
func (f *Federation) mayDeliver(ctx context.Context, h *instance.Host) (wait time.Duration, err error) {
	now := f.node.Now()
	if wait = h.NextAt.Sub(now); wait > 0 {
		return wait, nil
	}
	if h.Failures < breakerFailures {
		return 0, nil
	}
	wait = probeWithin
	err = f.changeHost(ctx, h.Domain, func(host *instance.Host) bool {
		if host.NextAt.After(now) {
			return false // another one is trying
		}
		wait, host.NextAt = 0, now.Add(probeWithin)
		return true
	})
	return wait, err
}

// noteHealth opens the breaker of a host that fails again and again, so that it
// does not hold the workers, and closes it at the first success. An answer other
// than 502-504 is a sign of life.
func (f *Federation) noteHealth(ctx context.Context, was *instance.Host, posted error) error {
	var status *statusError
	alive := posted == nil || errors.As(posted, &status) && (status.code < 502 || status.code > 504)
	now := f.node.Now()
	if alive && was.Failures == 0 && now.Sub(was.LastOK) < healthyEvery {
		return nil
	}
	return f.changeHost(ctx, was.Domain, func(h *instance.Host) bool {
		if alive {
			h.Failures, h.NextAt, h.LastOK, h.LastError = 0, time.Time{}, now, ""
			return true
		}
		if h.Failures >= breakerFailures && was.Failures < breakerFailures {
			return false // it was under way when the breaker opened
		}
		h.Failures++
		h.LastError = instance.Truncate(posted.Error(), 300)
		if h.Failures >= breakerFailures {
			h.NextAt = now.Add(pauseOf(h, now))
		}
		return true
	})
}

// pauseOf is how long a host that fails is left alone.
func pauseOf(h *instance.Host, now time.Time) time.Duration {
	if h.Parked(now) {
		return parkedPause
	}
	return min(breakerPause<<min(h.Failures-breakerFailures, 10), maxBreakerPause)
}

// revive lets a host that was left alone be tried at once: it has just spoken to us.
func (f *Federation) revive(ctx context.Context, domain string) error {
	host, err := f.node.Host(ctx, domain)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	soon := f.node.Now().Add(probeWithin)
	if err != nil || host.Failures < breakerFailures || host.Blocked || !host.NextAt.After(soon) {
		return err
	}
	return f.store.Write(ctx, func(tx instance.Tx) error {
		if err := tx.Lock(ctx, "host "+domain); err != nil {
			return err
		}
		if host, err = tx.Host(ctx, domain); err != nil || !host.NextAt.After(soon) {
			return err
		}
		host.NextAt = f.node.Now()
		if err := tx.SaveHost(ctx, *host); err != nil {
			return err
		}
		return tx.Hurry(ctx, instance.JobDeliver, domain)
	})
}

// superseded says that what an activity tells is told better by a later one: an Update
// whose object has changed again since.
func (f *Federation) superseded(ctx context.Context, a *instance.Activity) (bool, error) {
	if a.Type != string(instance.VerbUpdate) {
		return false, nil
	}
	o, err := f.node.Object(ctx, a.Object)
	if errors.Is(err, instance.ErrNotFound) {
		return false, nil // about an actor
	}
	return err == nil && o.Common().Updated.After(a.Published), err
}

// maxEarlier bounds how many deliveries to the same server are looked at for one that
// must go first.
const maxEarlier = 100

// inTurn waits for what the same inbox is to hear first of the same object: an Update
// that overtakes its Create is lost on many servers.
func (f *Federation) inTurn(ctx context.Context, job instance.Job, a *instance.Activity, inbox string) error {
	if job.ID == 0 {
		return nil
	}
	earlier, err := f.node.Jobs(ctx, instance.JobFilter{Kinds: []string{instance.JobDeliver}, Key: job.Key, Before: job.ID, Limit: maxEarlier})
	if err != nil {
		return err
	}
	for _, other := range earlier {
		var args instance.DeliverArgs
		if err := json.Unmarshal(other.Args, &args); err != nil || args.Inbox != inbox || args.Activity == a.ID {
			continue
		}
		first, err := f.node.Activity(ctx, args.Activity)
		if errors.Is(err, instance.ErrNotFound) || err == nil && first.Object != a.Object {
			continue
		}
		if err != nil {
			return err
		}
		wait := max(time.Second, min(other.RunAt.Sub(f.node.Now()), maxRetry))
		if other.Leased {
			wait = time.Second
		}
		return f.later(job, wait, fmt.Errorf("%s goes first to %s", first.ID, inbox))
	}
	return nil
}
