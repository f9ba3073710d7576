package meili

import (
	"context"
	"errors"
	"fmt"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
)

// Rebuild implements instance.Index: it fills an index beside, then swaps the two
// in one task. When it fails, the old content stays.
func (x *Index) Rebuild(ctx context.Context, next func(context.Context) ([]instance.Document, error)) error {
	x.rebuilding.Lock()
	defer x.rebuilding.Unlock()
	x.setJournal(map[string]*instance.Document{})
	fresh := x.uid + "_new"
	err := x.fill(ctx, fresh, next)
	if err == nil {
		err = x.swap(ctx, fresh)
	}
	x.setJournal(nil)
	if err != nil {
		err = fmt.Errorf("rebuild search index: %w", err)
	}
	return errors.Join(err, x.drop(context.WithoutCancel(ctx), fresh))
}

func (x *Index) setJournal(journal map[string]*instance.Document) {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.journal = journal
}

func (x *Index) fill(ctx context.Context, uid string, next func(context.Context) ([]instance.Document, error)) error {
	if err := errors.Join(x.drop(ctx, uid), x.create(ctx, uid)); err != nil {
		return err
	}
	for {
		docs, err := next(ctx)
		if err != nil || len(docs) == 0 {
			return err
		}
		if err := x.add(ctx, uid, docs); err != nil {
			return err
		}
	}
}

// swap brings the fresh index up to date with what changed meanwhile, then puts it
// in the place of the other.
func (x *Index) swap(ctx context.Context, fresh string) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	var put []instance.Document
	var removed []string
	for id, doc := range x.journal {
		if doc != nil {
			put = append(put, *doc)
		} else {
			removed = append(removed, id)
		}
	}
	if err := x.add(ctx, fresh, put); err != nil {
		return err
	}
	if len(removed) > 0 {
		if err := x.delete(ctx, fresh, removed); err != nil {
			return err
		}
	}
	err := x.wait(ctx)(x.client.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{x.uid, fresh}}}))
	if err != nil {
		return err
	}
	x.journal = nil
	x.mu.Lock()
	defer x.mu.Unlock()
	x.needsRebuild = false
	return nil
}

// drop deletes an index if it is there.
func (x *Index) drop(ctx context.Context, uid string) error {
	err := x.wait(ctx)(x.client.DeleteIndexWithContext(ctx, uid))
	var failed *TaskError
	if errors.As(err, &failed) && failed.Code == "index_not_found" {
		return nil
	}
	if code, _ := codeOf(err); code == "index_not_found" {
		return nil
	}
	return err
}
