package geocode

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// cache keeps the last answers used, empty ones too. It is in memory only: what
// people look for is not written down.
type cache struct {
	size    int
	keepFor time.Duration
	mu      sync.Mutex
	order   *list.List // of *answer, the last used first
	answers map[instance.AddressQuery]*list.Element
}

type answer struct {
	query instance.AddressQuery
	found []instance.Located
	until time.Time
}

func newCache(size int, keepFor time.Duration) *cache {
	return &cache{size: size, keepFor: keepFor, order: list.New(), answers: map[instance.AddressQuery]*list.Element{}}
}

func (c *cache) get(q instance.AddressQuery) ([]instance.Located, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.answers[q]
	if !ok {
		return nil, false
	}
	kept := element.Value.(*answer)
	if time.Now().After(kept.until) {
		c.remove(element)
		return nil, false
	}
	c.order.MoveToFront(element)
	return slices.Clone(kept.found), true
}

func (c *cache) put(q instance.AddressQuery, found []instance.Located) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.answers[q]; ok {
		c.remove(element)
	}
	c.answers[q] = c.order.PushFront(&answer{q, slices.Clone(found), time.Now().Add(c.keepFor)})
	for c.order.Len() > c.size {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	c.order.Remove(element)
	delete(c.answers, element.Value.(*answer).query)
}
