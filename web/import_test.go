package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

// importSite is a site where people import.
type importSite struct {
	*site
	server *Server
	dir    string
	log    instance.IntakeLog
	feeder *instance.Feeder
	fetch  instance.Fetch
}

func newImportSite(t *testing.T) *importSite {
	t.Helper()
	s := &importSite{site: newSite(t), dir: t.TempDir()}
	s.fetch = func(context.Context, string, string) ([]byte, string, error) {
		return nil, "", errors.New("unreachable")
	}
	fetch := func(ctx context.Context, address, etag string) ([]byte, string, error) {
		return s.fetch(ctx, address, etag)
	}
	s.log, s.feeder = s.store, instance.NewFeeder(s.node, feedsOf(t, s.store), fetch, source.Read)
	s.open()
	t.Cleanup(func() { s.server.Close() })
	return s
}

// feedsOf are the feeds of a store.
func feedsOf(t *testing.T, s instance.Store) instance.FeedStore {
	t.Helper()
	feeds, ok := s.(instance.FeedStore)
	if !ok {
		t.Fatal("this store keeps no feeds")
	}
	return feeds
}

// keep saves the record of an import, as the import itself would.
func (s *importSite) keep(record instance.IntakeRecord) {
	s.Helper()
	s.must(s.store.Write(s.Context(), func(tx instance.Tx) error { return tx.SaveIntakeRecord(s.Context(), record) }))
}

// open starts the pages, as a node does each time that it starts.
func (s *importSite) open() {
	s.Helper()
	var err error
	s.server, err = New(Options{Node: s.node, Log: slog.New(slog.DiscardHandler), Importing: &Importing{
		Reader: source.Files{}, Log: s.log, Feeder: s.feeder, Dir: s.dir,
		Fetch: func(ctx context.Context, address, etag string) ([]byte, string, error) {
			return s.fetch(ctx, address, etag)
		},
	}})
	s.must(err)
	s.site.echo = echo.New()
	s.server.Register(s.site.echo)
}

// editor is a browser signed in to an account that writes for the organisation.
func (s *importSite) editor(email string) *browser {
	s.Helper()
	return s.browser().signIn(s.member(email, instance.RoleContributor, s.org.ID))
}

// send sends a file, with other fields in pairs.
func (b *browser) send(name, content string, pairs ...string) visited {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		b.must(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile("fichier", name)
	b.must(err)
	_, err = part.Write([]byte(content))
	b.must(err)
	b.must(form.Close())
	var cookies []string
	for name, value := range b.jar {
		cookies = append(cookies, name+"="+value)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/importer", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	v := visited{ResponseRecorder: httptest.NewRecorder(), t: b.T}
	b.echo.ServeHTTP(v, r)
	if v.Body.Len() > 0 {
		tree, err := html.Parse(strings.NewReader(v.Body.String()))
		b.must(err)
		v.tree = tree
	}
	return v
}

// upload sends a file that must be taken, and returns the path of its page.
func (b *browser) upload(name, content string) string {
	b.Helper()
	v := b.send(name, content)
	if v.Code != http.StatusSeeOther {
		b.Fatalf("sending %s = %d\n%s", name, v.Code, v.text())
	}
	return v.Header().Get("Location")
}

// until opens a page again and again until it leads on, or shows no progress any more.
func (b *browser) until(path string) visited {
	b.Helper()
	for range 2400 {
		v := b.do(http.MethodGet, path, nil)
		if v.Code == http.StatusSeeOther {
			path = v.Header().Get("Location")
		} else if v.tree == nil || len(v.all("progress", "", "")) == 0 {
			return v
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatalf("%s does not end", path)
	return visited{}
}

const partnersCSV = "identifiant;nom;ville;latitude;longitude;courriel\n" +
	"1;La Fabrique du port;Brest;48.39;-4.48;x@asso.example\n" +
	"2;Le Phare numérique;Brest;48.40;-4.50;\n" +
	"3;;Brest;;;\n"

// columnsOfPartners are the columns of partnersCSV, as the page proposes them.
func columnsOfPartners(owner string) []string {
	return []string{"by", owner, "format", "csv", "source", "liste.csv", "licence", "LO-2.0", "c0", "key", "c1", "name", "c2", "locality", "c3", "lat", "c4", "lon", "c5", ""}
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")

	path := b.upload("liste.csv", partnersCSV)
	settings := b.open(path)
	settings.shows("liste.csv", "La Fabrique du port", "Tiriad")
	for name, want := range map[string]string{"c1": "name", "c5": ""} {
		if got := chosenOf(settings, name); got != want {
			t.Errorf("the column %s goes to %q, want %q", name, got, want)
		}
	}
	b.post(http.StatusSeeOther, path, columnsOfPartners(s.org.ID)...)
	trial := b.until(path + "/essai")
	trial.shows("2 à créer", "1 refusée", "rien n’est encore publié", "laissée de côté")
	if _, total, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}}); err != nil || total != 0 {
		t.Fatalf("a trial published %d things (%v)", total, err)
	}

	b.post(http.StatusSeeOther, path+"/importer")
	done := b.until(path + "/import")
	done.shows("L’import est terminé", "2 créées", "1 refusée")
	if files, _ := os.ReadDir(s.dir); len(files) != 0 {
		t.Errorf("the file stays: %v", files)
	}
	b.open("/importer/passes").shows("liste.csv", "2 créées", "Annuler cet import")

	// Its page says where it comes from.
	list, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}, Sort: instance.ByName})
	s.must(err)
	page := b.open(s.node.URLs().Path(list[0].Common().ID))
	page.shows("Repris de liste.csv", "Licence Ouverte")

	// Again: nothing is there twice.
	path = b.upload("liste.csv", partnersCSV)
	b.post(http.StatusSeeOther, path, columnsOfPartners(s.org.ID)...)
	b.until(path + "/essai").shows("2 inchangées")
}

func chosenOf(v visited, name string) string {
	for _, field := range v.all("select", "name", name) {
		for option := range field.Descendants() {
			if option.Data == "option" && slices.ContainsFunc(option.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
				return attribute(option, "value")
			}
		}
	}
	return ""
}

// Importing for good comes after a trial, whatever address somebody opens.
func TestImportIsTriedFirst(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	path := b.upload("liste.csv", partnersCSV)
	if v := b.post(http.StatusSeeOther, path+"/importer"); v.Header().Get("Location") != path {
		t.Errorf("leads to %s", v.Header().Get("Location"))
	}
	if v := b.do(http.MethodGet, path+"/essai", nil); v.Header().Get("Location") != path {
		t.Errorf("a trial that was not made: %d to %s", v.Code, v.Header().Get("Location"))
	}
	if records, err := s.log.IntakeRecords(t.Context(), s.org.ID); err != nil || len(records) != 0 {
		t.Errorf("imported: %v, %v", records, err)
	}
}

func TestImportSettingsAreChecked(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	other := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	s.territory("brest", "Brest", atBrest)
	path := b.upload("liste.csv", partnersCSV)
	v := b.post(http.StatusUnprocessableEntity, path, "by", other.ID, "format", "csv", "source", " ", "licence", "volée", "territory", "https://b.example/x", "c2", "locality")
	for _, field := range []string{"by", "source", "licence", "territory", "colonnes"} {
		v.links("#f-" + field)
		v.one("", "id", "f-"+field)
	}
	if v := b.post(http.StatusSeeOther, path, "format", "ical"); v.Header().Get("Location") != path {
		t.Errorf("another format leads to %s", v.Header().Get("Location"))
	}
	b.open(path).lacks("Les premières lignes")
	b.post(http.StatusSeeOther, path, "by", s.org.ID, "format", "ical", "source", "x")
	if v := b.until(path + "/essai"); v.Code != http.StatusUnprocessableEntity || len(v.all("", "role", "alert")) != 1 {
		t.Errorf("a table read as a calendar: %d %s", v.Code, v.text())
	}
}

func TestImportRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	for name, c := range map[string]struct{ content, field, says string }{
		"a workbook":        {"PK\x03\x04" + strings.Repeat("x", 600), "fichier", "CSV"},
		"compressed":        {"\x1f\x8b\x08" + strings.Repeat("x", 600), "fichier", "archive"},
		"a picture":         {"\x89PNG\r\n\x1a\n" + strings.Repeat("x", 600), "fichier", "ni un agenda"},
		"nothing":           {"", "fichier", "vide"},
		"something else":    {"bonjour", "format", "reconnu"},
		"more than allowed": {strings.Repeat("a;b\n", maxImport/4+1), "fichier", "32"},
	} {
		v := b.send("fichier", c.content)
		if v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), c.says) {
			t.Errorf("%s: %d %s", name, v.Code, v.text())
		}
		v.links("#f-" + c.field)
	}
	if v := b.send("x.csv", partnersCSV, "adresse", "https://x.example/a.ics"); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("a file and an address: %d", v.Code)
	}
	if files, _ := os.ReadDir(s.dir); len(files) != 0 {
		t.Errorf("what was refused stays: %v", files)
	}
}

func TestImportOfAnAddress(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	asked := ""
	s.fetch = func(_ context.Context, address, _ string) ([]byte, string, error) {
		asked = address
		if strings.Contains(address, "perdu") {
			return nil, "", fmt.Errorf("%s: %w", address, instance.ErrNotFound)
		}
		if strings.Contains(address, "127.0.0.1") {
			return nil, "", errors.New("dial 127.0.0.1: secret of the inside")
		}
		return []byte(partnersCSV), "", nil
	}
	for address, says := range map[string]string{
		"https://x.example/perdu": "il n’y a rien", "http://127.0.0.1:1/": "ne se laisse pas lire",
		"file:///etc/passwd": "https://", "https://lou:x@b.example/": "https://", "javascript:alert(1)": "https://",
	} {
		asked = ""
		v := b.send("", "", "adresse", address)
		if v.Code != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(v.text()), says) || strings.Contains(v.text(), "secret") {
			t.Errorf("%s: %d %s", address, v.Code, v.text())
		}
		if says == "https://" && asked != "" {
			t.Errorf("%s was asked for", asked)
		}
	}
	v := b.send("", "", "adresse", "https://x.example/liste.csv")
	if v.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", v.Code, v.text())
	}
	page := b.open(v.Header().Get("Location"))
	if got := attribute(page.one("input", "name", "source"), "value"); got != "https://x.example/liste.csv" {
		t.Errorf("its source is %q", got)
	}
}

// What somebody sent is theirs alone, and so are the imports of their organisations.
func TestImportsAreTheirAuthors(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	path := b.upload("liste.csv", partnersCSV)
	b.post(http.StatusSeeOther, path, columnsOfPartners(s.org.ID)...)
	b.until(path + "/essai")

	colleague := s.editor("camille@exemple.org") // writes for the same organisation
	for _, target := range []string{path, path + "/essai", path + "/rapport.csv", "/importer/avancement?de=essai+" + strings.TrimPrefix(path, "/importer/"), "/importer/..%2f..%2fetc", "/importer/" + strings.Repeat("A", 26)} {
		if v := colleague.do(http.MethodGet, target, nil); v.Code != http.StatusNotFound {
			t.Errorf("GET %s by another: %d", target, v.Code)
		}
	}
	for _, target := range []string{path, path + "/importer", path + "/abandonner"} {
		colleague.post(http.StatusNotFound, target)
	}
	b.post(http.StatusSeeOther, path+"/importer")
	b.until(path + "/import")
	records, err := s.log.IntakeRecords(t.Context(), s.org.ID)
	s.must(err)
	past := "/importer/passes/" + records[0].ID
	colleague.open(past).shows("2 créées")

	elsewhere := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	stranger := s.browser().signIn(s.member("sacha@exemple.org", instance.RoleContributor, elsewhere.ID))
	stranger.open("/importer/passes").lacks("liste.csv")
	for _, target := range []string{past, past + "/rapport.csv", past + "/annuler"} {
		if v := stranger.do(http.MethodGet, target, nil); v.Code != http.StatusNotFound {
			t.Errorf("GET %s by a stranger: %d", target, v.Code)
		}
	}
	stranger.post(http.StatusNotFound, past+"/annuler")

	nobody := s.browser().signIn(s.member("alix@exemple.org", instance.RoleContributor))
	nobody.open("/importer").shows("Aucune organisation")
	if v := nobody.send("liste.csv", partnersCSV); v.Code != http.StatusForbidden {
		t.Errorf("an account without organisation sends: %d", v.Code)
	}
	if v := s.browser().do(http.MethodGet, "/importer", nil); v.Code != http.StatusSeeOther || !strings.HasPrefix(v.Header().Get("Location"), "/connexion") {
		t.Errorf("a visitor: %d", v.Code)
	}
}

// Rights that were lost between the trial and the import are not used.
func TestImportAfterLosingOnesRights(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	account := s.member("lou@exemple.org", instance.RoleContributor, s.org.ID)
	b := s.browser().signIn(account)
	path := b.upload("liste.csv", partnersCSV)
	b.post(http.StatusSeeOther, path, columnsOfPartners(s.org.ID)...)
	b.until(path + "/essai")
	s.must(s.node.SetMember(t.Context(), instance.Operator(), account.ID, instance.RoleContributor))
	b.post(http.StatusForbidden, path+"/importer")
}

func TestImportReportIsHarmless(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	path := b.upload("<script>alert(1)</script>.csv", "nom;<img src=x onerror=alert(2)>;ville\n"+
		"\"=cmd|' /C calc'!A0\";x;Brest\n<script>alert(3)</script>;y;Brest\nUne fiche;\"</td><script>alert(4)</script>\";Brest\n")
	settings := b.open(path)
	b.post(http.StatusSeeOther, path, "by", s.org.ID, "format", "csv", "source", "liste & <b>", "c0", "name", "c2", "locality")
	trial := b.until(path + "/essai")
	for _, v := range []visited{settings, trial} {
		for _, script := range v.all("script", "", "") {
			if attribute(script, "src") == "" || strings.Contains(textOf(script), "alert") {
				t.Errorf("a script of the file is in the page")
			}
		}
		if len(v.all("img", "src", "x")) > 0 {
			t.Error("a picture of the file is in the page")
		}
	}
	table := b.open(path + "/rapport.csv")
	if got := table.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
		t.Errorf("sent as %q", got)
	}
	rows, err := csv.NewReader(table.Body).ReadAll()
	s.must(err)
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
}

func TestImportIsUndone(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	path := b.upload("liste.csv", partnersCSV)
	b.post(http.StatusSeeOther, path, columnsOfPartners(s.org.ID)...)
	b.until(path + "/essai")
	b.post(http.StatusSeeOther, path+"/importer")
	b.until(path + "/import")
	list, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}, Sort: instance.ByName})
	s.must(err)
	corrected := instance.CloneObject(list[0])
	corrected.Common().Summary = "Corrigée ici."
	_, err = s.node.Edit(t.Context(), s.org.ID, corrected.Common().ID, corrected)
	s.must(err)

	records, err := s.log.IntakeRecords(t.Context(), s.org.ID)
	s.must(err)
	past := "/importer/passes/" + records[0].ID
	b.open(past+"/annuler").shows("Les 2 publications", "changé ici depuis")
	b.post(http.StatusSeeOther, past+"/annuler")
	v := b.until(past)
	v.shows("Annulé le", "1 publication a été retirée", list[0].Common().Name)
	v.lacks("Annuler cet import")
	if _, total, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}}); err != nil || total != 1 {
		t.Errorf("%d things are left, %v", total, err)
	}
	if v := b.do(http.MethodGet, past+"/annuler", nil); v.Code != http.StatusSeeOther {
		t.Errorf("undone twice: %d", v.Code)
	}
}

// largeTable is a table of n sheets.
func largeTable(n int) string {
	var out strings.Builder
	out.WriteString("identifiant;nom;adresse;code postal;ville;latitude;longitude;site;description\n")
	for i := range n {
		fmt.Fprintf(&out, "fiche-%05d;Association numéro %d;%d rue des Lilas;29200;Brest;%.4f;%.4f;https://asso-%d.example.org;Elle anime un atelier chaque semaine et accueille tout le monde.\n",
			i, i, i%200+1, 48+float64(i%1000)/1000, -4+float64(i/1000)/10, i)
	}
	return out.String()
}

func largeColumns(owner string) []string {
	form := []string{"by", owner, "format", "csv", "source", "liste.csv"}
	for i, field := range []string{"key", "name", "street", "postal_code", "locality", "lat", "lon", "website", "content"} {
		form = append(form, fmt.Sprintf("c%d", i), field)
	}
	return form
}

// An import that is stopped keeps what it did; importing the same file does the rest.
func TestImportIsStoppedAndResumed(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	const rows = 1500
	path := b.upload("liste.csv", largeTable(rows))
	b.post(http.StatusSeeOther, path, largeColumns(s.org.ID)...)
	b.until(path + "/essai").shows("1\u202f500 à créer")

	account, err := s.node.AccountByEmail(t.Context(), "lou@exemple.org")
	s.must(err)
	up, err := s.server.importer.uploads.of(account.ID, strings.TrimPrefix(path, "/importer/"))
	s.must(err)
	run := s.server.importer.runs.start(account.ID, realRun+up.ID, s.server.importer.forGood(*up))
	for run.progress().Done == 0 {
		time.Sleep(time.Millisecond)
	}
	going := b.open(path + "/import")
	going.one("progress", "", "")
	if !strings.Contains(going.Body.String(), `<noscript><meta http-equiv="refresh" content="2"></noscript>`) {
		t.Error("without scripts the page does not come back")
	}
	answer := b.open("/importer/avancement?de=import+" + up.ID)
	var told struct{ Done, Total int }
	if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil || told.Total != rows || told.Done == 0 {
		t.Errorf("progress %s, %v", answer.Body, err)
	}
	b.post(http.StatusSeeOther, path+"/arreter")
	stopped := b.until(path + "/import")
	stopped.shows("Cet import a été arrêté", "Reprendre")
	_, kept, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}})
	if err != nil || kept == 0 || kept >= rows {
		t.Fatalf("%d of %d things are kept, %v", kept, rows, err)
	}
	b.post(http.StatusSeeOther, path+"/importer")
	b.until(path + "/import").shows("L’import est terminé")
	if _, total, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}}); err != nil || total != rows {
		t.Errorf("%d things in the end, %v", total, err)
	}
}

// Another file of the same name, and for the same organisation, is another import.
func TestImportIsResumedWithItsOwnFile(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	account, err := s.node.AccountByEmail(t.Context(), "lou@exemple.org")
	s.must(err)
	var files [2]*upload
	for i := range files {
		settings := importSettings{Owner: s.org.ID, Source: "liste.csv", Format: "csv", Ready: true}
		files[i], err = s.server.importer.uploads.keep(upload{Account: account.ID, Name: "liste.csv", Settings: settings}, strings.NewReader(partnersCSV))
		s.must(err)
	}
	for i, up := range files {
		s.keep(instance.IntakeRecord{ID: up.ID, Owner: s.org.ID, Source: "liste.csv", Format: "csv", At: s.node.Now(), Stopped: true})
		v := b.open("/importer/passes/" + up.ID)
		if !strings.Contains(v.Body.String(), `action="/importer/`+up.ID+`/importer"`) {
			t.Errorf("import %d goes on with another file", i)
		}
	}
}

// A node that stops lets what goes on end, and its record is kept.
func TestImportWhenTheNodeStops(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	path := b.upload("liste.csv", largeTable(1500))
	b.post(http.StatusSeeOther, path, largeColumns(s.org.ID)...)
	b.until(path + "/essai")
	account, err := s.node.AccountByEmail(t.Context(), "lou@exemple.org")
	s.must(err)
	up, err := s.server.importer.uploads.of(account.ID, strings.TrimPrefix(path, "/importer/"))
	s.must(err)
	run := s.server.importer.runs.start(account.ID, realRun+up.ID, s.server.importer.forGood(*up))
	for run.progress().Done == 0 {
		time.Sleep(time.Millisecond)
	}
	s.server.Close()
	if !run.isOver() {
		t.Fatal("it goes on")
	}
	records, err := s.log.IntakeRecords(t.Context(), s.org.ID)
	if err != nil || len(records) != 1 || !records[0].Stopped || records[0].Report.Batch == "" {
		t.Fatalf("records %+v, %v", records, err)
	}
	s.open()
	b.open(path).shows("liste.csv") // the file is still there
	b.open("/importer/passes").shows("arrêté", "Annuler cet import")
}

// A parser that panics over a file fails that import, and nothing else.
func TestImportSurvivesAPanic(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	run := s.server.importer.runs.start("lou", "essai x", func(context.Context, *importRun) error { panic("!") })
	<-run.over
	if _, _, err := run.result(); err == nil {
		t.Error("no error")
	}
	next := s.server.importer.runs.start("lou", "essai y", func(context.Context, *importRun) error { return nil })
	<-next.over
	if _, _, err := next.result(); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestUploadsAreForgotten(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), today
	u, err := newUploads(dir, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.close)
	keep := func(account string) *upload {
		t.Helper()
		up, err := u.keep(upload{Account: account, Name: "x.csv"}, strings.NewReader("a;b"))
		if err != nil {
			t.Fatal(err)
		}
		return up
	}
	first := keep("lou")
	if info, err := os.Stat(filepath.Join(dir, first.ID+uploadDataExt)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others can read it", info.Mode(), err)
	}
	now = now.Add(time.Minute)
	others := keep("camille")
	for range maxUploads {
		now = now.Add(time.Second)
		keep("lou")
	}
	if _, err := u.of("lou", first.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("the oldest of %d: %v", maxUploads+1, err)
	}
	if _, err := u.of("camille", others.ID); err != nil {
		t.Errorf("another account's: %v", err)
	}
	if _, err := u.of("", others.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("for nobody: %v", err)
	}
	now = now.Add(uploadsLastFor)
	if _, err := u.of("camille", others.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("after an hour: %v", err)
	}
	again, err := newUploads(dir, func() time.Time { return now }) // the node starts again
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.close)
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("after an hour: %v", files)
	}
}

func TestImportFeeds(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	b := s.editor("lou@exemple.org")
	b.post(http.StatusUnprocessableEntity, "/importer/sources", "adresse", "agenda", "by", s.org.ID, "frequence", "jour").links("#f-adresse")
	b.post(http.StatusUnprocessableEntity, "/importer/sources", "adresse", "https://x.example/a.ics", "by", "https://a.example/organisations/autre", "frequence", "minute").links("#f-by", "#f-frequence")
	b.post(http.StatusSeeOther, "/importer/sources", "adresse", "https://x.example/a.csv", "by", s.org.ID, "frequence", "heure", "licence", "LO-2.0")
	b.post(http.StatusUnprocessableEntity, "/importer/sources", "adresse", "https://x.example/a.csv", "by", s.org.ID, "frequence", "jour").shows("suit déjà")
	b.open("/importer/sources").shows("x.example", "toutes les heures", "jamais")

	feeds, err := s.feeder.List(t.Context(), s.org.ID)
	s.must(err)
	s.must(s.feeder.Run(t.Context(), instance.NewJob(instance.JobFeed, instance.FeedArgs{ID: feeds[0].ID})))
	b.open("/importer/sources").shows("a échoué")
	s.fetch = func(context.Context, string, string) ([]byte, string, error) { return []byte(partnersCSV), "", nil }
	s.must(s.feeder.Run(t.Context(), instance.NewJob(instance.JobFeed, instance.FeedArgs{ID: feeds[0].ID})))
	page := b.open("/importer/sources")
	page.shows("2 créées")
	page.lacks("a échoué")
	b.open("/importer/sources/"+feeds[0].ID).shows("La Fabrique du port", "2 créées")

	elsewhere := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	stranger := s.browser().signIn(s.member("sacha@exemple.org", instance.RoleContributor, elsewhere.ID))
	stranger.open("/importer/sources").lacks("x.example")
	for _, verb := range []string{"/relire", "/retirer"} {
		stranger.post(http.StatusNotFound, "/importer/sources/"+feeds[0].ID+verb)
		b.post(http.StatusSeeOther, "/importer/sources/"+feeds[0].ID+verb)
	}
	if feeds, err = s.feeder.List(t.Context(), s.org.ID); err != nil || len(feeds) != 0 {
		t.Errorf("still followed: %v, %v", feeds, err)
	}
}

// Every field that a column can go to, and every format, has its words.
func TestImportHasItsWords(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	for lang, l := range locales {
		var keys []string
		for _, field := range (source.Files{}).Fields() {
			keys = append(keys, "import.field."+field)
		}
		for _, format := range (source.Files{}).Formats() {
			keys = append(keys, "import.format."+format)
		}
		for _, v := range verdicts {
			keys = append(keys, "import.would."+string(v)+".one", "import.would."+string(v)+".other", "import.was."+string(v)+".one", "import.was."+string(v)+".other")
		}
		for _, key := range keys {
			if l.messages[key] == "" {
				t.Errorf("%s: %q has no words", lang, key)
			}
		}
	}
}

// The API says where something comes from, and nothing of how it is kept up to date;
// what clients say of it is ignored.
func TestProvenanceInTheAPI(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	h, err := source.Files{}.Read([]byte(partnersCSV), instance.IntakeReading{Format: "csv"})
	s.must(err)
	_, err = s.node.Intake(t.Context(), s.org.ID, h, instance.IntakeOptions{Source: "liste.csv", Licence: "LO-2.0"}, nil)
	s.must(err)
	list, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}, Sort: instance.ByName})
	s.must(err)
	address := "/api/v1/partners/" + list[0].Common().Slug
	var shown struct {
		Provenance map[string]any `json:"provenance"`
	}
	s.must(json.Unmarshal(s.get(address).Body.Bytes(), &shown))
	for name := range shown.Provenance {
		if !slices.Contains([]string{"source", "key", "licence", "imported"}, name) {
			t.Errorf("the API shows provenance.%s", name)
		}
	}
	if shown.Provenance["source"] != "liste.csv" {
		t.Errorf("provenance %v", shown.Provenance)
	}
	before := list[0].Common().Provenance
	token, err := s.node.CreateToken(t.Context(), s.member("lou@exemple.org", instance.RoleContributor, s.org.ID), instance.Token{Scope: instance.TokenPublishes, Actor: s.org.ID, Label: "essai"})
	s.must(err)
	for _, body := range []string{`{"name": "La Fabrique"}`, `{"name": "La Fabrique", "provenance": {"source": "x", "key": "y", "batch": "z"}}`} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, address, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.echo.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		o, err := s.node.Object(t.Context(), list[0].Common().ID)
		s.must(err)
		if after := o.Common().Provenance; after == nil || after.Batch != before.Batch || after.Key != before.Key || len(after.Read) != len(before.Read) {
			t.Errorf("after %s: provenance %+v", body, after)
		}
	}
}

// importsOf are the records of the organisation, newest first.
func (s *importSite) importsOf(owner string) []instance.IntakeRecord {
	s.Helper()
	records, err := s.log.IntakeRecords(s.Context(), owner)
	s.must(err)
	return records
}

// What the command line and followed sources imported is in the same history, and is
// undone there; what an archive brought in many names is the hosts'.
func TestImportsOfEveryWay(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	h, err := source.Files{}.Read([]byte(partnersCSV), instance.IntakeReading{Format: "csv"})
	s.must(err)
	_, err = s.node.Intake(t.Context(), s.org.ID, h, instance.IntakeOptions{Source: "commande.csv", Via: instance.ViaCommand}, nil)
	s.must(err)
	feed, err := s.feeder.Add(t.Context(), s.org.ID, instance.Feed{URL: "https://x.example/a.csv"})
	s.must(err)
	s.fetch = func(context.Context, string, string) ([]byte, string, error) {
		return []byte("nom;ville\nLe Transfo;Brest\n"), "", nil
	}
	s.must(s.feeder.Run(t.Context(), instance.NewJob(instance.JobFeed, instance.FeedArgs{ID: feed.ID})))

	b := s.editor("lou@exemple.org")
	b.open("/importer/passes").shows("commande.csv", "par la ligne de commande", "x.example/a.csv", "par une source suivie")
	for _, r := range s.importsOf(s.org.ID) {
		path := "/importer/passes/" + r.ID
		if page := b.open(path + "/annuler"); r.Via == instance.ViaFeed {
			page.shows("sa prochaine lecture refera la même chose")
		}
		b.post(http.StatusSeeOther, path+"/annuler")
		b.until(path).shows("Annulé le")
	}
	if _, total, err := s.node.Objects(t.Context(), instance.ObjectFilter{Owner: s.org.ID}); err != nil || total != 0 {
		t.Errorf("%d things are left, %v", total, err)
	}

	record := instance.IntakeRecord{
		ID: "archive", Via: instance.ViaCommand, Owner: s.node.Self().ID, Source: "https://z.example", Format: instance.FormatArchive, At: s.node.Now(),
		Report: instance.IntakeReport{Batch: "archive", Counts: map[instance.Verdict]int{instance.IntakeCreated: 3}},
	}
	s.keep(record)
	b.open("/importer/passes").lacks("z.example")
	if v := b.do(http.MethodGet, "/importer/passes/archive", nil); v.Code != http.StatusNotFound {
		t.Errorf("an editor sees what an archive brought: %d", v.Code)
	}
	host := s.browser().signIn(s.member("camille@exemple.org", instance.RoleHost))
	host.open("/importer/passes").shows("z.example")
	host.open("/importer/passes/archive").shows("Archive d’un nœud", "3 créées")
}

// What was cut off is said so, and goes on with its file or is undone.
func TestImportWasCutOff(t *testing.T) {
	t.Parallel()
	s := newImportSite(t)
	record := instance.IntakeRecord{
		ID: "coupe", Owner: s.org.ID, Source: "liste.csv", Format: "csv", At: s.node.Now(), Alive: s.node.Now(),
		Report: instance.IntakeReport{Batch: "coupe", Counts: map[instance.Verdict]int{instance.IntakeCreated: 2}},
	}
	s.keep(record)
	b := s.editor("lou@exemple.org")
	b.open("/importer/passes").shows("en cours")
	going := b.open("/importer/passes/coupe")
	going.shows("est en cours")
	going.lacks("Annuler cet import")
	record.Alive = record.Alive.Add(-time.Hour)
	s.keep(record)
	b.open("/importer/passes").shows("interrompu", "Annuler cet import")
	b.open("/importer/passes/coupe").shows("s’est arrêté brusquement", "Annuler cet import")
}

// Whether what is new is announced is chosen under the trial; more than a few is not,
// unless it is asked for.
func TestImportAnnounces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows    int
		checked bool // as it is shown
		chosen  []string
		quiet   bool
	}{
		"a few":              {3, true, []string{"annoncer", "oui"}, false},
		"a few, in silence":  {3, true, nil, true},
		"many":               {20, false, nil, true},
		"many, all the same": {20, false, []string{"annoncer", "oui"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newImportSite(t)
			b := s.editor("lou@exemple.org")
			var table strings.Builder
			table.WriteString("titre;date;ville\n")
			for i := range c.rows {
				fmt.Fprintf(&table, "Atelier %d;14/03/2027 14h;Brest\n", i)
			}
			path := b.upload("agenda.csv", table.String())
			b.post(http.StatusSeeOther, path, "by", s.org.ID, "format", "csv", "source", "agenda.csv", "c0", "name", "c1", "start", "c2", "locality")
			trial := b.until(path + "/essai")
			box := trial.one("input", "name", "annoncer")
			if checked := slices.ContainsFunc(box.Attr, func(a html.Attribute) bool { return a.Key == "checked" }); checked != c.checked {
				t.Errorf("the box is checked: %v", checked)
			}
			shown := attribute(trial.one("input", "name", "nouveautes"), "value")
			b.post(http.StatusSeeOther, path+"/importer", append(c.chosen, "nouveautes", shown)...)
			b.until(path + "/import").shows("L’import est terminé")
			if r := s.importsOf(s.org.ID)[0].Report; r.Quiet != c.quiet || r.News != c.rows {
				t.Errorf("quiet %v, %d new", r.Quiet, r.News)
			}
		})
	}
}

// What is wrong with a row is said in the language of the page, also why a field was left
// out; the report of the command line and of the API is in French.
func TestImportReportsInBothLanguages(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales()
	if err != nil {
		t.Fatal(err)
	}
	h, err := source.Files{}.Read([]byte("nom;date\nL'atelier;un jour\n"), instance.IntakeReading{Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	unreadable := h.Rows[0].Problems[0]
	if unreadable.Code != "unreadable-date" || !slices.Equal(unreadable.Values, []string{"un jour"}) {
		t.Errorf("for programs: %+v", unreadable)
	}
	for _, c := range []struct {
		problem instance.IntakeProblem
		fr, en  string
	}{
		{unreadable, "date illisible\u00a0: «\u00a0un jour\u00a0»", "unreadable date: “un jour”"},
		{
			instance.NewIntakeProblem(instance.ProblemLeftOut, "end", "laissé de côté : %s", "la fin précède le début"),
			"laissé de côté\u00a0: la fin précède le début", "left out: the end comes before the start",
		},
		{instance.IntakeProblem{Field: "name", Message: "pas de nom : écrivez-en un de 3 lettres au moins"}, "pas de nom", "no name"}, // of an earlier version
	} {
		if fr, en := locales["fr"].problem(c.problem), locales["en"].problem(c.problem); !strings.HasPrefix(fr, c.fr) || !strings.HasPrefix(en, c.en) {
			t.Errorf("%q, %q", fr, en)
		}
	}
}
