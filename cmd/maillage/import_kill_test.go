package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// TestImportSurvivesKill kills the program while somebody imports a table in a browser:
// the import is in the history as cut off, what it wrote is all of it known, going on
// with it makes no duplicate, and the whole of it can be undone.
func TestImportSurvivesKill(t *testing.T) {
	t.Parallel()
	const rows = 4000
	s := newKilledSite(t)
	process := s.serve()
	b := s.browser()
	path := b.upload("liste.csv", tableOf(rows))
	b.tryImport(path)
	go func() { _, _ = b.Client.PostForm(b.base+path+"/importer", nil) }() // it waits for a while, and is cut
	for deadline := time.Now().Add(20 * time.Second); b.done("import "+strings.TrimPrefix(path, "/importer/")) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was imported")
		}
	}
	_ = process.Process.Kill() // SIGKILL
	_ = process.Wait()

	kept, record := s.left()
	if kept == 0 || kept >= rows || record.Report.Counts[instance.IntakeCreated] != kept || record.Account == "" {
		t.Fatalf("%d things are kept, and the record says %+v of %s", kept, record.Report.Counts, record.ID)
	}
	process = s.serve()
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	b = s.browser()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(b.open("/importer/passes"), "interrompu"); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the history does not say that it was cut off")
		}
	}
	if page := b.open("/importer/passes/" + record.ID); !strings.Contains(page, "Reprendre l’import") || !strings.Contains(page, "Annuler cet import") {
		t.Error("it can be neither gone on with nor undone")
	}
	b.tryImport(path) // the file is still there
	b.post(path+"/importer", nil)
	b.await(path + "/import")
	if total, whole := s.left(); total != rows || whole.ID != record.ID || whole.Report.Counts[instance.IntakeCreated] != rows {
		t.Errorf("%d things in the end, of %d; the record says %+v of %s", total, rows, whole.Report.Counts, whole.ID)
	}
	b.post("/importer/passes/"+record.ID+"/annuler", nil)
	b.await("/importer/passes/" + record.ID)
	if total, _ := s.left(); total != 0 {
		t.Errorf("%d things once the import is undone", total)
	}
}

// killedSite is a node run as a process of its own, with one account.
type killedSite struct {
	*testing.T
	config config
	dir    string
	org    string
}

func newKilledSite(t *testing.T) *killedSite {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &killedSite{T: t, dir: t.TempDir(), config: defaults()}
	s.config.Listen = l.Addr().String()
	s.config.BaseURL, s.config.Data = "http://"+s.config.Listen, filepath.Join(s.dir, "data")
	_ = l.Close()
	s.with(func(a *app) error {
		org, err := a.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
		if err != nil {
			return err
		}
		s.org = org.ID
		_, err = a.node.NewAccount(t.Context(), instance.Account{Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleHost, Organisations: []string{org.ID}}, "un mot de passe assez long")
		return err
	})
	return s
}

// with opens the data of the node beside its process.
func (s *killedSite) with(do func(*app) error) {
	s.Helper()
	a, err := openApp(s.Context(), s.config, false, slog.New(slog.DiscardHandler))
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if err := do(a); err != nil {
		s.Fatal(err)
	}
}

// left counts what the organisation publishes, and is the record of its first import.
func (s *killedSite) left() (published int, first instance.IntakeRecord) {
	s.Helper()
	s.with(func(a *app) (err error) {
		if _, published, err = a.node.Objects(s.Context(), instance.ObjectFilter{Owner: s.org, Limit: 1}); err != nil {
			return err
		}
		records, err := a.store.IntakeRecords(s.Context(), s.org)
		if err == nil && len(records) == 0 {
			err = instance.ErrNotFound
		}
		if err == nil {
			first = records[len(records)-1]
		}
		return err
	})
	return published, first
}

func (s *killedSite) serve() *exec.Cmd {
	s.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(s.Context()), os.Args[0])
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "MAILLAGE_TEST_RUN=serve", "MAILLAGE_BASE_URL="+s.config.BaseURL, "MAILLAGE_LISTEN="+s.config.Listen,
		"MAILLAGE_DATA="+s.config.Data, "MAILLAGE_LOG_LEVEL=error")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	awaitHealth(s.T, s.config.BaseURL)
	return cmd
}

// importBrowser is somebody who is signed in, without scripts.
type importBrowser struct {
	*testing.T
	*http.Client
	base string
	org  string
}

func (s *killedSite) browser() *importBrowser {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	b := &importBrowser{T: s.T, Client: &http.Client{Jar: jar}, base: s.config.BaseURL, org: s.org}
	b.post("/connexion", url.Values{"email": {"lou@exemple.org"}, "password": {"un mot de passe assez long"}})
	return b
}

// answer reads a page that must be there; its address is that at the end of redirections.
func (b *importBrowser) answer(resp *http.Response, err error) (body, path string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v\n%s", resp.Request.URL, resp.Status, err, data)
	}
	return string(data), resp.Request.URL.Path
}

func (b *importBrowser) open(path string) string {
	b.Helper()
	body, _ := b.answer(b.Get(b.base + path))
	return body
}

func (b *importBrowser) post(path string, form url.Values) {
	b.Helper()
	b.answer(b.PostForm(b.base+path, form))
}

// upload sends a file and is the path of its page.
func (b *importBrowser) upload(name, content string) string {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("fichier", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || form.Close() != nil {
		b.Fatal(err)
	}
	_, path := b.answer(b.Post(b.base+"/importer", form.FormDataContentType(), &body))
	return path
}

// tryImport says where the columns go, and waits for the trial.
func (b *importBrowser) tryImport(path string) {
	b.Helper()
	b.post(path, url.Values{"by": {b.org}, "format": {"csv"}, "source": {"liste.csv"}, "c0": {"key"}, "c1": {"name"}, "c2": {"locality"}, "c3": {"content"}})
	b.await(path + "/essai")
}

// await opens a page until what it shows is over.
func (b *importBrowser) await(path string) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Contains(b.open(path), "<progress"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("%s does not end", path)
		}
	}
}

// done is how many rows a run has gone through.
func (b *importBrowser) done(run string) int {
	b.Helper()
	resp, err := b.Get(b.base + "/importer/avancement?" + url.Values{"de": {run}}.Encode())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var told struct{ Done int }
	_ = json.NewDecoder(resp.Body).Decode(&told) // there is none yet
	return told.Done
}

// tableOf is a table of sheets.
func tableOf(rows int) string {
	var out strings.Builder
	out.WriteString("identifiant;nom;ville;description\n")
	for i := range rows {
		fmt.Fprintf(&out, "%d;Association numéro %d;Brest;Elle anime un atelier chaque semaine.\n", i, i)
	}
	return out.String()
}
