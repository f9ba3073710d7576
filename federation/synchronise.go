package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// Followers synchronisation (FEP-8fcf): with what an actor says goes a digest of who
// follows it on the server it is said to. A server that knows otherwise asks which they
// are, and both agree again.

// headerSync carries the digest.
const headerSync = "Collection-Synchronization"

const (
	syncEvery  = time.Hour // at most, for each actor of a peer
	syncSettle = time.Hour // a younger follow may not be known to the other side yet
	maxSynced  = 10_000    // followers of one actor on one server

	// A digest is as good for what is said a moment later. Of a thousand followers it takes
	// longer than all the rest of a delivery; at worst, a server asks for nothing new.
	digestFor = time.Minute
)

// followersDigest is the XOR of the SHA-256 of each IRI, in hex.
func followersDigest(ids []string) string {
	var digest [sha256.Size]byte
	for _, id := range ids {
		sum := sha256.Sum256([]byte(id))
		for i := range digest {
			digest[i] ^= sum[i]
		}
	}
	return hex.EncodeToString(digest[:])
}

// syncHeader is what goes with an activity of one of ours to a server: "" for what is
// not said to followers.
func (f *Federation) syncHeader(ctx context.Context, l letter) (string, error) {
	if l.activity == nil || !l.activity.Public {
		return "", nil
	}
	digest, err := f.digestOn(ctx, l.actor, instance.Origin(l.inbox))
	if err != nil || digest == "" {
		return "", err
	}
	return fmt.Sprintf(`collectionId="%[1]s/followers", url="%[1]s/followers_synchronization", digest="%[2]s"`, l.actor, digest), nil
}

// digestOn is the digest of who follows one of ours on a host, as it was a moment ago: ""
// for nobody.
func (f *Federation) digestOn(ctx context.Context, actor, host string) (string, error) {
	key, now := actor+" "+host, time.Now()
	if digest, ok := f.digests.get(key, now); ok {
		return digest, nil
	}
	followers, err := f.node.FollowersOn(ctx, actor, host, maxSynced)
	if err != nil {
		return "", err
	}
	digest := ""
	if len(followers) > 0 {
		digest = followersDigest(followers)
	}
	f.digests.put(key, digest, now.Add(digestFor))
	return digest, nil
}

// followersThere serves, to a server that signs its request, which of its actors
// follow one of ours. Nobody else learns who follows whom.
func (f *Federation) followersThere(c echo.Context) error {
	ctx := c.Request().Context()
	owner, err := f.collectionOwner(c)
	if err != nil {
		return f.refuse(c, err)
	}
	asker, err := f.signerOf(c.Request())
	if errors.Is(err, errSignature) {
		return plain(c, http.StatusUnauthorized, err.Error())
	}
	var no *refusal
	if errors.As(err, &no) {
		return plain(c, no.status, no.why)
	}
	if err != nil {
		return f.refuse(c, err)
	}
	followers, err := f.node.FollowersOn(ctx, owner.ID, instance.Origin(asker), maxSynced)
	if err != nil {
		return err
	}
	if followers == nil {
		followers = []string{}
	}
	body, err := json.Marshal(struct {
		Context string   `json:"@context"`
		ID      string   `json:"id"`
		Type    string   `json:"type"`
		Items   []string `json:"orderedItems"`
	}{"https://www.w3.org/ns/activitystreams", owner.ID + "/followers_synchronization", "OrderedCollection", followers})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	c.Response().Header().Set("Vary", "Signature")
	return c.Blob(http.StatusOK, contentTypeAS, body)
}

// signerOf is the actor who signed a GET.
func (f *Federation) signerOf(r *http.Request) (string, error) {
	signed, err := checkRequest(r, nil, f.node.URLs().Base(), f.node.Now())
	if err != nil {
		return "", err
	}
	if blocked, err := f.blocked(r.Context(), signed.signer); err != nil || blocked {
		return "", errors.Join(err, refuse(http.StatusForbidden, "blocked"))
	}
	known, err := f.node.Actor(r.Context(), signed.signer)
	if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return "", err
	}
	actor, err := f.authenticate(r.Context(), signed, signed.signer, known)
	if err != nil {
		return "", err
	}
	return actor.ID, nil
}

// SyncArgs name an actor of a peer, and where its server says who of ours follows it.
type SyncArgs struct {
	Actor string `json:"actor"`
	URL   string `json:"url"`
}

// compareFollowers looks at the digest that came with an activity of an actor, and asks
// its server who follows it if we know otherwise.
func (f *Federation) compareFollowers(ctx context.Context, header string, from *instance.Actor) error {
	params := syncParams(header)
	if from.Followers == "" || params["collectionId"] != from.Followers || !instance.SameOrigin(params["url"], from.ID) {
		return nil
	}
	ours, err := f.followersHere(ctx, from.ID)
	if err != nil || len(ours) == 0 && params["digest"] == "" {
		return err
	}
	ids := make([]string, len(ours))
	for i, follow := range ours {
		ids[i] = follow.Actor
	}
	if strings.EqualFold(followersDigest(ids), params["digest"]) {
		return nil
	}
	if _, lately := f.walked.get("sync "+from.ID, time.Now()); lately {
		return nil
	}
	f.walked.put("sync "+from.ID, struct{}{}, time.Now().Add(syncEvery))
	job := instance.NewJob(instance.JobSync, SyncArgs{Actor: from.ID, URL: params["url"]})
	job.Key, job.Unique = instance.Origin(from.ID), "sync "+from.ID
	return f.store.Write(ctx, func(tx instance.Tx) error { return tx.Enqueue(ctx, job) })
}

// followersHere lists the follows of a remote actor by ours.
func (f *Federation) followersHere(ctx context.Context, actor string) ([]instance.Follow, error) {
	follows, _, err := f.node.Follows(ctx, instance.FollowFilter{Object: actor, State: instance.FollowAccepted, Limit: maxSynced})
	return follows, err
}

// syncParams reads the header: names and quoted values, as in a signature.
func syncParams(header string) map[string]string {
	params := map[string]string{}
	if len(header) > maxSignatureHeader {
		return params
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[name] = strings.Trim(value, `"`)
	}
	return params
}

// Synchronise is the job that reads who of ours a peer believes to follow one of its
// actors (JobSync): a follow that it does not know is over, and one that we do not know
// is taken back.
func (f *Federation) Synchronise(ctx context.Context, job instance.Job) error {
	var args SyncArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	return f.settle(ctx, "followers of "+args.Actor, job, f.synchronise(ctx, args))
}

func (f *Federation) synchronise(ctx context.Context, args SyncArgs) error {
	body, final, err := f.client.document(ctx, args.URL)
	if err != nil {
		return err
	}
	collection, err := as2.ParseCollection(body)
	if err != nil {
		return err
	}
	if !instance.SameOrigin(final, args.Actor) {
		return fmt.Errorf("%s: %w: it leads to %s", args.URL, instance.ErrForbidden, final)
	}
	theirs := map[string]bool{}
	for _, item := range collection.Items[:min(len(collection.Items), maxSynced)] {
		if f.node.URLs().Local(item.ID) {
			theirs[item.ID] = true
		}
	}
	ours, err := f.followersHere(ctx, args.Actor)
	if err != nil {
		return err
	}
	settled := f.node.Now().Add(-syncSettle)
	for _, follow := range ours {
		if !theirs[follow.Actor] && follow.Updated.Before(settled) {
			if err := f.store.Write(ctx, func(tx instance.Tx) error { return tx.DeleteFollow(ctx, follow.Actor, follow.Object) }); err != nil {
				return err
			}
		}
		delete(theirs, follow.Actor)
	}
	for actor := range theirs {
		if err := f.takeBack(ctx, actor, args.Actor); err != nil {
			return err
		}
	}
	return nil
}

// takeBack tells a peer that one of ours does not follow its actor, unless it has just
// asked to.
func (f *Federation) takeBack(ctx context.Context, ours, theirs string) error {
	if _, err := f.node.Follow(ctx, ours, theirs); !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	actor, err := f.localActor(ctx, ours)
	if err != nil {
		return nil // not, or no longer, an actor of ours: there is nobody to say it
	}
	undo := instance.FollowArgs{Actor: actor.ID, Object: theirs, Undo: f.activityID("unknown follow", actor.ID, theirs)}
	return f.store.Write(ctx, func(tx instance.Tx) error { return tx.Enqueue(ctx, instance.FollowJob(undo)) })
}
