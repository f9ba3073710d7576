package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// importAPI is a site where programs import, each with a token.
type importAPI struct {
	*importSite
	api   *apiWorld
	token string
}

func newImportAPI(t *testing.T) *importAPI {
	t.Helper()
	s := &importAPI{importSite: newImportSite(t)}
	s.api = &apiWorld{T: t, node: s.node, store: s.store, org: s.org, echo: s.echo}
	s.token = s.publishing(s.member("lou@exemple.org", instance.RoleContributor, s.org.ID), s.org)
	return s
}

// publishing is a token of an account that publishes for an organisation.
func (s *importAPI) publishing(account *instance.Account, org *instance.Actor) string {
	s.Helper()
	token, err := s.node.CreateToken(s.Context(), account, instance.Token{Scope: instance.TokenPublishes, Actor: org.ID, Label: "essai"})
	s.must(err)
	return token
}

// ask sends a request with a token, and checks the status of its answer.
func (s *importAPI) ask(status int, token, method, path, body string, header ...string) answered {
	s.Helper()
	s.api.echo = s.echo
	a := s.api.do(method, "/api/v1"+path, body, append([]string{"Authorization", "Bearer " + token, "Content-Type", "application/json"}, header...)...)
	if status >= 400 {
		s.api.refused(a, status)
	} else if a.Code != status {
		s.Fatalf("%s %s = %d %s, want %d", method, path, a.Code, a.Body, status)
	}
	return a
}

func (s *importAPI) get(status int, path string) answered {
	s.Helper()
	return s.ask(status, s.token, http.MethodGet, path, "")
}

func (s *importAPI) post(status int, path string) answered {
	s.Helper()
	return s.ask(status, s.token, http.MethodPost, path, "")
}

// send sends a file that must be taken, and returns the path of its import.
func (s *importAPI) send(name, content string) string {
	s.Helper()
	a := s.ask(http.StatusCreated, s.token, http.MethodPost, "/imports?name="+url.QueryEscape(name), content, "Content-Type", "text/csv")
	return "/imports/" + a.body["id"].(string)
}

// until reads an import until it is no longer under way.
func (s *importAPI) until(path string) answered {
	s.Helper()
	for range 2400 {
		a := s.get(http.StatusOK, path)
		if state := importState(a.body["state"].(string)); state != importTrying && state != importRunning && state != importUndoing {
			return a
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.Fatalf("%s does not end", path)
	return answered{}
}

// is checks the state of an import and how many rows were created and refused.
func (s *importAPI) is(a answered, state importState, created, refused int) {
	s.Helper()
	counts, _ := a.body["counts"].(map[string]any)
	if a.body["state"] != string(state) || counts["created"] != float64(created) || counts["refused"] != float64(refused) {
		s.Fatalf("%s, want %s, %d created, %d refused", a.Body, state, created, refused)
	}
}

func TestAPIImports(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	path := s.send("liste.csv", partnersCSV)
	waiting := s.get(http.StatusOK, path)
	columns := waiting.body["columns"].([]any)
	if name := columns[1].(map[string]any); name["field"] != "name" || len(name["examples"].([]any)) != 2 || waiting.body["format"] != "csv" || waiting.body["via"] != "api" {
		t.Errorf("received: %s", waiting.Body)
	}
	s.get(http.StatusNotFound, path+"/report")
	s.post(http.StatusConflict, path+"/run") // it is tried first

	set := s.ask(http.StatusOK, s.token, http.MethodPut, path+"/settings", `{"licence": "LO-2.0", "mapping": {"courriel": "-"}}`)
	if got := set.body["settings"].(map[string]any); got["source"] != "liste.csv" || got["announce"] != "few" || got["mapping"].(map[string]any)["nom"] != "name" {
		t.Errorf("settings %s", set.Body)
	}
	s.post(http.StatusAccepted, path+"/trial")
	s.is(s.until(path), importTried, 2, 1)
	if _, total, err := s.node.Objects(t.Context(), instance.ObjectFilter{Owner: s.org.ID}); err != nil || total != 0 {
		t.Fatalf("a trial published %d things (%v)", total, err)
	}
	report := s.get(http.StatusOK, path+"/report?per_page=1&page=2")
	if report.body["trial"] != true || report.body["total"] != 3.0 || len(report.body["items"].([]any)) != 1 || !strings.Contains(report.Header().Get("Link"), `rel="prev"`) {
		t.Errorf("report %s", report.Body)
	}

	s.post(http.StatusAccepted, path+"/run")
	s.is(s.until(path), importDone, 2, 1)
	if files, _ := os.ReadDir(s.dir); len(files) != 0 {
		t.Errorf("the file stays: %v", files)
	}
	refused := s.get(http.StatusOK, path+"/report?only=refused").body["items"].([]any)
	if row := refused[0].(map[string]any); len(refused) != 1 || row["line"] != 4.0 || len(row["problems"].([]any)) == 0 {
		t.Errorf("refused %v", refused)
	}
	rows, err := csv.NewReader(s.get(http.StatusOK, path+"/report.csv").Body).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "ligne" {
		t.Errorf("as a table: %v, %v", rows, err)
	}
	s.get(http.StatusBadRequest, path+"/report?only=tout")
	s.ask(http.StatusConflict, s.token, http.MethodDelete, path, "")
	s.post(http.StatusConflict, path+"/run")

	// The same import is a past one of the pages.
	s.browser().signIn(s.member("camille@exemple.org", instance.RoleContributor, s.org.ID)).open("/importer/passes/"+strings.TrimPrefix(path, "/imports/")).shows("liste.csv", "par l’API", "2 créées")

	// Again: nothing is there twice.
	again := s.send("liste.csv", partnersCSV)
	s.post(http.StatusAccepted, again+"/trial")
	s.is(s.until(again), importTried, 0, 1)
	s.ask(http.StatusNoContent, s.token, http.MethodDelete, again, "")
	s.get(http.StatusNotFound, again)

	list := s.get(http.StatusOK, "/imports")
	if list.body["total"] != 1.0 {
		t.Errorf("list %s", list.Body)
	}
	s.post(http.StatusAccepted, path+"/undo")
	if undone := s.until(path); undone.body["state"] != string(importUndone) || undone.body["undone"].(map[string]any)["withdrawn"] != 2.0 {
		t.Errorf("undone %s", undone.Body)
	}
	s.post(http.StatusConflict, path+"/undo")
}

func TestAPIImportSettingsAreChecked(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	path := s.send("liste.csv", partnersCSV) + "/settings"
	for body, field := range map[string]string{
		`{"format": "xlsx"}`: "format", `{"licence": "volée"}`: "licence", `{"kind": "person"}`: "kind", `{"themes": ["tout"]}`: "themes", `{"announce": "beaucoup"}`: "announce",
		`{"territories": ["https://b.example/t"]}`: "territories", `{"mapping": {"nom": "ville"}}`: "mapping", `{"mapping": {"inconnue": "name"}}`: "mapping", `{"mapping": {"nom": "-"}}`: "mapping",
		`{"owner": "https://a.example/organisations/autre"}`: "owner",
	} {
		a := s.ask(http.StatusUnprocessableEntity, s.token, http.MethodPut, path, body)
		if wrong := a.body["errors"].([]any)[0].(map[string]any); wrong["field"] != field {
			t.Errorf("%s: %v", body, wrong)
		}
	}
}

func TestAPIImportRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	asked := false
	s.fetch = func(context.Context, string, string) ([]byte, string, error) {
		asked = true
		return nil, "", fmt.Errorf("dial 127.0.0.1: secret of the inside")
	}
	send := func(status int, query, content, mediaType string) answered {
		t.Helper()
		return s.ask(status, s.token, http.MethodPost, "/imports"+query, content, "Content-Type", mediaType)
	}
	send(http.StatusUnprocessableEntity, "", "PK\x03\x04"+strings.Repeat("x", 600), "application/zip")
	send(http.StatusUnprocessableEntity, "", "", "text/csv")
	send(http.StatusUnprocessableEntity, "", "bonjour", "text/plain")
	send(http.StatusUnprocessableEntity, "?format=xlsx", partnersCSV, "text/csv")
	send(http.StatusRequestEntityTooLarge, "", strings.Repeat("a;b\n", maxImport/4+1), "text/csv")
	send(http.StatusUnsupportedMediaType, "", "--x\r\n\r\n--x--", "multipart/form-data; boundary=x")
	send(http.StatusUnprocessableEntity, "?url=file:///etc/passwd", "", "text/csv")
	if asked {
		t.Error("a file of this machine was asked for")
	}
	if a := send(http.StatusUnprocessableEntity, "?url=http://127.0.0.1/", "", "text/csv"); !asked || strings.Contains(a.Body.String(), "secret") {
		t.Errorf("%v: %s", asked, a.Body)
	}
	if files, _ := os.ReadDir(s.dir); len(files) != 0 {
		t.Errorf("what was refused stays: %v", files)
	}
}

// Nobody sees nor touches the imports of others, not even another token of the account for
// another organisation.
func TestAPIImportsAreTheirOwners(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	other := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	both := s.member("sacha@exemple.org", instance.RoleContributor, s.org.ID, other.ID)
	s.token = s.publishing(both, s.org)
	waiting, past := s.send("attend.csv", partnersCSV), s.send("liste.csv", partnersCSV)
	s.post(http.StatusAccepted, past+"/trial")
	s.until(past)
	s.post(http.StatusAccepted, past+"/run")
	s.until(past)
	feed := "/feeds/" + s.ask(http.StatusCreated, s.token, http.MethodPost, "/feeds", `{"url": "https://x.example/a.ics"}`).body["id"].(string)

	host, err := s.node.CreateToken(t.Context(), s.member("hote@exemple.org", instance.RoleHost), instance.Token{Scope: instance.TokenHosts, Label: "hôte"})
	s.must(err)
	colleague := s.publishing(s.member("camille@exemple.org", instance.RoleContributor, s.org.ID), s.org)
	elsewhere := s.publishing(both, other)
	for _, read := range []string{"", "/report", "/report.csv"} {
		for _, token := range []string{elsewhere, host} {
			s.ask(http.StatusNotFound, token, http.MethodGet, waiting+read, "")
			s.ask(http.StatusNotFound, token, http.MethodGet, past+read, "")
		}
		s.ask(http.StatusNotFound, colleague, http.MethodGet, waiting+read, "") // a file is who sent it's
		s.ask(http.StatusOK, colleague, http.MethodGet, past+read, "")
	}
	for _, token := range []string{elsewhere, colleague} {
		for _, act := range []string{"/trial", "/run", "/stop"} {
			s.ask(http.StatusNotFound, token, http.MethodPost, waiting+act, "")
		}
		s.ask(http.StatusNotFound, token, http.MethodDelete, waiting, "")
		s.ask(http.StatusNotFound, token, http.MethodPut, waiting+"/settings", "{}")
	}
	s.ask(http.StatusNotFound, elsewhere, http.MethodPost, past+"/undo", "")
	for _, ask := range []struct{ method, path string }{{http.MethodGet, ""}, {http.MethodGet, "/report"}, {http.MethodPost, "/refresh"}, {http.MethodDelete, ""}} {
		s.ask(http.StatusNotFound, elsewhere, ask.method, feed+ask.path, "")
	}
	for token, total := range map[string]float64{s.token: 2, colleague: 1, elsewhere: 0, host: 0} {
		if list := s.ask(http.StatusOK, token, http.MethodGet, "/imports", ""); list.body["total"] != total {
			t.Errorf("list %s, want %v", list.Body, total)
		}
	}
}

// The pages let organisations import, and no one else; so do tokens.
func TestAPIImportsAreOfOrganisations(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	account := s.member("alix@exemple.org", instance.RoleContributor)
	person, err := s.node.Appear(t.Context(), account.ID, instance.Actor{Slug: "alix", Name: "Alix"})
	s.must(err)
	account, err = s.node.Account(t.Context(), account.ID)
	s.must(err)
	token := s.publishing(account, person)
	s.ask(http.StatusForbidden, token, http.MethodPost, "/imports", partnersCSV)
	s.ask(http.StatusForbidden, token, http.MethodGet, "/feeds", "")
}

// What an archive brought in many names is the hosts'.
func TestAPIImportsOfArchives(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	record := instance.IntakeRecord{
		ID: "archive", Via: instance.ViaCommand, Owner: s.node.Self().ID, Source: "https://z.example", Format: instance.FormatArchive, At: s.node.Now(),
		Report: instance.IntakeReport{Batch: "archive", Counts: map[instance.Verdict]int{instance.IntakeCreated: 3}},
	}
	s.keep(record)
	host, err := s.node.CreateToken(t.Context(), s.member("hote@exemple.org", instance.RoleHost), instance.Token{Scope: instance.TokenHosts, Label: "hôte"})
	s.must(err)
	s.get(http.StatusNotFound, "/imports/archive")
	s.is(s.ask(http.StatusOK, host, http.MethodGet, "/imports/archive", ""), importDone, 3, 0)
}

// A token made on the command line imports too, for itself alone and as nobody.
func TestAPIImportOfATokenOfNobody(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	s.token = s.publishing(instance.Operator(), s.org)
	path := s.send("liste.csv", partnersCSV)
	s.ask(http.StatusNotFound, s.publishing(instance.Operator(), s.org), http.MethodGet, path, "")
	s.post(http.StatusAccepted, path+"/trial")
	s.until(path)
	s.post(http.StatusAccepted, path+"/run")
	s.is(s.until(path), importDone, 2, 1)
	if r := s.importsOf(s.org.ID)[0]; r.Account != "" || r.Via != instance.ViaAPI {
		t.Errorf("record %+v", r)
	}
}

// An import that is stopped is one import when it goes on: its report is of the whole, and
// so is its undoing.
func TestAPIImportIsStoppedAndResumed(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	const rows = 1500
	path := s.send("liste.csv", largeTable(rows))
	s.post(http.StatusConflict, path+"/stop")
	s.post(http.StatusAccepted, path+"/trial")
	s.until(path)
	account, err := s.node.AccountByEmail(t.Context(), "lou@exemple.org")
	s.must(err)
	up, err := s.server.importer.uploads.of(account.ID, strings.TrimPrefix(path, "/imports/"))
	s.must(err)
	run := s.server.importer.runs.start(account.ID, realRun+up.ID, s.server.importer.forGood(*up))
	for run.progress().Done == 0 {
		time.Sleep(time.Millisecond)
	}
	if going := s.get(http.StatusOK, path); going.body["state"] != string(importRunning) || going.body["progress"].(map[string]any)["total"] != float64(rows) {
		t.Errorf("going on: %s", going.Body)
	}
	s.ask(http.StatusConflict, s.token, http.MethodPut, path+"/settings", "{}")
	s.ask(http.StatusConflict, s.token, http.MethodDelete, path, "")
	s.post(http.StatusAccepted, path+"/stop")
	stopped := s.until(path)
	if counts := stopped.body["counts"].(map[string]any); stopped.body["state"] != string(importStopped) || counts["created"] == 0.0 || counts["created"] == float64(rows) {
		t.Fatalf("stopped: %s", stopped.Body)
	}
	s.ask(http.StatusUnprocessableEntity, s.token, http.MethodPut, path+"/settings", `{"source": "autre.csv"}`) // that would be another import
	s.post(http.StatusAccepted, path+"/run")
	s.is(s.until(path), importDone, rows, 0)
	if list := s.get(http.StatusOK, "/imports"); list.body["total"] != 1.0 {
		t.Errorf("list %s", list.Body)
	}
	s.post(http.StatusAccepted, path+"/undo")
	if undone := s.until(path); undone.body["undone"].(map[string]any)["withdrawn"] != float64(rows) {
		t.Errorf("undone %s", undone.Body)
	}
}

func TestAPIFeeds(t *testing.T) {
	t.Parallel()
	s := newImportAPI(t)
	for body, field := range map[string]string{
		`{"url": "agenda"}`: "url", `{"url": "https://x.example/", "format": "xlsx"}`: "format",
		`{"url": "https://x.example/", "interval_hours": 721}`: "interval_hours", `{"url": "https://x.example/", "licence": "volée"}`: "licence",
	} {
		a := s.ask(http.StatusUnprocessableEntity, s.token, http.MethodPost, "/feeds", body)
		if wrong := a.body["errors"].([]any)[0].(map[string]any); wrong["field"] != field {
			t.Errorf("%s: %v", body, wrong)
		}
	}
	made := s.ask(http.StatusCreated, s.token, http.MethodPost, "/feeds", `{"url": "https://x.example/a.csv", "interval_hours": 6, "licence": "LO-2.0"}`)
	path := strings.TrimPrefix(made.Header().Get("Location"), s.node.URLs().IRI("/api/v1"))
	s.ask(http.StatusConflict, s.token, http.MethodPost, "/feeds", `{"url": "https://x.example/a.csv"}`)
	s.get(http.StatusNotFound, path+"/report")
	s.fetch = func(context.Context, string, string) ([]byte, string, error) { return []byte(partnersCSV), "", nil }
	s.post(http.StatusAccepted, path+"/refresh")
	s.must(s.feeder.Run(t.Context(), instance.NewJob(instance.JobFeed, instance.FeedArgs{ID: made.body["id"].(string)})))
	if read := s.get(http.StatusOK, path); read.body["counts"].(map[string]any)["created"] != 2.0 || read.body["interval_hours"] != 6.0 || read.body["licence"] != "LO-2.0" {
		t.Errorf("read %s", read.Body)
	}
	if report := s.get(http.StatusOK, path+"/report"); report.body["total"] != 3.0 {
		t.Errorf("report %s", report.Body)
	}
	if list := s.get(http.StatusOK, "/feeds"); list.body["total"] != 1.0 {
		t.Errorf("list %s", list.Body)
	}
	s.ask(http.StatusNoContent, s.token, http.MethodDelete, path, "")
	s.get(http.StatusNotFound, path)
}
