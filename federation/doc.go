// Package federation speaks ActivityPub for a node: it serves what the node
// publishes, delivers it, and hands the node what peers send.
//
// What comes in:
//
//	inbox.go      limits -> signature, digest, date (verify.go) -> kept durably -> 202
//	listeners.go  job Receive: one table, activity type -> use case of the node
//	backfill.go   job Backfill: a peer's past, page by page
//
// What goes out:
//
//	fanout.go     job Announce: what happened to an object -> activities and deliveries
//	deliver.go    job Deliver: one activity to one inbox, signed when it leaves (sign.go)
//	follow.go     jobs Follow and Answer
//
// What is served: negotiate.go, collections.go, webfinger.go, nodeinfo.go. What is
// read: client.go (the one HTTP client), knock.go (which
// signature a host takes), fetch.go, discovery.go.
//
// Every rule that looks odd is a peer's; FEDERATION.md at the root says what is
// supported.
package federation
