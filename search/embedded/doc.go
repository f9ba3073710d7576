// Package embedded is the search engine that needs no server: one disposable
// SQLite file and the columns of its documents in memory.
//
//	Put     analyse in Go -> one transaction (document, columns, full text, new
//	        words) -> columns, under the lock that searches share
//	Search  full text gives the candidates (or the grid, for a box or a circle)
//	        -> columns filter, sort and count facets -> one page of documents is read
//	Map     the same candidates -> cells anchored to the world
//
// Text is analysed by search/french before it is stored, so FTS5 only compares
// words. Words that nothing knows are corrected against the vocabulary. What FTS5
// takes long to answer, because a word is common, is kept as a bit for each document
// and changed by every write (postings.go); in a circle or a box only what is there
// is looked for. Scores are added up in Go (score.go), then search/rank weighs dates
// and distances and looks closely at the first hits.
//
// There is no R*Tree: the columns hold every position and a grid of 0.1° finds the
// neighbours of a point faster than a query would, with one structure less to
// write and to keep in step.
package embedded
