package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
)

const maxSuggestions = 50

// Suggest implements instance.Index: names and codes, territories asked for apart
// so that many other names do not hide them, communes that documents name, themes.
func (x *Index) Suggest(ctx context.Context, text string, limit int) ([]instance.Suggestion, error) {
	in := complete.Parse(text)
	limit = min(limit, maxSuggestions)
	if in.Empty() || limit <= 0 {
		return nil, nil
	}
	request := func(attribute, filter string, hits int64) *meilisearch.SearchRequest {
		return &meilisearch.SearchRequest{
			IndexUID: x.uid, Query: strings.Join(in.Words(), " "), MatchingStrategy: meilisearch.All, Filter: orNil(filter),
			AttributesToSearchOn: []string{attribute}, AttributesToRetrieve: []string{"doc"}, Limit: hits,
		}
	}
	localities := request("locality", "", 1)
	localities.Facets = []string{"locality"}
	response, err := x.client.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: []*meilisearch.SearchRequest{
		request("title", "", 2*maxSuggestions), request("title", `kind = "territory"`, 10), localities,
	}})
	if err != nil {
		return nil, fmt.Errorf("suggest: %w", err)
	}
	list := complete.NewList()
	list.AddThemes(in)
	for _, r := range response.Results[:2] {
		docs, err := documents(r.Hits)
		if err != nil {
			return nil, fmt.Errorf("suggest: %w", err)
		}
		for _, doc := range docs {
			list.AddDocument(in, &doc)
		}
	}
	var counts map[string]map[string]int
	if raw := response.Results[2].FacetDistribution; len(raw) > 0 {
		if err := json.Unmarshal(raw, &counts); err != nil {
			return nil, fmt.Errorf("suggest: %w", err)
		}
	}
	for name := range counts["locality"] {
		list.AddLocality(in, name, complete.NameKey(name))
	}
	return list.Best(limit), nil
}
