package instance_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// shown gives the organisation of a world something to say of itself.
func (w *world) shown() *instance.Actor {
	w.Helper()
	draft := *w.org
	draft.Summary, draft.Website, draft.Themes = "<p>On <u>répare</u>.<br/>On partage.</p>", "https://tiriad.example", []string{"cartographie"}
	draft.Place = &instance.Place{Locality: "Brest", Street: "2 rue de la Paix", Point: &instance.Point{Lat: 48.39, Lon: -4.48}, Precision: instance.PrecisionPlace}
	a, err := w.node.EditActor(w.Context(), w.org.ID, draft)
	w.must(err)
	return a
}

func TestACorrectionOfAnOrganisation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	before := w.shown()
	presented, err := instance.Presentation(before)
	w.must(err)
	same := instance.ProposedValues(presented)
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: w.org.ID, Changes: changes(
		"name", same["name"], "content", strings.ReplaceAll(same["content"], "\n", "\r\n"), "street", "20 rue de la Paix", "website", "https://neuf.example",
	)})
	if p.Owner != w.org.ID || p.ObjectKind != instance.KindOrganisation || len(p.Changes) != 2 || p.Changes[0].Was != "2 rue de la Paix" {
		t.Fatalf("kept as %+v", p)
	}
	if n, err := w.node.PendingProposals(t.Context(), w.org.ID); err != nil || n != 1 {
		t.Errorf("%d pending, %v", n, err)
	}
	draft := *before
	draft.Website = "https://entre-temps.example"
	_, err = w.node.EditActor(t.Context(), w.org.ID, draft)
	w.must(err)
	stale, err := w.node.Stale(t.Context(), p)
	w.must(err)
	if len(stale) != 1 || stale["website"] != draft.Website {
		t.Errorf("stale %v", stale)
	}

	stranger := w.node.Editor(&instance.Account{ID: "max", Role: instance.RoleContributor})
	_, err = stranger.AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.wants(err, instance.ErrForbidden)
	editor := w.node.Editor(w.writer())
	_, err = editor.AcceptProposal(t.Context(), p.ID, "", changes("name", "", "website", "neuf"), "")
	if got := wrongFields(err); !slices.Equal(got, []string{"name", "website"}) {
		t.Errorf("wrong fields %v: %v", got, err)
	}
	if _, total, err := editor.Proposals(t.Context(), false, 0, 10); err != nil || total != 1 {
		t.Errorf("its editor sees %d, %v", total, err)
	}
	told := w.jobs()[instance.JobAnnounce]
	_, err = editor.AcceptProposal(t.Context(), p.ID, "", p.Changes[:1], "Merci")
	w.must(err)
	after, err := w.node.Actor(t.Context(), w.org.ID)
	w.must(err)
	if after.Place.Street != "20 rue de la Paix" || after.Place.Point == nil || after.Website != draft.Website || after.Summary != before.Summary ||
		!slices.Equal(after.Themes, before.Themes) || after.Handle != before.Handle {
		t.Errorf("corrected to %+v, %+v", after, after.Place)
	}
	if w.jobs()[instance.JobAnnounce] != told+1 {
		t.Errorf("its followers are not told: %v", w.jobs())
	}
	if p, err = w.node.Proposal(t.Context(), p.ID); err != nil || p.State != instance.ProposalAccepted || p.Result != w.org.ID {
		t.Errorf("then %+v, %v", p, err)
	}
}

// What a stranger writes of an organisation is only text, of some length.
func TestACorrectedPresentationIsHarmless(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.shown()
	for field, value := range map[string]string{
		"name": strings.Repeat("a", 101), "content": strings.Repeat("a", 5001), "website": "javascript:alert(1)", "locality": strings.Repeat("a", 201), "message": "",
	} {
		p := instance.Proposal{Kind: instance.ProposeCorrect, Object: w.org.ID, Changes: changes(field, value)}
		if field == "message" {
			p.Changes = nil
		}
		_, err := w.node.Propose(t.Context(), nil, p)
		if got := wrongFields(err); !slices.Equal(got, []string{field}) {
			t.Errorf("%s: wrong fields %v: %v", field, got, err)
		}
	}
	for _, field := range []string{"summary", "themes", "handle"} {
		_, err := w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: w.org.ID, Changes: changes(field, "x")})
		w.wants(err, instance.ErrInvalid)
	}
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: w.org.ID, Changes: changes("content", "**Ouvert** <script>alert(1)</script>")})
	_, err := w.node.Editor(moderator()).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.must(err)
	after, err := w.node.Actor(t.Context(), w.org.ID)
	w.must(err)
	if !strings.Contains(after.Summary, "<strong>Ouvert</strong>") || strings.Contains(after.Summary, "<script") {
		t.Errorf("published %q", after.Summary)
	}
}

func TestATerritoryIsCorrectedByTheHost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	brest, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindTerritory, Slug: "brest", Name: "Brest", Territory: &instance.Territory{Kind: "commune"}})
	w.must(err)
	_, err = w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: brest.ID, Changes: changes("locality", "Nantes")})
	w.wants(err, instance.ErrInvalid)
	p := w.proposed(instance.Proposal{Kind: instance.ProposeCorrect, Object: brest.ID, Changes: changes("website", "https://brest.example")})
	_, err = w.node.Editor(moderator()).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Editor(w.writer()).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Editor(&instance.Account{ID: "h", Role: instance.RoleHost}).AcceptProposal(t.Context(), p.ID, "", p.Changes, "")
	w.must(err)
	after, err := w.node.Actor(t.Context(), brest.ID)
	w.must(err)
	if after.Website != "https://brest.example" || after.Territory.Kind != "commune" {
		t.Errorf("corrected to %+v", after)
	}
}

// The words of a person are theirs, and those of a node its host's.
func TestNobodyElseCorrectsAPersonOrANode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindPerson, Slug: "ada", Name: "Ada"})
	w.must(err)
	for _, id := range []string{ada.ID, w.node.Self().ID, "https://a.example/organisations/rien"} {
		_, err := w.node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: id, Changes: changes("name", "Eve")})
		w.wants(err, instance.ErrNotFound)
	}
}

func TestTheLetterNamesTheCorrectedOrganisation(t *testing.T) {
	t.Parallel()
	box := &letterBox{}
	node, err := instance.New(t.Context(), instance.Options{BaseURL: "https://a.example", Name: "A", Store: storetest.Open(t), Mailer: box, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	org, err := node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := node.Propose(t.Context(), nil, instance.Proposal{Kind: instance.ProposeCorrect, Object: org.ID, Email: "ada@exemple.org", Message: "Le site a changé"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := node.FollowUp(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Editor(moderator()).AcceptProposal(t.Context(), p.ID, "", nil, "Corrigé à la main."); err != nil {
		t.Fatal(err)
	}
	if err := node.Mail(t.Context(), instance.MailJob(instance.MailArgs{Letter: instance.LetterProposal, ID: p.ID})); err != nil || len(box.letters) != 1 {
		t.Fatalf("%d letters, %v", len(box.letters), err)
	}
	if text := box.letters[0].Text; !strings.Contains(text, "Tiriad") || !strings.Contains(text, "https://a.example/organisations/tiriad") {
		t.Errorf("letter %s", text)
	}
}
