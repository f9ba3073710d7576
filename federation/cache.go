package federation

import (
	"sync"
	"time"
)

// cache is a map that forgets: each entry at its time, and any of them when there
// are too many. What strangers can fill is always bounded.
type cache[V any] struct {
	mu      sync.Mutex
	entries map[string]cached[V]
	limit   int
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{entries: map[string]cached[V]{}, limit: limit}
}

func (c *cache[V]) get(key string, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	if !ok || now.After(entry.until) {
		var none V
		return none, false
	}
	return entry.value, true
}

func (c *cache[V]) put(key string, value V, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.entries, c.limit)
	c.entries[key] = cached[V]{value, until}
}

// makeRoom drops entries at random, an eighth at a time, from a map that is full.
func makeRoom[V any](entries map[string]V, limit int) {
	if len(entries) < limit {
		return
	}
	drop := limit/8 + 1
	for key := range entries {
		delete(entries, key)
		if drop--; drop == 0 {
			return
		}
	}
}

// limiter is a token bucket for each name, at most maxBuckets of them. A bucket
// that is dropped starts full again: under such a flood the limit is only softer.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]bucket
	rate    float64 // tokens a second
	burst   float64
}

type bucket struct {
	tokens float64
	at     time.Time
}

const maxBuckets = 20_000

func newLimiter(rate, burst float64) *limiter {
	return &limiter{buckets: map[string]bucket{}, rate: rate, burst: max(1, burst)}
}

// allow takes a token, or says how long to wait for one.
func (l *limiter) allow(name string) (ok bool, wait time.Duration) { return l.take(name, 1) }

// giveBack returns a token that allow took.
func (l *limiter) giveBack(name string) { l.take(name, -1) }

// take takes some tokens, or says how long to wait for them.
func (l *limiter) take(name string, count float64) (ok bool, wait time.Duration) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[name]
	if !known {
		makeRoom(l.buckets, maxBuckets)
		b = bucket{l.burst, now}
	}
	b.tokens = min(l.burst, b.tokens+now.Sub(b.at).Seconds()*l.rate)
	b.at = now
	if b.tokens < count {
		wait = time.Duration((count - b.tokens) / l.rate * float64(time.Second))
	} else {
		b.tokens = min(l.burst, b.tokens-count)
		ok = true
	}
	l.buckets[name] = b
	return ok, wait
}
