package federation

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
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
	err := f.backlog(c.Request().Context())
	var body []byte
	if err == nil {
		body, err = readActivity(c, f.bodyWithin)
	}
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

// The inbox closes while this many activities wait to be acted upon: some minutes of
// work, and a database that does not grow without end. Peers come back.
const (
	maxBacklog   = 50_000
	backlogEvery = 2 * time.Second // how often they are counted
	backlogPause = time.Minute     // what peers are asked to wait
	bodyWithin   = 10 * time.Second
)

// backlog refuses, until some of them are done, when too many activities wait.
func (f *Federation) backlog(ctx context.Context) error {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	if now := time.Now(); now.Sub(f.waiting.at) > backlogEvery {
		pending, err := f.store.Pending(ctx)
		if err != nil {
			return err
		}
		f.waiting.at, f.waiting.count = now, pending[instance.JobReceive]
	}
	if f.waiting.count >= f.maxBacklog {
		return &refusal{http.StatusServiceUnavailable, "too much to do", backlogPause}
	}
	return nil
}

// readActivity reads what is posted, which must come within the time.
func readActivity(c echo.Context, within time.Duration) ([]byte, error) {
	r := c.Request()
	if !isActivityStreams(r.Header.Get("Content-Type")) {
		return nil, refuse(http.StatusUnsupportedMediaType, "post "+typeActivity)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "post it uncompressed")
	}
	// A body that drips in holds a connection, not for long (CVE-2023-36461).
	wire := http.NewResponseController(c.Response())
	_ = wire.SetReadDeadline(time.Now().Add(within)) // a test's recorder has none
	var body bytes.Buffer                            // it doubles, where io.ReadAll takes five times what there is
	_, err := body.ReadFrom(http.MaxBytesReader(c.Response(), r.Body, maxInbox))
	if err == nil {
		_ = wire.SetReadDeadline(time.Time{})
	}
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return nil, refuse(http.StatusRequestEntityTooLarge, "at most 1 MiB")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "post it quicker")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "incomplete body")
	}
	return body.Bytes(), nil
}

// carriers are the types of activities that hold something somebody wrote. The others
// say one thing of something that has an address.
var carriers = map[string]bool{"Create": true, "Update": true, "Delete": true, "Announce": true, "Add": true, "Invite": true}

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
	if !carriers[activity.Type] && len(body) > maxFollow {
		return refuse(http.StatusRequestEntityTooLarge, "a "+instance.Truncate(activity.Type, 40)+" takes at most 64 KiB") // it is kept whole
	}
	if err := f.admit(ctx, signed, activity, body); err != nil {
		return err
	}
	known, err := f.node.Actor(ctx, activity.Actor)
	if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	if (known == nil || !known.Gone.IsZero()) && aboutItself(activity) {
		return nil // Mastodon tells everyone of every deleted account: nothing of it is here
	}
	author, err := f.author(ctx, signed, activity, body, known)
	if errors.Is(err, instance.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	if author != known { // kept only now that its signature is good
		if err := f.node.ReceiveActor(ctx, author); err != nil {
			return err
		}
	}
	if header := r.Header.Get(headerSync); header != "" && instance.SameOrigin(signed.signer, author.ID) {
		if err := f.compareFollowers(ctx, header, author); err != nil {
			return err
		}
	}
	if published[activity.Type] && !aboutItself(activity) { // new keys of a follower matter here
		switch err := f.hears(ctx, activity); {
		case errors.Is(err, instance.ErrNotFound):
			return nil // nobody here would read it
		case err != nil:
			return err
		}
	}
	if listeners[activity.Type] == nil {
		body = nil // its id is remembered, which is all that is needed of it
	}
	if err := f.room(ctx, activity.Actor, body); err != nil {
		return err
	}
	err = f.store.Accept(ctx, instance.Received{
		ID: activity.Key(body), Actor: activity.Actor, Type: activity.Type,
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

// hears says whether an activity is worth keeping: somebody here hears its actor or, as
// people act for their groups on Mobilizon, the owner of what it is about, or the group
// itself that it is about.
func (f *Federation) hears(ctx context.Context, a *as2.Activity) error {
	if answers, err := f.answersOurs(ctx, a); answers || err != nil {
		return err
	}
	err := f.node.Hears(ctx, a.Actor, a.ObjectID)
	for _, group := range []string{ownerOf(a.ObjectRaw), a.ObjectID} {
		if errors.Is(err, instance.ErrNotFound) && group != a.Actor && instance.SameOrigin(group, a.Actor) {
			err = f.node.Hears(ctx, group, a.ObjectID)
		}
	}
	return err
}

// passable are the types that are believed from somebody else's hands, if their author's
// proof is in them. The rest is between two servers, and may come back with the same id:
// a copy of an old one could not be told from a new one.
var passable = map[string]bool{"Create": true, "Update": true, "Delete": true, "Announce": true}

// forwardable says that an activity may be by another than who signed the request.
func forwardable(a *as2.Activity, body []byte) bool {
	return passable[a.Type] && !aboutItself(a) && carriesProof(body)
}

// admit checks who speaks for whom: the actor and the activity must come from one
// server, and the signer too unless the activity carries a proof. No server is blocked
// nor, of the actor, ours.
func (f *Federation) admit(ctx context.Context, s *signedRequest, a *as2.Activity, body []byte) error {
	switch {
	case f.node.URLs().Local(a.Actor):
		return refuse(http.StatusForbidden, "the actor is ours")
	case !instance.SameOrigin(a.ID, a.Actor):
		return refuse(http.StatusForbidden, "the activity's id is not of the actor's server")
	case !instance.SameOrigin(s.signer, a.Actor) && (f.node.URLs().Local(s.signer) || !forwardable(a, body)):
		return refuse(http.StatusForbidden, "the key is not the actor's")
	}
	blocked, err := f.blocked(ctx, a.Actor)
	if err == nil && !blocked && !instance.SameOrigin(s.signer, a.Actor) {
		blocked, err = f.blocked(ctx, s.signer)
	}
	if err == nil && blocked {
		return refuse(http.StatusForbidden, "blocked")
	}
	return err
}

// author returns the actor of an activity, when it is sure that the activity is its
// own: known itself, or the actor as just read, not kept yet. Either its key signed the
// request, or another's did and the activity carries its proof: it was forwarded.
//
// ErrGone: the actor was deleted.
func (f *Federation) author(ctx context.Context, s *signedRequest, a *as2.Activity, body []byte, known *instance.Actor) (*instance.Actor, error) {
	if instance.SameOrigin(s.signer, a.Actor) {
		author, err := f.authenticate(ctx, s, a.Actor, known)
		if err == nil {
			return author, f.limit(author)
		}
		if !errors.Is(err, errSignature) || s.signer == a.Actor || !forwardable(a, body) {
			return nil, err
		}
	}
	forwarder, err := f.node.Actor(ctx, s.signer)
	if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return nil, err
	}
	if forwarder, err = f.authenticate(ctx, s, s.signer, forwarder); err == nil {
		err = f.limit(forwarder)
	}
	if err != nil {
		return nil, err
	}
	author, err := f.vouched(ctx, body, a.Actor)
	if errors.Is(err, errProof) {
		return nil, badSignature("signed by %s, and %v", s.signer, err)
	}
	return author, err
}

// limit counts an activity against its sender's server.
func (f *Federation) limit(sender *instance.Actor) error {
	if ok, wait := f.incoming.allow(instance.Origin(sender.ID)); !ok {
		return &refusal{http.StatusTooManyRequests, "too many activities", wait}
	}
	return nil
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
	if known != nil && known.Gone.IsZero() && s.madeWithKeyOf(known) {
		err := s.verifyFor(known)
		if err == nil {
			return known, nil
		}
		if ok, _ := f.rekeys.allow(actorID); !ok { // the key may have changed, but not every minute
			return nil, err
		}
	} else if err := f.mayLookUp(actorID); err != nil {
		return nil, err
	}
	met, err := f.strange(ctx, s, actorID)
	if err != nil {
		return nil, err
	}
	fresh, err := f.lookUp(ctx, actorID)
	switch {
	case errors.Is(err, instance.ErrGone) && known != nil:
		return nil, errors.Join(err, f.node.ReceiveActorGone(ctx, actorID))
	case err != nil:
		return nil, err
	case !s.madeWithKeyOf(fresh):
		return nil, badSignature("it is not by a key of %s", actorID)
	}
	if err := s.verifyFor(fresh); err != nil {
		return nil, err
	}
	met()
	return fresh, nil
}

// mayLookUp counts a fetch of an unknown signer against its server.
func (f *Federation) mayLookUp(actorID string) error {
	if ok, wait := f.lookups.allow(instance.Origin(actorID)); !ok {
		return &refusal{http.StatusServiceUnavailable, "too many unknown signers of this server", wait}
	}
	return nil
}

// lookUp fetches a signer, if not too many are being fetched: requests with keys on
// slow servers must not pile up. An actor that calls itself otherwise is not this one.
// The error is what to answer, or ErrGone.
func (f *Federation) lookUp(ctx context.Context, actorID string) (*instance.Actor, error) {
	select {
	case f.lookup <- struct{}{}:
		defer func() { <-f.lookup }()
	default:
		return nil, &refusal{http.StatusServiceUnavailable, "too many unknown signers", time.Second}
	}
	fresh, err := f.fetchActor(ctx, actorID)
	switch {
	case errors.Is(err, instance.ErrGone):
		return nil, err
	case err != nil && temporary(err):
		return nil, &refusal{http.StatusServiceUnavailable, "the key could not be read now", unreachableFor}
	case err != nil:
		return nil, badSignature("the key could not be read: %v", err)
	case fresh.ID != actorID:
		return nil, badSignature("%s is another name of %s", actorID, fresh.ID)
	}
	return fresh, nil
}

// verifyFor checks the request with the keys of an actor: one of the signatures made
// with them must match.
func (s *signedRequest) verifyFor(a *instance.Actor) error {
	err := badSignature("it is not by a key of %s", a.ID)
	for _, candidate := range s.signatures {
		if !holds(a, candidate.keyID) {
			continue
		}
		key, unreadable := publicKeyOf(a, candidate.keyID)
		if unreadable != nil {
			err = badSignature("%v", unreadable)
			continue
		}
		if err = s.verify(candidate.keyID, key); err == nil {
			return nil
		}
	}
	return err
}
