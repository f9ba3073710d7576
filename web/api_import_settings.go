package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// importSettingsJSON say how to import a file.
type importSettingsJSON struct {
	Format      string            `json:"format"`
	Source      string            `json:"source"`
	Licence     string            `json:"licence"`
	Kind        instance.Kind     `json:"kind"`
	Themes      []string          `json:"themes"`
	Territories []string          `json:"territories"` // IRIs
	Mapping     map[string]string `json:"mapping"`     // heading of a column -> its field; "-" leaves it out
	Announce    string            `json:"announce"`    // see announcedAs
}

// announcedFew is how the API says instance.AnnounceFew, which has no word of its own.
const announcedFew = "few"

func newImportSettings(set importSettings) *importSettingsJSON {
	j := &importSettingsJSON{
		Format: set.Format, Source: set.Source, Licence: set.Licence, Kind: set.Kind, Themes: append([]string{}, set.Themes...),
		Territories: []string{}, Mapping: map[string]string{}, Announce: string(set.Announce),
	}
	if j.Announce == "" {
		j.Announce = announcedFew
	}
	for _, t := range set.Territories {
		j.Territories = append(j.Territories, t.ID)
	}
	for head, field := range set.Mapping {
		j.Mapping[head] = field
	}
	return j
}

// settings are those that the body of a request says. What it leaves out is as it was when
// the file was received.
func (j importSettingsJSON) settings(up *upload, owner string) importSettings {
	set := importSettings{
		Format: j.Format, Owner: owner, Source: j.Source, Licence: j.Licence, Kind: j.Kind, Themes: slices.Clone(j.Themes),
		Mapping: j.Mapping, Announce: instance.IntakeAnnounce(j.Announce),
	}
	if set.Format == "" {
		set.Format = up.Settings.Format
	}
	if set.Source == "" {
		set.Source = up.Name
	}
	if j.Announce == announcedFew {
		set.Announce = instance.AnnounceFew
	}
	for _, id := range j.Territories {
		set.Territories = append(set.Territories, instance.Ref{ID: id})
	}
	return set
}

// importSet says how to import a file.
func (a *apiV1) importSet(c echo.Context) error {
	im, err := a.waitingImport(c)
	if err != nil {
		return err
	}
	var body importSettingsJSON
	if err := readBody(c, &body); err != nil {
		return err
	}
	if err := im.set(c.Request().Context(), im.up, body.settings(im.up, im.owner), im.publishes); err != nil {
		return err
	}
	return im.answer(c, http.StatusOK)
}

// publishes says that the token imports for an organisation.
func (w *importWorker) publishes(owner string) bool { return owner == w.owner }

// waitingImport is the import of the address, whose file waits and which does not go on.
func (a *apiV1) waitingImport(c echo.Context) (*anImport, error) {
	im, err := a.theImport(c, instance.TokenPublishes)
	if err != nil {
		return nil, err
	}
	switch state, _ := im.state(); {
	case state == importRunning || state == importUndoing:
		return nil, newProblem(http.StatusConflict, "Cet import est en cours : attendez sa fin, ou arrêtez-le.")
	case im.up == nil:
		return nil, newProblem(http.StatusConflict, "Le fichier de cet import n’est plus là : redonnez-le, par POST /api/v1/imports.")
	}
	return im, nil
}
