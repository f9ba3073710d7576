package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// pastView lists the imports that were made.
type pastView struct {
	importPage
	Imports []pastImport
}

// pastImport is one of them.
type pastImport struct {
	Path, Source, URL, Format string
	Owner, Who, When          string
	Counts                    []string
	Stopped                   bool
	Undone                    string // when; "" when it was not
	MayUndo                   bool   // it created something, which is still here
}

// importsPast lists the imports of the account's organisations.
func (s *Server) importsPast(w *importing) error {
	ids := make([]string, len(w.owners))
	for i, a := range w.owners {
		ids[i] = a.ID
	}
	records, err := w.Log.IntakeRecords(w.ctx(), ids...)
	if err != nil {
		return err
	}
	v := pastView{importPage: w.page("/importer/passes", nil)}
	names := map[string]string{}
	for i := range records {
		v.Imports = append(v.Imports, w.past(&records[i], names))
	}
	return w.show("import-past", &page{Title: w.T("import.tab.passes"), NoIndex: true, View: v})
}

func (w *importing) past(rec *instance.IntakeRecord, names map[string]string) pastImport {
	p := pastImport{
		Path: "/importer/passes/" + rec.ID, Source: rec.Source, URL: webURL(rec.Source), Format: w.T("import.format." + rec.Format),
		When: w.moment(rec.At), Who: w.T("history.by-someone"), Stopped: rec.Stopped,
		MayUndo: rec.Report.Batch != "" && rec.Undone.IsZero(),
	}
	if a := w.owner(rec.Owner); a != nil {
		p.Owner = a.Name
	}
	if rec.Account != "" {
		p.Who = w.authorName(names, rec.Account)
	}
	for _, verdict := range verdicts {
		if n := rec.Report.Counts[verdict]; n > 0 {
			p.Counts = append(p.Counts, w.number(n)+" "+w.verdict(false, verdict, n))
		}
	}
	if !rec.Undone.IsZero() {
		p.Undone = w.moment(rec.Undone)
	}
	return p
}

// record is a past import of one of the account's organisations. ErrNotFound: it is
// another's.
func (w *importing) record() (*instance.IntakeRecord, error) {
	rec, err := w.Log.IntakeRecord(w.ctx(), w.Param("id"))
	if err == nil && w.owner(rec.Owner) == nil {
		err = fmt.Errorf("import %s: %w", rec.ID, instance.ErrNotFound)
	}
	return rec, err
}

// pastOneView is the page of a past import.
type pastOneView struct {
	importPage
	reportView
	Import    pastImport
	Resume    string // where to send the rest; "" when there is none, or its file is gone
	Withdrawn int
	Kept      []link // created by it and left alone when it was undone
	Failed    bool   // undoing it failed
}

// importPast shows what an import did.
func (s *Server) importPast(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	v := pastOneView{importPage: w.page("/importer/passes", nil), Import: w.past(rec, map[string]string{}), Withdrawn: rec.Undoing.Withdrawn}
	if run := w.runs.find(w.account.ID, undoRun+rec.ID); run != nil {
		if !run.isOver() {
			return w.showRun(run, "annuler", rec.ID, rec.Source)
		}
		_, _, err := run.result()
		v.Failed = err != nil
	}
	if up, err := w.uploads.of(w.account.ID, w.QueryParam("fichier")); err == nil && rec.Stopped {
		v.Resume = "/importer/" + up.ID + "/importer"
	}
	for _, ref := range rec.Undoing.Kept {
		v.Kept = append(v.Kept, link{Name: ref.Name, Path: s.node.URLs().Path(ref.ID)})
	}
	v.reportView = w.report(&rec.Report, rec.Omitted)
	return w.show("import-past-one", &page{Title: w.T("import.past.title", rec.Source), NoIndex: true, View: v})
}

// importPastFile sends the report of a past import.
func (s *Server) importPastFile(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	return w.sendReport(&rec.Report)
}

// importUndoPage asks whether an import is really to be undone.
func (s *Server) importUndoPage(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	if v := w.past(rec, map[string]string{}); v.MayUndo {
		return w.show("import-undo", &page{Title: w.T("import.undo.title"), NoIndex: true, View: struct {
			pastImport
			Created int
		}{v, rec.Report.Counts[instance.IntakeCreated]}})
	}
	return w.Redirect(http.StatusSeeOther, "/importer/passes/"+rec.ID)
}

// importUndo withdraws what an import created.
func (s *Server) importUndo(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	if rec.Report.Batch != "" && rec.Undone.IsZero() {
		w.runs.start(w.account.ID, undoRun+rec.ID, w.undo(*rec)).settle(w.ctx())
	}
	return w.Redirect(http.StatusSeeOther, "/importer/passes/"+rec.ID)
}

// mostKept is how many of the things that an undone import leaves are listed.
const mostKept = 500

// undo undoes an import and notes it. Like all runs, it outlives the request.
func (im *importer) undo(rec instance.IntakeRecord) func(context.Context, *importRun) error {
	return func(ctx context.Context, _ *importRun) error {
		done, err := im.node.UndoIntake(ctx, rec.Owner, rec.Report.Batch)
		if err != nil && !errors.Is(err, instance.ErrNotFound) { // which says that nothing of it is left
			return err
		}
		done.Kept = done.Kept[:min(len(done.Kept), mostKept)]
		rec.Undone, rec.Undoing = im.node.Now(), done
		return im.Log.SaveIntakeRecord(ctx, rec)
	}
}
