package federation

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// What strangers may cost us. An actor costs its server nothing, a server of a domain
// next to nothing: they are counted by what is dear, a registered domain or a network.
const (
	maxKept        = 64 << 20              // bytes kept for one domain that nobody here follows
	keptEach       = maxKept / (24 * 3600) // and how many more each second
	maxFirst       = 100                   // servers met for the first time, from one network
	firstEach      = 1.0                   // and how many more each second
	maxFetchedThen = 200                   // documents of one server that others point at
	fetchedEach    = 2.0                   // and how many more each second
	strangerFor    = time.Minute           // before it is looked up again whether somebody is followed
)

// forwarded reads X-Forwarded-For from proxies on this machine or its private network
// only: anybody else may write what they like there.
var forwarded = echo.ExtractIPFromXFFHeader()

// networkOf is where a request comes from, as far as one customer's addresses go: a /24,
// or a /48 of IPv6. It is "" for this machine and its private network: a proxy that does
// not say for whom it asks.
func networkOf(r *http.Request) string {
	addr, err := netip.ParseAddr(forwarded(r))
	if err != nil || !publicAddress(addr) {
		return ""
	}
	bits := 48
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}

// strange counts a signer that must be fetched against the network that names it. What
// it signed may be of a victim, whom we would be made to ask; or of one server more of a
// domain that answers by any name. met takes the count back, once the signature is found
// good, for a server that we knew.
func (f *Federation) strange(ctx context.Context, s *signedRequest, actorID string) (met func(), err error) {
	if s.network == "" {
		return func() {}, nil
	}
	if ok, wait := f.first.allow(s.network); !ok {
		return nil, &refusal{http.StatusTooManyRequests, "too many unknown signers from " + s.network, wait}
	}
	_, err = f.node.Host(ctx, instance.Origin(actorID))
	if errors.Is(err, instance.ErrNotFound) {
		return func() {}, nil
	}
	return func() { f.first.giveBack(s.network) }, err
}

// room bounds what is kept, for a month, of those whom nobody here follows: how much of
// each activity, and of all of their domain's.
func (f *Federation) room(ctx context.Context, actorID string, body []byte) error {
	stranger, known := f.stranger.get(actorID, time.Now())
	if !known {
		err := f.node.Wants(ctx, actorID)
		if stranger = errors.Is(err, instance.ErrNotFound); err != nil && !stranger {
			return err
		}
		f.stranger.put(actorID, stranger, time.Now().Add(strangerFor))
	}
	if !stranger {
		return nil
	}
	if len(body) > maxFollow {
		return refuse(http.StatusRequestEntityTooLarge, "nobody here follows this actor: at most 64 KiB")
	}
	if ok, wait := f.kept.take(instance.RegisteredDomain(instance.Origin(actorID)), float64(len(body))); !ok {
		return &refusal{http.StatusTooManyRequests, "too much from this domain, which nobody here follows", wait}
	}
	return nil
}

// mayFetch counts a document of another server than whoever points at it: what is
// followed here does not have us flood the rest. The error has the job wait.
func (f *Federation) mayFetch(by, id string) error {
	if instance.SameOrigin(by, id) {
		return nil
	}
	if ok, wait := f.abroad.allow(instance.Origin(id)); !ok {
		return &statusError{url: id, code: http.StatusTooManyRequests, retryAfter: max(wait, time.Second)}
	}
	return nil
}
