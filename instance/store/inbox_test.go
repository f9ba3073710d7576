package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// received is a Create from a peer.
func received(id, signature string) instance.Received {
	return instance.Received{
		ID: "https://b.example/" + id, Actor: "https://b.example/u", Type: "Create",
		Body: []byte(`{"id":"` + id + `"}`), Signature: signature, At: time.Now().UTC().Truncate(time.Microsecond),
	}
}

// receiveJobs claims the receive jobs and returns their rows of the inbox.
func receiveJobs(t *testing.T, s *store.Store) []instance.Received {
	t.Helper()
	jobs, err := s.Claim(t.Context(), []string{instance.JobReceive}, 10_000, 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var rows []instance.Received
	for _, j := range jobs {
		var args instance.ReceiveArgs
		if err := json.Unmarshal(j.Args, &args); err != nil {
			t.Fatal(err)
		}
		row, err := s.Received(t.Context(), args.Seq)
		if err != nil {
			t.Fatal(err)
		}
		if j.Key != instance.Origin(row.Actor) {
			t.Errorf("the job of %s has key %q", row.Actor, j.Key)
		}
		rows = append(rows, *row)
	}
	return rows
}

func TestAcceptKeepsTheBytesAndEnqueues(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := received("1", "s1")
		r.Body = []byte("{\x00\xff'}")
		if err := s.Accept(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Ready():
		default:
			t.Error("no signal")
		}
		rows := receiveJobs(t, s)
		if len(rows) != 1 {
			t.Fatalf("%d jobs", len(rows))
		}
		r.Seq = rows[0].Seq
		if fmt.Sprint(rows[0]) != fmt.Sprint(r) {
			t.Errorf("got %+v, want %+v", rows[0], r)
		}
		if _, err := s.Received(t.Context(), 12345); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
	})
}

func TestAcceptVerdicts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		other := received("1", "s3")
		other.Actor = "https://c.example/u"
		follow, again := received("f", "s4"), received("f", "s5")
		follow.Type, again.Type = "Follow", "Follow"
		for i, step := range []struct {
			received instance.Received
			want     error
		}{
			{received("1", "s1"), nil},
			{received("1", "s1"), instance.ErrReplay},
			{received("2", "s1"), instance.ErrReplay}, // whatever it claims to be
			{received("1", "s2"), instance.ErrDuplicate},
			{received("1", "s2"), instance.ErrDuplicate},
			{other, nil}, // an id belongs to its actor
			{follow, nil},
			{again, nil}, // peers reuse the id of a Follow
			{again, instance.ErrReplay},
			{received("unsigned", ""), instance.ErrInvalid},
		} {
			if err := s.Accept(t.Context(), step.received); !errors.Is(err, step.want) {
				t.Errorf("step %d: got %v, want %v", i, err, step.want)
			}
		}
		if rows := receiveJobs(t, s); len(rows) != 4 {
			t.Errorf("%d jobs, want 4", len(rows))
		}
	})
}

func TestAcceptTypesWhoseIDsAreReused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for kind, want := range map[string]error{
			"Follow": nil, "Accept": nil, "Reject": nil, "Undo": nil, "Join": nil, "Leave": nil,
			"Create": instance.ErrDuplicate, "Update": instance.ErrDuplicate, "Like": instance.ErrDuplicate, "Announce": instance.ErrDuplicate, "Delete": instance.ErrDuplicate,
		} {
			first, second := received(kind, kind+"1"), received(kind, kind+"2")
			first.Type, second.Type = kind, kind
			if err := s.Accept(t.Context(), first); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			if err := s.Accept(t.Context(), second); !errors.Is(err, want) {
				t.Errorf("second %s: got %v, want %v", kind, err, want)
			}
		}
	})
}

// Many peers at once, each activity sent three times (twice by its id, once as the
// same request), and one that no database takes.
func TestAcceptConcurrently(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const activities = 150
		var (
			group sync.WaitGroup
			mu    sync.Mutex
			count = map[string]int{}
		)
		send := func(r instance.Received) {
			group.Go(func() {
				verdict := "bad"
				switch err := s.Accept(t.Context(), r); {
				case err == nil:
					verdict = "accepted"
				case errors.Is(err, instance.ErrDuplicate):
					verdict = "duplicate"
				case errors.Is(err, instance.ErrReplay):
					verdict = "replay"
				}
				mu.Lock()
				defer mu.Unlock()
				count[verdict]++
			})
		}
		for i := range activities {
			id := fmt.Sprint(i)
			send(received(id, "a"+id))
			send(received(id, "b"+id))
			send(received("copy "+id, "c"+id))
			send(received("copy "+id, "c"+id))
			if i%50 == 0 {
				send(received("\x00"+id, "bad"+id))
			}
		}
		group.Wait()
		want := map[string]int{"accepted": 2 * activities, "duplicate": activities, "replay": activities, "bad": 3}
		if fmt.Sprint(count) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", count, want)
		}
		seen := map[string]bool{}
		for _, row := range receiveJobs(t, s) {
			if seen[row.ID] {
				t.Errorf("%s twice", row.ID)
			}
			seen[row.ID] = true
		}
		if len(seen) != 2*activities {
			t.Errorf("%d jobs", len(seen))
		}
	})
}

func TestAcceptAfterCloseSaysSo(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Accept(t.Context(), received("1", "s")); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPurgeKeepsWhatIsRecentOrWaiting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for id, age := range map[string]time.Duration{"done": 10, "waiting": 10, "week": 6} {
			r := received(id, id)
			r.At = time.Now().Add(-age * 24 * time.Hour)
			if err := s.Accept(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		jobs, err := s.Claim(ctx, []string{instance.JobReceive}, 10, 0, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			var args instance.ReceiveArgs
			_ = json.Unmarshal(j.Args, &args)
			if row, err := s.Received(ctx, args.Seq); err != nil {
				t.Fatal(err)
			} else if !strings.HasSuffix(row.ID, "waiting") {
				if err := s.Finish(ctx, j.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Purge(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]error{"done": nil, "waiting": instance.ErrReplay, "week": instance.ErrReplay} {
			if err := s.Accept(ctx, received(id, id)); !errors.Is(err, want) {
				t.Errorf("%s again: got %v, want %v", id, err, want)
			}
		}
	})
}
