package store

import (
	"fmt"
	"testing"

	"github.com/uptrace/bun"
)

func TestPageCountsAll(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	if err := q.release(); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := q.transact(t.Context(), keep(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	asked := &recorder{}
	db := q.db.(*bun.DB).WithQueryHook(asked)
	for _, test := range []struct{ offset, limit, rows, queries int }{
		{0, 0, 5, 1},
		{0, 5, 5, 1},
		{0, 4, 4, 2}, // there is more
		{2, 3, 3, 1},
		{2, 2, 2, 2},
		{4, 10, 1, 1},
		{5, 10, 0, 2}, // past the end: how many there are is not known
	} {
		asked.queries = nil
		var rows []hostRow
		total, err := page(t.Context(), db.NewSelect().Model(&rows).OrderExpr("domain"), &rows, test.offset, test.limit)
		if err != nil || total != 5 || len(rows) != test.rows || len(asked.queries) != test.queries {
			t.Errorf("%+v: %d rows of %d by %d queries, %v", test, len(rows), total, len(asked.queries), err)
		}
		if len(rows) > 0 && rows[0].Domain != fmt.Sprint(test.offset) {
			t.Errorf("%+v: begins with %s", test, rows[0].Domain)
		}
	}
}
