package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	rows := slices.DeleteFunc(slices.Clone(report.Rows), func(row instance.IntakeOutcome) bool {
		return asked != "" && string(row.Verdict) != asked && (asked != showProblems || !remarked(row))
	})
	v.pagination = r.paginate(r.pageNumber(), rowsPerPage, len(rows))
	made, heads := madeLines(report), columnHeads(report)
	first := min((v.Page-1)*rowsPerPage, len(rows))
	for _, row := range rows[first:min(first+rowsPerPage, len(rows))] {
		v.Rows = append(v.Rows, r.reportRow(report.DryRun, row, made, heads))
	}
	for _, ref := range report.Missing {
		v.Missing = append(v.Missing, link{Name: ref.Name, Path: r.s.node.URLs().Path(ref.ID)})
	}
	return v
}

func remarked(row instance.IntakeOutcome) bool { return len(row.Reasons) > 0 || len(row.Kept) > 0 }

// verdict is what became of rows, or would become of them, in words.
func (r *request) verdict(dry bool, v instance.Verdict, n int) string {
	if dry {
		return r.N("import.would."+string(v), n)
	}
	return r.N("import.was."+string(v), n)
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

func (r *request) reportRow(dry bool, row instance.IntakeOutcome, made map[string]int, heads map[string][]string) reportRow {
	out := reportRow{Line: row.Line, Name: row.Name, Kind: row.Kind, Verdict: row.Verdict, Label: r.verdict(dry, row.Verdict, 1)}
	line, makes := made[row.ID]
	if row.ID != "" && row.Verdict != instance.IntakeRefused && (!dry || !makes) { // a trial makes no page
		out.To = r.s.node.URLs().Path(row.ID)
	}
	if makes && row.Verdict == instance.IntakeDuplicate {
		out.Reasons = append(out.Reasons, reportReason{Message: r.T("import.row.twin", r.number(line))})
	}
	for _, reason := range row.Reasons {
		field := r.importField(reason.Field)
		if columns := heads[reason.Field]; len(columns) > 0 && len(columns) <= 3 {
			field = r.T("import.row.columns", field, strings.Join(columns, ", "))
		}
		out.Reasons = append(out.Reasons, reportReason{field, r.mistake(reason.Message)})
	}
	var kept []string
	for _, field := range row.Kept {
		kept = append(kept, r.importField(field))
	}
	out.Kept = strings.Join(kept, ", ")
	return out
}

// importField is the words of a field, or the field itself when it has none.
func (r *request) importField(field string) string {
	if field == "" {
		return ""
	}
	if words, ok := r.messages["import.field."+field]; ok {
		return words
	}
	return field
}

// sendReport sends a report as a table.
func (w *importing) sendReport(report *instance.IntakeReport) error {
	h := w.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="rapport-import.csv"`)
	w.Response().WriteHeader(http.StatusOK)
	out := csv.NewWriter(w.Response())
	out.UseCRLF = true
	heads := []string{"line", "name", "verdict", "address", "remarks"}
	for i, head := range heads {
		heads[i] = w.T("import.csv." + head)
	}
	if err := out.Write(heads); err != nil {
		return err
	}
	made, columns := madeLines(report), columnHeads(report)
	for _, row := range report.Rows {
		shown := w.reportRow(report.DryRun, row, made, columns)
		var remarks []string
		for _, reason := range shown.Reasons {
			remarks = append(remarks, strings.TrimPrefix(reason.Field+nbsp+": "+reason.Message, nbsp+": "))
		}
		if shown.Kept != "" {
			remarks = append(remarks, w.T("import.row.kept", shown.Kept))
		}
		address := ""
		if shown.To != "" {
			address = row.ID
		}
		cells := []string{strconv.Itoa(row.Line), row.Name, shown.Label, address, list(remarks)}
		for i := range cells[1:] { // strangers wrote them
			cells[i+1] = cell(cells[i+1])
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("send the report: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}
