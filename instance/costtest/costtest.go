// Package costtest measures what hostile requests cost, for tests. It counts the
// processor time of the whole process, which other programs of the machine do not
// lengthen: tests that use it are not parallel.
package costtest

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// What no request may cost.
const (
	MostTime   = 100 * time.Millisecond * slower // of a processor
	MostMemory = 10 << 20 * slower               // bytes allocated
)

// tries is how often something that costs too much is measured: the garbage of what
// came before may be swept meanwhile.
const tries = 3

// Cost is what something took.
type Cost struct {
	Time   time.Duration // of a processor
	Memory uint64        // bytes allocated, also those freed since
}

// TooMuch says that no request may cost that.
func (c Cost) TooMuch() bool { return c.Time > MostTime || c.Memory > MostMemory }

func (c Cost) String() string {
	return fmt.Sprintf("%s of processor time and %.1f MB", c.Time.Round(time.Microsecond), float64(c.Memory)/(1<<20))
}

// Of measures one run.
func Of(tb testing.TB, run func()) Cost {
	tb.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processorTime(tb)
	run()
	used := processorTime(tb) - start
	runtime.ReadMemStats(&after)
	return Cost{used, after.TotalAlloc - before.TotalAlloc}
}

// Cheap fails the test when run costs too much each time. What prepares it is not counted.
func Cheap(tb testing.TB, what string, run func(), prepare ...func()) {
	tb.Helper()
	var cost Cost
	for range tries {
		for _, first := range prepare {
			first()
		}
		if cost = Of(tb, run); !cost.TooMuch() {
			return
		}
	}
	tb.Errorf("%s costs %s", what, cost)
}

func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
