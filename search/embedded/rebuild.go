package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/maillage/maillage/instance"
)

// rebuildSuffix names the file that a rebuild fills beside the one in use.
const rebuildSuffix = ".new"

// journal remembers what changed while a rebuild ran, to be applied to the new
// file before it takes over: the last word on each ID.
type journal struct{ change }

func (j *journal) add(ch *change) {
	for _, e := range ch.entries {
		copied := *e
		j.set(&copied)
	}
}

// Rebuild implements instance.Index. A second one waits for the first. When it
// fails, the old content stays.
func (x *Index) Rebuild(ctx context.Context, next func(context.Context) ([]instance.Document, error)) error {
	x.rebuilding.Lock()
	defer x.rebuilding.Unlock()
	if err := x.refill(ctx, next); err != nil {
		return fmt.Errorf("rebuild search index: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.needsRebuild = false
	return nil
}

// compactNow rebuilds the content from itself, without what replaced and forgotten
// documents left behind.
func (x *Index) compactNow(ctx context.Context) {
	x.rebuilding.Lock()
	defer x.rebuilding.Unlock()
	x.writing.Lock()
	worn := x.content.worn(x.spare)
	x.writing.Unlock()
	if !worn || ctx.Err() != nil { // a rebuild has just done it
		return
	}
	if err := x.refill(ctx, x.All()); err != nil && ctx.Err() == nil {
		x.log.Warn("search index could not be compacted", "err", err)
	}
}

// refill puts what next yields in the place of the content.
func (x *Index) refill(ctx context.Context, next func(context.Context) ([]instance.Document, error)) error {
	x.writing.Lock()
	x.journal = &journal{change{byID: map[string]*entry{}}}
	x.writing.Unlock()
	fresh, err := x.fill(ctx, next)
	if err == nil {
		err = x.replace(ctx, fresh)
	}
	if err != nil {
		x.writing.Lock()
		x.journal = nil
		x.writing.Unlock()
		return errors.Join(err, removeFile(x.path+rebuildSuffix))
	}
	return nil
}

// fill writes everything that next yields to a file beside.
func (x *Index) fill(ctx context.Context, next func(context.Context) ([]instance.Document, error)) (*content, error) {
	fresh, err := newContent(ctx, x.path+rebuildSuffix)
	if err != nil {
		return nil, err
	}
	var alone sync.RWMutex // nobody reads it yet
	for {
		docs, err := next(ctx)
		if err == nil && len(docs) > 0 {
			err = fresh.write(ctx, changeOf(docs, nil), &alone)
		}
		if err != nil {
			return nil, errors.Join(err, fresh.file.close())
		}
		if len(docs) == 0 {
			fresh.stems.pack()
			fresh.titles.pack()
			return fresh, nil
		}
		fresh.file.checkpoint(ctx)
	}
}

// replace puts the fresh file in the place of the one in use. Searches wait for
// the time of a rename.
func (x *Index) replace(ctx context.Context, fresh *content) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	var alone sync.RWMutex
	err := fresh.write(ctx, &x.journal.change, &alone)
	if err == nil {
		err = fresh.saveLexicon(ctx)
	}
	if err = errors.Join(err, fresh.file.close()); err != nil { // closing empties its log into it
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	err = errors.Join(x.content.file.close(), removeLogs(x.path), os.Rename(x.path+rebuildSuffix, x.path))
	f, errOpen := connect(context.WithoutCancel(ctx), x.path)
	if errOpen != nil {
		return errors.Join(err, errOpen)
	}
	if err != nil { // back to the old one
		x.content.file = f
		return err
	}
	fresh.file = f
	x.content, x.journal, x.notBefore = fresh, nil, 0
	return nil
}
