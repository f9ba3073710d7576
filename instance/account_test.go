package instance_test

import (
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
	w.must(w.node.SetPassword(t.Context(), host.ID, "une tout autre phrase", session.Hash))
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
	secret, err := w.node.LetBackIn(t.Context(), host.ID)
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
