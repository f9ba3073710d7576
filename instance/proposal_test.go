package instance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

func moderator() *instance.Account { return &instance.Account{ID: "mo", Role: instance.RoleModerator} }

func changes(pairs ...string) (all []instance.Change) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, instance.Change{Field: pairs[i], Now: pairs[i+1]})
	}
	return all
}

// proposed is a proposal that must be kept, as it is kept.
func (w *world) proposed(p instance.Proposal) *instance.Proposal {
	w.Helper()
	secret, err := w.node.Propose(w.Context(), nil, p)
	w.must(err)
	kept, err := w.node.FollowUp(w.Context(), secret)
	w.must(err)
	return kept
}

func cartopartie() instance.Proposal {
	return instance.Proposal{Kind: instance.ProposeCreate, ObjectKind: instance.KindEvent, Changes: changes(
		"name", "Cartopartie au jardin", "date", "2027-03-14", "time", "14h", "end_time", "17:30", "locality", "Brest", "organiser", "Tiriad, Les Chats cosmiques",
	)}
}

// wrongFields lists the fields that an error names.
func wrongFields(err error) (fields []string) {
	var invalid *instance.ValidationError
	if errors.As(err, &invalid) {
		for _, f := range invalid.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

func TestAProposedEventIsPublishedInTheNameOfAnOrganisation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := w.proposed(cartopartie())
	if p.State != instance.ProposalWaiting || p.Owner != "" {
		t.Fatalf("kept as %+v", p)
	}
	editor := w.node.Editor(w.writer())
	if _, total, err := editor.Proposals(t.Context(), false, 0, 10); err != nil || total != 0 {
		t.Errorf("an editor sees %d proposals of new things: %v", total, err)
	}
	_, err := editor.AcceptProposal(t.Context(), p.ID, w.org.ID, p.Changes, "")
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Editor(moderator()).AcceptProposal(t.Context(), p.ID, w.org.ID, p.Changes, "")
	w.wants(err, instance.ErrForbidden) // moderates, and writes for nobody

	host := w.node.Editor(&instance.Account{ID: "h", Role: instance.RoleHost})
	amended := slices.Clone(p.Changes)
	amended[0].Now = "Cartopartie au jardin partagé"
	o, err := host.AcceptProposal(t.Context(), p.ID, w.org.ID, amended, "Merci !")
	w.must(err)
	e := o.(*instance.Event)
	if e.Name != "Cartopartie au jardin partagé" || e.Owner != w.org.ID || e.Place.Locality != "Brest" || len(e.Organisers) != 2 {
		t.Errorf("published %+v", e)
	}
	if got := e.When.French(); !strings.Contains(got, "14 mars 2027") || !strings.Contains(got, "17\u00a0h\u00a030") {
		t.Errorf("date %s", got)
	}
	if after, err := w.node.Proposal(t.Context(), p.ID); err != nil || after.State != instance.ProposalAccepted || after.Result != e.ID || after.Answer != "Merci !" {
		t.Errorf("then %+v, %v", after, err)
	}
	_, err = host.AcceptProposal(t.Context(), p.ID, w.org.ID, amended, "")
	w.wants(err, instance.ErrConflict)
}

func TestAProposedEventIsChecked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, test := range map[string]struct {
		changes []instance.Change
		message string
		want    string
	}{
		"no name":          {changes("date", "2027-03-14"), "", "name"},
		"no date":          {changes("name", "Cartopartie"), "", "date"},
		"an hour alone":    {changes("name", "Cartopartie", "time", "14:00"), "", "date"},
		"no such day":      {changes("name", "Cartopartie", "date", "2027-02-30"), "", "date"},
		"no such hour":     {changes("name", "Cartopartie", "date", "2027-03-14", "time", "25:00"), "", "time"},
		"ends before":      {changes("name", "Cartopartie", "date", "2027-03-14", "end_date", "2027-03-13"), "", "end_date"},
		"an end alone":     {changes("name", "Cartopartie", "date", "2027-03-14", "end_time", "12:00"), "", "time"},
		"a script":         {changes("name", "Cartopartie", "date", "2027-03-14", "link", "javascript:alert(1)"), "", "link"},
		"a link as a name": {changes("name", "Achetez sur https://spam.example", "date", "2027-03-14"), "", "name"},
		"many links":       {changes("name", "Cartopartie", "date", "2027-03-14"), strings.Repeat("http://spam.example ", 4), "message"},
		"too long":         {changes("name", strings.Repeat("a", 201), "date", "2027-03-14"), "", "name"},
		"an essay":         {changes("name", "Cartopartie", "date", "2027-03-14"), strings.Repeat("a", 2001), "message"},
	} {
		_, err := w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCreate, ObjectKind: instance.KindEvent, Changes: test.changes, Message: test.message})
		if !slices.Contains(wrongFields(err), test.want) {
			t.Errorf("%s: %v, want something about %s", name, err, test.want)
		}
	}
	for _, p := range []instance.Proposal{
		{Kind: instance.ProposeCreate, ObjectKind: instance.KindRecipe, Changes: changes("name", "Une recette")},
		{Kind: "other"},
		{Kind: instance.ProposeCreate, ObjectKind: instance.KindEvent, Changes: changes("owner", "x", "name", "Cartopartie", "date", "2027-03-14")},
	} {
		_, err := w.node.Propose(t.Context(), nil, p)
		w.wants(err, instance.ErrInvalid)
	}
}

func TestAVagueDateIsPlaced(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for words, want := range map[string]string{"octobre 2027": "2027-10", "printemps 2027": "2027", "mars ou avril 2027": "2027", "bientôt": ""} {
		o, err := w.node.Amended(&instance.Event{Base: instance.Base{Kind: instance.KindEvent}}, changes("name", "Cartopartie", "when", words))
		w.must(err)
		if got := o.(*instance.Event).When; got.Approx != want || got.Text != words || !got.Vague() {
			t.Errorf("%s: %+v", words, got)
		}
	}
}

func TestACorrectionChangesOnlyItsFields(t *testing.T) {
	t.Parallel()
	w := setup(t)
	draft := event("Cartopartie")
	draft.Content, draft.Capacity = "<p>Venez</p>", 30
	draft.Organisers = []instance.Ref{{ID: w.org.ID, Name: "Tiriad"}, {Name: "Une autre"}}
	draft.Place = &instance.Place{Locality: "Brest", Point: &instance.Point{Lat: 48.39, Lon: -4.48}, Precision: instance.PrecisionPlace}
	published, err := w.node.Publish(t.Context(), w.org.ID, draft)
	w.must(err)
	id := published.Common().ID
	if _, offered := instance.ProposedValues(published)["content"]; offered {
		t.Error("a text that has no Markdown is offered: its form would be lost")
	}
	same := instance.ProposedValues(published)
	all := changes("street", "3 rue des Quais", "date", same["date"], "time", "15:30", "name", same["name"], "organiser", "Tiriad")
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Changes: all, Message: "Je passe devant."})
	if p.Owner != w.org.ID || len(p.Changes) != 3 || p.Changes[1].Was != same["time"] {
		t.Fatalf("kept as %+v", p)
	}
	if n, err := w.node.PendingProposals(t.Context(), id); err != nil || n != 1 {
		t.Errorf("%d pending, %v", n, err)
	}
	// Somebody edits it meanwhile: what the correction does not name is kept as it is now.
	renamed := instance.CloneObject(published)
	renamed.Common().Name = "Cartopartie du port"
	_, err = w.node.Edit(t.Context(), w.org.ID, id, renamed)
	w.must(err)
	o, err := w.node.Editor(w.writer()).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.must(err)
	e := o.(*instance.Event)
	if e.Name != "Cartopartie du port" || e.Content != "<p>Venez</p>" || e.Capacity != 30 || e.Place.Street != "3 rue des Quais" || e.Place.Point == nil {
		t.Errorf("corrected to %+v, %+v", e, e.Place)
	}
	if len(e.Organisers) != 1 || e.Organisers[0].ID != w.org.ID {
		t.Errorf("organisers %+v", e.Organisers)
	}
	if e.When.Start.In(e.When.Location()).Format("15:04") != "15:30" {
		t.Errorf("begins at %s", e.When.Start)
	}
	if e.Owner != w.org.ID {
		t.Errorf("now of %s", e.Owner)
	}
}

func TestACorrectionOfWhatChangedIsSaid(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: published.Common().ID, Changes: changes("name", "Cartopartie au port")})
	renamed := instance.CloneObject(published)
	renamed.Common().Name = "Cartopartie du jardin"
	_, err = w.node.Edit(t.Context(), w.org.ID, published.Common().ID, renamed)
	w.must(err)
	stale, err := w.node.Stale(t.Context(), p)
	w.must(err)
	if len(stale) != 1 || stale["name"] != "Cartopartie du jardin" {
		t.Errorf("stale %v", stale)
	}
}

func TestACorrectionSaysSomething(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	id := published.Common().ID
	_, err = w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Changes: changes("name", "Cartopartie")})
	if !slices.Contains(wrongFields(err), "message") {
		t.Errorf("nothing changed: %v", err)
	}
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Message: "Le lien est mort."})
	if _, err := w.node.Editor(w.writer()).AcceptProposal(t.Context(), p.ID, "", nil, "Corrigé."); err != nil {
		t.Errorf("made by hand: %v", err)
	}
	w.must(w.node.Withdraw(t.Context(), w.org.ID, id))
	_, err = w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Message: "Encore ?"})
	w.wants(err, instance.ErrGone)
	_, err = w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: id + "x", Message: "Encore ?"})
	w.wants(err, instance.ErrNotFound)
}

func TestWhoAnswersReports(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	id := published.Common().ID
	mistake := w.proposed(instance.Proposal{Kind: instance.ProposeReport, Object: id, Reason: instance.ReasonError, Message: "Mauvaise salle"})
	abuse := w.proposed(instance.Proposal{Kind: instance.ProposeReport, Object: id, Reason: instance.ReasonPrivacy, Message: "Mon nom y est"})
	editor, moderating := w.node.Editor(w.writer()), w.node.Editor(moderator())
	if _, err := editor.Proposal(t.Context(), mistake.ID); err != nil {
		t.Errorf("an error is for the editors: %v", err)
	}
	_, err = editor.Proposal(t.Context(), abuse.ID)
	w.wants(err, instance.ErrForbidden) // they would judge themselves
	w.wants(editor.SettleReport(t.Context(), abuse.ID, instance.RemedyNone, ""), instance.ErrForbidden)
	w.wants(editor.DiscardProposal(t.Context(), abuse.ID), instance.ErrForbidden)
	if _, total, err := editor.Proposals(t.Context(), false, 0, 10); err != nil || total != 1 {
		t.Errorf("the editor sees %d: %v", total, err)
	}
	if _, total, err := w.node.Editor(&instance.Account{ID: "x", Role: instance.RoleContributor}).Proposals(t.Context(), false, 0, 10); err != nil || total != 0 {
		t.Errorf("whoever writes for nobody sees %d: %v", total, err)
	}
	w.wants(moderating.SettleReport(t.Context(), abuse.ID, instance.RemedyHide, ""), instance.ErrInvalid) // it is ours
	w.must(moderating.SettleReport(t.Context(), abuse.ID, instance.RemedyWithdraw, "Supprimé."))
	o, err := w.node.Object(t.Context(), id)
	w.must(err)
	if o.Common().Deleted.IsZero() {
		t.Error("it is still there")
	}
	closed := moderator()
	closed.Closed = w.now
	_, err = w.node.Editor(closed).Proposal(t.Context(), mistake.ID)
	w.wants(err, instance.ErrForbidden)
}

func TestARefusalSaysWhy(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := w.proposed(cartopartie())
	moderating := w.node.Editor(moderator())
	if err := moderating.RefuseProposal(t.Context(), p.ID, "  "); !slices.Contains(wrongFields(err), "answer") {
		t.Errorf("without a reason: %v", err)
	}
	w.must(moderating.RefuseProposal(t.Context(), p.ID, "C’est déjà dans l’agenda."))
	after, err := w.node.Proposal(t.Context(), p.ID)
	w.must(err)
	if after.State != instance.ProposalRefused || after.AnsweredBy != "mo" || after.Answered.IsZero() {
		t.Errorf("then %+v", after)
	}
}

func TestTheAuthorTakesAProposalBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	secret, err := w.node.Propose(t.Context(), nil, cartopartie())
	w.must(err)
	_, err = w.node.FollowUp(t.Context(), "")
	w.wants(err, instance.ErrNotFound)
	w.wants(w.node.WithdrawProposal(t.Context(), secret+"x"), instance.ErrNotFound)
	w.must(w.node.WithdrawProposal(t.Context(), secret))
	w.wants(w.node.WithdrawProposal(t.Context(), secret), instance.ErrConflict)
	p, err := w.node.FollowUp(t.Context(), secret)
	w.must(err)
	if p.State != instance.ProposalWithdrawn || len(p.Changes) != 0 {
		t.Errorf("then %+v", p)
	}
	_, err = w.node.Editor(moderator()).AcceptProposal(t.Context(), p.ID, w.org.ID, nil, "")
	w.wants(err, instance.ErrConflict)
}

func TestAQueueIsBounded(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	report := instance.Proposal{Kind: instance.ProposeReport, Object: published.Common().ID, Reason: instance.ReasonSpam}
	for range 20 {
		w.proposed(report)
	}
	_, err = w.node.Propose(t.Context(), nil, report)
	w.wants(err, instance.ErrBusy) // about one thing
	for range 280 {
		w.proposed(cartopartie())
	}
	_, err = w.node.Propose(t.Context(), nil, cartopartie())
	w.wants(err, instance.ErrBusy) // in all
	w.must(w.node.ReceiveReport(t.Context(), w.asso, []string{w.org.ID}, "Pas gentil"))
}

// A letterBox keeps what the node sends.
type letterBox struct {
	letters []instance.Message
	err     error
}

func (b *letterBox) Send(_ context.Context, m instance.Message) error {
	if b.err == nil {
		b.letters = append(b.letters, m)
	}
	return b.err
}

func TestTheAddressIsErasedOnceTheAnswerHasLeft(t *testing.T) {
	t.Parallel()
	box := &letterBox{err: errors.New("no network")}
	store := storetest.Open(t)
	node, err := instance.New(t.Context(), instance.Options{BaseURL: "https://a.example", Name: "Tiriad", Store: store, Mailer: box, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	p := cartopartie()
	p.Email, p.Message = " Ada@Exemple.org ", "Achetez mes chaussures"
	p.Changes[0].Now = "Achetez mes chaussures"
	secret, err := node.Propose(t.Context(), nil, p)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := node.FollowUp(t.Context(), secret)
	if err != nil || kept.Email != "ada@exemple.org" {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	if err := node.Editor(moderator()).RefuseProposal(t.Context(), kept.ID, "Ce n’est pas un événement."); err != nil {
		t.Fatal(err)
	}
	job := instance.MailJob(instance.MailArgs{Letter: instance.LetterProposal, ID: kept.ID})
	if err := node.Mail(t.Context(), job); err == nil {
		t.Fatal("sent without a network")
	}
	if kept, _ = node.FollowUp(t.Context(), secret); kept.Email == "" {
		t.Fatal("the address is erased before the letter has left")
	}
	box.err = nil
	if err := node.Mail(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if kept, _ = node.FollowUp(t.Context(), secret); kept.Email != "" {
		t.Errorf("the address is kept: %s", kept.Email)
	}
	if err := node.Mail(t.Context(), job); err != nil || len(box.letters) != 1 {
		t.Fatalf("%d letters, %v", len(box.letters), err)
	}
	letter := box.letters[0]
	if letter.To != "ada@exemple.org" || !strings.Contains(letter.Text, "Ce n’est pas un événement.") {
		t.Errorf("letter %+v", letter)
	}
	if strings.Contains(letter.Subject+letter.Text, "chaussures") {
		t.Errorf("a stranger's words are sent to an address that may not be theirs: %s", letter.Text)
	}
}

func TestWithoutMailNoAddressIsKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := cartopartie()
	p.Email = "ada@exemple.org"
	if got := w.proposed(p).Email; got != "" {
		t.Errorf("kept %s", got)
	}
}

func TestACorrectionTravels(t *testing.T) {
	t.Parallel()
	w := setup(t)
	theirs := w.theirs("https://b.example/evenements/1", 0)
	w.must(w.node.ReceiveObject(t.Context(), w.asso, theirs, nil))
	correction := instance.Proposal{Kind: instance.ProposeCorrect, Object: theirs.ID, Changes: changes("name", "Rencontre au port")}
	p := w.proposed(correction)
	if p.State != instance.ProposalWaiting || w.jobs()[instance.JobPropose] != 0 {
		t.Fatalf("a visitor's words left unread: %+v", p)
	}
	moderating := w.node.Editor(moderator())
	_, err := moderating.AcceptProposal(t.Context(), p.ID, w.org.ID, p.Changes, "")
	w.wants(err, instance.ErrInvalid)
	w.must(moderating.ForwardProposal(t.Context(), p.ID))
	w.wants(moderating.ForwardProposal(t.Context(), p.ID), instance.ErrConflict)
	p, err = w.node.Proposal(t.Context(), p.ID)
	w.must(err)
	if p.State != instance.ProposalSent || p.Activity == "" || w.jobs()[instance.JobPropose] != 1 {
		t.Fatalf("then %+v, jobs %v", p, w.jobs())
	}
	if n, err := w.node.PendingProposals(t.Context(), theirs.ID); err != nil || n != 1 {
		t.Errorf("%d shown as pending: %v", n, err)
	}
	other := w.remote(instance.KindOrganisation, "https://c.example/organisations/asso")
	w.wants(w.node.ReceiveProposalAnswer(t.Context(), other, p.Activity, true, ""), instance.ErrNotFound)
	w.must(w.node.ReceiveProposalAnswer(t.Context(), w.asso, p.Activity, true, "<b>Merci</b>"))
	w.wants(w.node.ReceiveProposalAnswer(t.Context(), w.asso, p.Activity, false, ""), instance.ErrDuplicate)
	p, err = w.node.Proposal(t.Context(), p.ID)
	w.must(err)
	if p.State != instance.ProposalAccepted || p.Answer != "Merci" {
		t.Errorf("answered %+v", p)
	}
	// Somebody who writes here is trusted with the node's name.
	secret, err := w.node.Propose(t.Context(), w.writer(), correction)
	w.must(err)
	if p, err := w.node.FollowUp(t.Context(), secret); err != nil || p.State != instance.ProposalSent {
		t.Errorf("a member's: %+v, %v", p, err)
	}
}

func TestACorrectionComes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	id := published.Common().ID
	offer := func(activity string) instance.Proposal {
		return instance.Proposal{
			Activity: activity, Object: id, Changes: changes("name", "Cartopartie du port"), Message: "Vu sur l’affiche",
			Owner: "https://b.example/evil", State: instance.ProposalAccepted, Email: "x@y.example",
		}
	}
	w.wants(w.node.ReceiveProposal(t.Context(), w.asso, offer("https://c.example/1")), instance.ErrForbidden)
	w.must(w.node.ReceiveProposal(t.Context(), w.asso, offer("https://b.example/offers/1")))
	w.wants(w.node.ReceiveProposal(t.Context(), w.asso, offer("https://b.example/offers/1")), instance.ErrDuplicate)
	theirs := offer("https://b.example/offers/2")
	theirs.Object = "https://b.example/evenements/1"
	w.wants(w.node.ReceiveProposal(t.Context(), w.asso, theirs), instance.ErrNotFound)
	theirs = offer("https://b.example/offers/3")
	theirs.Changes = changes("owner", "https://b.example/evil")
	w.wants(w.node.ReceiveProposal(t.Context(), w.asso, theirs), instance.ErrInvalid)

	p, err := w.node.ProposalByActivity(t.Context(), "https://b.example/offers/1")
	w.must(err)
	if p.State != instance.ProposalWaiting || p.Owner != w.org.ID || p.Origin != "b.example" || p.From != w.asso.ID || p.Email != "" {
		t.Fatalf("kept as %+v", p)
	}
	_, err = w.node.Editor(w.writer()).AcceptProposal(t.Context(), p.ID, "", p.Changes, "Merci")
	w.must(err)
	if w.jobs()[instance.JobProposeAnswer] != 1 {
		t.Errorf("its node is not told: %v", w.jobs())
	}
	for i := range 20 {
		_ = w.node.ReceiveProposal(t.Context(), w.asso, instance.Proposal{Activity: "https://b.example/many/" + string(rune('a'+i)), Object: id, Message: "Encore"})
	}
	w.wants(w.node.ReceiveProposal(t.Context(), w.asso, instance.Proposal{Activity: "https://b.example/many/z", Object: id, Message: "Encore"}), instance.ErrBusy)
}

// A domain has as many servers as it likes: they fill no queue for the others.
func TestServersOfOneDomainShareTheQueue(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var ids []string
	for range 4 {
		published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
		w.must(err)
		ids = append(ids, published.Common().ID)
	}
	offers := func(n int, domain string) error {
		server := fmt.Sprintf("https://n%d.%s", n, domain)
		from := w.remote(instance.KindOrganisation, server+"/actor")
		return w.node.ReceiveProposal(t.Context(), from, instance.Proposal{Activity: server + "/offers/1", Object: ids[n%len(ids)], Message: "Encore"})
	}
	for n := range 30 {
		w.must(offers(n, "wave.example"))
	}
	w.wants(offers(30, "wave.example"), instance.ErrBusy)
	w.must(offers(31, "calm.example"))
}

func TestAReportComes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	published, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie"))
	w.must(err)
	id := published.Common().ID
	w.wants(w.node.ReceiveReport(t.Context(), w.asso, []string{"https://c.example/1"}, "?"), instance.ErrNotFound)
	w.must(w.node.ReceiveReport(t.Context(), w.asso, []string{w.org.ID, id, id, "https://c.example/1"}, "<p>Faux</p><script>x</script>"))
	w.wants(w.node.ReceiveReport(t.Context(), w.asso, []string{id}, "Encore"), instance.ErrDuplicate)
	all, _, err := w.node.Editor(moderator()).Proposals(t.Context(), false, 0, 10)
	w.must(err)
	if len(all) != 1 || all[0].Object != id || !slices.Equal(all[0].Also, []string{w.org.ID}) || strings.Contains(all[0].Message, "<") || all[0].Owner != "" {
		t.Errorf("kept %+v", all)
	}
}

// One place fills no queue for the others; what was answered meanwhile stays.
func TestAWaveOfProposals(t *testing.T) {
	t.Parallel()
	w := setup(t)
	wave := cartopartie()
	wave.Sender = "place"
	var ids []string
	for {
		secret, err := w.node.Propose(t.Context(), nil, wave)
		if errors.Is(err, instance.ErrBusy) {
			break
		}
		w.must(err)
		p, err := w.node.FollowUp(t.Context(), secret)
		w.must(err)
		ids = append(ids, p.ID)
	}
	if len(ids) != 40 {
		t.Errorf("%d wait, of one place", len(ids))
	}
	other := w.proposed(cartopartie())
	editor := w.node.Editor(moderator())
	w.must(editor.RefuseProposal(t.Context(), ids[0], "Non."))
	w.wants(editor.DiscardProposal(t.Context(), ids[0]), instance.ErrConflict)
	_, err := w.node.Editor(w.writer()).DiscardProposals(t.Context(), ids)
	w.wants(err, instance.ErrForbidden)
	n, err := editor.DiscardProposals(t.Context(), append(ids, "gone"))
	if err != nil || n != 39 {
		t.Errorf("%d discarded, %v", n, err)
	}
	if _, total, err := editor.Proposals(t.Context(), false, 0, 50, instance.ProposalWaiting); err != nil || total != 1 {
		t.Errorf("%d wait, with %s: %v", total, other.ID, err)
	}
}
