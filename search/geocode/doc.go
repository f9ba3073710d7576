// Package geocode is instance.Geocoder: it asks the service that the host chose
// where an address is.
//
//	BAN        the national address base, as the Géoplateforme serves it
//	Nominatim  OpenStreetMap's geocoder
//	Photon     another one on OpenStreetMap, made for typing
//
// Whatever the service, answers are kept in a bounded cache, requests are spaced
// as its terms of use ask, and what it sends is read with a limit. A service is a
// few lines: the address to ask, and how its answer reads.
package geocode
