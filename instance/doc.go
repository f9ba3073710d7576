// Package instance is the domain of maillage: what a node is, what it publishes,
// what it accepts from other nodes, and the interfaces it needs to do so.
//
// It imports no sibling. federation, search and web import it and never each
// other; cmd/maillage wires them. Its story in one path:
//
//	node.Publish   authorise, validate, mint the IRI -> one transaction that saves
//	               the object and enqueues Index and Announce
//	node.Receive…  policy, sanitise -> one transaction that saves what a peer sent,
//	               if newer, and enqueues Index
//
// Local and remote meet in one place: save + enqueue(Index).
package instance
