package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// Bounds of a walk through a peer's collection.
const (
	maxPages     = 200
	maxPageItems = 200
	pageEvery    = time.Second      // a peer's server is not ours to load
	walkedFor    = 15 * time.Minute // how long a page is remembered, to see when a walk goes round
)

// Backfill is the job that reads one page of what a peer published before we
// followed it, and enqueues the next one (JobBackfill). A page read twice does no
// harm, so a walk that stops goes on where it was.
func (f *Federation) Backfill(ctx context.Context, job instance.Job) error {
	var args instance.BackfillArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	return f.settle(ctx, "backfill "+args.URL, job, f.backfillPage(ctx, args))
}

func (f *Federation) backfillPage(ctx context.Context, args instance.BackfillArgs) error {
	if !instance.SameOrigin(args.URL, args.Peer) {
		return fmt.Errorf("%s: %w: it is not %s's", args.URL, instance.ErrForbidden, args.Peer)
	}
	if blocked, err := f.blocked(ctx, args.Peer); err != nil || blocked {
		return err
	}
	peer, err := f.Actor(ctx, args.Peer)
	if err != nil {
		return err
	}
	if args.Page == 0 {
		f.learnHost(ctx, instance.Origin(peer.ID))
	}
	page, err := f.readPage(ctx, args.URL)
	if err != nil {
		return err
	}
	var fetches []instance.Job
	for _, item := range page.Items[:min(len(page.Items), maxPageItems)] {
		id, err := f.backfillItem(ctx, peer, item)
		if err != nil && !theirFault(err) && !temporary(err) {
			return err // the database: the whole page is tried again
		}
		if err != nil {
			f.log.DebugContext(ctx, "backfill: item left", "item", item.ID, "why", err)
		}
		if id != "" && !f.node.URLs().Local(id) {
			fetches = append(fetches, instance.FetchJob(id, peer.ID))
		}
	}
	f.walked.put(args.URL, struct{}{}, time.Now().Add(walkedFor))
	return f.store.Write(ctx, func(tx instance.Tx) error {
		jobs := fetches
		if next, ok := f.nextPage(args, page.Next); ok {
			jobs = append(jobs[:len(jobs):len(jobs)], next)
		}
		return tx.Enqueue(ctx, jobs...)
	})
}

// readPage reads a page, or the first one of a collection.
func (f *Federation) readPage(ctx context.Context, address string) (*as2.Collection, error) {
	for range 2 {
		body, final, err := f.client.document(ctx, address)
		if err != nil {
			return nil, err
		}
		if !instance.SameOrigin(final, address) {
			return nil, fmt.Errorf("%s: %w: it leads to %s", address, instance.ErrForbidden, final)
		}
		page, err := as2.ParseCollection(body)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", address, err)
		case len(page.Items) > 0 || page.First == "" && page.FirstPage == nil:
			return page, nil
		case page.FirstPage != nil:
			return page.FirstPage, nil
		case !instance.SameOrigin(page.First, address):
			return nil, fmt.Errorf("%s: %w: its first page is elsewhere", address, instance.ErrForbidden)
		}
		address = page.First
	}
	return nil, fmt.Errorf("%s: %w: no page in it", address, as2.ErrUnsupported)
}

// nextPage is the job for the page after this one, unless the walk ends here.
func (f *Federation) nextPage(args instance.BackfillArgs, next string) (instance.Job, bool) {
	_, seen := f.walked.get(next, time.Now())
	if next == "" || next == args.URL || seen && args.Page > 0 || args.Page+1 >= maxPages || !instance.SameOrigin(next, args.Peer) {
		return instance.Job{}, false
	}
	job := instance.BackfillJob(instance.BackfillArgs{Peer: args.Peer, URL: next, Page: args.Page + 1})
	if !f.client.allowPrivate {
		job.RunAt = f.node.Now().Add(pageEvery)
	}
	return job, true
}

// backfillItem keeps an entry of a page, or returns the IRI of what is to be
// fetched instead. What is embedded counts only when it lives where the page does.
func (f *Federation) backfillItem(ctx context.Context, peer *instance.Actor, item as2.Item) (fetch string, err error) {
	if item.Raw == nil {
		return item.ID, nil
	}
	raw, id := item.Raw, item.ID
	activity, err := as2.ParseInner(item.Raw)
	if err != nil {
		return "", err
	}
	switch activity.Type {
	case "Create", "Update":
		raw, id = activity.ObjectRaw, activity.ObjectID
	case "Announce":
		if activity.Actor == peer.ID && activity.ObjectRaw != nil {
			if err := f.receiveProven(ctx, peer.ID, activity.ObjectRaw); !errors.Is(err, errProof) {
				return "", err
			}
		}
		return announced(activity)
	}
	if raw == nil || !instance.SameOrigin(id, peer.ID) {
		return id, nil
	}
	err = f.receiveItem(ctx, peer, id, raw)
	if errors.Is(err, errNotTheirs) {
		return id, nil // only its own address can say
	}
	if temporary(err) {
		return id, nil // its owner could not be read now
	}
	return "", err
}

// errNotTheirs says that a collection holds somebody else's thing.
var errNotTheirs = errors.New("not the collection owner's")

// announced is the IRI of what an Announce is about, or of what is inside the
// activity it is about (Gancio, FEP-1b12).
func announced(a *as2.Activity) (string, error) {
	if a.ObjectType != "Create" && a.ObjectType != "Update" {
		return a.ObjectID, nil
	}
	inner, err := as2.ParseInner(a.ObjectRaw)
	if err != nil {
		return "", err
	}
	return inner.ObjectID, nil
}

// receiveItem keeps an embedded object in the name of its owner, or an actor.
//
// A whole server's collection speaks for all who live there; an actor's for itself
// alone (FEP-fe34): else one account of a server could give another a key of its own.
func (f *Federation) receiveItem(ctx context.Context, peer *instance.Actor, id string, raw []byte) error {
	o, err := as2.ParseObject(raw)
	if errors.Is(err, as2.ErrUnsupported) {
		if peer.Kind != instance.KindNode && id != peer.ID {
			return errNotTheirs
		}
		actor, notActor := parseActor(raw, id)
		if notActor != nil {
			return err
		}
		return f.node.ReceiveActor(ctx, actor)
	}
	if err != nil {
		return err
	}
	b := o.Common()
	if peer.Kind != instance.KindNode && b.Owner != peer.ID {
		return errNotTheirs
	}
	if !instance.SameOrigin(b.ID, b.Owner) {
		return fmt.Errorf("%s: %w: its owner lives elsewhere", b.ID, instance.ErrForbidden)
	}
	owner, err := f.Actor(ctx, b.Owner)
	if err != nil {
		return err
	}
	return f.node.ReceiveObject(ctx, owner, o, raw)
}
