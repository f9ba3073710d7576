package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// importJSON is an import, from the moment its file is received until it is undone: what
// the pages call a file that waits, then a past import, under one name.
type importJSON struct {
	ID       string              `json:"id"`
	State    importState         `json:"state"`
	Source   string              `json:"source"` // what its rows are recognised by the next time
	Format   string              `json:"format"`
	At       time.Time           `json:"at"` // when its file was received, or it began
	Via      string              `json:"via"`
	Size     int64               `json:"size,omitempty"`     // bytes, while the file waits
	Settings *importSettingsJSON `json:"settings,omitempty"` // the same
	Columns  []importHeadJSON    `json:"columns,omitempty"`  // the same, of a table
	Progress *importProgressJSON `json:"progress,omitempty"`
	Counts   *importCountsJSON   `json:"counts,omitempty"` // what it did, or what a trial says that it would
	Undone   *importUndoneJSON   `json:"undone,omitempty"`
	Error    string              `json:"error,omitempty"` // why it failed, or its undoing did
}

// importHeadJSON is a column of a table: what it holds, and where it is guessed to go.
type importHeadJSON struct {
	Name     string   `json:"name"`
	Field    string   `json:"field,omitempty"`
	Note     string   `json:"note,omitempty"` // why it goes nowhere
	Examples []string `json:"examples"`
}

// importProgressJSON is how far a trial or an import is, in rows; total is 0 while the
// file is being read, and before its turn.
type importProgressJSON struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

// importCountsJSON counts rows by what became of them.
type importCountsJSON struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Duplicate int `json:"duplicate"`
	Refused   int `json:"refused"`
}

func newImportCounts(r *instance.IntakeReport) *importCountsJSON {
	return &importCountsJSON{
		Created: r.Counts[instance.IntakeCreated], Updated: r.Counts[instance.IntakeUpdated], Unchanged: r.Counts[instance.IntakeUnchanged],
		Duplicate: r.Counts[instance.IntakeDuplicate], Refused: r.Counts[instance.IntakeRefused],
	}
}

// importUndoneJSON is what undoing an import did.
type importUndoneJSON struct {
	At        time.Time      `json:"at"`
	Withdrawn int            `json:"withdrawn"`
	Restored  int            `json:"restored"`
	Kept      []instance.Ref `json:"kept"` // changed here since, or in use: left alone
}

// importWorker is who imports with a token.
type importWorker struct {
	*worker
	*importer
	holder string // of the files that it sends
	owner  string // IRI: imports for it are its own; the node's for the hosts, of archives
}

// imports is who the request's token imports for.
func (a *apiV1) imports(c echo.Context, scopes ...instance.TokenScope) (*importWorker, error) {
	w, err := a.worker(c, scopes...)
	if err != nil {
		return nil, err
	}
	if a.importer == nil {
		return nil, fmt.Errorf("imports: %w", instance.ErrNotFound)
	}
	iw := &importWorker{worker: w, importer: a.importer, holder: holderOf(w.token), owner: w.actor}
	if w.token.Scope == instance.TokenHosts {
		iw.owner = a.node.Self().ID
	}
	if kind, _, _ := a.node.URLs().Parse(w.actor); w.token.Scope == instance.TokenPublishes && kind != instance.KindOrganisation { // as the pages
		return nil, newProblem(http.StatusForbidden, "Un import se fait au nom d’une organisation.")
	}
	return iw, nil
}

// anImport is one of the token's: its file, its record, or both. No other is found.
type anImport struct {
	*importWorker
	up  *upload                // nil once its file is gone
	rec *instance.IntakeRecord // nil until it runs
}

func (w *importWorker) find(ctx context.Context, id string) (*anImport, error) {
	im := &anImport{importWorker: w}
	up, err := w.uploads.of(w.holder, id)
	if err == nil && up.Settings.Owner == w.owner {
		im.up = up
	} else if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return nil, err
	}
	rec, err := w.Log.IntakeRecord(ctx, id)
	if err == nil && rec.Owner == w.owner {
		im.rec = rec
	} else if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return nil, err
	}
	if im.up == nil && im.rec == nil {
		return nil, fmt.Errorf("import %q: %w", id, instance.ErrNotFound)
	}
	return im, nil
}

// theImport is the one that the address of the request names.
func (a *apiV1) theImport(c echo.Context, scopes ...instance.TokenScope) (*anImport, error) {
	w, err := a.imports(c, scopes...)
	if err != nil {
		return nil, err
	}
	return w.find(c.Request().Context(), c.Param("id"))
}

func (im *anImport) id() string {
	if im.up != nil {
		return im.up.ID
	}
	return im.rec.ID
}

// report is what the import did, or what its last trial says that it would; nil for none.
func (im *anImport) report() (report *instance.IntakeReport, omitted int) {
	if state, run := im.state(); state == importTried {
		report, _, _ = run.result()
		return report, 0
	}
	if im.rec == nil {
		return nil, 0
	}
	return &im.rec.Report, im.rec.Omitted
}

// brief is the import as a list has it.
func (im *anImport) brief() importJSON {
	state, run := im.state()
	j := importJSON{ID: im.id(), State: state}
	if rec := im.rec; rec != nil {
		j.Source, j.Format, j.At, j.Via = rec.Source, rec.Format, rec.At, string(rec.Via)
		if !rec.Undone.IsZero() {
			j.Undone = &importUndoneJSON{rec.Undone, rec.Undoing.Withdrawn, rec.Undoing.Restored, append([]instance.Ref{}, rec.Undoing.Kept...)}
		}
	}
	if up := im.up; up != nil {
		j.Source, j.Format, j.Size = up.Settings.Source, up.Settings.Format, up.Size
		if im.rec == nil {
			j.At, j.Via = up.Received, string(up.Via)
		}
	}
	if j.Via == string(instance.ViaBrowser) {
		j.Via = "browser"
	}
	if report, _ := im.report(); report != nil {
		j.Counts = newImportCounts(report)
	}
	if run == nil {
		return j
	}
	if p := run.progress(); !p.Over {
		j.Progress = &importProgressJSON{p.Done, p.Total}
	} else if _, _, err := run.result(); err != nil && !errors.Is(err, errStopped) {
		j.Error = im.french.unusable(err)
	}
	return j
}

// whole is the import with all that there is to say of it.
func (im *anImport) whole() (importJSON, error) {
	j := im.brief()
	if im.up == nil {
		return j, nil
	}
	j.Settings = newImportSettings(im.up.Settings)
	table, err := im.preview(im.up)
	if table == nil {
		if errors.Is(err, instance.ErrInvalid) {
			err = nil // a trial says why
		}
		return j, err
	}
	for i, name := range table.Heads {
		if name != "" {
			j.Columns = append(j.Columns, importHeadJSON{name, table.Fields[i], im.french.mistake(table.Notes[i]), examplesOf(table, i)})
		}
	}
	return j, nil
}

// answer sends the import as it is now.
func (im *anImport) answer(c echo.Context, status int) error {
	now, err := im.find(c.Request().Context(), im.id())
	if err != nil {
		return err
	}
	j, err := now.whole()
	if err != nil {
		return err
	}
	return private(c, status, j)
}

// importsList lists the imports of the token's organisation: those whose file waits, then
// the others, each the newest first.
func (a *apiV1) importsList(c echo.Context) error {
	w, err := a.imports(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	all, err := w.all(c.Request().Context())
	if err != nil {
		return err
	}
	first := min((page-1)*perPage, len(all))
	var items []importJSON
	for _, im := range all[first:min(first+perPage, len(all))] {
		items = append(items, im.brief())
	}
	a.linkPages(c, len(all), page, perPage)
	return private(c, http.StatusOK, newPage(len(all), page, perPage, items))
}

func (w *importWorker) all(ctx context.Context) ([]*anImport, error) {
	records, err := w.Log.IntakeRecords(ctx, w.owner)
	if err != nil {
		return nil, err
	}
	files := map[string]*upload{}
	var all []*anImport
	for _, up := range slices.Backward(w.uploads.list()) {
		if up.Account != w.holder || up.Settings.Owner != w.owner || w.uploads.over(up) {
			continue
		}
		files[up.ID] = up
		if !slices.ContainsFunc(records, func(r instance.IntakeRecord) bool { return r.ID == up.ID }) {
			all = append(all, &anImport{importWorker: w, up: up})
		}
	}
	for i := range records {
		all = append(all, &anImport{importWorker: w, up: files[records[i].ID], rec: &records[i]})
	}
	return all, nil
}

// importRead shows an import.
func (a *apiV1) importRead(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	return im.answer(c, http.StatusOK)
}

// importReceive takes the file that is the body of the request, or reads an address.
func (a *apiV1) importReceive(c echo.Context) error {
	w, err := a.imports(c, instance.TokenPublishes)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	name, address, format := p.importFile()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	if strings.HasPrefix(strings.ToLower(c.Request().Header.Get(echo.HeaderContentType)), "multipart/") {
		return newProblem(http.StatusUnsupportedMediaType, "Envoyez le fichier tel quel, comme corps de la requête, et non un formulaire.")
	}
	var up *upload
	if address != "" {
		up, err = w.fetched(c.Request().Context(), w.holder, address)
	} else {
		up, err = w.receive(c, name)
	}
	if err != nil {
		return err
	}
	up.Settings.Owner, up.Via = w.owner, instance.ViaAPI
	if err := w.recognise(up, format); err != nil {
		w.uploads.drop(up.ID)
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, a.node.URLs().IRI("/api/v1/imports/"+up.ID))
	return (&anImport{importWorker: w, up: up}).answer(c, http.StatusCreated)
}

// importFile reads what is said of a file beside its bytes.
func (p *params) importFile() (name, address, format string) {
	return p.one("name"), p.one("url"), p.one("format")
}

// receive keeps the body of a request.
func (w *importWorker) receive(c echo.Context, name string) (*upload, error) {
	w.patient(c)
	if name = fileName(name); name == "" || name == "." || name == "/" {
		name = "fichier"
	}
	up, err := w.uploads.keep(upload{Account: w.holder, Name: name}, c.Request().Body)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("Envoyez au plus %d Mio : découpez le fichier, et importez-le en plusieurs fois.", maxImport>>20))
	case err != nil && c.Request().Context().Err() != nil:
		return nil, newProblem(http.StatusBadRequest, "L’envoi a été interrompu.")
	}
	return up, err
}

// importForget forgets a file that was not imported, and what was tried of it.
func (a *apiV1) importForget(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes)
	if err != nil {
		return err
	}
	state, _ := im.state()
	switch {
	case state == importRunning || state == importUndoing:
		return newProblem(http.StatusConflict, "Cet import est en cours : arrêtez-le d’abord.")
	case im.up == nil:
		return newProblem(http.StatusConflict, "Cet import est fait : il se retire par « undo », et reste dans la liste.")
	}
	im.runs.abandon(trialRun + im.up.ID)
	im.uploads.drop(im.up.ID)
	return c.NoContent(http.StatusNoContent)
}
