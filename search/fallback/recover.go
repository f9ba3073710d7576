package fallback

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/maillage/maillage/instance"
)

// maxRetry is the longest time between two attempts to reach the server.
const maxRetry = time.Minute

// errFilling is why a server that works does not answer yet.
var errFilling = errors.New("le serveur de recherche est en cours de remplissage")

// keepTrying brings the server back each time it goes down.
func (x *Index) keepTrying(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.wake:
		}
		pause := x.options.Retry
		for status := x.Status(); status.Degraded; status = x.Status() {
			if !errors.Is(status.Reason, errFilling) {
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
					pause = min(2*pause, maxRetry)
				}
			}
			if err := x.bringBack(ctx); err != nil && ctx.Err() == nil {
				x.fail(err)
			}
		}
	}
}

// bringBack reaches the server, gives it what it missed and lets it answer again.
func (x *Index) bringBack(ctx context.Context) error {
	server, err := x.reach(ctx)
	if err != nil {
		return err
	}
	if err := x.refill(ctx, server); err != nil {
		return err
	}
	for { // a heap of them first, while others write
		ids := x.take(catchUp)
		if len(ids) < catchUp {
			x.giveBack(ids)
			break
		}
		if err := x.give(ctx, server, ids); err != nil {
			return err
		}
	}
	return x.resume(ctx, server)
}

// catchUp is how many documents are given at once.
const catchUp = 500

// reach asks a server that was reached before how it is, else connects to it.
func (x *Index) reach(ctx context.Context) (instance.Index, error) {
	limited, cancel := context.WithTimeout(ctx, x.options.WriteTimeout)
	defer cancel()
	x.mu.Lock()
	server := x.server
	x.mu.Unlock()
	if server != nil {
		if _, err := server.Count(limited); err == nil {
			return server, nil
		}
		// Connect again: its index may have gone with its data.
	}
	fresh, err := x.options.Connect(limited)
	if err != nil {
		return nil, err
	}
	if server != nil {
		_ = server.Close() // it holds no data
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.server = fresh
	if emptied, ok := fresh.(interface{ NeedsRebuild() bool }); ok && emptied.NeedsRebuild() {
		x.status.Refill = true
	}
	return fresh, nil
}

// refill gives the server everything, if it must be. What is written meanwhile is
// missed, and given afterwards.
func (x *Index) refill(ctx context.Context, server instance.Index) error {
	x.mu.Lock()
	if !x.status.Refill {
		x.mu.Unlock()
		return nil
	}
	x.status.Refill, x.status.Reason = false, errFilling
	clear(x.missed)
	x.mu.Unlock()
	x.log.Info("filling the search server")
	err := server.Rebuild(ctx, x.local.All())
	if err != nil {
		x.mu.Lock()
		x.status.Refill = true
		x.mu.Unlock()
	}
	return err
}

// take removes up to n IDs from those missed.
func (x *Index) take(n int) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var ids []string
	for id := range x.missed {
		if len(ids) == n {
			break
		}
		ids = append(ids, id)
		delete(x.missed, id)
	}
	return ids
}

func (x *Index) giveBack(ids []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		x.missed[id] = true
	}
}

// give puts what the embedded engine has of some IDs on the server, and removes the
// others. When it fails they are missed still.
func (x *Index) give(ctx context.Context, server instance.Index, ids []string) error {
	docs, err := x.local.Get(ctx, ids...)
	if err == nil {
		there := map[string]bool{}
		for i := range docs {
			there[docs[i].ID] = true
		}
		var gone []string
		for _, id := range ids {
			if !there[id] {
				gone = append(gone, id)
			}
		}
		err = errors.Join(server.Put(ctx, docs...), server.Remove(ctx, gone...))
	}
	if err != nil {
		x.giveBack(ids)
	}
	return err
}

// resume closes the circuit: with nobody writing, the last documents, then the server
// answers.
func (x *Index) resume(ctx context.Context, server instance.Index) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.give(ctx, server, x.take(x.options.MaxMissed)); err != nil {
		return err
	}
	if x.options.Marker != "" {
		if err := os.Remove(x.options.Marker); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status.Refill { // asked for meanwhile
		return errFilling
	}
	x.log.Info("the search server answers")
	x.status = Status{Since: time.Now()}
	return nil
}
