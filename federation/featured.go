package federation

import (
	"context"
	"slices"
	"strconv"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// aboutFeatured makes what tells that something is put forward by its owner, or no
// longer: Mastodon and GoToSocial show it on the owner's profile from then on.
func (f *Federation) aboutFeatured(ctx context.Context, verb instance.Verb, id string, job instance.Job) ([]sending, error) {
	o, err := f.node.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	owner, err := f.node.Actor(ctx, o.Common().Owner)
	if err != nil {
		return nil, err
	}
	if slices.Contains(owner.Featured, id) != (verb == instance.VerbAdd) || !o.Common().Deleted.IsZero() {
		return nil, nil // they changed their mind before it was told, or withdrew it
	}
	// The same thing may be put forward again: each time has a name of its own.
	activityID := f.activityID(string(verb), id, strconv.FormatInt(job.ID, 10))
	payload, err := as2.MarshalStatement(as2.Statement{
		ID: activityID, Type: string(verb), Actor: owner.ID, Objects: []string{id}, Target: owner.ID + "/featured",
		To: []string{as2.Public}, Cc: []string{owner.Followers},
	})
	if err != nil {
		return nil, err
	}
	return []sending{{
		Activity: instance.Activity{ID: activityID, Actor: owner.ID, Type: string(verb), Object: id, Payload: payload, Published: f.node.Now()},
		audience: []string{owner.ID},
	}}, nil
}
