package meili

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// attempts is how many times a request that the server is too busy for is sent.
	attempts = 4
	// firstPause is waited when the server does not say how long; it doubles.
	firstPause = 200 * time.Millisecond
	// longestPause bounds what a server may ask for.
	longestPause = 30 * time.Second
)

// patient returns a client that sends again what the server refuses because it is
// busy (429, 503), after the time that it asks for: its queue of searches or its
// disk needs it. A caller that cannot wait that long is told at once.
func patient(c *http.Client) *http.Client {
	copied := *c
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	copied.Transport = patience{next}
	return &copied
}

type patience struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p patience) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	pause := firstPause
	for attempt := 1; ; attempt++ {
		try := r.Clone(r.Context())
		if r.Body != nil {
			try.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := p.next.RoundTrip(try)
		if err != nil || !busy(resp) || attempt == attempts {
			return resp, err
		}
		wait := pauseOf(resp, pause)
		if deadline, ok := r.Context().Deadline(); ok && time.Until(deadline) < wait {
			return resp, nil
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
		_ = resp.Body.Close()
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(wait):
			pause *= 2
		}
	}
}

func busy(resp *http.Response) bool {
	return resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable
}

// pauseOf reads Retry-After, in seconds as Meilisearch gives it.
func pauseOf(resp *http.Response, otherwise time.Duration) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return otherwise
	}
	return min(time.Duration(seconds)*time.Second, longestPause)
}
