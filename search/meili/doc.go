// Package meili is the search engine for nodes that outgrow the embedded one: a
// Meilisearch server.
//
// Texts go through search/french before they are sent, and so do queries:
// Meilisearch has no French stemmer, but it then compares the same stems as the
// embedded engine, with its own typo tolerance, ranking and prefixes. The document
// itself travels in one field that is stored and never searched.
//
// It knows neither what time it is nor, when it sorts by words, where people are: the
// first hits are ordered again here, by search/rank, as the embedded engine does. A
// server that is too busy is waited for as long as it asks and the caller can wait
// (patience.go).
//
// Meilisearch answers 202 to every write, right or wrong: each is waited for, and
// its outcome is what Put, Remove and Rebuild return.
package meili
