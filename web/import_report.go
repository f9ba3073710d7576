package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// verdicts are what may become of a row, in the order they are told.
var verdicts = []instance.Verdict{
	instance.IntakeCreated, instance.IntakeUpdated, instance.IntakeUnchanged, instance.IntakeDuplicate, instance.IntakeRefused,
}

// reportView is what an import did, or would do.
type reportView struct {
	DryRun  bool
	Counts  []reportCount
	Notices []string
	Columns []reportColumn
	Rows    []reportRow
	Shown   string // which rows these are, in words
	Omitted int    // rows that are counted and no longer kept
	Missing []link
	pagination
}

// reportCount counts the rows of one verdict, and leads to them.
type reportCount struct {
	Label, URL string
	N          int
	Current    bool
}

// reportColumn says what became of a column.
type reportColumn struct {
	Name, Field, Note string
	Filled            int
}

// reportRow says what became of a row.
type reportRow struct {
	Line    int
	Name    string
	Kind    instance.Kind
	Verdict instance.Verdict
	Label   string
	To      string // path of the thing it is, "" when there is none
	Reasons []reportReason
	Kept    string // fields that were corrected here, in words
}

// reportReason is something wrong with a row.
type reportReason struct{ Field, Message string }

// rowsPerPage is how many rows of a report are on a page.
const rowsPerPage = 100

// showProblems is the filter of the rows that something was said of.
const showProblems = "remarques"

// report shows one, the rows that ?montrer= asks for. Its page must be that of the
// request.
func (r *request) report(report *instance.IntakeReport, omitted int) reportView {
	v := reportView{DryRun: report.DryRun, Omitted: omitted}
	asked := r.QueryParam("montrer")
	total, noted := 0, 0
	for _, n := range report.Counts {
		total += n
	}
	for _, row := range report.Rows {
		if remarked(row) {
			noted++
		}
	}
	v.Counts = append(v.Counts, reportCount{r.T("import.rows.all"), r.with("montrer", ""), total, asked == ""})
	for _, verdict := range verdicts {
		if n := report.Counts[verdict]; n > 0 {
			v.Counts = append(v.Counts, reportCount{r.verdict(report.DryRun, verdict, n), r.with("montrer", string(verdict)), n, asked == string(verdict)})
		}
	}
	if noted > 0 {
		v.Counts = append(v.Counts, reportCount{r.T("import.rows.noted"), r.with("montrer", showProblems), noted, asked == showProblems})
	}
	for _, notice := range report.Notices {
		v.Notices = append(v.Notices, r.mistake(notice))
	}
	for _, c := range report.Columns {
		v.Columns = append(v.Columns, reportColumn{c.Name, r.importField(c.Field), r.mistake(c.Note), c.Filled})
	}
	rows := rowsOf(report, asked)
	v.pagination = r.paginate(r.pageNumber(), rowsPerPage, len(rows))
	line := newReportLine(r.locale, r.s.node.URLs(), report)
	first := min((v.Page-1)*rowsPerPage, len(rows))
	for _, row := range rows[first:min(first+rowsPerPage, len(rows))] {
		v.Rows = append(v.Rows, line.of(row))
	}
	for _, ref := range report.Missing {
		v.Missing = append(v.Missing, link{Name: ref.Name, Path: r.s.node.URLs().Path(ref.ID)})
	}
	return v
}

// rowsOf are the rows of a report of one verdict, those with a remark, or all.
func rowsOf(report *instance.IntakeReport, asked string) []instance.IntakeOutcome {
	return slices.DeleteFunc(slices.Clone(report.Rows), func(row instance.IntakeOutcome) bool {
		return asked != "" && string(row.Verdict) != asked && (asked != showProblems || !remarked(row))
	})
}

func remarked(row instance.IntakeOutcome) bool { return len(row.Reasons) > 0 || len(row.Kept) > 0 }

// verdict is what became of rows, or would become of them, in words.
func (l *locale) verdict(dry bool, v instance.Verdict, n int) string {
	if dry {
		return l.N("import.would."+string(v), n)
	}
	return l.N("import.was."+string(v), n)
}

// madeLines are the rows that made something, by its IRI: another row may say the same.
func madeLines(report *instance.IntakeReport) map[string]int {
	lines := map[string]int{}
	for _, row := range report.Rows {
		if row.Verdict == instance.IntakeCreated {
			lines[row.ID] = row.Line
		}
	}
	return lines
}

// columnHeads are the headings of the columns that go to each field.
func columnHeads(report *instance.IntakeReport) map[string][]string {
	heads := map[string][]string{}
	for _, c := range report.Columns {
		field := c.Field
		if slices.Contains([]string{"lat", "lon", "point"}, field) {
			field = "place" // what is wrong with a position is said of the place
		}
		if c.Field != "" {
			heads[field] = append(heads[field], c.Name)
		}
	}
	return heads
}

// reportLine tells what became of a row of a report.
type reportLine struct {
	*locale
	urls  instance.URLs
	dry   bool
	made  map[string]int
	heads map[string][]string
}

func newReportLine(l *locale, urls instance.URLs, report *instance.IntakeReport) reportLine {
	return reportLine{l, urls, report.DryRun, madeLines(report), columnHeads(report)}
}

func (l reportLine) of(row instance.IntakeOutcome) reportRow {
	out := reportRow{Line: row.Line, Name: row.Name, Kind: row.Kind, Verdict: row.Verdict, Label: l.verdict(l.dry, row.Verdict, 1)}
	line, makes := l.made[row.ID]
	if row.ID != "" && row.Verdict != instance.IntakeRefused && (!l.dry || !makes) { // a trial makes no page
		out.To = l.urls.Path(row.ID)
	}
	if makes && row.Verdict == instance.IntakeDuplicate {
		out.Reasons = append(out.Reasons, reportReason{Message: l.T("import.row.twin", l.number(line))})
	}
	for _, reason := range row.Reasons {
		field := l.importField(reason.Field)
		if columns := l.heads[reason.Field]; len(columns) > 0 && len(columns) <= 3 {
			field = l.T("import.row.columns", field, strings.Join(columns, ", "))
		}
		out.Reasons = append(out.Reasons, reportReason{field, l.problem(reason)})
	}
	var kept []string
	for _, field := range row.Kept {
		kept = append(kept, l.importField(field))
	}
	out.Kept = strings.Join(kept, ", ")
	return out
}

// problem is what is wrong with a row. Why a field was left out is a sentence in it.
func (l *locale) problem(p instance.IntakeProblem) string {
	said := l.mistake(p.Message)
	if p.Code == instance.ProblemLeftOut && len(p.Values) == 1 {
		said = strings.Replace(said, p.Values[0], l.mistake(p.Values[0]), 1)
	}
	return said
}

// importField is the words of a field, or the field itself when it has none.
func (l *locale) importField(field string) string {
	if field == "" {
		return ""
	}
	if words, ok := l.messages["import.field."+field]; ok {
		return words
	}
	return field
}

// sendReport sends a report as a table.
func (w *importing) sendReport(report *instance.IntakeReport) error {
	return sendReport(w.Context, newReportLine(w.locale, w.s.node.URLs(), report), report)
}

func sendReport(c echo.Context, line reportLine, report *instance.IntakeReport) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="rapport-import.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	out := csv.NewWriter(c.Response())
	out.UseCRLF = true
	heads := []string{"line", "name", "verdict", "address", "remarks"}
	for i, head := range heads {
		heads[i] = line.T("import.csv." + head)
	}
	if err := out.Write(heads); err != nil {
		return err
	}
	for _, row := range report.Rows {
		if err := out.Write(line.cells(row)); err != nil {
			return fmt.Errorf("send the report: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// cells are a row of a report as a table has it.
func (l reportLine) cells(row instance.IntakeOutcome) []string {
	shown := l.of(row)
	var remarks []string
	for _, reason := range shown.Reasons {
		remarks = append(remarks, strings.TrimPrefix(reason.Field+nbsp+": "+reason.Message, nbsp+": "))
	}
	if shown.Kept != "" {
		remarks = append(remarks, l.T("import.row.kept", shown.Kept))
	}
	address := ""
	if shown.To != "" {
		address = row.ID
	}
	cells := []string{strconv.Itoa(row.Line), row.Name, shown.Label, address, list(remarks)}
	for i := range cells[1:] { // strangers wrote them
		cells[i+1] = cell(cells[i+1])
	}
	return cells
}
