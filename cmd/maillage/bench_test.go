package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// BenchmarkInbox is the inbox of a whole node, when one server writes to it, and when
// sixteen do: what one of them says is acted upon in order.
func BenchmarkInbox(b *testing.B) {
	for _, servers := range []int{1, 16} {
		b.Run(fmt.Sprint("servers=", servers), func(b *testing.B) { benchInbox(b, servers) })
	}
}

// benchInbox posts signed Create{Event}s to a whole node over HTTP, 16 at a
// time, from the same process: accepted/s up to the 202, and end-to-end/s until
// everything is stored and searchable; cpu-µs/op is the processor time of all of
// it, that of the generator included. Signing is done beforehand.
func benchInbox(b *testing.B, servers int) {
	l, err := listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c := defaults()
	c.BaseURL, c.Data, c.Federation.AllowPrivate = "http://"+l.Addr().String(), b.TempDir(), true
	strangers := make([]*strangerNode, servers)
	for i := range strangers {
		strangers[i] = newStranger(b)
		followStranger(b, c, strangers[i])
	}
	a := serving(b, c, l)

	requests := make([]*http.Request, b.N)
	for i := range requests {
		from := strangers[i%servers]
		if requests[i], err = from.request(b.Context(), c.BaseURL+"/inbox", from.create(i)); err != nil {
			b.Fatal(err)
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var next, refused atomic.Int64
	b.ResetTimer()
	used := processorTime(b)
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				resp, err := client.Do(requests[i])
				if err != nil || resp.StatusCode != http.StatusAccepted {
					refused.Add(1)
				}
				if err == nil {
					_ = resp.Body.Close()
				}
			}
		})
	}
	senders.Wait()
	accepted := b.Elapsed()
	for {
		pending, err := a.store.Pending(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if pending[instance.JobReceive]+pending[instance.JobIndex] == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	used = processorTime(b) - used
	if n := refused.Load(); n > 0 {
		b.Errorf("%d of %d refused", n, b.N)
	}
	if n, err := a.index.Count(b.Context()); err != nil || n != b.N {
		b.Errorf("%d of %d searchable, %v", n, b.N, err)
	}
	b.ReportMetric(float64(b.N)/accepted.Seconds(), "accepted/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "end-to-end/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
}

// serving opens a node and has it answer until the benchmark ends.
func serving(b *testing.B, c config, l net.Listener) *app {
	b.Helper()
	a, err := openApp(b.Context(), c, true, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	if err := a.mount(); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- a.serve(ctx, l) }()
	b.Cleanup(func() {
		stop()
		if err := errors.Join(<-stopped, a.Close()); err != nil && !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	})
	return a
}

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
