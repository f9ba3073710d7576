package instance_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

const password = "une phrase facile à retenir"

func (w *world) host() *instance.Account {
	w.Helper()
	a, err := w.node.NewAccount(w.Context(), instance.Account{Email: "Hote@Exemple.org ", Name: "Hôte", Role: instance.RoleHost}, password)
	w.must(err)
	return a
}

func TestTheFirstAccountIsTheHostsAndTheOnlyOne(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lost, err := w.node.Setup(t.Context())
	w.must(err)
	secret, err := w.node.Setup(t.Context())
	w.must(err)
	_, err = w.node.Redeem(t.Context(), lost, "a@exemple.org", "A", password)
	w.wants(err, instance.ErrNotFound)
	_, err = w.node.Redeem(t.Context(), secret, "a@exemple.org", "A", "court")
	w.wants(err, instance.ErrInvalid)
	host, err := w.node.Redeem(t.Context(), secret, "a@exemple.org", "A", password)
	w.must(err)
	if !host.Hosts() || host.Password == password {
		t.Errorf("opened %+v", host)
	}
	_, err = w.node.Redeem(t.Context(), secret, "b@exemple.org", "B", password)
	w.wants(err, instance.ErrNotFound)
	if again, err := w.node.Setup(t.Context()); err != nil || again != "" {
		t.Errorf("a node with a host offers to be set up again: %q, %v", again, err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	a, err := w.node.Check(t.Context(), " HOTE@exemple.org", password)
	w.must(err)
	if a.ID != host.ID {
		t.Errorf("signed in as %+v", a)
	}
	_, err = w.node.Check(t.Context(), host.Email, "autre phrase")
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Check(t.Context(), "inconnu@exemple.org", password)
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.NewAccount(t.Context(), instance.Account{Email: host.Email, Name: "Autre", Role: instance.RoleContributor}, "")
	w.wants(err, instance.ErrConflict)

	secret, err := w.node.OpenSession(t.Context(), host.ID, "Firefox")
	w.must(err)
	other, err := w.node.OpenSession(t.Context(), host.ID, "Chromium")
	w.must(err)
	_, session, err := w.node.SignedIn(t.Context(), secret)
	w.must(err)
	w.must(w.node.ChangePassword(t.Context(), host.ID, password, "une tout autre phrase", session.Hash))
	if _, _, err := w.node.SignedIn(t.Context(), secret); err != nil {
		t.Errorf("the browser where the password was changed: %v", err)
	}
	_, _, err = w.node.SignedIn(t.Context(), other)
	w.wants(err, instance.ErrNotFound)
	w.now = w.now.Add(31 * 24 * time.Hour)
	_, _, err = w.node.SignedIn(t.Context(), secret)
	w.wants(err, instance.ErrNotFound)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	secret, err := w.node.Invite(t.Context(), host, "", instance.RoleContributor, w.org.ID)
	w.must(err)
	writer, err := w.node.Redeem(t.Context(), secret, "lou@exemple.org", "Lou", password)
	w.must(err)
	if !writer.WritesFor(w.org.ID) || writer.Hosts() || writer.Moderates() {
		t.Errorf("invited %+v", writer)
	}
	_, err = w.node.Invite(t.Context(), writer, "", instance.RoleHost)
	w.wants(err, instance.ErrForbidden)
	other, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	w.must(err)
	_, err = w.node.Invite(t.Context(), writer, "", instance.RoleContributor, other.ID)
	w.wants(err, instance.ErrForbidden)
	late, err := w.node.Invite(t.Context(), writer, "max@exemple.org", instance.RoleContributor, w.org.ID)
	w.must(err)
	w.now = w.now.Add(15 * 24 * time.Hour)
	_, err = w.node.Redeem(t.Context(), late, "max@exemple.org", "Max", password)
	w.wants(err, instance.ErrNotFound)
}

func TestAWayBackIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	browser, err := w.node.OpenSession(t.Context(), host.ID, "")
	w.must(err)
	secret, err := w.node.LetBackIn(t.Context(), host.ID, instance.ResetByMail)
	w.must(err)
	_, err = w.node.Redeem(t.Context(), secret, "x@exemple.org", "X", password)
	w.wants(err, instance.ErrNotFound) // a way back in opens no account
	_, err = w.node.Reset(t.Context(), secret, "une tout autre phrase")
	w.must(err)
	_, err = w.node.Reset(t.Context(), secret, "encore une autre phrase")
	w.wants(err, instance.ErrNotFound)
	_, _, err = w.node.SignedIn(t.Context(), browser)
	w.wants(err, instance.ErrNotFound)
	if _, err := w.node.Check(t.Context(), host.Email, "une tout autre phrase"); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// postOffice is a mailer that keeps what it is given.
type postOffice struct{ sent []instance.Message }

func (l *postOffice) Send(_ context.Context, m instance.Message) error {
	l.sent = append(l.sent, m)
	return nil
}

// withMail is the same node, sending letters.
func (w *world) withMail() *postOffice {
	w.Helper()
	post := &postOffice{}
	var err error
	w.node, err = instance.New(w.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "A", Contact: "hote@a.example", Store: w.store, Mailer: post,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
	})
	w.must(err)
	return post
}

// post writes the letters that wait, and returns the last.
func (w *world) post(l *postOffice) instance.Message {
	w.Helper()
	jobs, err := w.store.Claim(w.Context(), []string{instance.JobMail}, 10, 10, time.Minute)
	w.must(err)
	for _, job := range jobs {
		w.must(w.node.Mail(w.Context(), job))
		w.must(w.store.Finish(w.Context(), job.ID))
	}
	if len(l.sent) == 0 {
		w.Fatal("no letter was sent")
	}
	return l.sent[len(l.sent)-1]
}

var secretInLink = regexp.MustCompile(`cle=([\w-]+)`)

// secret is the secret of the link in a letter.
func (w *world) secret(m instance.Message) string {
	w.Helper()
	found := secretInLink.FindStringSubmatch(m.Text)
	if found == nil {
		w.Fatalf("no link in %q", m.Text)
	}
	return found[1]
}

func (w *world) member(email string, role instance.Role, organisations ...string) *instance.Account {
	w.Helper()
	a, err := w.node.NewAccount(w.Context(), instance.Account{Email: email, Name: email, Role: role, Organisations: organisations}, password)
	w.must(err)
	return a
}

func TestALetterInvites(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	_, err := w.node.InviteByMail(t.Context(), host, "lou@exemple.org", instance.RoleContributor)
	w.wants(err, instance.ErrInvalid) // no mail
	post := w.withMail()
	_, err = w.node.InviteByMail(t.Context(), host, "lou@exemple.org", instance.RoleModerator, w.org.ID)
	w.must(err)
	letter := w.post(post)
	if letter.To != "lou@exemple.org" || !strings.Contains(letter.Text, "Tiriad") || !strings.Contains(letter.Text, "https://a.example/invitation?cle=") {
		t.Errorf("letter %+v", letter)
	}
	lou, err := w.node.Redeem(t.Context(), w.secret(letter), "lou@exemple.org", "Lou", password)
	w.must(err)
	if lou.Role != instance.RoleModerator || !lou.WritesFor(w.org.ID) {
		t.Errorf("opened %+v", lou)
	}

	_, err = w.node.InviteByMail(t.Context(), host, "max@exemple.org", instance.RoleContributor, w.org.ID)
	w.must(err)
	waiting, err := w.node.Invitations(t.Context(), host)
	w.must(err)
	if len(waiting) != 1 || waiting[0].Email != "max@exemple.org" {
		t.Fatalf("waiting %+v", waiting)
	}
	w.wants(w.node.RevokeInvitation(t.Context(), lou, waiting[0].ID), instance.ErrForbidden)
	w.must(w.node.RevokeInvitation(t.Context(), host, waiting[0].ID))
	if w.post(post); len(post.sent) != 1 {
		t.Errorf("a letter left for an invitation that was taken back: %+v", post.sent)
	}
}

func TestAnInvitationToAnAccountThatExists(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host, lou := w.host(), w.member("lou@exemple.org", instance.RoleModerator)
	secret, err := w.node.Invite(t.Context(), host, "", instance.RoleContributor, w.org.ID)
	w.must(err)
	w.must(w.node.AcceptInvitation(t.Context(), lou.ID, secret))
	w.wants(w.node.AcceptInvitation(t.Context(), lou.ID, secret), instance.ErrNotFound)
	lou, err = w.node.Account(t.Context(), lou.ID)
	w.must(err)
	if !lou.WritesFor(w.org.ID) || lou.Role != instance.RoleModerator {
		t.Errorf("accepted: %+v", lou)
	}
}

func TestAnInvitationEndsWithWhoMadeIt(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	left, err := w.node.Invite(t.Context(), lou, "", instance.RoleContributor, w.org.ID)
	w.must(err)
	w.must(w.node.SetMember(t.Context(), host, lou.ID, instance.RoleContributor)) // writes for nobody any more
	_, err = w.node.Redeem(t.Context(), left, "a@exemple.org", "A", password)
	w.wants(err, instance.ErrNotFound)
}

// by is what a token leaves of an account.
func (w *world) by(a *instance.Account, scope instance.TokenScope) (as *instance.Account, hash string) {
	w.Helper()
	secret, err := w.node.CreateToken(w.Context(), a, instance.Token{Scope: scope, Label: "essai"})
	w.must(err)
	hash = instance.HashSecret(secret)
	_, as, err = w.node.TokenHolder(w.Context(), hash)
	w.must(err)
	return as, hash
}

// A token may be stolen: only a browser makes hosts, or unmakes them.
func TestATokenMakesNoHost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host, other, lou := w.host(), w.member("autre@exemple.org", instance.RoleHost), w.member("lou@exemple.org", instance.RoleContributor)
	as, _ := w.by(host, instance.TokenHosts)
	w.wants(w.node.SetMember(t.Context(), as, lou.ID, instance.RoleHost), instance.ErrForbidden)
	w.wants(w.node.SetMember(t.Context(), as, other.ID, instance.RoleContributor), instance.ErrForbidden)
	w.wants(w.node.CloseAccount(t.Context(), as, other.ID), instance.ErrForbidden)
	w.must(w.node.CloseAccount(t.Context(), host, other.ID))
	w.wants(w.node.ReopenAccount(t.Context(), as, other.ID), instance.ErrForbidden)
	_, err := w.node.Invite(t.Context(), as, "", instance.RoleHost)
	w.wants(err, instance.ErrForbidden)
	w.must(w.node.SetMember(t.Context(), as, lou.ID, instance.RoleModerator))
	w.must(w.node.CloseAccount(t.Context(), as, lou.ID))
	w.must(w.node.ReopenAccount(t.Context(), as, lou.ID))
}

func TestAnInvitationEndsWithItsToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	as, hash := w.by(host, instance.TokenHosts)
	kept, err := w.node.Invite(t.Context(), as, "", instance.RoleContributor, w.org.ID)
	w.must(err)
	lost, err := w.node.Invite(t.Context(), as, "", instance.RoleContributor, w.org.ID)
	w.must(err)
	_, err = w.node.Redeem(t.Context(), kept, "a@exemple.org", "A", password)
	w.must(err)
	w.must(w.node.RevokeToken(t.Context(), host, hash))
	_, err = w.node.Redeem(t.Context(), lost, "b@exemple.org", "B", password)
	w.wants(err, instance.ErrNotFound)
}

func TestTheLastHostStays(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	w.wants(w.node.SetMember(t.Context(), host, host.ID, instance.RoleContributor), instance.ErrInvalid)
	w.wants(w.node.CloseAccount(t.Context(), host, host.ID), instance.ErrInvalid)
	w.wants(w.node.EraseAccount(t.Context(), host.ID, password), instance.ErrInvalid)
	other := w.member("autre@exemple.org", instance.RoleHost)
	w.must(w.node.CloseAccount(t.Context(), host, other.ID))
	w.wants(w.node.CloseAccount(t.Context(), host, host.ID), instance.ErrInvalid) // a closed host is none
	w.must(w.node.ReopenAccount(t.Context(), host, other.ID))
	w.must(w.node.SetMember(t.Context(), other, host.ID, instance.RoleContributor))
	w.wants(w.node.SetMember(t.Context(), w.member("lou@exemple.org", instance.RoleModerator), host.ID, instance.RoleHost), instance.ErrForbidden)
}

func TestAClosedAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	host := w.host()
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	browser, err := w.node.OpenSession(t.Context(), lou.ID, "")
	w.must(err)
	token, err := w.node.CreateToken(t.Context(), lou, publishes(w.org.ID))
	w.must(err)
	back, err := w.node.LetBackIn(t.Context(), lou.ID, instance.ResetByHand)
	w.must(err)
	w.must(w.node.CloseAccount(t.Context(), host, lou.ID))
	_, err = w.node.Check(t.Context(), lou.Email, password)
	w.wants(err, instance.ErrForbidden)
	_, _, err = w.node.SignedIn(t.Context(), browser)
	w.wants(err, instance.ErrNotFound)
	_, _, err = w.node.TokenHolder(t.Context(), instance.HashSecret(token))
	w.wants(err, instance.ErrNotFound)
	_, err = w.node.Reset(t.Context(), back, "une tout autre phrase")
	w.wants(err, instance.ErrNotFound)
	w.must(w.node.ReopenAccount(t.Context(), host, lou.ID))
	if _, err := w.node.Check(t.Context(), lou.Email, password); err != nil {
		t.Errorf("reopened: %v", err)
	}
}

// publishes is a token for an actor.
func publishes(actor string) instance.Token {
	return instance.Token{Scope: instance.TokenPublishes, Actor: actor, Label: "agenda"}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	_, err := w.node.CreateToken(t.Context(), lou, publishes(w.node.Self().ID))
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.CreateToken(t.Context(), lou, instance.Token{Scope: instance.TokenPublishes, Actor: w.org.ID, Label: " "})
	w.wants(err, instance.ErrInvalid)
	token, err := w.node.CreateToken(t.Context(), lou, publishes(w.org.ID))
	w.must(err)
	held, as, err := w.node.TokenHolder(t.Context(), instance.HashSecret(token))
	w.must(err)
	if held.Actor != w.org.ID || !as.WritesFor(w.org.ID) {
		t.Errorf("%+v works as %+v", held, as)
	}
	kept, err := w.node.Tokens(t.Context(), lou.ID)
	w.must(err)
	if len(kept) != 1 || kept[0].Used.IsZero() {
		t.Errorf("kept %+v", kept)
	}
	w.wants(w.node.RevokeToken(t.Context(), w.host(), instance.HashSecret(token)), instance.ErrForbidden)
	w.must(w.node.SetMember(t.Context(), instance.Operator(), lou.ID, instance.RoleContributor))
	_, _, err = w.node.TokenHolder(t.Context(), instance.HashSecret(token))
	w.wants(err, instance.ErrForbidden) // writes for it no more
	w.must(w.node.RevokeToken(t.Context(), lou, instance.HashSecret(token)))
	_, _, err = w.node.TokenHolder(t.Context(), instance.HashSecret(token))
	w.wants(err, instance.ErrNotFound)
}

// A token may do what its scope says, of what its account may do now.
func TestATokenDoesNoMoreThanItsScope(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleModerator, w.org.ID)
	for _, forbidden := range []instance.Token{
		{Scope: instance.TokenHosts}, {Scope: ""}, {Scope: "tout"}, {Scope: instance.TokenSelf, Actor: w.org.ID},
	} {
		forbidden.Label = "trop"
		_, err := w.node.CreateToken(t.Context(), lou, forbidden)
		w.wants(err, instance.ErrForbidden)
	}
	as := func(scope instance.TokenScope) (*instance.Account, string) {
		t.Helper()
		token, err := w.node.CreateToken(t.Context(), lou, instance.Token{Scope: scope, Label: "essai"})
		w.must(err)
		_, as, err := w.node.TokenHolder(t.Context(), instance.HashSecret(token))
		w.must(err)
		if as.Password != "" || as.WritesFor(w.org.ID) {
			t.Errorf("%s works as %+v", scope, as)
		}
		return as, instance.HashSecret(token)
	}
	if reads, _ := as(instance.TokenReads); reads.ID != "" || reads.Moderates() {
		t.Errorf("who reads is %+v", reads)
	}
	if self, _ := as(instance.TokenSelf); self.ID != lou.ID || self.Moderates() {
		t.Errorf("who acts for themselves is %+v", self)
	}
	moderates, hash := as(instance.TokenModerates)
	if !moderates.Moderates() || moderates.Hosts() {
		t.Errorf("who moderates is %+v", moderates)
	}
	w.must(w.node.SetMember(t.Context(), instance.Operator(), lou.ID, instance.RoleContributor, w.org.ID))
	_, _, err := w.node.TokenHolder(t.Context(), hash)
	w.wants(err, instance.ErrForbidden)
}

func TestAnotherEmail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou, sam := w.member("lou@exemple.org", instance.RoleContributor), w.member("max@exemple.org", instance.RoleContributor)
	w.wants(w.node.ChangeEmail(t.Context(), lou.ID, sam.Email), instance.ErrConflict) // no mail: at once
	w.must(w.node.ChangeEmail(t.Context(), lou.ID, "lou@ailleurs.example"))
	post := w.withMail()
	w.must(w.node.ChangeEmail(t.Context(), lou.ID, "lou@neuf.example"))
	w.post(post)
	if len(post.sent) != 2 {
		t.Fatalf("letters %+v", post.sent)
	}
	asked, told := post.sent[0], post.sent[1]
	if asked.To != "lou@neuf.example" || told.To != "lou@ailleurs.example" || strings.Contains(told.Text, "cle=") {
		t.Errorf("asked %+v, told %+v", asked, told)
	}
	changed, err := w.node.ConfirmEmail(t.Context(), w.secret(asked))
	w.must(err)
	if changed.Email != "lou@neuf.example" || changed.NewEmail != "" {
		t.Errorf("changed %+v", changed)
	}
	_, err = w.node.ConfirmEmail(t.Context(), w.secret(asked))
	w.wants(err, instance.ErrNotFound)
}

func TestAWayBackInByMail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor)
	post := w.withMail()
	w.must(w.node.AskReset(t.Context(), "personne@exemple.org")) // says nothing
	w.must(w.node.AskReset(t.Context(), " LOU@exemple.org"))
	first := w.secret(w.post(post))
	if len(post.sent) != 1 || post.sent[0].To != lou.Email {
		t.Fatalf("letters %+v", post.sent)
	}
	w.must(w.node.AskReset(t.Context(), lou.Email))
	second := w.secret(w.post(post))
	_, err := w.node.Reset(t.Context(), first, "une tout autre phrase")
	w.wants(err, instance.ErrNotFound) // the second replaced it
	w.now = w.now.Add(time.Hour + time.Second)
	_, err = w.node.Reset(t.Context(), second, "une tout autre phrase")
	w.wants(err, instance.ErrNotFound)
}

func TestAppearAndDisappear(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	at := &instance.Point{Lat: 48.390394, Lon: -4.486076}
	person, err := w.node.Appear(t.Context(), lou.ID, instance.Actor{
		Slug: "lou", Name: "Lou", Summary: "<p>Aime les cartes</p>", Place: &instance.Place{Street: "1 rue du Port", Locality: "Brest", Point: at},
	})
	w.must(err)
	if person.Kind != instance.KindPerson || person.Place.Street != "" || *person.Place.Point == *at {
		t.Errorf("appears as %+v at %+v", person, person.Place)
	}
	_, err = w.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou-bis", Name: "Lou"})
	w.wants(err, instance.ErrConflict)
	if _, err := w.node.ActorBySlug(t.Context(), instance.KindPerson, "lou-bis"); err == nil {
		t.Error("a person without account was left behind")
	}
	lou, err = w.node.Account(t.Context(), lou.ID)
	w.must(err)
	own, err := w.node.Editor(lou).Publish(t.Context(), person.ID, event("Balade de Lou"))
	w.must(err)
	theirs, err := w.node.Editor(lou).Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)

	w.must(w.node.Disappear(t.Context(), lou.ID))
	gone, err := w.node.Actor(t.Context(), person.ID)
	w.must(err)
	if gone.Gone.IsZero() || gone.Summary != "" || gone.Place != nil || gone.KeyID == "" {
		t.Errorf("left %+v", gone)
	}
	tombstone, err := w.node.Object(t.Context(), own.Common().ID)
	w.must(err)
	if b := tombstone.Common(); b.Deleted.IsZero() || b.Name != "" {
		t.Errorf("left %+v", b)
	}
	if kept, err := w.node.Object(t.Context(), theirs.Common().ID); err != nil || !kept.Common().Deleted.IsZero() {
		t.Errorf("the organisation's event: %+v, %v", kept, err)
	}
	_, err = w.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou", Name: "Quelqu'un d'autre"})
	w.wants(err, instance.ErrConflict) // nobody takes the place of one who left
	w.must(w.node.Disappear(t.Context(), lou.ID))
}

func TestEraseAnAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.host()
	lou := w.member("lou@exemple.org", instance.RoleContributor, w.org.ID)
	_, err := w.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou", Name: "Lou"})
	w.must(err)
	editor := w.node.Editor(lou)
	theirs, err := editor.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	_, err = editor.SaveDraft(t.Context(), instance.Draft{Actor: w.org.ID, Object: event("Plus tard")})
	w.must(err)
	token, err := w.node.CreateToken(t.Context(), lou, publishes(w.org.ID))
	w.must(err)
	browser, err := w.node.OpenSession(t.Context(), lou.ID, "Firefox")
	w.must(err)
	party := event("Atelier")
	party.JoinMode = instance.JoinFree
	joined, err := editor.Publish(t.Context(), w.org.ID, party)
	w.must(err)
	_, err = w.node.MemberJoin(t.Context(), lou, joined.Common().ID)
	w.must(err)
	_, err = w.node.Propose(t.Context(), lou, cartopartie())
	w.must(err)
	w.proposed(cartopartie()) // a visitor's, which is nobody's

	data, err := w.node.PersonalData(t.Context(), lou.ID)
	w.must(err)
	if data.Account.Password != "" || data.Person == nil || len(data.Drafts) != 1 || len(data.Revisions) != 2 || len(data.Participations) != 1 || len(data.Proposals) != 1 || len(data.Tokens) != 1 || len(data.Sessions) != 1 {
		t.Errorf("data %+v", data)
	}

	w.wants(w.node.EraseAccount(t.Context(), lou.ID, "autre phrase"), instance.ErrInvalid)
	w.must(w.node.EraseAccount(t.Context(), lou.ID, password))
	left, _, err := w.store.Proposals(t.Context(), instance.ProposalFilter{})
	w.must(err)
	if len(left) != 1 || left[0].Account != "" || left[0].Secret == "" {
		t.Errorf("proposals left: %+v", left)
	}
	_, err = w.node.Account(t.Context(), lou.ID)
	w.wants(err, instance.ErrNotFound)
	_, _, err = w.node.SignedIn(t.Context(), browser)
	w.wants(err, instance.ErrNotFound)
	_, _, err = w.node.TokenHolder(t.Context(), instance.HashSecret(token))
	w.wants(err, instance.ErrNotFound)
	if places, err := w.node.Participations(t.Context(), instance.ParticipationFilter{Event: joined.Common().ID}); err != nil || len(places) != 0 {
		t.Errorf("places %+v, %v", places, err)
	}
	revisions, err := w.node.Revisions(t.Context(), theirs.Common().ID)
	w.must(err)
	if len(revisions) != 1 || revisions[0].Account != "" {
		t.Errorf("history %+v", revisions)
	}
	if w.jobs()[instance.JobAnnounce] < 2 { // the event's Create, the person's Delete
		t.Errorf("jobs %v", w.jobs())
	}
}

func TestPasskeysOfAnAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lou, sam := w.member("lou@exemple.org", instance.RoleContributor), w.member("max@exemple.org", instance.RoleContributor)
	w.must(w.node.AddPasskey(t.Context(), lou.ID, instance.Passkey{ID: "k1", Label: "Téléphone", Credential: []byte("{}")}))
	w.wants(w.node.AddPasskey(t.Context(), lou.ID, instance.Passkey{ID: "k1", Label: "Encore"}), instance.ErrConflict)
	w.wants(w.node.RenamePasskey(t.Context(), sam.ID, "k1", "Le mien"), instance.ErrNotFound)
	w.must(w.node.UsedPasskey(t.Context(), lou.ID, "k1", []byte(`{"a":1}`)))

	secret, err := w.node.Challenge(t.Context(), lou.ID, []byte("asked"))
	w.must(err)
	_, err = w.node.TakeChallenge(t.Context(), sam.ID, secret)
	w.wants(err, instance.ErrNotFound)
	_, err = w.node.TakeChallenge(t.Context(), "", secret)
	w.wants(err, instance.ErrNotFound)
	asked, err := w.node.TakeChallenge(t.Context(), lou.ID, secret)
	w.must(err)
	if string(asked) != "asked" {
		t.Errorf("asked %q", asked)
	}
	_, err = w.node.TakeChallenge(t.Context(), lou.ID, secret)
	w.wants(err, instance.ErrNotFound)
	w.must(w.node.RemovePasskey(t.Context(), lou.ID, "k1"))
}
