package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// offer is a correction on its way to the node whose object it is of: an Offer of the
// object, with each field and what it is to be in our terms.
type offer struct {
	Context any      `json:"@context"`
	ID      string   `json:"id"`
	Type    string   `json:"type"` // Offer
	Actor   string   `json:"actor"`
	Object  string   `json:"object"`
	Content string   `json:"content,omitempty"` // HTML: why
	Changes []change `json:"maillage:changes"`
	To      []string `json:"to"`
}

type change struct {
	Field string `json:"maillage:field"`
	Was   string `json:"maillage:was,omitempty"`
	Now   string `json:"maillage:now"`
}

// offerContext defines the terms of an Offer.
var offerContext = []any{"https://www.w3.org/ns/activitystreams", map[string]string{"maillage": "https://w3id.org/maillage/v1#"}}

// onOffer keeps a correction that another node proposes to something of ours, or an
// event of its own that one of ours is asked to organise.
func (f *Federation) onOffer(ctx context.Context, in incoming) error {
	if !f.node.URLs().Local(in.ObjectID) {
		return f.onOrganiserOffer(ctx, in)
	}
	var doc struct {
		Changes []change `json:"maillage:changes"`
	}
	if err := json.Unmarshal(in.body, &doc); err != nil {
		return fmt.Errorf("offer %s: %w", in.ID, as2.ErrMalformed)
	}
	p := instance.Proposal{Object: in.ObjectID, Message: in.Content, Activity: in.ID}
	for _, c := range doc.Changes {
		p.Changes = append(p.Changes, instance.Change{Field: c.Field, Was: c.Was, Now: c.Now})
	}
	return unlessBusy(f.node.ReceiveProposal(ctx, in.from, p))
}

// onFlag keeps what another server's people report of ours.
func (f *Federation) onFlag(ctx context.Context, in incoming) error {
	objects := in.Objects
	if len(objects) == 0 {
		objects = []string{in.ObjectID}
	}
	return unlessBusy(f.node.ReceiveReport(ctx, in.from, objects, in.Content))
}

// unlessBusy drops what cannot be kept because too much of it waits: sent again, there would
// be more.
func unlessBusy(err error) error {
	if errors.Is(err, instance.ErrBusy) {
		return nil
	}
	return err
}

// Propose is the job that sends a correction or a report to the node of what it is
// about (JobPropose), in the name of ours: nobody learns who made it.
func (f *Federation) Propose(ctx context.Context, job instance.Job) error {
	p, err := f.proposal(ctx, job)
	if err != nil || !p.Open() {
		return err
	}
	owner := p.Object
	if o, err := f.node.Object(ctx, p.Object); err == nil {
		owner = o.Common().Owner
	}
	to, err := f.Actor(ctx, owner)
	if err != nil {
		return f.settle(ctx, "propose to "+owner, job, err)
	}
	self := f.node.Self().ID
	var body []byte
	if p.Kind == instance.ProposeReport {
		body, err = as2.MarshalStatement(as2.Statement{
			ID: p.Activity, Type: "Flag", Actor: self, Content: p.Message, To: []string{to.ID},
			Objects: slices.Compact(append([]string{to.ID, p.Object}, p.Also...)),
		})
	} else {
		o := offer{Context: offerContext, ID: p.Activity, Type: "Offer", Actor: self, Object: p.Object, Content: html.EscapeString(p.Message), To: []string{to.ID}}
		for _, c := range p.Changes {
			o.Changes = append(o.Changes, change{c.Field, c.Was, c.Now})
		}
		body, err = json.Marshal(o)
	}
	if err != nil {
		return instance.Cancel(err)
	}
	return f.sendTo(ctx, job, self, to, body)
}

// AnswerProposal is the job that tells another node what became of its correction
// (JobProposeAnswer).
func (f *Federation) AnswerProposal(ctx context.Context, job instance.Job) error {
	p, err := f.proposal(ctx, job)
	if err != nil || p.Open() {
		return err
	}
	to, err := f.Actor(ctx, p.From)
	if err != nil {
		return f.settle(ctx, "answer to "+p.From, job, err)
	}
	verb := "Reject"
	if p.State == instance.ProposalAccepted {
		verb = "Accept"
	}
	self := f.node.Self().ID
	body, err := json.Marshal(struct {
		Context string   `json:"@context"`
		ID      string   `json:"id"`
		Type    string   `json:"type"`
		Actor   string   `json:"actor"`
		Object  string   `json:"object"`
		Content string   `json:"content,omitempty"`
		To      []string `json:"to"`
	}{"https://www.w3.org/ns/activitystreams", f.activityID(verb, p.Activity), verb, self, p.Activity, html.EscapeString(p.Answer), []string{to.ID}})
	if err != nil {
		return instance.Cancel(err)
	}
	return f.sendTo(ctx, job, self, to, body)
}

func (f *Federation) proposal(ctx context.Context, job instance.Job) (*instance.Proposal, error) {
	var args instance.ProposeArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return nil, instance.Cancel(err)
	}
	p, err := f.node.Proposal(ctx, args.ID)
	if errors.Is(err, instance.ErrNotFound) {
		return nil, instance.Cancel(err)
	}
	return p, err
}
