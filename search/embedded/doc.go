// Package embedded is the search engine that needs no server: one disposable
// SQLite file, and in memory the columns of its documents and the postings of their
// words.
//
//	Put     analyse in Go -> one transaction (document, columns, positions, new
//	        words) -> columns and postings, under the lock that searches share
//	Search  postings give the candidates (or the grid, for a box or a circle)
//	        -> columns filter, sort and count facets -> one page of documents is read
//	Map     the same candidates -> cells anchored to the world
//
// Text is analysed by search/french before it is stored. A posting is a document that
// has a word and the fields that have it, in a byte or two (lexicon.go): 115 MB for a
// million documents. One pass over a list finds, filters and weighs (answer.go), so a
// question costs the same the first time as the tenth. Only phrases that are no known
// expression and could be in many documents are left to FTS5, which has the positions.
//
// A document that changes gets a new slot, after all others: lists are only ever
// appended to, and are saved to the file now and then (saved.go). What was replaced is
// skipped, until there is so much of it that the index is rebuilt from itself.
//
// Words that nothing knows are corrected against the vocabulary. Scores are added up in
// score.go, then search/rank weighs dates and distances and looks closely at the first
// hits.
//
// There is no R*Tree: the columns hold every position and a grid of 0.1° finds the
// neighbours of a point faster than a query would, with one structure less to
// write and to keep in step.
package embedded
