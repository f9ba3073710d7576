// Package store keeps everything a node knows in SQLite or PostgreSQL: it
// implements instance.Store, and is the only package that knows SQL.
//
// One noun, one file: its row, its queries, and the way between the row and the
// domain value. Objects and actors are kept whole, as JSON, beside the columns
// that queries need. Everything that changes goes through Write (one
// transaction, jobs included) or Accept (many callers share one).
//
// SQLite has one writer connection, shared by all that writes and first come
// first served, and a pool of readers that never wait for it. PostgreSQL has one
// pool, and several processes may share the database.
package store
