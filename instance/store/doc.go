// Package store keeps everything a node knows in SQLite or PostgreSQL: it
// implements instance.Store, and is the only package that knows SQL.
//
// One noun, one file: its row, its queries, and the way between the row and the
// domain value. Objects and actors are kept whole, as JSON, beside the columns
// that queries need. Everything that changes goes through one transaction, jobs
// included.
//
// SQLite has one writer connection, shared by all that writes and first come
// first served, and a pool of readers that never wait for it. Transactions that
// wait for the writer share their commit (group.go), and statements stay prepared
// on each connection (statement.go). PostgreSQL has one pool, and several processes
// may share the database.
package store
