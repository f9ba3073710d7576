//go:build race

package costtest

// slower is how much the race detector slows a program down; and it has pools drop some of
// what they keep.
const slower = 15
