package french

import "slices"

// Nearness says how many clauses of the query a text answers, and how close
// together: 1 when side by side, toward 0 as other words come between them where
// they are closest. Stop words do not count as words between.
func (q Query) Nearness(text string) (clauses int, nearness float64) {
	spots := q.spotsIn(searched(text))
	distinct := map[int]bool{}
	for _, s := range spots {
		distinct[s.clause] = true
	}
	clauses = len(distinct)
	if clauses == 0 {
		return 0, 0
	}
	last := make(map[int]spot, clauses)
	for _, s := range spots {
		last[s.clause] = s
		if len(last) < clauses {
			continue
		}
		first, taken := s.from, 0
		for _, l := range last {
			first = min(first, l.from)
			taken += l.to - l.from
		}
		nearness = max(nearness, float64(taken)/float64(s.to-first))
	}
	return clauses, nearness
}

// Found lists the clauses of the query that a text answers, by their place in All.
func (q Query) Found(text string) []int {
	var clauses []int
	for _, s := range q.spotsIn(searched(text)) {
		if !slices.Contains(clauses, s.clause) {
			clauses = append(clauses, s.clause)
		}
	}
	return clauses
}

// spot is where a clause is answered, in tokens that are no stop words.
type spot struct{ from, to, clause int }

// spotsIn finds them in reading order, none overlapping.
func (q Query) spotsIn(tokens []Token) []spot {
	var spots []spot
	for i := 0; i < len(tokens); i++ {
		for c, clause := range q.All {
			if n := clause.matchAt(tokens[i:]); n > 0 {
				spots = append(spots, spot{i, i + n, c})
				i += n - 1
				break
			}
		}
	}
	return spots
}

// searched are the tokens of a text without stop words.
func searched(text string) []Token {
	tokens := Tokens(text)
	kept := tokens[:0]
	for _, t := range tokens {
		if !t.Stop {
			kept = append(kept, t)
		}
	}
	return kept
}
