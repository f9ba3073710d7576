package web

import (
	"slices"
	"testing"

	"github.com/maillage/maillage/instance"
)

// What was imported is the same as what it was read from, when that has an address.
func TestImportedThingsSayWhatTheyAreTheSameAs(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][]string{
		"osm:node/12":                 {"https://www.openstreetmap.org/node/12"},
		"https://agenda.example/e/3":  {"https://agenda.example/e/3"},
		"https://fablab.example/":     {"https://fablab.example/"},
		"uid-3@agenda.example":        nil,
		"javascript:alert(1)":         nil,
		"osm:\"></script><script>/12": {"https://www.openstreetmap.org/%22%3E%3C/script%3E%3Cscript%3E/12"},
	} {
		b := instance.Base{ID: "https://a.example/annuaire/x", Name: "x", Provenance: &instance.Provenance{Key: key}}
		if got := newLD("Event", &b).SameAs; !slices.Equal(got, want) {
			t.Errorf("%s: an event is the same as %q", key, got)
		}
		want = append([]string{"https://fablab.example/"}, slices.DeleteFunc(want, func(s string) bool { return s == "https://fablab.example/" })...)
		if got := partnerLD(&instance.Partner{Base: b, Website: "https://fablab.example/"}).SameAs; !slices.Equal(got, want) {
			t.Errorf("%s: a sheet is the same as %q", key, got)
		}
	}
}
