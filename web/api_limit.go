package web

import (
	"sync"
	"time"
)

// requestsAMinute is how much one token may ask: so many requests at once, and as many
// more each minute.
const requestsAMinute = 600

// tokenLimits bounds what each token asks in time, in memory: a leaky bucket each. Only
// tokens that exist have one, and those at rest have none. It is safe for concurrent
// use; nil bounds nothing.
type tokenLimits struct {
	now   func() time.Time
	lock  sync.Mutex
	rests map[string]time.Time // token -> when nothing of what it asked counts any more
	swept time.Time
}

func newTokenLimits(now func() time.Time) *tokenLimits {
	return &tokenLimits{now: now, rests: map[string]time.Time{}}
}

// take counts one request of a token, or says how long to wait for the next.
func (l *tokenLimits) take(token string) (wait time.Duration) {
	if l == nil {
		return 0
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	now := l.now()
	if now.Sub(l.swept) >= time.Minute {
		l.sweep(now)
	}
	rests := l.rests[token]
	if rests.Before(now) {
		rests = now
	}
	rests = rests.Add(time.Minute / requestsAMinute)
	if wait = rests.Sub(now) - time.Minute; wait > 0 {
		return wait
	}
	l.rests[token] = rests
	return 0
}

// sweep forgets the tokens at rest.
func (l *tokenLimits) sweep(now time.Time) {
	l.swept = now
	for token, rests := range l.rests {
		if !rests.After(now) {
			delete(l.rests, token)
		}
	}
}
