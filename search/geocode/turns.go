package geocode

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// turns spaces requests evenly.
type turns struct {
	gap  time.Duration
	mu   sync.Mutex
	next time.Time // when the next request may be sent
}

func newTurns(perSecond float64) *turns {
	return &turns{gap: time.Duration(float64(time.Second) / perSecond)}
}

var errBusy = errors.New("trop de demandes au géocodeur à la fois, réessayez plus tard")

// wait returns when it is the caller's turn; it refuses at once when that would be
// later than maxWait, or than the context allows.
func (t *turns) wait(ctx context.Context) error {
	now := time.Now()
	t.mu.Lock()
	at := t.next
	if at.Before(now) {
		at = now
	}
	deadline, limited := ctx.Deadline()
	if at.Sub(now) > maxWait || limited && at.After(deadline) {
		t.mu.Unlock()
		return errBusy
	}
	t.next = at.Add(t.gap)
	t.mu.Unlock()

	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause puts the next turn off, when the service asks for a rest.
func (t *turns) pause(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := time.Now().Add(d); at.After(t.next) {
		t.next = at
	}
}

// maxPause bounds what a service may ask for.
const maxPause = 10 * time.Minute

// retryAfter reads how long to wait; a service that does not say gets ten seconds.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return min(time.Duration(min(seconds, 3600))*time.Second, maxPause)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), maxPause)
	}
	return 10 * time.Second
}
