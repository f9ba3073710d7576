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

// intakeChangeRow is something that an import created or changed.
type intakeChangeRow struct {
	bun.BaseModel `bun:"table:import_changes"`

	Batch    string `bun:"batch,pk"`
	ID       string `bun:"id,pk"`
	Revision int64  `bun:"revision"`
}

func (row *intakeRow) record() (*instance.IntakeRecord, error) {
	var r instance.IntakeRecord
	if err := json.Unmarshal([]byte(row.Data), &r); err != nil {
		return nil, fmt.Errorf("decode import %s: %w", row.ID, err)
	}
	r.Account = row.Account
	return &r, nil
}

// IntakeRecord implements instance.IntakeLog.
func (r reader) IntakeRecord(ctx context.Context, id string) (*instance.IntakeRecord, error) {
	var row intakeRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "import", id)
	}
	return row.record()
}

// IntakeRecords implements instance.IntakeLog.
func (r reader) IntakeRecords(ctx context.Context, owners ...string) ([]instance.IntakeRecord, error) {
	if len(owners) == 0 {
		return nil, nil
	}
	var rows []intakeRow
	err := r.db.NewSelect().Model(&rows).Where("owner IN (?)", bun.List(owners)).OrderExpr("at DESC, id").Limit(200).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	return eachOf(rows, (*intakeRow).record)
}

// IntakeChanges implements instance.IntakeLog.
func (r reader) IntakeChanges(ctx context.Context, batch string) ([]instance.IntakeChange, error) {
	var rows []intakeChangeRow
	if err := r.db.NewSelect().Model(&rows).Where("batch = ?", batch).OrderExpr("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list what import %s did: %w", batch, err)
	}
	changes := make([]instance.IntakeChange, len(rows))
	for i, row := range rows {
		changes[i] = instance.IntakeChange{ID: row.ID, Revision: row.Revision}
	}
	return changes, nil
}

// SaveIntakeRecord implements instance.IntakeTx.
func (t *transaction) SaveIntakeRecord(ctx context.Context, r instance.IntakeRecord) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode import %s: %w", r.ID, err)
	}
	row := &intakeRow{ID: r.ID, Owner: r.Owner, Account: r.Account, At: micros(r.At), Data: string(data)}
	_, err = t.db.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").Set("data = EXCLUDED.data").Exec(ctx)
	return conflict(err, "import", r.ID)
}

// SaveIntakeChanges implements instance.IntakeTx.
func (t *transaction) SaveIntakeChanges(ctx context.Context, batch string, changes []instance.IntakeChange) error {
	rows := make([]intakeChangeRow, len(changes))
	for i, c := range changes {
		rows[i] = intakeChangeRow{Batch: batch, ID: c.ID, Revision: c.Revision}
	}
	_, err := t.db.NewInsert().Model(&rows).On("CONFLICT (batch, id) DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep what import %s did: %w", batch, err)
	}
	return nil
}
