package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type proposalRow struct {
	bun.BaseModel `bun:"table:proposals"`

	ID       string `bun:"id,pk"`
	Kind     string `bun:"kind"`
	State    string `bun:"state"`
	Object   string `bun:"object"`
	Owner    string `bun:"owner"`
	Origin   string `bun:"origin"`
	Activity string `bun:"activity"`
	Secret   string `bun:"secret"`
	Email    string `bun:"email"`
	Sender   string `bun:"sender"`
	Created  int64  `bun:"created"`
	Answered int64  `bun:"answered"`
	Data     string `bun:"data"`
}

func (row *proposalRow) proposal() (*instance.Proposal, error) {
	p := &instance.Proposal{}
	if err := json.Unmarshal([]byte(row.Data), p); err != nil {
		return nil, fmt.Errorf("decode proposal %s: %w", row.ID, err)
	}
	p.Secret, p.Email, p.Sender = row.Secret, row.Email, row.Sender
	return p, nil
}

// Proposal implements instance.ProposalReader.
func (r reader) Proposal(ctx context.Context, id string) (*instance.Proposal, error) {
	return r.proposal(ctx, id, "id = ?", id)
}

// ProposalBySecret implements instance.ProposalReader.
func (r reader) ProposalBySecret(ctx context.Context, hash string) (*instance.Proposal, error) {
	return r.proposal(ctx, "of a secret", "secret = ? AND secret <> ''", hash)
}

// ProposalByActivity implements instance.ProposalReader.
func (r reader) ProposalByActivity(ctx context.Context, iri string) (*instance.Proposal, error) {
	return r.proposal(ctx, iri, "activity = ? AND activity <> ''", iri)
}

func (r reader) proposal(ctx context.Context, what, where string, args ...any) (*instance.Proposal, error) {
	var row proposalRow
	if err := r.db.NewSelect().Model(&row).Where(where, args...).Scan(ctx); err != nil {
		return nil, missing(err, "proposal", what)
	}
	return row.proposal()
}

// Proposals implements instance.ProposalReader.
func (r reader) Proposals(ctx context.Context, f instance.ProposalFilter) ([]instance.Proposal, int, error) {
	var rows []proposalRow
	order := "created, id"
	if f.Newest {
		order = "created DESC, id DESC"
	}
	q := r.db.NewSelect().Model(&rows).OrderExpr(order)
	if len(f.States) > 0 {
		q.Where("state IN (?)", bun.List(f.States))
	}
	if f.Object != "" {
		q.Where("object = ?", f.Object)
	}
	if len(f.Owners) > 0 {
		q.Where("owner IN (?)", bun.List(f.Owners))
	}
	if f.Sender != "" {
		q.Where("sender = ?", f.Sender)
	}
	inScope(q, f.Origin)
	total, err := page(ctx, q, &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list proposals: %w", err)
	}
	proposals, err := eachOf(rows, (*proposalRow).proposal)
	return proposals, total, err
}

// SaveProposal implements instance.ProposalTx.
func (t *transaction) SaveProposal(ctx context.Context, p instance.Proposal) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode proposal %s: %w", p.ID, err)
	}
	_, err = t.db.NewInsert().Model(&proposalRow{
		ID: p.ID, Kind: string(p.Kind), State: string(p.State), Object: p.Object, Owner: p.Owner, Origin: p.Origin,
		Activity: p.Activity, Secret: p.Secret, Email: p.Email, Sender: p.Sender, Created: micros(p.Created), Answered: micros(p.Answered), Data: string(data),
	}).On("CONFLICT (id) DO UPDATE").
		Set("state = EXCLUDED.state, owner = EXCLUDED.owner, activity = EXCLUDED.activity, secret = EXCLUDED.secret").
		Set("email = EXCLUDED.email, sender = EXCLUDED.sender, answered = EXCLUDED.answered, data = EXCLUDED.data").Exec(ctx)
	return conflict(err, "proposal", p.ID)
}

// DeleteProposal implements instance.ProposalTx; none is no error.
func (t *transaction) DeleteProposal(ctx context.Context, id string) error {
	if _, err := t.db.NewDelete().Table("proposals").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete proposal %s: %w", id, err)
	}
	return nil
}
