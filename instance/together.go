package instance

import "context"

// Together runs several use cases in one transaction: fn gets the node as it is there,
// which reads what it has just written. All of it is kept, or nothing. Nobody else
// changes meanwhile what is locked: the IRIs of things, or an Account.Lock. As in
// Store.Write, fn must not touch the network, and may run again.
func (n *Node) Together(ctx context.Context, fn func(*Node) error, locked ...string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		for _, key := range locked {
			if err := tx.Lock(ctx, key); err != nil {
				return err
			}
		}
		within := *n
		within.Reader, within.store = tx, joined{n.store, tx}
		return fn(&within)
	})
}

// joined is a store whose transactions are parts of one that is open already.
type joined struct {
	Store
	tx Tx
}

// Write implements Store.
func (j joined) Write(_ context.Context, fn func(Tx) error) error { return fn(j.tx) }
