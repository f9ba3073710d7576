package complete_test

import (
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	name := complete.NameKey("La Maison de l’Été à Saint-Marc")
	for typed, want := range map[string]int{
		"la maison de ete a saint marc": 0, "La Mai": 1, "ete": 2, "été": 2, "marc maison": 2, "saint-m": 2,
	} {
		if rank, ok := complete.Parse(typed).Match(name); !ok || rank != want {
			t.Errorf("%q: %d, %v, want %d", typed, rank, ok, want)
		}
	}
	for _, typed := range []string{"arc", "maison rouge", "t"} {
		if _, ok := complete.Parse(typed).Match(name); ok {
			t.Errorf("%q matches %q", typed, name)
		}
	}
}

func TestATerritoryStandsBeforeItsCommuneAndOthers(t *testing.T) {
	t.Parallel()
	in := complete.Parse("brest")
	list := complete.NewList()
	list.AddDocument(in, &instance.Document{ID: "3", Kind: instance.KindPartner, Name: "Brest"})
	list.AddLocality(in, "Brest", complete.NameKey("Brest"))
	list.AddDocument(in, &instance.Document{ID: "2", Kind: instance.KindTerritory, Name: "Brest", Origin: "libertic.example"})
	list.AddDocument(in, &instance.Document{ID: "1", Kind: instance.KindTerritory, Name: "Brest", Subkind: "commune"})
	best := list.Best(10)
	if len(best) != 2 || best[0].ID != "1" || best[0].Detail != "Commune" || best[1].ID != "3" {
		t.Errorf("%+v", best)
	}
}
