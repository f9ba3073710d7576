package instance_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// open publishes an event of the world's organisation that takes sign-ups.
func (w *world) open(capacity int, mode instance.JoinMode) string {
	w.Helper()
	draft := event("Cartopartie")
	draft.Capacity, draft.JoinMode = capacity, mode
	o, err := w.node.Publish(w.Context(), w.org.ID, draft)
	w.must(err)
	return o.Common().ID
}

// someone is a person of another server.
func (w *world) someone(name string) *instance.Actor {
	return w.remote(instance.KindPerson, "https://c.example/"+name)
}

func (w *world) joins(who *instance.Actor, event string) {
	w.Helper()
	w.must(w.node.ReceiveJoin(w.Context(), who, instance.Participation{Event: event, Join: who.ID + "#join"}, time.Time{}))
}

func (w *world) stands(who, event string, want instance.ParticipationState) {
	w.Helper()
	p, err := w.node.Participation(w.Context(), event, who)
	if err != nil || p.State != want {
		w.Errorf("%s: %+v, %v; want %s", who, p, err, want)
	}
}

func TestPlacesAreGivenInTheOrderTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(2, instance.JoinFree)
	ana, bo, cy, di := w.someone("ana"), w.someone("bo"), w.someone("cy"), w.someone("di")
	for _, who := range []*instance.Actor{ana, bo, cy, di} {
		w.joins(who, id)
	}
	w.stands(bo.ID, id, instance.ParticipationAccepted)
	w.stands(cy.ID, id, instance.ParticipationWaiting)
	w.joins(ana, id) // again: she keeps her place
	w.must(w.node.ReceiveLeave(t.Context(), ana, id, ""))
	w.stands(ana.ID, id, instance.ParticipationLeft)
	w.stands(cy.ID, id, instance.ParticipationAccepted)
	w.stands(di.ID, id, instance.ParticipationWaiting)
	w.joins(ana, id) // back, behind the others
	w.must(w.node.ReceiveActorGone(t.Context(), bo.ID))
	w.stands(di.ID, id, instance.ParticipationAccepted)
	w.stands(ana.ID, id, instance.ParticipationWaiting)

	w.must(w.node.Editor(w.writer()).OpenSignUp(t.Context(), id, instance.JoinFree, 3))
	w.stands(ana.ID, id, instance.ParticipationAccepted)
	seats, err := w.node.Attendance(t.Context(), id)
	if err != nil || seats.Taken != 3 || seats.Waiting != 0 || seats.Left(3) != 0 {
		t.Errorf("attendance %+v, %v", seats, err)
	}
}

// A group does not fit where one person would: nobody overtakes it.
func TestNobodyOvertakesAGroupThatWaits(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(3, instance.JoinFree)
	editor := w.node.Editor(w.writer())
	note := func(seats int) *instance.Participation {
		p, err := editor.NoteParticipant(t.Context(), id, instance.Participation{Name: "Une famille", Phone: "au guichet", Seats: seats})
		w.must(err)
		return p
	}
	first, group, alone := note(2), note(2), note(1)
	if group.State != instance.ParticipationWaiting || alone.State != instance.ParticipationWaiting {
		t.Errorf("group %s, alone %s", group.State, alone.State)
	}
	w.must(editor.RemoveParticipant(t.Context(), first.ID))
	w.stands(group.Who, id, instance.ParticipationAccepted)
	w.stands(alone.Who, id, instance.ParticipationAccepted)
	_, err := editor.NoteParticipant(t.Context(), id, instance.Participation{Seats: 1})
	w.wants(err, instance.ErrInvalid)
}

func TestAnOrganiserAnswersEach(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(1, instance.JoinRestricted)
	ana, bo := w.someone("ana"), w.someone("bo")
	w.joins(ana, id)
	w.joins(bo, id)
	w.stands(ana.ID, id, instance.ParticipationAsked)
	editor := w.node.Editor(w.writer())
	people, err := editor.Participants(t.Context(), id)
	if err != nil || len(people) != 2 {
		t.Fatalf("people %+v, %v", people, err)
	}
	before := w.jobs()[instance.JobJoinAnswer]
	w.must(editor.AnswerParticipant(t.Context(), people[0].ID, true))
	w.must(editor.AnswerParticipant(t.Context(), people[1].ID, false))
	if told := w.jobs()[instance.JobJoinAnswer] - before; told != 2 {
		t.Errorf("%d were told", told)
	}
	w.stands(ana.ID, id, instance.ParticipationAccepted)
	w.joins(bo, id) // a refusal is not asked away
	w.stands(bo.ID, id, instance.ParticipationRefused)
	w.must(w.node.ReceiveLeave(t.Context(), bo, id, ""))
	w.joins(bo, id) // nor left away
	w.stands(bo.ID, id, instance.ParticipationRefused)

	stranger := w.node.Editor(&instance.Account{ID: "x", Role: instance.RoleContributor})
	_, err = stranger.Participants(t.Context(), id)
	w.wants(err, instance.ErrForbidden)
	w.wants(stranger.AnswerParticipant(t.Context(), people[0].ID, false), instance.ErrForbidden)
	w.wants(stranger.RemoveParticipant(t.Context(), people[0].ID), instance.ErrForbidden)
	w.wants(stranger.OpenSignUp(t.Context(), id, instance.JoinNone, 0), instance.ErrForbidden)
}

func TestAClosedEventIgnoresJoins(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ana := w.someone("ana")
	id := w.open(0, instance.JoinNone)
	w.joins(ana, id)
	if _, err := w.node.Participation(t.Context(), id, ana.ID); err == nil || w.jobs()[instance.JobJoinAnswer] != 1 {
		t.Errorf("kept, %v; %v", err, w.jobs())
	}
	_, err := w.node.MemberJoin(t.Context(), w.writer(), id)
	w.wants(err, instance.ErrForbidden)
	w.wants(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Lou", Seats: 1}), instance.ErrForbidden)
	err = w.node.ReceiveJoin(t.Context(), ana, instance.Participation{Event: "https://a.example/evenements/rien"}, time.Time{})
	w.wants(err, instance.ErrNotFound)
}

// What comes in the wrong order ends as it would have in the right one.
func TestALeaveThatOvertakesItsJoin(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinFree)
	ana, bo := w.someone("ana"), w.someone("bo")
	w.must(w.node.ReceiveLeave(t.Context(), ana, id, ana.ID+"#join"))
	w.joins(ana, id)
	if p, err := w.node.Participation(t.Context(), id, ana.ID); err == nil {
		t.Errorf("undone before it came: %+v", p)
	}
	w.must(w.node.ReceiveLeave(t.Context(), bo, id, ""))
	err := w.node.ReceiveJoin(t.Context(), bo, instance.Participation{Event: id, Join: bo.ID + "#join"}, w.now.Add(-time.Minute))
	w.wants(err, instance.ErrDuplicate)
	w.must(w.node.ReceiveJoin(t.Context(), bo, instance.Participation{Event: id, Join: bo.ID + "#join2"}, w.now.Add(time.Minute)))
	w.stands(bo.ID, id, instance.ParticipationAccepted)
}

func TestAMemberJoinsInOneClick(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(1, instance.JoinFree)
	lou := w.writer()
	for range 2 {
		p, err := w.node.MemberJoin(t.Context(), lou, id)
		if err != nil || p.State != instance.ParticipationAccepted {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	w.must(w.node.MemberLeave(t.Context(), lou, id))
	w.must(w.node.MemberLeave(t.Context(), lou, id))
	p, err := w.node.MemberPlace(t.Context(), lou, id)
	if err != nil || p.State != instance.ParticipationLeft || p.Name != "" {
		t.Errorf("after leaving: %+v, %v", p, err)
	}
}

// Without mail, who signs up by the form is on the organiser's desk.
func TestSignUpWithoutMail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinFree)
	w.must(w.node.SignUp(t.Context(), id, instance.Participation{Name: "<b>Lou</b>", Seats: 2}))
	people, err := w.node.Editor(w.writer()).Participants(t.Context(), id)
	if err != nil || len(people) != 1 || people[0].State != instance.ParticipationAsked || people[0].Name != "Lou" || people[0].Seats != 2 {
		t.Errorf("on the desk: %+v, %v", people, err)
	}
	for _, bad := range []instance.Participation{{Seats: 1}, {Name: "Lou", Seats: 0}, {Name: "Lou", Seats: 21}, {Name: "Lou", Seats: 1, Email: "lou"}} {
		w.wants(w.node.SignUp(t.Context(), id, bad), instance.ErrInvalid)
	}
}

// letters is a mailer that keeps what it is given.
type letters struct{ sent []instance.Message }

func (l *letters) Send(_ context.Context, m instance.Message) error {
	l.sent = append(l.sent, m)
	return nil
}

// mails runs the letters that wait.
func (w *world) mails() {
	w.Helper()
	jobs, err := w.store.Claim(w.Context(), []string{instance.JobMail}, 100, 0, time.Minute)
	w.must(err)
	for _, job := range jobs {
		w.must(w.node.Mail(w.Context(), job))
		w.must(w.store.Finish(w.Context(), job.ID))
	}
}

func secretOf(t *testing.T, m instance.Message) string {
	t.Helper()
	_, after, ok := strings.Cut(m.Text, "/participation?cle=")
	if !ok {
		t.Fatalf("no link in %s", m.Text)
	}
	return strings.Fields(after)[0]
}

func TestSignUpByEmail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	post := &letters{}
	var err error
	w.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "A", Store: w.store, Mailer: post, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return w.now },
	})
	w.must(err)
	id := w.open(1, instance.JoinFree)
	for _, who := range []string{"lou@exemple.org", "sam@exemple.org"} {
		w.must(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Quelqu’un", Email: who, Seats: 1}))
	}
	w.mails()
	if len(post.sent) != 2 || post.sent[0].To != "lou@exemple.org" {
		t.Fatalf("sent %+v", post.sent)
	}
	seats, err := w.node.Attendance(t.Context(), id)
	if err != nil || seats != (instance.Attendance{}) {
		t.Errorf("before anybody confirmed: %+v, %v", seats, err)
	}
	lou, sam := secretOf(t, post.sent[0]), secretOf(t, post.sent[1])
	w.must(w.node.ConfirmPlace(t.Context(), lou))
	w.must(w.node.ConfirmPlace(t.Context(), lou))
	w.must(w.node.ConfirmPlace(t.Context(), sam))
	place, _, err := w.node.Place(t.Context(), sam)
	if err != nil || place.State != instance.ParticipationWaiting {
		t.Fatalf("sam: %+v, %v", place, err)
	}
	w.wants(w.node.ConfirmPlace(t.Context(), "autre"), instance.ErrNotFound)

	post.sent = nil
	w.must(w.node.GiveUpPlace(t.Context(), lou))
	w.mails()
	if len(post.sent) != 1 || post.sent[0].To != "sam@exemple.org" || !strings.Contains(post.sent[0].Text, "place est réservée") {
		t.Errorf("sent %+v", post.sent)
	}

	post.sent = nil
	cancelled := event("Cartopartie")
	cancelled.Status, cancelled.JoinMode, cancelled.Capacity = instance.StatusCancelled, instance.JoinFree, 1
	_, err = w.node.Edit(t.Context(), w.org.ID, id, cancelled)
	w.must(err)
	w.mails()
	if len(post.sent) != 1 || !strings.Contains(post.sent[0].Text, "«\u00a0Cartopartie\u00a0» est annulé.") {
		t.Errorf("sent %+v", post.sent)
	}
}

// A week after an event, nobody knows who was there; how many is still known.
func TestParticipantsAreForgotten(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(1, instance.JoinFree)
	ana := w.someone("ana")
	w.joins(ana, id)
	w.joins(w.someone("bo"), id)
	w.now = time.Date(2027, 3, 20, 0, 0, 0, 0, time.UTC)
	if n, err := w.node.ForgetParticipants(t.Context()); n != 0 || err != nil {
		t.Errorf("six days later: %d, %v", n, err)
	}
	w.now = w.now.Add(48 * time.Hour)
	if n, err := w.node.ForgetParticipants(t.Context()); n != 2 || err != nil {
		t.Errorf("eight days later: %d, %v", n, err)
	}
	if n, err := w.node.ForgetParticipants(t.Context()); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	all, err := w.node.Participations(t.Context(), instance.ParticipationFilter{Event: id})
	w.must(err)
	seats, err := w.node.Attendance(t.Context(), id)
	w.must(err)
	if len(all) != 1 || all[0].Name != "" || strings.Contains(all[0].Who, "ana") || seats.Taken != 1 {
		t.Errorf("kept %+v, %+v", all, seats)
	}
}

func TestOneOfOursJoinsAnEventElsewhere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.theirs("https://b.example/e/1", 0)
	e.JoinMode = instance.JoinFree
	w.must(w.node.ReceiveObject(t.Context(), w.asso, e, []byte("{}")))
	editor := w.node.Editor(w.writer())
	w.must(editor.JoinElsewhere(t.Context(), w.org.ID, e.ID))
	w.stands(w.org.ID, e.ID, instance.ParticipationAsked)
	w.wants(w.node.ReceiveJoinAnswer(t.Context(), w.someone("ana"), e.ID, w.org.ID, true), instance.ErrForbidden)
	w.wants(w.node.ReceiveJoinAnswer(t.Context(), w.asso, e.ID, w.node.Self().ID, true), instance.ErrNotFound)
	w.must(w.node.ReceiveJoinAnswer(t.Context(), w.asso, e.ID, w.org.ID, true))
	w.stands(w.org.ID, e.ID, instance.ParticipationAccepted)
	w.must(editor.LeaveElsewhere(t.Context(), w.org.ID, e.ID))
	w.must(w.node.ReceiveJoinAnswer(t.Context(), w.asso, e.ID, w.org.ID, true)) // late
	w.stands(w.org.ID, e.ID, instance.ParticipationLeft)
	if seats, err := w.node.Attendance(t.Context(), e.ID); err != nil || seats.Taken != 0 {
		t.Errorf("counted as ours: %+v, %v", seats, err)
	}
	stranger := w.node.Editor(&instance.Account{ID: "x", Role: instance.RoleContributor})
	w.wants(stranger.JoinElsewhere(t.Context(), w.org.ID, e.ID), instance.ErrForbidden)

	closed := w.theirs("https://b.example/e/2", 0)
	w.must(w.node.ReceiveObject(t.Context(), w.asso, closed, []byte("{}")))
	w.wants(editor.JoinElsewhere(t.Context(), w.org.ID, closed.ID), instance.ErrForbidden)
}

// Whoever has no e-mail address leaves a telephone: the organiser answers them.
func TestSignUpByTelephone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	post := &letters{}
	var err error
	w.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "A", Store: w.store, Mailer: post, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return w.now },
	})
	w.must(err)
	id := w.open(5, instance.JoinFree)
	w.wants(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Lou", Seats: 1}), instance.ErrInvalid)
	w.must(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Lou", Phone: "02 98 00 00 00", Seats: 1}))
	w.mails()
	people, err := w.node.Editor(w.writer()).Participants(t.Context(), id)
	if err != nil || len(people) != 1 || people[0].State != instance.ParticipationAsked || people[0].Phone == "" || len(post.sent) != 0 {
		t.Errorf("%+v, %v, sent %+v", people, err, post.sent)
	}
}
