package instance_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

// Whoever runs a node may take off it what a person published, and not rewrite it.
func TestAttackHostPutsWordsInAPersonsMouth(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor)
	person, err := w.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou", Name: "Lou"})
	w.must(err)
	lou, err = w.node.Account(t.Context(), lou.ID)
	w.must(err)
	theirs := func() string {
		o, err := w.node.Editor(lou).Publish(t.Context(), person.ID, event("Balade"))
		w.must(err)
		return o.Common().ID
	}
	id := theirs()
	if _, err := w.node.Editor(lou).Edit(t.Context(), id, event("Balade au port")); err != nil {
		t.Fatal(err)
	}
	proposal := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Changes: changes("name", "Achetez")})
	for _, role := range []instance.Role{instance.RoleHost, instance.RoleModerator} {
		other := w.node.Editor(&instance.Account{ID: "other", Role: role})
		_, err := other.Edit(t.Context(), id, event("Autre chose"))
		w.wants(err, instance.ErrForbidden)
		_, err = other.EditFollowing(t.Context(), id, event("Autre chose"), instance.Telling{})
		w.wants(err, instance.ErrForbidden)
		history, err := w.node.Editor(lou).History(t.Context(), id)
		w.must(err)
		_, err = other.Revert(t.Context(), history[len(history)-1].Seq)
		w.wants(err, instance.ErrForbidden)
		_, err = other.AcceptProposal(t.Context(), proposal.ID, "", proposal.Changes, "")
		w.wants(err, instance.ErrForbidden)
		_, err = other.Participants(t.Context(), id)
		w.wants(err, instance.ErrForbidden)
		if got := w.object(id).Name; got != "Balade au port" {
			t.Errorf("a %s made it %q", role, got)
		}
		removed := theirs()
		w.must(other.Withdraw(t.Context(), removed))
		if w.object(removed).Deleted.IsZero() {
			t.Errorf("a %s cannot take it away", role)
		}
	}
	if _, err := w.node.Editor(lou).AcceptProposal(t.Context(), proposal.ID, "", changes("name", "Balade à vélo"), ""); err != nil {
		t.Error(err)
	}
}

// Denial of service: addresses that are nobody's fill an event that has room.
func TestAttackSignUpsThatNobodyConfirms(t *testing.T) {
	t.Parallel()
	w := setup(t)
	office := w.withMail()
	id := w.open(3, instance.JoinFree)
	for i := range 600 {
		w.must(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Bot", Email: fmt.Sprintf("b%d@spam.example", i), Seats: 20}))
	}
	for len(office.sent) < 600 {
		w.mails()
	}
	late := office.sent[0]
	office.sent = nil
	w.must(w.node.SignUp(t.Context(), id, instance.Participation{Name: "Sam", Email: "sam@exemple.org", Seats: 1}))
	w.mails()
	sam := secretOf(t, office.sent[0])
	w.must(w.node.ConfirmPlace(t.Context(), sam))
	if p, _, err := w.node.Place(t.Context(), sam); err != nil || p.State != instance.ParticipationAccepted {
		t.Fatalf("%+v, %v", p, err)
	}

	w.now = w.now.Add(49 * time.Hour)
	w.wants(w.node.ConfirmPlace(t.Context(), secretOf(t, late)), instance.ErrNotFound)
	if n, err := w.node.ForgetParticipants(t.Context()); n != 600 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if p, _, err := w.node.Place(t.Context(), sam); err != nil || p.State != instance.ParticipationAccepted {
		t.Errorf("two days later: %+v, %v", p, err)
	}
}

// Censorship: answers to something else hide those to be read.
func TestAttackRepliesBuriedUnderOthers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	w.must(err)
	flooded, err := w.node.Publish(t.Context(), other.ID, event("Autre"))
	w.must(err)
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		for i := range 1001 {
			at := w.now.Add(-time.Hour)
			err := tx.SaveReply(t.Context(), instance.Reply{
				ID: fmt.Sprint("https://evil.example/", i), Object: flooded.Common().ID, Actor: "https://evil.example/u", State: instance.ReplyWaiting, Published: at,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	ana := w.someone("ana")
	w.must(w.node.ReceiveReply(t.Context(), ana, answers(ana, "1", w.open(0, instance.JoinNone), w.now)))
	if waiting, n, err := w.node.Editor(w.writer()).Replies(t.Context(), instance.ReplyWaiting, 0, 100); n != 1 || len(waiting) != 1 || err != nil {
		t.Errorf("to be read: %d of %d, %v", len(waiting), n, err)
	}
	if waiting, n, err := w.node.Editor(moderator()).Replies(t.Context(), instance.ReplyWaiting, 0, 100); n != 1002 || len(waiting) != 100 || err != nil {
		t.Errorf("to moderate: %d of %d, %v", len(waiting), n, err)
	}
}

// Flood: a server has as many authors as it likes.
func TestAttackRepliesOfManyAuthors(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.open(0, instance.JoinNone)
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		for i := range 1000 {
			who := &instance.Actor{ID: fmt.Sprint("https://evil.example/u", i)}
			r := answers(who, "1", id, w.now)
			r.Object, r.State = id, instance.ReplyWaiting
			if err := tx.SaveReply(t.Context(), r); err != nil {
				return err
			}
		}
		return nil
	}))
	one := w.remote(instance.KindPerson, "https://evil.example/one")
	w.wants(w.node.ReceiveReply(t.Context(), one, answers(one, "1", id, w.now)), instance.ErrInvalid)
	near := w.remote(instance.KindPerson, "https://evil.example.org/u") // another server
	w.must(w.node.ReceiveReply(t.Context(), near, answers(near, "1", id, w.now)))
}

// A way back in is also how somebody shuts out who had come in: nothing of theirs stays.
func TestAttackDoorsLeftOpenAfterAReset(t *testing.T) {
	t.Parallel()
	w := setup(t)
	office := w.withMail()
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	reset := func(keep ...string) *instance.Account {
		back, err := w.node.LetBackIn(t.Context(), lou.ID, time.Hour)
		w.must(err)
		a, err := w.node.Reset(t.Context(), back, "une tout autre phrase", keep...)
		w.must(err)
		return a
	}
	for _, id := range []string{"mine", "theirs"} {
		w.must(w.node.AddPasskey(t.Context(), lou.ID, instance.Passkey{ID: id, Label: id}))
		_, err := w.node.CreateToken(t.Context(), lou, instance.Token{Scope: instance.TokenPublishes, Actor: w.org.ID, Label: id})
		w.must(err)
	}
	_, err := w.node.OpenSession(t.Context(), lou.ID, "")
	w.must(err)
	w.must(w.node.ChangeEmail(t.Context(), lou.ID, "mallory@evil.example"))
	w.mails()
	_, link, _ := strings.Cut(office.sent[len(office.sent)-1].Text, "?cle=")
	for _, m := range office.sent {
		if m.To == "mallory@evil.example" {
			_, link, _ = strings.Cut(m.Text, "?cle=")
		}
	}
	tokens, err := w.node.Tokens(t.Context(), lou.ID)
	w.must(err)
	kept := tokens[0]

	a := reset("mine", kept.Hash)
	if len(a.Passkeys) != 1 || a.Passkeys[0].ID != "mine" {
		t.Errorf("passkeys %+v", a.Passkeys)
	}
	if tokens, err := w.node.Tokens(t.Context(), lou.ID); err != nil || len(tokens) != 1 || tokens[0].Hash != kept.Hash {
		t.Errorf("tokens %+v, %v", tokens, err)
	}
	if open, err := w.node.OpenSessions(t.Context(), lou.ID); err != nil || len(open) != 0 {
		t.Errorf("sessions %+v, %v", open, err)
	}
	_, err = w.node.ConfirmEmail(t.Context(), strings.Fields(link)[0])
	w.wants(err, instance.ErrNotFound)

	a = reset()
	if tokens, err := w.node.Tokens(t.Context(), lou.ID); err != nil || len(tokens)+len(a.Passkeys) != 0 {
		t.Errorf("nothing was kept but %+v, %+v, %v", tokens, a.Passkeys, err)
	}
}

// Memory and CPU: anybody may have a password checked. One kept with costlier settings
// still opens its account, and is kept as the others from then on.
func TestAttackPasswordsCheckedForAnybody(t *testing.T) {
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor)
	salt := []byte("0123456789abcdef")
	const old = "$argon2id$v=19$m=65536,t=3,p=1$"
	encode := base64.RawStdEncoding.EncodeToString
	lou.Password = old + encode(salt) + "$" + encode(argon2.IDKey([]byte(password), salt, 3, 64<<10, 1, 32))
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error { return tx.SaveAccount(t.Context(), lou) }))
	_, err := w.node.Check(t.Context(), lou.Email, "une autre phrase")
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Check(t.Context(), lou.Email, password)
	w.must(err)
	kept, err := w.node.Account(t.Context(), lou.ID)
	w.must(err)
	if strings.HasPrefix(kept.Password, old) || !strings.HasPrefix(kept.Password, "$argon2id$") {
		t.Errorf("kept as %s", kept.Password)
	}
	_, err = w.node.Check(t.Context(), lou.Email, password)
	w.must(err)

	for _, email := range []string{lou.Email, "personne@exemple.org"} { // as long for nobody
		check := func() {
			_, err := w.node.Check(t.Context(), email, strings.Repeat("une autre phrase", 1000))
			w.wants(err, instance.ErrForbidden)
		}
		costtest.Cheap(t, "a wrong password of "+email, check)
		if cost := costtest.Of(t, check); cost.Time < 5*time.Millisecond {
			t.Errorf("a wrong password of %s takes %s: nothing was hashed", email, cost.Time)
		}
	}
}
