package web

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// importReportJSON is one page of the report of an import, of a trial, or of the last
// reading of a feed.
type importReportJSON struct {
	Trial   bool                    `json:"trial"` // nothing was done
	Counts  *importCountsJSON       `json:"counts"`
	News    int                     `json:"news"`    // of those created, what is no sheet
	Quiet   bool                    `json:"quiet"`   // followers are not told of them
	Omitted int                     `json:"omitted"` // rows that are counted and no longer kept
	Notices []string                `json:"notices"`
	Columns []instance.IntakeColumn `json:"columns"`
	Missing []instance.Ref          `json:"missing"` // what the source gave before and gives no more
	pageOf[importRowJSON]
}

// importRowJSON is what became of one row.
type importRowJSON struct {
	Line     int                      `json:"line"` // 0: it has none
	Key      string                   `json:"key,omitempty"`
	Kind     instance.Kind            `json:"kind,omitempty"`
	Name     string                   `json:"name,omitempty"`
	Verdict  instance.Verdict         `json:"verdict"`
	ID       string                   `json:"id,omitempty"` // IRI
	Problems []instance.IntakeProblem `json:"problems"`
	Kept     []string                 `json:"kept"` // fields that were corrected here and changed there
}

// importReport tells what became of each row.
func (a *apiV1) importReport(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	report, omitted := im.report()
	return a.sendImportReport(c, im.importer, report, omitted)
}

// sendImportReport sends a page of a report. nil: there is none yet.
func (a *apiV1) sendImportReport(c echo.Context, im *importer, report *instance.IntakeReport, omitted int) error {
	p := newParams(c.QueryParams())
	page, perPage, only := p.importReport()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	if report == nil {
		return fmt.Errorf("report: %w", instance.ErrNotFound)
	}
	rows := rowsOf(report, only)
	first := min((page-1)*perPage, len(rows))
	items := []importRowJSON{}
	for _, row := range rows[first:min(first+perPage, len(rows))] {
		items = append(items, im.rowJSON(report.DryRun, row))
	}
	j := importReportJSON{
		Trial: report.DryRun, Counts: newImportCounts(report), News: report.News, Quiet: report.Quiet, Omitted: omitted,
		Notices: []string{}, Columns: []instance.IntakeColumn{}, Missing: append([]instance.Ref{}, report.Missing...),
		pageOf: newPage(len(rows), page, perPage, items),
	}
	for _, notice := range report.Notices {
		j.Notices = append(j.Notices, im.french.mistake(notice))
	}
	for _, column := range report.Columns {
		column.Note = im.french.mistake(column.Note)
		j.Columns = append(j.Columns, column)
	}
	a.linkPages(c, len(rows), page, perPage)
	return private(c, http.StatusOK, j)
}

// showNoted is how the API asks for the rows that something is said of.
const showNoted = "noted"

// importReport reads which rows of a report are asked for.
func (p *params) importReport() (page, perPage int, only string) {
	page, perPage = p.paging()
	only = choice(p, "only", string(instance.IntakeCreated), string(instance.IntakeUpdated), string(instance.IntakeUnchanged),
		string(instance.IntakeDuplicate), string(instance.IntakeRefused), showNoted)
	if only == showNoted {
		only = showProblems
	}
	return page, perPage, only
}

func (im *importer) rowJSON(dry bool, row instance.IntakeOutcome) importRowJSON {
	j := importRowJSON{
		Line: row.Line, Key: row.Key, Kind: row.Kind, Name: row.Name, Verdict: row.Verdict, ID: row.ID,
		Problems: []instance.IntakeProblem{}, Kept: append([]string{}, row.Kept...),
	}
	if dry && row.Verdict == instance.IntakeCreated {
		j.ID = "" // a trial makes no page
	}
	for _, problem := range row.Reasons {
		problem.Message = im.french.problem(problem)
		j.Problems = append(j.Problems, problem)
	}
	return j
}

// importReportFile sends the report as a table.
func (a *apiV1) importReportFile(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	report, _ := im.report()
	if report == nil {
		return fmt.Errorf("report of %s: %w", im.id(), instance.ErrNotFound)
	}
	return sendReport(c, newReportLine(im.french, a.node.URLs(), report), report)
}
