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
	// suggestRead is how many of the documents whose name matches are read, beside
	// three for each suggestion asked for: several may be worded the same.
	suggestRead = 10
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
	if err := x.content.suggest(ctx, in, limit, list); err != nil {
		return nil, fmt.Errorf("suggest: %w", err)
	}
	if list.Len() == 0 {
		for _, text := range x.content.words.respell(in.Words()) {
			if err := x.content.suggest(ctx, complete.Parse(text), limit, list); err != nil {
				return nil, fmt.Errorf("suggest: %w", err)
			}
		}
	}
	return list.Best(limit), nil
}

func (c *content) suggest(ctx context.Context, in complete.Input, limit int, list *complete.List) error {
	list.AddThemes(in)
	for id, key := range c.cols.localityKeys {
		if key != "" {
			list.AddLocality(in, c.cols.localities.names[id], key)
		}
	}
	docs, err := c.documents(ctx, c.named(in, 3*limit+suggestRead))
	if err != nil {
		return err
	}
	for _, doc := range docs {
		list.AddDocument(in, doc)
	}
	return nil
}

// named finds the best documents with a word in their name, or a code, that begins
// as each word typed, n at most.
func (c *content) named(in complete.Input, n int) []uint32 {
	t := newTally(len(c.cols.rows))
	defer t.release()
	var a answer
	for i, w := range in.Words() {
		clear(t.marks)
		for word := range c.titles.words.beginning(w) {
			t.add(c.titles.lists[word].all(), 0)
		}
		if i == 0 {
			a = t.answer(c.cols.alive, nil)
			continue
		}
		a = t.answer(c.cols.alive, a.slots())
	}
	if len(in.Words()) == 1 {
		return c.cols.bestNamed(a.postings, n, func(p posting) int { return c.cols.names[p.slot].match(in.Words()[0], p.in) })
	}
	return c.cols.bestNamed(a.postings, n, func(p posting) int {
		r := &c.cols.rows[p.slot]
		rank, ok := in.Match(r.nameKey)
		switch {
		case !ok && c.cols.names[p.slot].territory():
			return 0 // by its code
		case !ok:
			return 3
		}
		return rank
	})
}

// bestNamed keeps the n slots that complete.List would put first, but for those it
// tells apart by their letters.
func (c *columns) bestNamed(postings []posting, n int, rank func(posting) int) []uint32 {
	ranked := make([]uint64, len(postings)) // what counts most in the high bits, the slot in the low ones
	for i, p := range postings {
		ranked[i] = uint64(rank(p))<<48 | uint64(c.names[p.slot])<<32 | uint64(p.slot)
	}
	ranked = best(ranked, min(len(ranked), n), cmp.Compare)
	kept := make([]uint32, len(ranked))
	for i, r := range ranked {
		kept[i] = uint32(r)
	}
	return kept
}

// nameKind is what a suggestion is ranked by beside its words, in the order of
// complete.List: not a territory, not ours, the length of its name, at most 255.
type nameKind uint16

const (
	notTerritory nameKind = 1 << 9
	notOurs      nameKind = 1 << 8
)

func newNameKind(r *record) nameKind {
	n := nameKind(min(len(r.nameKey), 255))
	if r.kind != string(instance.KindTerritory) {
		n |= notTerritory
	}
	if r.origin != "" {
		n |= notOurs
	}
	return n
}

func (n nameKind) territory() bool { return n&notTerritory == 0 }

func (n nameKind) length() int { return int(n & 255) }

// match is complete.Input.Match for one word typed, by where the words that it begins
// are: 3 when it is in no word of the name.
func (n nameKind) match(typed string, in fields) int {
	switch {
	case in&beginsName != 0 && n.length() == len(typed), in&isCode != 0 && n.territory():
		return 0
	case in&beginsName != 0:
		return 1
	case in&insideName != 0:
		return 2
	}
	return 3
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
