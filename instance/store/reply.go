package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type replyRow struct {
	bun.BaseModel `bun:"table:replies"`

	ID        string `bun:"id,pk"`
	Object    string `bun:"object"`
	Actor     string `bun:"actor"`
	State     string `bun:"state"`
	Published int64  `bun:"published"`
	Data      string `bun:"data"`
}

func (row *replyRow) reply() (*instance.Reply, error) {
	var r instance.Reply
	if err := json.Unmarshal([]byte(row.Data), &r); err != nil {
		return nil, fmt.Errorf("decode reply %s: %w", row.ID, err)
	}
	return &r, nil
}

// Reply implements instance.ReplyReader.
func (r reader) Reply(ctx context.Context, id string) (*instance.Reply, error) {
	var row replyRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "reply", id)
	}
	return row.reply()
}

// Replies implements instance.ReplyReader.
func (r reader) Replies(ctx context.Context, f instance.ReplyFilter) ([]instance.Reply, int, error) {
	var rows []replyRow
	order := "published, id"
	if f.Newest {
		order = "published DESC, id DESC"
	}
	q := r.db.NewSelect().Model(&rows).OrderExpr(order)
	for column, value := range map[string]string{"object": f.Object, "actor": f.Actor, "state": string(f.State)} {
		if value != "" {
			q.Where("? = ?", bun.Ident(column), value)
		}
	}
	if f.Owners != nil {
		q.Where("object IN (SELECT id FROM objects WHERE owner IN (?))", bun.List(f.Owners))
	}
	if f.Origin != "" { // a range that the index of actors answers: '0' comes after '/'
		q.Where("actor >= ? AND actor < ?", f.Origin+"/", f.Origin+"0")
	}
	total, err := page(ctx, q, &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list replies: %w", err)
	}
	replies, err := eachOf(rows, (*replyRow).reply)
	return replies, total, err
}

// SaveReply implements instance.ReplyTx.
func (t *transaction) SaveReply(ctx context.Context, r instance.Reply) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode reply %s: %w", r.ID, err)
	}
	_, err = t.db.NewInsert().Model(&replyRow{
		ID: r.ID, Object: r.Object, Actor: r.Actor, State: string(r.State), Published: micros(r.Published), Data: string(data),
	}).On("CONFLICT (id) DO UPDATE").
		Set("object = EXCLUDED.object, state = EXCLUDED.state, published = EXCLUDED.published, data = EXCLUDED.data").Exec(ctx)
	return conflict(err, "reply", r.ID)
}
