package embedded

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

func TestListKeepsEveryPosting(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var l list
	var want, got []posting
	for slot := uint32(0); len(want) < 5000; {
		slot += 1 + rng.Uint32N(1<<rng.UintN(22)) // gaps of one to four bytes
		p := posting{slot, fields(rng.UintN(1 << fieldBits))}
		l.add(p.slot, p.in)
		want = append(want, p)
	}
	for slot, in := range l.all() {
		got = append(got, posting{slot, in})
	}
	if !slices.Equal(got, want) || l.n != len(want) {
		t.Errorf("%d postings, n %d, want %d", len(got), l.n, len(want))
	}
}

func TestLexiconIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	written, read := newLexicon(), newLexicon()
	for slot := uint32(1); slot < 3000; slot++ {
		written.add(slot, map[string]fields{"libre": inBody, fmt.Sprint("mot", slot%700): inName | inBody})
	}
	for part := range written.parts() {
		if err := read.read(part, 3000); err != nil {
			t.Fatal(err)
		}
		for cut := range min(len(part), 200) {
			_ = newLexicon().read(part[:cut], 3000) // an error or not, but no panic
			bad := slices.Clone(part)
			bad[cut] ^= 1 << (cut % 8)
			_ = newLexicon().read(bad, 3000)
		}
	}
	for part := range written.parts() {
		if newLexicon().read(part, 2998) == nil {
			t.Error("a slot that is no document's is no error")
		}
	}
	if len(read.lists) != 701 {
		t.Fatalf("%d words", len(read.lists))
	}
	for word, l := range written.lists {
		if got := read.lists[word]; !slices.Equal(got.data, l.data) || got.last != l.last || got.n != l.n {
			t.Errorf("%s: %+v, want %+v", word, got, l)
		}
	}
}

func TestWordsThatBeginSo(t *testing.T) {
	t.Parallel()
	var w wordList
	all := map[string]bool{}
	for i := range 4000 {
		word := fmt.Sprintf("%c%d", 'a'+i%26, i)
		all[word] = true
		w.add([]string{word})
	}
	for _, prefix := range []string{"", "a", "b1", "c28", "zz"} {
		want := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(word string) bool { return len(word) < len(prefix) || word[:len(prefix)] != prefix })
		if got := slices.Sorted(w.beginning(prefix)); !slices.Equal(got, want) {
			t.Errorf("%q: %d words, want %d", prefix, len(got), len(want))
		}
	}
}

func openIndex(t *testing.T) *Index {
	t.Helper()
	x, err := Open(t.Context(), filepath.Join(t.TempDir(), "search.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func numbered(from, to int, name string) (docs []instance.Document) {
	for i := from; i < to; i++ {
		docs = append(docs, instance.Document{ID: fmt.Sprintf("https://a.example/%d", i), Kind: instance.KindPartner, Name: name})
	}
	return docs
}

// What was replaced leaves nothing behind for ever, and nobody sees it tidied up.
func TestAWornIndexIsCompacted(t *testing.T) {
	t.Parallel()
	x := openIndex(t)
	x.spare = 200
	ctx := t.Context()
	for i := range 30 {
		if err := x.Put(ctx, numbered(0, 40, fmt.Sprintf("Fablab %d", i))...); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]int{"fablab": 40, fmt.Sprintf("fablab %d ", i): 40} {
			if r, err := x.Search(ctx, instance.Query{Text: text}); err != nil || r.Total != want {
				t.Fatalf("%q: %d found, %v", text, r.Total, err)
			}
		}
	}
	slots := func() int {
		x.mu.RLock()
		defer x.mu.RUnlock()
		return len(x.content.cols.rows)
	}
	deadline := time.Now().Add(20 * time.Second)
	for slots() > 2*40+200 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := slots(); n > 2*40+200 {
		t.Errorf("%d slots for 40 documents", n)
	}
	if !x.NeedsRebuild() {
		t.Error("to be compacted is not to be filled")
	}
}

// The words of a document that is gone are saved with the others: what comes after
// must not be taken for it.
func TestASlotIsNotUsedTwice(t *testing.T) {
	t.Parallel()
	x := openIndex(t)
	ctx := t.Context()
	docs := numbered(0, 3, "Fablab")
	err := x.Rebuild(ctx, func(context.Context) (batch []instance.Document, _ error) {
		batch, docs = docs, nil
		return batch, nil
	})
	if err == nil {
		err = x.Remove(ctx, "https://a.example/2")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if x, err = Open(ctx, x.path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if err := x.Put(ctx, numbered(3, 4, "Lavoir")...); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"fablab ": 2, "lavoir ": 1, "lav": 1, "fa": 2} {
		if r, err := x.Search(ctx, instance.Query{Text: text}); err != nil || r.Total != want {
			t.Errorf("%q: %d found, %v; want %d", text, r.Total, err, want)
		}
	}
}

func TestPhrasesOfManyAndOfFew(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 2 * fewPhrases} {
		x := openIndex(t)
		docs := slices.Concat(numbered(0, n, "Four à pain"), numbered(n, 2*n, "Pain au four"))
		docs[0].Name, docs[0].Summary = "Four", "Pain" // not in a row
		if err := x.Put(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]int{`"four pain"`: n - 1, `"pain four"`: n, `pain -"four pain"`: n + 1, "four-pain ": n - 1} {
			if r, err := x.Search(t.Context(), instance.Query{Text: text}); err != nil || r.Total != want {
				t.Errorf("%d documents, %s: %d found, %v; want %d", 2*n, text, r.Total, err, want)
			}
		}
	}
}
