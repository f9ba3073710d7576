package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// sending is an activity of ours and whose followers it goes to.
type sending struct {
	instance.Activity
	audience []string // IRIs of actors of ours
	inboxes  []string // of others whom it concerns
	undoes   bool     // it takes back the actor's Announce of the object
}

// Announce is the job that tells peers what happened to an object or an actor of
// ours (JobAnnounce). Activities are named after what they tell, so running it
// again tells nothing twice.
func (f *Federation) Announce(ctx context.Context, job instance.Job) error {
	var args instance.AnnounceArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	kind, _, ok := f.node.URLs().Parse(args.ID)
	if !ok {
		return instance.Cancel(fmt.Errorf("announce %s: %w", args.ID, instance.ErrNotFound))
	}
	var sendings []sending
	var err error
	switch {
	case args.Verb == instance.VerbAdd, args.Verb == instance.VerbRemove:
		sendings, err = f.aboutFeatured(ctx, args.Verb, args.ID, job)
	case slices.Contains(objectKinds, kind):
		sendings, err = f.aboutObject(ctx, args.Verb, args.ID, args.Quiet)
	default:
		sendings, err = f.aboutActor(ctx, args.Verb, args.ID)
	}
	if err != nil {
		return fmt.Errorf("announce %s %s: %w", args.Verb, args.ID, err)
	}
	return f.send(ctx, sendings)
}

// send signs activities, once for all who will read them, keeps them, which the outbox
// then shows, and enqueues a delivery for each inbox, all or nothing. An activity that is there already was sent.
func (f *Federation) send(ctx context.Context, sendings []sending) error {
	for i, s := range sendings {
		var err error
		if sendings[i].Payload, err = f.prove(ctx, s.Actor, s.Payload); err != nil {
			return err
		}
	}
	return f.store.Write(ctx, func(tx instance.Tx) error {
		for _, s := range sendings {
			_, err := tx.Activity(ctx, s.ID)
			if err == nil {
				continue
			}
			if !errors.Is(err, instance.ErrNotFound) {
				return err
			}
			if err := tx.SaveActivity(ctx, s.Activity); err != nil {
				return err
			}
			if s.undoes {
				if err := tx.DeleteAnnounce(ctx, s.Actor, s.Object); err != nil {
					return err
				}
			}
			if s.Type == string(instance.VerbDelete) {
				if err := tx.ForgetActivities(ctx, s.Object); err != nil {
					return err
				}
			}
			inboxes, err := tx.FollowerInboxes(ctx, s.audience...)
			if err != nil {
				return err
			}
			inboxes = slices.Compact(slices.Sorted(slices.Values(append(inboxes, s.inboxes...))))
			jobs := make([]instance.Job, len(inboxes))
			for i, inbox := range inboxes {
				jobs[i] = instance.NewJob(instance.JobDeliver, instance.DeliverArgs{Activity: s.ID, Inbox: inbox})
				jobs[i].Key = instance.Origin(inbox)
			}
			if err := tx.Enqueue(ctx, jobs...); err != nil {
				return err
			}
		}
		return nil
	})
}

// aboutObject makes the activities that tell what happened to an object.
//
// Its owner says it, to its own followers and the node's. The node and the
// territories then point their followers at what is new; these get the owner's
// Update and Delete too, for a boost carries neither. Sheets of the directory are
// for other nodes only, and so is what is told quietly: an import of hundreds must not
// flood anyone's timeline.
func (f *Federation) aboutObject(ctx context.Context, verb instance.Verb, id string, quiet bool) ([]sending, error) {
	o, err := f.node.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	b := o.Common()
	if gone := !b.Deleted.IsZero(); gone != (verb == instance.VerbDelete) {
		return nil, nil // deleted before it was told
	}
	owner, err := f.node.Actor(ctx, b.Owner)
	if err != nil {
		return nil, err
	}
	node := f.node.Self()
	if b.Kind == instance.KindPartner {
		return f.aboutObjectBy(ctx, verb, owner, o, node.ID)
	}
	territories, err := f.territoriesOf(ctx, b)
	if err != nil {
		return nil, err
	}
	announced, err := f.node.Announces(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	// What is over when it is published is history, an agenda brought in: outboxes
	// and other nodes have it, nobody's timeline is flooded with it.
	e, ok := o.(*instance.Event)
	history := ok && e.Over(f.node.Now())

	audience := []string{node.ID}
	if verb != instance.VerbCreate || !history && !quiet {
		audience = append(audience, owner.ID)
	}
	if verb != instance.VerbCreate {
		for _, a := range announced {
			audience = append(audience, a.Actor)
		}
	}
	sendings, err := f.aboutObjectBy(ctx, verb, owner, o, audience...)
	if err != nil {
		return nil, err
	}
	if err := f.addConcerned(ctx, verb, o, sendings); err != nil || verb == instance.VerbDelete {
		return sendings, err
	}
	if note, ok := o.(*instance.Announcement); ok && note.InReplyTo != "" && !f.node.URLs().Local(note.InReplyTo) {
		return sendings, nil // said to one person, in public: not for everybody's timeline
	}
	for _, announcer := range append([]*instance.Actor{node}, territories...) {
		if announcer.ID == owner.ID || slices.ContainsFunc(announced, func(a instance.Activity) bool { return a.Actor == announcer.ID }) {
			continue
		}
		audience := []string{announcer.ID}
		if quiet || history && announcer != node {
			audience = nil
		}
		boost, err := f.aboutObjectBy(ctx, instance.VerbAnnounce, announcer, o, audience...)
		if err != nil {
			return nil, err
		}
		sendings = append(sendings, boost...)
	}
	return append(sendings, f.takenBack(b, announced, append(territories, node))...), nil
}

// addConcerned adds to what an owner says of an object those whom it concerns whether
// they follow or not: the people of an event that changes, whom a note answers.
func (f *Federation) addConcerned(ctx context.Context, verb instance.Verb, o instance.Object, sendings []sending) error {
	var inboxes []string
	var err error
	switch o := o.(type) {
	case *instance.Event:
		if verb != instance.VerbCreate {
			inboxes, err = f.concernedBy(ctx, o.ID)
		}
	case *instance.Announcement:
		author, failed := f.answered(ctx, o)
		if err = failed; author != nil && author.DeliveryInbox() != "" {
			inboxes = []string{author.DeliveryInbox()}
		}
	}
	for i := range sendings {
		sendings[i].inboxes = inboxes
	}
	return err
}

// concernedBy lists the inboxes of those who come to an event, and of those elsewhere who
// organise it with its owner.
func (f *Federation) concernedBy(ctx context.Context, event string) ([]string, error) {
	who, err := f.node.ParticipantInboxes(ctx, event)
	if err != nil {
		return nil, err
	}
	organisers, err := f.node.OrganiserInboxes(ctx, event)
	return append(who, organisers...), err
}

// takenBack undoes the Announces of an object by actors it no longer concerns: it
// was moved to another territory.
func (f *Federation) takenBack(b *instance.Base, announced []instance.Activity, concerned []*instance.Actor) []sending {
	var out []sending
	for _, a := range announced {
		if slices.ContainsFunc(concerned, func(c *instance.Actor) bool { return c.ID == a.Actor }) {
			continue
		}
		id := f.activityID("Undo", a.ID)
		out = append(out, sending{
			Activity: instance.Activity{
				ID: id, Actor: a.Actor, Type: "Undo", Object: b.ID,
				Payload: as2.MarshalUndo(id, a.Actor, a.Payload), Published: b.Updated,
			},
			audience: []string{a.Actor}, undoes: true,
		})
	}
	return out
}

// aboutObjectBy makes one activity, or none when it would be larger than peers
// take: they are then led to the object by the node's Announce.
func (f *Federation) aboutObjectBy(ctx context.Context, verb instance.Verb, by *instance.Actor, o instance.Object, audience ...string) ([]sending, error) {
	b := o.Common()
	var at time.Time
	parts := []string{string(verb), b.ID}
	switch verb {
	case instance.VerbCreate:
		at = b.Published
	case instance.VerbAnnounce: // a second one, after the first was taken back, is another
		at = b.Updated
		parts = append(parts, by.ID, b.Updated.UTC().Format(time.RFC3339))
	case instance.VerbDelete:
		at = b.Deleted
	default:
		at = b.Updated
		parts = append(parts, b.Updated.UTC().Format(time.RFC3339))
	}
	id := f.activityID(parts...)
	env, err := f.envOf(ctx, o)
	if err != nil {
		return nil, err
	}
	payload, err := as2.MarshalActivity(verb, id, by, o, env)
	if errors.Is(err, as2.ErrTooLarge) {
		f.log.Warn("activity too large, not sent", "verb", verb, "object", b.ID)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []sending{{
		Activity: instance.Activity{ID: id, Actor: by.ID, Type: string(verb), Object: b.ID, Public: true, Payload: payload, Published: at},
		audience: audience,
	}}, nil
}

// aboutActor makes the activity that tells that an actor of ours changed or left.
func (f *Federation) aboutActor(ctx context.Context, verb instance.Verb, id string) ([]sending, error) {
	switch verb {
	case instance.VerbUpdate, instance.VerbDelete:
	case instance.VerbMove:
		return f.aboutMove(ctx, id)
	default:
		return nil, nil // nobody follows it yet
	}
	actor, err := f.node.Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	at := actor.Updated
	if verb == instance.VerbDelete {
		at = actor.Gone
	}
	activityID := f.activityID(string(verb), id, at.UTC().Format(time.RFC3339))
	payload, err := as2.MarshalActorActivity(verb, activityID, actor, f.env())
	if err != nil {
		return nil, err
	}
	var followed []string
	if at.Equal(actor.Rotated) {
		if followed, err = f.followedInboxes(ctx, id); err != nil {
			return nil, err
		}
	}
	return []sending{{
		Activity: instance.Activity{ID: activityID, Actor: id, Type: string(verb), Object: id, Payload: payload, Published: at},
		audience: []string{id, f.node.Self().ID}, inboxes: followed,
	}}, nil
}

// followedInboxes are those of the actors that one of ours follows: their servers know
// its key too, and are told of a new one.
func (f *Federation) followedInboxes(ctx context.Context, id string) ([]string, error) {
	follows, _, err := f.node.Follows(ctx, instance.FollowFilter{Actor: id, State: instance.FollowAccepted, Limit: 1000})
	if err != nil {
		return nil, err
	}
	var inboxes []string
	for _, follow := range follows {
		switch a, err := f.node.Actor(ctx, follow.Object); {
		case errors.Is(err, instance.ErrNotFound):
		case err != nil:
			return nil, err
		case a.Gone.IsZero() && a.DeliveryInbox() != "":
			inboxes = append(inboxes, a.DeliveryInbox())
		}
	}
	return inboxes, nil
}

// territoriesOf lists the territories of ours that an object belongs to, and the
// commune of a quartier.
func (f *Federation) territoriesOf(ctx context.Context, b *instance.Base) ([]*instance.Actor, error) {
	var out []*instance.Actor
	for refs := slices.Clone(b.Territories); len(refs) > 0; refs = refs[1:] {
		t, err := f.territoryOf(ctx, refs[0])
		if errors.Is(err, instance.ErrNotFound) || err == nil && (!t.Local() || !t.Gone.IsZero()) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(a *instance.Actor) bool { return a.ID == t.ID }) {
			continue
		}
		out = append(out, t)
		if t.Territory != nil && t.Territory.Parent != nil {
			refs = append(refs, *t.Territory.Parent)
		}
	}
	return out, nil
}

func (f *Federation) territoryOf(ctx context.Context, ref instance.Ref) (*instance.Actor, error) {
	if ref.ID != "" {
		return f.node.Actor(ctx, ref.ID)
	}
	return f.node.ActorBySlug(ctx, instance.KindTerritory, ref.Slug)
}
