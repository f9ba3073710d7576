package meili

import (
	"cmp"
	"context"
	"slices"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/french"
	"github.com/maillage/maillage/search/rank"
)

// mostRelevant asks for the hits that a close look concerns, orders them as package
// rank does and cuts the page. The server knows neither what time it is nor, when it
// sorts by words, where people are.
func (x *Index) mostRelevant(ctx context.Context, s scope, result *instance.Result, q *instance.Query, text french.Query) error {
	first := (result.Page - 1) * result.PerPage
	r := s.request()
	perPage := int64(max(rank.CloseLook, first+result.PerPage))
	r.HitsPerPage, r.Page, r.Facets, r.ShowRankingScore = &perPage, 1, facetNames, true
	response, err := x.client.Index(x.uid).SearchWithContext(ctx, r.Query, r)
	if err != nil {
		return err
	}
	result.Total = int(response.TotalHits)
	if result.Facets, err = facets(response.FacetDistribution); err != nil {
		return err
	}
	all, err := hits(response.Hits, q, text)
	if err != nil {
		return err
	}
	type scored struct {
		instance.Hit
		score float64
	}
	now := x.now().Unix()
	looked := make([]scored, min(len(all), rank.CloseLook))
	for i := range looked {
		var found struct {
			Score float64 `json:"_rankingScore"`
		}
		if err := response.Hits[i].DecodeInto(&found); err != nil {
			return err
		}
		doc := &all[i].Document
		words := (found.Score + rank.Words(text, doc)) / 2
		looked[i] = scored{all[i], (words + rank.Closeness(text, doc)) * rank.Prior(rank.FactsOf(doc, q.Near), now)}
	}
	slices.SortStableFunc(looked, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	for i := range looked {
		all[i] = looked[i].Hit
	}
	result.Hits = all[min(first, len(all)):min(first+result.PerPage, len(all))]
	return nil
}
