package federation

import (
	"context"
	"crypto/rsa"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// How long, and for how many servers, we remember in memory which scheme they read.
// The store remembers for good: see instance.Host.
const (
	schemeKeptFor = 30 * 24 * time.Hour
	maxSchemes    = 10_000
)

// knock sends a request signed by draft-cavage, or by the scheme that its server read
// last time. If the answer is one that means the signature was not understood, it
// knocks again with the other schemes, each with a new request.
//
// The draft goes first. Every peer reads it but the strictest, while Misskey answers a
// signed GET it does not understand with 200 and half of an actor.
func (c *client) knock(build func() (*http.Request, error), keyID string, key *rsa.PrivateKey, body []byte) (*http.Response, error) {
	var first *http.Response
	var host string
	var known scheme
	for schemes := []scheme{cavage}; len(schemes) > 0; schemes = schemes[1:] {
		r, err := build()
		if err != nil {
			return first, err
		}
		s := schemes[0]
		if first == nil {
			host = strings.ToLower(r.URL.Host)
			known = c.schemeOf(r.Context(), host)
			schemes = schemesFor(r, known)
			s = schemes[0]
		}
		if err := s.sign(r, keyID, key, body, c.now()); err != nil {
			return first, err
		}
		resp, err := c.http.Do(r)
		switch {
		case first == nil && (err != nil || resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusUnauthorized):
			return resp, err
		case first == nil:
			resp.Body.Close() // what it says of errors is not read
			first = resp
		case err != nil: // the first answer stands
		case resp.StatusCode >= 400: // it stands here too: Gancio has 500 for an RFC 9421 signature
			resp.Body.Close()
		default:
			c.learn(r.Context(), host, known, s)
			return resp, nil
		}
	}
	return first, nil
}

// schemesFor are the ways to sign a request, the one that its server read first. Some
// peers check a GET as if it had no query.
func schemesFor(r *http.Request, known scheme) []scheme {
	all := []scheme{cavage, rfc9421}
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		all = append(all, cavageBare)
	} else if known == cavageBare {
		known = cavage
	}
	all = slices.DeleteFunc(all, func(s scheme) bool { return s == known })
	return slices.Insert(all, 0, known)
}

// schemeOf is the scheme that a server read last time; the draft when unknown.
func (c *client) schemeOf(ctx context.Context, host string) scheme {
	if s, ok := c.schemes.get(host, c.now()); ok {
		return s
	}
	if c.recall == nil {
		return cavage
	}
	s := schemeNamed(c.recall(ctx, host))
	c.schemes.put(host, s, c.now().Add(schemeKeptFor))
	return s
}

// learn remembers the scheme that a server has just read, after it refused another.
func (c *client) learn(ctx context.Context, host string, known, s scheme) {
	if s == cavageBare && known == rfc9421 { // it reads RFC 9421 elsewhere: this is about one query
		return
	}
	c.schemes.put(host, s, c.now().Add(schemeKeptFor))
	if c.remember != nil {
		c.remember(ctx, host, s.String())
	}
}

// recallScheme reads what is stored of a server; what cannot be read is unknown.
func (f *Federation) recallScheme(ctx context.Context, host string) string {
	h, err := f.node.Host(ctx, host)
	if err != nil {
		return ""
	}
	return h.Signature
}

// rememberScheme stores it. A failure costs one request more, another time.
func (f *Federation) rememberScheme(ctx context.Context, host, name string) {
	err := f.changeHost(ctx, host, func(h *instance.Host) bool {
		changed := h.Signature != name
		h.Signature = name
		return changed
	})
	if err != nil {
		f.log.WarnContext(ctx, "not remembered how a server reads signatures", "host", host, "error", err)
	}
}
