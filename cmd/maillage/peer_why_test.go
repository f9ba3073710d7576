package main

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// A host asks how the exchanges go, and why something did not arrive or is not shown.
func TestPeerStatusAndWhy(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "maillage.toml")
	maillage := func(args ...string) string {
		t.Helper()
		return said(t, append([]string{"--config", config}, args...)...)
	}
	maillage("init", "--yes", "--base-url", "http://localhost:9998", "--data", filepath.Join(dir, "data"), "--organisation", "Tiriad")
	c, err := loadConfig(config, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), c, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	org, err := a.node.ActorBySlug(t.Context(), instance.KindOrganisation, "tiriad")
	must(err)
	ana := &instance.Actor{ID: "http://b.example/ana", Kind: instance.KindPerson, Handle: "ana", Name: "Ana", Inbox: "http://b.example/ana/inbox"}
	must(a.node.ReceiveActor(t.Context(), ana))
	must(a.node.ReceiveFollow(t.Context(), ana, instance.Follow{ID: ana.ID + "#f", Object: org.ID}))
	o, err := a.node.Publish(t.Context(), org.ID, &instance.Event{
		Base: instance.Base{Kind: instance.KindEvent, Name: "Cartopartie"}, When: instance.When{Start: time.Now().Add(time.Hour)},
	})
	must(err)
	id := o.Common().ID
	jobs, err := a.store.Claim(t.Context(), []string{instance.JobAnnounce}, 10, 0, time.Minute)
	must(err)
	for _, job := range jobs {
		must(a.fed.Announce(t.Context(), job))
		must(a.store.Finish(t.Context(), job.ID))
	}
	deliveries, err := a.store.Claim(t.Context(), []string{instance.JobDeliver}, 10, 0, time.Minute)
	must(err)
	must(a.store.Reschedule(t.Context(), deliveries[0].ID, time.Now().Add(time.Hour), false, "b.example is down"))
	must(a.store.Write(t.Context(), func(tx instance.Tx) error {
		if err := tx.SaveHost(t.Context(), instance.Host{Domain: "mauvais.example", Blocked: true}); err != nil {
			return err
		}
		return tx.SaveHost(t.Context(), instance.Host{
			Domain: "b.example", Software: "mastodon 4.5", Failures: 6, NextAt: time.Now().Add(time.Hour), LastError: "connection refused",
		})
	}))
	must(a.Close())

	for what, words := range map[string][]string{
		"peer status":                       {"b.example", "ne répond pas (6 échecs de suite)", "mastodon 4.5", "0 suivi, 1 abonné ;", "personne ne répond", "connection refused", "mauvais.example\n  bloqué"},
		"peer why " + id:                    {"Publié ici", "attend : Create http://b.example/ana/inbox", "son serveur ne répond pas (b.example is down)", "Reçu par 0 boîte d’abonnés sur 1.", "attend : la mise à jour de la recherche, prochain essai"},
		"peer why " + org.ID:                {"Envoyé à 1 boîte d’abonnés, et reçu."},
		"peer why " + org.ID + "x":          {"rien à cette adresse"},
		"peer why " + ana.ID:                {"@ana@b.example est connu ici.", "Il suit " + org.ID},
		"peer why http://mauvais.example/1": {"mauvais.example est bloqué ici", "Inconnu ici", "On ne peut pas le lire"},
	} {
		text := maillage(strings.Fields(what)...)
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not say %q:\n%s", what, word, text)
			}
		}
	}
	var all []hostStatus
	if err := json.Unmarshal([]byte(maillage("peer", "status", "--json", "b.example")), &all); err != nil || len(all) != 1 || all[0].Followers != 1 || all[0].Waiting["deliver"] != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	var f findings
	if err := json.Unmarshal([]byte(maillage("peer", "why", "--json", id)), &f); err != nil || !f.Known || len(f.Waiting) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}
