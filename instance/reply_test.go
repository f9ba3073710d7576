package instance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// answers is a reply of somebody to something.
func answers(who *instance.Actor, id, to string, updated time.Time) instance.Reply {
	return instance.Reply{ID: who.ID + "/" + id, InReplyTo: to, Actor: who.ID, Content: "<p>Bravo !</p><script>x()</script>", Published: updated, Updated: updated}
}

func (w *world) reply(id string) *instance.Reply {
	w.Helper()
	r, err := w.node.Reply(w.Context(), id)
	w.must(err)
	return r
}

func TestARepliesLife(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	ana := w.someone("ana")
	r := answers(ana, "1", id, w.now.Add(-time.Hour))
	w.must(w.node.ReceiveReply(t.Context(), ana, r))
	if got := w.reply(r.ID); got.State != instance.ReplyWaiting || got.Content != "<p>Bravo !</p>" || got.Object != id {
		t.Fatalf("kept %+v", got)
	}
	w.wants(w.node.ReceiveReply(t.Context(), ana, r), instance.ErrDuplicate)
	w.wants(w.node.ReceiveReply(t.Context(), w.someone("bo"), r), instance.ErrForbidden)
	w.wants(w.node.ReceiveReply(t.Context(), ana, answers(ana, "2", "https://d.example/1", w.now)), instance.ErrNotFound)

	editor := w.node.Editor(w.writer())
	waiting, n, err := editor.Replies(t.Context(), instance.ReplyWaiting, 0, 100)
	if err != nil || n != 1 || len(waiting) != 1 {
		t.Errorf("waiting %+v, %d, %v", waiting, n, err)
	}
	stranger := w.node.Editor(&instance.Account{ID: "x", Role: instance.RoleContributor})
	w.wants(stranger.AnswerReply(t.Context(), r.ID, true), instance.ErrForbidden)
	if _, n, err := stranger.Replies(t.Context(), instance.ReplyWaiting, 0, 100); n != 0 || err != nil {
		t.Errorf("a stranger reads %d, %v", n, err)
	}
	w.must(editor.AnswerReply(t.Context(), r.ID, true))
	if got := w.reply(r.ID); got.State != instance.ReplyShown || got.Answered != "lou" {
		t.Errorf("shown: %+v", got)
	}

	deeper := answers(ana, "3", r.ID, w.now)
	w.must(w.node.ReceiveReply(t.Context(), ana, deeper))
	if got := w.reply(deeper.ID); got.Object != id {
		t.Errorf("a reply to a reply is about %s", got.Object)
	}

	changed := answers(ana, "1", id, w.now)
	w.must(w.node.ReceiveReply(t.Context(), ana, changed)) // what was read is not what it is now
	if got := w.reply(r.ID); got.State != instance.ReplyWaiting {
		t.Errorf("changed: %+v", got)
	}
	w.must(editor.AnswerReply(t.Context(), r.ID, false))
	w.must(w.node.ReceiveReply(t.Context(), ana, answers(ana, "1", id, w.now.Add(time.Hour))))
	if got := w.reply(r.ID); got.State != instance.ReplyHidden {
		t.Errorf("changed once hidden: %+v", got)
	}

	w.wants(w.node.ReceiveReplyDelete(t.Context(), w.someone("bo"), r.ID), instance.ErrForbidden)
	w.must(w.node.ReceiveReplyDelete(t.Context(), ana, r.ID))
	if got := w.reply(r.ID); got.State != instance.ReplyDeleted || got.Content != "" {
		t.Errorf("deleted: %+v", got)
	}
	w.wants(w.node.ReceiveReply(t.Context(), ana, answers(ana, "1", id, w.now.Add(2*time.Hour))), instance.ErrGone)
	w.wants(editor.AnswerReply(t.Context(), r.ID, true), instance.ErrGone)
}

// What is answered was read: the note and the reply show together, or not at all.
func TestAnEditorWritesBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	ana := w.someone("ana")
	r := answers(ana, "1", id, w.now.Add(-time.Hour))
	w.must(w.node.ReceiveReply(t.Context(), ana, r))
	editor := w.node.Editor(w.writer())
	for _, text := range []string{"", " \n ", strings.Repeat("a", 2001)} {
		_, err := editor.WriteBack(t.Context(), r.ID, text)
		w.wants(err, instance.ErrInvalid)
	}
	_, err := w.node.Editor(moderator()).WriteBack(t.Context(), r.ID, "Oui")
	w.wants(err, instance.ErrForbidden)
	if got := w.reply(r.ID); got.State != instance.ReplyWaiting {
		t.Errorf("shown by a refusal: %+v", got)
	}
	note, err := editor.WriteBack(t.Context(), r.ID, "Oui, **gratuit**")
	w.must(err)
	if b := note.Common(); b.Owner != w.org.ID || note.(*instance.Announcement).InReplyTo != r.ID || !strings.Contains(b.Content, "<strong>") {
		t.Errorf("published %+v", note)
	}
	if got := w.reply(r.ID); got.State != instance.ReplyShown || got.Answered != "lou" {
		t.Errorf("answered: %+v", got)
	}
	w.must(w.node.ReceiveReplyDelete(t.Context(), ana, r.ID))
	_, err = editor.WriteBack(t.Context(), r.ID, "Oui")
	w.wants(err, instance.ErrGone)
}

func TestWhomTheNodeFollowsIsShownAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	w.must(w.node.RequestFollow(t.Context(), w.org.ID, w.asso.ID))
	w.must(w.node.ReceiveAnswer(t.Context(), w.asso, w.org.ID, true))
	r := answers(w.asso, "r", id, w.now)
	w.must(w.node.ReceiveReply(t.Context(), w.asso, r))
	if got := w.reply(r.ID); got.State != instance.ReplyShown {
		t.Errorf("%+v", got)
	}
}

func TestRepliesOfOneAuthorAreBounded(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	ana := w.someone("ana")
	for i := range 20 {
		w.must(w.node.ReceiveReply(t.Context(), ana, answers(ana, fmt.Sprint(i), id, w.now)))
	}
	w.wants(w.node.ReceiveReply(t.Context(), ana, answers(ana, "trop", id, w.now)), instance.ErrInvalid)
}

func TestReactionsAreCountedOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	ana, bo := w.someone("ana"), w.someone("bo")
	like := func(who *instance.Actor, n string) error {
		return w.node.ReceiveReaction(t.Context(), who, instance.ReactionLike, id, who.ID+"#like"+n)
	}
	count := func(want int) {
		t.Helper()
		if n, err := w.node.Reactions(t.Context(), id, instance.ReactionLike); n != want || err != nil {
			t.Errorf("%d likes, %v; want %d", n, err, want)
		}
	}
	w.must(like(ana, "1"))
	w.must(like(ana, "2"))
	w.must(like(bo, "1"))
	count(2)
	w.must(w.node.ReceiveUndoReaction(t.Context(), ana, instance.ReactionLike, "", ana.ID+"#like2"))
	w.must(w.node.ReceiveUndoReaction(t.Context(), ana, instance.ReactionLike, "", ana.ID+"#like3"))
	w.must(like(ana, "3")) // it was undone before it came
	count(1)
	w.must(w.node.ReceiveActorGone(t.Context(), bo.ID))
	count(0)
	w.wants(w.node.ReceiveReaction(t.Context(), ana, instance.ReactionLike, "https://b.example/e/1", "x"), instance.ErrNotFound)
	w.must(w.node.Withdraw(t.Context(), w.org.ID, id))
	w.wants(like(ana, "4"), instance.ErrGone)
}

func TestABlockEndsFollowsBothWays(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ana := w.someone("ana")
	w.must(w.node.ReceiveFollow(t.Context(), ana, instance.Follow{ID: ana.ID + "#f", Object: w.org.ID}))
	w.must(w.node.RequestFollow(t.Context(), w.org.ID, ana.ID))
	w.must(w.node.ReceiveBlock(t.Context(), ana, w.org.ID, ana.ID+"#b"))
	for _, pair := range [][2]string{{ana.ID, w.org.ID}, {w.org.ID, ana.ID}} {
		if _, err := w.node.Follow(t.Context(), pair[0], pair[1]); err == nil {
			t.Errorf("%s still follows %s", pair[0], pair[1])
		}
	}
	w.wants(w.node.RequestFollow(t.Context(), w.org.ID, ana.ID), instance.ErrForbidden)
	w.must(w.node.ReceiveUndoBlock(t.Context(), ana, "", ana.ID+"#b"))
	w.must(w.node.RequestFollow(t.Context(), w.org.ID, ana.ID))
	w.wants(w.node.ReceiveBlock(t.Context(), ana, w.asso.ID, "x"), instance.ErrNotFound)
}

func TestAMove(t *testing.T) {
	t.Parallel()
	w := setup(t)
	old, fresh, other := w.someone("ana"), w.remote(instance.KindPerson, "https://d.example/ana"), w.someone("zoe")
	w.must(w.node.ReceiveFollow(t.Context(), old, instance.Follow{ID: old.ID + "#f", Object: w.org.ID}))
	w.must(w.node.RequestFollow(t.Context(), w.org.ID, old.ID))
	w.must(w.node.ReceiveAnswer(t.Context(), old, w.org.ID, true))

	w.wants(w.node.ReceiveMove(t.Context(), old, fresh, nil), instance.ErrForbidden)
	w.wants(w.node.ReceiveMove(t.Context(), old, w.org, []string{old.ID}), instance.ErrForbidden)
	w.must(w.node.ReceiveMove(t.Context(), old, fresh, []string{old.ID}))
	if f, err := w.node.Follow(t.Context(), fresh.ID, w.org.ID); err != nil || f.State != instance.FollowAccepted {
		t.Errorf("our follower: %+v, %v", f, err)
	}
	if f, err := w.node.Follow(t.Context(), w.org.ID, fresh.ID); err != nil || f.State != instance.FollowPending {
		t.Errorf("whom we follow: %+v, %v", f, err)
	}
	if _, err := w.node.Follow(t.Context(), w.org.ID, old.ID); err == nil {
		t.Error("the old address is still followed")
	}
	w.must(w.node.ReceiveActor(t.Context(), &instance.Actor{ID: old.ID, Kind: instance.KindPerson, Handle: "x", Name: "X"}))
	w.wants(w.node.ReceiveMove(t.Context(), old, fresh, []string{old.ID}), instance.ErrDuplicate)
	w.wants(w.node.ReceiveMove(t.Context(), old, other, []string{old.ID}), instance.ErrForbidden)
}
