//go:build race

package costtest

// slower is how much the race detector slows a program down.
const slower = 15
