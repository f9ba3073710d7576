// Package as2 is the codec between ActivityStreams 2.0 documents and the values of
// the domain. It is pure: bytes in, values out, and back; it never reads the
// network, the store or the clock.
//
// Reading a stranger's document goes through these steps, each in its file:
//
//	strict.go   bytes -> map: what is ambiguous or hostile JSON ends here
//	jsonld.go   map -> map: JSON-LD in an uncommon shape is brought to the common one
//	repair.go   map -> map: the small liberties that peers take are put right
//	vocab.go    map -> go-fed's typed vocabulary, read through small interfaces
//	event.go…   vocabulary -> instance.Event, and the other kinds
//
// Writing starts from structs of ours, because peers insist on shapes
// that a generic serialiser does not keep: always arrays here, always single
// values there, floats with a decimal point. Remote JSON-LD contexts are never
// loaded; our own terms are told apart by their prefix, "maillage:".
package as2
