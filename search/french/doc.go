// Package french prepares French text for searching, the same way for what is
// indexed and for what people type:
//
//	Tokens   letters folded (É -> e, œ -> oe), elisions dropped (l'école -> ecole),
//	         stop words marked, stems found
//	Parse    a query: words, "phrases", -exclusions, synonyms of the field
//	Extract  the part of a text that a query matched, as safe HTML
//	Nearness how close together a text has the words of a query
//	Edits    how many typing mistakes lie between two words
//
// It is pure: no state, no I/O, no knowledge of what is searched.
package french
