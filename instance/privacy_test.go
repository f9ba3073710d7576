package instance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// Of somebody who left nothing is found in any table: neither their e-mail, nor their
// name, nor the identifier of their account, nor what they wrote of themselves. The
// address of their public page stays, to answer that it is gone.
func TestNothingRemainsOfAnErasedAccount(t *testing.T) {
	t.Parallel()
	dsn := storetest.SQLite(t)
	w := &world{T: t, store: storetest.OpenDSN(t, dsn), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	w.withMail()
	var err error
	w.org, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	w.must(err)
	host := w.host()
	_, err = w.node.InviteByMail(t.Context(), host, "zoe.unique@exemple.org", instance.RoleContributor, w.org.ID)
	w.must(err)
	zoe := w.member("zoe.unique@exemple.org", instance.RoleContributor, w.org.ID)
	w.must(w.node.EditAccount(t.Context(), zoe.ID, "Zoé Nomrare", "fr"))
	person, err := w.node.Appear(t.Context(), zoe.ID, instance.Actor{Slug: "zoe-adresse", Name: "Zoé Nomrare", Summary: "Biographierare"})
	w.must(err)
	zoe, err = w.node.Account(t.Context(), zoe.ID)
	w.must(err)
	editor := w.node.Editor(zoe)

	own, err := editor.Publish(t.Context(), person.ID, event("Balade Titrerare"))
	w.must(err)
	shared, err := editor.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	_, err = editor.Edit(t.Context(), shared.Common().ID, event("Cartopartie au port"))
	w.must(err)
	_, err = editor.SaveDraft(t.Context(), instance.Draft{Actor: w.org.ID, Object: event("Brouillonrare")})
	w.must(err)
	_, err = w.node.OpenSession(t.Context(), zoe.ID, "Navigateurrare")
	w.must(err)
	_, err = w.node.CreateToken(t.Context(), zoe, instance.Token{Scope: instance.TokenPublishes, Actor: w.org.ID, Label: "Jetonrare"})
	w.must(err)
	w.must(w.node.AddPasskey(t.Context(), zoe.ID, instance.Passkey{ID: "Clérare", Label: "Clérare"}))
	_, err = w.node.Invite(t.Context(), zoe, "invitee.unique@exemple.org", instance.RoleContributor, w.org.ID)
	w.must(err)
	_, err = w.node.LetBackIn(t.Context(), zoe.ID, time.Hour)
	w.must(err)
	w.must(w.node.ChangeEmail(t.Context(), zoe.ID, "zoe.neuve@exemple.org"))
	_, err = w.node.MemberJoin(t.Context(), zoe, w.open(10, instance.JoinFree))
	w.must(err)
	_, err = w.node.Propose(t.Context(), zoe, instance.Proposal{Kind: instance.ProposeReport, Object: shared.Common().ID, Reason: instance.ReasonError, Message: "Motrare", Email: zoe.Email})
	w.must(err)
	w.must(w.node.SignUp(t.Context(), w.open(10, instance.JoinFree), instance.Participation{Name: "Zoé Nomrare", Email: zoe.Email, Seats: 1}))
	w.proposed(instance.Proposal{Kind: instance.ProposeReport, Object: shared.Common().ID, Reason: instance.ReasonSpam, Email: zoe.Email})
	ana := w.someone("ana")
	w.must(w.node.ReceiveReply(t.Context(), ana, answers(ana, "1", shared.Common().ID, w.now)))
	w.must(editor.AnswerReply(t.Context(), ana.ID+"/1", true))
	w.mails()

	w.must(w.node.EraseAccount(t.Context(), zoe.ID, password))
	w.mails()
	copied := filepath.Join(t.TempDir(), "copy.db")
	w.must(store.BackUp(t.Context(), dsn, copied)) // without the pages that are free
	kept, err := os.ReadFile(copied)
	w.must(err)
	for _, trace := range []string{
		"zoe.unique@exemple.org", "zoe.neuve@exemple.org", "invitee.unique@exemple.org", "Nomrare", zoe.ID,
		"Biographierare", "Titrerare", "Brouillonrare", "Navigateurrare", "Jetonrare", "Clérare", "Motrare",
	} {
		if at := bytes.Index(kept, []byte(trace)); at >= 0 {
			t.Errorf("%s remains: %q", trace, kept[max(0, at-150):min(len(kept), at+150)])
		}
	}
	if gone, err := w.node.Actor(t.Context(), person.ID); err != nil || gone.Gone.IsZero() || gone.Name == "Zoé Nomrare" {
		t.Errorf("their page: %+v, %v", gone, err)
	}
	if o, err := w.node.Object(t.Context(), own.Common().ID); err != nil || o.Common().Deleted.IsZero() {
		t.Errorf("what they published: %+v, %v", o, err)
	}
	if o, err := w.node.Object(t.Context(), shared.Common().ID); err != nil || o.Common().Name != "Cartopartie au port" {
		t.Errorf("what their organisation published: %+v, %v", o, err)
	}
}
