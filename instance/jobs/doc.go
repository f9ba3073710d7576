// Package jobs runs the durable queue: it claims jobs that are due, hands them to
// the function of their kind, and lets the error they return steer what comes
// next. It knows no job in particular, and no database.
//
//	nil                    done: forgotten
//	instance.Cancel(err)   given up: parked, with its cause
//	instance.Snooze(d, e)  later, without counting the attempt
//	any other error        later, after a growing pause; parked after MaxAttempts
//
// A job runs at least once: handlers are idempotent. A worker that dies keeps its
// jobs until their lease runs out. Jobs that must run in order are a series: see
// Limits.
package jobs
