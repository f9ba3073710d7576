package federation

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

// onFile has a peer keep its data in a database that can be read from outside.
func onFile(t *testing.T, dsn string) func(*Options) {
	return func(o *Options) {
		node, err := instance.New(t.Context(), instance.Options{
			BaseURL: o.Node.URLs().Base(), Name: "Nœud d'essai", Store: storetest.OpenDSN(t, dsn), Log: quiet(), Now: o.Node.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		o.Node = node
	}
}

// traces finds words in all tables of a database.
func traces(t *testing.T, dsn string, words ...string) (found []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := store.BackUp(t.Context(), dsn, file); err != nil { // without the pages that are free
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if at := bytes.Index(data, []byte(word)); at >= 0 {
			found = append(found, word+": "+string(data[max(0, at-200):min(len(data), at+100)]))
		}
	}
	return found
}

// What somebody published in their own name leaves with them, here and at the peers who
// had it: also what was sent, and what was received.
func TestNothingRemainsAnywhereOfAnErasedAccount(t *testing.T) {
	t.Parallel()
	there, here := storetest.SQLite(t), storetest.SQLite(t)
	from, to := newPeer(t, onFile(t, there)), newPeer(t, onFile(t, here))
	to.follow(from.domain())
	settleAll(t, to, from)
	account, err := from.node.NewAccount(t.Context(), instance.Account{Name: "Zoé", Email: "zoe@exemple.org", Role: instance.RoleContributor}, "une phrase assez longue 1")
	if err != nil {
		t.Fatal(err)
	}
	person, err := from.node.Appear(t.Context(), account.ID, instance.Actor{Slug: "zoe", Name: "Zoé Nomrare", Summary: "<p>Biographierare</p>"})
	if err != nil {
		t.Fatal(err)
	}
	to.follow("zoe@" + from.domain())
	settleAll(t, to, from)
	o, err := from.node.Publish(t.Context(), person.ID, event("Titrerare"))
	if err != nil {
		t.Fatal(err)
	}
	settleAll(t, from, to)
	if got, err := to.node.Object(t.Context(), o.Common().ID); err != nil || got.Common().Name != "Titrerare" {
		t.Fatalf("never arrived: %+v, %v", got, err)
	}
	from.wait(2 * time.Second)
	if err := from.node.EraseAccount(t.Context(), account.ID, "une phrase assez longue 1"); err != nil {
		t.Fatal(err)
	}
	settleAll(t, from, to)
	words := []string{"Nomrare", "Biographierare", "Titrerare"}
	for _, trace := range traces(t, there, words...) {
		t.Errorf("at home: %q", trace)
	}
	if err := to.store.Purge(t.Context(), time.Now()); err != nil { // as every day
		t.Fatal(err)
	}
	for _, trace := range traces(t, here, words...) {
		t.Errorf("at a peer: %q", trace)
	}
	if got, err := to.node.Object(t.Context(), o.Common().ID); err != nil || got.Common().Deleted.IsZero() {
		t.Errorf("at a peer: %+v, %v", got, err)
	}
	if got, err := to.node.Actor(t.Context(), person.ID); err != nil || got.Gone.IsZero() {
		t.Errorf("at a peer: %+v, %v", got, err)
	}
}
