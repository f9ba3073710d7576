package store

import (
	"context"

	"github.com/uptrace/bun"
)

// page reads one page of a list into rows, a slice, and returns how many rows there are
// in all. Most lists fit on their first page: they are not read twice to be counted.
func page[R any](ctx context.Context, q *bun.SelectQuery, rows *[]R, offset, limit int) (total int, err error) {
	limit = limitOr(limit)
	if err := q.Offset(int64(offset)).Limit(int64(limit)+1).Scan(ctx, rows); err != nil {
		return 0, err
	}
	got := len(*rows)
	if got <= limit && (got > 0 || offset == 0) {
		return offset + got, nil
	}
	*rows = (*rows)[:min(got, limit)]
	count, err := q.Count(ctx)
	return int(count), err
}
