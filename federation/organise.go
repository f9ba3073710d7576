package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// organiserOffer is how the owner of an event asks somebody elsewhere to organise it
// together: an Offer of the event, whose target is who is asked. It is not an Invite,
// which FEP-8a8e keeps for those who may come.
type organiserOffer struct {
	Context string   `json:"@context,omitempty"`
	ID      string   `json:"id"`
	Type    string   `json:"type"` // Offer
	Actor   string   `json:"actor"`
	Object  string   `json:"object"`
	Target  string   `json:"target"`
	To      []string `json:"to"`
}

// onOrganiserOffer keeps what the owner of an event asks one of ours. The event is read
// at its origin: nothing else says whose it is.
func (f *Federation) onOrganiserOffer(ctx context.Context, in incoming) error {
	if !f.node.URLs().Local(in.Target) {
		return fmt.Errorf("offer %s: %w: it is made to none of ours", in.ID, instance.ErrNotFound)
	}
	if !instance.SameOrigin(in.ObjectID, in.from.ID) {
		return fmt.Errorf("offer of %s: %w: it is not %s's", in.ObjectID, instance.ErrForbidden, in.from.ID)
	}
	o, raw, err := f.Object(ctx, in.ObjectID)
	if err != nil {
		return err
	}
	event, ok := o.(*instance.Event)
	if !ok {
		return fmt.Errorf("offer of %s: %w: it is no event", in.ObjectID, instance.ErrInvalid)
	}
	return unlessBusy(f.node.ReceiveOffer(ctx, in.from, instance.Organiser{
		Event: event.ID, Actor: in.Target, Offer: in.ID, Copy: event, Raw: raw,
	}))
}

// onOfferAnswer notes the answer to an Offer of ours: to organise an event, or of a
// correction.
func (f *Federation) onOfferAnswer(ctx context.Context, in incoming, agrees bool) error {
	err := f.node.ReceiveOrganiserAnswer(ctx, in.from, in.ObjectID, agrees)
	if errors.Is(err, instance.ErrNotFound) {
		return f.node.ReceiveProposalAnswer(ctx, in.from, in.ObjectID, agrees, in.Content)
	}
	return err
}

// Organise is the job that tells the other node what became of asking somebody to
// organise an event (JobOrganise): for an event of ours an Offer or its Undo, for one
// elsewhere an Accept or a Reject. It says how things are when it runs.
func (f *Federation) Organise(ctx context.Context, job instance.Job) error {
	var args instance.OrganiseArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return instance.Cancel(err)
	}
	o, err := f.node.Organiser(ctx, args.Event, args.Actor)
	if errors.Is(err, instance.ErrNotFound) {
		return instance.Cancel(err)
	}
	if err != nil {
		return err
	}
	by, other := o.Owner, o.Actor
	if !f.node.URLs().Local(o.Event) {
		by, other = o.Actor, o.Owner
	}
	to, err := f.Actor(ctx, other)
	if err != nil {
		return f.settle(ctx, "organise "+o.Event, job, err)
	}
	body, err := f.organiserSays(o, by, to.ID)
	if err != nil || body == nil {
		return err
	}
	return f.sendTo(ctx, job, by, to, body)
}

// organiserSays is what by has to say of it, nil for nothing.
func (f *Federation) organiserSays(o *instance.Organiser, by, to string) ([]byte, error) {
	ours := by == o.Owner
	offer := organiserOffer{ID: o.Offer, Type: "Offer", Actor: o.Owner, Object: o.Event, Target: o.Actor, To: []string{o.Actor}}
	verb := ""
	switch {
	case ours && o.State == instance.OrganiserAsked:
		offer.Context = "https://www.w3.org/ns/activitystreams"
		return json.Marshal(offer)
	case ours && o.State == instance.OrganiserWithdrawn:
		inner, err := json.Marshal(offer)
		return as2.MarshalUndo(f.activityID("Undo", o.Offer), by, inner), err
	case !ours && o.State == instance.OrganiserConfirmed:
		verb = "Accept"
	case !ours && o.State == instance.OrganiserRefused:
		verb = "Reject"
	default:
		return nil, nil
	}
	inner, err := json.Marshal(offer)
	if err != nil {
		return nil, err
	}
	return as2.MarshalAnswer(verb, f.activityID(verb, o.Offer), by, to, inner)
}
