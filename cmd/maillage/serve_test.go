package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// runProgram prepares the program as a process of its own.
func runProgram(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "MAILLAGE_TEST_RUN="+strings.Join(args, " "))
	return cmd
}

// builtNode is a whole node on a free port, not yet serving.
func builtNode(t *testing.T) (*app, net.Listener) {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.BaseURL, c.Data = "http://"+l.Addr().String(), t.TempDir()
	a, err := openApp(t.Context(), c, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); _ = a.Close() })
	if err := a.mount(); err != nil {
		t.Fatal(err)
	}
	a.ready.Store(true)
	return a, l
}

// A node of which a part fails stops whole, and says which part.
func TestServeStopsWhenAPartFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breakIt func(*app, net.Listener) error
		says    string
	}{
		"the listener":  {func(_ *app, l net.Listener) error { return l.Close() }, "le nœud ne reçoit plus rien"},
		"the job queue": {func(a *app, _ net.Listener) error { return a.store.Close() }, "la file des tâches"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, l := builtNode(t)
			if err := tc.breakIt(a, l); err != nil {
				t.Fatal(err)
			}
			stopped := make(chan error, 1)
			go func() { stopped <- a.serve(t.Context(), l) }()
			select {
			case err := <-stopped:
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("it stopped with %v", err)
				}
			case <-time.After(15 * time.Second):
				t.Fatal("it serves on")
			}
			if a.ready.Load() {
				t.Error("it says that it is ready")
			}
		})
	}
}

// The first Ctrl-C lets a request finish; the second does not wait for it.
func TestSecondInterruptKills(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := runProgram(t, "serve")
	cmd.Env = append(cmd.Env, "MAILLAGE_BASE_URL=http://"+address, "MAILLAGE_LISTEN="+address, "MAILLAGE_DATA="+filepath.Join(cmd.Dir, "data"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	awaitHealth(t, "http://"+address)

	// A request whose body never comes.
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /inbox HTTP/1.1\r\nHost: "+address+"\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)

	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	_ = cmd.Process.Signal(os.Interrupt)
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		other, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			break // the first one is heard
		}
		_ = other.Close()
	}
	select {
	case err := <-exited:
		t.Fatalf("the first interrupt ended it at once: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	_ = cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-exited:
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the second interrupt changes nothing")
	}
}

// peer add waits for what its own peer makes it do, not for another's dead server.
func TestAwaitReadLeavesOtherPeers(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	enqueue := func(key string) {
		t.Helper()
		job := instance.NewJob(instance.JobFetch, instance.FetchArgs{ID: "https://" + key + "/1"})
		job.Key, job.RunAt = key, time.Now().Add(time.Hour)
		if err := a.store.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
			t.Fatal(err)
		}
	}
	await := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		return awaitRead(ctx, a, "peer.example")
	}
	enqueue("dead.example")
	if err := await(); err != nil {
		t.Errorf("another server's job is waited for: %v", err)
	}
	enqueue("peer.example")
	if err := await(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("its own job is not waited for: %v", err)
	}
}
