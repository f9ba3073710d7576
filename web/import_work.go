package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/maillage/maillage/instance"
)

// What begins the names of runs; the ID of an upload follows, or of a record for the
// undoing of an import.
const (
	trialRun = "essai "
	realRun  = "import "
	undoRun  = "annuler "
)

// trial says what importing a file would do. It outlives the request: nothing in it
// may be of one.
func (im *importer) trial(up upload) func(context.Context, *importRun) error {
	return func(ctx context.Context, run *importRun) error {
		return im.take(ctx, run, up, true)
	}
}

// forGood imports a file. The node keeps a record of it, also when it is stopped half-way.
func (im *importer) forGood(up upload) func(context.Context, *importRun) error {
	return func(ctx context.Context, run *importRun) error {
		err := im.take(ctx, run, up, false)
		if report, _, _ := run.result(); report != nil {
			run.set(func(run *importRun) { run.record = report.Batch })
		}
		if err == nil {
			im.uploads.drop(up.ID)
		}
		return err
	}
}

// take reads a file and takes it in.
func (im *importer) take(ctx context.Context, run *importRun, up upload, dry bool) error {
	h, err := im.harvest(up)
	if err != nil {
		return err
	}
	run.set(func(run *importRun) { run.total = len(h.Rows) })
	o := up.Settings.options(dry)
	o.ID, o.Via, o.Account = up.ID, up.Via, up.author()
	report, err := im.node.Intake(ctx, up.Settings.Owner, h, o, func(done int) {
		run.set(func(run *importRun) { run.done = done })
	})
	run.set(func(run *importRun) { run.report = &report })
	return err
}

// progressView is the page of a run that goes on.
type progressView struct {
	importPage
	Title, Name string
	Words       string
	importProgress
	Poll string // where a script asks how far it is
	Stop string // where to stop it; "" for what must go to its end
	Note string
}

// refreshEvery is after how many seconds the page of a run comes back by itself, in
// browsers without scripts.
const refreshEvery = 2

func (w *importing) showRun(run *importRun, kind, id, name string) error {
	v := progressView{
		importPage: w.page("", nil), Title: w.T("import.progress." + kind), Name: name, importProgress: run.progress(),
		Poll: "/importer/avancement?" + url.Values{"de": {kind + " " + id}}.Encode(), Note: w.T("import.progress." + kind + ".note"),
	}
	v.Words = w.progressWords(v.importProgress)
	if kind+" " != undoRun {
		v.Stop = "/importer/" + id + "/arreter"
	}
	return w.show("import-progress", &page{Title: v.Title, NoIndex: true, Refresh: refreshEvery, Scripts: []string{"js/import.js"}, View: v})
}

func (r *request) progressWords(p importProgress) string {
	switch {
	case !p.Turn:
		return r.T("import.progress.waiting")
	case p.Total == 0:
		return r.T("import.progress.reading")
	}
	return r.T("import.progress.rows", r.number(p.Done), r.number(p.Total))
}

// importProgress answers the script of that page.
func (s *Server) importProgress(w *importing) error {
	run := w.runs.find(w.account.ID, w.QueryParam("de"))
	if run == nil {
		return fmt.Errorf("run %q: %w", w.QueryParam("de"), instance.ErrNotFound)
	}
	p := run.progress()
	w.Response().Header().Set("Cache-Control", "no-store")
	return w.JSON(http.StatusOK, struct {
		Done  int    `json:"done"`
		Total int    `json:"total"`
		Over  bool   `json:"over"`
		Words string `json:"words"`
	}{p.Done, p.Total, p.Over, w.progressWords(p)})
}

// trialView is the page of what importing would do.
type trialView struct {
	importPage
	reportView
	Path  string
	Name  string
	Owner string
	Wrong string // why it cannot be said; "" when it can
	Any   bool   // there is something to import
	News  int    // things that followers can be told of
	Quiet bool   // unless asked, they are not: there are too many
}

// importTrial shows what importing a file would do.
func (s *Server) importTrial(w *importing) error {
	up, err := w.uploads.of(w.account.ID, w.Param("id"))
	if err != nil {
		return err
	}
	run := w.runs.find(w.account.ID, trialRun+up.ID)
	if run == nil {
		return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID)
	}
	if !run.isOver() {
		return w.showRun(run, "essai", up.ID, up.Name)
	}
	v := trialView{importPage: w.page("/importer", nil), Path: "/importer/" + up.ID, Name: up.Name}
	if owner := w.owner(up.Settings.Owner); owner != nil {
		v.Owner = owner.Name
	}
	report, _, err := run.result()
	if err != nil || report == nil {
		if errors.Is(err, errStopped) {
			return w.Redirect(http.StatusSeeOther, v.Path)
		}
		v.Wrong = w.unusable(err)
		return w.render(http.StatusUnprocessableEntity, "import-trial", &page{Title: w.T("import.trial.title"), NoIndex: true, View: v})
	}
	v.reportView, v.News, v.Quiet = w.report(report, 0), report.News, report.Quiet
	v.Any = report.Counts[instance.IntakeCreated]+report.Counts[instance.IntakeUpdated]+report.Counts[instance.IntakeUnchanged] > 0
	return w.show("import-trial", &page{Title: w.T("import.trial.title"), NoIndex: true, View: v})
}

// importTrialFile sends what importing a file would do, row by row.
func (s *Server) importTrialFile(w *importing) error {
	run := w.runs.find(w.account.ID, trialRun+w.Param("id"))
	if run == nil || !run.isOver() {
		return fmt.Errorf("report of %s: %w", w.Param("id"), instance.ErrNotFound)
	}
	report, _, err := run.result()
	if err != nil || report == nil {
		return fmt.Errorf("report of %s: %w", w.Param("id"), instance.ErrNotFound)
	}
	return w.sendReport(report)
}

// importReal imports what was tried first.
func (s *Server) importReal(w *importing) error {
	up, err := w.uploads.of(w.account.ID, w.Param("id"))
	if err != nil {
		return err
	}
	if !w.tried(up) {
		return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID)
	}
	posted, err := w.form()
	if err != nil {
		return err
	}
	if posted.Has("nouveautes") { // they were said to be announced, or not
		up.Settings.Announce = announcing(posted.Get("nouveautes") == "annoncees", posted.Has("annoncer"))
		if err := w.uploads.save(up); err != nil {
			return err
		}
	}
	if w.owner(up.Settings.Owner) == nil {
		return fmt.Errorf("import for %s: %w", up.Settings.Owner, instance.ErrForbidden)
	}
	w.runs.start(w.account.ID, realRun+up.ID, w.forGood(*up)).settle(w.ctx())
	return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID+"/import")
}

// tried says that a file can be imported for good: what that would do was said.
func (im *importer) tried(up *upload) bool {
	run := im.runs.find(up.Account, trialRun+up.ID)
	if run == nil || !run.isOver() || !up.Settings.Ready {
		return false
	}
	_, _, err := run.result()
	return err == nil
}

// announcing is what a person chose who was shown whether what is new would be announced.
func announcing(shown, chosen bool) instance.IntakeAnnounce {
	switch {
	case chosen && !shown:
		return instance.AnnounceAll
	case shown && !chosen:
		return instance.AnnounceNone
	}
	return instance.AnnounceFew
}

// importRunning shows how far an import is, then what it did.
func (s *Server) importRunning(w *importing) error {
	id := w.Param("id")
	run := w.runs.find(w.account.ID, realRun+id)
	if run == nil {
		return w.Redirect(http.StatusSeeOther, "/importer")
	}
	if !run.isOver() {
		return w.showRun(run, "import", id, "")
	}
	_, record, err := run.result()
	switch {
	case record != "":
		return w.Redirect(http.StatusSeeOther, "/importer/passes/"+record)
	case errors.Is(err, errStopped):
		w.flash("done.import-stopped")
		return w.Redirect(http.StatusSeeOther, "/importer/"+id)
	case err == nil: // it held nothing
		return w.Redirect(http.StatusSeeOther, "/importer")
	}
	return err
}

// importStop stops what goes on with a file.
func (s *Server) importStop(w *importing) error {
	id := w.Param("id")
	for _, stage := range []struct{ name, page string }{{realRun, "/import"}, {trialRun, ""}} {
		run := w.runs.find(w.account.ID, stage.name+id)
		if run == nil || run.isOver() {
			continue
		}
		run.stop()
		run.settle(w.ctx())
		return w.Redirect(http.StatusSeeOther, "/importer/"+id+stage.page)
	}
	return w.Redirect(http.StatusSeeOther, "/importer/"+id+"/essai") // it was over already
}
