package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/maillage/maillage/instance"
)

func TestLift(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		text   string
		values []any
	}{
		`SELECT "id" FROM "jobs" AS "j2" WHERE (key = 'a.example') AND (key <> '')`: {
			`SELECT "id" FROM "jobs" AS "j2" WHERE (key = ?) AND (key <> '')`, []any{"a.example"},
		},
		`SELECT id FROM objects WHERE deleted = 0 AND updated < 1763800000000000 LIMIT 50 OFFSET 100`: {
			`SELECT id FROM objects WHERE deleted = 0 AND updated < ? LIMIT 50 OFFSET ?`, []any{int64(1763800000000000), int64(100)},
		},
		`INSERT INTO "x" ("a") VALUES ('it''s -- ?', X'00ff27', NULL, TRUE, -42, '''', X'')`: {
			`INSERT INTO "x" ("a") VALUES (?, ?, NULL, TRUE, -?, ?, X'')`, []any{"it's -- ?", []byte{0, 0xff, '\''}, int64(42), "'"},
		},
		"\n\tUPDATE t SET lat = 47.25, n2 = n2 + 12, o = 0x1F, big = 99999999999999999999 WHERE é = 'é'": {
			"\n\tUPDATE t SET lat = 47.25, n2 = n2 + ?, o = 0x1F, big = 99999999999999999999 WHERE é = ?", []any{int64(12), "é"},
		},
	} {
		var l lifter
		if !l.lift(query) {
			t.Errorf("%s: left as it is", query)
			continue
		}
		var values []any
		for i, v := range l.values {
			if v.Ordinal != i+1 {
				t.Errorf("%s: value %d has place %d", query, i, v.Ordinal)
			}
			values = append(values, v.Value)
		}
		if string(l.text) != want.text || !reflect.DeepEqual(values, want.values) {
			t.Errorf("%s:\ngot  %s %v\nwant %s %v", query, l.text, values, want.text, want.values)
		}
	}
	for _, query := range []string{
		"PRAGMA quick_check(1)",
		"CREATE INDEX x ON t (a) WHERE b = 'c'",
		"SELECT 'a'; DELETE FROM t WHERE a = 'b'",
		"SELECT 'a' -- it's a comment",
		"SELECT 'a' /* it's one too */",
		"SELECT 'no end",
		`SELECT "no end`,
		"SELECT X'0'",
		"SELECT ? + 10",
		"DELETE FROM jobs WHERE id IN (10" + strings.Repeat(", 10", maxLifted) + ")",
		"",
	} {
		if l := (lifter{}); l.lift(query) {
			t.Errorf("%s: lifted to %s %v", query, l.text, l.values)
		}
	}
}

// FuzzLift puts the values back where they were: what is lifted then must be the same.
func FuzzLift(f *testing.F) {
	f.Add(`SELECT * FROM t WHERE a = 'it''s' AND b = X'00ff' AND c IN (10, 2) LIMIT 20`)
	f.Add(`UPDATE "a b" SET x = -12.5e10, y = 'é' WHERE n = 007`)
	f.Add(`SELECT 'a`)
	gen := schema.NewQueryGen(sqlitedialect.New())
	f.Fuzz(func(t *testing.T, query string) {
		var once, twice lifter
		if !utf8.ValidString(query) || strings.Contains(query, "\x00") || !once.lift(query) {
			return // bun writes neither
		}
		parts := strings.Split(string(once.text), "?")
		if len(parts) != len(once.values)+1 {
			t.Fatalf("%s: %d parameters, %d values", once.text, len(parts)-1, len(once.values))
		}
		again := []byte(parts[0])
		for i, part := range parts[1:] {
			again = append(gen.Append(again, once.values[i].Value), part...)
		}
		if !twice.lift(string(again)) || !bytes.Equal(twice.text, once.text) || !reflect.DeepEqual(twice.values, once.values) {
			t.Errorf("%s\nbecame %s\nlifted %s %v\nthen   %s %v", query, again, once.text, once.values, twice.text, twice.values)
		}
	})
}

// What is written through bun is read back as it was, however often.
func TestLiftedValuesAreKeptAsTheyWere(t *testing.T) {
	t.Parallel()
	writer := openWriter(t)
	if _, err := writer.ExecContext(t.Context(), "CREATE TABLE x (id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB)"); err != nil {
		t.Fatal(err)
	}
	type row struct {
		bun.BaseModel `bun:"table:x"`

		ID int64  `bun:"id,pk"`
		N  int64  `bun:"n"`
		S  string `bun:"s"`
		B  []byte `bun:"b"`
	}
	texts := []string{"", "'", "''", "it's", `"`, "?", ":a", "X'00'", "--", ";", "12", "é \U0001f600", strings.Repeat("a'b", 10_000)}
	blobs := [][]byte{nil, {}, {0}, []byte("'\x00\xff"), bytes.Repeat([]byte{7, 0}, 10_000)}
	numbers := []int64{0, 9, 10, -10, 1 << 62, -1 << 63}
	for i := range 60 {
		want := row{ID: int64(i + 1), N: numbers[i%len(numbers)], S: texts[i%len(texts)], B: blobs[i%len(blobs)]}
		if _, err := writer.NewInsert().Model(&want).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got row
		err := writer.NewSelect().Model(&got).Where("id = ? AND n = ? AND s = ?", want.ID, want.N, want.S).Scan(t.Context())
		if err != nil || got.N != want.N || got.S != want.S || !bytes.Equal(got.B, want.B) || (got.B == nil) != (want.B == nil) {
			t.Errorf("%d: got %.80v, want %.80v, %v", i, got, want, err)
		}
	}
}

// openWriter opens the writer of a new database.
func openWriter(t *testing.T) *bun.DB {
	t.Helper()
	writer, readers, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = readers.Close()
		if err := writer.Close(); err != nil {
			t.Error(err)
		}
	})
	return writer
}

// onConnection runs fn with the one connection of a pool.
func onConnection(t *testing.T, pool *bun.DB, fn func(*connection)) {
	t.Helper()
	conn, err := pool.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Raw(func(c any) error { fn(c.(*connection)); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	onConnection(t, openWriter(t), func(c *connection) {
		kept := len(c.kept)
		for i := range 3 * keptStatements {
			if _, err := c.ExecContext(t.Context(), fmt.Sprintf("SELECT %d AS a, 'value %d'", 1000+i, i), nil); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.kept) != kept+1 {
			t.Errorf("one text with %d values: %d statements kept", 3*keptStatements, len(c.kept)-kept)
		}
		for i := range 3 * keptStatements {
			if _, err := c.ExecContext(t.Context(), fmt.Sprintf("SELECT 10 AS a%d", i), nil); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.kept) != keptStatements {
			t.Errorf("%d kept", len(c.kept))
		}
		if _, err := c.ExecContext(t.Context(), "SELECT nothing FROM nowhere WHERE a = 'b'", nil); err == nil {
			t.Error("no error")
		}
	})
}

// A statement whose rows are being read runs again beside itself.
func TestStatementRunsBesideItself(t *testing.T) {
	t.Parallel()
	onConnection(t, openWriter(t), func(c *connection) {
		open := func(from int) driver.Rows {
			rows, err := c.QueryContext(t.Context(), fmt.Sprintf("WITH n(n) AS (VALUES (%d), (%d)) SELECT n FROM n", from, from+1), nil)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		next := func(rows driver.Rows, want int64) {
			t.Helper()
			row := make([]driver.Value, 1)
			if err := rows.Next(row); err != nil || row[0] != want {
				t.Errorf("got %v, want %d, %v", row, want, err)
			}
		}
		a, b := open(10), open(20)
		next(a, 10)
		next(b, 20)
		next(a, 11)
		next(b, 21)
		for _, rows := range []driver.Rows{a, b} {
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
		c2 := open(30)
		next(c2, 30)
		_ = c2.Close()
	})
}

// A list is planned as it was with its values in it, and needs no planning again when
// they change, as it would if ANALYZE kept samples of them.
func TestLiftedStatementsArePlannedAlike(t *testing.T) {
	t.Parallel()
	q := openQueue(t)
	if err := q.release(); err != nil {
		t.Fatal(err)
	}
	if err := q.transact(t.Context(), keep("b.example")); err != nil {
		t.Fatal(err)
	}
	if err := q.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool := q.db.(*bun.DB)
	if n, err := pool.NewSelect().Table("sqlite_stat4").Count(t.Context()); err == nil && n > 0 {
		t.Errorf("%d samples", n)
	}
	recorded := &recorder{}
	askEverything(t, reader{pool.WithQueryHook(recorded)})
	for _, query := range recorded.queries {
		var l lifter
		if !l.lift(query) {
			t.Errorf("%s: left as it is", query)
			continue
		}
		if got, want := plan(t, pool, string(l.text), l.values), plan(t, pool, query, nil); got != want {
			t.Errorf("%s\nplanned\n%s\ninstead of\n%s", query, got, want)
		}
	}
}

// askEverything asks what a node asks all the time.
func askEverything(t *testing.T, r reader) {
	t.Helper()
	ctx, now, kinds := t.Context(), time.Now(), []instance.Kind{instance.KindEvent, instance.KindRecipe}
	const iri = "https://b.example/e/1"
	_, _ = r.Object(ctx, iri)
	_, _ = r.ObjectByKey(ctx, "0123456789abcdef")
	_, _ = r.ObjectBySlug(ctx, instance.KindEvent, "fete")
	_, _ = r.Actor(ctx, iri)
	_, _ = r.ActorByHandle(ctx, "tiriad")
	_, _ = r.ActorBySlug(ctx, instance.KindTerritory, "brest")
	_, _ = r.Host(ctx, "b.example")
	_, _ = r.Received(ctx, 1234)
	_, _, _ = r.Follows(ctx, instance.FollowFilter{Object: iri, State: instance.FollowAccepted, Limit: 1})
	_, _ = r.FollowerInboxes(ctx, iri)
	_, _, _, _ = r.Outbox(ctx, iri, "1763800000000000.12", 20)
	_, _, _ = r.Actors(ctx, instance.ActorFilter{Kinds: []instance.Kind{instance.KindNode}, Scope: "b.example", Limit: 10})
	for _, f := range []instance.ObjectFilter{
		{},
		{Kinds: kinds[:1], Sort: instance.ByName},
		{Kinds: kinds, Theme: "osm"},
		{Kinds: kinds, Territory: "brest", Sort: instance.ByStart},
		{Kinds: kinds[:1], From: now, Sort: instance.ByStart},
		{Kinds: kinds[:1], From: now, To: now.AddDate(0, 1, 0), Sort: instance.ByStart},
		{Owner: iri},
		{PartOf: iri},
		{Scope: instance.ScopeNetwork},
		{Scope: "b.example"},
	} {
		f.Limit, f.Offset = 20, 40
		_, _, _ = r.Objects(ctx, f)
	}
	for _, due := range []schema.QueryAppender{
		fairlyDue(false, []string{instance.JobDeliver}, now, 16, 4), seriesDue(false, []string{instance.JobReceive}, now, 200, 50),
	} {
		_ = r.db.NewSelect().Model(&[]jobRow{}).Where("j.id IN (?)", due).OrderExpr("j.id").Scan(ctx)
	}
}

func plan(t *testing.T, pool *bun.DB, query string, values []driver.NamedValue) string {
	t.Helper()
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v.Value
	}
	rows, err := pool.DB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(query, err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}

// recorder notes what bun asks.
type recorder struct{ queries []string }

func (r *recorder) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	r.queries = append(r.queries, strings.Clone(e.Query))
	return ctx
}

func (r *recorder) AfterQuery(context.Context, *bun.QueryEvent) {}
