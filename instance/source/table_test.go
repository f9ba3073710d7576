package source_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	got, err := source.Preview([]byte("Annuaire 2026\n\nStructure;Courriel;Où;\nLa Fabrique;x@asso.example;Brest;\n;;;\n\"Le Phare;x\";;Quimper\n"), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := &instance.IntakeTable{
		Heads: []string{"Structure", "Courriel", "Où", ""}, Fields: []string{"name", "", "", ""}, Notes: got.Notes,
		Rows: [][]string{{"La Fabrique", "x@asso.example", "Brest", ""}, {"Le Phare;x", "", "Quimper", ""}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(got.Notes[1], "contact") || got.Notes[0] != "" {
		t.Errorf("notes %q", got.Notes)
	}

	// A column goes where Parse puts it when nobody says otherwise.
	mapped := parse(t, source.CSV, "Structure;Ville\nLa Fabrique;Brest\n", source.Options{}).Columns
	if mapped[0].Field != got.Fields[0] {
		t.Errorf("parsed into %q, shown as %q", mapped[0].Field, got.Fields[0])
	}

	if _, err := source.Preview([]byte("une seule colonne\nx\n"), 5); !errors.Is(err, instance.ErrInvalid) {
		t.Errorf("without headings: %v", err)
	}
}

// A large table is not read whole, and the row at the cut is not shown in half.
func TestPreviewOfLargeTable(t *testing.T) {
	t.Parallel()
	got, err := source.Preview([]byte("nom;texte\nLa Fabrique;"+strings.Repeat("é", 200<<10)+"\nLe Phare;x\n"), 5)
	if err != nil || len(got.Rows) != 0 {
		t.Errorf("%d rows, %v", len(got.Rows), err)
	}
}
