package federation

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// A flood: what waits to be acted upon is bounded. Peers are asked to come back, and
// are welcome when it is done.
func TestInboxClosesWhileTooMuchWaits(t *testing.T) {
	t.Parallel()
	to, from := newPeer(t), newSite(t)
	to.maxBacklog = 2
	alice := from.actor("/alice", "Person")
	follow := func(n int) int {
		to.waiting.at = time.Time{} // counted again
		return from.post(to, alice, followActivity(fmt.Sprint(alice, "/f", n), alice, to.base+"/actor"))
	}
	for n, want := range []int{202, 202, 503, 503} {
		if got := follow(n); got != want {
			t.Errorf("%d: status %d, want %d", n, got, want)
		}
	}
	resp, _ := to.postRaw("")
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	settleReceive(t, to)
	if got := follow(9); got != http.StatusAccepted {
		t.Errorf("afterwards: %d", got)
	}
}

// postRaw posts something unsigned.
func (p *peer) postRaw(body string) (*http.Response, error) {
	p.t.Helper()
	p.waiting.at = time.Time{}
	resp, err := http.Post(p.base+"/inbox", typeActivity, strings.NewReader(body))
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

// settleReceive acts upon what waits, and leaves the answers.
func settleReceive(t *testing.T, p *peer) {
	t.Helper()
	due, err := p.store.Claim(t.Context(), []string{instance.JobReceive}, 100, 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range due {
		if err := p.Receive(t.Context(), job); err != nil {
			t.Error(err)
		}
		if err := p.store.Finish(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// One server that floods us does not close the door to the others.
func TestInboxRateLimitIsPerServer(t *testing.T) {
	t.Parallel()
	to := newPeer(t, func(o *Options) { o.InboxRate = 0.05 }) // bursts of two
	flood, honest := newSite(t), newSite(t)
	var last int
	for i := range 3 { // each from another account
		mallory := flood.actor(fmt.Sprint("/u", i), "Person")
		last = flood.post(to, mallory, followActivity(mallory+"/f", mallory, to.base+"/actor"))
	}
	alice := honest.actor("/alice", "Person")
	if got := honest.post(to, alice, followActivity(alice+"/f", alice, to.base+"/actor")); last != http.StatusTooManyRequests || got != http.StatusAccepted {
		t.Errorf("the flood %d, the other %d", last, got)
	}
}

// CVE-2023-36461 (Mastodon): a body that drips in, byte by byte, is not waited for.
func TestAttackBodyDripsIn(t *testing.T) {
	t.Parallel()
	to := newPeer(t)
	to.bodyWithin = 200 * time.Millisecond
	conn, err := net.Dial("tcp", to.domain())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /inbox HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n", to.domain(), typeActivity)
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		var answer [512]byte
		n, _ := conn.Read(answer[:])
		if !strings.Contains(string(answer[:n]), " 408 ") || time.Since(start) > 3*time.Second {
			t.Errorf("after %s: %q", time.Since(start), answer[:n])
		}
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
			_, _ = conn.Write([]byte("x"))
		}
	}
}

// A connection whose body came in time serves again.
func TestInboxKeepsConnections(t *testing.T) {
	t.Parallel()
	to := newPeer(t)
	to.bodyWithin = 100 * time.Millisecond
	for range 2 {
		resp, err := to.postRaw("{}")
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Fatal(resp, err)
		}
		time.Sleep(150 * time.Millisecond)
	}
}

// CVE-2026-69132 (Fedify): what is remembered of hosts, which strangers choose, is bounded.
func TestAttackUnboundedState(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	now := time.Now()
	for i := range 30_000 {
		host := fmt.Sprint("h", i, ".example")
		p.incoming.allow(host)
		p.lookups.allow(host)
		p.client.schemes.put(host, rfc9421, now.Add(time.Hour))
		p.missing.put(host, instance.ErrNotFound, now.Add(time.Hour))
	}
	for name, n := range map[string]int{
		"senders": len(p.incoming.buckets), "signers": len(p.lookups.buckets), "schemes": len(p.client.schemes.entries), "missing": len(p.missing.entries),
	} {
		if n > 20_000 {
			t.Errorf("%d %s", n, name)
		}
	}
}
