package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Dataset is a set of facts in the format "maillage-json": a folder (or archive)
// of communes.json, organisations.json, events.json and recipes.json, each
// optional. Things name each other by slug. docs/guide/importer.md describes it.
type Dataset struct {
	Communes      []DatasetCommune
	Organisations []DatasetOrganisation
	Events        []DatasetEvent
	Recipes       []DatasetRecipe
	names         map[string]string // slug -> name of every organisation and event, selected or not
}

// DatasetPlace is how every row says where it is; all of it may be null.
type DatasetPlace struct {
	Locality    string   `json:"locality"`
	INSEE       string   `json:"insee"`
	Departement string   `json:"departement"`
	Country     string   `json:"country"`
	Lat         *float64 `json:"lat"`
	Lon         *float64 `json:"lon"`
	Precision   string   `json:"precision"`
}

// DatasetCommune is a territory: a commune, a quartier, a pays.
type DatasetCommune struct {
	DatasetPlace
	Slug         string   `json:"slug"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Role         string   `json:"role"`
	INSEECurrent string   `json:"insee_actuel"`
	INSEECommune string   `json:"insee_commune"`
	Commune      string   `json:"commune"` // slug of the commune of a quartier
	Centre       string   `json:"centre"`  // slug of the main commune of a pays
	Departements []string `json:"departements"`
	Note         string   `json:"note_fr"`
}

// DatasetOrganisation is a sheet of the directory.
type DatasetOrganisation struct {
	DatasetPlace
	Slug          string   `json:"slug"`
	Name          string   `json:"name"`
	Kind          string   `json:"kind"`
	Typology      string   `json:"typology"`
	Themes        []string `json:"themes"`
	Roles         []string `json:"roles"`
	Website       string   `json:"website"`
	WebsiteOrigin string   `json:"website_origin"`
	Summary       string   `json:"summary_fr"`
	ToVerify      []string `json:"a_verifier"`
}

// DatasetEvent is an event; start and end are days, or null with date_text.
type DatasetEvent struct {
	DatasetPlace
	Slug               string   `json:"slug"`
	Name               string   `json:"name"`
	Start              string   `json:"start"`
	End                string   `json:"end"`
	DateApprox         string   `json:"date_approx"`
	DateText           string   `json:"date_text"`
	DateSource         string   `json:"date_source"`
	Organisers         []string `json:"organisers"`
	OrganisersInferred bool     `json:"organisers_inferred"`
	LocalityInferred   bool     `json:"locality_inferred"`
	Themes             []string `json:"themes"`
	Kind               string   `json:"kind"`
	Status             string   `json:"status"`
	StatusAsOf         string   `json:"status_as_of"`
	Summary            string   `json:"summary_fr"`
	PartOf             string   `json:"part_of"`
	Participants       int      `json:"participants"`
	Outputs            []struct {
		Type  string `json:"type"`
		Count int    `json:"count"`
		Name  string `json:"name"`
		URL   string `json:"url"`
	} `json:"outputs"`
	OutputsSource string `json:"outputs_source"`
}

// DatasetRecipe is a how-to guide.
type DatasetRecipe struct {
	Slug        string       `json:"slug"`
	Title       string       `json:"title"`
	Summary     string       `json:"summary_fr"`
	Audience    string       `json:"audience"`
	Duration    string       `json:"duration"`
	Themes      []string     `json:"themes"`
	Ingredients []Ingredient `json:"ingredients"`
	Steps       []Step       `json:"steps"`
	Programme   []Slot       `json:"programme"`
	Roles       []RecipeRole `json:"roles"`
	Arguments   []struct {
		Objection string `json:"objection"`
		Answer    string `json:"reponse"`
	} `json:"arguments"`
	Outputs       []string `json:"outputs"`
	Aftercare     []string `json:"aftercare"`
	Licence       string   `json:"licence"`
	SourceLicence string   `json:"source_licence"`
	DerivedFrom   string   `json:"derived_from"`
	ToVerify      string   `json:"a_verifier"`
}

// ReadDataset reads the files of a folder. ErrNotFound when none of them is there;
// ErrInvalid, with the file and place, when one cannot be read.
func ReadDataset(fsys fs.FS, dir string) (*Dataset, error) {
	var d Dataset
	found := 0
	for name, rows := range map[string]any{
		"communes.json": &d.Communes, "organisations.json": &d.Organisations,
		"events.json": &d.Events, "recipes.json": &d.Recipes,
	} {
		data, err := fs.ReadFile(fsys, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, rows); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, name, err)
		}
		found++
	}
	if found == 0 {
		return nil, fmt.Errorf("%w: ni communes.json, ni organisations.json, ni events.json, ni recipes.json", ErrNotFound)
	}
	d.names = map[string]string{}
	for _, o := range d.Organisations {
		d.names[o.Slug] = o.Name
	}
	for _, e := range d.Events {
		d.names[e.Slug] = e.Name
	}
	return &d, nil
}

// Select returns the rows whose département passes; recipes, which have none, pass
// or not all together. Names of what is left out stay known.
func (d *Dataset) Select(departement func(string) bool, recipes func(DatasetRecipe) bool) *Dataset {
	return &Dataset{
		Communes:      filter(d.Communes, func(c DatasetCommune) bool { return departement(c.Departement) }),
		Organisations: filter(d.Organisations, func(o DatasetOrganisation) bool { return departement(o.Departement) }),
		Events:        filter(d.Events, func(e DatasetEvent) bool { return departement(e.Departement) }),
		Recipes:       filter(d.Recipes, recipes),
		names:         d.names,
	}
}

// Len is the number of rows.
func (d *Dataset) Len() int {
	return len(d.Communes) + len(d.Organisations) + len(d.Events) + len(d.Recipes)
}

func filter[T any](rows []T, keep func(T) bool) []T {
	var out []T
	for _, row := range rows {
		if keep(row) {
			out = append(out, row)
		}
	}
	return out
}
