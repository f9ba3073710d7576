package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type revisionRow struct {
	bun.BaseModel `bun:"table:revisions"`

	Seq     int64  `bun:"seq,pk,autoincrement"`
	Object  string `bun:"object"`
	Kind    string `bun:"kind"`
	Verb    string `bun:"verb"`
	Account string `bun:"account"`
	At      int64  `bun:"at"`
	Data    string `bun:"data"`
}

func (row *revisionRow) revision() (instance.Revision, error) {
	version, err := instance.NewVersion(instance.Kind(row.Kind))
	if err == nil {
		err = json.Unmarshal([]byte(row.Data), version)
	}
	if err != nil {
		return instance.Revision{}, fmt.Errorf("decode version %d of %s: %w", row.Seq, row.Object, err)
	}
	return instance.Revision{
		Seq: row.Seq, Object: row.Object, Verb: instance.Verb(row.Verb), Account: row.Account,
		At: fromMicros(row.At), Version: version,
	}, nil
}

// Revisions implements instance.RevisionReader.
func (r reader) Revisions(ctx context.Context, object string) ([]instance.Revision, error) {
	var rows []revisionRow
	if err := r.db.NewSelect().Model(&rows).Where("object = ?", object).OrderExpr("seq DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list revisions of %s: %w", object, err)
	}
	return each(rows, (*revisionRow).revision)
}

// Revision implements instance.RevisionReader.
func (r reader) Revision(ctx context.Context, seq int64) (*instance.Revision, error) {
	var row revisionRow
	if err := r.db.NewSelect().Model(&row).Where("seq = ?", seq).Scan(ctx); err != nil {
		return nil, missing(err, "revision", strconv.FormatInt(seq, 10))
	}
	revision, err := row.revision()
	return &revision, err
}

// SaveRevision implements instance.RevisionTx.
func (t *transaction) SaveRevision(ctx context.Context, rev instance.Revision) error {
	data, err := json.Marshal(rev.Version)
	if err != nil {
		return fmt.Errorf("encode revision of %s: %w", rev.Object, err)
	}
	_, err = t.db.NewInsert().Model(&revisionRow{
		Object: rev.Object, Kind: string(rev.Version.Common().Kind), Verb: string(rev.Verb), Account: rev.Account,
		At: micros(rev.At), Data: string(data),
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save revision of %s: %w", rev.Object, err)
	}
	return nil
}

type draftRow struct {
	bun.BaseModel `bun:"table:drafts"`

	ID      string `bun:"id,pk"`
	Account string `bun:"account"`
	Actor   string `bun:"actor"`
	Edits   string `bun:"edits"`
	Kind    string `bun:"kind"`
	Updated int64  `bun:"updated"`
	Data    string `bun:"data"`
	Form    string `bun:"form"`
}

func (row *draftRow) draft() (instance.Draft, error) {
	o, err := (&objectRow{Kind: row.Kind, Data: row.Data}).object()
	d := instance.Draft{
		ID: row.ID, Account: row.Account, Actor: row.Actor, Edits: row.Edits, Updated: fromMicros(row.Updated), Object: o,
	}
	if err == nil && row.Form != "" {
		err = json.Unmarshal([]byte(row.Form), &d.Form)
	}
	return d, err
}

// Draft implements instance.DraftReader.
func (r reader) Draft(ctx context.Context, id string) (*instance.Draft, error) {
	var row draftRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "draft", id)
	}
	draft, err := row.draft()
	return &draft, err
}

// Drafts implements instance.DraftReader.
func (r reader) Drafts(ctx context.Context, account string) ([]instance.Draft, error) {
	var rows []draftRow
	if err := r.db.NewSelect().Model(&rows).Where("account = ?", account).OrderExpr("updated DESC, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return each(rows, (*draftRow).draft)
}

// SaveDraft implements instance.DraftTx.
func (t *transaction) SaveDraft(ctx context.Context, d instance.Draft) error {
	data, err := json.Marshal(d.Object)
	if err != nil {
		return fmt.Errorf("encode draft %s: %w", d.ID, err)
	}
	form := []byte{}
	if d.Form != nil {
		if form, err = json.Marshal(d.Form); err != nil {
			return fmt.Errorf("encode draft %s: %w", d.ID, err)
		}
	}
	_, err = t.db.NewInsert().Model(&draftRow{
		ID: d.ID, Account: d.Account, Actor: d.Actor, Edits: d.Edits, Kind: string(d.Object.Common().Kind),
		Updated: micros(d.Updated), Data: string(data), Form: string(form),
	}).On("CONFLICT (id) DO UPDATE").Set("actor = EXCLUDED.actor, edits = EXCLUDED.edits, kind = EXCLUDED.kind, updated = EXCLUDED.updated, data = EXCLUDED.data, form = EXCLUDED.form").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	return nil
}

// DeleteDraft implements instance.DraftTx.
func (t *transaction) DeleteDraft(ctx context.Context, id string) error {
	if _, err := t.db.NewDelete().Table("drafts").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete draft %s: %w", id, err)
	}
	return nil
}
