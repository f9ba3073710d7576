package embedded

import (
	"context"
	"database/sql"
	"errors"

	"github.com/maillage/maillage/instance"
)

// Get returns the documents that the index has of some IDs, in no order; unknown
// IDs are left out.
func (x *Index) Get(ctx context.Context, ids ...string) ([]instance.Document, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var slots []uint32
	for _, id := range ids {
		var slot uint32
		switch err := x.content.file.read.QueryRowContext(ctx, "SELECT rowid FROM doc WHERE id = ?", id).Scan(&slot); {
		case err == nil:
			slots = append(slots, slot)
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	return x.content.listed(ctx, slots)
}

// All returns a source of every document for another index's Rebuild, in the order
// of their IDs. What is put meanwhile may be in it or not.
func (x *Index) All() func(context.Context) ([]instance.Document, error) {
	const batch = 500
	after := ""
	return func(ctx context.Context) ([]instance.Document, error) {
		x.mu.RLock()
		defer x.mu.RUnlock()
		rows, err := x.content.file.read.QueryContext(ctx, "SELECT rowid, id FROM doc WHERE id > ? ORDER BY id LIMIT ?", after, batch)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var slots []uint32
		for rows.Next() {
			var slot uint32
			if err := rows.Scan(&slot, &after); err != nil {
				return nil, err
			}
			slots = append(slots, slot)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		return x.content.listed(ctx, slots)
	}
}

// listed reads documents past the cache, which is for what people look at.
func (c *content) listed(ctx context.Context, slots []uint32) ([]instance.Document, error) {
	read, err := c.file.documents(ctx, slots)
	docs := make([]instance.Document, 0, len(read))
	for _, slot := range slots {
		if doc := read[slot]; doc != nil {
			docs = append(docs, *doc)
		}
	}
	return docs, err
}
