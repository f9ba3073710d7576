// Package fallback is a search engine made of two: a server, and the embedded engine
// that answers in its place when it is down.
//
//	Put, Remove   the embedded engine first, always; then the server or, when it is
//	              down, the list of what it missed
//	Search, Map…  the server or, at its first failure and until it is back, the
//	              embedded engine: nobody waits twice for a server that is not there
//	recovery      in the background: ask the server how it is, give it what it missed
//	              as the embedded engine has it now (or everything, when that is too
//	              much or unknown), then let it answer again
//
// Status says which one answers and why.
package fallback
