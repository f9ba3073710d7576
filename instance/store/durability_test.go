package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// envVictim makes this test binary the process that is killed: it accepts
// activities in the database it names and prints the id of each once accepted.
const envVictim = "MAILLAGE_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(envVictim); dsn != "" {
		victim(dsn)
		return
	}
	os.Exit(m.Run())
}

func victim(dsn string) {
	s, err := store.Open(context.Background(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var mu sync.Mutex
	for worker := range 16 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", worker, i)
				err := s.Accept(context.Background(), received(id, id))
				mu.Lock()
				if err != nil {
					fmt.Println("error", err)
				}
				fmt.Println(id)
				mu.Unlock()
			}
		}()
	}
	select {}
}

func TestWhatWasAcceptedSurvivesKill(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), envVictim+"="+dsn)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString('\n')
			if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
				break // a line cut short was not acknowledged
			}
			if strings.HasPrefix(line, "error") {
				t.Error(line)
			}
			acknowledged = append(acknowledged, strings.TrimSpace(line))
			if len(acknowledged) == 500 {
				if err := cmd.Process.Kill(); err != nil { // and read what it had still written
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		if len(acknowledged) < 500 {
			t.Fatalf("only %d accepted", len(acknowledged))
		}

		s := storetest.OpenDSN(t, dsn)
		times := map[string]int{}
		for _, row := range receiveJobs(t, s) {
			times[strings.TrimPrefix(row.ID, "https://b.example/")]++
		}
		for _, id := range acknowledged {
			if times[id] != 1 {
				t.Errorf("%s was acknowledged and is there %d times", id, times[id])
			}
			if err := s.Accept(t.Context(), received(id, "again"+id)); !errors.Is(err, instance.ErrDuplicate) {
				t.Fatalf("%s again: %v", id, err)
			}
		}
	})
}
