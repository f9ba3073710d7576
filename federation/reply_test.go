package federation

import (
	"testing"

	"github.com/maillage/maillage/instance"
)

// What we answer to one person is public, and no news for the node's followers.
func TestAnAnswerIsNotAnnounced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(s.ana, `{"type":"Create","object":`+note("n", "")+`}`)
	answer := &instance.Announcement{InReplyTo: s.ana.ID + "/n"}
	answer.Kind, answer.Content = instance.KindAnnouncement, "<p>Bienvenue&nbsp;!</p>"
	id := s.ours.publish(s.org, answer).Common().ID
	s.settle()
	announces, err := s.ours.node.Announces(t.Context(), id)
	s.must(err)
	if len(announces) != 0 {
		t.Errorf("announced: %+v", announces)
	}
}
