package store

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type activityRow struct {
	bun.BaseModel `bun:"table:activities"`

	Seq       int64  `bun:"seq,pk,autoincrement"`
	ID        string `bun:"id"`
	Actor     string `bun:"actor"`
	Type      string `bun:"type"`
	Object    string `bun:"object"`
	Public    bool   `bun:"public"`
	Payload   []byte `bun:"payload"`
	Published int64  `bun:"published"`
}

func (row *activityRow) activity() instance.Activity {
	return instance.Activity{
		ID: row.ID, Actor: row.Actor, Type: row.Type, Object: row.Object, Public: row.Public,
		Payload: row.Payload, Published: fromMicros(row.Published),
	}
}

// Activity implements instance.Reader.
func (r reader) Activity(ctx context.Context, id string) (*instance.Activity, error) {
	var row activityRow
	if err := r.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, missing(err, "activity", id)
	}
	activity := row.activity()
	return &activity, nil
}

// Outbox implements instance.Reader. ErrInvalid: the cursor is none of ours.
func (r reader) Outbox(ctx context.Context, actor, cursor string, limit int) (page []instance.Activity, next string, total int, err error) {
	before, seq, err := parseCursor(cursor)
	if err != nil {
		return nil, "", 0, err
	}
	// What is about something withdrawn is not shown any more.
	const shown = "public AND actor = ? AND NOT EXISTS (SELECT 1 FROM objects o WHERE o.id = object AND o.deleted <> 0)"
	count, err := r.db.NewSelect().Table("activities").Where(shown, actor).Count(ctx)
	if err != nil {
		return nil, "", 0, fmt.Errorf("count outbox of %s: %w", actor, err)
	}
	limit = limitOr(limit)
	var rows []activityRow
	err = r.db.NewSelect().Model(&rows).Where(shown, actor).
		Where("published <= ?0 AND (published < ?0 OR seq < ?1)", before, seq).
		OrderExpr("published DESC, seq DESC").Limit(int64(limit) + 1).Scan(ctx) // one more, to know whether there is a next page
	if err != nil {
		return nil, "", 0, fmt.Errorf("list outbox of %s: %w", actor, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = fmt.Sprintf("%d.%d", last.Published, last.Seq)
	}
	page = make([]instance.Activity, len(rows))
	for i := range rows {
		page[i] = rows[i].activity()
	}
	return page, next, int(count), nil
}

// Announces implements instance.Reader.
func (r reader) Announces(ctx context.Context, object string) ([]instance.Activity, error) {
	var rows []activityRow
	err := r.db.NewSelect().Model(&rows).Where("object = ? AND type = ?", object, instance.VerbAnnounce).Order("seq").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list who announced %s: %w", object, err)
	}
	announces := make([]instance.Activity, len(rows))
	for i := range rows {
		announces[i] = rows[i].activity()
	}
	return announces, nil
}

// DeleteAnnounce implements instance.Tx.
func (t *transaction) DeleteAnnounce(ctx context.Context, actor, object string) error {
	_, err := t.db.NewDelete().Table("activities").
		Where("actor = ? AND object = ? AND type = ?", actor, object, instance.VerbAnnounce).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget that %s announced %s: %w", actor, object, err)
	}
	return nil
}

// ForgetActivities implements instance.Tx.
func (t *transaction) ForgetActivities(ctx context.Context, object string) error {
	_, err := t.db.NewDelete().Table("activities").Where("object = ?", object).
		Where("type IN (?)", bun.List([]instance.Verb{instance.VerbCreate, instance.VerbUpdate, instance.VerbAnnounce})).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget what was said of %s: %w", object, err)
	}
	return nil
}

// parseCursor reads "microseconds.sequence" of the last activity of a page; ""
// is before everything.
func parseCursor(cursor string) (published, seq int64, err error) {
	if cursor == "" {
		return math.MaxInt64, math.MaxInt64, nil
	}
	left, right, _ := strings.Cut(cursor, ".")
	published, errLeft := strconv.ParseInt(left, 10, 64)
	seq, errRight := strconv.ParseInt(right, 10, 64)
	if errLeft != nil || errRight != nil {
		return 0, 0, fmt.Errorf("%w: cursor %q", instance.ErrInvalid, cursor)
	}
	return published, seq, nil
}

// SaveActivity implements instance.Tx; saving one again replaces it.
func (t *transaction) SaveActivity(ctx context.Context, a instance.Activity) error {
	row := &activityRow{
		ID: a.ID, Actor: a.Actor, Type: a.Type, Object: a.Object, Public: a.Public,
		Payload: a.Payload, Published: micros(a.Published),
	}
	_, err := t.db.NewInsert().Model(row).ExcludeColumn("seq").On("CONFLICT (id) DO UPDATE").
		Set("actor = EXCLUDED.actor, type = EXCLUDED.type, object = EXCLUDED.object, public = EXCLUDED.public").
		Set("payload = EXCLUDED.payload, published = EXCLUDED.published").
		Returning("NULL").Exec(ctx)
	return conflict(err, "activity", a.ID)
}
