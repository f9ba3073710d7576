package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

// intakeRow is the record of an import.
type intakeRow struct {
	bun.BaseModel `bun:"table:imports"`

	ID      string `bun:"id,pk"`
	Owner   string `bun:"owner"`
	Account string `bun:"account"`
	At      int64  `bun:"at"`
	Data    string `bun:"data"`
}

func (row *intakeRow) record() (*instance.IntakeRecord, error) {
	var r instance.IntakeRecord
	if err := json.Unmarshal([]byte(row.Data), &r); err != nil {
		return nil, fmt.Errorf("decode import %s: %w", row.ID, err)
	}
	r.Account = row.Account
	return &r, nil
}

var _ instance.IntakeLog = (*Store)(nil)

// IntakeRecord implements instance.IntakeLog.
func (s *Store) IntakeRecord(ctx context.Context, id string) (*instance.IntakeRecord, error) {
	var row intakeRow
	if err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "import", id)
	}
	return row.record()
}

// IntakeRecords implements instance.IntakeLog.
func (s *Store) IntakeRecords(ctx context.Context, owners ...string) ([]instance.IntakeRecord, error) {
	if len(owners) == 0 {
		return nil, nil
	}
	var rows []intakeRow
	err := s.db.NewSelect().Model(&rows).Where("owner IN (?)", bun.List(owners)).OrderExpr("at DESC, id").Limit(200).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	records := make([]instance.IntakeRecord, len(rows))
	for i := range rows {
		r, err := rows[i].record()
		if err != nil {
			return nil, err
		}
		records[i] = *r
	}
	return records, nil
}

// SaveIntakeRecord implements instance.IntakeLog.
func (s *Store) SaveIntakeRecord(ctx context.Context, r instance.IntakeRecord) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode import %s: %w", r.ID, err)
	}
	row := &intakeRow{ID: r.ID, Owner: r.Owner, Account: r.Account, At: micros(r.At), Data: string(data)}
	return s.transact(ctx, func(db bun.Tx) error {
		_, err := db.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").Set("data = EXCLUDED.data").Exec(ctx)
		return conflict(err, "import", r.ID)
	})
}
