package french

// Tolerance is how many typing mistakes a word of that many letters may have: one
// from four letters, two from eight.
func Tolerance(letters int) int {
	switch {
	case letters < 4:
		return 0
	case letters < 8:
		return 1
	}
	return 2
}

// Edits counts the mistakes (a letter missing, added, changed, or two swapped)
// that turn typed into word, and into the nearest beginning of word. Both words
// are folded; a count past limit is given as limit+1.
func Edits(typed, word string, limit int) (whole, prefix int) {
	n, m := len(typed), len(word)
	if n > m+limit {
		return limit + 1, limit + 1
	}
	const short = 32
	var space [3 * (short + 1)]int
	rows := space[:]
	if m > short {
		rows = make([]int, 3*(m+1))
	}
	before, last, row := rows[:m+1], rows[m+1:2*(m+1)], rows[2*(m+1):3*(m+1)]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= n; i++ {
		row[0] = i
		least := i
		for j := 1; j <= m; j++ {
			cost := 1
			if typed[i-1] == word[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && typed[i-1] == word[j-2] && typed[i-2] == word[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1, limit + 1
		}
		before, last, row = last, row, before
	}
	prefix = last[0]
	for _, d := range last {
		prefix = min(prefix, d)
	}
	return min(last[m], limit+1), min(prefix, limit+1)
}
