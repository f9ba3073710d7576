package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type organiserRow struct {
	bun.BaseModel `bun:"table:organisers"`

	Event   string `bun:"event,pk"`
	Actor   string `bun:"actor,pk"`
	Offer   string `bun:"offer"`
	Series  string `bun:"series"`
	State   string `bun:"state"`
	Created int64  `bun:"created"`
	Data    string `bun:"data"`
}

func (row *organiserRow) organiser() (*instance.Organiser, error) {
	var o instance.Organiser
	if err := json.Unmarshal([]byte(row.Data), &o); err != nil {
		return nil, fmt.Errorf("decode organiser %s of %s: %w", row.Actor, row.Event, err)
	}
	o.Series = row.Series // data of before there was a column has none
	return &o, nil
}

// Organiser implements instance.OrganiserReader.
func (r reader) Organiser(ctx context.Context, event, actor string) (*instance.Organiser, error) {
	var row organiserRow
	if err := r.db.NewSelect().Model(&row).Where("event = ? AND actor = ?", event, actor).Scan(ctx); err != nil {
		return nil, missing(err, "organiser "+actor+" of", event)
	}
	return row.organiser()
}

// OrganiserByOffer implements instance.OrganiserReader.
func (r reader) OrganiserByOffer(ctx context.Context, offer string) (*instance.Organiser, error) {
	var row organiserRow
	if err := r.db.NewSelect().Model(&row).Where("offer = ?", offer).Scan(ctx); err != nil {
		return nil, missing(err, "offer", offer)
	}
	return row.organiser()
}

// Organisers implements instance.OrganiserReader.
func (r reader) Organisers(ctx context.Context, f instance.OrganiserFilter) ([]instance.Organiser, int, error) {
	var rows []organiserRow
	order := "created, event, actor"
	if f.Newest {
		order = "created DESC, event, actor"
	}
	q := selectOrganisers(r.db.NewSelect().Model(&rows), f)
	total, err := page(ctx, q.OrderExpr(order), &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list organisers: %w", err)
	}
	organisers, err := eachOf(rows, (*organiserRow).organiser)
	return organisers, total, err
}

// CountOrganisers implements instance.OrganiserReader.
func (r reader) CountOrganisers(ctx context.Context, f instance.OrganiserFilter) (count int, err error) {
	asked := r.db.NewSelect().Model((*organiserRow)(nil)).ColumnExpr("DISTINCT actor, CASE series WHEN '' THEN event ELSE series END")
	if err := r.db.NewSelect().TableExpr("(?) AS asked", selectOrganisers(asked, f)).ColumnExpr("count(*)").Scan(ctx, &count); err != nil {
		return 0, fmt.Errorf("count organisers: %w", err)
	}
	return count, nil
}

func selectOrganisers(q *bun.SelectQuery, f instance.OrganiserFilter) *bun.SelectQuery {
	for column, value := range map[string]string{"event": f.Event, "actor": f.Actor, "series": f.Series, "state": string(f.State)} {
		if value != "" {
			q.Where("? = ?", bun.Ident(column), value)
		}
	}
	switch {
	case f.Hosted:
		q.Where("(actor IN (?) OR actor IN (SELECT id FROM actors WHERE origin = '' AND kind = ?))", bun.List(f.Actors), instance.KindOrganisation)
	case f.Actors != nil:
		q.Where("actor IN (?)", bun.List(f.Actors))
	}
	if f.Alive {
		q.Where("NOT EXISTS (SELECT 1 FROM objects WHERE id = event AND deleted > 0)")
	}
	return q
}

// SaveOrganiser implements instance.OrganiserTx.
func (t *transaction) SaveOrganiser(ctx context.Context, o instance.Organiser) error {
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode organiser %s of %s: %w", o.Actor, o.Event, err)
	}
	_, err = t.db.NewInsert().Model(&organiserRow{
		Event: o.Event, Actor: o.Actor, Offer: o.Offer, Series: o.Series, State: string(o.State), Created: micros(o.Asked), Data: string(data),
	}).On("CONFLICT (event, actor) DO UPDATE").
		Set("offer = EXCLUDED.offer, series = EXCLUDED.series, state = EXCLUDED.state, created = EXCLUDED.created, data = EXCLUDED.data").Exec(ctx)
	return conflict(err, "offer", o.Offer)
}

// OrganiserInboxes implements instance.OrganiserReader.
func (r reader) OrganiserInboxes(ctx context.Context, event string) ([]string, error) {
	var inboxes []string
	err := r.db.NewRaw(`
		SELECT DISTINCT a.inbox FROM organisers o JOIN actors a ON a.id = o.actor
		WHERE o.event = ? AND o.state = ? AND a.origin <> '' AND a.gone = 0 AND a.inbox <> ''
		AND NOT EXISTS (`+unreachable+`)
		ORDER BY a.inbox`, append([]any{event, instance.OrganiserConfirmed}, parked()...)...).Scan(ctx, &inboxes)
	if err != nil {
		return nil, fmt.Errorf("list inboxes of organisers: %w", err)
	}
	return inboxes, nil
}
