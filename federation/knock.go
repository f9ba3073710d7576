package federation

import (
	"crypto/rsa"
	"net/http"
	"time"
)

// How long, and for how many servers, we remember which scheme they read. It is kept
// in memory: forgetting costs one request more to the few servers it matters for.
const (
	schemeKeptFor = 30 * 24 * time.Hour
	maxSchemes    = 10_000
)

// knock sends a request signed by draft-cavage, or by the scheme that its server read
// last time. If the answer is one that means the signature was not understood, it
// knocks once more with the other scheme and a new request.
//
// The draft goes first. Every peer reads it but the strictest, while Misskey answers a
// signed GET it does not understand with 200 and half of an actor.
func (c *client) knock(build func() (*http.Request, error), keyID string, key *rsa.PrivateKey, body []byte) (*http.Response, error) {
	send := func(r *http.Request, s scheme) (*http.Response, error) {
		if err := s.sign(r, keyID, key, body, c.now()); err != nil {
			return nil, err
		}
		return c.http.Do(r)
	}
	r, err := build()
	if err != nil {
		return nil, err
	}
	host := r.URL.Host
	first, _ := c.schemes.get(host, c.now()) // cavage when unknown
	resp, err := send(r, first)
	if err != nil || resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	resp.Body.Close() // what it says of errors is not read
	if r, err = build(); err != nil {
		return nil, err
	}
	again, err := send(r, first.other())
	if err != nil {
		return resp, nil // the first answer stands
	}
	if again.StatusCode >= 400 { // it stands here too: Gancio has 500 for an RFC 9421 signature
		again.Body.Close()
		return resp, nil
	}
	c.schemes.put(host, first.other(), c.now().Add(schemeKeptFor))
	return again, nil
}
