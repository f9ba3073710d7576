// Package migrations holds the database schema as numbered SQL, once for SQLite
// and once for PostgreSQL, embedded in the binary. A released file is frozen:
// a change of schema is a new number in both folders.
//
// Conventions of both: every time is a bigint of microseconds since 1970 UTC,
// 0 meaning "none" unless the column may be null; data is the domain value as
// JSON, and the columns beside it are what queries need of it.
package migrations
