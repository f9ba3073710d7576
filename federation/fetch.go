package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

const (
	actorFreshFor   = 24 * time.Hour  // before a stored actor is read again
	missingFor      = time.Hour       // before a document that is not there is asked for again
	unreachableFor  = time.Minute     // before a server that failed is asked again
	hostLearnedFor  = 24 * time.Hour  // before NodeInfo is asked for again
	learnHostWithin = 5 * time.Second // for NodeInfo, which is a courtesy
)

// fetched is a document read from its origin, and its id.
type fetched struct {
	id   string
	body []byte
}

// fetch reads a document from its origin. Its id is what it says it is only if
// that IRI itself, on its own server, gives the document (FEP-fe34): one found
// under another address is read again at its id, once. Concurrent callers share
// one request, and failures are remembered for a while.
func (f *Federation) fetch(ctx context.Context, iri string) (fetched, error) {
	if err, ok := f.missing.get(iri, time.Now()); ok {
		return fetched{}, err
	}
	result := f.reads.DoChan(iri, func() (any, error) {
		doc, err := f.fetchOnce(context.WithoutCancel(ctx), iri)
		switch {
		case err == nil:
		case temporary(err):
			f.missing.put(iri, err, time.Now().Add(unreachableFor))
		default:
			f.missing.put(iri, err, time.Now().Add(missingFor))
		}
		return doc, err
	})
	select {
	case r := <-result:
		return r.Val.(fetched), r.Err
	case <-ctx.Done():
		return fetched{}, ctx.Err()
	}
}

func (f *Federation) fetchOnce(ctx context.Context, iri string) (fetched, error) {
	for range 2 {
		if f.node.URLs().Local(iri) {
			return fetched{}, fmt.Errorf("fetch %s: %w: it is ours", iri, instance.ErrForbidden)
		}
		body, final, err := f.client.document(ctx, iri)
		if err != nil {
			return fetched{}, err
		}
		id := idOf(body)
		switch {
		case id == "", !instance.SameOrigin(id, final):
			return fetched{}, fmt.Errorf("fetch %s: %w: it says it is %q", iri, instance.ErrForbidden, id)
		case id == iri:
			return fetched{id, body}, nil
		}
		iri = id
	}
	return fetched{}, fmt.Errorf("fetch %s: %w: its id leads elsewhere", iri, instance.ErrForbidden)
}

// idOf reads the id of a document, "" when it has none. The key's case matters,
// which it would not in a struct.
func idOf(body []byte) string {
	var doc map[string]json.RawMessage
	var id string
	if json.Unmarshal(body, &doc) != nil || json.Unmarshal(doc["id"], &id) != nil {
		return ""
	}
	return id
}

// fetchActor reads an actor from its origin and does not keep it.
func (f *Federation) fetchActor(ctx context.Context, iri string) (*instance.Actor, error) {
	doc, err := f.fetch(ctx, iri)
	if err != nil {
		return nil, err
	}
	return parseActor(doc.body, doc.id)
}

// parseActor reads an actor that must have the id. What it names on other servers
// than its own is left out: our deliveries are not for its neighbours.
func parseActor(raw []byte, id string) (*instance.Actor, error) {
	a, err := as2.ParseActor(raw)
	if err != nil {
		return nil, fmt.Errorf("actor %s: %w", id, err)
	}
	if a.ID != id {
		return nil, fmt.Errorf("actor %s: %w: it says it is %s", id, instance.ErrForbidden, a.ID)
	}
	a.Keys = as2.Keys(raw, id)
	delete(a.Keys, a.KeyID) // it is KeyPEM
	for _, endpoint := range []*string{&a.Inbox, &a.SharedInbox, &a.Outbox, &a.Followers, &a.Directory, &a.Territories} {
		if !instance.SameOrigin(*endpoint, id) {
			*endpoint = ""
		}
	}
	return a, nil
}

// Actor returns an actor, ours or a peer's: from the store, or from its origin
// when it is not known or was read more than a day ago. What was read is kept.
//
// ErrGone: it was deleted; ErrNotFound, ErrForbidden: its server says so.
func (f *Federation) Actor(ctx context.Context, id string) (*instance.Actor, error) {
	known, err := f.node.Actor(ctx, id)
	switch {
	case err != nil && !errors.Is(err, instance.ErrNotFound):
		return nil, err
	case err == nil && !known.Gone.IsZero():
		return nil, fmt.Errorf("%s: %w", id, instance.ErrGone)
	case err == nil && (known.Local() || f.node.Now().Sub(known.Fetched) < actorFreshFor):
		return known, nil
	}
	fresh, err := f.fetchActor(ctx, id)
	switch {
	case err == nil && fresh.ID != id:
		err = fmt.Errorf("%s: %w: it is another name of %s", id, instance.ErrForbidden, fresh.ID)
	case err == nil:
		err = f.node.ReceiveActor(ctx, fresh)
	}
	switch {
	case err == nil:
		return fresh, nil
	case known != nil && errors.Is(err, instance.ErrGone):
		return nil, errors.Join(err, f.node.ReceiveActorGone(ctx, id))
	case known != nil: // an old copy is better than none
		f.log.DebugContext(ctx, "actor not read again", "actor", id, "error", err)
		return known, nil
	}
	return nil, err
}

// Object reads a remote object from its origin, with the bytes it was read from.
// It is not kept: see instance.Node.ReceiveObject.
func (f *Federation) Object(ctx context.Context, id string) (instance.Object, []byte, error) {
	doc, err := f.fetch(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	o, err := parseObject(doc)
	return o, doc.body, err
}

// parseObject reads an object that must have the id of its document.
func parseObject(doc fetched) (instance.Object, error) {
	o, err := as2.ParseObject(doc.body)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", doc.id, err)
	}
	if o.Common().ID != doc.id {
		return nil, fmt.Errorf("fetch %s: %w: it says it is %s", doc.id, instance.ErrForbidden, o.Common().ID)
	}
	return o, nil
}

// Fetch is the job that reads an object somebody told us of, or sees whether an actor
// that we know is gone, as a neighbour of its said (JobFetch).
func (f *Federation) Fetch(ctx context.Context, job instance.Job) error {
	var args instance.FetchArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	var err error
	if args.Gone {
		err = f.forgetActor(ctx, args.ID)
	} else {
		err = f.receiveFrom(ctx, args.From, args.ID)
	}
	return f.settle(ctx, "fetch "+args.ID, job, err)
}

// receiveFrom reads an object that an actor pointed at, at its origin, and hands it
// to the node in the name of its owner. Nothing is read for an actor nobody follows:
// a stranger does not choose where our requests go.
func (f *Federation) receiveFrom(ctx context.Context, by, id string) error {
	return f.receiveTold(ctx, told{by: by}, id)
}

// told is what an activity says of an object beside its IRI.
type told struct {
	by      string    // IRI of who points at it
	owner   string    // IRI of whose it must be; "" for anybody's
	changed time.Time // when, of an Update; else zero
}

// receiveTold is receiveFrom for an object of which more is known.
func (f *Federation) receiveTold(ctx context.Context, t told, id string) error {
	if err := f.node.Wants(ctx, t.by); err != nil {
		return err
	}
	doc, err := f.fetchAllowed(ctx, t.by, id)
	if err != nil {
		return err
	}
	// activitypub-bot lists its activities by their IRIs.
	if object := objectOf(doc.body); object != "" {
		if doc, err = f.fetchAllowed(ctx, t.by, object); err != nil {
			return err
		}
	}
	o, err := parseObject(doc)
	if err != nil {
		return err
	}
	b := o.Common()
	switch {
	case !instance.SameOrigin(b.ID, b.Owner):
		return fmt.Errorf("%s: %w: its owner %q lives elsewhere", b.ID, instance.ErrForbidden, b.Owner)
	case t.owner != "" && b.Owner != t.owner:
		return fmt.Errorf("%s: %w: it is not %s's", b.ID, instance.ErrForbidden, t.owner)
	}
	from, err := f.Actor(ctx, b.Owner)
	if err != nil {
		return err
	}
	if b.Owner == t.by || b.Owner == t.owner { // nobody dates what is somebody else's
		date(b, t.changed)
	}
	return f.keep(ctx, t.by, from, o, doc.body)
}

// fetchAllowed is fetch, of what somebody points at, unless a blocked server has it:
// that of the address or, after a redirect, that of the document.
func (f *Federation) fetchAllowed(ctx context.Context, by, iri string) (fetched, error) {
	if err := f.mayFetch(by, iri); err != nil {
		return fetched{}, err
	}
	if err := f.refuseBlocked(ctx, iri); err != nil {
		return fetched{}, err
	}
	doc, err := f.fetch(ctx, iri)
	if err != nil {
		return fetched{}, err
	}
	return doc, f.refuseBlocked(ctx, doc.id)
}

// refuseBlocked is ErrForbidden for what a blocked server has.
func (f *Federation) refuseBlocked(ctx context.Context, iri string) error {
	blocked, err := f.blocked(ctx, iri)
	if blocked {
		return fmt.Errorf("%s: %w: its server is blocked", iri, instance.ErrForbidden)
	}
	return err
}

// objectOf is the IRI of what a document is about, if it is an activity that brings an
// object; "" for anything else.
func objectOf(body []byte) string {
	a, err := as2.ParseInner(body)
	if err != nil || a.Type != "Create" && a.Type != "Update" && a.Type != "Announce" {
		return ""
	}
	id, _ := announced(a)
	return id
}

// date gives an object that does not say when it changed the date of the Update that
// says it did: without one, no change of it would be newer than what we have.
func date(b *instance.Base, changed time.Time) {
	if !b.Updated.After(b.Published) && changed.After(b.Updated) {
		b.Updated = changed
	}
}

// receiveProven keeps an embedded object that its owner vouches for: it is who hands it
// on, or its proof is in the object, or in the activity it is the object of. errProof:
// only its origin can tell.
func (f *Federation) receiveProven(ctx context.Context, by string, raw []byte) error {
	object := raw
	if a, err := as2.ParseInner(raw); err == nil && (a.Type == "Create" || a.Type == "Update") && a.ObjectRaw != nil {
		if object = a.ObjectRaw; ownerOf(object) != a.Actor {
			return badProof("%s is not %s's", a.ObjectID, a.Actor)
		}
	}
	if ownerOf(object) == by {
		return f.receiveOwn(ctx, by, object)
	}
	if !carriesProof(raw) {
		return badProof("none")
	}
	o, err := as2.ParseObject(object)
	if err != nil {
		return err
	}
	b := o.Common()
	if blocked, err := f.blocked(ctx, b.ID); err != nil || blocked || f.node.URLs().Local(b.ID) {
		return errors.Join(err, fmt.Errorf("%s: %w: it is ours, or its server is blocked", b.ID, instance.ErrForbidden))
	}
	if err := f.node.Wants(ctx, by); err != nil {
		return err
	}
	owner, err := f.vouched(ctx, raw, b.Owner)
	if err != nil {
		return errors.Join(errProof, err)
	}
	if owner.Fetched.IsZero() {
		if err := f.node.ReceiveActor(ctx, owner); err != nil {
			return err
		}
	}
	return f.node.ReceiveAnnounced(ctx, by, owner, o, object)
}

// receiveOwn keeps what an actor hands on of its own: Mobilizon's groups announce their
// events whole, and Gancio lists in its outbox what it created. errProof: it cannot be
// read as it was embedded.
func (f *Federation) receiveOwn(ctx context.Context, by string, raw []byte) error {
	o, err := as2.ParseObject(raw)
	if err != nil || !o.Common().Deleted.IsZero() || !instance.SameOrigin(o.Common().ID, by) {
		return badProof("not whole, or not of its server")
	}
	owner, err := f.Actor(ctx, by)
	if err != nil {
		return err
	}
	return f.keep(ctx, by, owner, o, raw)
}

// ownerOf is the actor that an object says it is of, "" when it does not: a string, an
// object or a list that begins with one.
func ownerOf(raw []byte) string {
	var doc map[string]json.RawMessage
	if json.Unmarshal(raw, &doc) != nil {
		return ""
	}
	value := doc["attributedTo"]
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && len(list) > 0 {
		value = list[0]
	}
	if id := textOf(value); id != "" {
		return id
	}
	return idOf(value)
}

// settle decides what becomes of a job about a stranger's data: what is wrong with
// the data ends it quietly, a failing network or database has it tried again.
func (f *Federation) settle(ctx context.Context, what string, job instance.Job, err error) error {
	var status *statusError
	switch {
	case err == nil:
		return nil
	case theirFault(err):
		f.log.LogAttrs(ctx, slog.LevelDebug, "ignored", slog.String("what", what), slog.String("why", err.Error()))
		return nil
	case errors.As(err, &status) && status.retryAfter > 0 && f.age(job) < deliverFor:
		return instance.Snooze(min(max(status.retryAfter, minRetry), maxRetryAfter), err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// theirFault says that an error tells of a stranger's data, which no retry mends.
func theirFault(err error) bool {
	for _, fault := range []error{
		instance.ErrForbidden, instance.ErrNotFound, instance.ErrGone, instance.ErrDuplicate, instance.ErrInvalid, instance.ErrConflict,
		as2.ErrMalformed, as2.ErrUnsupported, as2.ErrTooLarge, errUnsafeURL, errNotAS, errTooBig,
	} {
		if errors.Is(err, fault) {
			return true
		}
	}
	var status *statusError
	var dns *net.DNSError
	return errors.As(err, &status) && !temporary(err) || errors.As(err, &dns) && dns.IsNotFound
}
