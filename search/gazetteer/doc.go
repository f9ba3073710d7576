// Package gazetteer is instance.Gazetteer: the communes of France, in memory, with
// no service to ask.
//
//	data/        what is embedded: INSEE's list with GeoNames' positions, and the
//	             quartiers and pays that were added by hand; its README has the licences
//	build/       the command that writes it, once a year
//	load.go      reads it, on first use
//	names.go     finds by name, postal code or INSEE code, and completes
//	points.go    positions that a host adds, from a file or a geocoder
//	tree.go      finds the nearest
//	whitezone.go finds where there is nobody
package gazetteer
