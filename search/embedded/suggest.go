package embedded

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
)

const (
	maxSuggestions = 50
	// suggestRead is how many of the documents whose name matches are read.
	suggestRead = 100
	// suggestRespellings is how many corrections are tried.
	suggestRespellings = 6
)

// Suggest implements instance.Index.
func (x *Index) Suggest(ctx context.Context, text string, limit int) ([]instance.Suggestion, error) {
	in := complete.Parse(text)
	limit = min(limit, maxSuggestions)
	if in.Empty() || limit <= 0 {
		return nil, nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	list := complete.NewList()
	if err := x.content.suggest(ctx, in, list); err != nil {
		return nil, fmt.Errorf("suggest: %w", err)
	}
	if list.Len() == 0 {
		for _, text := range x.content.words.respell(in.Words()) {
			if err := x.content.suggest(ctx, complete.Parse(text), list); err != nil {
				return nil, fmt.Errorf("suggest: %w", err)
			}
		}
	}
	return list.Best(limit), nil
}

func (c *content) suggest(ctx context.Context, in complete.Input, list *complete.List) error {
	list.AddThemes(in)
	for id, key := range c.cols.localityKeys {
		if key != "" {
			list.AddLocality(in, c.cols.localities.names[id], key)
		}
	}
	slots, err := c.named(ctx, in)
	if err != nil {
		return err
	}
	docs, err := c.documents(ctx, slots)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		list.AddDocument(in, doc)
	}
	return nil
}

// named finds the best documents with a word in their name, or a code, that begins
// as each word typed. For the first letters typed, which are those of many names,
// they are remembered.
func (c *content) named(ctx context.Context, in complete.Input) ([]uint32, error) {
	var slots []uint32
	for _, w := range in.Words() {
		q := question{table: "beginning", columns: "title", words: []string{w}}
		if list := c.postings.get(q.key()); list != nil && len(in.Words()) == 1 {
			return c.remembered(list, in), nil
		}
		var err error
		if slots, _, err = c.ask(ctx, q, slots); err != nil || len(slots) == 0 {
			return nil, err
		}
	}
	return c.cols.bestNamed(slots, in), nil
}

// remembered are the best documents of a kept answer.
func (c *content) remembered(list *posting, in complete.Input) []uint32 {
	c.postings.mu.Lock()
	best := list.best
	c.postings.mu.Unlock()
	if best == nil {
		best = c.cols.bestNamed(list.slots(), in)
		c.postings.mu.Lock()
		list.best = best
		c.postings.mu.Unlock()
	}
	return best
}

// bestNamed keeps the slots worth reading: territories and shorter names first,
// as complete.List will in detail.
func (c *columns) bestNamed(slots []uint32, in complete.Input) []uint32 {
	type named struct {
		slot uint32
		rank int
	}
	territory, known := c.kinds.ids[string(instance.KindTerritory)]
	ranked := make([]named, len(slots))
	for i, slot := range slots {
		r := &c.rows[slot]
		isTerritory := known && uint32(r.kind) == territory
		rank, ok := in.Match(r.nameKey)
		switch {
		case !ok && isTerritory:
			rank = 0 // by its code
		case !ok:
			rank = 3
		}
		rank *= 2
		if !isTerritory {
			rank++
		}
		ranked[i] = named{slot, rank}
	}
	ranked = best(ranked, min(len(ranked), suggestRead), func(a, b named) int {
		return cmp.Or(a.rank-b.rank, len(c.rows[a.slot].nameKey)-len(c.rows[b.slot].nameKey), cmp.Compare(a.slot, b.slot))
	})
	kept := make([]uint32, len(ranked))
	for i, n := range ranked {
		kept[i] = n.slot
	}
	return kept
}

// respell offers corrections of what is typed: the last word by each of its
// neighbours, those before by their nearest.
func (v *vocabulary) respell(words []string) []string {
	var before []string
	for _, w := range words[:len(words)-1] {
		if near := v.neighbours(w, false); !v.known[w] && len(near) > 0 {
			w = near[0].word
		}
		before = append(before, w)
	}
	last := words[len(words)-1]
	endings := []string{last}
	for _, n := range v.neighbours(last, true) {
		if len(endings) > suggestRespellings {
			break
		}
		endings = append(endings, n.word)
	}
	texts := make([]string, len(endings))
	for i, ending := range endings {
		texts[i] = strings.Join(append(slices.Clone(before), ending), " ")
	}
	return texts
}
