package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/maillage/maillage/instance"

	_ "modernc.org/sqlite" // database/sql driver, pure Go
)

// schemaVersion changes with the tables and with the analyser: a file of another
// version is thrown away and rebuilt.
const schemaVersion = 5

// doc holds the columns that are read into memory at start, and body, apart so
// that reading them stays quick, what is shown. A document that changes gets a new
// rowid, greater than all. lexicon has the postings of the rows up to one; those
// after are analysed again. ft knows the positions of stems, for phrases.
const schema = `
CREATE TABLE doc (
	rowid INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL, subkind TEXT NOT NULL, origin TEXT NOT NULL, locality TEXT NOT NULL,
	themes TEXT NOT NULL, roles TEXT NOT NULL, territories TEXT NOT NULL,
	lat REAL, lon REAL,
	start INTEGER NOT NULL, stop INTEGER NOT NULL, updated INTEGER NOT NULL,
	name_key TEXT NOT NULL
);
CREATE TABLE body (rowid INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE vocabulary (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE lexicon (part INTEGER PRIMARY KEY, upto INTEGER NOT NULL, titles INTEGER NOT NULL, data BLOB NOT NULL);
CREATE VIRTUAL TABLE ft USING fts5(
	name, place, summary, body,
	content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
`

// file is an SQLite index with one connection that writes and a few that read.
type file struct {
	path  string
	write *sql.DB
	read  *sql.DB
}

// openFile opens an existing file, or fails for any reason to make it anew.
func openFile(ctx context.Context, path string) (*file, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	f, err := connect(ctx, path)
	if err != nil {
		return nil, err
	}
	var version int
	if err := f.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, errors.Join(err, f.close())
	}
	if version != schemaVersion {
		return nil, errors.Join(fmt.Errorf("%s has schema %d, not %d", path, version, schemaVersion), f.close())
	}
	return f, nil
}

// createFile makes an empty file in the place of whatever was there.
func createFile(ctx context.Context, path string) (*file, error) {
	if err := removeFile(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := connect(ctx, path)
	if err != nil {
		return nil, err
	}
	if _, err := f.write.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), f.close())
	}
	return f, nil
}

func removeFile(path string) error {
	return errors.Join(remove(path), removeLogs(path))
}

// removeLogs removes what SQLite keeps beside a file. Left there, they would be
// taken for another file's of the same name.
func removeLogs(path string) error {
	return errors.Join(remove(path+"-wal"), remove(path+"-shm"))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// connect opens the pools. NORMAL survives a killed process; after a power cut the
// last writes may be missing, which a rebuild mends. Checkpoints are made by us,
// outside the lock that searches wait for. Readers keep few pages: the system has
// them in memory once, where each of our connections would have its own.
func connect(ctx context.Context, path string) (*file, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" +
		"&_pragma=cache_size(-2000)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(0)"
	f := &file{path: path}
	var err error
	if f.write, err = sql.Open("sqlite", dsn+"&_pragma=cache_size(-8000)&_txlock=immediate"); err != nil {
		return nil, err
	}
	if f.read, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, f.write.Close())
	}
	f.write.SetMaxOpenConns(1)
	f.read.SetMaxOpenConns(4)
	f.read.SetMaxIdleConns(2) // each keeps pages: the others are for a rush
	if err := f.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.close())
	}
	return f, nil
}

func (f *file) close() error { return errors.Join(f.read.Close(), f.write.Close()) }

// checkpoint moves what was written out of the log once it has grown. Best
// effort: a reader in the way only puts it off.
func (f *file) checkpoint(ctx context.Context) {
	info, err := os.Stat(f.path + "-wal")
	if err == nil && info.Size() > 16<<20 {
		_, _ = f.write.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	}
}

// documents reads what is shown of some rows.
func (f *file) documents(ctx context.Context, slots []uint32) (map[uint32]*instance.Document, error) {
	docs := make(map[uint32]*instance.Document, len(slots))
	const batch = 200
	for len(slots) > 0 {
		n := min(batch, len(slots))
		args := make([]any, n)
		for i, slot := range slots[:n] {
			args[i] = int64(slot)
		}
		slots = slots[n:]
		rows, err := f.read.QueryContext(ctx, "SELECT rowid, data FROM body WHERE rowid IN ("+placeholders(n)+")", args...)
		if err != nil {
			return nil, err
		}
		if err := scanDocuments(rows, docs); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// matching runs an FTS5 expression. All rowids come in one string: a row
// for each would take six times as long.
func (f *file) matching(ctx context.Context, expr string) ([]uint32, error) {
	var list sql.NullString
	err := f.read.QueryRowContext(ctx, "SELECT group_concat(rowid) FROM ft WHERE ft MATCH ?", expr).Scan(&list)
	if err != nil {
		return nil, fmt.Errorf("full text %q: %w", expr, err)
	}
	var slots []uint32
	slot, sorted := uint32(0), true
	for i := range len(list.String) {
		if digit := list.String[i]; digit != ',' {
			slot = 10*slot + uint32(digit-'0')
			continue
		}
		sorted = sorted && (len(slots) == 0 || slots[len(slots)-1] < slot)
		slots = append(slots, slot)
		slot = 0
	}
	if list.Valid {
		slots = append(slots, slot)
	}
	if !sorted || !slices.IsSorted(slots) { // FTS5 gives them in order, but promises nothing
		slices.Sort(slots)
	}
	return slots, nil
}

func scanDocuments(rows *sql.Rows, docs map[uint32]*instance.Document) error {
	defer rows.Close()
	for rows.Next() {
		var slot int64
		var data sql.RawBytes
		if err := rows.Scan(&slot, &data); err != nil {
			return err
		}
		doc, err := decode(data)
		if err != nil {
			return fmt.Errorf("document %d: %w", slot, err)
		}
		docs[uint32(slot)] = doc
	}
	return rows.Err()
}

func placeholders(n int) string {
	b := make([]byte, 0, 2*n)
	for range n {
		b = append(b, '?', ',')
	}
	return string(b[:len(b)-1])
}
