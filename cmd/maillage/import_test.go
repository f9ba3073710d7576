package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// What the command imports is listed with what was imported in the browser and by feeds,
// and either is undone by its number alone.
func TestImportsAreListedAndUndone(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	org, err := a.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "liste.csv")
	if err := os.WriteFile(file, []byte(tableOf(3)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (importCommand{Format: "auto", Announce: "few", Path: file}).intake(t.Context(), a, org); err != nil {
		t.Fatal(err)
	}
	h := &instance.Harvest{Format: "essai", Rows: []instance.IntakeRow{{Line: 1, Key: "1", Object: &instance.Partner{Base: instance.Base{Kind: instance.KindPartner, Name: "La Fabrique"}}}}}
	report, err := a.node.Intake(t.Context(), org.ID, h, instance.IntakeOptions{Source: "navigateur.csv", Account: "lou"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	list := func() string {
		t.Helper()
		var out strings.Builder
		if err := (importCommand{}).list(t.Context(), a, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, words := range []string{"liste.csv, Tiriad, par la ligne de commande", "navigateur.csv, Tiriad, par le navigateur", "3 créées, 0 modifiée,", "1 créée,", report.Batch} {
		if !strings.Contains(list(), words) {
			t.Errorf("the list does not say %q:\n%s", words, list())
		}
	}
	undo := importCommand{Undo: report.Batch}
	if err := undo.undo(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(list(), "par le navigateur : annulé") {
		t.Errorf("once undone:\n%s", list())
	}
	if err := undo.undo(t.Context(), a); err == nil || !strings.Contains(err.Error(), "déjà annulé") {
		t.Errorf("undone twice: %v", err)
	}
	if err := (importCommand{Undo: "rien"}).undo(t.Context(), a); err == nil || !strings.Contains(err.Error(), "--list") {
		t.Errorf("an unknown number: %v", err)
	}
}

// A trial of an archive says what it would open, and opens nothing.
func TestArchiveTrial(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	stop := publishing(t, a)
	stop()
	path := filepath.Join(t.TempDir(), "archive.zip")
	if _, err := writeArchive(t.Context(), a, path, false); err != nil {
		t.Fatal(err)
	}
	b, _ := builtNode(t)
	files, closeFiles, err := openFiles(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeFiles() }()
	archive, err := instance.OpenArchive(files)
	if err != nil {
		t.Fatal(err)
	}
	o := importCommand{DryRun: true, Announce: "few"}.options("")
	report, err := b.node.ImportArchive(t.Context(), "", archive, o, nil)
	if err != nil || report.Counts[instance.IntakeCreated] == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if _, err := b.node.ActorBySlug(t.Context(), instance.KindOrganisation, "tiriad"); err == nil {
		t.Error("a trial opened an organisation")
	}
}
