package gazetteer

import (
	"strings"
	"testing"
)

// Whoever extends the file by hand is told what is wrong, and where.
func TestByHandMistakes(t *testing.T) {
	t.Parallel()
	read := func(text string) error {
		r := &records{former: map[string]string{}}
		if err := r.readDepartements("29\tFinistère\tBretagne\n"); err != nil {
			t.Fatal(err)
		}
		if err := r.readCommunes("29019\tBrest\tc\t\t29200\t142346\t483903\t-44863\t\n"); err != nil {
			t.Fatal(err)
		}
		return r.readByHand(text)
	}
	good := "# a comment\n\nbrest-saint-marc ; Saint-Marc ; quartier ; 29019 ; 48.4 ; -4.4\nleon ; Léon ; pays ; 29 ; ;\n"
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"a ; A ; quartier ; 29019":                   "six champs",
		" ; A ; quartier ; 29019 ; 48.4 ; -4.4":      "la clé ou le nom",
		"a ; A ; hameau ; 29019 ; 48.4 ; -4.4":       "quartier ou pays",
		"a ; A ; quartier ; 29000 ; 48.4 ; -4.4":     "code INSEE",
		"a ; A ; pays ; 99 ; 48.4 ; -4.4":            "département",
		"a ; A ; pays ; ; 48.4 ; -4.4":               "au moins un",
		"a ; A ; quartier ; 29019 ; 48.4 ;":          "latitude",
		"a ; A ; quartier ; 29019 ; 48,4 ; -4,4":     "latitude",
		"a ; A ; quartier ; 29019 ; 148.4 ; -4.4":    "latitude",
		"brest-saint-marc ; B ; pays ; 29 ; 48 ; -4": "deux fois",
	} {
		err := read(good + line)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ligne 5") {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

func TestDamagedData(t *testing.T) {
	t.Parallel()
	for _, tsv := range []string{
		"29019\tBrest\tc\n", "29019\tBrest\tx\t\t\t\t\t\t\n", "99019\tBrest\tc\t\t\t\t\t\t\n",
		"29019\tBrest\tc\t\t\t\tx\ty\t\n", "29019\tBrest\tc\t\t\t\t1\t1\t\t\n", "2\tBrest\tc\t\t\t\t\t\t\n",
	} {
		r := &records{former: map[string]string{}}
		if err := r.readDepartements("29\tFinistère\tBretagne\n"); err != nil {
			t.Fatal(err)
		}
		if err := r.readCommunes(tsv); err == nil {
			t.Errorf("%q was read", tsv)
		}
	}
	if err := new(records).readDepartements("29\tFinistère\n"); err == nil {
		t.Error("a département without a region was read")
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Saint-Étienne":                 "saint etienne",
		"ST-ETIENNE s/ Loire CEDEX 2":   "saint etienne sur loire",
		"Ste Marie":                     "sainte marie",
		"L’Haÿ-les-Roses":               "l hay les roses",
		"Œuilly":                        "oeuilly",
		"Cedex":                         "cedex",
		"Château-Chinon (Ville)":        "chateau chinon ville",
		"Saint-E\u0301tienne":           "saint etienne",
		"  -- ":                         "",
		"Poste":                         "poste",
		"La Forêt-Sainte-Croix\t\u00a0": "la foret sainte croix",
	} {
		if got := Fold(name); got != want {
			t.Errorf("Fold(%q) = %q, want %q", name, got, want)
		}
	}
}
