package meilitest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// request is a search.
type request struct {
	IndexUID             string   `json:"indexUid"`
	Q                    string   `json:"q"`
	Filter               any      `json:"filter"`
	Facets               []string `json:"facets"`
	Sort                 []string `json:"sort"`
	MatchingStrategy     string   `json:"matchingStrategy"`
	AttributesToSearchOn []string `json:"attributesToSearchOn"`
	AttributesToRetrieve []string `json:"attributesToRetrieve"`
	Offset               int      `json:"offset"`
	Limit                *int     `json:"limit"`
	Page                 *int     `json:"page"`
	HitsPerPage          *int     `json:"hitsPerPage"`
	ShowRankingScore     bool     `json:"showRankingScore"`
}

// hit is a document that matches: with how many typos, in which attribute at best.
type hit struct {
	document
	typos, attribute int
}

func (x *index) search(q request) (map[string]any, error) {
	filter, err := x.parseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	for _, facet := range q.Facets {
		if !slices.Contains(x.settings.FilterableAttributes, facet) {
			return nil, fail(http.StatusBadRequest, "invalid_search_facets", "Attribute `%s` is not filterable.", facet)
		}
	}
	attributes := x.settings.SearchableAttributes
	for _, a := range q.AttributesToSearchOn {
		if !slices.Contains(attributes, a) {
			return nil, fail(http.StatusBadRequest, "invalid_search_attributes_to_search_on", "Attribute `%s` is not searchable.", a)
		}
	}
	if len(q.AttributesToSearchOn) > 0 {
		attributes = q.AttributesToSearchOn
	}
	hits := x.matches(parseQuery(q.Q), q.MatchingStrategy, attributes, filter)
	order, err := x.comparison(q.Sort)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(hits, order)
	response := x.page(q, hits)
	if len(q.Facets) > 0 {
		response["facetDistribution"] = x.distribution(q.Facets, hits)
	}
	return response, nil
}

// page cuts what was asked for. No more than maxTotalHits can be reached.
func (x *index) page(q request, hits []hit) map[string]any {
	response := map[string]any{"query": q.Q, "processingTimeMs": 0}
	reachable := hits[:min(len(hits), x.maxTotalHits())]
	var first, last int
	if q.Page != nil || q.HitsPerPage != nil {
		page, size := 1, 20
		if q.Page != nil {
			page = *q.Page
		}
		if q.HitsPerPage != nil {
			size = *q.HitsPerPage
		}
		first, last = (page-1)*size, page*size
		response["totalHits"], response["page"], response["hitsPerPage"] = len(reachable), page, size
	} else {
		limit := 20
		if q.Limit != nil {
			limit = *q.Limit
		}
		first, last = q.Offset, q.Offset+limit
		response["estimatedTotalHits"], response["offset"], response["limit"] = len(reachable), q.Offset, limit
	}
	shown := []document{}
	for _, h := range reachable[min(max(first, 0), len(reachable)):min(max(last, 0), len(reachable))] {
		d := document{}
		for name, value := range h.document {
			if (len(x.settings.DisplayedAttributes) == 0 || slices.Contains(x.settings.DisplayedAttributes, name)) &&
				(len(q.AttributesToRetrieve) == 0 || slices.Contains(q.AttributesToRetrieve, name)) {
				d[name] = value
			}
		}
		if q.ShowRankingScore {
			d["_rankingScore"] = 1 - 0.1*float64(h.typos) - 0.02*float64(h.attribute)
		}
		shown = append(shown, d)
	}
	response["hits"] = shown
	return response
}

func (x *index) distribution(facets []string, hits []hit) map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, facet := range facets {
		counts := map[string]int{}
		for _, h := range hits {
			for _, v := range h.values(facet) {
				counts[fmt.Sprint(v)]++
			}
		}
		values := make([]string, 0, len(counts))
		for v := range counts {
			values = append(values, v)
		}
		slices.SortFunc(values, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
		for _, v := range values[min(len(values), x.maxFacetValues()):] {
			delete(counts, v)
		}
		all[facet] = counts
	}
	return all
}

var geoSort = regexp.MustCompile(`^_geoPoint\((-?[\d.]+),\s*(-?[\d.]+)\):(asc|desc)$`)

// comparison compares by the criteria asked for, then by typos and attribute. What
// lacks a criterion comes last.
func (x *index) comparison(criteria []string) (func(a, b hit) int, error) {
	var keys []func(document) (any, bool)
	var descending []bool
	for _, c := range criteria {
		field, direction, _ := strings.Cut(c, ":")
		key := func(d document) (any, bool) {
			v := d.values(field)
			return append(v, nil)[0], len(v) > 0
		}
		if m := geoSort.FindStringSubmatch(c); m != nil {
			lat, _ := strconv.ParseFloat(m[1], 64)
			lng, _ := strconv.ParseFloat(m[2], 64)
			field, direction = "_geo", m[3]
			key = func(d document) (any, bool) {
				a, b, ok := d.geo()
				return metres(lat, lng, a, b), ok
			}
		}
		if !slices.Contains(x.settings.SortableAttributes, field) || (direction != "asc" && direction != "desc") {
			return nil, fail(http.StatusBadRequest, "invalid_search_sort", "Cannot sort by %q.", c)
		}
		keys, descending = append(keys, key), append(descending, direction == "desc")
	}
	return func(a, b hit) int {
		for i, key := range keys {
			va, okA := key(a.document)
			vb, okB := key(b.document)
			order := 0
			switch {
			case okA != okB && okA:
				return -1
			case okA != okB:
				return 1
			case okA:
				order = compareValues(va, vb)
			}
			if descending[i] {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return cmp.Or(a.typos-b.typos, a.attribute-b.attribute)
	}, nil
}

func compareValues(a, b any) int {
	x, okX := a.(float64)
	y, okY := b.(float64)
	if okX && okY {
		return cmp.Compare(x, y)
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// term is a word, or a phrase in quotes.
type term struct {
	words    []string
	phrase   bool
	negative bool
	prefix   bool
}

// parseQuery reads words, "phrases" and their negations. The last word is a prefix
// when nothing follows it. Only the first ten words count.
func parseQuery(q string) []term {
	var terms []term
	rest := q
	for rest != "" {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		t := term{}
		if len(rest) > 1 && rest[0] == '-' {
			t.negative, rest = true, rest[1:]
		}
		var raw string
		if strings.HasPrefix(rest, `"`) {
			t.phrase = true
			raw, rest, _ = strings.Cut(rest[1:], `"`)
			t.words = tokens(raw)
		} else {
			end := strings.IndexFunc(rest, unicode.IsSpace)
			t.prefix = end < 0
			if end < 0 {
				end = len(rest)
			}
			raw, rest = rest[:end], rest[end:]
			t.words = tokens(raw)
		}
		if len(t.words) > 0 {
			terms = append(terms, t)
		}
	}
	return terms[:min(len(terms), 10)]
}

// tokens cuts a text into words, lower case and without accents.
func tokens(text string) []string {
	var folded strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(text)) {
		if !unicode.Is(unicode.Mn, r) {
			folded.WriteRune(r)
		}
	}
	return strings.FieldsFunc(folded.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// matches finds the documents with all the terms or, with the strategy "last", with
// as many of the first ones as any document has.
func (x *index) matches(terms []term, strategy string, attributes []string, filter condition) []hit {
	var positive, negative []term
	for _, t := range terms {
		if t.negative {
			negative = append(negative, t)
		} else {
			positive = append(positive, t)
		}
	}
	least := len(positive)
	if strategy != "all" {
		least = min(1, len(positive))
	}
	var hits []hit
	for n := len(positive); n >= least; n-- {
		seen := len(hits)
		for _, id := range x.order {
			d := x.docs[id]
			if !filter(d) || slices.ContainsFunc(hits[:seen], func(h hit) bool { return h.document[x.primaryKey] == id }) {
				continue
			}
			if h, ok := x.matchAll(id, positive[:n], negative, attributes); ok {
				h.typos += 1000 * (len(positive) - n)
				hits = append(hits, h)
			}
		}
	}
	return hits
}

func (x *index) matchAll(id string, positive, negative []term, attributes []string) (hit, bool) {
	h := hit{document: x.docs[id], attribute: len(attributes)}
	for _, t := range negative {
		if _, _, ok := x.matchTerm(id, []term{t}, attributes); ok {
			return h, false
		}
	}
	for i := 0; i < len(positive); {
		used, typos, attribute := 1, 0, 0
		ok := false
		for n := len(positive) - i; n > 0 && !ok; n-- { // the longest synonym first
			if n == 1 || x.isSynonym(positive[i:i+n]) {
				typos, attribute, ok = x.matchTerm(id, positive[i:i+n], attributes)
				used = n
			}
		}
		if !ok {
			return h, false
		}
		h.typos += typos
		h.attribute = min(h.attribute, attribute)
		i += used
	}
	return h, true
}

func joined(terms []term) string {
	var words []string
	for _, t := range terms {
		words = append(words, t.words...)
	}
	return strings.Join(words, " ")
}

func (x *index) isSynonym(terms []term) bool { return x.settings.Synonyms[joined(terms)] != nil }

// matchTerm looks for a term, or for a synonym of several in a row.
func (x *index) matchTerm(id string, terms []term, attributes []string) (typos, attribute int, ok bool) {
	if !terms[0].phrase {
		for _, synonym := range x.settings.Synonyms[joined(terms)] {
			if _, attribute, ok := x.matchWords(id, term{words: tokens(synonym), phrase: true}, attributes); ok {
				return 0, attribute, true
			}
		}
	}
	if len(terms) > 1 {
		return 0, 0, false
	}
	return x.matchWords(id, terms[0], attributes)
}

func (x *index) matchWords(id string, t term, attributes []string) (typos, attribute int, ok bool) {
	typos = 3
	for i, a := range attributes {
		words := x.words[id][a]
		for at := range words {
			n, found := x.matchAt(words[at:], t)
			if found && n < typos {
				typos, attribute, ok = n, i, true
			}
		}
	}
	return typos, attribute, ok
}

func (x *index) matchAt(words []string, t term) (typos int, ok bool) {
	if t.phrase || len(t.words) > 1 {
		return 0, len(words) >= len(t.words) && slices.Equal(words[:len(t.words)], t.words)
	}
	return x.nearly(t.words[0], words[0], t.prefix)
}

// nearly allows typos by the length of the word; one in the first letter counts
// twice.
func (x *index) nearly(typed, word string, prefix bool) (typos int, ok bool) {
	if typed == word || prefix && strings.HasPrefix(word, typed) {
		return 0, true
	}
	tolerance := x.settings.TypoTolerance
	if tolerance == nil || !tolerance.Enabled || tolerance.DisableOnNumbers && strings.ContainsAny(typed, "0123456789") {
		return 0, false
	}
	allowed := 0
	switch n := len([]rune(typed)); {
	case n >= tolerance.MinWordSizeForTypos.TwoTypos:
		allowed = 2
	case n >= tolerance.MinWordSizeForTypos.OneTypo:
		allowed = 1
	}
	typos = distance(typed, word)
	if prefix {
		for end := max(1, len(typed)-allowed); end <= min(len(word), len(typed)+allowed); end++ {
			typos = min(typos, distance(typed, word[:end]))
		}
	}
	if typed[0] != word[0] && typos > 0 {
		typos++
	}
	return typos, typos <= allowed
}

// distance counts letters missing, added, changed or swapped.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
