package embedded

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A long answer and a short one, of bits and in a list, follow the same changes.
func TestPostingFollowsChanges(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, every := range []int{2, 100} {
		want := map[uint32]bool{}
		var slots []uint32
		for slot := uint32(1); slot < 20_000; slot += uint32(every) {
			slots, want[slot] = append(slots, slot), true
		}
		p := newPosting(question{}, slots)
		if (p.bits == nil) != (every == 100) {
			t.Errorf("every %d: bits %v", every, p.bits != nil)
		}
		for range 5000 {
			slot, answers := 1+rng.Uint32N(30_000), rng.IntN(2) == 0
			p.set(slot, answers)
			if delete(want, slot); answers {
				want[slot] = true
			}
		}
		var sorted, some []uint32
		for slot := uint32(1); slot <= 30_000; slot++ {
			if want[slot] {
				sorted = append(sorted, slot)
				if slot%7 == 0 {
					some = append(some, slot)
				}
			}
			if p.has(slot) != want[slot] {
				t.Fatalf("every %d: has(%d) = %v", every, slot, !want[slot])
			}
		}
		if !slices.Equal(p.slots(), sorted) || p.n != len(sorted) {
			t.Errorf("every %d: %d slots, n %d, want %d", every, len(p.slots()), p.n, len(sorted))
		}
		asked := make([]uint32, 0, 30_000/7)
		for slot := uint32(7); slot <= 30_000; slot += 7 {
			asked = append(asked, slot)
		}
		if !slices.Equal(p.among(asked), some) {
			t.Errorf("every %d: among", every)
		}
	}
}

func TestPostingsMakeRoom(t *testing.T) {
	t.Parallel()
	p := newPostings()
	big := make([]uint32, 1<<21) // 8 MiB in a list, a quarter of one in bits
	for i := range big {
		big[i] = uint32(i + 1)
	}
	for i := range 600 {
		p.keep(question{columns: "name", words: []string{string(rune('a' + i))}}, big)
		p.get(question{columns: "name", words: []string{"a"}}.key()) // always wanted
	}
	if p.bytes > maxPostingBytes || len(p.lists) == 0 {
		t.Errorf("%d bytes in %d answers", p.bytes, len(p.lists))
	}
	if p.get(question{columns: "name", words: []string{"a"}}.key()) == nil {
		t.Error("what was just asked for made room")
	}
}
