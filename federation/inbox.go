package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

const (
	maxInbox   = 1 << 20 // bytes posted to an inbox
	maxFollow  = 64 << 10
	maxLookups = 32 // unknown signers being fetched at once, for all requests
)

// A refusal is an answer to a peer whose activity is not taken. Nothing is kept of
// what is refused.
type refusal struct {
	status     int
	why        string
	retryAfter time.Duration
}

func (r *refusal) Error() string { return r.why }

func refuse(status int, why string) error { return &refusal{status: status, why: why} }

// actorInbox takes what is posted to one actor. What it says matters, not where it
// arrives; but a peer must learn that an actor is not here.
func (f *Federation) actorInbox(c echo.Context) error {
	id := f.node.URLs().IRI(strings.TrimSuffix(c.Request().URL.Path, "/inbox"))
	if _, err := f.localActor(c.Request().Context(), id); err != nil {
		return f.refuse(c, err)
	}
	return f.sharedInbox(c)
}

// sharedInbox takes an activity: 202 means that it is kept and will be acted upon,
// or that there is nothing to do. Temporary trouble is 429 or 503, as peers take
// any other refusal for final.
func (f *Federation) sharedInbox(c echo.Context) error {
	body, err := readActivity(c)
	if err == nil {
		err = f.accept(c.Request(), body)
	}
	var no *refusal
	switch {
	case err == nil:
		return c.NoContent(http.StatusAccepted)
	case errors.Is(err, errSignature):
		no = &refusal{status: http.StatusUnauthorized, why: err.Error()}
	case !errors.As(err, &no):
		return err
	}
	f.log.DebugContext(c.Request().Context(), "inbox refused", "status", no.status, "why", no.why)
	if no.retryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(no.retryAfter.Seconds())+1))
	}
	return plain(c, no.status, no.why)
}

func readActivity(c echo.Context) ([]byte, error) {
	r := c.Request()
	if !isActivityStreams(r.Header.Get("Content-Type")) {
		return nil, refuse(http.StatusUnsupportedMediaType, "post "+typeActivity)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "post it uncompressed")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxInbox))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return nil, refuse(http.StatusRequestEntityTooLarge, "at most 1 MiB")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "incomplete body")
	}
	return body, nil
}

// published are the types that tell of something somebody published: nobody hears
// them but those who follow.
var published = map[string]bool{"Create": true, "Update": true, "Announce": true}

// accept verifies a posted activity and keeps it. Checks go from the cheapest to
// the dearest; a peer is asked for a key only when all else is right.
func (f *Federation) accept(r *http.Request, body []byte) error {
	ctx := r.Context()
	signed, err := checkRequest(r, body, f.node.URLs().Base(), f.node.Now())
	if err != nil {
		return err
	}
	activity, err := as2.ParseActivity(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "not an activity: "+err.Error())
	}
	if activity.Type == "Follow" && len(body) > maxFollow {
		return refuse(http.StatusRequestEntityTooLarge, "a Follow takes at most 64 KiB") // it is kept whole, for its Accept
	}
	if err := f.admit(ctx, signed, activity); err != nil {
		return err
	}
	known, err := f.node.Actor(ctx, activity.Actor)
	if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	if (known == nil || !known.Gone.IsZero()) && aboutItself(activity) {
		return nil // Mastodon tells everyone of every deleted account: nothing of it is here
	}
	signer, err := f.authenticate(ctx, signed, activity.Actor, known)
	if errors.Is(err, instance.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	if ok, wait := f.incoming.allow(instance.Origin(signer.ID)); !ok {
		return &refusal{http.StatusTooManyRequests, "too many activities", wait}
	}
	if signer != known { // kept only now that its signature is good
		if err := f.node.ReceiveActor(ctx, signer); err != nil {
			return err
		}
	}
	if published[activity.Type] && errors.Is(f.node.Hears(ctx, activity.Actor, activity.ObjectID), instance.ErrNotFound) {
		return nil // nobody here would read it
	}
	if listeners[activity.Type] == nil {
		body = nil // its id is remembered, which is all that is needed of it
	}
	err = f.store.Accept(ctx, instance.Received{
		ID: activity.ID, Actor: activity.Actor, Type: activity.Type,
		Body: body, Signature: signed.fingerprint(), At: f.node.Now(),
	})
	switch {
	case errors.Is(err, instance.ErrDuplicate):
		return nil
	case errors.Is(err, instance.ErrReplay):
		return badSignature("this request was received before")
	}
	return err
}

func aboutItself(a *as2.Activity) bool {
	return (a.Type == "Delete" || a.Type == "Update") && a.ObjectID == a.Actor
}

// admit checks who speaks for whom: the signer, the actor and the activity must
// come from one server, which is neither blocked nor ours.
func (f *Federation) admit(ctx context.Context, s *signedRequest, a *as2.Activity) error {
	switch {
	case f.node.URLs().Local(a.Actor):
		return refuse(http.StatusForbidden, "the actor is ours")
	case !instance.SameOrigin(s.signer, a.Actor):
		return refuse(http.StatusForbidden, "the key is not the actor's")
	case !instance.SameOrigin(a.ID, a.Actor):
		return refuse(http.StatusForbidden, "the activity's id is not of the actor's server")
	}
	blocked, err := f.blocked(ctx, a.Actor)
	if err == nil && blocked {
		return refuse(http.StatusForbidden, "blocked")
	}
	return err
}

// authenticate returns the actor once its key is found to match the signature:
// known itself, or the actor as just read from its server, not kept yet.
//
// The signer must be the activity's actor, so the actor's own document is the only
// one that can say which key is its own. A key document apart (GoToSocial's
// /main-key) need not be read, nor its owner believed (CVE-2026-96625).
//
// ErrGone: the actor was deleted.
func (f *Federation) authenticate(ctx context.Context, s *signedRequest, actorID string, known *instance.Actor) (*instance.Actor, error) {
	if known != nil && known.Gone.IsZero() && s.madeWith(known.KeyID) {
		err := s.verifyFor(known)
		if err == nil {
			return known, nil
		}
		if ok, _ := f.rekeys.allow(actorID); !ok { // the key may have changed, but not every minute
			return nil, err
		}
	} else if ok, wait := f.lookups.allow(instance.Origin(s.signer)); !ok {
		return nil, &refusal{http.StatusServiceUnavailable, "too many unknown signers of this server", wait}
	}
	fresh, err := f.lookUp(ctx, actorID)
	switch {
	case errors.Is(err, instance.ErrGone) && known != nil:
		return nil, errors.Join(err, f.node.ReceiveActorGone(ctx, actorID))
	case errors.Is(err, instance.ErrGone):
		return nil, err
	case errors.As(err, new(*refusal)):
		return nil, err
	case err != nil && temporary(err):
		return nil, &refusal{http.StatusServiceUnavailable, "the key could not be read now", unreachableFor}
	case err != nil:
		return nil, badSignature("the key could not be read: %v", err)
	case fresh.ID != actorID || !s.madeWith(fresh.KeyID):
		return nil, badSignature("it is not by the key of %s", actorID)
	}
	return fresh, s.verifyFor(fresh)
}

// lookUp fetches a signer, if not too many are being fetched: requests with keys on
// slow servers must not pile up.
func (f *Federation) lookUp(ctx context.Context, actorID string) (*instance.Actor, error) {
	select {
	case f.lookup <- struct{}{}:
		defer func() { <-f.lookup }()
		return f.fetchActor(ctx, actorID)
	default:
		return nil, &refusal{http.StatusServiceUnavailable, "too many unknown signers", time.Second}
	}
}

// verifyFor checks the signature with an actor's key.
func (s *signedRequest) verifyFor(a *instance.Actor) error {
	key, err := parsePublicKey(a.KeyPEM)
	if err != nil {
		return fmt.Errorf("%w: %w", errSignature, err)
	}
	return s.verify(a.KeyID, key)
}
