package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// said runs a command line and returns what it writes. It takes standard output: no
// test that does so runs beside another.
func said(t *testing.T, args ...string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := os.Stdout
	os.Stdout = w
	err = run(t.Context(), args)
	os.Stdout = out
	if closing := w.Close(); err != nil || closing != nil {
		t.Fatalf("maillage %s: %v", strings.Join(args, " "), errors.Join(err, closing))
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A host prepares a node and keeps its accounts without a browser.
func TestAccountsOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "maillage.toml")
	maillage := func(args ...string) string {
		t.Helper()
		return said(t, append([]string{"--config", config}, args...)...)
	}
	shows := func(text string, words ...string) {
		t.Helper()
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%q is not said:\n%s", word, text)
			}
		}
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("une phrase facile à retenir\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	shows(maillage("init", "--yes", "--base-url", "http://localhost:9999", "--data", filepath.Join(dir, "data"),
		"--organisation", "Les Cartographes", "--person", "Hôte", "--email", "hote@exemple.org", "--password-file", secret),
		"est écrit", "@les_cartographes@localhost:9999", "hote@exemple.org, est ouvert", "/connexion")
	if info, err := os.Stat(config); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the configuration: %v, %v", info, err)
	}
	shows(maillage("init", "--yes"), "il reste comme il est", "déjà ses comptes")
	shows(maillage("user", "add", "lou@exemple.org", "--org", "les-cartographes"), "http://localhost:9999/invitation?cle=")
	shows(maillage("user", "list"), "hote@exemple.org", "hôte")

	c, err := loadConfig(config, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), c, false, newLogger(c.LogLevel))
	if err != nil {
		t.Fatal(err)
	}
	defer a.closeLogged()
	if _, err := a.node.Check(t.Context(), "hote@exemple.org", "une phrase facile à retenir"); err != nil {
		t.Errorf("the host's password: %v", err)
	}
	if _, err := a.node.NewAccount(t.Context(), instance.Account{Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleContributor}, ""); err != nil {
		t.Fatal(err)
	}
	shows(maillage("user", "role", "lou@exemple.org", "moderator"), "modération")
	shows(maillage("user", "organisations", "lou@exemple.org", "les-cartographes"), "les-cartographes")
	shows(maillage("user", "list"), "lou@exemple.org", "modération", "les-cartographes")
	shows(maillage("user", "reset", "lou@exemple.org"), "http://localhost:9999/nouveau-mot-de-passe?cle=")
	shows(maillage("user", "close", "lou@exemple.org"), "fermé")
	shows(maillage("user", "reopen", "lou@exemple.org"), "rouvert")

	for _, refused := range [][]string{
		{"user", "close", "hote@exemple.org"},
		{"user", "role", "hote@exemple.org", "contributor"},
		{"user", "reset", "personne@exemple.org"},
		{"user", "add", "lou", "--org", "les-cartographes"},
		{"user", "add", "max@exemple.org", "--org", "inconnue"},
	} {
		if err := run(t.Context(), append([]string{"--config", config}, refused...)); err == nil {
			t.Errorf("%v is accepted", refused)
		}
	}
}

// Without the host's e-mail, the node is opened in the browser.
func TestInitLeavesTheRestToTheBrowser(t *testing.T) {
	dir := t.TempDir()
	text := said(t, "--config", filepath.Join(dir, "maillage.toml"), "init", "--yes", "--base-url", "https://opl.exemple.org", "--data", filepath.Join(dir, "data"))
	if !regexp.MustCompile(`https://opl\.exemple\.org/premiers-pas\?cle=[\w-]{43}\n`).MatchString(text) {
		t.Errorf("init says %s", text)
	}
}

func TestMailSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("chut\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"MAILLAGE_MAIL_HOST": "smtp.exemple.org", "MAILLAGE_MAIL_PORT": "465", "MAILLAGE_MAIL_TLS": "tls",
		"MAILLAGE_MAIL_USER": "noeud", "MAILLAGE_MAIL_PASSWORD_FILE": secret, "MAILLAGE_MAIL_FROM": "noeud@exemple.org",
	}
	empty := filepath.Join(dir, "maillage.toml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(empty, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if c.Mail.Password != "chut" || c.Mail.Port != 465 {
		t.Errorf("read %+v", c.Mail)
	}
	if mailer, err := openMailer(c); err != nil || mailer == nil {
		t.Errorf("mailer %v, %v", mailer, err)
	}
	if mailer, err := openMailer(defaults()); err != nil || mailer != nil {
		t.Errorf("without a server: %v, %v", mailer, err)
	}
	env["MAILLAGE_MAIL_PORT"] = "beaucoup"
	if _, err := loadConfig(empty, func(name string) string { return env[name] }); err == nil || !strings.Contains(err.Error(), "MAILLAGE_MAIL_PORT") {
		t.Errorf("a port in words: %v", err)
	}
}

// Somebody who chose to appear, and chooses not to any more, leaves the other nodes too.
func TestAPersonLeavesTheNetwork(t *testing.T) {
	t.Parallel()
	a, b := startNode(t, "A", ""), startNode(t, "B", "")
	b.follow(t, a)
	lou, err := a.node.NewAccount(t.Context(), instance.Account{Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleContributor}, "")
	if err != nil {
		t.Fatal(err)
	}
	person, err := a.node.Appear(t.Context(), lou.ID, instance.Actor{Slug: "lou", Name: "Lou"})
	if err != nil {
		t.Fatal(err)
	}
	lou.Person = person.ID
	event, err := a.node.Editor(lou).Publish(t.Context(), person.ID, &instance.Event{
		Base: instance.Base{Kind: instance.KindEvent, Name: "Balade de Lou"},
		When: instance.When{Start: a.node.Now().AddDate(0, 1, 0)},
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "B learns of the event and of who made it", func(ctx context.Context) bool {
		o, err := b.node.Object(ctx, event.Common().ID)
		known, unknown := b.node.Actor(ctx, person.ID)
		return err == nil && o.Common().Deleted.IsZero() && unknown == nil && known.Gone.IsZero()
	})
	if err := a.node.Disappear(t.Context(), lou.ID); err != nil {
		t.Fatal(err)
	}
	within(t, "B forgets both", func(ctx context.Context) bool {
		o, err := b.node.Object(ctx, event.Common().ID)
		known, unknown := b.node.Actor(ctx, person.ID)
		return err == nil && !o.Common().Deleted.IsZero() && unknown == nil && !known.Gone.IsZero()
	})
}

// within waits for something to become true.
func within(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(t.Context()); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
