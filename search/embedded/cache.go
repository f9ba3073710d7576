package embedded

import (
	"context"
	"maps"
	"sync"

	"github.com/maillage/maillage/instance"
)

// cacheSize is how many documents are kept read, about 2 kB each: those of a full map.
const cacheSize = 2_500

// cache keeps documents that were read. They are shared: nobody changes them.
type cache struct {
	mu   sync.Mutex
	docs map[uint32]*instance.Document
}

func newCache() *cache { return &cache{docs: map[uint32]*instance.Document{}} }

func (c *cache) forget(slot uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.docs, slot)
}

// known returns what is kept of the slots, and those that are not.
func (c *cache) known(slots []uint32) (docs map[uint32]*instance.Document, missing []uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	docs = make(map[uint32]*instance.Document, len(slots))
	for _, slot := range slots {
		if doc := c.docs[slot]; doc != nil {
			docs[slot] = doc
		} else {
			missing = append(missing, slot)
		}
	}
	return docs, missing
}

// keep adds documents; when full, any other makes room.
func (c *cache) keep(docs map[uint32]*instance.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for slot := range c.docs {
		if len(c.docs)+len(docs) <= cacheSize {
			break
		}
		delete(c.docs, slot)
	}
	maps.Copy(c.docs, docs)
}

// documents returns what is shown of some slots. The caller holds the lock of
// readers, so nothing kept here is out of date.
func (c *content) documents(ctx context.Context, slots []uint32) (map[uint32]*instance.Document, error) {
	docs, missing := c.cache.known(slots)
	if len(missing) == 0 {
		return docs, nil
	}
	read, err := c.file.documents(ctx, missing)
	if err != nil {
		return nil, err
	}
	c.cache.keep(read)
	maps.Copy(docs, read)
	return docs, nil
}
