package embedded

import (
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"
)

// fields are the places of a document where a word stands, a bit each.
type fields uint8

// The fields of a text.
const (
	inName fields = 1 << iota
	inPlace
	inSummary
	inBody

	fieldBits = 4
	// itself marks what a clause finds in its own words and not in a synonym. It is
	// never kept.
	itself fields = 1 << fieldBits
)

// posting is a document that has a word, and where.
type posting struct {
	slot uint32
	in   fields
}

// list is the postings of a word, in the order of their slots: for each the gap to
// the one before and its fields, in one byte or two. Slots only grow, so it does too.
type list struct {
	data []byte
	last uint32
	n    int
}

func (l *list) add(slot uint32, in fields) {
	l.data = binary.AppendUvarint(l.data, uint64(slot-l.last)<<fieldBits|uint64(in))
	l.last = slot
	l.n++
}

// all gives the postings in order, those of documents that are gone included. A nil
// list has none.
func (l *list) all() iter.Seq2[uint32, fields] {
	return func(yield func(uint32, fields) bool) {
		if l == nil {
			return
		}
		slot, data := uint32(0), l.data
		for i := 0; i < len(data); {
			v := uint32(data[i])
			i++
			if v >= 0x80 {
				v &= 0x7f
				for shift := 7; ; shift += 7 {
					b := data[i]
					i++
					v |= uint32(b&0x7f) << shift
					if b < 0x80 {
						break
					}
				}
			}
			slot += v >> fieldBits
			if !yield(slot, fields(v&(1<<fieldBits-1))) {
				return
			}
		}
	}
}

// whole says that a list that was read is what it was when written: it ends where its
// last posting does, and that is no slot after upto.
func (l *list) whole(upto int) bool {
	if len(l.data) == 0 || l.data[len(l.data)-1] >= 0x80 || int(l.last) > upto {
		return false
	}
	n, last := 0, uint32(0)
	for slot := range l.all() {
		if slot < last {
			return false
		}
		n, last = n+1, slot
	}
	return n == l.n && last == l.last
}

// lexicon is the postings of every word, in memory: a byte or two for each word of
// each document, so that no question waits for a disk and no word is too common.
type lexicon struct {
	lists map[string]*list
	words wordList // the keys of lists, in order
}

func newLexicon() *lexicon { return &lexicon{lists: map[string]*list{}} }

// add notes the words of a document in a new slot, greater than all those before.
func (x *lexicon) add(slot uint32, words map[string]fields) {
	var fresh []string
	for word, in := range words {
		l := x.lists[word]
		if l == nil {
			word = strings.Clone(word) // not the text it was cut from
			l = &list{}
			x.lists[word] = l
			fresh = append(fresh, word)
		}
		l.add(slot, in)
	}
	x.words.add(fresh)
}

// pack gives back what the lists kept to grow.
func (x *lexicon) pack() {
	for _, l := range x.lists {
		if cap(l.data) > len(l.data)+len(l.data)/16 {
			l.data = slices.Clone(l.data)
		}
	}
}

// partSize is about how many bytes are written to the file as one.
const partSize = 1 << 20

// parts writes the lexicon as blobs of about partSize.
func (x *lexicon) parts() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		part := make([]byte, 0, partSize+partSize/4)
		for word, l := range x.lists {
			part = binary.AppendUvarint(part, uint64(len(word)))
			part = append(part, word...)
			part = binary.AppendUvarint(part, uint64(l.last))
			part = binary.AppendUvarint(part, uint64(l.n))
			part = binary.AppendUvarint(part, uint64(len(l.data)))
			part = append(part, l.data...)
			if len(part) >= partSize {
				if !yield(part) {
					return
				}
				part = part[:0]
			}
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

var errPart = errors.New("damaged list of words")

// read adds what a part holds, of slots up to one.
func (x *lexicon) read(part []byte, upto int) error {
	damaged := false
	number := func() int {
		v, n := binary.Uvarint(part)
		if n <= 0 || v > 1<<40 {
			damaged = true
			return 0
		}
		part = part[n:]
		return int(v)
	}
	cut := func(n int) []byte {
		if n > len(part) {
			damaged = true
			return nil
		}
		piece := part[:n]
		part = part[n:]
		return piece
	}
	var fresh []string
	for len(part) > 0 {
		word := string(cut(number()))
		l := &list{last: uint32(number()), n: number()}
		l.data = slices.Clone(cut(number()))
		if damaged || !l.whole(upto) {
			return errPart
		}
		x.lists[word] = l
		fresh = append(fresh, word)
	}
	x.words.add(fresh)
	return nil
}

// wordList is words in order, to find those that begin so.
type wordList struct {
	sorted []string
	recent []string // in no order
}

// add adds words that are not there yet.
func (w *wordList) add(words []string) {
	w.recent = append(w.recent, words...)
	if len(w.recent) < 500+len(w.sorted)/16 {
		return
	}
	slices.Sort(w.recent)
	merged := make([]string, 0, len(w.sorted)+len(w.recent))
	i := 0
	for _, word := range w.recent {
		for i < len(w.sorted) && w.sorted[i] < word {
			merged = append(merged, w.sorted[i])
			i++
		}
		merged = append(merged, word)
	}
	w.sorted, w.recent = append(merged, w.sorted[i:]...), nil
}

// beginning gives the words that begin with a prefix.
func (w *wordList) beginning(prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		at, _ := slices.BinarySearch(w.sorted, prefix)
		for ; at < len(w.sorted) && strings.HasPrefix(w.sorted[at], prefix); at++ {
			if !yield(w.sorted[at]) {
				return
			}
		}
		for _, word := range w.recent {
			if strings.HasPrefix(word, prefix) && !yield(word) {
				return
			}
		}
	}
}
