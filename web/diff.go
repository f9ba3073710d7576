package web

import (
	"regexp"
	"strings"
)

// diffPart is some words of a text, and whether the other text lacks them.
type diffPart struct {
	Text    string
	Differs bool
}

var wordOrSpace = regexp.MustCompile(`\s+|[^\s]+`)

// maxDiffCells bounds the work of a comparison: beyond, what is between the common
// beginning and the common end differs as a whole.
const maxDiffCells = 1 << 20

// diffWords compares two texts word by word.
func diffWords(was, now string) (before, after []diffPart) {
	a, b := wordOrSpace.FindAllString(was, -1), wordOrSpace.FindAllString(now, -1)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	var inA, inB runs
	inA.add(start, false)
	inB.add(start, false)
	midA, midB := a[start:len(a)-end], b[start:len(b)-end]
	if len(midA)*len(midB) > maxDiffCells {
		inA.add(len(midA), true)
		inB.add(len(midB), true)
	} else {
		diffMiddle(&inA, &inB, midA, midB)
	}
	inA.add(end, false)
	inB.add(end, false)
	return inA.of(a), inB.of(b)
}

// diffMiddle adds the longest common subsequence of two lists of words, and what is
// around it.
func diffMiddle(inA, inB *runs, a, b []string) {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			inA.add(1, false)
			inB.add(1, false)
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			inA.add(1, true)
			i++
		default:
			inB.add(1, true)
			j++
		}
	}
}

// runs tell the words of a text, in their order, that the other text has or lacks.
type runs []run

type run struct {
	words   int
	differs bool
}

func (r *runs) add(words int, differs bool) {
	switch last := len(*r) - 1; {
	case words == 0:
	case last >= 0 && (*r)[last].differs == differs:
		(*r)[last].words += words
	default:
		*r = append(*r, run{words, differs})
	}
}

// of writes the runs out.
func (r runs) of(words []string) (parts []diffPart) {
	for _, run := range r {
		parts = append(parts, diffPart{strings.Join(words[:run.words], ""), run.differs})
		words = words[run.words:]
	}
	return parts
}
