package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/maillage/maillage/instance"
)

type objectRow struct {
	bun.BaseModel `bun:"table:objects"`

	ID        string `bun:"id,pk"`
	Key       string `bun:"key"`
	Kind      string `bun:"kind"`
	Origin    string `bun:"origin"`
	Slug      string `bun:"slug"`
	Owner     string `bun:"owner"`
	PartOf    string `bun:"part_of"`
	SortName  string `bun:"sort_name"`
	StartAt   *int64 `bun:"start_at"`
	EndAt     *int64 `bun:"end_at"`
	Published int64  `bun:"published"`
	Updated   int64  `bun:"updated"`
	Deleted   int64  `bun:"deleted"`
	Data      string `bun:"data"`
	Raw       []byte `bun:"raw"`
}

func newObjectRow(o instance.Object, raw []byte) (*objectRow, error) {
	b := o.Common()
	data, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", b.ID, err)
	}
	row := &objectRow{
		ID: b.ID, Key: instance.Key(b.ID), Kind: string(b.Kind), Origin: b.Origin, Slug: b.Slug, Owner: b.Owner,
		SortName: fold(b.Name), Published: micros(b.Published), Updated: micros(b.Updated), Deleted: micros(b.Deleted),
		Data: string(data), Raw: raw,
	}
	if event, ok := o.(*instance.Event); ok {
		if event.PartOf != nil {
			row.PartOf = event.PartOf.ID
		}
		if from, to := event.When.Bounds(); !from.IsZero() {
			start, end := from.UnixMicro(), to.UnixMicro()
			row.StartAt, row.EndAt = &start, &end
		}
	}
	return row, nil
}

func (row *objectRow) object() (instance.Object, error) {
	o, err := instance.NewObject(instance.Kind(row.Kind))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(row.Data), o); err != nil {
		return nil, fmt.Errorf("decode %s: %w", row.Kind, err)
	}
	return o, nil
}

// Object implements instance.Reader.
func (r reader) Object(ctx context.Context, id string) (instance.Object, error) {
	return r.object(ctx, id, "id = ?", id)
}

// ObjectByKey implements instance.Reader.
func (r reader) ObjectByKey(ctx context.Context, key string) (instance.Object, error) {
	return r.object(ctx, key, "key = ?", key)
}

// ObjectBySlug implements instance.Reader.
func (r reader) ObjectBySlug(ctx context.Context, kind instance.Kind, slug string) (instance.Object, error) {
	return r.object(ctx, string(kind)+"/"+slug, "origin = '' AND slug <> '' AND kind = ? AND slug = ?", kind, slug)
}

func (r reader) object(ctx context.Context, what, where string, args ...any) (instance.Object, error) {
	var row objectRow
	err := r.db.NewSelect().Model(&row).Column("kind", "data").Where(where, args...).Scan(ctx)
	if err != nil {
		return nil, missing(err, "object", what)
	}
	return row.object()
}

// Objects implements instance.Reader.
func (r reader) Objects(ctx context.Context, f instance.ObjectFilter) ([]instance.Object, int, error) {
	var rows []objectRow
	q := r.db.NewSelect().Model(&rows).Column("kind", "data").OrderExpr(objectOrder(f.Sort))
	total, err := page(ctx, filterObjects(q, f), &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list objects: %w", err)
	}
	objects, err := each(rows, (*objectRow).object)
	return objects, total, err
}

func filterObjects(q *bun.SelectQuery, f instance.ObjectFilter) *bun.SelectQuery {
	q.Where("deleted = 0")
	if len(f.Kinds) > 0 {
		q.Where("kind IN (?)", bun.List(f.Kinds))
	}
	inScope(q, f.Scope)
	if f.Owner != "" {
		q.Where("owner = ?", f.Owner)
	}
	if f.PartOf != "" {
		q.Where("part_of = ? AND part_of <> ''", f.PartOf)
	}
	if f.Theme != "" {
		linkedTo(q, relTheme, f.Theme)
	}
	if f.Territory != "" {
		linkedTo(q, relTerritory, f.Territory)
	}
	if len(f.Organisers) > 0 {
		linkedTo(q, relOrganiser, f.Organisers...)
	}
	if f.DerivedFrom != "" {
		linkedTo(q, relDerived, f.DerivedFrom)
	}
	if f.Series != "" {
		linkedTo(q, relSeries, f.Series)
	}
	if !f.From.IsZero() || !f.To.IsZero() {
		q.Where("(?) OR (? AND kind = ? AND start_at IS NULL)", meets(f.From, f.To), f.Undated, instance.KindEvent)
	}
	return q
}

// meets is the condition that an event's bounds [start, end) meet [from, to),
// either of which may be open.
func meets(from, to time.Time) schema.QueryAppender {
	switch {
	case to.IsZero():
		return bun.SafeQuery("end_at > ?", micros(from))
	case from.IsZero():
		return bun.SafeQuery("start_at < ?", micros(to))
	}
	return bun.SafeQuery("end_at > ? AND start_at < ?", micros(from), micros(to))
}

// objectOrder ends with the id: pages neither repeat nor miss anything.
func objectOrder(sort instance.ObjectSort) string {
	switch sort {
	case instance.ByName:
		return "sort_name, id"
	case instance.ByStart:
		return "start_at NULLS LAST, id"
	case instance.ByStartDesc:
		return "start_at DESC NULLS LAST, id"
	case instance.ByID:
		return "id"
	default:
		return "updated DESC, id"
	}
}

// Indexable implements instance.Reader.
func (r reader) Indexable(ctx context.Context, after string, limit int) ([]string, error) {
	var ids []string
	err := r.db.NewRaw(`
		SELECT id FROM objects WHERE deleted = 0 AND id > ?0
		UNION ALL
		SELECT id FROM actors WHERE kind = ?1 AND gone = 0 AND id > ?0
		ORDER BY id LIMIT ?2`, after, instance.KindTerritory, limitOr(limit)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list what is indexable: %w", err)
	}
	return ids, nil
}

// SaveObject implements instance.Tx.
func (t *transaction) SaveObject(ctx context.Context, o instance.Object, raw []byte) error {
	b := o.Common()
	row, err := newObjectRow(o, raw)
	if err != nil {
		return err
	}
	_, err = t.db.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").
		Set("kind = EXCLUDED.kind, origin = EXCLUDED.origin, slug = EXCLUDED.slug, owner = EXCLUDED.owner").
		Set("part_of = EXCLUDED.part_of, sort_name = EXCLUDED.sort_name, start_at = EXCLUDED.start_at, end_at = EXCLUDED.end_at").
		Set("published = EXCLUDED.published, updated = EXCLUDED.updated, deleted = EXCLUDED.deleted").
		Set("data = EXCLUDED.data").
		Set("raw = CASE WHEN EXCLUDED.deleted <> 0 THEN NULL ELSE coalesce(EXCLUDED.raw, ?TableAlias.raw) END").
		Exec(ctx)
	if err != nil {
		return conflict(err, "object", b.ID)
	}
	return t.saveLinks(ctx, b.ID, linksOf(o))
}

// The relations of object_links.
const (
	relTheme     = "theme"
	relTerritory = "territory"
	relOrganiser = "organiser"
	relDerived   = "derived"
	relSeries    = "series"
)

func linkedTo(q *bun.SelectQuery, rel string, targets ...string) {
	q.Where("id IN (SELECT object FROM object_links WHERE rel = ? AND target IN (?))", rel, bun.List(targets))
}

// linksOf lists what an object is found by; a deleted one by nothing.
func linksOf(o instance.Object) map[string][]string {
	b := o.Common()
	if !b.Deleted.IsZero() {
		return nil
	}
	links := map[string][]string{relTheme: b.Themes, relDerived: {b.DerivedFrom}}
	for _, ref := range b.Territories {
		links[relTerritory] = append(links[relTerritory], ref.Slug, ref.ID)
	}
	if e, ok := o.(*instance.Event); ok {
		links[relSeries] = []string{e.Series}
		links[relOrganiser] = []string{e.Owner}
		for _, ref := range e.Organisers {
			links[relOrganiser] = append(links[relOrganiser], cmp.Or(ref.ID, ref.Slug))
		}
	}
	return links
}

// saveLinks replaces what an object is found by.
func (t *transaction) saveLinks(ctx context.Context, id string, links map[string][]string) error {
	_, err := t.db.NewRaw("DELETE FROM object_links WHERE object = ?", id).Exec(ctx)
	var values []string
	var args []any
	for rel, targets := range links {
		for _, target := range distinct(targets) {
			values, args = append(values, "(?, ?, ?)"), append(args, rel, target, id)
		}
	}
	if err == nil && len(values) > 0 {
		_, err = t.db.NewRaw("INSERT INTO object_links (rel, target, object) VALUES "+strings.Join(values, ", "), args...).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("save what %s is found by: %w", id, err)
	}
	return nil
}

// distinct returns the non-empty values, each once.
func distinct(values []string) []string {
	out := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	slices.Sort(out)
	return slices.Compact(out)
}
