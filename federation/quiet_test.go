package federation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// A large import is on the map of the nodes that follow ours, and in the outboxes; those
// who follow the organisation or the commune are told nothing, until it changes.
func TestFanoutOfALargeImport(t *testing.T) {
	t.Parallel()
	follower, node, b := newPeer(t), newPeer(t), newPeer(t)
	org := b.organisation("tiriad")
	brest := b.territory("brest", nil)
	follower.follow("@brest@" + b.domain())
	follower.follow("@tiriad@" + b.domain())
	node.follow("@" + b.domain() + "@" + b.domain())
	settleAll(t, follower, node, b)

	h := &instance.Harvest{Format: "essai"}
	for i := range instance.MostAnnounced + 1 {
		e := event(fmt.Sprintf("Atelier %d", i), brest)
		e.When.Start = e.When.Start.Add(time.Duration(i) * 24 * time.Hour)
		h.Rows = append(h.Rows, instance.IntakeRow{Line: i + 1, Key: fmt.Sprint(i), Object: e})
	}
	report, err := b.node.Intake(t.Context(), org.ID, h, instance.IntakeOptions{Source: "agenda.ics"}, nil)
	if err != nil || !report.Quiet {
		t.Fatalf("%+v, %v", report, err)
	}
	settleAll(t, b, node, follower)
	for seq := int64(1); ; seq++ {
		received, err := follower.node.Received(t.Context(), seq)
		if errors.Is(err, instance.ErrNotFound) {
			break
		}
		if err != nil || received.Type != "Accept" {
			t.Fatalf("a follower was told %+v, %v", received, err)
		}
	}
	_, known, err := node.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}, Limit: 1})
	if err != nil || known != len(h.Rows) {
		t.Errorf("the node that follows knows %d events of %d, %v", known, len(h.Rows), err)
	}
	for _, outbox := range []string{"/territoires/brest/outbox", "/organisations/tiriad/outbox"} {
		if _, body := b.get(outbox, typeActivity); !strings.Contains(string(body), fmt.Sprintf(`"totalItems":%d`, len(h.Rows))) {
			t.Errorf("%s: %s", outbox, body)
		}
	}
}
