package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

func proposal(id string, change func(*instance.Proposal)) instance.Proposal {
	p := instance.Proposal{
		ID: id, Kind: instance.ProposeCorrect, Object: "https://ici.example/evenements/x", ObjectKind: instance.KindEvent,
		Changes: []instance.Change{{Field: "name", Was: "a", Now: "b"}}, State: instance.ProposalWaiting, Created: monday,
	}
	if change != nil {
		change(&p)
	}
	return p
}

func TestProposals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, testProposals)
}

func testProposals(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	save := func(all ...instance.Proposal) error {
		return s.Write(ctx, func(tx instance.Tx) error {
			for _, p := range all {
				if err := tx.SaveProposal(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	ours := proposal("1", func(p *instance.Proposal) {
		p.Secret, p.Email, p.Owner = "hash", "a@b.example", "https://ici.example/organisations/tiriad"
	})
	theirs := proposal("2", func(p *instance.Proposal) {
		p.Origin, p.Activity, p.Created = "b.example", "https://b.example/offers/1", monday.Add(time.Hour)
	})
	done := proposal("3", func(p *instance.Proposal) { p.State, p.Answered = instance.ProposalRefused, monday })
	if err := save(ours, theirs, done); err != nil {
		t.Fatal(err)
	}
	got, err := s.ProposalBySecret(ctx, "hash")
	if err != nil || got.ID != "1" || got.Email != "a@b.example" || len(got.Changes) != 1 || !got.Created.Equal(monday) {
		t.Fatalf("by secret %+v, %v", got, err)
	}
	for _, none := range []string{"", "other"} {
		if _, err := s.ProposalBySecret(ctx, none); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("secret %q: %v", none, err)
		}
		if _, err := s.ProposalByActivity(ctx, none); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("activity %q: %v", none, err)
		}
	}
	waiting := []instance.ProposalState{instance.ProposalWaiting}
	for name, test := range map[string]struct {
		filter instance.ProposalFilter
		want   []string
	}{
		"all":       {instance.ProposalFilter{}, []string{"1", "3", "2"}},
		"newest":    {instance.ProposalFilter{Newest: true}, []string{"2", "3", "1"}},
		"waiting":   {instance.ProposalFilter{States: waiting}, []string{"1", "2"}},
		"ours":      {instance.ProposalFilter{Origin: instance.ScopeLocal, States: waiting}, []string{"1"}},
		"peers'":    {instance.ProposalFilter{Origin: instance.ScopeNetwork}, []string{"2"}},
		"a peer's":  {instance.ProposalFilter{Origin: "b.example"}, []string{"2"}},
		"an owner":  {instance.ProposalFilter{Owners: []string{"https://ici.example/organisations/tiriad", "x"}}, []string{"1"}},
		"an object": {instance.ProposalFilter{Object: "https://ici.example/evenements/y"}, nil},
	} {
		list, total, err := s.Proposals(ctx, test.filter)
		if err != nil || total != len(test.want) {
			t.Errorf("%s: %d, %v", name, total, err)
		}
		var ids []string
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		same(t, name, ids, test.want)
	}
	again := proposal("4", func(p *instance.Proposal) { p.Activity = theirs.Activity })
	if err := save(again); !errors.Is(err, instance.ErrConflict) {
		t.Errorf("an activity twice: %v", err)
	}
	write(t, s, func(tx instance.Tx) error { return tx.DeleteProposal(ctx, "2") })
	if _, err := s.Proposal(ctx, "2"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}

func TestPurgeForgetsProposals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, testPurgeForgetsProposals)
}

func testPurgeForgetsProposals(t *testing.T, s *store.Store) {
	t.Helper()
	ago := func(days int) time.Time { return time.Now().AddDate(0, 0, -days) }
	answered := func(days int) func(*instance.Proposal) {
		return func(p *instance.Proposal) {
			p.State, p.Created, p.Answered, p.Email = instance.ProposalAccepted, ago(days), ago(days), "a@b.example"
		}
	}
	write(t, s, func(tx instance.Tx) error {
		return errors.Join(
			tx.SaveProposal(t.Context(), proposal("old", answered(31))), tx.SaveProposal(t.Context(), proposal("week", answered(8))),
			tx.SaveProposal(t.Context(), proposal("day", answered(1))),
			tx.SaveProposal(t.Context(), proposal("open", func(p *instance.Proposal) { p.Created, p.Email = ago(100), "a@b.example" })),
			tx.SaveProposal(t.Context(), proposal("lost", func(p *instance.Proposal) { p.Created = ago(200) })),
		)
	})
	if err := s.Purge(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	left, _, err := s.Proposals(t.Context(), instance.ProposalFilter{})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	for _, p := range left {
		kept[p.ID] = p.Email
	}
	if len(kept) != 3 || kept["week"] != "" || kept["day"] == "" || kept["open"] == "" {
		t.Errorf("kept %v", kept)
	}
}

func TestHidings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, testHidings)
}

func testHidings(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	write(t, s, func(tx instance.Tx) error {
		return errors.Join(
			tx.SaveHiding(ctx, instance.Hiding{ID: "https://b.example/1", Domain: "b.example", Owner: "https://b.example/a", Block: true, At: monday}),
			tx.SaveHiding(ctx, instance.Hiding{ID: "https://b.example/a", Domain: "b.example", Block: true, At: monday}),
			tx.SaveHiding(ctx, instance.Hiding{ID: "https://b.example/2", Domain: "b.example", Owner: "https://b.example/a", At: monday}),
			tx.SaveHiding(ctx, instance.Hiding{ID: "https://c.example/1", Domain: "c.example", Block: true, At: monday}),
		)
	})
	ids := func(domain string) (ids []string) {
		list, err := s.Hidings(ctx, domain, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range list {
			ids = append(ids, h.ID)
		}
		return ids
	}
	same(t, "with the server, actors first", ids("b.example"), []string{"https://b.example/a", "https://b.example/1"})
	same(t, "one by one", ids(""), []string{"https://b.example/2"})
	if h, err := s.Hiding(ctx, "https://b.example/2"); err != nil || h.Block || h.Owner != "https://b.example/a" || !h.At.Equal(monday) {
		t.Errorf("%+v, %v", h, err)
	}
	write(t, s, func(tx instance.Tx) error { return tx.DeleteHiding(ctx, "https://b.example/2") })
	if _, err := s.Hiding(ctx, "https://b.example/2"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}
