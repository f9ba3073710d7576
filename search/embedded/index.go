package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// Options tune an Index; the zero value is good.
type Options struct {
	Now func() time.Time // what "upcoming" is measured against; time.Now when nil
	Log *slog.Logger     // slog.Default when nil
}

// Index is an instance.Index in one file. It is safe for concurrent use by one process.
type Index struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	writing    sync.Mutex // one writer at a time: Put, Remove, Rebuild's start and end
	rebuilding sync.Mutex // one Rebuild at a time
	journal    *journal   // what changed during a Rebuild; guarded by writing

	mu           sync.RWMutex // readers hold it for a whole answer, a writer to commit
	content      *content
	needsRebuild bool

	compacting sync.WaitGroup
	compact    func() // starts a rebuild of the content from itself; guarded by writing
	spare      int    // how many slots may be of no use before that
	notBefore  int    // how many slots the next one waits for; guarded by writing
	stop       context.CancelFunc
}

var _ instance.Index = (*Index)(nil)

// content is a file with what is kept of it in memory.
type content struct {
	file   *file
	cols   *columns
	stems  *lexicon
	titles *lexicon // what completes a name
	words  *vocabulary
	cache  *cache
	saved  int // the last slot of the lexicons in the file
}

func contentOf(f *file) *content {
	return &content{file: f, cols: newColumns(), stems: newLexicon(), titles: newLexicon(), words: newVocabulary(), cache: newCache()}
}

// Open opens the index at path. A file that is missing, damaged or of another
// version is replaced by an empty one, and NeedsRebuild says so.
func Open(ctx context.Context, path string, o Options) (*Index, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	x := &Index{path: path, now: o.Now, log: o.Log, spare: 20_000}
	if err := removeFile(path + rebuildSuffix); err != nil {
		return nil, fmt.Errorf("open search index: %w", err)
	}
	c, err := loadContent(ctx, path)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		if !errors.Is(err, os.ErrNotExist) {
			o.Log.Warn("search index is made anew", "path", path, "reason", err)
		}
		x.needsRebuild = true
		if c, err = newContent(ctx, path); err != nil {
			return nil, fmt.Errorf("open search index: %w", err)
		}
	}
	x.content = c
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	x.stop = stop
	x.compact = func() {
		if background.Err() == nil {
			x.compacting.Go(func() { x.compactNow(background) })
		}
	}
	return x, nil
}

func newContent(ctx context.Context, path string) (*content, error) {
	f, err := createFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return contentOf(f), nil
}

func loadContent(ctx context.Context, path string) (*content, error) {
	f, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	c := contentOf(f)
	if err := errors.Join(c.cols.load(ctx, f), c.words.load(ctx, f), c.loadLexicon(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), f.close())
	}
	return c, nil
}

// NeedsRebuild says that the file was made anew and nothing was rebuilt since.
func (x *Index) NeedsRebuild() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.needsRebuild
}

// Close ends the index; what was Put is in its file.
func (x *Index) Close() error {
	x.writing.Lock() // so that no other compaction begins
	x.stop()
	x.writing.Unlock()
	x.compacting.Wait()
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.content.file.close()
}

// Count implements instance.Index.
func (x *Index) Count(context.Context) (int, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.content.cols.live, nil
}

// Put implements instance.Index.
func (x *Index) Put(ctx context.Context, docs ...instance.Document) error {
	return x.change(ctx, changeOf(docs, nil))
}

// Remove implements instance.Index.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	return x.change(ctx, changeOf(nil, ids))
}

func (x *Index) change(ctx context.Context, ch *change) error {
	if len(ch.entries) == 0 {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.content.write(ctx, ch, &x.mu); err != nil {
		return fmt.Errorf("update search index: %w", err)
	}
	if x.journal != nil {
		x.journal.add(ch)
	}
	if x.content.unsavedMany() {
		if err := x.content.saveLexicon(ctx); err != nil {
			x.log.Warn("search index will take longer to open", "err", err)
		}
	}
	x.content.file.checkpoint(ctx)
	if slots := len(x.content.cols.rows); x.content.worn(x.spare) && x.journal == nil && slots > x.notBefore {
		x.notBefore = slots + slots/4
		x.compact()
	}
	return nil
}

// change is a batch of documents to put and to forget, each ID once.
type change struct {
	entries []*entry
	byID    map[string]*entry
}

// entry is a document analysed, or with a nil doc one to forget.
type entry struct {
	id     string
	doc    *instance.Document
	data   []byte
	record record
	text   *text
	slot   uint32 // the one it gets; 0 for one to forget
	old    uint32 // the one it had, 0 when it is new
}

// changeOf prepares a batch outside of any lock. The last of several documents
// with one ID counts.
func changeOf(docs []instance.Document, removed []string) *change {
	ch := &change{byID: map[string]*entry{}}
	for i := range docs {
		ch.set(&entry{id: docs[i].ID, doc: &docs[i]})
	}
	for _, id := range removed {
		ch.set(&entry{id: id})
	}
	for _, e := range ch.entries {
		e.analyse()
	}
	return ch
}

func (ch *change) set(e *entry) {
	if old := ch.byID[e.id]; old != nil {
		*old = *e
		return
	}
	ch.byID[e.id] = e
	ch.entries = append(ch.entries, e)
}

func (e *entry) analyse() {
	if e.doc == nil {
		return
	}
	if e.doc.Point != nil && !e.doc.Point.Valid() { // listed, not drawn
		doc := *e.doc
		doc.Point = nil
		e.doc = &doc
	}
	e.data = encode(e.doc)
	e.record = newRecord(e.doc)
	e.text = analyse(e.doc)
}

// write applies a batch: one transaction, then the columns under mu, which
// readers hold while they answer. They see all of it or nothing.
func (c *content) write(ctx context.Context, ch *change, mu *sync.RWMutex) error {
	tx, err := c.file.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // no effect once committed
	if err := c.assignSlots(ctx, tx, ch); err != nil {
		return err
	}
	for _, e := range ch.entries {
		if err := e.store(ctx, tx); err != nil {
			return err
		}
	}
	words := c.words.missing(ch)
	if err := storeWords(ctx, tx, words); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, e := range ch.entries {
		if e.old != 0 {
			c.cache.forget(e.old)
			c.cols.clear(e.old)
		}
		if e.doc != nil {
			c.cols.set(e.slot, &e.record)
			c.learn(e.slot, e.text)
		}
	}
	c.words.add(words)
	return nil
}

// assignSlots gives every document the next rowid, and finds the one it had.
func (c *content) assignSlots(ctx context.Context, tx *sql.Tx, ch *change) error {
	find, err := tx.PrepareContext(ctx, "SELECT rowid FROM doc WHERE id = ?")
	if err != nil {
		return err
	}
	defer find.Close()
	next := uint32(len(c.cols.rows))
	for _, e := range ch.entries {
		e.slot, e.old = 0, 0
		if err := find.QueryRowContext(ctx, e.id).Scan(&e.old); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if e.doc != nil {
			e.slot = next
			next++
		}
	}
	return nil
}

// store writes an entry to the tables.
func (e *entry) store(ctx context.Context, tx *sql.Tx) error {
	if e.old != 0 {
		for _, table := range []string{"doc", "body", "ft"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE rowid = ?", e.old); err != nil {
				return err
			}
		}
	}
	if e.doc == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO doc (rowid, "+recordColumns+") VALUES ("+placeholders(15)+")",
		append([]any{e.slot}, e.record.values()...)...)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO body (rowid, data) VALUES (?, ?)", e.slot, e.data); err != nil {
		return err
	}
	args := []any{e.slot}
	for _, row := range e.text.rows {
		args = append(args, strings.Join(row, " "))
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO ft (rowid, name, place, summary, body) VALUES (?, ?, ?, ?, ?)", args...)
	return err
}
