package as2

import (
	"maps"
	"slices"
)

// rooted is the one node of a document; of a @graph, the one that no other names,
// with each of the others where it is named first.
func rooted(nodes []map[string]any) (map[string]any, error) {
	g := graph{}
	for _, node := range nodes {
		if id, ok := node["id"].(string); ok {
			if g[id] != nil {
				return nil, malformed("%s twice in a @graph", id)
			}
			g[id] = node
		}
	}
	named := map[string]bool{}
	for _, node := range nodes {
		others := map[string]bool{}
		g.references(node, others)
		if id, ok := node["id"].(string); ok {
			delete(others, id) // its key says whose it is
		}
		maps.Copy(named, others)
	}
	roots := slices.DeleteFunc(nodes, func(node map[string]any) bool {
		id, _ := node["id"].(string)
		return named[id]
	})
	if len(roots) != 1 {
		return nil, malformed("a document about %d things", len(roots))
	}
	root := roots[0]
	if id, ok := root["id"].(string); ok {
		delete(g, id)
	}
	g.embed(root, 0)
	return root, nil
}

// graph holds by id the nodes that are yet to be embedded.
type graph map[string]map[string]any

// references collects the ids of the graph that are named in v, but as its own id, or
// as whose key it is.
func (g graph) references(v any, named map[string]bool) {
	switch v := v.(type) {
	case string:
		if g[v] != nil {
			named[v] = true
		}
	case []any:
		for _, entry := range v {
			g.references(entry, named)
		}
	case map[string]any:
		for key, value := range v {
			if key != "id" && key != "owner" && key != "controller" {
				g.references(value, named)
			}
		}
	}
}

// embed puts each node where it is named first, the object of an activity before all
// else. Each is put once, and none deeper than documents go, so that little grows.
func (g graph) embed(node map[string]any, depth int) {
	if depth == maxDepth {
		return
	}
	if object, ok := node["object"]; ok {
		node["object"] = g.embedded(object, depth)
	}
	for _, key := range slices.Sorted(maps.Keys(node)) {
		if key != "id" && key != "type" && key != "object" {
			node[key] = g.embedded(node[key], depth)
		}
	}
}

func (g graph) embedded(v any, depth int) any {
	switch v := v.(type) {
	case string:
		if node := g[v]; node != nil {
			delete(g, v)
			g.embed(node, depth+1)
			return node
		}
	case []any:
		for i, entry := range v {
			v[i] = g.embedded(entry, depth)
		}
	case map[string]any:
		g.embed(v, depth+1)
	}
	return v
}
