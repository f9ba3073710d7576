package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/maillage/maillage/instance"
)

// leftOut is where the columns go that are not imported.
const leftOut = "-"

// shownRows is how many rows of a table are shown.
const shownRows = 5

// set keeps how a file is to be imported, and forgets what was tried of it. publishes says
// in whose name that may be. ErrInvalid, by field.
func (im *importer) set(ctx context.Context, up *upload, set importSettings, publishes func(owner string) bool) error {
	var wrong mistakes
	if !publishes(set.Owner) {
		wrong.fail("owner", "choisissez l’organisation qui publie")
	}
	if !slices.Contains(im.Reader.Formats(), set.Format) {
		wrong.fail("format", "choisissez dans la liste")
	}
	if set.Source = instance.CleanName(set.Source, 2000); set.Source == "" {
		wrong.fail("source", "dites d’où viennent les données : c’est à ce nom qu’elles seront reconnues la prochaine fois")
	}
	wrong.terms(set)
	if err := errors.Join(im.setTerritories(ctx, &set, &wrong), im.setColumns(up, &set, &wrong), im.sameImport(ctx, up, set, &wrong)); err != nil {
		return err
	}
	if err := wrong.err(); err != nil {
		return err
	}
	set.Ready = true
	up.Settings = set
	im.runs.abandon(trialRun + up.ID)
	return im.uploads.save(up)
}

// terms notes which settings are none of their lists.
func (m *mistakes) terms(set importSettings) {
	v := instance.Vocabularies()
	if set.Licence != "" && !v.Has("licences", set.Licence) {
		m.fail("licence", "choisissez une licence de la liste")
	}
	if set.Kind != "" && set.Kind != instance.KindEvent && set.Kind != instance.KindPartner {
		m.fail("kind", "choisissez dans la liste")
	}
	for _, theme := range set.Themes {
		if !v.Has("themes", theme) {
			m.fail("themes", "« %s » n’est pas dans la liste : %s", theme, join(slugsOf(v.Terms("themes"))))
		}
	}
	if !slices.Contains(announcements, set.Announce) {
		m.fail("announce", "annoncez tout, rien, ou ce qui est peu nombreux")
	}
}

func slugsOf(terms []instance.Term) []string {
	slugs := make([]string, len(terms))
	for i, term := range terms {
		slugs[i] = term.Slug
	}
	return slugs
}

var announcements = []instance.IntakeAnnounce{instance.AnnounceFew, instance.AnnounceAll, instance.AnnounceNone}

// setTerritories finds the territories of the settings by their IRIs.
func (im *importer) setTerritories(ctx context.Context, set *importSettings, wrong *mistakes) error {
	for i, ref := range set.Territories {
		a, err := im.node.Actor(ctx, ref.ID)
		switch {
		case errors.Is(err, instance.ErrNotFound) || err == nil && (a.Kind != instance.KindTerritory || !a.Local()):
			wrong.fail("territories", "choisissez un territoire de la liste")
		case err != nil:
			return err
		default:
			set.Territories[i] = refTo(a)
		}
	}
	return nil
}

// setColumns completes where the columns of a table go: those that are not spoken of go
// where they are guessed to.
func (im *importer) setColumns(up *upload, set *importSettings, wrong *mistakes) error {
	table, err := im.preview(&upload{ID: up.ID, Settings: *set})
	if errors.Is(err, instance.ErrInvalid) {
		wrong.fail("format", "ce fichier ne se lit pas ainsi : choisissez un autre format")
		return nil
	}
	if err != nil {
		return err
	}
	fields := append(im.Reader.Fields(), leftOut, "")
	for head, field := range set.Mapping {
		if !slices.Contains(fields, field) {
			wrong.fail("mapping", "« %s » n’est pas dans la liste : %s", field, join(im.Reader.Fields()))
		}
		if table != nil && !slices.Contains(table.Heads, head) {
			wrong.fail("mapping", "aucune colonne ne s’appelle « %s »", head)
		}
	}
	if table == nil { // the properties of a map's points, which no heading announces
		return nil
	}
	mapping := map[string]string{}
	for i, head := range table.Heads {
		if _, twice := mapping[head]; twice || head == "" {
			continue
		}
		field, said := set.Mapping[head]
		if !said {
			field = table.Fields[i]
		}
		mapping[head] = cmp.Or(field, leftOut)
	}
	if set.Mapping = mapping; !slices.Contains(slices.Collect(maps.Values(mapping)), "name") {
		wrong.fail("mapping", "dites quelle colonne est le nom ou le titre")
	}
	return nil
}

// sameImport refuses to make another import of one that has begun.
func (im *importer) sameImport(ctx context.Context, up *upload, set importSettings, wrong *mistakes) error {
	record, err := im.Log.IntakeRecord(ctx, up.ID)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if record.Owner != set.Owner || record.Source != set.Source {
		wrong.fail("source", "cet import a commencé sous ce nom : « %s » ; pour en commencer un autre, redonnez le fichier", record.Source)
	}
	return nil
}

// preview is the beginning of a table; nil for what is none. What it makes of bytes
// that are no table is ErrInvalid.
func (im *importer) preview(up *upload) (*instance.IntakeTable, error) {
	if up.Settings.Format != "csv" {
		return nil, nil // no table, no preview
	}
	data, err := im.uploads.data(up.ID)
	if err != nil {
		return nil, err
	}
	return im.Reader.Preview(data, shownRows)
}

// harvest reads a file by its settings.
func (im *importer) harvest(up upload) (*instance.Harvest, error) {
	data, err := im.uploads.data(up.ID)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", up.Name, err)
	}
	return im.Reader.Read(data, instance.IntakeReading{
		Format: up.Settings.Format, Address: up.Address, Mapping: up.Settings.Mapping, Kind: up.Settings.Kind,
	})
}

// options are those of an import by the settings of a file.
func (set importSettings) options(dry bool) instance.IntakeOptions {
	return instance.IntakeOptions{Source: set.Source, DryRun: dry, Licence: set.Licence, Themes: set.Themes, Territories: set.Territories, Announce: set.Announce}
}
