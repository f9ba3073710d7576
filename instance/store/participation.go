package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type participationRow struct {
	bun.BaseModel `bun:"table:participations"`

	Seq     int64  `bun:"seq,pk,autoincrement"`
	ID      string `bun:"id"`
	Event   string `bun:"event"`
	Who     string `bun:"who"`
	JoinID  string `bun:"join_id"`
	Ours    bool   `bun:"ours"`
	State   string `bun:"state"`
	Seats   int    `bun:"seats"`
	Created int64  `bun:"created"`
	Data    string `bun:"data"`
}

func (row *participationRow) participation() (*instance.Participation, error) {
	var p instance.Participation
	if err := json.Unmarshal([]byte(row.Data), &p); err != nil {
		return nil, fmt.Errorf("decode participation %s: %w", row.ID, err)
	}
	return &p, nil
}

func rowOfParticipation(p instance.Participation) (*participationRow, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode participation %s: %w", p.ID, err)
	}
	return &participationRow{
		ID: p.ID, Event: p.Event, Who: p.Who, JoinID: p.Join, Ours: p.Ours, State: string(p.State), Seats: p.Seats, Created: micros(p.Created), Data: string(data),
	}, nil
}

// Participation implements instance.ParticipationReader.
func (r reader) Participation(ctx context.Context, event, who string) (*instance.Participation, error) {
	var row participationRow
	if err := r.db.NewSelect().Model(&row).Where("event = ? AND who = ?", event, who).Scan(ctx); err != nil {
		return nil, missing(err, "participation", event)
	}
	return row.participation()
}

// ParticipationByID implements instance.ParticipationReader.
func (r reader) ParticipationByID(ctx context.Context, id string) (*instance.Participation, error) {
	var row participationRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "participation", id)
	}
	return row.participation()
}

// Participations implements instance.ParticipationReader.
func (r reader) Participations(ctx context.Context, f instance.ParticipationFilter) ([]instance.Participation, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	var rows []participationRow
	q := selectParticipations(r.db.NewSelect().Model(&rows), f)
	if err := q.OrderExpr("seq").Limit(int64(f.Limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list participations: %w", err)
	}
	return eachOf(rows, (*participationRow).participation)
}

// CountParticipations implements instance.ParticipationReader.
func (r reader) CountParticipations(ctx context.Context, f instance.ParticipationFilter) (int, error) {
	count, err := selectParticipations(r.db.NewSelect().Model((*participationRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count participations: %w", err)
	}
	return int(count), nil
}

func selectParticipations(q *bun.SelectQuery, f instance.ParticipationFilter) *bun.SelectQuery {
	if f.Event != "" {
		q.Where("event = ?", f.Event)
	}
	if f.Who != "" {
		q.Where("who = ?", f.Who)
	}
	if f.Join != "" {
		q.Where("join_id = ? AND join_id <> ''", f.Join)
	}
	if f.State != "" {
		q.Where("state = ?", f.State)
	}
	return q
}

// Attendance implements instance.ParticipationReader.
func (r reader) Attendance(ctx context.Context, event string) (instance.Attendance, error) {
	var a instance.Attendance
	var rows []struct {
		State string `bun:"state"`
		Seats int    `bun:"seats"`
	}
	err := r.db.NewRaw("SELECT state, sum(seats) AS seats FROM participations WHERE event = ? AND NOT ours GROUP BY state", event).Scan(ctx, &rows)
	if err != nil {
		return a, fmt.Errorf("count participants of %s: %w", event, err)
	}
	for _, row := range rows {
		switch instance.ParticipationState(row.State) {
		case instance.ParticipationAccepted, instance.ParticipationCounted:
			a.Taken += row.Seats
		case instance.ParticipationWaiting:
			a.Waiting += row.Seats
		case instance.ParticipationAsked:
			a.Asked += row.Seats
		}
	}
	return a, nil
}

// ParticipantInboxes implements instance.ParticipationReader.
func (r reader) ParticipantInboxes(ctx context.Context, event string) ([]string, error) {
	var inboxes []string
	err := r.db.NewRaw(`
		SELECT DISTINCT a.inbox FROM participations p JOIN actors a ON a.id = p.who
		WHERE p.event = ? AND NOT p.ours AND p.state IN (?) AND a.origin <> '' AND a.gone = 0 AND a.inbox <> ''
		AND NOT EXISTS (`+unreachable+`)
		ORDER BY a.inbox`, append([]any{event, bun.List([]instance.ParticipationState{
		instance.ParticipationAccepted, instance.ParticipationAsked, instance.ParticipationWaiting,
	})}, parked()...)...).Scan(ctx, &inboxes)
	if err != nil {
		return nil, fmt.Errorf("list inboxes of participants: %w", err)
	}
	return inboxes, nil
}

// SaveParticipation implements instance.ParticipationTx.
func (t *transaction) SaveParticipation(ctx context.Context, p instance.Participation) error {
	row, err := rowOfParticipation(p)
	if err != nil {
		return err
	}
	_, err = t.db.NewInsert().Model(row).ExcludeColumn("seq").On("CONFLICT (id) DO UPDATE").
		Set("who = EXCLUDED.who, join_id = EXCLUDED.join_id, state = EXCLUDED.state, seats = EXCLUDED.seats, data = EXCLUDED.data").Returning("NULL").Exec(ctx)
	return conflict(err, "participation", p.ID)
}

// DeleteParticipation implements instance.ParticipationTx.
func (t *transaction) DeleteParticipation(ctx context.Context, id string) error {
	if _, err := t.db.NewDelete().Table("participations").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete participation %s: %w", id, err)
	}
	return nil
}

// ForgetParticipants implements instance.ParticipationTx.
func (t *transaction) ForgetParticipants(ctx context.Context, before, unconfirmed time.Time) (int, error) {
	var rows []participationRow
	err := t.db.NewSelect().Model(&rows).Where("state <> ?", instance.ParticipationCounted).
		Where(`event IN (SELECT id FROM objects WHERE kind = ?0 AND (end_at < ?1 OR deleted > 0 AND deleted < ?1))
			OR state = ?2 AND created < ?3`, instance.KindEvent, micros(before), instance.ParticipationUnconfirmed, micros(unconfirmed)).
		OrderExpr("seq").Scan(ctx)
	if err != nil {
		return 0, fmt.Errorf("list participants to forget: %w", err)
	}
	for _, row := range rows {
		p, err := row.participation()
		if err != nil {
			return 0, err
		}
		if p.Ours || p.State != instance.ParticipationAccepted {
			err = t.DeleteParticipation(ctx, p.ID)
		} else {
			err = t.SaveParticipation(ctx, instance.Participation{
				ID: p.ID, Event: p.Event, Who: "forgotten:" + p.ID, Via: p.Via, Seats: p.Seats,
				State: instance.ParticipationCounted, Created: p.Created, Updated: p.Updated,
			})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
