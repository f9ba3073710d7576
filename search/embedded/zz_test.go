package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	ctx := context.Background()
	f, err := createFile(ctx, t.TempDir()+"/a.db")
	if err != nil { t.Fatal(err) }
	f.write.Exec(`CREATE VIRTUAL TABLE w USING fts5(title, words, content='', contentless_delete=1, detail=column, prefix='1 2 3', tokenize='unicode61 remove_diacritics 0')`)
	rng := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(rng, 1.1, 8, 24999)
	word := func() string { k := z.Uint64(); return fmt.Sprintf("%c%c%c%d", 'a'+k%7, 'a'+k/7%11, 'a'+k%13, k) }
	tx, _ := f.write.Begin()
	for i := 1; i <= 100000; i++ {
		var s, n string
		for range 50 { s += word() + " " }
		for range 4 { n += word() + " " }
		if _, err := tx.Exec("INSERT INTO ft(rowid,name,place,summary,body,title,words) VALUES(?,?,'','',?,?,?)", i, n, s, n, s); err != nil { t.Fatal(err) }
		if _, err := tx.Exec("INSERT INTO w(rowid,title,words) VALUES(?,?,?)", i, n, s); err != nil { t.Fatal(err) }
	}
	tx.Commit()
	for _, k := range []int{5, 60, 150, 600} {
		w := fmt.Sprintf("%c%c%c%d", 'a'+k%7, 'a'+k/7%11, 'a'+k%13, k)
		run := func(name, q string, args ...any) {
			var best time.Duration = time.Hour
			n := 0
			for range 3 {
				s := time.Now()
				rows, err := f.read.Query(q, args...)
				if err != nil { t.Fatal(name, err) }
				n = 0
				for rows.Next() { var a sql.RawBytes; cols, _ := rows.Columns(); if len(cols) == 2 { var x float64; rows.Scan(&a, &x) } else { rows.Scan(&a) }; n++; if name[0] == 'g' { n = len(a) } }
				rows.Close()
				best = min(best, time.Since(s))
			}
			t.Logf("%s %-18s %8v n=%d", w, name, best.Round(time.Microsecond), n)
		}
		col := `{name place summary body} : "` + w + `"`
		run("rowid", "SELECT rowid FROM ft WHERE ft MATCH ?", col)
		run("rowid nofilter", "SELECT rowid FROM ft WHERE ft MATCH ?", w)
		run("group_concat", "SELECT group_concat(rowid) FROM ft WHERE ft MATCH ?", col)
		run("bm25", "SELECT rowid, bm25(ft,10,4,3,1,5,.5) FROM ft WHERE ft MATCH ?", col)
		run("g name", "SELECT group_concat(rowid) FROM ft WHERE ft MATCH ?", `name : "` + w + `"`)
		run("g prefix3 ft", "SELECT group_concat(rowid) FROM ft WHERE ft MATCH ?", `{title words} : "` + w[:3] + `" *`)
		run("g prefix3 w", "SELECT group_concat(rowid) FROM w WHERE w MATCH ?", `"` + w[:3] + `" *`)
		run("g prefix1 w", "SELECT group_concat(rowid) FROM w WHERE w MATCH ?", `title : "` + w[:1] + `" *`)
		run("g word w", "SELECT group_concat(rowid) FROM w WHERE w MATCH ?", `"` + w + `"`)
		run("g wordtitle w", "SELECT group_concat(rowid) FROM w WHERE w MATCH ?", `title : "` + w + `"`)
	}
}
