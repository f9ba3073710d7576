package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
	"github.com/maillage/maillage/search/rank"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	maxFacetValues = 100
	// maxTotal is how many hits are counted and can be paged through.
	maxTotal = 100_000
)

var facetNames = []string{"kind", "theme", "role", "subkind", "territory", "origin"}

// Search implements instance.Index.
func (x *Index) Search(ctx context.Context, q instance.Query) (instance.Result, error) {
	parsed := french.Parse(q.Text)
	perPage := q.PerPage
	if perPage <= 0 {
		perPage = defaultPerPage
	}
	result := instance.Result{Page: min(max(q.Page, 1), 1<<20), PerPage: min(perPage, maxPerPage)}
	s, err := x.scope(ctx, &q, parsed)
	if err != nil {
		return result, fmt.Errorf("search: %w", err)
	}
	parts := x.parts(&q, parsed)
	if len(parts) == 1 && len(parts[0].sort) == 0 && (result.Page-1)*result.PerPage < rank.CloseLook {
		err = x.mostRelevant(ctx, s, &result, &q, parsed)
	} else if len(parts) == 1 {
		err = x.onePart(ctx, s, parts[0], &result, &q, parsed)
	} else {
		err = x.manyParts(ctx, s, parts, &result, &q, parsed)
	}
	if err != nil {
		return result, fmt.Errorf("search: %w", err)
	}
	return result, nil
}

// scope is what is looked for: the words, how many of them, and the filter.
type scope struct {
	text     string
	strategy meilisearch.MatchingStrategy
	filter   string
}

func (s scope) request() *meilisearch.SearchRequest {
	return &meilisearch.SearchRequest{
		Query: s.text, MatchingStrategy: s.strategy, Filter: orNil(s.filter),
		AttributesToSearchOn: searched, AttributesToRetrieve: []string{"doc"},
	}
}

func orNil(filter string) any {
	if filter == "" {
		return nil
	}
	return filter
}

// scope asks for all the words or, when no document at all has them, for some: the
// filters do not decide that, so that an honest "nothing here" stays one.
func (x *Index) scope(ctx context.Context, q *instance.Query, text french.Query) (scope, error) {
	s := scope{text: queryText(text), strategy: meilisearch.All, filter: filterOf(q)}
	if len(text.All) < 2 {
		return s, nil
	}
	probe := s
	probe.filter = ""
	r := probe.request()
	r.Limit = 1
	found, err := x.client.Index(x.uid).SearchWithContext(ctx, r.Query, r)
	if err == nil && len(found.Hits) == 0 {
		s.strategy = meilisearch.Last
	}
	return s, err
}

// queryText says a query in the server's language: stems, "phrases", -exclusions.
// A space at the end tells it that the last word is complete.
func queryText(q french.Query) string {
	var parts []string
	prefix := false
	for _, c := range q.None {
		parts = append(parts, `-"`+strings.Join(c.Any[0], " ")+`"`)
	}
	for _, c := range q.All {
		if c.Words == nil {
			parts = append(parts, `"`+strings.Join(c.Any[0], " ")+`"`)
		}
		for _, w := range c.Words {
			parts = append(parts, french.Stem(w))
		}
		prefix = c.Prefix
	}
	text := strings.Join(parts, " ")
	if !prefix && text != "" {
		text += " "
	}
	return text
}

// part is a group of hits with one order; the groups follow each other.
type part struct {
	filter string
	sort   []string
}

// parts says an order as groups, since the server cannot put what is to come
// before what is past.
func (x *Index) parts(q *instance.Query, text french.Query) []part {
	now := x.now().Unix()
	upcoming := fmt.Sprintf("stop > %d OR start >= %d", now, now)
	byName := []string{"name_key:asc"}
	switch {
	case q.Sort == instance.SortDate:
		return []part{
			{upcoming, []string{"start:asc", "name_key:asc"}},
			{fmt.Sprintf("start EXISTS AND NOT (%s)", upcoming), []string{"start:desc", "name_key:asc"}},
			{"start NOT EXISTS", []string{"updated:desc", "name_key:asc"}},
		}
	case q.Sort == instance.SortName:
		return []part{{sort: byName}}
	case q.Near != nil && (q.Sort == instance.SortDistance || len(text.All) == 0 && q.Sort != instance.SortRelevance):
		p := q.Near.Point
		return []part{{sort: []string{fmt.Sprintf("_geoPoint(%s,%s):asc", degrees(p.Lat), degrees(p.Lon)), "name_key:asc"}}}
	case len(text.All) > 0:
		return []part{{}}
	}
	return []part{
		{upcoming, []string{"start:asc", "name_key:asc"}},
		{"NOT (" + upcoming + ")", []string{"updated:desc", "name_key:asc"}},
	}
}

// onePart asks for hits, total and facets at once.
func (x *Index) onePart(ctx context.Context, s scope, p part, result *instance.Result, q *instance.Query, text french.Query) error {
	r := s.request()
	perPage := int64(result.PerPage)
	r.HitsPerPage, r.Page, r.Sort, r.Facets = &perPage, int64(result.Page), p.sort, facetNames
	response, err := x.client.Index(x.uid).SearchWithContext(ctx, r.Query, r)
	if err != nil {
		return err
	}
	result.Total = int(response.TotalHits)
	if result.Hits, err = hits(response.Hits, q, text); err != nil {
		return err
	}
	result.Facets, err = facets(response.FacetDistribution)
	return err
}

// manyParts counts the parts, then asks for those that the page falls on.
func (x *Index) manyParts(ctx context.Context, s scope, parts []part, result *instance.Result, q *instance.Query, text french.Query) error {
	none := int64(0)
	whole := s.request()
	whole.HitsPerPage, whole.Facets, whole.IndexUID = &none, facetNames, x.uid
	counts := []*meilisearch.SearchRequest{whole}
	for _, p := range parts {
		r := s.request()
		r.HitsPerPage, r.Filter, r.IndexUID = &none, orNil(both(s.filter, p.filter)), x.uid
		counts = append(counts, r)
	}
	counted, err := x.client.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: counts})
	if err != nil {
		return err
	}
	result.Total = int(counted.Results[0].TotalHits)
	if result.Facets, err = facets(counted.Results[0].FacetDistribution); err != nil {
		return err
	}
	var pages []*meilisearch.SearchRequest
	skip, want := int64(result.Page-1)*int64(result.PerPage), int64(result.PerPage)
	for i, p := range parts {
		total := counted.Results[i+1].TotalHits
		if take := min(want, total-skip); take > 0 {
			r := s.request()
			r.Offset, r.Limit, r.Sort, r.Filter, r.IndexUID = skip, take, p.sort, orNil(both(s.filter, p.filter)), x.uid
			pages = append(pages, r)
			want -= take
		}
		skip = max(0, skip-total)
	}
	result.Hits = []instance.Hit{}
	if len(pages) == 0 {
		return nil
	}
	read, err := x.client.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: pages})
	if err != nil {
		return err
	}
	for _, response := range read.Results {
		more, err := hits(response.Hits, q, text)
		if err != nil {
			return err
		}
		result.Hits = append(result.Hits, more...)
	}
	return nil
}

// hits reads documents back and says how far and where they match. Extracts mark
// what was typed and its stems, not the words that the server took it for.
func hits(raw meilisearch.Hits, q *instance.Query, text french.Query) ([]instance.Hit, error) {
	docs, err := documents(raw)
	if err != nil {
		return nil, err
	}
	all := make([]instance.Hit, 0, len(docs))
	for _, doc := range docs {
		hit := instance.Hit{Document: doc, Highlight: text.Highlight(doc.Summary, doc.Text)}
		if q.Near != nil && doc.Point != nil {
			km := q.Near.Point.DistanceKm(*doc.Point)
			hit.DistanceKm = &km
		}
		all = append(all, hit)
	}
	return all, nil
}

func documents(raw meilisearch.Hits) ([]instance.Document, error) {
	docs := make([]instance.Document, len(raw))
	for i, hit := range raw {
		var data string
		if err := json.Unmarshal(hit["doc"], &data); err != nil {
			return nil, fmt.Errorf("document %s: %w", hit["key"], err)
		}
		if err := json.Unmarshal([]byte(data), &docs[i]); err != nil {
			return nil, fmt.Errorf("document %s: %w", hit["key"], err)
		}
	}
	return docs, nil
}

func facets(raw json.RawMessage) (map[string][]instance.FacetValue, error) {
	var counts map[string]map[string]int
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &counts); err != nil {
			return nil, fmt.Errorf("facets: %w", err)
		}
	}
	all := map[string][]instance.FacetValue{}
	for _, name := range facetNames {
		values := []instance.FacetValue{}
		for value, count := range counts[name] {
			values = append(values, instance.FacetValue{Value: value, Count: count})
		}
		slices.SortFunc(values, func(a, b instance.FacetValue) int {
			return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
		})
		all[name] = values[:min(len(values), maxFacetValues)]
	}
	return all, nil
}
