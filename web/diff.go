package web

import "regexp"

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
	before, after = appendPart(before, a[:start], false), appendPart(after, b[:start], false)
	midA, midB := a[start:len(a)-end], b[start:len(b)-end]
	if len(midA)*len(midB) > maxDiffCells {
		before, after = appendPart(before, midA, true), appendPart(after, midB, true)
	} else {
		before, after = diffMiddle(before, after, midA, midB)
	}
	return appendPart(before, a[len(a)-end:], false), appendPart(after, b[len(b)-end:], false)
}

// diffMiddle adds the longest common subsequence of two lists of words, and what is
// around it.
func diffMiddle(before, after []diffPart, a, b []string) (was, now []diffPart) {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
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
			before, after = appendPart(before, a[i:i+1], false), appendPart(after, b[j:j+1], false)
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			before = appendPart(before, a[i:i+1], true)
			i++
		default:
			after = appendPart(after, b[j:j+1], true)
			j++
		}
	}
	return before, after
}

func appendPart(parts []diffPart, words []string, differs bool) []diffPart {
	for _, word := range words {
		if last := len(parts) - 1; last >= 0 && parts[last].Differs == differs {
			parts[last].Text += word
		} else {
			parts = append(parts, diffPart{word, differs})
		}
	}
	return parts
}
