package as2

import "encoding/json"

// Collection is a Collection, an OrderedCollection or a page of one.
type Collection struct {
	ID         string
	Type       string      // "OrderedCollection", "OrderedCollectionPage"...
	First      string      // IRI of the first page
	FirstPage  *Collection // the first page when it is embedded
	Next       string      // IRI of the page after this one
	PartOf     string      // IRI of the collection this page is of
	TotalItems int
	Items      []Item
}

// Item is an entry of a collection.
type Item struct {
	ID  string          // IRI; "" when the entry has none
	Raw json.RawMessage // the entry as received, nil for a bare IRI
}

// ParseCollection reads a collection or a page. ErrUnsupported: it is neither.
func ParseCollection(raw []byte) (*Collection, error) {
	return parseCollection(raw, true)
}

func parseCollection(raw []byte, whole bool) (*Collection, error) {
	doc, err := parse(raw)
	if err != nil {
		return nil, err
	}
	m := doc.fields
	c := &Collection{
		ID: iri(m["id"]), Type: typeOf(m), First: iri(m["first"]),
		Next: iri(m["next"]), PartOf: iri(m["partOf"]), TotalItems: count(m["totalItems"]),
	}
	switch c.Type {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
	default:
		return nil, unsupported(c.Type)
	}
	if _, embedded := m["first"].(map[string]any); embedded && whole {
		if c.FirstPage, err = parseCollection(doc.raw["first"], false); err != nil {
			return nil, err
		}
	}
	for _, key := range []string{"orderedItems", "items"} {
		if m[key] == nil {
			continue
		}
		if c.Items, err = items(m[key], doc.raw[key]); err != nil {
			return nil, err
		}
		break
	}
	return c, nil
}

// items pairs each entry of a list, or a lone entry, with its bytes.
func items(v any, raw json.RawMessage) ([]Item, error) {
	raws := []json.RawMessage{raw}
	if _, list := v.([]any); list {
		if err := json.Unmarshal(raw, &raws); err != nil {
			return nil, malformed("%v", err)
		}
	}
	var out []Item
	for i, entry := range all(v) {
		item := Item{ID: iri(entry)}
		if _, embedded := entry.(map[string]any); embedded {
			item.Raw = raws[i]
		}
		if item.ID != "" || item.Raw != nil {
			out = append(out, item)
		}
	}
	return out, nil
}

// count reads a number of things; 0 for what is none.
func count(v any) int {
	n, ok := v.(float64)
	if !ok || n < 0 || n > 1<<31 {
		return 0
	}
	return int(n)
}

// MarshalCollection writes an OrderedCollection that tells its size and, unless
// first is "", where its first page is: a follower list keeps its members to itself.
func MarshalCollection(id, first string, total int) []byte {
	return must(struct {
		Context    string `json:"@context"`
		ID         string `json:"id"`
		Type       string `json:"type"`
		TotalItems int    `json:"totalItems"`
		First      string `json:"first,omitempty"`
	}{activityStreams, id, "OrderedCollection", total, first})
}

// MarshalPage writes a page of a collection: items are whole documents, or IRIs
// as JSON strings, newest first. next is "" on the last page.
func MarshalPage(id, partOf, next string, items []json.RawMessage) ([]byte, error) {
	if items == nil {
		items = []json.RawMessage{}
	}
	return encode(struct {
		Context string            `json:"@context"`
		ID      string            `json:"id"`
		Type    string            `json:"type"`
		PartOf  string            `json:"partOf"`
		Next    string            `json:"next,omitempty"`
		Items   []json.RawMessage `json:"orderedItems"`
	}{activityStreams, id, "OrderedCollectionPage", partOf, next, items})
}
