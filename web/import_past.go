package web

import (
	"context"
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
	State                     string // "stopped", "cut", "going", "undone"; "" when it is simply done
	Feed                      bool   // of a source that is followed
	Undone                    string // when; "" when it was not
	MayUndo                   bool   // it created something, which is still here
}

// importsPast lists the imports of the account's organisations.
func (s *Server) importsPast(w *importing) error {
	var ids []string
	for _, a := range w.owners {
		ids = append(ids, a.ID)
	}
	if w.account.Hosts() {
		ids = append(ids, s.node.Self().ID) // of archives
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
	now := w.s.node.Now()
	p := pastImport{
		Path: "/importer/passes/" + rec.ID, Source: rec.Source, URL: webURL(rec.Source), Format: w.T("import.format." + rec.Format),
		When: w.moment(rec.At), Who: w.T("history.by-someone"), Feed: rec.Via == instance.ViaFeed, MayUndo: rec.Undoable(now),
	}
	p.Owner, _ = w.answersFor(rec.Owner)
	switch {
	case rec.Via != instance.ViaBrowser:
		p.Who = w.T("import.via." + string(rec.Via))
	case rec.Account != "":
		p.Who = w.authorName(names, rec.Account)
	}
	for _, verdict := range verdicts {
		if n := rec.Report.Counts[verdict]; n > 0 {
			p.Counts = append(p.Counts, w.number(n)+" "+w.verdict(false, verdict, n))
		}
	}
	switch {
	case !rec.Undone.IsZero():
		p.State, p.Undone = "undone", w.moment(rec.Undone)
	case rec.GoesOn(now):
		p.State = "going"
	case rec.CutOff(now):
		p.State = "cut"
	case rec.Stopped:
		p.State = "stopped"
	}
	return p
}

// record is a past import of one of the account's organisations. ErrNotFound: it is
// another's.
func (w *importing) record() (*instance.IntakeRecord, error) {
	rec, err := w.Log.IntakeRecord(w.ctx(), w.Param("id"))
	if err != nil {
		return nil, err
	}
	if _, ok := w.answersFor(rec.Owner); !ok {
		return nil, fmt.Errorf("import %s: %w", rec.ID, instance.ErrNotFound)
	}
	return rec, nil
}

// pastOneView is the page of a past import.
type pastOneView struct {
	importPage
	reportView
	Import    pastImport
	Resume    string // where to send the rest; "" when there is none, or its file is gone
	Withdrawn int
	Restored  int
	Kept      []link // left alone when it was undone
	Unsaid    bool   // followers were told of nothing
	Failed    bool   // undoing it failed
}

// importPast shows what an import did.
func (s *Server) importPast(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	v := pastOneView{importPage: w.page("/importer/passes", nil), Import: w.past(rec, map[string]string{}), Withdrawn: rec.Undoing.Withdrawn, Restored: rec.Undoing.Restored}
	v.Unsaid = rec.Report.Quiet && rec.Report.News > 0
	if run := w.runs.find(w.account.ID, undoRun+rec.ID); run != nil {
		if !run.isOver() {
			return w.showRun(run, "annuler", rec.ID, rec.Source)
		}
		_, _, err := run.result()
		v.Failed = err != nil
	}
	if v.Import.State == "stopped" || v.Import.State == "cut" {
		v.Resume = w.resume(rec)
	}
	for _, ref := range rec.Undoing.Kept {
		v.Kept = append(v.Kept, link{Name: ref.Name, Path: s.node.URLs().Path(ref.ID)})
	}
	v.reportView = w.report(&rec.Report, rec.Omitted)
	p := &page{Title: w.T("import.past.title", rec.Source), NoIndex: true, View: v}
	if v.Import.State == "going" {
		p.Refresh = refreshEvery
	}
	return w.show("import-past-one", p)
}

// resume is where to send the rest of an import that ended half-way: its file waits still.
// "" when it is gone.
func (w *importing) resume(rec *instance.IntakeRecord) string {
	up, err := w.uploads.of(w.account.ID, rec.ID)
	if err != nil {
		return ""
	}
	return "/importer/" + up.ID + "/importer"
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
			Created, Updated int
		}{v, rec.Report.Counts[instance.IntakeCreated], rec.Report.Counts[instance.IntakeUpdated]}})
	}
	return w.Redirect(http.StatusSeeOther, "/importer/passes/"+rec.ID)
}

// importUndo takes an import back.
func (s *Server) importUndo(w *importing) error {
	rec, err := w.record()
	if err != nil {
		return err
	}
	if rec.Undoable(s.node.Now()) {
		w.runs.start(w.account.ID, undoRun+rec.ID, w.undo(*rec)).settle(w.ctx())
	}
	return w.Redirect(http.StatusSeeOther, "/importer/passes/"+rec.ID)
}

// undo undoes an import, and forgets its file: it is another import that would take it in
// again. Like all runs, it outlives the request.
func (im *importer) undo(rec instance.IntakeRecord) func(context.Context, *importRun) error {
	return func(ctx context.Context, _ *importRun) error {
		im.uploads.drop(rec.ID)
		_, err := im.node.UndoIntake(ctx, rec.Owner, rec.ID)
		return err
	}
}
