package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A token that leaked is found, and ended, without a browser.
func TestTokensOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	maillage := func(args ...string) string {
		t.Helper()
		return said(t, append([]string{"--config", filepath.Join(dir, "maillage.toml")}, args...)...)
	}
	maillage("init", "--yes", "--base-url", "http://localhost:9997", "--data", filepath.Join(dir, "data"), "--organisation", "Tiriad")
	if none := maillage("token", "list"); !strings.Contains(none, "Aucun jeton") {
		t.Errorf("nothing is listed as %q", none)
	}
	agenda := strings.TrimSpace(maillage("token", "create", "--as", "tiriad", "--label", "agenda"))
	maillage("token", "create", "--as", "tiriad", "--label", "carte")
	listed := maillage("token", "list")
	if strings.Contains(listed, agenda) || !strings.Contains(listed, "publish:tiriad") || !strings.Contains(listed, "n’a pas servi") {
		t.Fatalf("listed:\n%s", listed)
	}
	maillage("token", "revoke", agenda)
	line := strings.TrimSpace(maillage("token", "list"))
	if strings.Contains(line, "agenda") || !strings.Contains(line, "carte") {
		t.Fatalf("after the end of one:\n%s", line)
	}
	name, _, _ := strings.Cut(line, " ")
	if said := maillage("token", "revoke", name); !strings.Contains(said, "« carte » ne sert plus") {
		t.Errorf("by what the list shows: %q", said)
	}
	for _, unknown := range []string{agenda, name[:4], ""} {
		if err := run(t.Context(), []string{"--config", filepath.Join(dir, "maillage.toml"), "token", "revoke", unknown}); err == nil || !strings.Contains(err.Error(), "token list") {
			t.Errorf("revoke %q: %v", unknown, err)
		}
	}
}
